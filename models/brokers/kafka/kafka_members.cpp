// SPDX-License-Identifier: Apache-2.0
// See kafka_broker.hpp: membership of instances in their groups, sessions, poll intervals, and when a client commits by
// itself.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/kafka/kafka_broker.hpp"

namespace flowtank::kafka {

Action KafkaBroker::own(Own what, std::uint32_t reader, std::uint32_t which) const {
  return {.kind = ActionKind::broker, .a = index_, .b = reader << 20 | which, .choice = what};
}

const std::vector<std::uint32_t>& KafkaBroker::lanes_of(const Cells& cells, std::uint32_t reader, std::uint32_t slot) const {
  const Reader& r = readers_[reader];
  if (!timed_ || slot == nobody) return r.all_lanes;
  if (!r.owned_known) {
    r.owned.resize(r.members.size());
    for (auto& lanes : r.owned) lanes.clear();
    for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
      if (const std::uint32_t owner = cluster_->group(r.group).owner(cells, at); owner != nobody) r.owned[owner].push_back(at);
    }
    r.owned_known = true;
  }
  return r.owned[slot];
}

// ---- membership ------------------------------------------------------------------------------------------------

// KF-PART-1: members hear of added partitions later.
bool KafkaBroker::is_known(const Cells& cells, std::uint32_t reader, std::uint32_t at) const {
  const Reader& r = readers_[reader];
  const Cluster::Partition& partition = cluster_->partition(r.lanes[at].partition);
  return partition.number < static_cast<std::uint64_t>(wiring_.topics[partition.topic].topic.partitions) + cells.get(r.discovered[partition.topic]);
}

bool KafkaBroker::is_missing(const Cells& cells, std::uint32_t reader, std::uint32_t slot) const {
  const Reader& r = readers_[reader];
  for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
    const bool unread = cluster_->group(r.group).owner(cells, at) == slot && r.positions.position(cells, at) == no_offset;
    if (unread && is_known(cells, reader, at)) return true;
  }
  return false;
}

// A lane gets an owner: reading begins at the commit, or where auto.offset.reset says (KF-OFF-1, KF-OFF-3).
void KafkaBroker::begin(World& world, std::uint32_t reader, std::uint32_t at) {
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  if (!is_known(cells, reader, at)) return;
  const ConsumerSettings& consumer = wiring_of(reader).consumer;
  const PartitionLog& log = cluster_->log(r.lanes[at].partition);
  const StartOffset start = start_offset(cells, log, cluster_->group(r.group).committed(cells, at), consumer.reset, consumer.isolation);
  move_position(world, reader, at, start.offset);
}

void KafkaBroker::move_position(World& world, std::uint32_t reader, std::uint32_t at, Offset offset) {
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  const PartitionLog& log = cluster_->log(r.lanes[at].partition);
  r.positions.assign(cells, at, offset, log.base(cells));
  cells.set(r.lanes[at].attempts, 0);
  advance(world, reader, at);
  offer_next(world, reader, at);
}

// What its owner was handed and has not finished goes on there, but nothing of it is committed any more (KF-REB-3, KF-REB-5).
void KafkaBroker::lose_lane(World& world, std::uint32_t reader, std::uint32_t at) {
  lose_lane(world, reader, at, cluster_->group(readers_[reader].group).committed(world.cells(), at));
}

void KafkaBroker::lose_lane(World& world, std::uint32_t reader, std::uint32_t at, Offset again_from) {
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  const std::uint32_t owner = cluster_->group(r.group).owner(cells, at);
  if (const Offset position = r.positions.position(cells, at); world.tracing() && position != no_offset) {
    const PartitionLog& log = cluster_->log(r.lanes[at].partition);
    const Offset handled = position - static_cast<Offset>(cells.get(r.lanes[at].in_flight)), first = std::max(log.start(cells), log.base(cells));
    for (Offset o = std::max(again_from, first); o < std::min(handled, log.end(cells)); ++o) {
      if (log.is_plain(cells, o)) world.copies_change(subscription_of(cells, reader, at), log.message(cells, o), 1);
    }
  }
  if (owner != nobody && cells.get(r.lanes[at].in_flight) != 0) {
    world.runs().fence(r.members[owner].instance, subscription_of(cells, reader, at), [at](std::uint32_t token) { return token == at; });
  }
  cells.set(r.lanes[at].in_flight, 0);
  r.positions.revoke(cells, at);
}

