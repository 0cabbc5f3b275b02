// SPDX-License-Identifier: Apache-2.0
// See rabbitmq_broker.hpp: how copies come in and are handed out. A copy is sent to an instance as soon as it has room; it is named by
// that instance, whose copies are handed out in the order in which they were sent.
#include "models/brokers/rabbitmq/rabbitmq_broker.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sim/world/world.hpp>

#include "models/brokers/handling_time.hpp"

namespace flowtank::rabbitmq {

// ---- in --------------------------------------------------------------------------------------------------------

PublishManners RabbitBroker::manners(std::uint32_t channel) const {
  PublishManners manners;
  manners.hears = wiring_.exchanges[exchange_of_channel_[channel]].publisher.confirms;  // RMQ-CONF-4: otherwise it learns nothing
  return manners;
}

PublishResult RabbitBroker::publish(World& world, std::uint32_t channel, Word message, const Publisher& by) {
  world_ = &world;
  const PublisherSettings& publisher = wiring_.exchanges[exchange_of_channel_[channel]].publisher;
  const std::vector<std::uint32_t> targets = route(world, channel, message);
  bool routed = false, refused = false;
  for (const std::uint32_t target : targets) {
    const std::uint32_t q = side_of_publisher(world, channel, target, by);
    if (q == none || world.cells().get(queues_[q].gone) != 0) {
      world.message_fate(wiring_.queues[target].subscription, message, Fate::unroutable);  // RMQ-DUR-4: out of reach; RMQ-Q-3: nobody's queue
      continue;
    }
    routed = true;
    const bool stored = store(world, q, message, publisher);
    refused |= !stored;  // RMQ-LEN-4: the others keep theirs
    const LiveQueue& whole = queues_[target];
    if (stored && whole.twin != none && world.cells().get(whole.split) != 0) note_alone(world, target, q, message);
  }
  bury_all(world);
  // RMQ-CONF-1: unroutable is accepted and gone; RMQ-CONF-2: unless its publisher wants it back.
  if (!routed && publisher.mandatory && publisher.confirms) return PublishResult::refused;
  return refused ? PublishResult::refused : PublishResult::accepted;
}

// False: the queue refused it.
bool RabbitBroker::store(World& world, std::uint32_t q, Word message, const PublisherSettings& publisher) {
  const std::uint32_t s = wiring_.queues[q].subscription;
  Copy copy;
  copy.message = message;
  copy.persistent = publisher.persistent || wiring_.queues[q].queue.is_quorum();  // RMQ-DUR-3
  copy.has_priority = publisher.priority >= 0;
  copy.priority = static_cast<std::uint32_t>(std::max<std::int64_t>(publisher.priority, 0));
  const std::int64_t own = publisher.expiration_ms, of_queue = wiring_.queues[q].queue.message_ttl_ms;
  const std::int64_t ttl = own < 0 ? of_queue : of_queue < 0 ? own : std::min(own, of_queue);  // RMQ-TTL-1
  if (ttl >= 0 && world.timed()) copy.expires_at = context(world).now + ttl * 1'000'000;
  arrives_at_ = 0;
  if (s == none) return enqueue(world, q, copy);
  const CopyFate fate = world.faults().copy_fate(world, s, message);
  Duration delay = fate.delay;
  if (world.timed()) {
    static constexpr Purpose latency_purpose("channel.latency");
    const std::uint32_t latency = system_.channels[system_.subscriptions[s].channel].latency;
    if (latency != none) delay += world.sample(latency, latency_purpose, message, world.faults().place_of(s));
    if (delay > Duration{}) arrives_at_ = (world.now() + delay).nanoseconds();
  }
  for (std::uint32_t i = 0; i < fate.duplicates; ++i) {
    world.copies_change(s, message, 1);
    world.cells().set(queues_[q].unsettled, world.cells().peek(queues_[q].unsettled) + 1);
    queues_[q].floating.add(world, message, 0, delay + fate.duplicate_gap);
  }
  bool accepted = true;
  if (fate.lost) {
    world.copies_change(s, message, 1);
    world.cells().set(queues_[q].unsettled, world.cells().peek(queues_[q].unsettled) + 1);
    lost(world, q, message, Fate::lost);
  } else if (fate.reordered) {
    world.copies_change(s, message, 1);
    world.cells().set(queues_[q].unsettled, world.cells().peek(queues_[q].unsettled) + 1);
    queues_[q].floating.add(world, message, 0, delay);
  } else {
    accepted = enqueue(world, q, copy);
    if (!accepted && !publisher.confirms) world.message_fate(s, message, Fate::evicted);  // RMQ-LEN-3: silently
  }
  arrives_at_ = 0;
  return accepted;
}

bool RabbitBroker::enqueue(World& world, std::uint32_t q, const Copy& copy) {
  LiveQueue& live = queues_[q];
  const std::uint32_t s = wiring_.queues[q].subscription;
  Cells& cells = world.cells();
  // Counted before, since it may be dead before this returns.
  cells.set(live.unsettled, cells.peek(live.unsettled) + 1);
  if (s != none) world.copies_change(s, copy.message, 1);
  const bool accepted = live.queue->publish(context(world), copy);
  if (!accepted && wiring_.queues[q].queue.overflow != Overflow::reject_publish_dlx) gone(world, q, copy.message, Fate::handled);
  after(world, q);
  return accepted;
}

// Timed: the queue looks again when its head expires.
void RabbitBroker::after(World& world, std::uint32_t q) {
  if (!world.timed()) return;
  LiveQueue& live = queues_[q];
  const std::int64_t due = live.queue->next_due(world.cells());
  if (due == 0 || (live.look_at != 0 && live.look_at <= due)) return;
  live.look_at = due;
  world.offer(Duration(std::max<std::int64_t>(due - context(world).now, 0)), own(look, q));
}

// ---- out -------------------------------------------------------------------------------------------------------

bool RabbitBroker::send(std::uint32_t q, std::uint32_t consumer, Entry entry) {
  if (!world_->timed()) return false;
  const auto at = static_cast<std::size_t>(entry);
  if (arrives_at_ != 0 || !ready_at_.empty()) {
    if (at >= ready_at_.size()) ready_at_.resize(at + 1, 0);
    ready_at_[at] = arrives_at_;
  }
  if (timeout_ms(q) > 0) {
    entries_.set_moment(world_->cells(), entry, static_cast<std::uint64_t>(world_->now().nanoseconds()));
    watch(*world_, q, consumer);
  }
  if (queues_[q].queue->sent_to(consumer).head(world_->cells()) == entry) offer_head(q, consumer);
  return false;  // a copy without acks is settled when a handler has it, or its instance is gone
}

void RabbitBroker::offer_head(std::uint32_t q, std::uint32_t consumer) {
  World& world = *world_;
  if (!world.timed()) return;
  const Entry head = queues_[q].queue->sent_to(consumer).head(world.cells());
  if (head == 0) return;
  const std::int64_t ready = head < ready_at_.size() ? ready_at_[static_cast<std::size_t>(head)] : 0;
  const Time when = std::max(Time(ready), world.now());
  world.offer(when - world.now(), {.kind = ActionKind::deliver, .a = wiring_.queues[q].subscription, .b = consumer,
                                   .word = entries_.message(world.cells(), head)});
}

void RabbitBroker::deliverable(const World& world, std::uint32_t s, std::vector<Action>& out) const {
  const std::uint32_t q = queue_of(s);
  if (q == none) return;
  const LiveQueue& live = queues_[q];
  for (std::uint32_t consumer = 0; consumer < live.instances; ++consumer) {
    const Entry head = head_for(world.cells(), q, consumer);
    if (head != 0) out.push_back({.kind = ActionKind::deliver, .a = s, .b = consumer, .word = entries_.message(world.cells(), head)});
  }
  live.floating.each(world, [&](std::uint32_t copy, Word message, std::uint32_t attempts) {
    out.push_back({.kind = ActionKind::deliver, .a = s, .b = copy, .choice = 1 + attempts, .word = message});
  });
}

// The next copy of what was sent to a consumer, by the side on which it is.
Entry RabbitBroker::head_for(const Cells& cells, std::uint32_t q, std::uint32_t consumer) const {
  const std::uint32_t at = serving(cells, q, consumer);
  return at == none ? 0 : queues_[at].queue->sent_to(consumer).head(cells);
}

bool RabbitBroker::can_deliver(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const LiveQueue& live = queues_[queue_of(s)];
  if (copy >= FloatingCopies::first_copy) return live.floating.has(world.cells(), copy);
  const Entry head = head_for(world.cells(), queue_of(s), copy);
  return head != 0 && (head >= ready_at_.size() || ready_at_[static_cast<std::size_t>(head)] <= world.now().nanoseconds());
}

std::uint32_t RabbitBroker::consumer_of(const World&, std::uint32_t s, std::uint32_t copy) const {
  return copy >= FloatingCopies::first_copy ? none : queues_[queue_of(s)].first_instance + copy;
}

Word RabbitBroker::message_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const LiveQueue& live = queues_[queue_of(s)];
  if (copy >= FloatingCopies::first_copy) return live.floating.message(world, copy);
  const Entry head = head_for(world.cells(), queue_of(s), copy);
  return head == 0 ? absent_word : entries_.message(world.cells(), head);
}

