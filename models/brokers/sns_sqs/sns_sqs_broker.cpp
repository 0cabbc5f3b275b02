// SPDX-License-Identifier: Apache-2.0
// See sns_sqs_broker.hpp: how messages come into queues, are received, and are settled. A standard queue offers its next message
// to one poller at a time, who offers the one behind it; a FIFO queue offers the head of each group that nobody holds.
#include "models/brokers/sns_sqs/sns_sqs_broker.hpp"

#include <algorithm>
#include <utility>

#include <sim/world/retry.hpp>

namespace flowtank::sns_sqs {

SnsSqsBroker::SnsSqsBroker(const System& system, std::uint32_t index, Wiring wiring) : system_(system), index_(index), wiring_(std::move(wiring)) {
  sources_.resize(system.subscriptions.size());
  subscribers_.resize(system.channels.size());
  windows_.resize(system.channels.size());
  for (const QueueWiring& wired : wiring_.queues) {
    sources_[wired.subscription].wiring = &wired;
    subscribers_[system.subscriptions[wired.subscription].channel].push_back(wired.subscription);
  }
}

void SnsSqsBroker::build(World& world) {
  const std::uint64_t owner = (std::uint64_t{index_} + 1) << 32;
  std::uint32_t most_attempts = 2;
  for (const Handler& handler : system_.handlers) most_attempts = std::max(most_attempts, handler.retry.max_attempts);
  for (std::uint32_t s = 0; s < sources_.size(); ++s) {
    Source& source = sources_[s];
    if (source.wiring == nullptr) continue;
    source.queue.build(world.cells(), owner + s, source.wiring->queue.rules);
    if (keeps_track(world)) source.queue.count_up_to(std::max(most_attempts, source.wiring->queue.rules.max_receives));
    source.floating.build(world, s);
    source.polled.resize(system_.services[system_.subscriptions[s].service].instances);
    source.duplicated.build(world.cells(), ComponentKind::floating_copy, owner + s);
    source.unsettled = world.cells().allocate(Cells::Holds::quiet, 0);
  }
  for (std::uint32_t c = 0; c < windows_.size(); ++c) windows_[c].build(owner + 0x1000000 + c);
}

void SnsSqsBroker::forget(World&) {
  for (Source& source : sources_) {
    if (source.wiring == nullptr) continue;
    source.queue.forget();
    source.floating.clear();
    source.duplicated.clear();
  }
  for (DedupWindow& window : windows_) window.forget();
}

void SnsSqsBroker::reset(World&) {
  for (Source& source : sources_) {
    source.queue.reset();
    source.tick_at = -1;
    source.retention_at = -1;
    source.was_full = false;
    for (auto& polled : source.polled) polled.clear();
  }
  for (DedupWindow& window : windows_) window.reset();
}

// ---- publish ---------------------------------------------------------------------------------------------------

// SQS-SEND-1: the SDK repeats a call that has no answer; whether that is a second message is the queue's business.
PublishManners SnsSqsBroker::manners(std::uint32_t channel) const {
  const PublisherSettings& publisher = wiring_.topics[channel].publisher;
  PublishManners manners;
  if (publisher.attempts < 2) return manners;
  manners.again_after = Duration(publisher.read_timeout_s * second_ns);
  manners.gives_up_after = Duration(publisher.read_timeout_s * second_ns) * publisher.attempts;
  return manners;
}

Word SnsSqsBroker::group_of(const World& world, std::uint32_t channel, Word message) const {
  if (!wiring_.topics[channel].fifo || wiring_.topics[channel].publisher.one_group) return Pool::of_null();
  const Word key = world.pool().find(world.pool().value(message).items()[field_key]);
  return key == absent_word ? Pool::of_null() : key;
}

// SQS-DEDUP-1, SNS-FIFO-1: on the topic, so for all its queues at once.
bool SnsSqsBroker::is_duplicate(World& world, std::uint32_t channel, Word message, const Publisher& by) {
  const TopicWiring& topic = wiring_.topics[channel];
  if (!topic.fifo) return false;
  if (topic.publisher.dedup_id == DedupId::attempt) return by.again && by.took_effect;  // the SDK repeats the id of its own call only
  Pool& pool = world.pool();
  const auto fields = pool.value(message).items();
  const auto field = [&](std::uint32_t at) { return pool.intern(fields[at]); };
  std::vector<Word> id;
  if (topic.publisher.dedup_id == DedupId::id) id = {field(field_id)};
  else id = {field(field_type), field(field_key), field(field_data)};
  if (topic.dedup_by_group) id.push_back(group_of(world, channel, message));
  const Word word = pool.intern_list(id);
  return windows_[channel].accepted_before(world.cells(), pool, word, now_ns(world), 0) != nullptr;
}

PublishResult SnsSqsBroker::publish(World& world, std::uint32_t channel, Word message, const Publisher& by) {
  if (is_duplicate(world, channel, message, by)) return PublishResult::accepted;
  for (const std::uint32_t s : subscribers_[channel]) {  // SNS-FAN-1
    if (wants(world, s, message)) store(world, s, message, 0, now_ns(world));
  }
  return PublishResult::accepted;
}

bool SnsSqsBroker::wants(const World& world, std::uint32_t s, Word message) const {
  const auto& filter = wiring(s).subscribed.filter;
  if (!filter) return true;
  const Value value = world.pool().value(message);
  const Json seen = filter->scope() == FilterPolicy::Scope::attributes ? attributes_of(system_, value) : body_of(system_, value);
  return filter->matches(&seen);
}

void SnsSqsBroker::count(World& world, std::uint32_t s, Word message, int more) {
  Cells& cells = world.cells();
  cells.set(sources_[s].unsettled, cells.peek(sources_[s].unsettled) + static_cast<std::uint64_t>(static_cast<std::int64_t>(more)));
  world.copies_change(s, message, more);
}

void SnsSqsBroker::store(World& world, std::uint32_t s, Word message, std::uint32_t received, std::int64_t sent) {
  Source& source = sources_[s];
  Cells& cells = world.cells();
  const std::uint32_t channel = system_.subscriptions[s].channel;
  const CopyFate fate = world.faults().copy_fate(world, s, message);
  Duration delay = fate.delay;
  static constexpr Purpose latency_purpose("channel.latency");
  const std::uint32_t latency = system_.channels[channel].latency;
  if (latency != none && world.timed()) delay += world.sample(latency, latency_purpose, message, world.faults().place_of(s));
  for (std::uint32_t i = 0; i < fate.duplicates; ++i) {
    count(world, s, message, 1);
    source.floating.add(world, message, 0, delay + fate.duplicate_gap);
  }
  count(world, s, message, 1);
  if (fate.reordered && !fate.lost) return source.floating.add(world, message, 0, delay);
  const std::int64_t now = now_ns(world);
  std::int64_t visible_at = now + delay.nanoseconds() + source.wiring->queue.rules.delay;  // SQS-DELAY-1
  if (!world.timed()) visible_at = source.wiring->queue.rules.delay != 0 ? 1 : 0;
  const Word group = source.wiring->queue.rules.fifo ? group_of(world, channel, message) : Pool::of_null();
  const Queue::Lane lane = source.queue.lane_of(cells, world.pool(), group);
  const Node node = source.queue.store(cells, world.pool(), lane, message, sent, visible_at, now, received);
  if (fate.lost) return lose(world, s, node, false);
  if (!world.timed()) return;
  if (source.queue.is_alone(cells, node)) offer_lane(world, s, lane);
  offer_tick(world, s);
  offer_retention(world, s, std::max(sent + source.wiring->queue.rules.retention, now));
}

// ---- hand out --------------------------------------------------------------------------------------------------

// Timed: the next message of a lane goes to the next free poller.
void SnsSqsBroker::offer_lane(World& world, std::uint32_t s, Queue::Lane lane) {
  if (!world.timed()) return;
  Source& source = sources_[s];
  const Cells& cells = world.cells();
  const std::int64_t ready = source.queue.next_from(cells, lane);  // a delayed head of a FIFO queue
  if (ready < 0) return;
  const std::int64_t wait = std::max<std::int64_t>(ready - now_ns(world), 0);
  const Word message = source.queue.message(cells, source.queue.head(cells, lane));
  world.offer(Duration(wait), {.kind = ActionKind::deliver, .a = s, .b = lane, .word = message});
}

void SnsSqsBroker::offer_after(World& world, std::uint32_t s, Queue::Lane lane) {
  Source& source = sources_[s];
  if (!std::exchange(source.was_full, false)) {
    if (source.wiring->queue.rules.fifo) offer_lane(world, s, lane);
    return;
  }
  for (Queue::Lane l = 0; l < source.queue.lanes(); ++l) offer_lane(world, s, l);  // SQS-FLIGHT-1: others had to wait
}

SnsSqsBroker::Node SnsSqsBroker::chosen(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const Source& source = sources_[s];
  const Cells& cells = world.cells();
  if (source.queue.is_full(cells)) return 0;  // SQS-FLIGHT-1
  if (copy >= first_chosen) {
    const Node node = copy - first_chosen;
    return source.queue.is_stored(cells, node) && source.queue.state(cells, node) == Queue::State::visible ? node : 0;
  }
  return copy < source.queue.lanes() ? source.queue.next(cells, copy, now_ns(world)) : 0;
}

void SnsSqsBroker::deliverable(const World& world, std::uint32_t s, std::vector<Action>& out) const {
  const Source& source = sources_[s];
  const Cells& cells = world.cells();
  for (Queue::Lane lane = 0; lane < source.queue.lanes(); ++lane) {
    source.queue.note_read(cells, lane);
    const Node first = chosen(world, s, lane);
    if (first == 0) continue;
    if (!source.wiring->queue.reorders) {
      out.push_back({.kind = ActionKind::deliver, .a = s, .b = lane, .choice = source.queue.count(cells, first), .word = source.queue.message(cells, first)});
      continue;
    }
    source.queue.each_visible(cells, lane, [&](Node node) {  // SQS-ORD-1
      Action action{.kind = ActionKind::deliver, .a = s, .b = first_chosen + node, .choice = source.queue.count(cells, node), .word = source.queue.message(cells, node)};
      const auto same = [&](const Action& other) { return other.kind == action.kind && other.a == s && other.b >= first_chosen && other.b < FloatingCopies::first_copy && other.choice == action.choice && other.word == action.word; };
      if (std::none_of(out.begin(), out.end(), same)) out.push_back(action);
    });
  }
  source.floating.each(world, [&](std::uint32_t copy, Word message, std::uint32_t attempts) {
    out.push_back({.kind = ActionKind::deliver, .a = s, .b = copy, .choice = 1 + attempts, .word = message});
  });
}

bool SnsSqsBroker::can_deliver(const World& world, std::uint32_t s, std::uint32_t copy) const {
  if (copy >= FloatingCopies::first_copy) return sources_[s].floating.has(world.cells(), copy);
  if (is_polled(copy)) return !sources_[s].polled[copy - first_polled].empty();
  return chosen(world, s, copy) != 0;
}

Word SnsSqsBroker::message_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  if (copy >= FloatingCopies::first_copy) return sources_[s].floating.message(world, copy);
  if (is_polled(copy)) return sources_[s].polled[copy - first_polled].empty() ? absent_word : sources_[s].polled[copy - first_polled].front().message;
  const Node node = chosen(world, s, copy);
  return node == 0 ? absent_word : sources_[s].queue.message(world.cells(), node);
}

