// SPDX-License-Identifier: Apache-2.0
// Textbook protocols with published or independently recomputed numbers of states, transitions and
// levels: the explorer must find exactly these, and the seeded bugs.
#include "tests/explore/models/alternating_bit.hpp"
#include "tests/explore/models/message_queue.hpp"
#include "tests/explore/models/ping_pong.hpp"
#include "tests/explore/models/two_phase_commit.hpp"

#include <sim/explore/breadth_first.hpp>
#include <sim/explore/depth_first.hpp>
#include <sim/explore/liveness.hpp>

#include <catch2/catch.hpp>

#include <algorithm>

using namespace flowtank::explore;
using namespace flowtank::explore::models;

namespace {

template <class Model>
using Prop = Property<CopyingSystem<Model>>;

/// States, generated and depth of a two-phase commit, and that it is consistent.
template <std::size_t N>
void check_two_phase(std::uint64_t states, std::uint64_t generated, std::uint64_t depth) {
  using Model = TwoPhaseCommit<N>;
  CopyingSystem<Model> system;
  const auto outcome = breadth_first(
      system, {Prop<Model>::always("consistent", [](const auto& s) { return consistent(s.state().participants); })});
  CHECK(outcome.complete);
  CHECK(outcome.states == states);
  CHECK(outcome.generated == generated);
  CHECK(outcome.depth == depth);
  CHECK_FALSE(outcome.decision("consistent").found());
}

template <std::size_t N>
bool all_are(const std::array<Participant, N>& participants, Participant status) {
  return std::all_of(participants.begin(), participants.end(), [&](Participant p) { return p == status; });
}

}  // namespace

TEST_CASE("abstract_commit.three_participants_have_34_states_94_generated_depth_7") {
  using Model = AbstractCommit<3>;
  CopyingSystem<Model> system;
  const auto outcome = breadth_first(
      system, {Prop<Model>::always("consistent", [](const auto& s) { return consistent(s.state()); }),
               Prop<Model>::sometimes("all committed", [](const auto& s) { return all_are(s.state(), Participant::committed); })});
  CHECK(outcome.complete);
  CHECK(outcome.states == 34);
  CHECK(outcome.generated == 94);
  CHECK(outcome.depth == 7);
  CHECK_FALSE(outcome.decision("consistent").violated(outcome.complete));
  CHECK(outcome.decision("all committed").witness.steps.size() == 6);
}

