// SPDX-License-Identifier: Apache-2.0
// See topology_plan.hpp. Nodes are found first, then who talks to whom, then the layout gives each its place.
#include "gui/scene/topology_plan.hpp"

#include <algorithm>
#include <cmath>

#include "gui/models/words.hpp"

namespace flowtank::gui {
namespace {

class Plan {
 public:
  Plan(const System& system) : system_(system) {
    for (std::uint32_t c = 0; c < system.clients.size(); ++c) add(LaneKind::client, c, system.clients[c].name, "client");
    for (std::uint32_t s = 0; s < system.services.size(); ++s) {
      add(LaneKind::instance, s, system.services[s].name, "");
      PlanNode& node = plan_.nodes.back();
      if (system.services[s].instances > 1) node.subtitle = QStringLiteral("%1 instances").arg(system.services[s].instances);
      for (std::uint32_t t = 0; t < system.tables.size(); ++t) {
        if (system.tables[t].service == s && system.tables[t].role != TableRole::observation) node.tables.push_back(t);
      }
    }
    for (std::uint32_t c = 0; c < system.channels.size(); ++c) {
      const std::uint32_t broker = system.channels[c].broker;
      add(LaneKind::channel, c, system.channels[c].name, broker < system.brokers.size() ? (system.brokers[broker].kind.empty() ? system.brokers[broker].name : system.brokers[broker].kind) : "");
      for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
        if (system.subscriptions[s].channel == c) plan_.nodes.back().subscriptions.push_back(s);
      }
    }
    for (std::uint32_t e = 0; e < system.effects.size(); ++e) add(LaneKind::effect, e, system.effects[e].name, "outside");
  }

  void of_scenario(const Scenario& scenario) {
    for (const auto& [path, value] : scenario.choices) {
      // services.payment.with.consume = naive
      for (PlanNode& node : plan_.nodes) {
        const std::string head = node.kind == LaneKind::instance ? "services." + system_.services[node.index].name + ".with." : "";
        if (head.empty() || !path.starts_with(head)) continue;
        const QString choice = name_of(path.substr(head.size()) + " " + value);
        node.subtitle += (node.subtitle.isEmpty() ? QString() : QStringLiteral(", ")) + choice;
      }
    }
    const topology::Topology topology(system_, &scenario.spots);
    const topology::View view = topology::view_of(topology, topology::Level::services);
    for (const topology::ViewEdge& edge : view.edges) {
      const int from = node_of(topology.nodes()[view.nodes[edge.from].node]), to = node_of(topology.nodes()[view.nodes[edge.to].node]);
      if (from < 0 || to < 0) continue;
      QString label;
      for (const std::string& message : edge.messages) label += (label.isEmpty() ? QString() : QStringLiteral(", ")) + name_of(message);
      connect(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to), label, edge.kind == topology::EdgeKind::sends || edge.kind == topology::EdgeKind::calls);
    }
  }

  // What the first records show of who talks to whom.
  void of_run(const RunReader& run) {
    constexpr std::size_t enough = 50'000;
    for (RecordId id = 0; id < std::min(run.size(), enough); ++id) {
      const RecordKind kind = run.index().kind(id);
      if (kind != RecordKind::accepted && kind != RecordKind::delivered && kind != RecordKind::command_received && kind != RecordKind::effect) continue;
      const RecordId cause = run.cause(id);
      if (cause == no_record) continue;
      const int from = plan_.node_of(run.index().lanes().all()[run.index().lane(cause)]), to = plan_.node_of(run.index().lanes().all()[run.index().lane(id)]);
      if (from < 0 || to < 0 || from == to) continue;
      connect(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to), {}, kind == RecordKind::command_received);
    }
  }

  std::shared_ptr<const TopologyPlan> laid_out(bool down) {
    LayoutGraph graph;
    for (const PlanNode& node : plan_.nodes) graph.nodes.push_back(size_of(node));
    for (const PlanEdge& edge : plan_.edges) graph.edges.emplace_back(edge.from, edge.to);
    plan_.sizes = graph.nodes;
    LayoutSpacing spacing;
    spacing.between_ranks = down ? 46 : 92;
    plan_.down = down;
    if (down) {
      for (QSizeF& size : graph.nodes) size.transpose();
    }
    plan_.layout = layered_layout(graph, spacing);
    if (down) turn();
    return std::make_shared<const TopologyPlan>(std::move(plan_));
  }

 private:
  void add(LaneKind kind, std::uint32_t index, const std::string& name, const std::string& subtitle) {
    PlanNode node;
    node.kind = kind;
    node.index = index;
    node.name = name_of(name);
    node.subtitle = name_of(subtitle);
    plan_.nodes.push_back(std::move(node));
  }

  int node_of(const topology::Node& node) const {
    const auto kind = node.kind == topology::NodeKind::client    ? LaneKind::client
                      : node.kind == topology::NodeKind::channel ? LaneKind::channel
                      : node.kind == topology::NodeKind::effect  ? LaneKind::effect
                                                                 : LaneKind::instance;
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
      if (plan_.nodes[i].kind == kind && plan_.nodes[i].index == node.index) return static_cast<int>(i);
    }
    return -1;
  }

  void connect(std::uint32_t from, std::uint32_t to, const QString& label, bool waits) {
    const auto found = std::find_if(plan_.edges.begin(), plan_.edges.end(), [&](const PlanEdge& e) { return e.from == from && e.to == to; });
    if (found == plan_.edges.end()) {
      plan_.edges.push_back({from, to, label, waits});
    } else if (!label.isEmpty()) {
      found->label += (found->label.isEmpty() ? QString() : QStringLiteral(", ")) + label;
      found->waits = found->waits && waits;
    }
  }

  void turn() {
    for (QPointF& centre : plan_.layout.centres) centre = centre.transposed();
    for (std::vector<QPointF>& route : plan_.layout.routes) {
      for (QPointF& stop : route) stop = stop.transposed();
    }
    plan_.layout.size.transpose();
  }

  static QSizeF size_of(const PlanNode& node) {
    switch (node.kind) {
      case LaneKind::client: return {132, 46};
      case LaneKind::instance: return {172, node.tables.empty() ? 52.0 : 60.0 + 18.0 * static_cast<double>(std::min<std::size_t>(node.tables.size(), 6))};
      case LaneKind::channel: return {156, 46.0 + 22.0 * static_cast<double>(std::min<std::size_t>(node.subscriptions.size(), 5))};
      default: return {132, 50};
    }
  }

  const System& system_;
  TopologyPlan plan_;
};

}  // namespace

