// SPDX-License-Identifier: Apache-2.0
// See rabbitmq_broker.hpp: classic queues with mirrors (policies ha-mode and the others) when a node fails or the cluster is partitioned
// (RMQ-HA-1 to RMQ-HA-4). A mirrored queue is one queue as long as its nodes see each other. Cut in two it is two: its twin is
// what the cut-off home node goes on with, and publishers and consumers of either side work on theirs until the partition heals and
// one side is thrown away. Without mirrors the cut-off queue is only out of reach (RMQ-DUR-4).
//
// Which mirrors are behind is known by what they lack: the messages that were there when the oldest of them joined.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/lost_copy.hpp"
#include "models/brokers/rabbitmq/rabbitmq_broker.hpp"

namespace flowtank::rabbitmq {

// ---- nodes -----------------------------------------------------------------------------------------------------

// Behind a load balancer instances are spread over the nodes in their order.
std::int64_t RabbitBroker::node_of_consumer(std::uint32_t q, std::uint32_t consumer) const {
  const std::vector<std::int64_t>& nodes = wiring_.queues[q].consumer.nodes;
  if (!nodes.empty()) return nodes[consumer % nodes.size()];
  return (queues_[q].first_instance + consumer) % wiring_.broker.nodes + 1;
}

std::int64_t RabbitBroker::node_of_publisher(std::uint32_t channel, std::uint32_t instance, std::uint32_t number) const {
  const std::vector<std::int64_t>& nodes = wiring_.exchanges[exchange_of_channel_[channel]].publisher.nodes;
  return nodes.empty() ? instance % wiring_.broker.nodes + 1 : nodes[number % nodes.size()];
}

// A queue is where it was declared: at the node of its first consumer.
std::int64_t RabbitBroker::home_of(std::uint32_t q) const {
  const std::int64_t home = wiring_.queues[q].queue.home_node;
  if (home != 0) return std::min(home, wiring_.broker.nodes);
  return queues_[q].instances == 0 ? 1 : node_of_consumer(q, 0);
}

std::int64_t RabbitBroker::mirrors_of(std::uint32_t q) const {
  const QueueSettings& settings = wiring_.queues[q].queue;
  if (settings.is_quorum() || settings.exclusive) return 0;
  return (settings.ha_copies == 0 ? wiring_.broker.nodes : std::min(settings.ha_copies, wiring_.broker.nodes)) - 1;
}

// Called once, after the queues; twins come after all of them.
void RabbitBroker::build_mirrors(World& world, std::uint32_t q) {
  Cells& cells = world.cells();
  const auto has = [&](auto&& is_so) { return std::any_of(system_.faults.begin(), system_.faults.end(), is_so); };
  const bool is_cut = has([&](const Fault& fault) { return can_be_cut(fault, q); });
  const bool fails = mirrors_of(q) != 0 && has([](const Fault& fault) { return fault.kind == FaultKind::failover; });
  const std::uint64_t owner = (std::uint64_t{index_} + 1) << 32 | q;
  const auto number = [&](std::uint64_t field) { return cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner, field)); };
  if (is_cut) queues_[q].split = number(10);
  if (fails) {
    queues_[q].unsynced = number(11);
    queues_[q].lacking.build(cells, ComponentKind::broker_state, owner + 0x1000000);
  }
  if (!is_cut || mirrors_of(q) == 0) return;
  const auto twin = static_cast<std::uint32_t>(queues_.size());
  QueueWiring wired = wiring_.queues[q];
  wired.name += " (cut off)";
  wired.bindings.clear();
  wiring_.queues.push_back(std::move(wired));
  queues_[q].alone.build(cells, ComponentKind::broker_state, owner + 0x2000000);
  LiveQueue& live = queues_.emplace_back();
  queues_[q].twin = twin;
  live.queue = std::make_unique<Queue>(static_cast<QueueHost&>(*this), twin, wiring_.queues[twin].queue, wiring_.broker.profile, entries_);
  live.queue->build(cells, (std::uint64_t{index_} + 1) << 32 | twin);
  live.unsettled = cells.allocate(Cells::Holds::quiet, 0);
  live.gone = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, (std::uint64_t{index_} + 1) << 32 | twin, 9));
  live.alone.build(cells, ComponentKind::broker_state, owner + 0x3000000);
  live.first_instance = queues_[q].first_instance;
  live.instances = queues_[q].instances;
  live.late_at_work = queues_[q].late_at_work;
  live.late_at_rest = queues_[q].late_at_rest;
  live.watched.assign(live.instances, 0);
  const ConsumerSettings& consumer = wiring_.queues[twin].consumer;
  for (std::uint32_t i = 0; i < live.instances; ++i) live.queue->add_consumer(cells, {consumer.prefetch, consumer.priority, consumer.no_ack});
}

std::uint32_t RabbitBroker::queue_at(std::uint32_t subscription, std::uint32_t token) const {
  const std::uint32_t q = queue_of(subscription);
  return token != FloatingCopies::token && (token & twin_mark) != 0 ? queues_[q].twin : q;
}

// ---- a partition -----------------------------------------------------------------------------------------------