TEST_CASE("two_phase_commit.counts_of_one_to_six_participants") {
  check_two_phase<1>(12, 20, 5);
  check_two_phase<2>(56, 154, 8);
  check_two_phase<3>(288, 1'146, 11);
  check_two_phase<4>(1'568, 8'258, 14);
  check_two_phase<5>(8'832, 58'146, 17);
  check_two_phase<6>(50'816, 402'306, 20);
}

TEST_CASE("two_phase_commit.both_decisions_are_reachable") {
  using Model = TwoPhaseCommit<3>;
  CopyingSystem<Model> system;
  const auto outcome = breadth_first(
      system,
      {Prop<Model>::sometimes("all committed", [](const auto& s) { return all_are(s.state().participants, Participant::committed); }),
       Prop<Model>::sometimes("all aborted", [](const auto& s) { return all_are(s.state().participants, Participant::aborted); }),
       Prop<Model>::sometimes("impossible", [](const auto&) { return false; })});
  CHECK(outcome.complete);
  CHECK(outcome.decision("all committed").witness.steps.size() == 10);
  CHECK(outcome.decision("all aborted").witness.steps.size() == 3);
  CHECK(outcome.decision("impossible").violated(outcome.complete));
}

TEST_CASE("two_phase_commit.coordinator_that_forgets_one_breaks_consistency") {
  using Model = TwoPhaseCommit<3>;
  CopyingSystem<Model> system(Model{true});
  const auto outcome = breadth_first(
      system, {Prop<Model>::always("consistent", [](const auto& s) { return consistent(s.state().participants); })});
  const auto& decision = outcome.decision("consistent");
  REQUIRE(decision.found());
  // Two prepare and are heard, the coordinator commits, one learns it; the third aborts by itself.
  CHECK(decision.witness.steps.size() == 7);
  CHECK(std::count(decision.witness.steps.begin(), decision.witness.steps.end(), "coordinator commits") == 1);
}

namespace {

Options<CopyingSystem<PingPong>> counters_up_to(unsigned limit) {
  Options<CopyingSystem<PingPong>> options;
  options.boundary = [limit](const auto& s) { return s.state().a <= limit && s.state().b <= limit; };
  return options;
}

/// States of one network with counters up to `limit`; checks the invariant and that the limit is reached.
std::uint64_t ping_pong_states(bool lossy, bool duplicating, unsigned limit) {
  CopyingSystem<PingPong> system(PingPong{lossy, duplicating});
  const auto outcome = breadth_first(
      system,
      {Prop<PingPong>::always("difference at most 1", [](const auto& s) { return s.state().b - s.state().a <= 1 && s.state().a <= s.state().b; }),
       Prop<PingPong>::sometimes("reaches the limit", [limit](const auto& s) { return s.state().a == limit; })},
      counters_up_to(limit));
  CHECK(outcome.complete);
  CHECK_FALSE(outcome.decision("difference at most 1").found());
  CHECK(outcome.decision("reaches the limit").found());
  return outcome.states;
}

LivenessOutcome ping_pong_reaches(bool lossy, bool duplicating, unsigned limit) {
  CopyingSystem<PingPong> system(PingPong{lossy, duplicating});
  const Eventually<CopyingSystem<PingPong>> reaches{
      "eventually reaches the limit", {}, [limit](const auto& s) { return s.state().a == limit || s.state().b == limit; }};
  return check_eventually(system, reaches, {}, counters_up_to(limit));
}

}  // namespace

TEST_CASE("ping_pong.counts_of_four_networks") {
  CHECK(ping_pong_states(true, true, 1) == 14);
  CHECK(ping_pong_states(true, true, 5) == 4'094);
  CHECK(ping_pong_states(false, true, 5) == 11);
  CHECK(ping_pong_states(false, false, 5) == 11);
  CHECK(ping_pong_states(true, false, 5) == 22);
}

TEST_CASE("ping_pong.reaching_the_limit_fails_on_lossy_networks_only") {
  CHECK(ping_pong_reaches(false, false, 5).verdict == LivenessVerdict::holds);
  CHECK(ping_pong_reaches(false, true, 5).verdict == LivenessVerdict::holds);
  for (const bool duplicating : {false, true}) {
    const auto outcome = ping_pong_reaches(true, duplicating, 5);
    REQUIRE(outcome.verdict == LivenessVerdict::violated);
    CHECK(outcome.lasso->prefix == std::vector<std::string>{"drop Ping(0)"});
    CHECK(outcome.lasso->cycle.empty());
  }
}

namespace {

using Bits = CopyingSystem<AlternatingBit>;

Options<Bits> queues_up_to_two() {
  Options<Bits> options;
  options.boundary = [](const Bits& s) { return s.state().messages.length <= 2 && s.state().acks.length <= 2; };
  return options;
}

FairnessRule<Bits> rule(const char* label, Fairness fairness) {
  return {label, fairness, [label](const Bits& s, const Bits::Action& action) { return s.describe(action) == label; }};
}

LivenessOutcome sent_is_received(unsigned datum, Fairness message_receipt) {
  Bits system;
  const Eventually<Bits> property{
      "a sent datum is eventually received",
      [datum](const Bits& s) { return s.state().sent == datum && s.state().sent_bit != s.state().acked_bit; },
      [datum](const Bits& s) { return s.state().received == datum; }};
  return check_eventually(system, property,
                          {rule("resend", Fairness::weak), rule("send ack", Fairness::weak),
                           rule("receive message", message_receipt), rule("receive ack", Fairness::strong)},
                          queues_up_to_two());
}

}  // namespace

TEST_CASE("alternating_bit.240_states_1392_generated_depth_10") {
  Bits system;
  const auto outcome = breadth_first(system, {}, queues_up_to_two());
  CHECK(outcome.complete);
  CHECK(outcome.states == 240);
  CHECK(outcome.generated == 1'392);
  CHECK(outcome.depth == 10);
}

TEST_CASE("alternating_bit.sent_data_is_received_under_strong_fairness_of_receipt") {
  for (const unsigned datum : {0U, 1U}) {
    CHECK(sent_is_received(datum, Fairness::strong).verdict == LivenessVerdict::holds);
  }
}

TEST_CASE("alternating_bit.weak_fairness_of_receipt_leaves_a_lasso") {
  const auto outcome = sent_is_received(0, Fairness::weak);
  REQUIRE(outcome.verdict == LivenessVerdict::violated);
  const std::vector<std::string>& cycle = outcome.lasso->cycle;
  CHECK(std::count(cycle.begin(), cycle.end(), "lose message") >= 1);
  CHECK(std::count(cycle.begin(), cycle.end(), "receive message") == 0);
}

namespace {

using Queue = CopyingSystem<MessageQueue>;

bool no_duplicates(const Queue& system) {
  std::array<unsigned, MessageQueue::total + 1> seen{};
  for (const auto& list : system.state().received) {
    for (std::size_t i = 0; i < list.length; ++i) {
      if (++seen[list.items[i]] > 1) {
        return false;
      }
    }
  }
  return true;
}

bool producer_order_kept(const Queue& system) {
  for (const auto& list : system.state().received) {
    for (std::size_t i = 0; i < list.length; ++i) {
      for (std::size_t j = i + 1; j < list.length; ++j) {
        const bool same_producer = (list.items[i] - 1) / MessageQueue::each == (list.items[j] - 1) / MessageQueue::each;
        if (same_producer && list.items[i] > list.items[j]) {
          return false;
        }
      }
    }
  }
  return true;
}

bool all_consumed(const Queue& system) {
  return system.state().received[0].length + system.state().received[1].length == static_cast<int>(MessageQueue::total);
}

}  // namespace

TEST_CASE("message_queue.225_states_52_terminal") {
  Queue system;
  const auto outcome = breadth_first(system, {Property<Queue>::always("no duplicates", no_duplicates),
                                              Property<Queue>::always("order of each producer", producer_order_kept),
                                              Property<Queue>::terminal("all consumed at the end", all_consumed)});
  CHECK(outcome.complete);
  CHECK(outcome.states == 225);
  CHECK(outcome.terminal == 52);
  for (const auto& decision : outcome.decisions) {
    CHECK_FALSE(decision.found());
  }
  CHECK(depth_first(system).terminal == 52);
}

TEST_CASE("message_queue.everything_is_consumed_under_weak_fairness_of_consumers") {
  Queue system;
  const Eventually<Queue> consumed{"everything consumed", {}, all_consumed};
  const auto covers = [](const char* prefix) {
    return [prefix](const Queue& s, const Queue::Action& action) { return s.describe(action).rfind(prefix, 0) == 0; };
  };
  const FairnessRule<Queue> producing{"producers", Fairness::weak, covers("producer")};
  const FairnessRule<Queue> consuming{"consumers", Fairness::weak, covers("consumer")};
  CHECK(check_eventually(system, consumed, {producing, consuming}).verdict == LivenessVerdict::holds);
  const auto idle = check_eventually(system, consumed, {producing});
  REQUIRE(idle.verdict == LivenessVerdict::violated);
  CHECK(idle.lasso->cycle.empty());
  CHECK(idle.lasso->prefix.size() == 4);
}
