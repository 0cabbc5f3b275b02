// SPDX-License-Identifier: Apache-2.0
// See kafka_broker.hpp: faults. Copies that are duplicated, lost or moved (as under every broker), and faults of Kafka
// itself: a leader that fails with records nobody else has, power loss before a flush, retention before
// consumption, a group that is led back, partitions that are added, a rebalance while a record is handled.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/kafka/kafka_broker.hpp"

namespace flowtank::kafka {

// ---- copies ----------------------------------------------------------------------------------------------------

void KafkaBroker::strikable(const World& world, std::uint32_t s, ActionKind kind, std::uint16_t fault, std::vector<Action>& out) const {
  const Subscribed& subscribed = subscribed_[s];
  if (subscribed.reader == none) return;
  const Reader& r = readers_[subscribed.reader];
  const Cells& cells = world.cells();
  for (const std::uint32_t at : subscribed.lanes) {
    if (subscription_of(cells, subscribed.reader, at) != s) continue;
    const Offset position = r.positions.position(cells, at);
    if (position == no_offset) continue;
    const PartitionLog& log = cluster_->log(r.lanes[at].partition);
    const auto in_flight = static_cast<Offset>(cells.get(r.lanes[at].in_flight));
    for (Offset o = std::max(log.start(cells), position - in_flight); o < log.end(cells); ++o) {
      const Word message = log.message(cells, o);
      if (!log.is_plain(cells, o) || subscribed.skipped.count(cells, message) != 0) continue;
      // What a consumer holds can be handed out twice, but neither lost nor moved any more.
      if (o < position && kind != ActionKind::fault_duplicate) continue;
      if (kind == ActionKind::fault_reorder && log.end(cells) - position < 2) continue;
      out.push_back({.kind = kind, .fault = fault, .a = s, .b = at, .word = message});
    }
  }
  if (kind == ActionKind::fault_reorder) return;
  subscribed.floating.each(world, [&](std::uint32_t, Word message, std::uint32_t attempts) {
    out.push_back({.kind = kind, .fault = fault, .a = s, .b = FloatingCopies::first_copy, .choice = 1 + attempts, .word = message});
  });
}

void KafkaBroker::strike(World& world, const Action& action) {
  if (action.kind == ActionKind::fault_broker) return strike_itself(world, action);
  Subscribed& subscribed = subscribed_[action.a];
  if (action.kind == ActionKind::fault_duplicate) {
    world.copies_change(action.a, action.word, 1);
    return subscribed.floating.add(world, action.word, 0, Duration{});
  }
  if (action.b >= FloatingCopies::first_copy) {
    subscribed.floating.take(world, action.word, action.choice - 1);
  } else {
    subscribed.skipped.add(world.cells(), world.pool(), action.word);
    advance(world, subscribed.reader, action.b);
  }
  if (action.kind == ActionKind::fault_reorder) subscribed.floating.add(world, action.word, 0, Duration{});
  else lost(world, action.a, action.word);
}

// ---- the broker itself -----------------------------------------------------------------------------------------

// How many of the newest records of a partition this fault can take away.
std::uint64_t KafkaBroker::most_cut(const World& world, std::uint32_t p, const Fault& fault) const {
  const Cells& cells = world.cells();
  const PartitionLog& log = cluster_->log(p);
  const std::uint32_t topic = cluster_->partition(p).topic;
  const TopicSettings& settings = wiring_.topics[topic].topic;
  Offset from = std::max(log.start(cells), log.base(cells));
  if (fault.kind == FaultKind::failover) {
    if (settings.replication_factor < 2) return 0;  // nobody else could lead: unavailable, not lost
    if (!settings.unclean_leader_election) {
      // KF-REPL-2: acks=all was answered when every in-sync replica had it; KF-REPL-1: what a consumer has seen, all have.
      if (wiring_.topics[topic].producer.acks == Acks::all) return 0;
      for (const auto& [reader, at] : readers_of_[p]) from = std::max(from, readers_[reader].positions.position(cells, at));
    }
  } else if (wiring_.broker.flush_interval_messages == 1) {
    return 0;  // on disk before it is answered
  }
  return std::min<std::uint64_t>(fault.with.versions, static_cast<std::uint64_t>(std::max<Offset>(log.end(cells) - from, 0)));
}

void KafkaBroker::strikes(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[index];
  const Cells& cells = world.cells();
  const auto add = [&](std::uint32_t b, std::uint32_t choice) {
    out.push_back({.kind = ActionKind::fault_broker, .fault = index, .a = index_, .b = b, .choice = choice});
  };
  const auto here = [&](std::uint32_t topic) { return fault.on.channel == none || fault.on.channel == wiring_.topics[topic].channel; };
  switch (fault.kind) {
    case FaultKind::failover:
    case FaultKind::power_loss:
    case FaultKind::expiry:
      for (std::uint32_t p = 0; p < cluster_->partitions(); ++p) {
        if (!here(cluster_->partition(p).topic)) continue;
        std::uint64_t most = fault.kind == FaultKind::expiry ? 0 : most_cut(world, p, fault);
        if (fault.kind == FaultKind::expiry) {
          const PartitionLog& log = cluster_->log(p);
          Offset unread = log.end(cells);
          for (const auto& [reader, at] : readers_of_[p]) unread = std::min(unread, std::max<Offset>(readers_[reader].positions.position(cells, at), 0));
          most = std::min<std::uint64_t>(fault.with.versions, static_cast<std::uint64_t>(log.end(cells) - unread));
        }
        for (std::uint64_t lost = most; lost > 0; --lost) add(p, static_cast<std::uint32_t>(lost));
      }
      return;
    case FaultKind::rewind:
      for (std::uint32_t g = 0; g < readers_.size(); ++g) {
        for (std::uint32_t at = 0; at < readers_[g].lanes.size(); ++at) {
          const std::uint32_t s = subscription_of(cells, g, at);
          if (!here(cluster_->partition(readers_[g].lanes[at].partition).topic)) continue;
          if (fault.on.consumer != none && system_.subscriptions[s].service != fault.on.consumer) continue;
          const Offset position = readers_[g].positions.position(cells, at);
          if (position != no_offset && rewound(cells, g, at, fault) != position) add(g << 20 | at, 0);
        }
      }
      return;
    case FaultKind::repartition:
      for (std::uint32_t t = 0; t < wiring_.topics.size(); ++t) {
        const auto have = static_cast<std::uint32_t>(wiring_.topics[t].topic.partitions);
        if (here(t) && fault.with.partitions > have && cells.get(added_partitions_[t]) < fault.with.partitions - have) add(t, fault.with.partitions - have);
      }
      return;
    case FaultKind::rebalance:
      for (std::uint32_t g = 0; g < readers_.size(); ++g) {
        for (std::uint32_t slot = 0; slot < readers_[g].members.size(); ++slot) {
          const std::uint32_t service = world.runs().service_of_instance(readers_[g].members[slot].instance);
          if (fault.on.consumer != none && fault.on.consumer != service) continue;
          if (cluster_->group(readers_[g].group).is_member(cells, slot) && has_work(cells, g, slot)) add(g << 20 | slot, 0);
        }
      }
      return;
    default: return;
  }
}

void KafkaBroker::strike_itself(World& world, const Action& action) {
  const Fault& fault = system_.faults[action.fault];
  switch (fault.kind) {
    case FaultKind::failover:
    case FaultKind::power_loss: return cut_tail(world, action.b, action.choice);
    case FaultKind::expiry: return expire_head(world, action.b, action.choice);
    case FaultKind::rewind: return rewind(world, action.b >> 20, action.b & 0xfffffU, fault);
    case FaultKind::repartition:
      world.cells().set(added_partitions_[action.b], action.choice);
      for (std::uint32_t g = 0; g < readers_.size(); ++g) {  // metadata.max.age.ms until members hear of it
        if (cluster_->topic_in_group(readers_[g].group, action.b) == nobody) continue;
        world.offer(Duration(wiring_of(g).consumer.metadata_max_age_ms * 1'000'000), own(discover, g, action.b));
      }
      return;
    case FaultKind::rebalance: {  // KF-REB-4
      const std::uint32_t g = action.b >> 20, slot = action.b & 0xfffffU;
      evict(world, g, slot);
      world.offer(Duration(wiring_of(g).consumer.heartbeat_interval_ms * 1'000'000), own(rejoin, g, slot));
      return;
    }
    default: return;
  }
}

std::string KafkaBroker::describe_strike(const Action& action) const {
  const auto partition = [&] {
    const Cluster::Partition& p = cluster_->partition(action.b);
    return fmt::format("{}/{}", cluster_->topic(p.topic).name, p.number);
  };
  switch (system_.faults[action.fault].kind) {
    case FaultKind::failover: return fmt::format("{} fails over and loses its newest {}", partition(), action.choice);
    case FaultKind::power_loss: return fmt::format("{} loses power and its newest {}", partition(), action.choice);
    case FaultKind::expiry: return fmt::format("{} expires {} unread", partition(), action.choice);
    case FaultKind::rewind: {
      const Reader& r = readers_[action.b >> 20];
      const Cluster::Partition& p = cluster_->partition(r.lanes[action.b & 0xfffffU].partition);
      return fmt::format("{} is led back in {}/{}", wiring_of(action.b >> 20).name, cluster_->topic(p.topic).name, p.number);
    }
    case FaultKind::repartition: return fmt::format("{} gets {} more partitions", cluster_->topic(action.b).name, action.choice);
    default: return fmt::format("member {} is thrown out of {}", (action.b & 0xfffffU) + 1, wiring_of(action.b >> 20).name);
  }
}

// KF-REPL-2, KF-REPL-3: the newest records are gone, also acknowledged ones, and their offsets are given out again.
void KafkaBroker::cut_tail(World& world, std::uint32_t p, std::uint64_t records) {
  Cells& cells = world.cells();
  PartitionLog& log = cluster_->log(p);
  const Offset end = log.end(cells) - static_cast<Offset>(records);
  for (Offset o = end; o < log.end(cells); ++o) {
    for (const auto& [reader, at] : readers_of_[p]) {
      if (readers_[reader].positions.position(cells, at) <= o) lost(world, subscription_of(cells, reader, at), log.message(cells, o));
    }
  }
  log.truncate(cells, world.pool(), end);
  for (const auto& [reader, at] : readers_of_[p]) {
    Lane& lane = readers_[reader].lanes[at];
    const Offset kept = std::max<Offset>(end - lane.ready_from, 0);
    if (kept < static_cast<Offset>(lane.ready.size())) lane.ready.resize(static_cast<std::size_t>(kept));
  }
  out_of_range(world, p);
}

// KF-RET-1: old records go, read or not.
void KafkaBroker::expire_head(World& world, std::uint32_t p, std::uint64_t records) {
  Cells& cells = world.cells();
  PartitionLog& log = cluster_->log(p);
  Offset unread = log.end(cells);
  for (const auto& [reader, at] : readers_of_[p]) unread = std::min(unread, std::max<Offset>(readers_[reader].positions.position(cells, at), 0));
  const Offset start = unread + static_cast<Offset>(records);
  for (const auto& [reader, at] : readers_of_[p]) {
    const Offset position = std::max<Offset>(readers_[reader].positions.position(cells, at), 0);
    // KF-OFF-3: out of range; with `latest` everything up to the end is passed over.
    const bool skips_all = position < start && wiring_of(reader).consumer.reset == OffsetReset::latest;
    for (Offset o = position; o < (skips_all ? log.end(cells) : start); ++o) lost(world, subscription_of(cells, reader, at), log.message(cells, o));
  }
  log.move_start(cells, world.pool(), start);
  out_of_range(world, p);
}

void KafkaBroker::out_of_range(World& world, std::uint32_t p) {
  Cells& cells = world.cells();
  const PartitionLog& log = cluster_->log(p);
  for (const auto& [reader, at] : readers_of_[p]) {
    const ConsumerSettings& consumer = wiring_of(reader).consumer;
    const Offset position = readers_[reader].positions.position(cells, at);
    if (position == no_offset || (position >= log.start(cells) && position <= log.end(cells))) continue;
    move_position(world, reader, at, start_offset(cells, log, no_offset, consumer.reset, consumer.isolation).offset);
  }
}

Offset KafkaBroker::rewound(const Cells& cells, std::uint32_t reader, std::uint32_t at, const Fault& fault) const {
  const PartitionLog& log = cluster_->log(readers_[reader].lanes[at].partition);
  const Offset first = std::max(log.start(cells), log.base(cells)), position = readers_[reader].positions.position(cells, at);
  if (fault.with.back != 0) return std::max(first, position - static_cast<Offset>(fault.with.back));
  return fault.with.policy == 1 ? log.end(cells) : first;  // latest : earliest
}

// KF-OFF-1: a rewound commit is a commit; who handles a record goes on, its offset counts no more.
void KafkaBroker::rewind(World& world, std::uint32_t reader, std::uint32_t at, const Fault& fault) {
  Cells& cells = world.cells();
  const Offset to = rewound(cells, reader, at, fault), position = readers_[reader].positions.position(cells, at);
  const PartitionLog& log = cluster_->log(readers_[reader].lanes[at].partition);
  const std::uint32_t s = subscription_of(cells, reader, at);
  for (Offset o = position; o < to; ++o) lost(world, s, log.message(cells, o));
  for (Offset o = to; o < position; ++o) world.copies_change(s, log.message(cells, o), 1);
  lose_lane(world, reader, at);
  cluster_->group(readers_[reader].group).commit(cells, at, to, log.base(cells));
  move_position(world, reader, at, to);
}

}  // namespace flowtank::kafka
