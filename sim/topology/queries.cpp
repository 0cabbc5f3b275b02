// SPDX-License-Identifier: Apache-2.0
// See queries.hpp. Boost's graph has vectors for vertices and edges, so descriptors are the integers of the
// caller; what an algorithm numbers in an order of its own is numbered again by vertex.
#include "sim/topology/queries.hpp"

#include <algorithm>
#include <limits>
#include <queue>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/biconnected_components.hpp>
#include <boost/graph/edmonds_karp_max_flow.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/graph/topological_sort.hpp>

namespace flowtank::topology {

namespace {

using Vertices = std::vector<std::uint32_t>;
using Directed = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Undirected = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property, boost::property<boost::edge_index_t, std::size_t>>;

Directed directed(const Digraph& graph) {
  Directed out(graph.size);
  for (const auto& [from, to] : graph.edges) boost::add_edge(from, to, out);
  return out;
}

// Successors, ascending and without duplicates.
std::vector<Vertices> successors(const Digraph& graph) {
  std::vector<Vertices> out(graph.size);
  for (const auto& [from, to] : graph.edges) out[from].push_back(to);
  for (Vertices& list : out) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return out;
}

// The first of the shortest ways from `start` round to itself within its component; empty when there is none.
Vertices cycle_through(std::uint32_t start, const std::vector<Vertices>& next, const Vertices& component) {
  constexpr std::uint32_t unseen = std::numeric_limits<std::uint32_t>::max();
  Vertices before(next.size(), unseen);
  std::queue<std::uint32_t> waiting;
  waiting.push(start);
  while (!waiting.empty()) {
    const std::uint32_t at = waiting.front();
    waiting.pop();
    for (const std::uint32_t to : next[at]) {
      if (to == start) {
        Vertices path;
        for (std::uint32_t v = at; v != start; v = before[v]) path.push_back(v);
        path.push_back(start);
        std::reverse(path.begin(), path.end());
        return path;
      }
      if (component[to] != component[start] || before[to] != unseen) continue;
      before[to] = at;
      waiting.push(to);
    }
  }
  return {};
}

}  // namespace

std::vector<bool> reachable(const Digraph& graph, const Vertices& sources, const std::vector<bool>& without) {
  const auto gone = [&](std::uint32_t v) { return v < without.size() && without[v]; };
  const Directed boost_graph = directed(graph);
  std::vector<bool> out(graph.size, false);
  Vertices waiting;
  const auto visit = [&](std::uint32_t v) {
    if (gone(v) || out[v]) return;
    out[v] = true;
    waiting.push_back(v);
  };
  for (const std::uint32_t source : sources) visit(source);
  while (!waiting.empty()) {
    const std::uint32_t at = waiting.back();
    waiting.pop_back();
    for (auto [edge, end] = boost::out_edges(at, boost_graph); edge != end; ++edge) visit(static_cast<std::uint32_t>(boost::target(*edge, boost_graph)));
  }
  return out;
}

Vertices strong_components(const Digraph& graph) {
  const Directed boost_graph = directed(graph);
  Vertices found(graph.size, 0);
  if (graph.size > 0) boost::strong_components(boost_graph, boost::make_iterator_property_map(found.begin(), boost::get(boost::vertex_index, boost_graph)));
  constexpr std::uint32_t unnamed = std::numeric_limits<std::uint32_t>::max();
  Vertices number(graph.size, unnamed);
  std::uint32_t count = 0;
  for (std::uint32_t& component : found) {
    if (number[component] == unnamed) number[component] = count++;
    component = number[component];
  }
  return found;
}

std::vector<Vertices> shortest_cycles(const Digraph& graph) {
  const Vertices component = strong_components(graph);
  const std::vector<Vertices> next = successors(graph);
  std::vector<Vertices> best(graph.size);
  for (std::uint32_t v = 0; v < graph.size; ++v) {
    Vertices cycle = cycle_through(v, next, component);
    Vertices& known = best[component[v]];
    if (cycle.empty() || (!known.empty() && known.size() <= cycle.size())) continue;
    known = std::move(cycle);  // starts at v, the smallest on a cycle of this length
  }
  best.erase(std::remove_if(best.begin(), best.end(), [](const Vertices& cycle) { return cycle.empty(); }), best.end());
  return best;
}

std::vector<Vertices> layers(const Digraph& graph) {
  const Vertices component = strong_components(graph);
  const std::uint32_t count = graph.size == 0 ? 0 : *std::max_element(component.begin(), component.end()) + 1;
  Digraph condensed{count, {}};
  for (const auto& [from, to] : graph.edges) {
    if (component[from] != component[to]) condensed.edges.emplace_back(component[from], component[to]);
  }
  const Directed boost_graph = directed(condensed);
  std::vector<std::size_t> order;  // reversed
  boost::topological_sort(boost_graph, std::back_inserter(order));
  Vertices layer(count, 0);
  std::uint32_t deepest = 0;
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    for (auto [edge, end] = boost::out_edges(*it, boost_graph); edge != end; ++edge) {
      std::uint32_t& to = layer[boost::target(*edge, boost_graph)];
      to = std::max(to, layer[*it] + 1);
      deepest = std::max(deepest, to);
    }
  }
  std::vector<Vertices> out(graph.size == 0 ? 0 : deepest + 1);
  for (std::uint32_t v = 0; v < graph.size; ++v) out[layer[component[v]]].push_back(v);
  return out;
}

