// SPDX-License-Identifier: Apache-2.0
// Questions about directed graphs, answered by Boost.Graph: what is reachable, what goes round, what falls
// apart, what separates, what comes before what. Graphs are plain data, so that the topology, lineage and
// layouts ask the same functions. All answers are ordered by vertex, never by address or discovery.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace flowtank::topology {

// Vertices are 0 ... size - 1. Parallel edges and loops are allowed.
struct Digraph {
  std::uint32_t size = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
};

// By vertex: whether a path leads there from one of `sources` (a source is reached). Vertices for which
// `without` is true do not exist; it may be empty.
std::vector<bool> reachable(const Digraph& graph, const std::vector<std::uint32_t>& sources, const std::vector<bool>& without = {});

// By vertex: the number of its strongly connected component; components are numbered by their first vertex.
std::vector<std::uint32_t> strong_components(const Digraph& graph);

// One cycle of the fewest edges for each strong component that has one, as its vertices in order, starting at
// the smallest. Among cycles of equal length the one that is first when compared vertex by vertex.
std::vector<std::vector<std::uint32_t>> shortest_cycles(const Digraph& graph);

// The vertices by layer: the layer of a strong component is one more than the largest of those before it, 0 when
// nothing comes before. Within a layer ascending.
std::vector<std::vector<std::uint32_t>> layers(const Digraph& graph);

// Vertices whose loss makes the graph fall apart, edges taken without direction; ascending.
std::vector<std::uint32_t> articulation_points(const Digraph& graph);

// The smallest set of edges (indices, ascending) without which no path leads from a source to a sink; of several
// the one nearest to the sources. Empty when there is no path, or when a source is a sink.
std::vector<std::uint32_t> smallest_edge_cut(const Digraph& graph, const std::vector<std::uint32_t>& sources, const std::vector<std::uint32_t>& sinks);

// Likewise of vertices other than sources and sinks. `possible` is false where no cut can be made of vertices:
// an edge leads straight from a source to a sink.
struct NodeCut {
  bool possible = true;
  std::vector<std::uint32_t> nodes;
};
NodeCut smallest_node_cut(const Digraph& graph, const std::vector<std::uint32_t>& sources, const std::vector<std::uint32_t>& sinks);

}  // namespace flowtank::topology
