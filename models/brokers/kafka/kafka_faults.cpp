// SPDX-License-Identifier: Apache-2.0
// See kafka_broker.hpp: faults. Copies that are duplicated, lost or moved (as under every broker), and faults of Kafka
// itself: a leader that fails with records nobody else has, power loss before a flush, retention before
// consumption, a group that is led back, partitions that are added, a rebalance while a record is handled.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "models/brokers/kafka/kafka_broker.hpp"
#include "models/brokers/lost_copy.hpp"

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
      for (const auto& [reader, at] : readers_of_[p]) from = std::max(from, next_of(cells, reader, at));
    }
  } else if (wiring_.broker.flush_interval_messages == 1) {
    return 0;  // on disk before it is answered
  }
  return std::min<std::uint64_t>(fault.with.versions, static_cast<std::uint64_t>(std::max<Offset>(log.end(cells) - from, 0)));
}

// Where reading goes on: the position, or, while nobody reads the partition, the commit (KF-OFF-1).
Offset KafkaBroker::next_of(const Cells& cells, std::uint32_t reader, std::uint32_t at) const {
  const Reader& r = readers_[reader];
  const Offset position = r.positions.position(cells, at);
  if (position != no_offset) return position;
  return std::max(cluster_->group(r.group).committed(cells, at), cluster_->log(r.lanes[at].partition).start(cells));
}

// The oldest record that a reader has not been handed; `consumer`: a service, or none for all of them.
Offset KafkaBroker::first_unread(const Cells& cells, std::uint32_t p, std::uint32_t consumer) const {
  Offset unread = cluster_->log(p).end(cells);
  for (const auto& [reader, at] : readers_of_[p]) {
    if (consumer != none && system_.subscriptions[subscription_of(cells, reader, at)].service != consumer) continue;
    unread = std::min(unread, next_of(cells, reader, at));
  }
  return unread;
}

// KF-RET-1: only where something removes old records.
std::uint64_t KafkaBroker::most_expired(const World& world, std::uint32_t p, const Fault& fault) const {
  const Cells& cells = world.cells();
  const TopicSettings& settings = wiring_.topics[cluster_->partition(p).topic].topic;
  if (!settings.remove || (settings.retention_ms < 0 && settings.retention_bytes < 0)) return 0;
  return std::min<std::uint64_t>(fault.with.versions, static_cast<std::uint64_t>(cluster_->log(p).end(cells) - first_unread(cells, p, fault.on.consumer)));
}

// KF-RET-2: unread records that a later one of the same key makes superfluous.
std::vector<Offset> KafkaBroker::compactable(const World& world, std::uint32_t p) const {
  std::vector<Offset> out;
  if (!wiring_.topics[cluster_->partition(p).topic].topic.compact) return out;
  const Cells& cells = world.cells();
  const PartitionLog& log = cluster_->log(p);
  std::set<Word> later;
  for (Offset o = log.end(cells); o > first_unread(cells, p, none);) {
    if (!log.is_plain(cells, --o)) continue;
    const Word key = world.pool().find(world.pool().value(log.message(cells, o)).items()[field_key]);
    if (key != absent_word && !later.insert(key).second) out.push_back(o);
  }
  return out;
}

Action KafkaBroker::broker_fault(std::uint16_t fault, std::uint32_t b, std::uint32_t choice) const {
  return {.kind = ActionKind::fault_broker, .fault = fault, .a = index_, .b = b, .choice = choice};
}

void KafkaBroker::strikes(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[index];
  switch (fault.kind) {
    case FaultKind::failover:
    case FaultKind::power_loss:
    case FaultKind::expiry:
    case FaultKind::compaction: return strikes_of_logs(world, index, out);
    case FaultKind::rewind:
    case FaultKind::rebalance: return strikes_of_groups(world, index, out);
    case FaultKind::late_transaction_end: return strikes_of_transactions(world, index, out);
    case FaultKind::repartition:
      for (std::uint32_t t = 0; t < wiring_.topics.size(); ++t) {
        const auto have = static_cast<std::uint32_t>(wiring_.topics[t].topic.partitions);
        const bool here = fault.on.channel == none || fault.on.channel == wiring_.topics[t].channel;
        if (!here || fault.with.partitions <= have || world.cells().get(added_partitions_[t]) >= fault.with.partitions - have) continue;
        out.push_back(broker_fault(index, t, fault.with.partitions - have));
      }
      return;
    default: return;
  }
}