Vertices articulation_points(const Digraph& graph) {
  Undirected boost_graph(graph.size);
  for (const auto& [from, to] : graph.edges) {
    if (from != to) boost::add_edge(from, to, boost_graph);
  }
  std::vector<std::size_t> found;
  if (graph.size > 0) boost::articulation_points(boost_graph, std::back_inserter(found));
  Vertices out;
  for (const std::size_t vertex : found) out.push_back(static_cast<std::uint32_t>(vertex));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

namespace {

constexpr std::int64_t unlimited = std::numeric_limits<std::int32_t>::max();

// A network for Boost's maximum flow: each edge with its reverse, capacities and residues by edge.
class Network {
 public:
  explicit Network(std::size_t vertices) : graph_(vertices) {}

  void add(std::size_t from, std::size_t to, std::int64_t capacity) {
    const auto forth = boost::add_edge(from, to, graph_).first;
    const auto back = boost::add_edge(to, from, graph_).first;
    boost::put(boost::edge_capacity, graph_, forth, capacity);
    boost::put(boost::edge_capacity, graph_, back, 0);
    boost::put(boost::edge_reverse, graph_, forth, back);
    boost::put(boost::edge_reverse, graph_, back, forth);
  }

  // By vertex: whether it is on the side of the source once the flow is as large as it can be.
  std::vector<bool> source_side(std::size_t source, std::size_t sink) {
    boost::edmonds_karp_max_flow(graph_, source, sink);
    std::vector<bool> out(boost::num_vertices(graph_), false);
    std::vector<std::size_t> waiting{source};
    out[source] = true;
    while (!waiting.empty()) {
      const std::size_t at = waiting.back();
      waiting.pop_back();
      for (auto [edge, end] = boost::out_edges(at, graph_); edge != end; ++edge) {
        const std::size_t to = boost::target(*edge, graph_);
        if (out[to] || boost::get(boost::edge_residual_capacity, graph_, *edge) <= 0) continue;
        out[to] = true;
        waiting.push_back(to);
      }
    }
    return out;
  }

 private:
  using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
  using Graph = boost::adjacency_list<
      boost::vecS, boost::vecS, boost::directedS, boost::no_property,
      boost::property<boost::edge_capacity_t, std::int64_t,
                      boost::property<boost::edge_residual_capacity_t, std::int64_t, boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>>;
  Graph graph_;
};

bool contains(const Vertices& list, std::uint32_t v) { return std::find(list.begin(), list.end(), v) != list.end(); }

bool overlap(const Vertices& a, const Vertices& b) {
  return std::any_of(a.begin(), a.end(), [&](std::uint32_t v) { return contains(b, v); });
}

}  // namespace

Vertices smallest_edge_cut(const Digraph& graph, const Vertices& sources, const Vertices& sinks) {
  if (overlap(sources, sinks)) return {};
  const std::size_t source = graph.size;
  const std::size_t sink = source + 1;
  Network network(graph.size + std::size_t{2});
  for (const std::uint32_t v : sources) network.add(source, v, unlimited);
  for (const std::uint32_t v : sinks) network.add(v, sink, unlimited);
  for (const auto& [from, to] : graph.edges) network.add(from, to, 1);
  const std::vector<bool> side = network.source_side(source, sink);
  Vertices out;
  for (std::uint32_t i = 0; i < graph.edges.size(); ++i) {
    if (side[graph.edges[i].first] && !side[graph.edges[i].second]) out.push_back(i);
  }
  return out;
}

NodeCut smallest_node_cut(const Digraph& graph, const Vertices& sources, const Vertices& sinks) {
  if (overlap(sources, sinks)) return {false, {}};
  // Each vertex is two, v where edges end and v + size where they begin; the edge between them is the vertex.
  const std::size_t source = std::size_t{2} * graph.size;
  const std::size_t sink = source + 1;
  Network network(source + 2);
  for (std::uint32_t v = 0; v < graph.size; ++v) network.add(v, std::size_t{v} + graph.size, contains(sources, v) || contains(sinks, v) ? unlimited : 1);
  for (const std::uint32_t v : sources) network.add(source, v, unlimited);
  for (const std::uint32_t v : sinks) network.add(std::size_t{v} + graph.size, sink, unlimited);
  for (const auto& [from, to] : graph.edges) {
    if (contains(sources, from) && contains(sinks, to)) return {false, {}};
    network.add(std::size_t{from} + graph.size, to, unlimited);
  }
  const std::vector<bool> side = network.source_side(source, sink);
  NodeCut cut;
  for (std::uint32_t v = 0; v < graph.size; ++v) {
    if (side[v] && !side[std::size_t{v} + graph.size]) cut.nodes.push_back(v);
  }
  return cut;
}

}  // namespace flowtank::topology
