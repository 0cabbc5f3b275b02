// SPDX-License-Identifier: Apache-2.0
// What the topology picture shows, laid out once a snapshot: clients, services with their stores, channels, effects, and
// who talks to whom. From the scenario where there is one; of a bare trace from what its records show.
#pragma once

#include <QString>

#include <memory>
#include <vector>

#include <sim/topology/view.hpp>

#include "gui/scene/layered_layout.hpp"
#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

struct PlanNode {
  LaneKind kind = LaneKind::instance;
  std::uint32_t index = 0;        // of the client, service, channel or effect
  QString name;
  QString subtitle;               // "consume naive", "kafka"
  std::vector<std::uint32_t> tables;         // of a service
  std::vector<std::uint32_t> subscriptions;  // of a channel
};

struct PlanEdge {
  std::uint32_t from = 0, to = 0;
  QString label;                  // messages
  bool waits = false;             // a command that is answered: drawn dashed
};

struct TopologyPlan {
  bool down = false;              // ranks go from top to bottom, not from left to right
  std::vector<PlanNode> nodes;
  std::vector<PlanEdge> edges;
  LayoutResult layout;
  std::vector<QSizeF> sizes;
  // The node where a lane is; -1 when it is in none.
  int node_of(const Lane& lane) const;
  // Where a link passes, from its beginning to its end; empty for one from a node to itself. Between two of them it is the curve of
  // link_curve().
  std::vector<QPointF> stops(std::size_t edge) const;
  // 0 at its beginning, 1 at its end.
  QPointF point_on(std::size_t edge, double share) const;
  QRectF rect(std::uint32_t node) const;
  std::vector<QPointF> loop(std::uint32_t node) const;               // four points of a cubic
  std::vector<QPointF> link_curve(QPointF from, QPointF to) const;   // the same
};

std::shared_ptr<const TopologyPlan> plan_of(const Snapshot& snapshot, const RunReader* run, bool down = false);

}  // namespace flowtank::gui