Delivery RabbitBroker::deliver(World& world, std::uint32_t s, std::uint32_t copy) {
  world_ = &world;
  if (copy >= FloatingCopies::first_copy) return queues_[queue_of(s)].floating.take(world, copy);
  const std::uint32_t q = serving(world.cells(), queue_of(s), copy);
  LiveQueue& live = queues_[q];
  const Entry entry = live.queue->sent_to(copy).head(world.cells());
  live.queue->start_handling(context(world), entry);
  const EntryInfo info = entries_.look(world.cells(), entry);
  offer_head(q, copy);
  // Timed runs name the copy by the lowest bits of its entry, so that it is found however many are being handled.
  const std::uint32_t token = world.timed() ? static_cast<std::uint32_t>(entry & timed_marks) : info.slot;
  return {entries_.message(world.cells(), entry), info.attempts, q < first_twin_ ? token : token | twin_mark};
}

std::uint64_t RabbitBroker::unsettled(const World& world, std::uint32_t s) const {
  if (queue_of(s) == none) return 0;
  const LiveQueue& live = queues_[queue_of(s)];
  return world.cells().peek(live.unsettled) + (live.twin == none ? 0 : world.cells().peek(queues_[live.twin].unsettled));
}

// ---- actions of its own ----------------------------------------------------------------------------------------