bool RabbitBroker::can_be_cut(const Fault& fault, std::uint32_t q) const {
  const bool is_partition = fault.kind == FaultKind::failover && fault.with.policy == partition_cause;
  if (!is_partition || wiring_.queues[q].queue.is_quorum() || wiring_.broker.nodes < 2) return false;  // RMQ-QQ-RAFT-1: the majority elects
  // RMQ-HA-4: the minority stops, and mirrors on the other side take over.
  return mirrors_of(q) == 0 || wiring_.broker.partition_handling != PartitionHandling::pause_minority;
}

// Where a consumer consumes now; none: it reaches no node that has the queue.
std::uint32_t RabbitBroker::serving(const Cells& cells, std::uint32_t q, std::uint32_t consumer) const {
  const LiveQueue& live = queues_[q];
  if (live.split == no_cell || cells.get(live.split) == 0) return q;
  const bool at_home = node_of_consumer(q, consumer) == home_of(q);
  if (live.twin == none) return at_home && wiring_.broker.partition_handling != PartitionHandling::pause_minority ? q : none;
  return at_home ? live.twin : q;
}

std::uint32_t RabbitBroker::side_of_publisher(const World& world, std::uint32_t channel, std::uint32_t q, const Publisher& by) const {
  const LiveQueue& live = queues_[q];
  if (live.split == no_cell || world.cells().get(live.split) == 0) return q;
  const bool at_home = by.instance != none && node_of_publisher(channel, by.instance, world.runs().number_of_instance(by.instance)) == home_of(q);
  if (live.twin == none) return at_home && wiring_.broker.partition_handling != PartitionHandling::pause_minority ? q : none;  // RMQ-DUR-4
  return at_home ? live.twin : q;
}

// Connections end: what was with consumers comes back, what they still settle is refused. Who was connected.
std::vector<std::uint32_t> RabbitBroker::disconnect(World& world, std::uint32_t q) {
  LiveQueue& live = queues_[q];
  Queue& queue = *live.queue;
  Cells& cells = world.cells();
  std::vector<std::uint32_t> joined;
  for (std::uint32_t consumer = 0; consumer < live.instances; ++consumer) {
    if (!queue.consumers().joined(cells, consumer)) continue;
    world.runs().fence(live.first_instance + consumer, wiring_.queues[q].subscription, [](std::uint32_t token) { return token != FloatingCopies::token; });
    joined.push_back(consumer);
    queue.consumers().leave(cells, consumer);
  }
  for (const std::uint32_t consumer : joined) {
    const std::vector<Entry> held = queue.held_by(cells, consumer);
    queue.give_back(context(world), held, Return::lost);
  }
  return joined;
}

std::vector<Entry> RabbitBroker::contents(const Cells& cells, std::uint32_t q) const {
  std::vector<Entry> all;
  queues_[q].queue->each_ready(cells, [&](Entry e) { all.push_back(e); });
  return all;
}

// The same copies in another queue, in their order.
void RabbitBroker::copy_contents(World& world, std::uint32_t from, std::uint32_t to) {
  Cells& cells = world.cells();
  for (const Entry e : contents(cells, from)) {
    Copy copy = queues_[from].queue->copy_of(cells, e);
    copy.expires_at = static_cast<std::int64_t>(entries_.due(cells, e));
    cells.set(queues_[to].unsettled, cells.peek(queues_[to].unsettled) + 1);
    if (wiring_.queues[to].subscription != none) world.copies_change(wiring_.queues[to].subscription, copy.message, 1);
    queues_[to].queue->publish(context(world), copy);
  }
}

// RMQ-HA-4: each side takes the other for dead. The cut-off node keeps its queue, the eldest mirror of the others leads a second one.
void RabbitBroker::cut_off(World& world, std::uint32_t q, const Fault& fault) {
  LiveQueue& live = queues_[q];
  Cells& cells = world.cells();
  live.cut_by = world.notes(RecordKind::fault) ? world.last_record() : no_record;
  const std::vector<std::uint32_t> joined = disconnect(world, q);
  cells.set(live.split, 1);
  if (live.twin != none) copy_contents(world, q, live.twin);
  for (const std::uint32_t consumer : joined) {
    if (const std::uint32_t at = serving(cells, q, consumer); at != none) queues_[at].queue->join(context(world), consumer);
  }
  after(world, q);
  if (!world.timed()) return;
  static constexpr Purpose length_purpose("rabbitmq.partition");
  world.offer(fault.delay == none ? Duration{} : world.sample(fault.delay, length_purpose, Pool::of_int_small(q)), own(heal, q));
}

