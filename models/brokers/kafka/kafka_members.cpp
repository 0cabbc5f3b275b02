// SPDX-License-Identifier: Apache-2.0
// See kafka_broker.hpp: building and resetting, membership of instances in their groups, sessions, poll intervals, and
// when a client commits by itself.
#include <algorithm>

#include <fmt/format.h>

#include <sim/world/component.hpp>

#include "models/brokers/kafka/kafka_broker.hpp"

namespace flowtank::kafka {

Action KafkaBroker::own(Own what, std::uint32_t reader, std::uint32_t which) const {
  return {.kind = ActionKind::broker, .a = index_, .b = reader << 20 | which, .choice = what};
}

// ---- the life of a World ---------------------------------------------------------------------------------------

void KafkaBroker::build(World& world) {
  Cells& cells = world.cells();
  longest_handling_ms_ = longest_handling_ms();
  const std::uint64_t owner = (std::uint64_t{index_} + 1) << 32;
  cluster_ = std::make_unique<Cluster>(
      cells, world.pool(), wiring_.broker,
      [&world](Word message) -> PartitionLog::Keyed { return {world.pool().find(world.pool().value(message).items()[field_key]), false}; },
      owner);
  topic_of_channel_.assign(system_.channels.size(), none);
  subscribers_.assign(system_.channels.size(), {});
  subscribed_.resize(system_.subscriptions.size());
  for (std::uint32_t service = 0; service < system_.services.size(); ++service) {
    first_instance_.push_back(world.runs().first_instance(service));
  }
  for (std::uint32_t t = 0; t < wiring_.topics.size(); ++t) {
    const TopicWiring& wired = wiring_.topics[t];
    TopicSettings settings = wired.topic;
    // Partitions that a fault may add exist from the start; nobody writes to them before.
    for (const Fault& fault : system_.faults) {
      const bool here = fault.on.channel == none || fault.on.channel == wired.channel;
      if (fault.kind == FaultKind::repartition && here) settings.partitions = std::max<std::int64_t>(settings.partitions, fault.with.partitions);
    }
    topic_of_channel_[wired.channel] = t;
    const auto brokers = static_cast<std::uint32_t>(std::max(wiring_.broker.brokers, settings.replication_factor));
    cluster_->add_topic(system_.channels[wired.channel].name, settings, brokers);
    added_partitions_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner + 0x4000000, t)));
  }
  readers_of_.resize(cluster_->partitions());
  for (std::uint32_t g = 0; g < wiring_.groups.size(); ++g) {
    const GroupWiring& wired = wiring_.groups[g];
    Reader& r = readers_.emplace_back();
    r.group = cluster_->group_named(wired.name, {wired.consumer.assignor, wired.consumer.protocol, 0, 0});
    std::vector<std::pair<std::uint32_t, std::uint64_t>> services;  // service, topics it subscribes
    for (const std::uint32_t s : wired.subscriptions) {
      const Subscription& subscription = system_.subscriptions[s];
      subscribers_[subscription.channel].push_back(s);
      Subscribed& subscribed = subscribed_[s];
      subscribed.reader = g;
      subscribed.topic = topic_of_channel_[subscription.channel];
      subscribed.floating.build(world, s);
      subscribed.skipped.build(cells, ComponentKind::floating_copy, owner + s);
      cluster_->subscribe(r.group, subscribed.topic);
      const std::uint64_t bit = std::uint64_t{1} << cluster_->topic_in_group(r.group, subscribed.topic);
      const auto known = std::find_if(services.begin(), services.end(), [&](const auto& entry) { return entry.first == subscription.service; });
      if (known != services.end()) known->second |= bit;
      else services.emplace_back(subscription.service, bit);
    }
    const Group& group = cluster_->group(r.group);
    r.positions.build(cells, owner + 0x2000000 + g, group.partitions());
    for (std::uint32_t at = 0; at < group.partitions(); ++at) {
      Lane& lane = r.lanes.emplace_back();
      lane.partition = cluster_->partition_of(r.group, at);
      lane.in_flight = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner + 0x3000000 + g, 2 * std::uint64_t{at}));
      lane.attempts = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner + 0x3000000 + g, 2 * std::uint64_t{at} + 1));
      readers_of_[lane.partition].emplace_back(g, at);
    }
    for (const std::uint32_t s : wired.subscriptions) {
      for (const std::uint32_t p : cluster_->topic(subscribed_[s].topic).partitions) {
        const std::uint32_t at = cluster_->in_group(r.group, p);
        subscribed_[s].lanes.push_back(at);
        if (r.lanes[at].subscription == none) r.lanes[at].subscription = s;
        else r.lanes[at].is_shared = true;
      }
    }
    for (std::uint32_t t = 0; t < wiring_.topics.size(); ++t) {
      r.discovered.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner + 0x5000000 + g, t)));
    }
    for (const auto& [service, topics] : services) {
      for (std::uint32_t i = 0; i < system_.services[service].instances; ++i) {
        Member& member = r.members.emplace_back();
        member.instance = first_instance_[service] + i;
        member.joining = {topics, wired.consumer.session_timeout_ms, wired.consumer.max_poll_interval_ms, !wired.consumer.group_instance_id.empty()};
      }
    }
    cluster_->group(r.group).add_slots(cells, static_cast<std::uint32_t>(r.members.size()));
  }
}