// Exploration: a time to live passes in queues that nobody consumes; where somebody does, it is the fault `expiry`.
void RabbitBroker::enabled(const World& world, std::vector<Action>& out) const {
  const auto offer = [&](Own op, std::uint32_t q, std::uint32_t choice) {
    Action action = own(op, q);
    action.choice = choice;
    out.push_back(action);
  };
  for (std::uint32_t q = 0; q < queues_.size(); ++q) {
    const LiveQueue& live = queues_[q];
    std::uint32_t place = 0;
    live.queue->each_delayed(world.cells(), [&](Entry, bool may_wake) {
      if (may_wake) offer(wake, q, place);
      ++place;
    });
    for (std::uint32_t consumer = 0; consumer < live.instances; ++consumer) {
      if (may_be_overdue(world.cells(), q, consumer)) offer(overdue, q, consumer);
    }
    if (live.split != no_cell && world.cells().get(live.split) != 0) offer(heal, q, 0);
    if (live.instances != 0 || live.queue->head(world.cells()) == 0) continue;
    if (wiring_.queues[q].queue.message_ttl_ms >= 0) out.push_back(own(expire, q));
  }
}

void RabbitBroker::apply(World& world, const Action& action) {
  world_ = &world;
  const std::uint32_t q = action.b & 0xffffffU;
  LiveQueue& live = queues_[q];
  switch (static_cast<Own>(action.b >> 24)) {
    case expire: live.queue->expire_head(context(world)); break;
    case look:
      live.look_at = 0;
      live.queue->look(context(world));
      break;
    case nack: {
      const Entry entry = action.choice;
      const EntryInfo info = entries_.look(world.cells(), entry);
      // It may have come back another way: its instance died.
      const bool is_held = entries_.message(world.cells(), entry) == action.word && info.place == Place::handled && info.slot == Queue::waits;
      if (is_held) return_now(world, q, entry);
      break;
    }
    case overdue:
      live.watched[action.choice] = 0;
      if (world.timed()) time_out(world, q, action.choice);
      else end_overdue(world, q, action.choice);
      break;
    case wake: {  // RMQ-QQ-DELAY-1
      Entry waiting = 0;
      std::uint32_t place = 0;
      live.queue->each_delayed(world.cells(), [&](Entry e, bool) {
        if (place++ == action.choice) waiting = e;
      });
      if (waiting != 0) live.queue->wake(context(world), waiting);
      break;
    }
    case heal: heal_partition(world, q); break;
  }
  bury_all(world);
  after(world, q);
}

