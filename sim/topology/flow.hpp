// SPDX-License-Identifier: Apache-2.0
// How influence travels: which request leads to which event, which event to which handler, and so on down to
// effects and tables. Finer than the nodes of a Topology in one place: an event is a vertex of its own (a type
// on a channel), so that two events on one channel, or in one outbox, are not taken for ways into each other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/topology/queries.hpp"
#include "sim/topology/topology.hpp"

namespace flowtank::topology {

struct FlowVertex {
  NodeId node = none;            // of the topology; of an event: its channel
  std::uint32_t message = none;  // of an event
};

struct Flow {
  std::vector<FlowVertex> vertices;  // the nodes of the topology in their order, then the events by channel and message
  Digraph graph;

  std::uint32_t event(const Topology& topology, std::uint32_t message, std::uint32_t channel) const;  // none: never on it
};

// Which ways count. Tables are ways only from who writes them to the pollers whose guard looks at them.
struct FlowOptions {
  bool tables = true;
  bool timers = true;
  bool calls = true;
};
Flow flow_of(const Topology& topology, const FlowOptions& options = {});

// All that happens by itself or from outside: clients, and pollers whose guard looks at no table.
std::vector<std::uint32_t> origins(const Topology& topology);

// What can `start` reach (its own vertex included)? Vertices of the flow, ascending.
std::vector<std::uint32_t> reach(const Flow& flow, std::uint32_t start);

// The vertices that are gone when a service (all its handlers, timers and tables) or a broker (all its channels) is.
std::vector<bool> without(const Topology& topology, const Flow& flow, NodeId service_or_broker);

// "OrderPlaced on bus.orders", "payment.charge"
std::string name_of(const Topology& topology, const FlowVertex& vertex);

}  // namespace flowtank::topology
