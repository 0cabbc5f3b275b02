// SPDX-License-Identifier: Apache-2.0
// See flow.hpp. Vertices are the nodes in their order and then the events by channel and message, so that a vertex
// below the number of nodes is that node; edges are sorted and unique.
#include "sim/topology/flow.hpp"

#include <algorithm>
#include <map>

namespace flowtank::topology {

std::uint32_t Flow::event(const Topology& topology, std::uint32_t message, std::uint32_t channel) const {
  const NodeId node = topology.node(NodeKind::channel, channel);
  for (auto i = static_cast<std::uint32_t>(topology.nodes().size()); i < vertices.size(); ++i) {
    if (vertices[i].node == node && vertices[i].message == message) return i;
  }
  return none;
}

Flow flow_of(const Topology& topology, const FlowOptions& options) {
  Flow flow;
  for (NodeId i = 0; i < topology.nodes().size(); ++i) flow.vertices.push_back({i, none});
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> events;  // channel, message
  for (const Emission& emission : topology.emissions()) events[{emission.channel, emission.message}] = 0;
  for (auto& [event, vertex] : events) {
    vertex = static_cast<std::uint32_t>(flow.vertices.size());
    flow.vertices.push_back({topology.node(NodeKind::channel, event.first), event.second});
  }
  auto& edges = flow.graph.edges;
  for (const Emission& emission : topology.emissions()) {
    edges.emplace_back(topology.node(NodeKind::handler, emission.maker), events[{emission.channel, emission.message}]);
  }
  for (const auto& [event, vertex] : events) {
    for (const std::uint32_t handler : topology.consumers(event.second, event.first)) edges.emplace_back(vertex, topology.node(NodeKind::handler, handler));
  }
  for (const Edge& edge : topology.edges()) {
    switch (edge.kind) {
      case EdgeKind::sends:
      case EdgeKind::causes: edges.emplace_back(edge.from, edge.to); break;
      case EdgeKind::calls:
        if (options.calls) edges.emplace_back(edge.from, edge.to);
        break;
      case EdgeKind::sets:
      case EdgeKind::fires:
        if (options.timers) edges.emplace_back(edge.from, edge.to);
        break;
      case EdgeKind::stores:
      case EdgeKind::writes:
      case EdgeKind::wakes:
        if (options.tables) edges.emplace_back(edge.from, edge.to);
        break;
      default: break;  // publishes and delivers are the events; answers and reads start nothing
    }
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  flow.graph.size = static_cast<std::uint32_t>(flow.vertices.size());
  return flow;
}

std::vector<std::uint32_t> origins(const Topology& topology) {
  std::vector<std::uint32_t> out;
  const System& system = topology.system();
  for (std::uint32_t i = 0; i < system.clients.size(); ++i) {
    if (system.clients[i].count > 0) out.push_back(topology.node(NodeKind::client, i));
  }
  for (std::uint32_t i = 0; i < system.handlers.size(); ++i) {
    const Handler& handler = system.handlers[i];
    if (handler.trigger != Trigger::poll) continue;
    if (handler.guard == none || system.expressions[handler.guard].accesses().empty()) out.push_back(topology.node(NodeKind::handler, i));
  }
  return out;
}

std::vector<std::uint32_t> reach(const Flow& flow, std::uint32_t start) {
  std::vector<std::uint32_t> out;
  const std::vector<bool> there = reachable(flow.graph, {start});
  for (std::uint32_t i = 0; i < there.size(); ++i) {
    if (there[i]) out.push_back(i);
  }
  return out;
}

std::vector<bool> without(const Topology& topology, const Flow& flow, NodeId service_or_broker) {
  std::vector<bool> out(flow.vertices.size(), false);
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    const NodeId node = flow.vertices[i].node;
    out[i] = node == service_or_broker || topology.nodes()[node].inside == service_or_broker;
  }
  return out;
}

std::string name_of(const Topology& topology, const FlowVertex& vertex) {
  const Node& node = topology.nodes()[vertex.node];
  if (vertex.message == none) return node.subject;
  return topology.system().messages[vertex.message].name + " on " + node.name;
}

}  // namespace flowtank::topology