Delivery SnsSqsBroker::deliver(World& world, std::uint32_t s, std::uint32_t copy) {
  Source& source = sources_[s];
  if (copy >= FloatingCopies::first_copy) return source.floating.take(world, copy);
  if (is_polled(copy)) return start_polled(world, s, copy - first_polled);
  Cells& cells = world.cells();
  Node node = chosen(world, s, copy);
  const Queue::Lane lane = source.queue.lane(cells, node);
  // Which instance receives it is settled already, since it is the first one that is free. It first handles what it has.
  const std::uint32_t service = system_.subscriptions[s].service, frame = world.timed() && source.wiring->poller.most > 1 ? world.runs().free_frame(world, service) : none;
  const std::uint32_t slot = frame == none ? 0 : world.runs().instance_of_frame(frame) - world.runs().first_instance(service);
  if (frame != none && !source.polled[slot].empty()) {
    offer_lane(world, s, lane);
    return start_polled(world, s, slot);
  }
  if (world.timed() && source.wiring->queue.reorders) {  // SQS-ORD-1
    static constexpr Purpose order_purpose("sqs.order");
    // Chosen: no source says how far a queue reorders. So many of the oldest are drawn from, which keeps a draw cheap.
    constexpr std::size_t reorder_window = 64;
    std::vector<Node> visible;
    source.queue.each_visible(cells, lane, [&](Node other) {
      if (visible.size() < reorder_window) visible.push_back(other);
    });
    node = visible[world.draw(order_purpose, source.queue.message(cells, node), source.queue.count(cells, node)) % visible.size()];
  }
  const Word message = source.queue.message(cells, node);
  const Queue::Receipt receipt = receive(world, s, node);
  Delivery delivery;
  delivery.message = message;
  delivery.attempts = std::min(receipt.count - 1, 255U);
  delivery.token = keeps_track(world) ? 0 : node & 0xffffffU;
  if (!world.timed()) return delivery;
  if (frame != none) poll_more(world, s, lane, slot);
  if (source.queue.is_full(cells)) source.was_full = true;
  else if (!source.wiring->queue.rules.fifo) offer_lane(world, s, lane);
  if (source.wiring->may_be_late || source.wiring->poller.extension_s != 0) offer_tick(world, s);
  return delivery;
}