// KF-REB-2: eager members join the round when they poll, which a poll loop does when it has handled what it holds; a pool lets the
// loop go on, and the other protocols take away only what moves.
bool KafkaBroker::waits_for_polls(std::uint32_t reader) const {
  return !is_pool(reader) && wiring_of(reader).consumer.protocol == GroupProtocol::eager;
}

bool KafkaBroker::may_end_round(const World& world, std::uint32_t reader) const {
  return world.cells().get(readers_[reader].round) != 0 && !has_work(world.cells(), reader, nobody) && !somebody_stands_still(world, reader);
}

void KafkaBroker::begin_round(World& world, std::uint32_t reader) {
  if (!waits_for_polls(reader)) return rebalance(world, reader);
  world.cells().set(readers_[reader].round, 1);
  if (world.timed() && may_end_round(world, reader)) rebalance(world, reader);
}

void KafkaBroker::rebalance(World& world, std::uint32_t reader) {
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  cells.set(r.round, 0);
  for (Member& member : r.members) member.batch_left = 0;
  r.owned_known = false;
  cluster_->group(r.group).rebalance(
      cells, now_ms(world),
      [&](std::uint32_t, std::uint32_t at) {
        // KF-REB-3: in an orderly rebalance the client may commit first; what is still handled elsewhere (a pool) is lost to it.
        if (rule_of(reader).automatic) commit_lane(world, reader, at);
        lose_lane(world, reader, at);
      },
      [&](std::uint32_t, std::uint32_t at) {
        r.owned_known = false;
        begin(world, reader, at);
      });
  r.owned_known = false;
}

// KF-REB-4: the coordinator takes the member's partitions away while it may still be working.
void KafkaBroker::evict(World& world, std::uint32_t reader, std::uint32_t slot) {
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  Group& group = cluster_->group(r.group);
  for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
    if (group.owner(cells, at) == slot) lose_lane(world, reader, at);
  }
  group.lose(cells, slot, now_ms(world));
  r.owned_known = false;
  if (group.member_count(cells) != 0) begin_round(world, reader);
}

// KF-REB-4: a live member that did not poll in time; its next heartbeat tells it, and it joins again.
void KafkaBroker::throw_out(World& world, std::uint32_t reader, std::uint32_t slot) {
  evict(world, reader, slot);
  world.offer(Duration(wiring_of(reader).consumer.heartbeat_interval_ms * 1'000'000), own(rejoin, reader, slot));
}

// Timed: a rebalance goes on when the last record is settled that a member held (KF-REB-2).
void KafkaBroker::offer_round(World& world, std::uint32_t reader) {
  if (world.timed() && world.cells().peek(readers_[reader].round) != 0 && may_end_round(world, reader)) world.offer(Duration{}, own(round, reader, 0));
}

void KafkaBroker::instance_down(World& world, std::uint32_t instance) {
  for (std::uint32_t g = 0; g < readers_.size(); ++g) {
    Reader& r = readers_[g];
    const bool is_alone = cluster_->group(r.group).member_count(world.cells()) < 2;
    for (std::uint32_t slot = 0; slot < r.members.size(); ++slot) {
      if (r.members[slot].instance != instance) continue;
      r.members[slot].batch_left = 0;  // what it had fetched is gone with it
      for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
        if (cluster_->group(r.group).owner(world.cells(), at) != slot) continue;
        lose_lane(world, g, at);
        if (!world.timed() && is_alone) begin(world, g, at);  // back at once, with its partitions
      }
      // KF-REB-6: until the session is over nobody reads them.
      if (world.timed()) world.offer(Duration(r.members[slot].joining.session_ms * 1'000'000), own(session_over, g, slot));
    }
  }
}