void KafkaBroker::strikes_of_logs(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[index];
  const std::size_t before = out.size();
  std::vector<std::uint32_t> unharmed;  // a leader may fail, or the power, where nothing is lost by it
  for (std::uint32_t p = 0; p < cluster_->partitions(); ++p) {
    const std::uint32_t topic = cluster_->partition(p).topic;
    if (fault.on.channel != none && fault.on.channel != wiring_.topics[topic].channel) continue;
    switch (fault.kind) {
      case FaultKind::compaction:
        if (const auto gone = compactable(world, p); !gone.empty()) out.push_back(broker_fault(index, p, static_cast<std::uint32_t>(gone.size())));
        break;
      case FaultKind::expiry:
        for (std::uint64_t lost = most_expired(world, p, fault); lost > 0; --lost) out.push_back(broker_fault(index, p, static_cast<std::uint32_t>(lost)));
        break;
      default: {
        const std::uint64_t most = most_cut(world, p, fault);
        for (std::uint64_t lost = most; lost > 0; --lost) out.push_back(broker_fault(index, p, static_cast<std::uint32_t>(lost)));
        const bool can_fail = fault.kind == FaultKind::power_loss || wiring_.topics[topic].topic.replication_factor > 1;
        if (most == 0 && can_fail && cluster_->log(p).length(world.cells()) != 0) unharmed.push_back(p);
      }
    }
  }
  if (out.size() != before) return;
  for (const std::uint32_t p : unharmed) out.push_back(broker_fault(index, p, 0));
}

void KafkaBroker::strikes_of_groups(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[index];
  const Cells& cells = world.cells();
  for (std::uint32_t g = 0; g < readers_.size(); ++g) {
    const Reader& r = readers_[g];
    if (fault.kind == FaultKind::rebalance) {
      const bool reads_it = fault.on.channel == none || cluster_->topic_in_group(r.group, topic_of_channel_[fault.on.channel]) != nobody;
      for (std::uint32_t slot = 0; reads_it && slot < r.members.size(); ++slot) {
        if (fault.on.consumer != none && fault.on.consumer != world.runs().service_of_instance(r.members[slot].instance)) continue;
        if (cluster_->group(r.group).is_member(cells, slot) && has_work(cells, g, slot)) out.push_back(broker_fault(index, g << 20 | slot, 0));
      }
      continue;
    }
    for (std::uint32_t at = 0; at < r.lanes.size(); ++at) {
      const std::uint32_t topic = cluster_->partition(r.lanes[at].partition).topic;
      if (fault.on.channel != none && fault.on.channel != wiring_.topics[topic].channel) continue;
      if (fault.on.consumer != none && system_.subscriptions[subscription_of(cells, g, at)].service != fault.on.consumer) continue;
      const Offset position = r.positions.position(cells, at);
      if (position != no_offset && rewound(cells, g, at, fault) != position) out.push_back(broker_fault(index, g << 20 | at, 0));
    }
  }
}