// A visible message goes to a poller.
Queue::Receipt SnsSqsBroker::receive(World& world, std::uint32_t s, Node node) {
  Source& source = sources_[s];
  Cells& cells = world.cells();
  const Word message = source.queue.message(cells, node);
  if (source.queue.count(cells, node) != 0) fence_holders(world, s, message, source.queue.count(cells, node) + 1);
  const Queue::Receipt receipt = source.queue.receive(cells, world.pool(), node, now_ns(world), source.wiring->queue.rules.visibility);
  static constexpr Purpose twice_purpose("sqs.twice");
  const std::int64_t ppm = source.wiring->queue.duplicate_ppm;
  const bool twice = world.timed() && ppm != 0 && world.draw(twice_purpose, message, receipt.count) % 1'000'000 < static_cast<std::uint64_t>(ppm);
  if (twice) hand_out_twice(world, s, message, receipt.count);
  return receipt;
}

// SQS-DUP-1: within its timeout, or after it was deleted.
void SnsSqsBroker::hand_out_twice(World& world, std::uint32_t s, Word message, std::uint32_t received) {
  static constexpr Purpose when_purpose("sqs.twice.when");
  count(world, s, message, 1);
  const std::int64_t visibility = std::max<std::int64_t>(wiring(s).queue.rules.visibility, 1);
  const Duration later = world.timed() ? Duration(static_cast<std::int64_t>(world.draw(when_purpose, message, received) % static_cast<std::uint64_t>(visibility))) : Duration{};
  sources_[s].floating.add(world, message, std::min(received, 255U), later);
}