void KafkaBroker::instance_up(World& world, std::uint32_t instance) {
  restart_senders(world, instance);
  if (!world.timed()) return;
  for (std::uint32_t g = 0; g < readers_.size(); ++g) {
    Reader& r = readers_[g];
    Group& group = cluster_->group(r.group);
    for (std::uint32_t slot = 0; slot < r.members.size(); ++slot) {
      Member& member = r.members[slot];
      if (member.instance != instance) continue;
      if (!group.is_member(world.cells(), slot)) {
        world.offer(Duration{}, own(rejoin, g, slot));
      } else if (member.joining.is_static) {  // KF-REB-7
        group.returns(world.cells(), slot, member.joining, now_ms(world));
        for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
          if (group.owner(world.cells(), at) == slot) begin(world, g, at);
        }
      } else {
        // KF-REB-6: it comes as a new member; its old life holds the partitions until its session is over. Eager: meanwhile
        // everybody waits for that one (KF-REB-2).
        member.back_too_early = true;
        if (wiring_of(g).consumer.protocol != GroupProtocol::eager) continue;
        for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
          if (world.cells().get(r.lanes[at].in_flight) != 0) continue;
          commit_lane(world, g, at);
          r.positions.revoke(world.cells(), at);
        }
      }
    }
  }
}

bool KafkaBroker::has_work(const Cells& cells, std::uint32_t reader, std::uint32_t slot) const {
  const Reader& r = readers_[reader];
  for (const std::uint32_t at : lanes_of(cells, reader, slot)) {
    if (cells.get(r.lanes[at].in_flight) != 0 && (slot == nobody || cluster_->group(r.group).owner(cells, at) == slot)) return true;
  }
  return false;
}

// Exploration: each record once, or a handler that is too slow would be so for ever (KF-REB-4).
bool KafkaBroker::may_miss_poll(const World& world, std::uint32_t reader, std::uint32_t slot) const {
  const Reader& r = readers_[reader];
  const Cells& cells = world.cells();
  if (!r.may_miss_polls || !cluster_->group(r.group).is_member(cells, slot) || !world.faults().is_up(r.members[slot].instance)) return false;
  for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
    const bool holds = cluster_->group(r.group).owner(cells, at) == slot && cells.get(r.lanes[at].in_flight) != 0;
    if (holds && cells.get(r.lanes[at].late) == 0) return true;
  }
  return false;
}

// A member that was thrown out joins again when it polls: when it has finished what it was doing.
bool KafkaBroker::may_rejoin(const World& world, std::uint32_t reader, std::uint32_t slot) const {
  const Reader& r = readers_[reader];
  const std::uint32_t instance = r.members[slot].instance;
  if (cluster_->group(r.group).is_member(world.cells(), slot) || !world.faults().is_up(instance)) return false;
  for (std::uint32_t frame = world.runs().frames_begin(instance); frame < world.runs().frames_end(instance); ++frame) {
    if (!is_pool(reader) && world.runs().active(frame) && world.runs().poller_of(frame) == none) return false;
  }
  return is_pool(reader) || waits_for_polls(reader) || !has_work(world.cells(), reader, nobody);
}

// ---- commits ---------------------------------------------------------------------------------------------------

void KafkaBroker::commit_lane(World& world, std::uint32_t reader, std::uint32_t at) {
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  const Offset offset = r.positions.stored(cells, at);
  Group& group = cluster_->group(r.group);
  if (offset == no_offset || offset == group.committed(cells, at)) return;
  const std::uint32_t partition = r.lanes[at].partition;
  group.commit(cells, at, offset, cluster_->log(partition).base(cells));
  trim(world, partition);
}

