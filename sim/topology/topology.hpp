// SPDX-License-Identifier: Apache-2.0
// Who talks to whom, read off a System without running it: clients, services with their handlers, channels,
// tables, timers and effects are nodes; what sends, publishes, delivers, calls, stores or causes is an edge
// that knows the step which makes it and where that step was written. Invariant: nodes and edges come in an
// order that follows from the System alone (kind, then index; edges by maker), so every answer about a
// topology is the same in every run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/scenario/scenario.hpp>
#include <sim/world/system.hpp>

namespace flowtank::topology {

enum class NodeKind : std::uint8_t { client, service, handler, timer, table, broker, channel, effect };

// Index into Topology::nodes().
using NodeId = std::uint32_t;

struct Node {
  NodeKind kind = NodeKind::client;
  std::uint32_t index = none;  // in the System's vector of this kind
  std::string name;            // as the user named it
  std::string subject;         // unique within its kind: "payment", "payment.charge", "bus.orders", "order.orders"
  NodeId inside = none;        // the service of a handler, timer or table; the broker of a channel
  Spot at;                     // empty where the System does not know
};

enum class EdgeKind : std::uint8_t {
  sends,      // client -> handler: a command
  calls,      // handler -> handler: a command, and waits
  replies,    // handler -> client or handler that asked
  publishes,  // handler -> channel: an event
  delivers,   // channel -> handler: an event it handles
  sets,       // handler -> timer
  fires,      // timer -> handler
  stores,     // handler -> table: an event for a relay
  relays,     // table -> handler: a relay takes stored events out and publishes them
  writes,     // handler -> table
  reads,      // table -> handler
  wakes,      // table -> poller: its guard looks at the table
  causes,     // handler -> effect
};

struct Edge {
  NodeId from = none;
  NodeId to = none;
  EdgeKind kind = EdgeKind::sends;
  std::uint32_t message = none;  // sends, calls, publishes, delivers, stores, relays
  std::string step;              // label of the step that makes it; empty where no step does
  Spot at;                       // of that step; of the client, handler or timer otherwise
};

// An event that a handler makes, and the channel that it reaches at last: by a publish of its own, or stored
// in a table that a relay empties.
struct Emission {
  std::uint32_t maker = none;    // handler
  std::uint32_t message = none;
  std::uint32_t channel = none;
  std::uint32_t relay = none;    // handler that publishes it; none: the maker itself
  std::uint32_t instruction = none;  // of the maker: the publish, or the insert
};

// A statement that stores an event in a table.
struct StoredEvent {
  std::uint32_t handler = none;
  std::uint32_t instruction = none;
  std::uint32_t table = none;
  std::uint32_t message = none;
};

// A publish of whatever a table holds.
struct Relay {
  std::uint32_t handler = none;
  std::uint32_t instruction = none;
  std::uint32_t table = none;
  std::uint32_t channel = none;  // none: the wiring of the message
};

// A command that a client sends: its only one, or a step of its script.
struct ClientRequest {
  std::uint32_t service = none;
  std::uint32_t message = none;
  const std::vector<ExprId>* fields = nullptr;  // of the System
  bool repeated = false;  // asked again when no answer comes
};
std::vector<ClientRequest> requests_of(const Client& client);

class Topology {
 public:
  // `spots` may be null (a System that was built in C++). Both must outlive the topology.
  explicit Topology(const System& system, const Spots* spots = nullptr);

  const System& system() const { return *system_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Edge>& edges() const { return edges_; }
  const std::vector<Emission>& emissions() const { return emissions_; }
  const std::vector<StoredEvent>& stored() const { return stored_; }
  const std::vector<Relay>& relays() const { return relays_; }

  // The node of an element of the System.
  NodeId node(NodeKind kind, std::uint32_t index) const;
  // The first node with this subject ("payment.charge"), or none.
  NodeId find(std::string_view subject) const;
  // Handlers that take `message` from `channel`, ascending.
  std::vector<std::uint32_t> consumers(std::uint32_t message, std::uint32_t channel) const;
  // Handlers of `service` for the command, ascending (at most one in a valid System).
  std::vector<std::uint32_t> receivers(std::uint32_t message, std::uint32_t service) const;
  // Where a step of a handler was written.
  Spot spot_of_step(std::uint32_t handler, std::uint32_t instruction) const;
  Spot spot_of_handler(std::uint32_t handler) const;

 private:
  void add_nodes(const Spots* spots);
  void add_clients();
  void add_handler(std::uint32_t handler);
  void add_publish(std::uint32_t handler, std::uint32_t instruction);
  void add_statements(std::uint32_t handler, std::uint32_t instruction);
  void add_relayed();
  void add_inputs(std::uint32_t handler);
  void add_call(std::uint32_t handler, std::uint32_t instruction);
  void add_edge(Edge edge);
  std::uint32_t channel_of(std::uint32_t service, std::uint32_t message, std::uint32_t given) const;

  const System* system_;
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::vector<Emission> emissions_;
  std::vector<StoredEvent> stored_;
  std::vector<Relay> relays_;
  std::vector<std::uint32_t> first_;  // by kind: its first node
};

std::string_view to_text(NodeKind kind);
std::string_view to_text(EdgeKind kind);

}  // namespace flowtank::topology