bool RabbitBroker::is_inert(const World& world, const Action& action) const {
  const std::uint32_t q = action.b & 0xffffffU;
  if (static_cast<Own>(action.b >> 24) == overdue) return held_since(world, q, action.choice) < 0;
  return static_cast<Own>(action.b >> 24) == look && queues_[q].queue->next_due(world.cells()) == 0;
}

std::string RabbitBroker::describe(const World&, const Action& action) const {
  const std::string& name = wiring_.queues[action.b & 0xffffffU].name;
  if (action.kind == ActionKind::fault_broker) {
    switch (system_.faults[action.fault].kind) {
      case FaultKind::expiry: return fmt::format("{} expires its oldest {}", name, action.choice == 1 ? std::string("copy") : fmt::format("{} copies", action.choice));
      case FaultKind::failover:
        if (can_be_cut(system_.faults[action.fault], action.b & 0xffffffU)) return fmt::format("the home node of {} is cut off", name);
        return action.choice == 0 ? fmt::format("{} fails over and loses nothing", name) : fmt::format("{} loses its node and what was not on disk", name);
      default: return action.choice == 0 ? fmt::format("the node of {} restarts and loses nothing", name) : fmt::format("the node of {} restarts and loses what was not on disk", name);
    }
  }
  switch (static_cast<Own>(action.b >> 24)) {
    case expire: return "expire the head of " + name;
    case look: return "look at " + name;
    case nack: return "return a copy to " + name;
    case overdue: return fmt::format("time out consumer {} of {}", action.choice + 1, name);
    case heal: return fmt::format("heal the partition of {}", name);
    case wake: return fmt::format("end the delay of waiting copy {} of {}", action.choice + 1, name);
  }
  return {};
}

std::int64_t RabbitBroker::timeout_ms(std::uint32_t q) const {
  const std::int64_t own_limit = wiring_.queues[q].queue.consumer_timeout_ms;
  return own_limit >= 0 && wiring_.broker.profile.has_queue_timeout() ? own_limit : wiring_.broker.consumer_timeout_ms;
}

// Can what its consumers hold ever be overdue? Handlers begin with the copies that were sent before.
void RabbitBroker::look_at_handlers(std::uint32_t q) {
  const std::int64_t limit = timeout_ms(q);
  const QueueWiring& wired = wiring_.queues[q];
  if (limit == 0 || wired.consumer.no_ack) return;
  HandlingTime time = handling_time(system_, wired.subscription);
  // Without a limit of prefetch as many copies as clients ask for.
  std::uint64_t copies = 0;
  for (const Client& client : system_.clients) copies = std::min<std::uint64_t>(copies + std::min<std::uint64_t>(client.count, 1'000'000), 1'000'000);
  if (wired.consumer.prefetch > 0) copies = std::min(copies, static_cast<std::uint64_t>(wired.consumer.prefetch));
  const std::uint64_t at_a_time = system_.services[system_.subscriptions[wired.subscription].service].concurrency;
  time.by_itself = time.by_itself * static_cast<std::int64_t>(std::max<std::uint64_t>((copies + at_a_time - 1) / at_a_time, 1));
  queues_[q].late_at_work = time.reaches(ms(limit));
  queues_[q].late_at_rest = time.stands_still > ms(limit);
}

// Each copy once, so that an exploration ends: a handler that is too slow is too slow every time.
bool RabbitBroker::may_be_overdue(const Cells& cells, std::uint32_t q, std::uint32_t consumer) const {
  const LiveQueue& live = queues_[q];
  if (!live.late_at_work) return false;
  const Queue& queue = *live.queue;
  bool handles = false, is_late = false;
  const auto look_at = [&](Entry e) { is_late = is_late || !queue.was_late(cells, e); };
  queue.handled().each(cells, entries_, [&](Entry e) {
    if (entries_.look(cells, e).holder != consumer + 1) return;
    handles = true;
    look_at(e);
  });
  if (!handles && live.late_at_rest) queue.sent_to(consumer).each(cells, entries_, look_at);
  return is_late;
}