// The longest that one record can keep the poll loop of a service, in ms; -1 when nothing bounds it.
std::int64_t KafkaBroker::longest_handling_ms() const {
  const bool stands_still = std::any_of(system_.faults.begin(), system_.faults.end(), [](const Fault& fault) {
    return fault.kind == FaultKind::pause || fault.kind == FaultKind::zombie || fault.kind == FaultKind::slow;
  });
  if (stands_still) return -1;
  constexpr std::uint64_t last_draw = ~std::uint64_t{0};
  constexpr std::int64_t unbounded_ms = 1'000'000'000;  // of a step: eleven days
  std::int64_t longest = 0;
  for (const Handler& handler : system_.handlers) {
    if (handler.trigger != Trigger::message) continue;
    const Program& program = handler.program;
    Duration step = handler.durations == none ? Duration{} : system_.distributions[handler.durations].at(last_draw);
    for (const WaitSpec& wait : program.waits) step += system_.distributions[wait.distribution].at(last_draw);
    const bool waits_for_others = !program.eaches.empty() || !program.publishes.empty() || !program.calls.empty();
    const std::int64_t step_ms = step.nanoseconds() / 1'000'000 + 1;
    if (waits_for_others || step_ms > unbounded_ms) return -1;
    if (step > Duration{}) longest = std::max(longest, step_ms * static_cast<std::int64_t>(program.code.size()));
  }
  return longest;
}

void KafkaBroker::forget(World&) {
  cluster_->reset(true);
  for (Subscribed& subscribed : subscribed_) {
    subscribed.floating.clear();
    subscribed.skipped.clear();
  }
}

// Groups are stable when a run starts (a system that has been running), at the end of empty logs.
void KafkaBroker::reset(World& world) {
  cluster_->reset(false);
  for (std::uint32_t g = 0; g < readers_.size(); ++g) {
    Reader& r = readers_[g];
    for (Lane& lane : r.lanes) {
      lane.ready.clear();
      lane.ready_from = 0;
    }
    for (std::uint32_t slot = 0; slot < r.members.size(); ++slot) {
      Member& member = r.members[slot];
      member = {member.instance, member.joining, 0, rule_of(g).interval_ms, 0, false, false, false};
      cluster_->group(r.group).join(world.cells(), slot, member.joining, 0);
    }
    // Such groups have committed before, so that auto.offset.reset does not decide what they read first.
    for (std::uint32_t at = 0; at < r.lanes.size(); ++at) cluster_->group(r.group).commit(world.cells(), at, 0, 0);
    rebalance(world, g);
  }
}

// ---- membership ------------------------------------------------------------------------------------------------

// A lane gets an owner: reading begins at the commit, or where auto.offset.reset says (KF-OFF-1, KF-OFF-3).
void KafkaBroker::begin(World& world, std::uint32_t reader, std::uint32_t at) {
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  const Cluster::Partition& partition = cluster_->partition(r.lanes[at].partition);
  const std::uint64_t known = static_cast<std::uint64_t>(wiring_.topics[partition.topic].topic.partitions) + cells.get(r.discovered[partition.topic]);
  if (partition.number >= known) return;  // the members have not heard of it
  const ConsumerSettings& consumer = wiring_of(reader).consumer;
  const StartOffset start = start_offset(cells, partition.log, cluster_->group(r.group).committed(cells, at), consumer.reset, consumer.isolation);
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
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  const std::uint32_t owner = cluster_->group(r.group).owner(cells, at);
  if (owner != nobody && cells.get(r.lanes[at].in_flight) != 0) {
    world.runs().fence(r.members[owner].instance, subscription_of(cells, reader, at), [at](std::uint32_t token) { return token == at; });
  }
  cells.set(r.lanes[at].in_flight, 0);
  r.positions.revoke(cells, at);
}

void KafkaBroker::rebalance(World& world, std::uint32_t reader) {
  Reader& r = readers_[reader];
  Cells& cells = world.cells();
  cluster_->group(r.group).rebalance(
      cells, now_ms(world),
      [&](std::uint32_t, std::uint32_t at) {
        // KF-REB-3: in an orderly rebalance the client may commit first; what is still handled elsewhere (a pool) is lost to it.
        if (rule_of(reader).automatic) commit_lane(world, reader, at);
        lose_lane(world, reader, at);
      },
      [&](std::uint32_t, std::uint32_t at) { begin(world, reader, at); });
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
  if (group.member_count(cells) != 0) rebalance(world, reader);
}

