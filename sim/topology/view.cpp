// SPDX-License-Identifier: Apache-2.0
// See view.hpp. What a level does not show is stood in for by what it is inside of, or left out; edges keep the
// order of the nodes between which they are drawn.
#include "sim/topology/view.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace flowtank::topology {

namespace {

bool shown(const Topology& topology, const Node& node, Level level) {
  switch (node.kind) {
    case NodeKind::client:
    case NodeKind::channel:
    case NodeKind::effect: return true;
    case NodeKind::service: return level == Level::services;
    case NodeKind::handler:
    case NodeKind::timer: return level != Level::services;
    case NodeKind::table: return level == Level::tables && topology.system().tables[node.index].role != TableRole::observation;
    case NodeKind::broker: return false;
  }
  return false;
}

class Drawing {
 public:
  Drawing(const Topology& topology, Level level) : topology_(topology), at_(topology.nodes().size(), none), groups_(topology.nodes().size(), none) {
    view_.level = level;
  }

  View draw() {
    const auto& nodes = topology_.nodes();
    for (NodeId i = 0; i < nodes.size(); ++i) {
      if (!shown(topology_, nodes[i], view_.level)) continue;
      at_[i] = static_cast<std::uint32_t>(view_.nodes.size());
      view_.nodes.push_back({i, nodes[i].inside == none ? none : group(nodes[i].inside)});
    }
    for (const Edge& edge : topology_.edges()) {
      if (edge.kind != EdgeKind::relays || view_.level == Level::tables) add(edge);
      else through_relay(edge);
    }
    std::stable_sort(view_.edges.begin(), view_.edges.end(), [](const ViewEdge& a, const ViewEdge& b) { return std::tie(a.from, a.to, a.kind) < std::tie(b.from, b.to, b.kind); });
    return std::move(view_);
  }

 private:
  std::uint32_t group(NodeId node) {
    if (groups_[node] == none) {
      groups_[node] = static_cast<std::uint32_t>(view_.groups.size());
      view_.groups.push_back({node});
    }
    return groups_[node];
  }

  // What stands for a node at this level; none when nothing does.
  std::uint32_t stand_in(NodeId node) const {
    if (at_[node] != none || view_.level != Level::services) return at_[node];
    const NodeId inside = topology_.nodes()[node].inside;
    return inside == none ? none : at_[inside];
  }

  void add(const Edge& edge) {
    if (view_.level == Level::services && edge.kind == EdgeKind::replies) return;
    const std::uint32_t from = stand_in(edge.from);
    const std::uint32_t to = stand_in(edge.to);
    const bool calls_itself = edge.kind == EdgeKind::calls;
    if (from == none || to == none || (from == to && view_.level == Level::services && !calls_itself)) return;
    put(from, to, edge.kind, edge.message, edge.at);
  }

  // Without tables: from who stores an event straight to the relay that takes it out.
  void through_relay(const Edge& relay) {
    for (const Edge& store : topology_.edges()) {
      if (store.kind != EdgeKind::stores || store.to != relay.from || store.message != relay.message) continue;
      const std::uint32_t from = stand_in(store.from);
      const std::uint32_t to = stand_in(relay.to);
      if (from != none && to != none && from != to) put(from, to, EdgeKind::stores, store.message, store.at);
    }
  }

  void put(std::uint32_t from, std::uint32_t to, EdgeKind kind, std::uint32_t message, const Spot& at) {
    auto found = std::find_if(view_.edges.begin(), view_.edges.end(), [&](const ViewEdge& e) { return e.from == from && e.to == to && e.kind == kind; });
    if (found == view_.edges.end()) found = view_.edges.insert(view_.edges.end(), {from, to, kind, {}, at});
    if (message == none) return;
    const std::string& name = topology_.system().messages[message].name;
    if (std::find(found->messages.begin(), found->messages.end(), name) == found->messages.end()) found->messages.push_back(name);
  }

  const Topology& topology_;
  View view_;
  std::vector<std::uint32_t> at_;      // by node: its place in the view
  std::vector<std::uint32_t> groups_;  // by node: its group
};

}  // namespace

View view_of(const Topology& topology, Level level) { return Drawing(topology, level).draw(); }

std::string_view to_text(Level level) {
  switch (level) {
    case Level::services: return "services";
    case Level::handlers: return "handlers";
    case Level::tables: return "tables";
  }
  return "";
}

}  // namespace flowtank::topology
