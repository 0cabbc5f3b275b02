// SPDX-License-Identifier: Apache-2.0
// See kafka_broker.hpp: how records come in, are handed out, and are settled.
#include "models/brokers/kafka/kafka_broker.hpp"

#include <algorithm>
#include <utility>

#include <sim/world/retry.hpp>

#include "models/brokers/kafka/partitioner.hpp"
#include "models/brokers/lost_copy.hpp"

namespace flowtank::kafka {

KafkaBroker::KafkaBroker(const System& system, std::uint32_t index, Wiring wiring)
    : system_(system), index_(index), wiring_(std::move(wiring)) {
  for (const Fault& fault : system.faults) {
    keeps_history_ |= fault.kind == FaultKind::rewind || fault.kind == FaultKind::failover ||
                      fault.kind == FaultKind::power_loss || fault.kind == FaultKind::expiry || fault.kind == FaultKind::compaction;
  }
}

std::int64_t KafkaBroker::now_ms(const World& world) { return world.timed() ? world.now().nanoseconds() / 1'000'000 : 0; }

void KafkaBroker::lost(World& world, std::uint32_t subscription, Word message) {
  note_lost(world, subscription, message);
  world.message_fate(subscription, message, Fate::lost);
  world.copies_change(subscription, message, -1);
}

// ---- publish ---------------------------------------------------------------------------------------------------

PublishManners KafkaBroker::manners(std::uint32_t channel) const {
  const ProducerSettings& producer = wiring_.topics[topic_of_channel_[channel]].producer;
  PublishManners manners;
  manners.hears = producer.acks != Acks::none;  // KF-PROD-1
  if (producer.retries == 0) return manners;
  manners.again_after = Duration(producer.request_timeout_ms * 1'000'000);   // KF-PROD-2
  manners.gives_up_after = Duration(producer.delivery_timeout_ms * 1'000'000);  // KF-PROD-4
  return manners;
}

std::uint32_t KafkaBroker::partitions_in_use(const Cells& cells, std::uint32_t topic) const {
  return static_cast<std::uint32_t>(wiring_.topics[topic].topic.partitions) +
         static_cast<std::uint32_t>(cells.get(added_partitions_[topic]));
}

// KF-PART-1. A record without a key goes by its content, as a draw that is the same in every run.
std::uint32_t KafkaBroker::partition_for(const World& world, std::uint32_t topic, Word message) const {
  const std::uint32_t partitions = partitions_in_use(world.cells(), topic);
  if (partitions == 1) return cluster_->topic(topic).partitions[0];
  const Partitioner partitioner = wiring_.topics[topic].producer.partitioner;
  const Value key = world.pool().value(message).items()[field_key];
  std::uint32_t number = 0;
  if (key.kind == Kind::absent || key.kind == Kind::null || !goes_by_key(partitioner)) {
    number = static_cast<std::uint32_t>(world.pool().content(message).lo % partitions);
  } else if (key.kind == Kind::string) {
    number = partition_of_key(partitioner, key.text(), partitions);
  } else {
    number = partition_of_key(partitioner, to_text(key), partitions);
  }
  return cluster_->topic(topic).partitions[number];
}

// KF-IDEM-1: the broker remembers the last five batches of a producer; a repeated one is among the newest records.
bool KafkaBroker::was_appended(const Cells& cells, std::uint32_t partition, Word message) const {
  const PartitionLog& log = cluster_->log(partition);
  for (Offset at = log.end(cells); at > log.start(cells) && at > log.base(cells);) {
    if (log.message(cells, --at) == message) return true;
  }
  return false;
}

PublishResult KafkaBroker::publish(World& world, std::uint32_t channel, Word message, const Publisher& by) {
  const std::uint32_t topic = topic_of_channel_[channel];
  const ProducerSettings& producer = wiring_.topics[topic].producer;
  const std::uint32_t partition = partition_for(world, topic, message);
  // Nobody asks for the sequence number of a first attempt, so it is looked at for repeated ones only.
  if (by.again && by.took_effect && producer.idempotent && was_appended(world.cells(), partition, message)) return PublishResult::accepted;
  if (!producer.transactional_id.empty()) return publish_in_transaction(world, channel, partition, message, by);
  ProduceRequest request;
  request.partition = partition;
  request.acks = producer.acks;
  request.messages = {&message, 1};
  const ProduceAnswer answer = cluster_->produce(request, now_ms(world));
  if (answer.error != KafkaError::none) return PublishResult::refused;
  for (const std::uint32_t s : subscribers_[channel]) stored(world, s, partition, answer.offset, message);
  return PublishResult::accepted;
}

void KafkaBroker::stored(World& world, std::uint32_t s, std::uint32_t partition, Offset offset, Word message) {
  Subscribed& subscribed = subscribed_[s];
  Cells& cells = world.cells();
  const std::uint32_t number = cluster_->partition(partition).number;
  const std::uint32_t at = subscribed.lanes[number];
  Lane& lane = readers_[subscribed.reader].lanes[at];
  const CopyFate fate = world.faults().copy_fate(world, s, message);
  Duration delay = fate.delay;
  if (world.timed()) {
    static constexpr Purpose latency_purpose("channel.latency");
    const std::uint32_t latency = system_.channels[system_.subscriptions[s].channel].latency;
    if (latency != none) delay += world.sample(latency, latency_purpose, message, world.faults().place_of(s));
    if (latency != none || delay > Duration{} || !lane.ready.empty()) {
      if (lane.ready.empty()) lane.ready_from = offset;
      // Markers of transactions take offsets, too (KF-ORD-1).
      while (lane.ready_from + static_cast<Offset>(lane.ready.size()) < offset) lane.ready.push_back(Time::start().nanoseconds());
      lane.ready.push_back((world.now() + delay).nanoseconds());
    }
  }
  world.copies_change(s, message, 1);
  for (std::uint32_t i = 0; i < fate.duplicates; ++i) {
    world.copies_change(s, message, 1);
    subscribed.floating.add(world, message, 0, delay + fate.duplicate_gap);
  }
  if (fate.lost || fate.reordered) {
    subscribed.skipped.add(cells, world.pool(), message);
    if (fate.lost) lost(world, s, message);
    else subscribed.floating.add(world, message, 0, delay);
    advance(world, subscribed.reader, at);
    return;
  }
  if (readers_[subscribed.reader].positions.position(cells, at) == offset) offer_next(world, subscribed.reader, at);
}

// ---- hand out --------------------------------------------------------------------------------------------------

bool KafkaBroker::is_blocked(const Cells& cells, std::uint32_t reader, const Lane& lane) const {
  return !is_pool(reader) && cells.get(lane.in_flight) != 0;  // KF-FLOW-1: one after the other
}

bool KafkaBroker::has_next(const Cells& cells, std::uint32_t reader, std::uint32_t at) const {
  const Reader& r = readers_[reader];
  const Lane& lane = r.lanes[at];
  const Offset position = r.positions.position(cells, at);
  if (position == no_offset || cluster_->group(r.group).owner(cells, at) == nobody || is_blocked(cells, reader, lane)) return false;
  if (cells.get(r.round) != 0) return false;
  return position < cluster_->log(lane.partition).readable_end(cells, wiring_of(reader).consumer.isolation);
}

Time KafkaBroker::ready_at(const Lane& lane, Offset offset) const {
  const Offset at = offset - lane.ready_from;
  return at >= 0 && at < static_cast<Offset>(lane.ready.size()) ? Time(lane.ready[static_cast<std::size_t>(at)]) : Time::start();
}

// Records that nobody is handed (markers, compacted ones, those a fault took out) are passed over.
void KafkaBroker::advance(World& world, std::uint32_t reader, std::uint32_t at) {
  Reader& r = readers_[reader];
  Lane& lane = r.lanes[at];
  Cells& cells = world.cells();
  const Offset position = r.positions.position(cells, at);
  // A poll loop that fails at the record it has seeks back to it: until then nothing behind it is passed over.
  if (position == no_offset || is_blocked(cells, reader, lane)) return;
  const PartitionLog& log = cluster_->log(lane.partition);
  Offset next = position;
  const Offset end = log.readable_end(cells, wiring_of(reader).consumer.isolation);
  Subscribed& subscribed = subscribed_[subscription_of(cells, reader, at)];
  for (;;) {
    if (next < end && !log.is_plain(cells, next)) next = log.next_readable(cells, next, wiring_of(reader).consumer.isolation);
    if (next >= end || subscribed.skipped.empty(cells)) break;
    const Word message = log.message(cells, next);
    if (subscribed.skipped.count(cells, message) == 0) break;
    subscribed.skipped.take(cells, message);
    ++next;
  }
  if (next == position) return;
  const Offset base = log.base(cells);
  r.positions.hand_over(cells, at, next, base, rule_of(reader));
  if (cells.get(lane.in_flight) == 0) r.positions.processed(cells, at, next, base);  // else with what is being handled
}

void KafkaBroker::offer_next(World& world, std::uint32_t reader, std::uint32_t at, Duration at_least) {
  if (!world.timed() || !has_next(world.cells(), reader, at)) return;
  const Lane& lane = readers_[reader].lanes[at];
  const Offset position = readers_[reader].positions.position(world.cells(), at);
  const Time when = std::max(ready_at(lane, position), world.now() + at_least);
  const Word message = cluster_->log(lane.partition).message(world.cells(), position);
  world.offer(when - world.now(), {.kind = ActionKind::deliver, .a = subscription_of(world.cells(), reader, at), .b = at, .word = message});
}

std::uint32_t KafkaBroker::subscription_of(const Cells& cells, std::uint32_t reader, std::uint32_t at) const {
  const Reader& r = readers_[reader];
  const std::uint32_t owner = cluster_->group(r.group).owner(cells, at);
  if (owner == nobody || !r.lanes[at].is_shared) return r.lanes[at].subscription;
  // Members of a group may belong to different services (KF-REB-1 knows members only): the owner's service consumes.
  const std::uint32_t topic = cluster_->partition(r.lanes[at].partition).topic;
  for (const std::uint32_t s : wiring_of(reader).subscriptions) {
    const std::uint32_t first = first_instance_[system_.subscriptions[s].service];
    const std::uint32_t instance = r.members[owner].instance;
    if (subscribed_[s].topic == topic && instance >= first && instance < first + system_.services[system_.subscriptions[s].service].instances) return s;
  }
  return r.lanes[at].subscription;
}

void KafkaBroker::deliverable(const World& world, std::uint32_t s, std::vector<Action>& out) const {
  const Subscribed& subscribed = subscribed_[s];
  const Cells& cells = world.cells();
  for (const std::uint32_t at : subscribed.lanes) {
    if (!has_next(cells, subscribed.reader, at) || subscription_of(cells, subscribed.reader, at) != s) continue;
    const Reader& r = readers_[subscribed.reader];
    out.push_back({.kind = ActionKind::deliver, .a = s, .b = at,
                   .word = cluster_->log(r.lanes[at].partition).message(cells, r.positions.position(cells, at))});
  }
  subscribed.floating.each(world, [&](std::uint32_t copy, Word message, std::uint32_t attempts) {
    out.push_back({.kind = ActionKind::deliver, .a = s, .b = copy, .choice = 1 + attempts, .word = message});
  });
}

bool KafkaBroker::can_deliver(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const Subscribed& subscribed = subscribed_[s];
  if (copy >= FloatingCopies::first_copy) return subscribed.floating.has(world.cells(), copy);
  const Reader& r = readers_[subscribed.reader];
  if (!has_next(world.cells(), subscribed.reader, copy) || subscription_of(world.cells(), subscribed.reader, copy) != s) return false;
  return ready_at(r.lanes[copy], r.positions.position(world.cells(), copy)) <= world.now();
}

std::uint32_t KafkaBroker::consumer_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  if (copy >= FloatingCopies::first_copy) return none;
  const Reader& r = readers_[subscribed_[s].reader];
  const std::uint32_t owner = cluster_->group(r.group).owner(world.cells(), copy);
  return owner == nobody ? none : r.members[owner].instance;
}