void KafkaBroker::instance_down(World& world, std::uint32_t instance) {
  for (std::uint32_t g = 0; g < readers_.size(); ++g) {
    Reader& r = readers_[g];
    for (std::uint32_t slot = 0; slot < r.members.size(); ++slot) {
      if (r.members[slot].instance != instance) continue;
      for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
        if (cluster_->group(r.group).owner(world.cells(), at) != slot) continue;
        lose_lane(world, g, at);
        if (!world.timed()) begin(world, g, at);  // back at once, with its partitions
      }
      // KF-REB-6: until the session is over nobody reads them.
      if (world.timed()) world.offer(Duration(r.members[slot].joining.session_ms * 1'000'000), own(session_over, g, slot));
    }
  }
}

void KafkaBroker::instance_up(World& world, std::uint32_t instance) {
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
  for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
    if (cells.get(r.lanes[at].in_flight) != 0 && (slot == nobody || cluster_->group(r.group).owner(cells, at) == slot)) return true;
  }
  return false;
}

// A member that was thrown out joins again when it polls: when it has finished what it was doing, and the others poll too.
bool KafkaBroker::may_rejoin(const World& world, std::uint32_t reader, std::uint32_t slot) const {
  const Reader& r = readers_[reader];
  const std::uint32_t instance = r.members[slot].instance;
  if (cluster_->group(r.group).is_member(world.cells(), slot) || !world.faults().is_up(instance)) return false;
  for (std::uint32_t frame = world.runs().frames_begin(instance); frame < world.runs().frames_end(instance); ++frame) {
    if (!is_pool(reader) && world.runs().active(frame) && world.runs().poller_of(frame) == none) return false;
  }
  return is_pool(reader) || !has_work(world.cells(), reader, nobody);
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
  for (std::uint32_t at = 0; at < r.lanes.size() && !something; ++at) {
    const Offset stored = group.owner(cells, at) == slot ? r.positions.stored(cells, at) : no_offset;
    something = stored != no_offset && stored != group.committed(cells, at);
  }
  return something && (rule.in_background() || is_pool(reader) || !has_work(cells, reader, slot));
}

void KafkaBroker::commit_member(World& world, std::uint32_t reader, std::uint32_t slot) {
  const Reader& r = readers_[reader];
  for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
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
  for (std::uint32_t at = 0; at < r.lanes.size() && waiting < most; ++at) {
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
    }
    for (std::uint32_t t = 0; t < wiring_.topics.size(); ++t) {
      if (cluster_->topic_in_group(readers_[g].group, t) == nobody) continue;
      if (world.cells().get(readers_[g].discovered[t]) < world.cells().get(added_partitions_[t])) out.push_back(own(discover, g, t));
    }
  }
}

void KafkaBroker::apply(World& world, const Action& action) {
  const std::uint32_t reader = action.b >> 20, which = action.b & 0xfffffU;
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
      Member& member = r.members[which];
      if (world.faults().is_up(member.instance) && !member.back_too_early) return;  // static, and back in time
      member.back_too_early = false;
      evict(world, reader, which);
      if (world.faults().is_up(member.instance)) world.offer(Duration{}, own(rejoin, reader, which));
      return;
    }
    case poll_too_late: {
      Member& member = r.members[which];
      const std::int64_t late = member.last_poll_ms + wiring_of(reader).consumer.max_poll_interval_ms, now = now_ms(world);
      member.poll_watched = has_work(world.cells(), reader, which) && now < late;
      if (member.poll_watched) return world.offer(Duration((late - now) * 1'000'000), action);
      if (!has_work(world.cells(), reader, which) || !world.faults().is_up(member.instance)) return;
      evict(world, reader, which);
      world.offer(Duration(wiring_of(reader).consumer.heartbeat_interval_ms * 1'000'000), own(rejoin, reader, which));
      return;
    }
    case rejoin:
      if (!may_rejoin(world, reader, which)) {
        const bool later = !group.is_member(world.cells(), which) && world.faults().is_up(r.members[which].instance);
        if (later) world.offer(Duration(wiring_of(reader).consumer.heartbeat_interval_ms * 1'000'000), action);
        return;
      }
      group.join(world.cells(), which, r.members[which].joining, now_ms(world));
      return rebalance(world, reader);
    case discover:
      world.cells().set(r.discovered[which], world.cells().get(added_partitions_[which]));
      for (const std::uint32_t p : cluster_->topic(which).partitions) {
        const std::uint32_t at = cluster_->in_group(r.group, p);
        if (r.positions.position(world.cells(), at) == no_offset && group.owner(world.cells(), at) != nobody) begin(world, reader, at);
      }
      return;
    default: return;
  }
}

std::string KafkaBroker::describe(const World&, const Action& action) const {
  if (action.kind == ActionKind::fault_broker) return describe_strike(action);
  const std::uint32_t reader = action.b >> 20, which = action.b & 0xfffffU;
  const std::string& group = wiring_of(reader).name;
  switch (action.choice) {
    case commit: return fmt::format("commits {} of member {}", group, which + 1);
    case session_over: return fmt::format("ends the session of member {} of {}", which + 1, group);
    case poll_too_late: return fmt::format("misses a poll of member {} of {}", which + 1, group);
    case rejoin: return fmt::format("lets member {} join {}", which + 1, group);
    default: return fmt::format("lets {} find the new partitions of {}", group, cluster_->topic(which).name);
  }
}

}  // namespace flowtank::kafka
