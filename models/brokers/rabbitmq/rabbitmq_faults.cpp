// SPDX-License-Identifier: Apache-2.0
// See rabbitmq_broker.hpp: instances that die and come back, copies that faults duplicate, lose or move, and what RabbitMQ itself
// shows: a node that restarts (transient messages are gone), a time to live that passes.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/lost_copy.hpp"
#include "models/brokers/rabbitmq/rabbitmq_broker.hpp"

namespace flowtank::rabbitmq {

// ---- instances -------------------------------------------------------------------------------------------------

void RabbitBroker::leave(World& world, std::uint32_t q, std::uint32_t consumer) {
  LiveQueue& live = queues_[q];
  Queue& queue = *live.queue;
  const QueueWiring& wired = wiring_.queues[q];
  const std::vector<Entry> held = queue.held_by(world.cells(), consumer);
  queue.consumers().leave(world.cells(), consumer);
  if (wired.consumer.no_ack) {  // RMQ-ACK-3: whatever it had not processed is lost
    for (const Entry e : held) {
      const Word message = entries_.message(world.cells(), e);
      queue.ack(context(world), e);
      lost(world, q, message, Fate::lost);
    }
  } else {
    queue.give_back(context(world), held, Return::lost);  // RMQ-CRASH-1
  }
  queue.look(context(world));
  // RMQ-Q-2, RMQ-Q-3
  if ((wired.queue.auto_delete || wired.queue.exclusive) && queue.consumers().count(world.cells()) == 0) {
    while (const Entry e = queue.head(world.cells())) {
      const Word message = entries_.message(world.cells(), e);
      queue.lose(context(world), e);
      lost(world, q, message, Fate::lost);
    }
    world.cells().set(live.gone, 1);
  }
}

void RabbitBroker::instance_down(World& world, std::uint32_t instance) {
  world_ = &world;
  for (std::uint32_t q = 0; q < queues_.size(); ++q) {
    const LiveQueue& live = queues_[q];
    if (live.instances == 0 || instance < live.first_instance || instance >= live.first_instance + live.instances) continue;
    if (q >= first_twin_ && !live.queue->consumers().joined(world.cells(), instance - live.first_instance)) continue;
    leave(world, q, instance - live.first_instance);
  }
  bury_all(world);
}

void RabbitBroker::instance_up(World& world, std::uint32_t instance) {
  world_ = &world;
  for (std::uint32_t q = 0; q < first_twin_; ++q) {
    LiveQueue& live = queues_[q];
    if (live.instances == 0 || instance < live.first_instance || instance >= live.first_instance + live.instances) continue;
    world.cells().set(live.gone, 0);
    const std::uint32_t at = serving(world.cells(), q, instance - live.first_instance);
    if (at == none) continue;  // until the partition heals
    queues_[at].queue->join(context(world), instance - live.first_instance);
    after(world, at);
  }
  bury_all(world);
}

// ---- copies ----------------------------------------------------------------------------------------------------

// Positions: what is ready, in its order, then what was sent and not yet handled, by instance, then what is handled.
Entry RabbitBroker::entry_at(const World& world, std::uint32_t q, std::uint32_t position) const {
  std::vector<Entry> all;
  const Queue& queue = *queues_[q].queue;
  const auto add = [&](Entry e) { all.push_back(e); };
  queue.each_ready(world.cells(), add);
  for (std::uint32_t consumer = 0; consumer < queues_[q].instances; ++consumer) queue.sent_to(consumer).each(world.cells(), entries_, add);
  return position < all.size() ? all[position] : 0;
}

void RabbitBroker::strikable(const World& world, std::uint32_t s, ActionKind kind, std::uint16_t fault, std::vector<Action>& out) const {
  const std::uint32_t q = queue_of(s);
  if (q == none) return;
  const Cells& cells = world.cells();
  std::uint32_t position = 0;
  const std::size_t before = out.size();
  for (Entry e = entry_at(world, q, 0); e != 0; e = entry_at(world, q, ++position)) {
    out.push_back({.kind = kind, .fault = fault, .a = s, .b = 0, .choice = position, .word = entries_.message(cells, e)});
  }
  if (kind == ActionKind::fault_reorder) {
    if (position < 2) out.resize(before);  // nothing that could overtake
    return;
  }
  if (kind == ActionKind::fault_duplicate) {  // what a consumer holds can be stored twice, but neither lost nor moved
    queues_[q].queue->handled().each(cells, entries_, [&](Entry e) {
      out.push_back({.kind = kind, .fault = fault, .a = s, .b = 0, .choice = position++, .word = entries_.message(cells, e)});
    });
  }
  queues_[q].floating.each(world, [&](std::uint32_t, Word message, std::uint32_t attempts) {
    out.push_back({.kind = kind, .fault = fault, .a = s, .b = FloatingCopies::first_copy, .choice = 1 + attempts, .word = message});
  });
}

void RabbitBroker::strike(World& world, const Action& action) {
  world_ = &world;
  const Fault& fault = system_.faults[action.fault];
  if (action.kind == ActionKind::fault_broker) {
    const std::uint32_t q = action.b & 0xffffffU;
    if (fault.kind == FaultKind::expiry) {
      std::vector<Word> messages;
      for (std::uint32_t i = 0; i < action.choice; ++i) {
        if (const Entry e = queues_[q].queue->oldest_unhandled(world.cells())) messages.push_back(entries_.message(world.cells(), e));
        note_struck(world, messages);
        queues_[q].queue->expire_oldest(context(world));
      }
    } else {
      strike_nodes(world, q, fault, action.choice);
    }
    bury_all(world);
    return after(world, q);
  }
  const std::uint32_t q = queue_of(action.a);
  LiveQueue& live = queues_[q];
  if (action.kind == ActionKind::fault_duplicate) {
    world.copies_change(action.a, action.word, 1);
    world.cells().set(live.unsettled, world.cells().peek(live.unsettled) + 1);
    return live.floating.add(world, action.word, 0, Duration{});
  }
  if (action.b >= FloatingCopies::first_copy) {
    live.floating.take(world, action.word, action.choice - 1);
  } else {
    live.queue->lose(context(world), entry_at(world, q, action.choice));
  }
  if (action.kind == ActionKind::fault_reorder) live.floating.add(world, action.word, 0, Duration{});
  else lost(world, q, action.word, Fate::lost);
  bury_all(world);
}

// ---- the broker itself -----------------------------------------------------------------------------------------

bool RabbitBroker::selected(const Fault& fault, std::uint32_t q) const {
  const std::uint32_t s = wiring_.queues[q].subscription;
  if (fault.on.channel == none && fault.on.consumer == none) return true;
  if (s == none) return false;
  return (fault.on.channel == none || system_.subscriptions[s].channel == fault.on.channel) &&
         (fault.on.consumer == none || system_.subscriptions[s].service == fault.on.consumer);
}

// Is a copy gone when the node of its queue restarts, whatever its publisher was told?
bool RabbitBroker::goes(const World& world, std::uint32_t q, const Fault& fault, Entry e) const {
  const QueueSettings& settings = wiring_.queues[q].queue;
  if (settings.is_quorum()) return false;  // RMQ-DUR-3
  if (fault.kind == FaultKind::failover && mirrors_of(q) != 0) return lacks(world, q, e);  // RMQ-HA-2
  return !settings.durable || !entries_.persistent(world.cells(), e);
}

// RMQ-CONF-4: a confirm says that a message is on disk, or with the other nodes. Without one the newest may be neither. A node that is
// alone restarts in order (RMQ-DUR-1).
std::uint64_t RabbitBroker::unconfirmed(const World& world, std::uint32_t q, const Fault& fault) const {
  const std::uint32_t s = wiring_.queues[q].subscription;
  if (s == none || wiring_.broker.nodes < 2 || wiring_.exchanges[exchange_of_channel_[system_.subscriptions[s].channel]].publisher.confirms) return 0;
  const Cells& cells = world.cells();
  const Queue& queue = *queues_[q].queue;
  std::uint64_t there = queue.ready(cells) + queue.handled().length(cells);
  for (std::uint32_t consumer = 0; consumer < queues_[q].instances; ++consumer) there += queue.sent_to(consumer).length(cells);
  return std::min<std::uint64_t>(fault.with.versions, there - std::min(there, lost_by_restart(world, q, fault)));
}

std::uint64_t RabbitBroker::lost_by_restart(const World& world, std::uint32_t q, const Fault& fault) const {
  const Cells& cells = world.cells();
  std::uint64_t n = 0;
  const auto count = [&](Entry e) { n += goes(world, q, fault, e) ? 1U : 0U; };
  const Queue& queue = *queues_[q].queue;
  queue.each_ready(cells, count);
  queue.handled().each(cells, entries_, count);
  for (std::uint32_t consumer = 0; consumer < queues_[q].instances; ++consumer) queue.sent_to(consumer).each(cells, entries_, count);
  return n;
}

void RabbitBroker::strikes(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[index];
  const Cells& cells = world.cells();
  const auto way = [&](std::uint32_t q, std::uint64_t n) {
    out.push_back({.kind = ActionKind::fault_broker, .fault = index, .a = index_, .b = q, .choice = static_cast<std::uint32_t>(n)});
  };
  std::vector<std::uint32_t> unharmed;
  const std::size_t before = out.size();
  for (std::uint32_t q = 0; q < first_twin_; ++q) {
    if (!selected(fault, q) || (queues_[q].split != no_cell && cells.get(queues_[q].split) != 0)) continue;
    const Queue& queue = *queues_[q].queue;
    if (can_be_cut(fault, q)) {
      way(q, 1);
      continue;
    }
    if (fault.kind == FaultKind::expiry) {
      // RMQ-TTL-6: what is with a handler does not expire; what was only sent has not reached it.
      const std::uint32_t s = wiring_.queues[q].subscription;
      const std::int64_t own = s == none ? -1 : wiring_.exchanges[exchange_of_channel_[system_.subscriptions[s].channel]].publisher.expiration_ms;
      if (wiring_.queues[q].queue.message_ttl_ms < 0 && own < 0) continue;
      for (std::uint64_t n = std::min<std::uint64_t>(fault.with.versions, queue.unhandled(cells)); n > 0; --n) way(q, n);
      continue;
    }
    if (queues_[q].instances == 0 && queue.ready(cells) == 0) continue;
    // Only a quorum queue has somebody to fail over to; a node of a classic queue comes back.
    if (fault.kind == FaultKind::failover && wiring_.broker.nodes < 2) continue;
    const std::uint64_t n = lost_by_restart(world, q, fault), most = unconfirmed(world, q, fault);
    for (std::uint64_t more = most; more > 0; --more) way(q, n + more);
    if (n != 0) way(q, n);
    else if (most == 0 && (queue.ready(cells) != 0 || queue.handled().length(cells) != 0 || queue.unhandled(cells) != 0)) unharmed.push_back(q);
  }
  if (out.size() != before) return;
  for (const std::uint32_t q : unharmed) way(q, 0);
}

// RMQ-DUR-1, -2, -3: connections to the node end; what was with consumers comes back, what was not on disk is gone.
void RabbitBroker::restart(World& world, std::uint32_t q, const Fault& fault, std::uint64_t unconfirmed) {
  Cells& cells = world.cells();
  const std::vector<std::uint32_t> joined = disconnect(world, q);
  std::vector<Entry> going, kept;
  for (const Entry e : contents(cells, q)) (goes(world, q, fault, e) ? going : kept).push_back(e);
  std::sort(kept.begin(), kept.end(), [&](Entry a, Entry b) { return entries_.order(cells, a) > entries_.order(cells, b); });
  going.insert(going.end(), kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(unconfirmed, kept.size())));
  std::vector<Word> gone_messages;
  for (const Entry e : going) gone_messages.push_back(entries_.message(cells, e));
  note_struck(world, gone_messages);
  for (const Entry e : going) {
    const Word message = entries_.message(cells, e);
    queues_[q].queue->lose(context(world), e);
    lost(world, q, message, Fate::lost);
  }
  if (fault.kind == FaultKind::failover) note_unsynced(world, q);
  for (const std::uint32_t consumer : joined) queues_[q].queue->join(context(world), consumer);
}

// A node has all its queues: what strikes it strikes them, each as hard.
void RabbitBroker::strike_nodes(World& world, std::uint32_t q, const Fault& fault, std::uint64_t count) {
  const std::uint64_t certain = lost_by_restart(world, q, fault);
  if (can_be_cut(fault, q)) return cut_off(world, q, fault);
  for (std::uint32_t other = 0; other < first_twin_; ++other) {
    const LiveQueue& live = queues_[other];
    if (live.split != no_cell && world.cells().get(live.split) != 0) continue;
    const bool struck = fault.kind == FaultKind::power_loss ? selected(fault, other) : other == q;
    if (struck) restart(world, other, fault, std::min(count - certain, unconfirmed(world, other, fault)));
  }
}

}  // namespace flowtank::rabbitmq
