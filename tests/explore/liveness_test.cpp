// SPDX-License-Identifier: Apache-2.0
// The fair lasso search against brute force on thousands of small random graphs, and every lasso it
// returns checked step by step: connected, without the goal, closed and fair.
#include <sim/explore/liveness.hpp>

#include <catch2/catch.hpp>

#include <array>

using namespace flowtank::explore;

namespace {

constexpr unsigned goal_mark = 0;
constexpr unsigned trigger_mark = 1;

/// Small numbers that depend on the seed alone.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}
  unsigned below(unsigned bound) { return static_cast<unsigned>(flowtank::mix64(seed_ += 0x9e3779b97f4a7c15ULL) % bound); }

 private:
  std::uint64_t seed_;
};

/// A graph of up to six nodes with one root. Labels may be enabled without an edge, as at a boundary.
StateGraph random_graph(Dice& dice, unsigned rules) {
  StateGraph graph;
  const unsigned size = 1 + dice.below(6);
  graph.roots = {0};
  for (unsigned node = 0; node < size; ++node) {
    GraphNode entry;
    entry.first_edge = graph.edges.size();
    entry.expanded = true;
    entry.marks = dice.below(4) == 0 ? 1U << goal_mark : 0U;
    entry.marks |= dice.below(3) == 0 ? 1U << trigger_mark : 0U;
    entry.enabled = dice.below(8) == 0 ? dice.below(1U << rules) : 0U;
    for (unsigned target = 0; target < size; ++target) {
      if (target != node && dice.below(3) == 0) {
        const std::uint32_t labels = dice.below(1U << rules);
        graph.edges.push_back({target, labels, 0});
        entry.enabled |= labels;
      }
    }
    entry.stuck = graph.edges.size() == entry.first_edge && entry.enabled == 0;
    graph.nodes.push_back(entry);
  }
  graph.nodes.push_back({graph.edges.size(), 0, 0, false, false});
  return graph;
}

bool has(const StateGraph& graph, std::uint32_t node, unsigned mark) { return (graph.nodes[node].marks >> mark & 1U) != 0; }

/// Nodes reachable from `from` over edges within `within`, as a bit set.
unsigned reachable(const StateGraph& graph, unsigned from, unsigned within) {
  unsigned seen = from & within;
  for (unsigned before = 0; before != seen;) {
    before = seen;
    for (std::uint32_t node = 0; node < graph.size(); ++node) {
      if ((seen >> node & 1U) != 0) {
        for (const GraphEdge& edge : graph.edges_of(node)) {
          seen |= (1U << edge.target) & within;
        }
      }
    }
  }
  return seen;
}

/// May a run visit exactly these nodes for ever?
bool fair_for_ever(const StateGraph& graph, unsigned nodes, const std::vector<Fairness>& rules) {
  std::uint32_t taken = 0;
  std::uint32_t somewhere = 0;
  std::uint32_t everywhere = ~0U;
  for (std::uint32_t node = 0; node < graph.size(); ++node) {
    if ((nodes >> node & 1U) == 0) {
      continue;
    }
    if (reachable(graph, 1U << node, nodes) != nodes) {
      return false;
    }
    somewhere |= graph.nodes[node].enabled;
    everywhere &= graph.nodes[node].enabled;
    for (const GraphEdge& edge : graph.edges_of(node)) {
      taken |= (nodes >> edge.target & 1U) != 0 ? edge.labels : 0U;
    }
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::uint32_t demanded = rules[i] == Fairness::weak ? everywhere : somewhere;
    if ((demanded >> i & 1U) != 0 && (taken >> i & 1U) == 0) {
      return false;
    }
  }
  return true;
}

/// Tries every set of nodes a run could stay in.
bool brute_force(const StateGraph& graph, const std::vector<Fairness>& rules, bool triggered) {
  const unsigned all = (1U << graph.size()) - 1;
  unsigned without_goal = 0;
  unsigned start = 0;
  const unsigned seen = reachable(graph, 1U, all);
  for (std::uint32_t node = 0; node < graph.size(); ++node) {
    without_goal |= has(graph, node, goal_mark) ? 0U : 1U << node;
    start |= has(graph, node, trigger_mark) ? (1U << node) & seen : 0U;
  }
  const unsigned pending = reachable(graph, triggered ? start : 1U, without_goal);
  for (std::uint32_t node = 0; node < graph.size(); ++node) {
    const bool stops = graph.nodes[node].stuck || (!rules.empty() && graph.nodes[node].enabled == 0);
    if ((pending >> node & 1U) != 0 && stops) {
      return true;
    }
  }
  for (unsigned nodes = 1; nodes <= all; ++nodes) {
    const bool single = (nodes & (nodes - 1)) == 0;
    if ((nodes & ~pending) == 0 && !single && fair_for_ever(graph, nodes, rules)) {
      return true;
    }
  }
  return false;
}

/// Walks a lasso and checks all it claims.
void check_lasso(const StateGraph& graph, const GraphLasso& lasso, const std::vector<Fairness>& rules, bool triggered) {
  std::uint32_t at = lasso.root;
  bool pending = triggered ? false : true;
  const auto look = [&](std::uint32_t node) {
    pending = (pending || has(graph, node, trigger_mark)) && !has(graph, node, goal_mark);
  };
  look(at);
  for (const auto& [node, edge] : lasso.prefix) {
    REQUIRE(node == at);
    at = graph.edges_of(node)[edge].target;
    look(at);
  }
  REQUIRE(pending);
  const std::uint32_t start = at;
  std::uint32_t taken = 0;
  std::uint32_t somewhere = graph.nodes[at].enabled;
  std::uint32_t everywhere = graph.nodes[at].enabled;
  for (const auto& [node, edge] : lasso.cycle) {
    REQUIRE(node == at);
    taken |= graph.edges_of(node)[edge].labels;
    at = graph.edges_of(node)[edge].target;
    REQUIRE_FALSE(has(graph, at, goal_mark));
    somewhere |= graph.nodes[at].enabled;
    everywhere &= graph.nodes[at].enabled;
  }
  REQUIRE(at == start);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::uint32_t demanded = rules[i] == Fairness::weak ? everywhere : somewhere;
    REQUIRE(((demanded & ~taken) >> i & 1U) == 0);
  }
  if (lasso.cycle.empty()) {
    REQUIRE((graph.nodes[at].stuck || (!rules.empty() && graph.nodes[at].enabled == 0)));
  }
}

}  // namespace

TEST_CASE("liveness.agrees_with_brute_force_on_random_graphs") {
  std::uint64_t found = 0;
  std::uint64_t cycles = 0;
  for (std::uint64_t seed = 0; seed < 30'000; ++seed) {
    Dice dice(seed);
    std::vector<Fairness> rules(dice.below(4));
    for (Fairness& rule : rules) {
      rule = dice.below(2) == 0 ? Fairness::weak : Fairness::strong;
    }
    const bool triggered = dice.below(2) == 0;
    const StateGraph graph = random_graph(dice, static_cast<unsigned>(rules.size()));
    const auto lasso = find_lasso(graph, rules, triggered ? std::optional<unsigned>(trigger_mark) : std::nullopt, goal_mark);
    INFO("seed " << seed);
    REQUIRE(lasso.has_value() == brute_force(graph, rules, triggered));
    if (lasso) {
      check_lasso(graph, *lasso, rules, triggered);
      ++found;
      cycles += lasso->cycle.empty() ? 0 : 1;
    }
  }
  CHECK(found > 5'000);
  CHECK(found < 25'000);
  CHECK(cycles > 2'000);
}