// What every group has committed leaves the state: nobody can be led back behind it.
void KafkaBroker::trim(World& world, std::uint32_t partition) {
  if (keeps_history_) return;
  Cells& cells = world.cells();
  PartitionLog& log = cluster_->log(partition);
  Offset least = log.end(cells);
  for (const auto& [reader, at] : readers_of_[partition]) {
    const Offset committed = cluster_->group(readers_[reader].group).committed(cells, at);
    least = std::min(least, std::max<Offset>(committed, 0));
  }
  if (!cluster_->forget_below(partition, least)) return;
  for (const auto& [reader, at] : readers_of_[partition]) {
    cluster_->group(readers_[reader].group).rebase(cells, at, log.base(cells));
    readers_[reader].positions.rebase(cells, at, log.base(cells));
  }
}

// KF-AUTO-1: Java commits inside poll(), so never while a record of the poll loop is being handled; KF-AUTO-2: librdkafka's
// thread commits at any time. A pool lets the loop go on, so it may come at any time too.
bool KafkaBroker::may_commit(const World& world, std::uint32_t reader, std::uint32_t slot) const {
  const Reader& r = readers_[reader];
  const CommitRule& rule = rule_of(reader);
  const Cells& cells = world.cells();
  if (!rule.automatic || !world.faults().is_up(r.members[slot].instance)) return false;
  const Group& group = cluster_->group(r.group);
  bool something = false;
  for (const std::uint32_t at : lanes_of(cells, reader, slot)) {
    if (something) break;
    const Offset stored = group.owner(cells, at) == slot ? r.positions.stored(cells, at) : no_offset;
    something = stored != no_offset && stored != group.committed(cells, at);
  }
  return something && (rule.in_background() || is_pool(reader) || !has_work(cells, reader, slot));
}

void KafkaBroker::commit_member(World& world, std::uint32_t reader, std::uint32_t slot) {
  const Reader& r = readers_[reader];
  for (const std::uint32_t at : lanes_of(world.cells(), reader, slot)) {
    if (cluster_->group(r.group).owner(world.cells(), at) == slot) commit_lane(world, reader, at);
  }
}

// Timed: the poll loop comes round. KF-AUTO-1: what earlier polls returned is committed when the interval is over.
void KafkaBroker::polled(World& world, std::uint32_t reader, std::uint32_t slot) {
  Member& member = readers_[reader].members[slot];
  const CommitRule& rule = rule_of(reader);
  const std::int64_t now = now_ms(world);
  if (member.batch_left != 0) {
    --member.batch_left;
    return;
  }
  // The records that wait in the member's partitions are one batch, up to max.poll.records (KF-FLOW-1).
  std::uint64_t waiting = 0;
  const Reader& r = readers_[reader];
  const auto most = static_cast<std::uint64_t>(wiring_of(reader).consumer.max_poll_records);
  for (const std::uint32_t at : lanes_of(world.cells(), reader, slot)) {
    if (waiting >= most) break;
    if (cluster_->group(r.group).owner(world.cells(), at) != slot) continue;
    const Offset position = r.positions.position(world.cells(), at);
    if (position != no_offset) waiting += static_cast<std::uint64_t>(cluster_->log(r.lanes[at].partition).end(world.cells()) - position);
  }
  member.batch_left = static_cast<std::uint32_t>(std::min(waiting, most));
  if (member.batch_left != 0) --member.batch_left;
  member.last_poll_ms = now;
  if (rule.automatic && !rule.in_background() && now >= member.next_commit_ms && may_commit(world, reader, slot)) {
    commit_member(world, reader, slot);
    member.next_commit_ms = now + rule.interval_ms;
  }
  // KF-REB-4. A batch that cannot last so long needs no watch.
  const std::int64_t limit = wiring_of(reader).consumer.max_poll_interval_ms;
  const bool may_be_late = longest_handling_ms_ < 0 || longest_handling_ms_ > limit / (member.batch_left + std::int64_t{1});
  if (!member.poll_watched && may_be_late) {
    member.poll_watched = true;
    world.offer(Duration(limit * 1'000'000), own(poll_too_late, reader, slot));
  }
}