// ---- settle ----------------------------------------------------------------------------------------------------

Duration SnsSqsBroker::backoff(const World& world, std::uint32_t s, const Delivery& delivery, Settle how) const {
  const std::uint32_t handler = world.handler_for(system_.subscriptions[s].service, s, world.message_type(delivery.message));
  if (handler == none || how == Settle::abandon) return {};
  return retry_wait(system_.handlers[handler].retry, delivery.attempts);
}

SnsSqsBroker::Node SnsSqsBroker::held(const World& world, std::uint32_t s, const Delivery& delivery) const {
  const Queue& queue = sources_[s].queue;
  const Cells& cells = world.cells();
  const auto is_it = [&](Node node) { return queue.message(cells, node) == delivery.message && std::min(queue.count(cells, node), 256U) == delivery.attempts + 1; };
  if (!keeps_track(world)) {
    // Nodes are numbered beyond what a token can say only with more than 16 million messages at once.
    const Node node = delivery.token;
    return queue.is_stored(cells, node) && is_it(node) ? node : 0;
  }
  Node found = 0, late = 0;
  for (Queue::Lane lane = 0; lane < queue.lanes() && found == 0; ++lane) {
    queue.note_read(cells, lane);
    queue.each_away(cells, lane, [&](Node node) {
      if (queue.state(cells, node) == Queue::State::in_flight && is_it(node)) found = node;
    });
    queue.each_visible(cells, lane, [&](Node node) {
      if (is_it(node)) late = node;
    });
  }
  return found != 0 ? found : late;
}

