// SPDX-License-Identifier: Apache-2.0
// A layered layout for directed graphs (after Sugiyama): cycles are broken by the order of the input, ranks are longest
// paths, long edges get stations on the ranks between, and sweeps by barycentre reduce crossings. Deterministic: the same
// graph gives the same places. Sizes and places are in pixels, left to right.
#pragma once

#include <QPointF>
#include <QSizeF>

#include <cstdint>
#include <vector>

namespace flowtank::gui {

struct LayoutGraph {
  std::vector<QSizeF> nodes;                                   // their sizes
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;  // loops and parallel edges are allowed
};

struct LayoutResult {
  std::vector<QPointF> centres;              // by node
  std::vector<std::uint32_t> ranks;          // by node
  std::vector<std::vector<QPointF>> routes;  // by edge: stations between its ends, in its direction
  std::vector<bool> reversed;                // by edge: goes against the flow
  QSizeF size;
  std::size_t crossings = 0;
};

struct LayoutSpacing {
  double between_ranks = 80;
  double between_nodes = 34;
  double margin = 24;
};

LayoutResult layered_layout(const LayoutGraph& graph, const LayoutSpacing& spacing);

}  // namespace flowtank::gui