void KafkaBroker::strike_itself(World& world, const Action& action) {
  const Fault& fault = system_.faults[action.fault];
  switch (fault.kind) {
    case FaultKind::failover:
    case FaultKind::power_loss: return cut_tail(world, action.b, action.choice);
    case FaultKind::expiry: return expire_head(world, action.b, action.choice, fault.on.consumer);
    case FaultKind::compaction: return compact(world, action.b);
    case FaultKind::late_transaction_end: return end_too_late(world, action.b, action.choice);
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
      std::vector<Word> held;
      for (std::uint32_t at = 0; at < readers_[g].lanes.size(); ++at) {
        const Lane& lane = readers_[g].lanes[at];
        const bool own_work = cluster_->group(readers_[g].group).owner(world.cells(), at) == slot && world.cells().get(lane.in_flight) != 0;
        if (own_work) held.push_back(cluster_->log(lane.partition).message(world.cells(), readers_[g].positions.position(world.cells(), at) - 1));
      }
      note_struck(world, held);
      throw_out(world, g, slot);
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
  const auto records = [](std::uint32_t count) { return count == 1 ? std::string("record") : fmt::format("{} records", count); };
  switch (system_.faults[action.fault].kind) {
    case FaultKind::failover:
      if (action.choice == 0) return fmt::format("{} fails over and loses nothing", partition());
      return fmt::format("{} fails over and loses its newest {}", partition(), records(action.choice));
    case FaultKind::power_loss:
      if (action.choice == 0) return fmt::format("{} loses power and nothing else", partition());
      return fmt::format("{} loses power and its newest {}", partition(), records(action.choice));
    case FaultKind::expiry: return fmt::format("{} expires its oldest {}, unread", partition(), records(action.choice));
    case FaultKind::compaction: return fmt::format("{} is compacted, with {} unread", partition(), records(action.choice));
    case FaultKind::rewind: {
      const Reader& r = readers_[action.b >> 20];
      const Cluster::Partition& p = cluster_->partition(r.lanes[action.b & 0xfffffU].partition);
      const Fault& fault = system_.faults[action.fault];
      const bool forward = fault.with.policy == 1 && fault.with.back == 0;
      return fmt::format("{} {} {}/{}", wiring_of(action.b >> 20).name, forward ? "skips to the end of" : "is led back in", cluster_->topic(p.topic).name, p.number);
    }
    case FaultKind::late_transaction_end:
      return fmt::format("a late {} of {} reaches the coordinator", action.choice == ended_well ? "commit" : "abort", senders_[action.b].transactional_id);
    case FaultKind::repartition: return fmt::format("{} gets {} more partitions", cluster_->topic(action.b).name, action.choice);
    default: {
      const std::uint32_t instance = readers_[action.b >> 20].members[action.b & 0xfffffU].instance;
      std::uint32_t service = 0;
      while (service + 1 < first_instance_.size() && first_instance_[service + 1] <= instance) ++service;
      return fmt::format("{} #{} is thrown out of group {} while it works", system_.services[service].name, instance - first_instance_[service] + 1,
                         wiring_of(action.b >> 20).name);
    }
  }
}

std::vector<Word> KafkaBroker::messages(const Cells& cells, std::uint32_t p, Offset from, Offset to) const {
  std::vector<Word> out;
  const PartitionLog& log = cluster_->log(p);
  for (Offset o = std::max(from, log.base(cells)); o < to; ++o) {
    if (log.is_plain(cells, o)) out.push_back(log.message(cells, o));
  }
  return out;
}

// KF-REPL-2, KF-REPL-3: the newest records are gone, also acknowledged ones, and their offsets are given out again.
void KafkaBroker::cut_tail(World& world, std::uint32_t p, std::uint64_t count) {
  Cells& cells = world.cells();
  PartitionLog& log = cluster_->log(p);
  const Offset end = log.end(cells) - static_cast<Offset>(count);
  note_struck(world, messages(cells, p, end, log.end(cells)));
  for (Offset o = end; o < log.end(cells); ++o) {
    if (!log.is_plain(cells, o)) continue;  // of an aborted transaction, or its marker
    for (const auto& [reader, at] : readers_of_[p]) {
      if (next_of(cells, reader, at) <= o) lost(world, subscription_of(cells, reader, at), log.message(cells, o));
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
void KafkaBroker::expire_head(World& world, std::uint32_t p, std::uint64_t count, std::uint32_t consumer) {
  Cells& cells = world.cells();
  PartitionLog& log = cluster_->log(p);
  const Offset start = first_unread(cells, p, consumer) + static_cast<Offset>(count);
  note_struck(world, messages(cells, p, first_unread(cells, p, consumer), log.end(cells)));
  for (const auto& [reader, at] : readers_of_[p]) {
    const Offset position = next_of(cells, reader, at);
    // KF-OFF-3: out of range; with `latest` everything up to the end is passed over.
    const bool skips_all = position < start && wiring_of(reader).consumer.reset == OffsetReset::latest;
    for (const Word gone : messages(cells, p, position, skips_all ? log.end(cells) : start)) lost(world, subscription_of(cells, reader, at), gone);
  }
  log.move_start(cells, world.pool(), start);
  out_of_range(world, p);
}

// KF-RET-2: of each key the latest record stays; readers pass over what is gone.
void KafkaBroker::compact(World& world, std::uint32_t p) {
  Cells& cells = world.cells();
  std::vector<Word> gone;
  for (const Offset o : compactable(world, p)) gone.push_back(cluster_->log(p).message(cells, o));
  note_struck(world, gone);
  for (const Offset o : compactable(world, p)) {
    for (const auto& [reader, at] : readers_of_[p]) {
      if (next_of(cells, reader, at) <= o) lost(world, subscription_of(cells, reader, at), cluster_->log(p).message(cells, o));
    }
  }
  cluster_->roll(p);
  cluster_->clean(p, now_ms(world), true);
  for (const auto& [reader, at] : readers_of_[p]) {
    advance(world, reader, at);
    offer_next(world, reader, at);
  }
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
  const auto back = static_cast<Offset>(fault.with.policy == 2 ? std::max<std::uint64_t>(fault.with.back, 1) : fault.with.back);
  if (back != 0) return std::max(first, position - back);
  return fault.with.policy == 1 ? log.end(cells) : first;  // latest : earliest
}

// KF-OFF-1: a rewound commit is a commit; who handles a record goes on, its offset counts no more.
void KafkaBroker::rewind(World& world, std::uint32_t reader, std::uint32_t at, const Fault& fault) {
  Cells& cells = world.cells();
  const Offset to = rewound(cells, reader, at, fault), position = readers_[reader].positions.position(cells, at);
  const PartitionLog& log = cluster_->log(readers_[reader].lanes[at].partition);
  const std::uint32_t s = subscription_of(cells, reader, at);
  note_struck(world, messages(cells, readers_[reader].lanes[at].partition, std::min(position, to), std::max(position, to)));
  for (const Word gone : messages(cells, readers_[reader].lanes[at].partition, position, to)) lost(world, s, gone);
  lose_lane(world, reader, at, to);
  cluster_->group(readers_[reader].group).commit(cells, at, to, log.base(cells));
  move_position(world, reader, at, to);
  offer_round(world, reader);  // whom a rebalance waited for may be the one who handled the record
}

}  // namespace flowtank::kafka