void SnsSqsBroker::settle(World& world, std::uint32_t s, const Delivery& delivery, Settle how) {
  Source& source = sources_[s];
  const bool done = how == Settle::ack || how == Settle::discard;
  if (delivery.token == FloatingCopies::token) {
    if (done) return count(world, s, delivery.message, -1);
    return source.floating.add(world, delivery.message, std::min(delivery.attempts + 1, 255U), backoff(world, s, delivery, how));
  }
  const Node node = held(world, s, delivery);
  if (node == 0) return;  // received again by another: success, and nothing happens (SQS-VIS-2)
  Cells& cells = world.cells();
  if (done) {
    const Queue::Receipt receipt{node, source.queue.sequence(cells, node), source.queue.count(cells, node)};
    if (!source.queue.deletes(cells, receipt)) return;  // SQS-VIS-2, SQS-FIFO-5
    const Queue::Lane lane = source.queue.lane(cells, node);
    count(world, s, delivery.message, -1);
    source.queue.remove(cells, world.pool(), node);
    return offer_after(world, s, lane);
  }
  if (source.queue.state(cells, node) == Queue::State::visible) return;  // its timeout was over before
  failed(world, s, node, delivery, how);
}

// SQS has no refusal: what is not deleted stays hidden until its timeout, unless the poller sets that to its backoff (SQS-VIS-1).
void SnsSqsBroker::failed(World& world, std::uint32_t s, Node node, const Delivery& delivery, Settle how) {
  Source& source = sources_[s];
  Cells& cells = world.cells();
  bool deadline = false;  // a fault says that the timeout is over while a run goes on
  each_holder(world, s, delivery.message, delivery.attempts + 1, delivery.attempts + 1, [&](std::uint32_t frame) { deadline = deadline || world.runs().origin_of(frame).fenced; });
  if (deadline && how == Settle::requeue) return come_back(world, s, node);
  source.queue.hide(cells, world.pool(), node);
  const std::int64_t now = now_ns(world);
  if (how != Settle::abandon && source.wiring->poller.on_error == OnError::release) {
    const std::int64_t wait = backoff(world, s, delivery, how).nanoseconds();
    if (wait <= 0) return come_back(world, s, node);
    if (world.timed()) source.queue.stay_away(cells, world.pool(), node, now + wait, now);  // without a clock: until timeout_over
  } else if (world.timed() && source.wiring->poller.extension_s != 0) {
    // The last extension was a whole number of intervals after the receive.
    const std::int64_t interval = source.wiring->poller.extension_s * second_ns, since = source.queue.received_at(cells, node);
    const std::int64_t until = since + (now - since) / interval * interval + source.wiring->queue.rules.visibility;
    source.queue.stay_away(cells, world.pool(), node, until, now);
  }
  if (world.timed()) offer_tick(world, s);
}

std::uint64_t SnsSqsBroker::unsettled(const World& world, std::uint32_t s) const { return world.cells().peek(sources_[s].unsettled); }

}  // namespace flowtank::sns_sqs