Word KafkaBroker::message_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const Subscribed& subscribed = subscribed_[s];
  if (copy >= FloatingCopies::first_copy) return subscribed.floating.message(world, copy);
  const Reader& r = readers_[subscribed.reader];
  const Offset position = r.positions.position(world.cells(), copy);
  const PartitionLog& log = cluster_->log(r.lanes[copy].partition);
  return position == no_offset || position >= log.end(world.cells()) ? absent_word : log.message(world.cells(), position);
}

Delivery KafkaBroker::deliver(World& world, std::uint32_t s, std::uint32_t copy) {
  Subscribed& subscribed = subscribed_[s];
  if (copy >= FloatingCopies::first_copy) return subscribed.floating.take(world, copy);
  Reader& r = readers_[subscribed.reader];
  Lane& lane = r.lanes[copy];
  Cells& cells = world.cells();
  const Offset position = r.positions.position(cells, copy);
  const PartitionLog& log = cluster_->log(lane.partition);
  Delivery delivery;
  delivery.message = log.message(cells, position);
  delivery.attempts = static_cast<std::uint32_t>(cells.get(lane.attempts));
  delivery.token = copy;
  if (world.timed()) {
    polled(world, subscribed.reader, cluster_->group(r.group).owner(cells, copy));
    while (!lane.ready.empty() && lane.ready_from + 64 < position) {
      lane.ready.pop_front();
      ++lane.ready_from;
    }
  }
  r.positions.hand_over(cells, copy, position + 1, log.base(cells), rule_of(subscribed.reader));
  cells.set(lane.in_flight, cells.peek(lane.in_flight) + 1);
  advance(world, subscribed.reader, copy);
  // A thread of its own commits what was handed out, and a pool lets the loop commit it (KF-AUTO-1, KF-AUTO-2).
  const bool while_handled = rule_of(subscribed.reader).in_background() || is_pool(subscribed.reader);
  if (world.timed() && while_handled) offer_commit(world, subscribed.reader, cluster_->group(r.group).owner(cells, copy));
  if (is_pool(subscribed.reader)) offer_next(world, subscribed.reader, copy);
  return delivery;
}