// RMQ-ACK-5: a watch for each consumer that has something.
void RabbitBroker::watch(World& world, std::uint32_t q, std::uint32_t consumer) {
  LiveQueue& live = queues_[q];
  if (live.watched[consumer] != 0) return;
  const std::int64_t limit = timeout_ms(q);
  const std::int64_t since = held_since(world, q, consumer);
  const std::int64_t start = since < 0 ? world.now().nanoseconds() : since;
  // Looked at in ticks of the channel.
  const std::int64_t tick = wiring_.broker.channel_tick_interval_ms * 1'000'000;
  const std::int64_t when = (start + limit * 1'000'000) / tick * tick + tick;
  live.watched[consumer] = 1;
  Action action = own(overdue, q);
  action.choice = consumer;
  world.offer(Duration(std::max<std::int64_t>(when - world.now().nanoseconds(), tick)), action);
}

// Since when its oldest unsettled copy is with it, ns; -1: it has none.
std::int64_t RabbitBroker::held_since(const World& world, std::uint32_t q, std::uint32_t consumer) const {
  std::int64_t oldest = -1;
  const auto consider = [&](Entry e) {
    if (e == 0) return;
    const auto since = static_cast<std::int64_t>(entries_.moment(world.cells(), e));
    if (oldest < 0 || since < oldest) oldest = since;
  };
  const Queue& queue = *queues_[q].queue;
  queue.handled().each(world.cells(), entries_, [&](Entry e) {
    if (entries_.look(world.cells(), e).holder == consumer + 1) consider(e);
  });
  consider(queue.sent_to(consumer).head(world.cells()));
  return oldest;
}

void RabbitBroker::time_out(World& world, std::uint32_t q, std::uint32_t consumer) {
  const std::int64_t since = held_since(world, q, consumer);
  if (since < 0) return;
  if (world.now().nanoseconds() - since <= timeout_ms(q) * 1'000'000) return watch(world, q, consumer);
  end_overdue(world, q, consumer);
}

// Runs that end with the channel, where the client has it so (on.channel.closed).
std::vector<std::uint32_t> RabbitBroker::stopped_by(const World& world, std::uint32_t q, std::uint32_t consumer) const {
  std::vector<std::uint32_t> out;
  if (!wiring_.queues[q].consumer.stops_when_closed) return out;
  const Runs& runs = world.runs();
  const std::uint32_t instance = queues_[q].first_instance + consumer;
  for (std::uint32_t frame = runs.frames_begin(instance); frame < runs.frames_end(instance); ++frame) {
    if (!runs.active(frame)) continue;
    const Origin from = runs.origin_of(frame);
    if (from.kind == OriginKind::message && from.source == wiring_.queues[q].subscription && from.fenced && !from.settled) out.push_back(frame);
  }
  return out;
}

// The channel closes, everything on it comes back, and its client opens another. From 4.3 a quorum queue cancels the consumer instead:
// what timed out comes back, the channel keeps the rest and may settle it, and its client consumes again.
void RabbitBroker::end_overdue(World& world, std::uint32_t q, std::uint32_t consumer) {
  Queue& queue = *queues_[q].queue;
  std::vector<Entry> taken = queue.held_by(world.cells(), consumer);
  if (wiring_.queues[q].queue.is_quorum() && wiring_.broker.profile.cancels_overdue_consumer()) {
    std::vector<Entry> late = taken;
    const std::int64_t limit = timeout_ms(q) * 1'000'000, now = world.now().nanoseconds();
    if (world.timed()) {
      std::erase_if(late, [&](Entry e) { return now - static_cast<std::int64_t>(entries_.moment(world.cells(), e)) <= limit; });
    } else {
      std::erase_if(late, [&](Entry e) { return queue.was_late(world.cells(), e); });
      queue.mark_late(world.cells(), taken);
      std::erase_if(late, [&](Entry e) { return !queue.was_late(world.cells(), e); });
    }
    taken = std::move(late);
  } else if (!world.timed()) {
    queue.mark_late(world.cells(), taken);
  }
  fence(world, q, consumer, taken);
  const std::vector<std::uint32_t> stopped = stopped_by(world, q, consumer);
  queue.consumers().leave(world.cells(), consumer);
  queue.give_back(context(world), taken, Return::timed_out);
  queue.join(context(world), consumer);
  for (const std::uint32_t frame : stopped) world.runs().raise(world, frame, "its channel was closed", false);
  if (world.timed() && held_since(world, q, consumer) >= 0) watch(world, q, consumer);
}

}  // namespace flowtank::rabbitmq
