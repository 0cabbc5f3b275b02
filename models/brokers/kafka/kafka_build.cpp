// SPDX-License-Identifier: Apache-2.0
// See kafka_broker.hpp: the components of a World with Kafka, built once and reset for every run. Whatever a fault may
// need (partitions that it adds) exists from the start, so that a run allocates nothing but records.
#include <algorithm>

#include <sim/world/component.hpp>

#include "models/brokers/handling_time.hpp"
#include "models/brokers/kafka/kafka_broker.hpp"

namespace flowtank::kafka {

void KafkaBroker::build(World& world) {
  Cells& cells = world.cells();
  timed_ = world.timed();
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
    r.round = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner + 0x6000000, g));
    const Group& group = cluster_->group(r.group);
    r.positions.build(cells, owner + 0x2000000 + g, group.partitions());
    for (std::uint32_t at = 0; at < group.partitions(); ++at) {
      Lane& lane = r.lanes.emplace_back();
      r.all_lanes.push_back(at);
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
    look_at_handlers(world, g);
    for (const auto& [service, topics] : services) {
      for (std::uint32_t i = 0; i < system_.services[service].instances; ++i) {
        Member& member = r.members.emplace_back();
        member.instance = first_instance_[service] + i;
        member.joining = {topics, wired.consumer.session_timeout_ms, wired.consumer.max_poll_interval_ms, !wired.consumer.group_instance_id.empty()};
      }
    }
    cluster_->group(r.group).add_slots(cells, static_cast<std::uint32_t>(r.members.size()));
  }
  build_senders(world);
}

namespace {

bool writes_rows(const Program& program) { return !program.inserts.empty() || !program.updates.empty() || !program.erases.empty(); }

// Does virtual time pass between its steps, so that others may meet the locks of its transactions?
bool takes_time(const Handler& handler) {
  const Program& program = handler.program;
  return handler.durations != none || !program.waits.empty() || !program.publishes.empty() || !program.calls.empty();
}

}  // namespace

// The longest that one record can keep the poll loop of a service, in ms; -1 when nothing bounds it.
std::int64_t KafkaBroker::longest_handling_ms() const {
  const bool stands_still = std::any_of(system_.faults.begin(), system_.faults.end(), [](const Fault& fault) {
    return fault.kind == FaultKind::pause || fault.kind == FaultKind::zombie || fault.kind == FaultKind::slow;
  });
  if (stands_still) return -1;
  const bool locks_last = std::any_of(system_.handlers.begin(), system_.handlers.end(), [](const Handler& h) { return writes_rows(h.program) && takes_time(h); });
  constexpr std::uint64_t last_draw = ~std::uint64_t{0};
  constexpr std::int64_t unbounded_ms = 1'000'000'000;  // of a step: eleven days
  std::int64_t longest = 0;
  for (const Handler& handler : system_.handlers) {
    if (handler.trigger != Trigger::message) continue;
    const Program& program = handler.program;
    Duration step = handler.durations == none ? Duration{} : system_.distributions[handler.durations].at(last_draw);
    for (const WaitSpec& wait : program.waits) step += system_.distributions[wait.distribution].at(last_draw);
    const bool waits_for_others = (locks_last && writes_rows(program)) || !program.eaches.empty() || !program.publishes.empty() || !program.calls.empty();
    const std::int64_t step_ms = step.nanoseconds() / 1'000'000 + 1;
    if (waits_for_others || step_ms > unbounded_ms) return -1;
    if (step > Duration{}) longest = std::max(longest, step_ms * static_cast<std::int64_t>(program.code.size()));
  }
  return longest;
}

// KF-REB-4: can a poll loop handle what one poll brought for longer than max.poll.interval.ms? Asked for explorations; in virtual time
// the clock says.
void KafkaBroker::look_at_handlers(World& world, std::uint32_t reader) {
  Reader& r = readers_[reader];
  if (world.timed() || is_pool(reader)) return;
  const Duration limit(wiring_of(reader).consumer.max_poll_interval_ms * 1'000'000);
  std::uint64_t records = 0;
  for (const Client& client : system_.clients) records = std::min<std::uint64_t>(records + std::min<std::uint64_t>(client.count, 1'000'000), 1'000'000);
  records = std::min(records, static_cast<std::uint64_t>(wiring_of(reader).consumer.max_poll_records));
  for (const std::uint32_t s : wiring_of(reader).subscriptions) {
    HandlingTime time = handling_time(system_, s);
    const std::uint64_t at_a_time = system_.services[system_.subscriptions[s].service].concurrency;
    time.by_itself = time.by_itself * static_cast<std::int64_t>(std::max<std::uint64_t>((records + at_a_time - 1) / at_a_time, 1));
    r.may_miss_polls = r.may_miss_polls || time.reaches(limit);
  }
  const std::uint64_t owner = ((std::uint64_t{index_} + 1) << 32) + 0x8000000 + reader;
  for (std::uint32_t at = 0; r.may_miss_polls && at < r.lanes.size(); ++at) {
    r.lanes[at].late = world.cells().allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner, at));
  }
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
  for (Sender& sender : senders_) sender.watched = false;
  for (std::uint32_t g = 0; g < readers_.size(); ++g) {
    Reader& r = readers_[g];
    r.owned_known = false;
    for (Lane& lane : r.lanes) {
      lane.ready.clear();
      lane.ready_from = 0;
    }
    for (std::uint32_t slot = 0; slot < r.members.size(); ++slot) {
      Member& member = r.members[slot];
      member = {member.instance, member.joining, 0, rule_of(g).interval_ms, 0, false, false, false, 0, false};
      cluster_->group(r.group).join(world.cells(), slot, member.joining, 0);
    }
    // Such groups have committed before, so that auto.offset.reset does not decide what they read first.
    for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
      const Cluster::Partition& partition = cluster_->partition(r.lanes[at].partition);
      const bool is_added = partition.number >= static_cast<std::uint32_t>(wiring_.topics[partition.topic].topic.partitions);
      if (!is_added) cluster_->group(r.group).commit(world.cells(), at, 0, 0);
    }
    rebalance(world, g);
  }
  watch_heartbeats(world);
}

}  // namespace flowtank::kafka
