// SPDX-License-Identifier: Apache-2.0
// Groups: assignors, rebalances as one action, the checks of commits, and what exploration needs of them.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <sim/base/hash.hpp>

#include <models/brokers/kafka/consumer_client.hpp>
#include <models/brokers/kafka/group.hpp>

namespace flowtank::kafka {
namespace {

struct Bench {
  explicit Bench(GroupProtocol protocol = GroupProtocol::eager, std::uint32_t partitions = 4, std::uint32_t slots = 3, bool tracking = false)
      : cells(pool, tracking) {
    GroupSettings settings;
    settings.protocol = protocol;
    settings.assignor = protocol == GroupProtocol::cooperative ? Assignor::cooperative_sticky : Assignor::range;
    group.build(cells, 5, settings, {partitions}, slots);
  }
  // "-0:1 +1:1": member 0 gives up partition 1, member 1 gets it.
  std::string rebalance(std::int64_t now = 0) {
    std::string text;
    const auto say = [&](char sign) {
      return [&, sign](std::uint32_t slot, std::uint32_t p) { text += (text.empty() ? "" : " ") + (sign + std::to_string(slot)) + ":" + std::to_string(p); };
    };
    group.rebalance(cells, now, say('-'), say('+'));
    return text;
  }
  void join(std::uint32_t slot, bool is_static = false) {
    Joining joining;
    joining.is_static = is_static;
    group.join(cells, slot, joining, 0);
  }
  Pool pool;
  Cells cells;
  Group group;
};

std::string assigned(Assignor assignor, std::vector<std::uint32_t> members, std::vector<std::uint32_t> sizes,
                     std::vector<std::uint32_t> owners = {}, std::vector<std::uint64_t> topics = {}) {
  std::uint32_t partitions = 0;
  for (const std::uint32_t size : sizes) partitions += size;
  owners.resize(partitions, nobody);
  if (topics.empty()) topics.assign(members.size(), ~std::uint64_t{0});
  std::string text;
  for (const std::uint32_t owner : assign(assignor, {members, topics, sizes, owners})) text += owner == nobody ? "-" : std::to_string(owner);
  return text;
}

}  // namespace

TEST_CASE("kafka_assignor.range_gives_neighbours_topic_by_topic") {
  CHECK(assigned(Assignor::range, {0, 1}, {4}) == "0011");
  CHECK(assigned(Assignor::range, {0, 1, 2}, {4}) == "0012");
  CHECK(assigned(Assignor::range, {0, 1}, {3, 3}) == "001001");
  CHECK(assigned(Assignor::range, {3, 7}, {1}) == "3");
  CHECK(assigned(Assignor::range, {}, {2}) == "--");
}

TEST_CASE("kafka_assignor.roundrobin_takes_turns") {
  CHECK(assigned(Assignor::roundrobin, {0, 1}, {3, 3}) == "010101");
  CHECK(assigned(Assignor::roundrobin, {0, 1}, {2, 2}, {}, {1, 3}) == "0111");
}

TEST_CASE("kafka_assignor.sticky_moves_as_little_as_balance_needs") {
  CHECK(assigned(Assignor::sticky, {0, 1}, {4}, {0, 0, 0, 0}) == "0011");
  CHECK(assigned(Assignor::cooperative_sticky, {0, 1, 2}, {6}, {0, 0, 0, 1, 1, 1}) == "002112");
  CHECK(assigned(Assignor::sticky, {0}, {4}, {0, 9, 0, 9}) == "0000");
  CHECK(assigned(Assignor::sticky, {0, 1}, {4}, {0, 0, 1, 1}) == "0011");
  CHECK(assigned(Assignor::sticky, {0, 1}, {2, 2}, {0, 0, 0, 0}, {3, 1}) == "1100");  // balance, as far as subscriptions allow
}

TEST_CASE("kafka_assignor.all_partitions_have_one_owner_and_counts_differ_by_at_most_one") {
  std::uint64_t draw = 1;
  for (int round = 0; round < 300; ++round) {
    draw = mix64(draw + 77);
    const auto partitions = static_cast<std::uint32_t>(draw % 40 + 1), count = static_cast<std::uint32_t>(draw / 64 % 7 + 1);
    std::vector<std::uint32_t> members, owners;
    for (std::uint32_t m = 0; m < count; ++m) members.push_back(m * 2);
    for (std::uint32_t p = 0; p < partitions; ++p) owners.push_back(static_cast<std::uint32_t>(mix64(draw + p) % 16));
    for (const Assignor assignor : {Assignor::range, Assignor::roundrobin, Assignor::sticky, Assignor::cooperative_sticky}) {
      const std::vector<std::uint64_t> topics(members.size(), 1);
      const std::vector<std::uint32_t> sizes = {partitions};
      const auto result = assign(assignor, {members, topics, sizes, owners});
      std::vector<std::uint32_t> load(count * 2, 0);
      for (const std::uint32_t owner : result) ++load.at(owner);
      std::uint32_t least = partitions, most = 0;
      for (const std::uint32_t m : members) {
        least = std::min(least, load[m]);
        most = std::max(most, load[m]);
      }
      REQUIRE(most - least <= 1);
    }
  }
}

TEST_CASE("kafka_group.eager_revokes_everything_before_anything_is_assigned") {  // KF-REB-2
  Bench b;
  b.join(0);
  CHECK(b.group.wants_rebalance(b.cells));
  CHECK(b.rebalance() == "+0:0 +0:1 +0:2 +0:3");
  CHECK_FALSE(b.group.wants_rebalance(b.cells));
  b.join(1);
  CHECK(b.rebalance() == "-0:0 -0:1 -0:2 -0:3 +0:0 +0:1 +1:2 +1:3");
  b.group.lose(b.cells, 1, 0);
  CHECK(b.group.owner(b.cells, 2) == nobody);
  CHECK(b.rebalance() == "-0:0 -0:1 +0:0 +0:1 +0:2 +0:3");
}

TEST_CASE("kafka_group.cooperative_revokes_only_what_moves") {  // KF-REB-2
  Bench b(GroupProtocol::cooperative);
  b.join(0);
  b.rebalance();
  b.join(1);
  CHECK(b.rebalance() == "-0:2 -0:3 +1:2 +1:3");
  b.group.lose(b.cells, 1, 0);
  CHECK(b.rebalance() == "+0:2 +0:3");
}

TEST_CASE("kafka_group.the_coordinator_assigns_in_the_consumer_protocol") {  // KF-REB-8
  Bench b(GroupProtocol::consumer);
  b.join(0);
  b.rebalance();
  const Membership old = b.group.membership(b.cells, 0);
  b.join(1);
  CHECK(b.group.to_revoke(b.cells, 0) == std::vector<std::uint32_t>{2, 3});
  CHECK(b.group.take_over(b.cells, 1).empty());  // not free yet
  b.group.give_up(b.cells, 0, 2);
  CHECK(b.group.take_over(b.cells, 1) == std::vector<std::uint32_t>{2});
  CHECK(b.group.check_commit(b.cells, 0, old) == GroupError::none);  // it has not learned of the new epoch
  b.group.give_up(b.cells, 0, 3);
  b.group.take_over(b.cells, 0);
  CHECK(b.group.check_commit(b.cells, 0, old) == GroupError::stale_member_epoch);
  CHECK(b.group.check_commit(b.cells, 0, b.group.membership(b.cells, 0)) == GroupError::none);
}

TEST_CASE("kafka_group.commits_are_checked_against_member_and_generation") {  // KF-REB-5
  Bench b;
  CHECK(b.group.check_commit(b.cells, 0, 1) == GroupError::unknown_member_id);
  b.join(0);
  b.rebalance();
  const Membership first = b.group.membership(b.cells, 0);
  CHECK(b.group.check_commit(b.cells, 0, first) == GroupError::none);
  b.join(1);
  CHECK(b.group.check_commit(b.cells, 0, first) == GroupError::none);  // preparing: still good
  b.group.join(b.cells, 0, {}, 0);
  CHECK(b.group.round_is_ready(b.cells, 0));
  b.group.complete_round(b.cells, 0);
  CHECK(b.group.check_commit(b.cells, 0, first) == GroupError::illegal_generation);
  CHECK(b.group.check_commit(b.cells, 0, b.group.membership(b.cells, 0)) == GroupError::rebalance_in_progress);
  b.group.synced(b.cells, 0);
  CHECK(b.group.check_commit(b.cells, 0, b.group.membership(b.cells, 0)) == GroupError::none);
  const Membership second = b.group.membership(b.cells, 0);
  b.group.lose(b.cells, 0, 0);
  CHECK(b.group.check_commit(b.cells, 0, second) == GroupError::unknown_member_id);
  b.join(0);
  b.rebalance();
  CHECK(b.group.check_commit(b.cells, 0, second) == GroupError::unknown_member_id);  // another life
  CHECK_FALSE(same_life(second, b.group.membership(b.cells, 0)));
}

TEST_CASE("kafka_group.a_static_member_keeps_its_partitions_and_fences_its_older_life") {  // KF-REB-7
  Bench b;
  b.join(0, true);
  b.join(1, true);
  b.rebalance();
  const Membership old = b.group.membership(b.cells, 1);
  b.group.leave(b.cells, 1, 0);
  CHECK(b.group.owner(b.cells, 3) == 1);
  Joining joining;
  joining.is_static = true;
  CHECK(b.group.returns(b.cells, 1, joining, 0));
  CHECK_FALSE(b.group.wants_rebalance(b.cells));
  CHECK(b.group.owner(b.cells, 3) == 1);
  CHECK(b.group.check_commit(b.cells, 1, old) == GroupError::fenced_instance_id);
  CHECK(b.group.check_commit(b.cells, 1, b.group.membership(b.cells, 1)) == GroupError::none);
}

TEST_CASE("kafka_group.sessions_end_and_rounds_wait") {  // KF-REB-1, KF-REB-6
  Bench b;
  b.join(0);
  CHECK_FALSE(b.group.round_is_ready(b.cells, 2999));
  CHECK(b.group.round_is_ready(b.cells, 3000));
  b.group.complete_round(b.cells, 3000);
  b.group.synced(b.cells, 3000);
  CHECK(b.group.next_expiry_ms(b.cells) == 48'000);
  b.group.join(b.cells, 1, {}, 10'000);
  CHECK_FALSE(b.group.round_is_ready(b.cells, 10'000));  // the first one has not joined again
  b.group.expire_members(b.cells, 47'999);
  CHECK(b.group.is_member(b.cells, 0));
  b.group.expire_members(b.cells, 48'000);
  CHECK_FALSE(b.group.is_member(b.cells, 0));
  CHECK(b.group.round_is_ready(b.cells, 48'000));
}

TEST_CASE("kafka_group.commits_of_an_empty_group_expire") {  // KF-OFF-3
  Bench b;
  b.join(0);
  b.rebalance();
  b.group.commit(b.cells, 1, 42, 0);
  b.group.lose(b.cells, 0, 1000);
  const std::int64_t retention = b.group.settings().offsets_retention_ms;
  CHECK_FALSE(b.group.expire_offsets(b.cells, 1000 + retention - 1));
  CHECK(b.group.committed(b.cells, 1) == 42);
  CHECK(b.group.expire_offsets(b.cells, 1000 + retention));
  CHECK(b.group.committed(b.cells, 1) == no_offset);
}

TEST_CASE("kafka_group.generations_do_not_make_equal_situations_different") {
  Bench a(GroupProtocol::eager, 4, 3, true), b(GroupProtocol::eager, 4, 3, true);
  a.join(0);
  a.rebalance();
  b.join(0);
  b.rebalance();
  b.join(1);
  b.rebalance();
  CHECK(a.cells.fingerprint() != b.cells.fingerprint());
  b.group.lose(b.cells, 1, 0);
  b.rebalance();
  CHECK(b.group.generation(b.cells) != a.group.generation(a.cells));
  CHECK(a.cells.fingerprint() == b.cells.fingerprint());
  CHECK(b.cells.fingerprint() == b.cells.recomputed_fingerprint());
}

TEST_CASE("kafka_group.undo_restores_members_owners_and_commits") {
  for (const GroupProtocol protocol : {GroupProtocol::eager, GroupProtocol::cooperative, GroupProtocol::consumer}) {
    Bench b(protocol, 5, 4, true);
    std::uint64_t draw = 99;
    const auto next = [&](std::uint64_t below) {
      draw = mix64(draw + 3);
      return draw % below;
    };
    for (int i = 0; i < 300; ++i) {
      std::string before, after;
      b.cells.encode(before);
      const Cells::Mark mark = b.cells.mark();
      const auto slot = static_cast<std::uint32_t>(next(4));
      switch (next(4)) {
        case 0: b.join(slot); break;
        case 1: b.group.lose(b.cells, slot, 0); break;
        case 2: b.group.commit(b.cells, static_cast<std::uint32_t>(next(5)), static_cast<Offset>(next(9)), 0); break;
        default: b.rebalance(); break;
      }
      REQUIRE(b.cells.fingerprint() == b.cells.recomputed_fingerprint());
      if (next(2) == 0) continue;
      b.cells.undo(mark);
      b.cells.encode(after);
      REQUIRE(before == after);
    }
  }
}

TEST_CASE("kafka_consumer.profiles_store_at_hand_over_or_after_processing") {  // KF-AUTO-1, KF-AUTO-2
  Pool pool;
  Cells cells(pool, false);
  ReadPositions positions;
  positions.build(cells, 1, 2);
  CHECK_FALSE(positions.assigned(cells, 0));
  positions.assign(cells, 0, 5, 0);
  CommitRule rule;
  rule.profile = ClientProfile::librdkafka;
  positions.hand_over(cells, 0, 6, 0, rule);
  CHECK(positions.stored(cells, 0) == 6);
  rule.profile = ClientProfile::store_after_processing;
  positions.hand_over(cells, 0, 7, 0, rule);
  CHECK(positions.stored(cells, 0) == 6);
  positions.processed(cells, 0, 7, 0);
  CHECK(positions.stored(cells, 0) == 7);
  positions.revoke(cells, 0);
  CHECK(positions.position(cells, 0) == no_offset);
  AutoCommit timer;
  timer.build(cells);
  timer.start(cells, 0, rule);
  CHECK_FALSE(timer.due(cells, 4999, rule));
  CHECK(timer.due(cells, 5000, rule));
  CHECK_FALSE(timer.due(cells, 5001, rule));
}

}  // namespace flowtank::kafka