// ---- settle ----------------------------------------------------------------------------------------------------

Duration KafkaBroker::backoff(const World& world, std::uint32_t s, const Delivery& delivery, Settle how) const {
  const std::uint32_t handler = world.handler_for(system_.subscriptions[s].service, s, world.message_type(delivery.message));
  if (handler == none || !world.timed() || how == Settle::abandon) return {};
  return retry_wait(system_.handlers[handler].retry, how == Settle::retry ? delivery.attempts : 0);
}

void KafkaBroker::settle(World& world, std::uint32_t s, const Delivery& delivery, Settle how) {
  Subscribed& subscribed = subscribed_[s];
  Cells& cells = world.cells();
  if (!senders_.empty() && (how == Settle::ack || how == Settle::discard)) how = settle_transaction(world, s, delivery, how);
  const bool done = how == Settle::ack || how == Settle::discard;
  if (done) world.copies_change(s, delivery.message, -1);
  const std::uint32_t attempts = std::min(delivery.attempts + (how == Settle::retry ? 1U : 0U), 255U);
  if (delivery.token == FloatingCopies::token) {
    if (!done) subscribed.floating.add(world, delivery.message, attempts, backoff(world, s, delivery, how));
    return;
  }
  const std::uint32_t reader = subscribed.reader, at = delivery.token;
  Reader& r = readers_[reader];
  Lane& lane = r.lanes[at];
  PartitionLog& log = cluster_->log(lane.partition);
  if (cells.peek(lane.in_flight) != 0) cells.set(lane.in_flight, cells.peek(lane.in_flight) - 1);
  offer_round(world, reader);
  if (how == Settle::abandon) {
    // The process is gone. Was its commit ahead of its work, the record is lost (KF-AUTO-1, KF-AUTO-2); otherwise
    // instance_down() leads the reader back to the commit.
    const Offset committed = cluster_->group(r.group).committed(cells, at);
    for (Offset o = std::max(committed, log.start(cells)); o < r.positions.position(cells, at); ++o) {
      if (log.message(cells, o) == delivery.message) return world.copies_change(s, delivery.message, -1);  // lose_lane() adds it again
    }
    return lost(world, s, delivery.message);
  }
  if (!done && !goes_on_after_error(reader) && !is_pool(reader)) {
    // The client seeks back to the failed record (KF-FLOW-1: no redelivery by the broker) and polls again.
    if (const std::uint32_t slot = cluster_->group(r.group).owner(cells, at); slot != nobody) r.members[slot].batch_left = 0;
    cells.set(lane.attempts, attempts);
    r.positions.seek(cells, at, r.positions.position(cells, at) - 1, log.base(cells), rule_of(reader));
    return offer_next(world, reader, at, backoff(world, s, delivery, how));
  }
  if (!done) lost(world, s, delivery.message);  // the loop goes on with the next record
  cells.set(lane.attempts, 0);
  if (lane.late != no_cell) cells.set(lane.late, 0);
  advance(world, reader, at);
  r.positions.processed(cells, at, r.positions.position(cells, at), log.base(cells));
  if (!rule_of(reader).automatic) commit_lane(world, reader, at);
  if (world.timed()) offer_commit(world, reader, cluster_->group(r.group).owner(cells, at));
  if (!is_pool(reader)) offer_next(world, reader, at);
}

std::uint64_t KafkaBroker::unsettled(const World& world, std::uint32_t s) const {
  const Subscribed& subscribed = subscribed_[s];
  const Cells& cells = world.cells();
  std::uint64_t total = subscribed.floating.count(world);
  for (const std::uint32_t at : subscribed.lanes) {
    const Reader& r = readers_[subscribed.reader];
    total += static_cast<std::uint64_t>(cluster_->log(r.lanes[at].partition).end(cells) - next_of(cells, subscribed.reader, at)) + cells.get(r.lanes[at].in_flight);
  }
  return total;
}

}  // namespace flowtank::kafka
