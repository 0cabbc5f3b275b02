// SPDX-License-Identifier: Apache-2.0
// See rabbitmq_broker.hpp: which components there are, and where a publish goes. Topology stands still during a run, so routes are
// found once for each type of message.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/rabbitmq/rabbitmq_broker.hpp"

namespace flowtank::rabbitmq {

RabbitBroker::RabbitBroker(const System& system, std::uint32_t index, Wiring wiring) : system_(system), index_(index), wiring_(std::move(wiring)) {
  std::uint32_t most = 2;
  for (const Handler& handler : system.handlers) most = std::max(most, handler.retry.max_attempts + 1);
  most_deaths_ = std::min<std::uint64_t>(most, 255);
  first_twin_ = static_cast<std::uint32_t>(wiring_.queues.size());
}

void RabbitBroker::build(World& world) {
  Cells& cells = world.cells();
  entries_.build(cells);
  exchange_of_channel_.assign(system_.channels.size(), none);
  queue_of_subscription_.assign(system_.subscriptions.size(), none);
  for (std::uint32_t x = 0; x < wiring_.exchanges.size(); ++x) {
    const ExchangeWiring& wired = wiring_.exchanges[x];
    exchange_of_channel_[wired.channel] = x;
    Exchange exchange;
    exchange.type = wired.exchange.type;
    exchange.alternate = wired.exchange.alternate_exchange;
    router_.declare(system_.channels[wired.channel].name, std::move(exchange));
  }
  for (std::uint32_t q = 0; q < first_twin_; ++q) {
    const QueueWiring& wired = wiring_.queues[q];
    for (const auto& [exchange, key] : wired.bindings) {
      if (router_.find(exchange) != nullptr) router_.bind(exchange, {wired.name, false, key, {}});
    }
    LiveQueue& live = queues_.emplace_back();
    live.queue = std::make_unique<Queue>(static_cast<QueueHost&>(*this), q, wired.queue, wiring_.broker.profile, entries_);
    live.queue->build(cells, (std::uint64_t{index_} + 1) << 32 | q);
    live.unsettled = cells.allocate(Cells::Holds::quiet, 0);
    live.gone = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, (std::uint64_t{index_} + 1) << 32 | q, 9));
    if (wired.subscription == none) continue;
    queue_of_subscription_[wired.subscription] = q;
    live.floating.build(world, wired.subscription);
    const std::uint32_t service = system_.subscriptions[wired.subscription].service;
    live.first_instance = world.runs().first_instance(service);
    live.instances = system_.services[service].instances;
    live.watched.assign(live.instances, 0);
    look_at_handlers(q);
    for (std::uint32_t i = 0; i < live.instances; ++i) {
      live.queue->add_consumer(cells, {wired.consumer.prefetch, wired.consumer.priority, wired.consumer.no_ack});
    }
  }
  for (std::uint32_t q = 0; q < first_twin_; ++q) build_mirrors(world, q);
  routes_.assign(wiring_.exchanges.size(), std::vector<std::vector<std::uint32_t>>(system_.messages.size()));
  known_routes_.assign(wiring_.exchanges.size(), std::vector<char>(system_.messages.size(), 0));
}

void RabbitBroker::forget(World&) {
  entries_.clear();
  for (LiveQueue& live : queues_) {
    live.floating.clear();
    live.lacking.clear();
    live.alone.clear();
  }
}

// When a run starts, all instances consume, in their order.
void RabbitBroker::reset(World& world) {
  world_ = &world;
  ready_at_.clear();
  dead_.clear();
  for (LiveQueue& live : queues_) {
    live.look_at = 0;
    live.watched.assign(live.instances, 0);
    const bool is_twin = &live >= queues_.data() + first_twin_;
    for (std::uint32_t i = 0; i < live.instances && !is_twin; ++i) live.queue->join(context(world), i);
  }
}

Queue::Context RabbitBroker::context(World& world) const {
  // 0 stands for "no time"; the first instant of a timed run is not that.
  return {world.cells(), world.pool(), world.timed() ? world.now().nanoseconds() + 1 : 0};
}

std::string RabbitBroker::key_of(const World& world, std::uint32_t channel, Word message) const {
  if (wiring_.exchanges[exchange_of_channel_[channel]].exchange.by_message_type) return system_.messages[world.message_type(message)].name;
  const Value key = world.pool().value(message).items()[field_key];
  if (key.kind == Kind::absent || key.kind == Kind::null) return {};
  return key.kind == Kind::string ? std::string(key.text()) : to_text(key);
}

std::vector<std::uint32_t> RabbitBroker::routed(const std::string& exchange, const std::string& key) const {
  std::vector<std::uint32_t> out;
  for (const std::string& name : router_.route(exchange, {key}, {})) {
    for (std::uint32_t q = 0; q < wiring_.queues.size(); ++q) {
      if (wiring_.queues[q].name == name) out.push_back(q);
    }
  }
  return out;
}

const std::vector<std::uint32_t>& RabbitBroker::route(const World& world, std::uint32_t channel, Word message) {
  const std::uint32_t x = exchange_of_channel_[channel];
  const std::uint32_t type = world.message_type(message);
  const ExchangeSettings& exchange = wiring_.exchanges[x].exchange;
  const bool by_key = !exchange.by_message_type && (exchange.type != ExchangeType::fanout || !exchange.alternate_exchange.empty());
  if (by_key) {
    scratch_route_ = routed(system_.channels[channel].name, key_of(world, channel, message));
    return scratch_route_;
  }
  if (known_routes_[x][type] == 0) {
    routes_[x][type] = routed(system_.channels[channel].name, key_of(world, channel, message));
    known_routes_[x][type] = 1;
  }
  return routes_[x][type];
}

}  // namespace flowtank::rabbitmq
