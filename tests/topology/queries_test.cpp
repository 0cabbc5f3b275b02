// SPDX-License-Identifier: Apache-2.0
// Questions about graphs, on graphs small enough to see the answer.
#include <catch2/catch.hpp>

#include <sim/topology/flow.hpp>
#include <sim/topology/queries.hpp>

#include "tests/topology/planted.hpp"

using namespace flowtank;
using namespace flowtank::topology;
using List = std::vector<std::uint32_t>;

TEST_CASE("queries.reachable_follows_edges_forward_and_not_through_what_is_gone") {
  const Digraph graph{5, {{0, 1}, {1, 2}, {3, 2}, {2, 2}, {4, 0}}};
  CHECK(reachable(graph, {0}) == std::vector<bool>{true, true, true, false, false});
  CHECK(reachable(graph, {0}, {false, true}) == std::vector<bool>{true, false, false, false, false});
  CHECK(reachable(graph, {}) == std::vector<bool>(5, false));
  CHECK(reachable({}, {}).empty());
}

TEST_CASE("queries.strong_components_are_numbered_by_their_first_vertex") {
  CHECK(strong_components({6, {{5, 0}, {0, 5}, {1, 2}, {2, 3}, {3, 1}, {0, 1}}}) == List{0, 1, 1, 1, 2, 0});
}

TEST_CASE("queries.the_shortest_cycle_of_each_component_starts_at_its_smallest_vertex") {
  // A square 0 1 2 3 with a short cut 1 3, a loop at 4, and 5 on no cycle.
  const Digraph graph{6, {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {1, 3}, {4, 4}, {3, 5}}};
  CHECK(shortest_cycles(graph) == std::vector<List>{{0, 1, 3}, {4}});
  CHECK(shortest_cycles({3, {{0, 1}, {1, 2}}}).empty());
}

TEST_CASE("queries.layers_put_what_goes_round_side_by_side") {
  CHECK(layers({6, {{0, 1}, {1, 2}, {2, 1}, {2, 3}, {0, 3}, {5, 3}}}) == std::vector<List>{{0, 4, 5}, {1, 2}, {3}});
  CHECK(layers({}).empty());
}

TEST_CASE("queries.articulation_points_hold_the_graph_together") {
  CHECK(articulation_points({5, {{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}}}) == List{2, 3});
  CHECK(articulation_points({3, {{0, 1}, {1, 2}, {2, 0}}}).empty());
}

TEST_CASE("queries.the_smallest_cut_separates_and_nothing_smaller_does") {
  // Two ways from 0 to 5 that meet in 3.
  const Digraph graph{6, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}, {4, 5}}};
  CHECK(smallest_edge_cut(graph, {0}, {5}) == List{4});
  CHECK(smallest_node_cut(graph, {0}, {5}).nodes == List{3});
  CHECK(smallest_edge_cut(graph, {0}, {3}) == List{0, 1});
  CHECK(smallest_node_cut(graph, {0}, {3}).nodes == List{1, 2});
  CHECK(smallest_edge_cut(graph, {5}, {0}).empty());
  CHECK_FALSE(smallest_node_cut(graph, {0}, {1}).possible);
  CHECK(smallest_edge_cut({2, {{0, 1}, {0, 1}}}, {0}, {1}) == List{0, 1});  // parallel edges count each
}

TEST_CASE("queries.cuts_agree_with_trying_all_sets") {
  // Every graph of five vertices whose edges are the bits of a number, some thousand of them.
  for (std::uint32_t bits = 0; bits < (1U << 20); bits += 397) {
    Digraph graph{5, {}};
    for (std::uint32_t i = 0; i < 20; ++i) {
      const std::uint32_t from = i / 4;
      const std::uint32_t to = i % 4 < from ? i % 4 : i % 4 + 1;
      if (bits >> i & 1) graph.edges.emplace_back(from, to);
    }
    const NodeCut cut = smallest_node_cut(graph, {0}, {4});
    std::size_t best = 9;
    for (std::uint32_t set = 0; set < 8; ++set) {
      const std::vector<bool> gone{false, (set & 1) != 0, (set & 2) != 0, (set & 4) != 0, false};
      if (!reachable(graph, {0}, gone)[4]) best = std::min<std::size_t>(best, static_cast<std::size_t>(__builtin_popcount(set)));
    }
    REQUIRE(cut.possible == (best != 9));
    if (!cut.possible) continue;
    REQUIRE(cut.nodes.size() == best);
    std::vector<bool> gone(5, false);
    for (const std::uint32_t v : cut.nodes) gone[v] = true;
    REQUIRE_FALSE(reachable(graph, {0}, gone)[4]);
  }
}

// ---- of a topology -----------------------------------------------------------------------------------------

TEST_CASE("topology.nodes_and_edges_know_what_makes_them") {
  const Scenario scenario = planted::load(planted::good());
  const Topology topology(*scenario.system, &scenario.spots);
  const NodeId go = topology.find("a.go");
  const NodeId relay = topology.find("a.relay");
  const NodeId things = topology.find("bus.things");
  REQUIRE(go != none);
  REQUIRE(things != none);
  std::vector<std::string> told;
  for (const Edge& e : topology.edges()) {
    told.push_back(topology.nodes()[e.from].subject + " " + std::string(to_text(e.kind)) + " " + topology.nodes()[e.to].subject);
    if (e.from == relay && e.to == things) {
      CHECK(e.kind == topology::EdgeKind::publishes);
      CHECK(e.step == "relay");
      CHECK(e.at.file == "a.json");
      CHECK(e.at.where.line == 14);
    }
  }
  CHECK(told == std::vector<std::string>{"people sends a.go", "a.go replies people", "a.go writes a.jobs", "a.go stores a.outbox", "a.go writes a.outbox",
                                         "a.relay writes a.outbox", "a.relay publishes bus.things", "b.count writes b.inbox", "b.count writes b.counts", "b.count writes b.counts",
                                         "a.outbox relays a.relay", "a.outbox reads a.relay", "a.outbox wakes a.relay", "bus.things delivers b.count"});
  REQUIRE(topology.emissions().size() == 1);
  CHECK(topology.nodes()[topology.node(topology::NodeKind::handler, topology.emissions()[0].maker)].subject == "a.go");
  CHECK(topology.nodes()[topology.node(topology::NodeKind::handler, topology.emissions()[0].relay)].subject == "a.relay");
}

TEST_CASE("topology.what_an_event_can_reach") {
  const Scenario scenario = planted::load(planted::good());
  const Topology topology(*scenario.system);
  const Flow flow = flow_of(topology);
  REQUIRE(scenario.system->messages[0].name == "Done");
  std::vector<std::string> names;
  for (const std::uint32_t v : reach(flow, flow.event(topology, 0, 0))) names.push_back(name_of(topology, flow.vertices[v]));
  CHECK(names == std::vector<std::string>{"b.count", "b.inbox", "b.counts", "Done on things"});
  CHECK(flow.event(topology, 1, 0) == none);  // a command is on no channel
}

TEST_CASE("topology.what_separates_clients_from_a_table") {
  const Scenario scenario = planted::load(planted::good());
  const Topology topology(*scenario.system);
  const Flow flow = flow_of(topology);
  const NodeCut cut = smallest_node_cut(flow.graph, {topology.find("people")}, {topology.find("b.counts")});
  REQUIRE(cut.nodes.size() == 1);
  CHECK(name_of(topology, flow.vertices[cut.nodes[0]]) == "a.go");  // the nearest to the client
}