// RMQ-HA-4, autoheal: the side with the most clients wins, then the one with the most nodes.
bool RabbitBroker::home_wins(const World& world, std::uint32_t q) const {
  if (wiring_.broker.partition_handling != PartitionHandling::autoheal) return false;
  std::int64_t at_home = 0, elsewhere = 0;
  const auto count = [&](std::int64_t node) { ++(node == home_of(q) ? at_home : elsewhere); };
  for (std::uint32_t other = 0; other < first_twin_; ++other) {
    for (std::uint32_t consumer = 0; consumer < queues_[other].instances; ++consumer) count(node_of_consumer(other, consumer));
  }
  for (const ExchangeWiring& exchange : wiring_.exchanges) {
    for (std::uint32_t instance = 0; instance < world.runs().instance_count(); ++instance) {
      const std::uint32_t service = world.runs().service_of_instance(instance);
      const std::vector<std::uint32_t>& wired = system_.wiring[service];
      const bool publishes = std::find(wired.begin(), wired.end(), exchange.channel) != wired.end();
      if (publishes) count(node_of_publisher(exchange.channel, instance, world.runs().number_of_instance(instance)));
    }
  }
  return at_home > elsewhere;
}

// A copy that only one side has. The story of its loss begins with the partition.
void RabbitBroker::note_alone(World& world, std::uint32_t whole, std::uint32_t side, Word message) {
  queues_[side].alone.add(world.cells(), world.pool(), message);
  if (!world.notes(RecordKind::lost) || queues_[whole].cut_by == no_record) return;
  world.set_last_record_of(world.trail(World::Trail::struck_copy, message), queues_[whole].cut_by);
}

// One side restarts and forgets what it has. What only it was told is lost, whatever it had confirmed.
void RabbitBroker::discard(World& world, std::uint32_t q) {
  LiveQueue& live = queues_[q];
  for (const Entry e : contents(world.cells(), q)) {
    const Word message = entries_.message(world.cells(), e);
    live.queue->lose(context(world), e);
    if (live.alone.count(world.cells(), message) != 0) lost(world, q, message, Fate::lost);
    else gone(world, q, message, Fate::handled);  // the other side has it, or has settled it
  }
}

void RabbitBroker::empty(Cells& cells, Bag& bag) {
  std::vector<Word> all;
  bag.each(cells, [&](Word item) { all.push_back(item); });
  for (const Word item : all) {
    while (bag.count(cells, item) != 0) bag.take(cells, item);
  }
}

void RabbitBroker::heal_partition(World& world, std::uint32_t q) {
  LiveQueue& live = queues_[q];
  Cells& cells = world.cells();
  if (live.split == no_cell || cells.get(live.split) == 0) return;
  std::vector<std::uint32_t> joined;
  if (live.twin == none) {
    for (std::uint32_t consumer = 0; consumer < live.instances; ++consumer) {
      if (!live.queue->consumers().joined(cells, consumer) && world.faults().is_up(live.first_instance + consumer)) joined.push_back(consumer);
    }
    cells.set(live.split, 0);
  } else {
    joined = disconnect(world, live.twin);
    if (home_wins(world, q)) {
      const std::vector<std::uint32_t> others = disconnect(world, q);
      joined.insert(joined.end(), others.begin(), others.end());
      discard(world, q);
      copy_contents(world, live.twin, q);
      empty(cells, queues_[live.twin].alone);  // they live on
    }
    discard(world, live.twin);
    empty(cells, live.alone);
    empty(cells, queues_[live.twin].alone);
    cells.set(live.split, 0);
    note_unsynced(world, q);
  }
  std::sort(joined.begin(), joined.end());
  for (const std::uint32_t consumer : joined) live.queue->join(context(world), consumer);
}

// ---- a node fails ----------------------------------------------------------------------------------------------

// RMQ-HA-2, RMQ-HA-3: no mirror is in sync, and one that is behind leads: is the copy one of those that it has not?
bool RabbitBroker::lacks(const World& world, std::uint32_t q, Entry e) const {
  const LiveQueue& live = queues_[q];
  if (world.cells().get(live.unsynced) < static_cast<std::uint64_t>(mirrors_of(q))) return false;
  return wiring_.queues[q].queue.promotes_unsynced && live.lacking.count(world.cells(), entries_.message(world.cells(), e)) != 0;
}

// The node that failed comes back as a mirror that has nothing of what is there (RMQ-HA-3).
void RabbitBroker::note_unsynced(World& world, std::uint32_t q) {
  LiveQueue& live = queues_[q];
  Cells& cells = world.cells();
  if (live.unsynced == no_cell) return;
  const std::vector<Entry> all = contents(cells, q);
  const bool behind = std::any_of(all.begin(), all.end(), [&](Entry e) { return live.lacking.count(cells, entries_.message(cells, e)) != 0; });
  const std::uint64_t were = behind ? cells.get(live.unsynced) : 0;
  const bool syncs = wiring_.queues[q].queue.syncs_mirrors || all.empty();
  const bool promoted_one_behind = were == static_cast<std::uint64_t>(mirrors_of(q));
  cells.set(live.unsynced, syncs ? 0 : std::min<std::uint64_t>(were + 1, static_cast<std::uint64_t>(mirrors_of(q))));
  if (were != 0 && !promoted_one_behind && !syncs) return;  // the oldest of them is the first to lead
  empty(cells, live.lacking);
  for (std::size_t i = 0; i < all.size() && !syncs; ++i) live.lacking.add(cells, world.pool(), entries_.message(cells, all[i]));
}

}  // namespace flowtank::rabbitmq