// Timed: a commit is due at the end of the interval, also when no record comes. A poll loop commits in poll(), so not before the
// batch is handled.
void KafkaBroker::offer_commit(World& world, std::uint32_t reader, std::uint32_t slot) {
  if (slot == nobody || !rule_of(reader).automatic) return;
  Member& member = readers_[reader].members[slot];
  const bool within_batch = !rule_of(reader).in_background() && !is_pool(reader) && member.batch_left != 0;
  if (member.commit_offered || within_batch) return;
  member.commit_offered = true;
  world.offer(Duration(std::max<std::int64_t>(member.next_commit_ms - now_ms(world), 0) * 1'000'000), own(commit, reader, slot));
}

// ---- its own actions -------------------------------------------------------------------------------------------

void KafkaBroker::enabled(const World& world, std::vector<Action>& out) const {
  for (std::uint32_t g = 0; g < readers_.size(); ++g) {
    for (std::uint32_t slot = 0; slot < readers_[g].members.size(); ++slot) {
      if (may_commit(world, g, slot)) out.push_back(own(commit, g, slot));
    }
    for (std::uint32_t slot = 0; slot < readers_[g].members.size(); ++slot) {
      if (may_rejoin(world, g, slot)) out.push_back(own(rejoin, g, slot));
      if (may_miss_poll(world, g, slot)) out.push_back(own(poll_too_late, g, slot));
      if (!is_missing(world.cells(), g, slot)) continue;
      out.push_back(own(returns, g, slot));
      out.push_back(own(session_over, g, slot));
    }
    if (may_end_round(world, g)) out.push_back(own(round, g, 0));
    for (std::uint32_t t = 0; t < wiring_.topics.size(); ++t) {
      if (cluster_->topic_in_group(readers_[g].group, t) == nobody) continue;
      if (world.cells().get(readers_[g].discovered[t]) < world.cells().get(added_partitions_[t])) out.push_back(own(discover, g, t));
    }
  }
  for (std::uint32_t n = 0; n < senders_.size(); ++n) {
    if (may_be_overdue(world.cells(), senders_[n])) out.push_back(own(overdue, 0, n));
  }
}

// Watches and intervals that outlive what they watched.
bool KafkaBroker::is_inert(const World& world, const Action& action) const {
  const std::uint32_t reader = action.b >> 20, which = action.b & 0xfffffU;
  if (action.choice == overdue) return !cluster_->transactions().is_open(world.cells(), senders_[which].id);
  switch (action.choice) {
    case commit: return !has_work(world.cells(), reader, which) && !may_commit(world, reader, which);
    case poll_too_late: return !has_work(world.cells(), reader, which);
    case heartbeat: return beat_is_idle(world, reader, which);
    default: return false;
  }
}