int TopologyPlan::node_of(const Lane& lane) const {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].kind == lane.kind && nodes[i].index == lane.index) return static_cast<int>(i);
  }
  return -1;
}

QRectF TopologyPlan::rect(std::uint32_t node) const { return QRectF(layout.centres[node] - QPointF(sizes[node].width() / 2, sizes[node].height() / 2), sizes[node]); }

std::vector<QPointF> TopologyPlan::loop(std::uint32_t node) const {
  const QRectF a = rect(node);
  return {{a.right() - 30, a.top()}, {a.right() - 20, a.top() - 34}, {a.right() + 26, a.top() - 30}, {a.right(), a.top() + 16}};
}

std::vector<QPointF> TopologyPlan::link_curve(QPointF from, QPointF to) const {
  const QPointF reach = down ? QPointF(0, (to.y() - from.y()) * 0.45) : QPointF((to.x() - from.x()) * 0.45, 0);
  return {from, from + reach, to - reach, to};
}

std::vector<QPointF> TopologyPlan::stops(std::size_t e) const {
  const PlanEdge& edge = edges[e];
  if (edge.from == edge.to) return {};
  const bool back = layout.reversed[e];
  const auto side = [this](const QRectF& r, bool after, double share) {
    return down ? QPointF(r.left() + r.width() * share, after ? r.bottom() : r.top()) : QPointF(after ? r.right() : r.left(), r.top() + r.height() * share);
  };
  // Links there and back leave at different heights.
  const bool both = std::any_of(edges.begin(), edges.end(), [&](const PlanEdge& o) { return o.from == edge.to && o.to == edge.from; });
  const double share = both ? (back ? 0.68 : 0.36) : 0.5;
  std::vector<QPointF> out{side(rect(edge.from), !back, share)};
  out.insert(out.end(), layout.routes[e].begin(), layout.routes[e].end());
  out.push_back(side(rect(edge.to), back, share));
  return out;
}

QPointF TopologyPlan::point_on(std::size_t e, double share) const {
  const std::vector<QPointF> at = stops(e);
  std::vector<std::vector<QPointF>> curves;
  if (at.empty()) curves.push_back(loop(edges[e].from));
  double whole = 0;
  const auto length = [](const std::vector<QPointF>& c) { return std::abs(c[3].x() - c[0].x()) + std::abs(c[3].y() - c[0].y()); };
  for (std::size_t i = 0; i + 1 < at.size(); ++i) curves.push_back(link_curve(at[i], at[i + 1]));
  for (const auto& curve : curves) whole += length(curve);
  double left = std::clamp(share, 0.0, 1.0) * whole;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const double part = length(curves[i]);
    if (left > part && i + 1 < curves.size()) {
      left -= part;
      continue;
    }
    const double t = part > 0 ? std::min(1.0, left / part) : 0, u = 1 - t;
    const std::vector<QPointF>& c = curves[i];
    return c[0] * (u * u * u) + c[1] * (3 * u * u * t) + c[2] * (3 * u * t * t) + c[3] * (t * t * t);
  }
  return {};
}

std::shared_ptr<const TopologyPlan> plan_of(const Snapshot& snapshot, const RunReader* run, bool down) {
  if (snapshot.scenario != nullptr) {
    Plan plan(*snapshot.scenario->system);
    plan.of_scenario(*snapshot.scenario);
    return plan.laid_out(down);
  }
  if (run == nullptr) return nullptr;
  Plan plan(run->system());
  plan.of_run(*run);
  return plan.laid_out(down);
}

}  // namespace flowtank::gui
