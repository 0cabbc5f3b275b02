// SPDX-License-Identifier: Apache-2.0
// See rabbitmq_broker.hpp: how a copy ends, comes back, or becomes a dead letter. Every copy that was stored ends in exactly one
// fate; a dead letter that reaches a queue is a copy of that queue.
#include <algorithm>
#include <span>

#include <sim/world/retry.hpp>
#include <sim/world/world.hpp>

#include "models/brokers/lost_copy.hpp"
#include "models/brokers/marked_sequence.hpp"
#include "models/brokers/rabbitmq/rabbitmq_broker.hpp"

namespace flowtank::rabbitmq {

// The copy is not the queue's any more. Fate::handled: the World tells of it, or it never was.
void RabbitBroker::gone(World& world, std::uint32_t q, Word message, Fate fate) {
  LiveQueue& live = queues_[q];
  world.cells().set(live.unsettled, world.cells().peek(live.unsettled) - 1);
  const std::uint32_t s = wiring_.queues[q].subscription;
  if (s == none) return;
  world.copies_change(s, message, -1);
  if (fate != Fate::handled) world.message_fate(s, message, fate);
}

void RabbitBroker::lost(World& world, std::uint32_t q, Word message, Fate fate) {
  note_lost(world, wiring_.queues[q].subscription, message);
  gone(world, q, message, fate);
}

Entry RabbitBroker::handled_entry(const World& world, std::uint32_t q, const Delivery& delivery) const {
  const Cells& cells = world.cells();
  if (world.timed()) {
    return sequence_of_mark(1, entries_.most(cells), timed_marks, delivery.token & ~twin_mark, [&](Entry e) {
      const EntryInfo info = entries_.look(cells, e);
      return entries_.message(cells, e) == delivery.message && info.place == Place::handled && info.slot != Queue::waits;
    });
  }
  for (Entry e = queues_[q].queue->handled().head(cells); e != 0; e = entries_.next(cells, e)) {
    if (entries_.message(cells, e) == delivery.message && entries_.look(cells, e).slot == (delivery.token & ~twin_mark)) return e;
  }
  return 0;
}

// Is the run that holds the copy fenced? Then it is not its client who settles, but the broker that takes the copy back.
bool RabbitBroker::fenced(World& world, std::uint32_t s, Entry entry, const Delivery& delivery) const {
  const Runs& runs = world.runs();
  const std::uint32_t instance = queues_[queue_of(s)].first_instance + entries_.look(world.cells(), entry).holder - 1;
  for (std::uint32_t frame = runs.frames_begin(instance); frame < runs.frames_end(instance); ++frame) {
    if (!runs.active(frame) || runs.input_of(frame) != delivery.message) continue;
    const Origin from = runs.origin_of(frame);
    if (from.kind == OriginKind::message && from.source == s && from.token == delivery.token) return from.fenced;
  }
  return false;
}

// The runs that work on these copies go on, but what they settle is refused.
void RabbitBroker::fence(World& world, std::uint32_t q, std::uint32_t consumer, std::span<const Entry> taken) const {
  Runs& runs = world.runs();
  const std::uint32_t instance = queues_[q].first_instance + consumer, s = wiring_.queues[q].subscription;
  for (std::uint32_t frame = runs.frames_begin(instance); frame < runs.frames_end(instance); ++frame) {
    if (!runs.active(frame)) continue;
    const Origin from = runs.origin_of(frame);
    if (from.kind != OriginKind::message || from.source != s || from.settled || from.token == FloatingCopies::token) continue;
    if (queue_at(s, from.token) != q) continue;
    const Entry entry = handled_entry(world, q, {runs.input_of(frame), from.attempts, from.token});
    if (std::find(taken.begin(), taken.end(), entry) != taken.end()) runs.fence_run(frame);
  }
}

void RabbitBroker::settle(World& world, std::uint32_t s, const Delivery& delivery, Settle how) {
  world_ = &world;
  const std::uint32_t q = queue_at(s, delivery.token);
  LiveQueue& live = queues_[q];
  const bool done = how == Settle::ack || how == Settle::discard;
  if (delivery.token == FloatingCopies::token) {
    if (done) gone(world, q, delivery.message, Fate::handled);
    else live.floating.add(world, delivery.message, std::min(delivery.attempts + (how == Settle::retry ? 1U : 0U), 255U), Duration{});
    return;
  }
  const Entry entry = handled_entry(world, q, delivery);
  if (entry == 0 || how == Settle::abandon) return;  // a dead instance's copies come back together, in instance_down()
  const bool no_ack = wiring_.queues[q].consumer.no_ack;
  if (how == Settle::ack || (no_ack && how == Settle::discard)) {
    live.queue->ack(context(world), entry);
    gone(world, q, delivery.message, Fate::handled);
  } else if (how == Settle::discard) {
    // Given up by its client: basic.reject without requeue.
    discards_ = true;
    live.queue->reject(context(world), entry);
    discards_ = false;
  } else if (no_ack) {
    live.queue->ack(context(world), entry);
    lost(world, q, delivery.message, Fate::lost);  // RMQ-ACK-3: it was settled when it was sent
  } else {
    failed(world, s, entry, delivery, how);
  }
  bury_all(world);
  after(world, q);
}

// What a failed handling does is its client's choice.
void RabbitBroker::failed(World& world, std::uint32_t s, Entry entry, const Delivery& delivery, Settle how) {
  const std::uint32_t q = queue_at(s, delivery.token);
  Queue& queue = *queues_[q].queue;
  if (fenced(world, s, entry, delivery)) {  // RMQ-ACK-5: it is not the client's any more
    const Entry one[] = {entry};
    return queue.give_back(context(world), one, Return::timed_out);
  }
  const OnError on_error = wiring_.queues[q].consumer.on_error;
  if (on_error == OnError::reject) return queue.reject(context(world), entry);
  if (how == Settle::retry) queue.set_attempts(context(world), entry, delivery.attempts + 1);
  const std::uint32_t handler = world.handler_for(system_.subscriptions[s].service, s, world.message_type(delivery.message));
  const bool waits = world.timed() && handler != none;
  const Duration backoff = waits ? retry_wait(system_.handlers[handler].retry, how == Settle::retry ? delivery.attempts : 0) : Duration{};
  if (on_error == OnError::retry) {
    // Spring's stateless retry: the client has kept it, and takes it again.
    const std::uint32_t consumer = entries_.look(world.cells(), entry).holder - 1;
    queue.handle_again(context(world), entry);
    if (world.timed()) {
      const auto at = static_cast<std::size_t>(entry);
      if (at >= ready_at_.size()) ready_at_.resize(at + 1, 0);
      ready_at_[at] = (world.now() + backoff).nanoseconds();
    }
    return offer_head(q, consumer);
  }
  if (backoff == Duration{}) return return_now(world, q, entry);
  queue.wait_in_client(context(world), entry);  // the client sleeps before it tells the broker
  Action action = own(nack, q);
  action.choice = static_cast<std::uint32_t>(entry);
  action.word = delivery.message;
  world.offer(backoff, action);
}

void RabbitBroker::return_now(World& world, std::uint32_t q, Entry entry) {
  const Entry one[] = {entry};
  const bool by_nack = wiring_.queues[q].consumer.on_error == OnError::nack;
  queues_[q].queue->give_back(context(world), one, by_nack ? Return::nack : Return::reject);
}

// ---- dead letters ----------------------------------------------------------------------------------------------

void RabbitBroker::died(std::uint32_t q, const Copy& copy, DeathReason reason) {
  dead_.push_back({q, copy, reason, discards_ && reason == DeathReason::rejected});
  gone(*world_, q, copy.message, Fate::handled);  // its fate is told when it is buried
}

void RabbitBroker::bury_all(World& world) {
  for (std::size_t i = 0; i < dead_.size(); ++i) {
    const Dead dead = dead_[i];  // burying may kill others
    bury(world, dead);
  }
  dead_.clear();
}

void RabbitBroker::bury(World& world, const Dead& dead) {
  const QueueSettings& settings = wiring_.queues[dead.queue].queue;
  const std::uint32_t s = wiring_.queues[dead.queue].subscription;
  const Word message = dead.copy.message;
  std::vector<std::uint32_t> targets;
  Word deaths = absent_word;
  if (settings.has_dead_letter_exchange) {
    const std::string key = dead_letter_key(world, dead);
    deaths = with_death(world, dead.copy.extra, key, dead.queue, dead.reason);
    targets = routed(settings.dead_letter_exchange, key);  // RMQ-DLX-2: nowhere, if there is no such exchange
    if (dead.reason != DeathReason::rejected) {
      std::erase_if(targets, [&](std::uint32_t q) { return closes_circle_at(world, deaths, q); });  // RMQ-DLX-CYCLE-1
    }
    std::erase_if(targets, [&](std::uint32_t q) { return world.cells().get(queues_[q].gone) != 0; });
  }
  bool elsewhere = false;
  for (const std::uint32_t q : targets) {
    Copy letter = dead.copy;
    letter.extra = deaths;
    letter.has_priority = dead.copy.priority != 0;
    letter.attempts = static_cast<std::uint32_t>(rejections(world, deaths, q));  // RMQ-DLX-HDR-2: what a retry counter reads
    letter.expires_at = 0;  // RMQ-DLX-HDR-3
    if (world.timed() && wiring_.queues[q].queue.message_ttl_ms >= 0) letter.expires_at = context(world).now + wiring_.queues[q].queue.message_ttl_ms * 1'000'000;
    elsewhere |= enqueue(world, q, letter);
  }
  if (s == none || dead.told) return;
  const Fate without = dead.reason == DeathReason::expired ? Fate::expired : dead.reason == DeathReason::maxlen ? Fate::evicted : Fate::lost;
  if (elsewhere) return world.message_fate(s, message, Fate::dead_letter);
  note_lost(world, s, message);
  world.message_fate(s, message, without);
}

namespace {

// The deaths among what a dead letter carries.
std::span<const Value> deaths_of(const World& world, Word letter) { return world.pool().value(letter).items().subspan(1); }

}  // namespace

// RMQ-DLX-1: the queue's key for dead letters; without one the copy's own, which RMQ-DLX-HDR-3 makes that of its last dead-letter publish.
std::string RabbitBroker::dead_letter_key(const World& world, const Dead& dead) const {
  const QueueWiring& wired = wiring_.queues[dead.queue];
  if (wired.queue.has_dead_letter_key) return wired.queue.dead_letter_key;
  if (dead.copy.extra != absent_word) return std::string(world.pool().value(dead.copy.extra).items().front().text());
  // It was published here: through the subscription's channel, or through that to which the declared queue is bound.
  std::uint32_t channel = wired.subscription != none ? system_.subscriptions[wired.subscription].channel : none;
  for (const ExchangeWiring& x : wiring_.exchanges) {
    const auto is_bound = [&](const auto& binding) { return binding.first == system_.channels[x.channel].name; };
    if (channel == none && std::any_of(wired.bindings.begin(), wired.bindings.end(), is_bound)) channel = x.channel;
  }
  return channel == none ? std::string() : key_of(world, channel, dead.copy.message);
}

// x-death as numbers, the newest first: queue, reason and count in each.
Word RabbitBroker::with_death(World& world, Word letter, const std::string& key, std::uint32_t q, DeathReason reason) const {
  const std::int64_t name = static_cast<std::int64_t>(q) * 4 + static_cast<std::int64_t>(reason);
  std::vector<Word> items;
  std::int64_t count = 1;
  if (letter != absent_word) {
    for (const Value& item : deaths_of(world, letter)) {
      if (item.i / 256 == name) count = std::min<std::int64_t>(item.i % 256 + 1, static_cast<std::int64_t>(most_deaths_));  // RMQ-DLX-HDR-2
      else items.push_back(Pool::of_int_small(item.i));
    }
  }
  items.insert(items.begin(), Pool::of_int_small(name * 256 + count));
  items.insert(items.begin(), world.pool().intern_string(key));
  return world.pool().intern_list(items);
}

std::uint64_t RabbitBroker::rejections(const World& world, Word letter, std::uint32_t q) const {
  for (const Value& item : deaths_of(world, letter)) {
    if (item.i / 256 == static_cast<std::int64_t>(q) * 4 + static_cast<std::int64_t>(DeathReason::rejected)) return static_cast<std::uint64_t>(item.i % 256);
  }
  return 0;
}

bool RabbitBroker::closes_circle_at(const World& world, Word letter, std::uint32_t q) const {
  return closes_circle(deaths_of(world, letter), [q](const Value& item) { return item.i / 1024 == static_cast<std::int64_t>(q); },
                       [](const Value& item) { return item.i / 256 % 4 == static_cast<std::int64_t>(DeathReason::rejected); });
}

}  // namespace flowtank::rabbitmq