void KafkaBroker::apply(World& world, const Action& action) {
  const std::uint32_t reader = action.b >> 20, which = action.b & 0xfffffU;
  if (action.choice == overdue) return look_for_overdue(world, which);
  Reader& r = readers_[reader];
  Group& group = cluster_->group(r.group);
  switch (action.choice) {
    case commit: {
      Member& member = r.members[which];
      member.commit_offered = false;
      // Due while a batch of the poll loop is handled: the next poll commits.
      const bool loop_is_busy = !rule_of(reader).in_background() && !is_pool(reader) && (member.batch_left != 0 || has_work(world.cells(), reader, which));
      if (world.timed() && loop_is_busy) return;
      if (may_commit(world, reader, which)) commit_member(world, reader, which);
      member.next_commit_ms = now_ms(world) + rule_of(reader).interval_ms;
      // What a thread commits may be handed out in between.
      if (has_work(world.cells(), reader, which)) offer_commit(world, reader, which);
      return;
    }
    case session_over: {
      if (!world.timed()) return evict(world, reader, which);
      Member& member = r.members[which];
      if (world.faults().is_up(member.instance) && !member.back_too_early) return;  // static, and back in time
      member.back_too_early = false;
      evict(world, reader, which);
      if (world.faults().is_up(member.instance)) world.offer(Duration{}, own(rejoin, reader, which));
      return;
    }
    case poll_too_late: {
      if (!world.timed()) {
        for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
          const bool holds = group.owner(world.cells(), at) == which && world.cells().get(r.lanes[at].in_flight) != 0;
          if (holds) world.cells().set(r.lanes[at].late, 1);
        }
        return throw_out(world, reader, which);
      }
      Member& member = r.members[which];
      const std::int64_t late = member.last_poll_ms + wiring_of(reader).consumer.max_poll_interval_ms, now = now_ms(world);
      member.poll_watched = has_work(world.cells(), reader, which) && now < late;
      if (member.poll_watched) return world.offer(Duration((late - now) * 1'000'000), action);
      if (!has_work(world.cells(), reader, which) || !world.faults().is_up(member.instance)) return;
      throw_out(world, reader, which);
      return;
    }
    case rejoin:
      if (!may_rejoin(world, reader, which)) {
        const bool later = !group.is_member(world.cells(), which) && world.faults().is_up(r.members[which].instance);
        if (later) world.offer(Duration(wiring_of(reader).consumer.heartbeat_interval_ms * 1'000'000), action);
        return;
      }
      group.join(world.cells(), which, r.members[which].joining, now_ms(world));
      return begin_round(world, reader);
    case round:
      if (may_end_round(world, reader)) rebalance(world, reader);
      return;
    case heartbeat: return beat(world, reader, which);
    case discover:
      world.cells().set(r.discovered[which], world.cells().get(added_partitions_[which]));
      for (const std::uint32_t p : cluster_->topic(which).partitions) {
        const std::uint32_t at = cluster_->in_group(r.group, p);
        if (r.positions.position(world.cells(), at) != no_offset || group.owner(world.cells(), at) == nobody) continue;
        begin(world, reader, at);
        // KF-OFF-3: with `latest`, what was written before the members knew is never read.
        const Offset position = r.positions.position(world.cells(), at);
        for (const Word gone : messages(world.cells(), p, 0, position)) lost(world, subscription_of(world.cells(), reader, at), gone);
      }
      return;
    case returns:  // KF-REB-6, KF-REB-7: before its session is over, or as a new member that is given the same
      for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
        if (group.owner(world.cells(), at) == which && r.positions.position(world.cells(), at) == no_offset) begin(world, reader, at);
      }
      return;
    default: return;
  }
}

std::string KafkaBroker::describe(const World&, const Action& action) const {
  if (action.kind == ActionKind::fault_broker) return describe_strike(action);
  const std::uint32_t reader = action.b >> 20, which = action.b & 0xfffffU;
  if (action.choice == overdue) return fmt::format("aborts the transaction of {}, which takes too long", senders_[which].transactional_id);
  const std::string& group = wiring_of(reader).name;
  switch (action.choice) {
    case commit: return fmt::format("commits {} of member {}", group, which + 1);
    case session_over: return fmt::format("ends the session of member {} of {}", which + 1, group);
    case poll_too_late: return fmt::format("misses a poll of member {} of {}", which + 1, group);
    case rejoin: return fmt::format("lets member {} join {}", which + 1, group);
    case round: return fmt::format("rebalances {}", group);
    case heartbeat: return fmt::format("looks for a heartbeat of member {} of {}", which + 1, group);
    case returns: return fmt::format("gives member {} of {} its partitions back", which + 1, group);
    default: return fmt::format("lets {} find the new partitions of {}", group, cluster_->topic(which).name);
  }
}

}  // namespace flowtank::kafka
