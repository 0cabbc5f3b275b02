// SPDX-License-Identifier: Apache-2.0
// Search for a fair lasso; see liveness.hpp.
// First the states that a run can be in after the trigger and before the goal, in order of distance;
// among them a state where it may stop, else a strongly connected component that a fair run can stay in.
#include "sim/explore/liveness.hpp"

#include <algorithm>

namespace flowtank::explore {

namespace {

constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

/// Strongly connected components of parts of the graph (Tarjan, iterative).
class Components {
 public:
  explicit Components(const StateGraph& graph) : graph_(graph), order_(graph.size(), 0), low_(graph.size(), 0) {}

  /// The components of the part that `nodes` make up: those n with part_of[n] == number.
  std::vector<std::vector<std::uint32_t>> of(const std::vector<std::uint32_t>& nodes,
                                             const std::vector<std::uint32_t>& part_of, std::uint32_t number) {
    std::vector<std::vector<std::uint32_t>> components;
    clock_ = 0;
    for (const std::uint32_t node : nodes) {
      order_[node] = 0;
    }
    for (const std::uint32_t node : nodes) {
      if (order_[node] == 0) {
        search(node, part_of, number, components);
      }
    }
    return components;
  }

 private:
  static constexpr std::uint32_t closed = nowhere;

  void search(std::uint32_t start, const std::vector<std::uint32_t>& part_of, std::uint32_t number,
              std::vector<std::vector<std::uint32_t>>& components) {
    open(start);
    while (!frames_.empty()) {
      auto& [node, edge] = frames_.back();
      const auto edges = graph_.edges_of(node);
      if (edge == edges.size()) {
        close(components);
        continue;
      }
      const std::uint32_t target = edges[edge++].target;
      if (part_of[target] != number) {
        continue;
      }
      if (order_[target] == 0) {
        open(target);
      } else if (order_[target] != closed) {
        low_[node] = std::min(low_[node], order_[target]);
      }
    }
  }
  void open(std::uint32_t node) {
    order_[node] = low_[node] = ++clock_;
    stack_.push_back(node);
    frames_.emplace_back(node, 0);
  }
  void close(std::vector<std::vector<std::uint32_t>>& components) {
    const std::uint32_t node = frames_.back().first;
    frames_.pop_back();
    if (!frames_.empty()) {
      const std::uint32_t parent = frames_.back().first;
      low_[parent] = std::min(low_[parent], low_[node]);
    }
    if (low_[node] != order_[node]) {
      return;
    }
    std::vector<std::uint32_t>& component = components.emplace_back();
    for (bool last = false; !last; stack_.pop_back()) {
      component.push_back(stack_.back());
      order_[stack_.back()] = closed;
      last = stack_.back() == node;
    }
  }

  const StateGraph& graph_;
  std::uint32_t clock_ = 0;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> low_;
  std::vector<std::uint32_t> stack_;
  std::vector<std::pair<std::uint32_t, std::size_t>> frames_;
};

class LassoSearch {
 public:
  LassoSearch(const StateGraph& graph, const std::vector<Fairness>& rules, std::optional<unsigned> trigger_mark,
              unsigned goal_mark)
      : graph_(graph), rules_(rules), trigger_mark_(trigger_mark), goal_mark_(goal_mark),
        components_(graph), came_from_(std::size_t{2} * graph.size(), Arrival{}), set_of_(graph.size(), nowhere) {}

  std::optional<GraphLasso> run() {
    reach();
    for (const std::uint32_t node : pending_nodes_) {
      if (may_stop(node)) {
        return lasso(node, {});
      }
    }
    std::vector<std::vector<std::uint32_t>> work;
    split(pending_nodes_, work);
    while (!work.empty()) {
      std::vector<std::uint32_t> component = std::move(work.back());
      work.pop_back();
      if (auto cycle = fair_cycle(component, work)) {
        const std::uint32_t start = cycle->front().first;
        return lasso(start, std::move(*cycle));
      }
    }
    return std::nullopt;
  }

 private:
  /// How a node was first reached: by which edge, and from which phase. Phase 1: the trigger was seen and
  /// the goal has not held since.
  struct Arrival {
    std::uint32_t node = nowhere;  // nowhere: not reached, or the root itself
    std::uint32_t edge = 0;
    bool pending = false;  // phase of `node`
    bool reached = false;
  };

  bool holds(std::uint32_t node, unsigned mark) const { return (graph_.nodes[node].marks >> mark & 1U) != 0; }
  bool goal(std::uint32_t node) const { return holds(node, goal_mark_); }
  bool triggers(std::uint32_t node) const { return trigger_mark_ && holds(node, *trigger_mark_) && !goal(node); }
  Arrival& arrival(std::uint32_t node, bool pending) { return came_from_[std::size_t{2} * node + (pending ? 1 : 0)]; }

  /// Breadth first over (node, phase); fills pending_nodes_ in order of distance.
  void reach() {
    std::vector<std::pair<std::uint32_t, bool>> queue;
    const auto visit = [&](std::uint32_t node, bool pending, const Arrival& how) {
      Arrival& entry = arrival(node, pending);
      if (!entry.reached) {
        entry = how;
        entry.reached = true;
        queue.emplace_back(node, pending);
        if (pending) {
          pending_nodes_.push_back(node);
        }
      }
    };
    for (std::uint32_t root = 0; root < graph_.roots.size(); ++root) {
      if (trigger_mark_ ? triggers(root) : !goal(root)) {
        visit(root, true, {});
      }
      if (trigger_mark_) {
        visit(root, false, {});
      }
    }
    for (std::size_t at = 0; at < queue.size(); ++at) {
      const auto [node, pending] = queue[at];
      const auto edges = graph_.edges_of(node);
      for (std::uint32_t i = 0; i < edges.size(); ++i) {
        const std::uint32_t target = edges[i].target;
        const Arrival how{node, i, pending, false};
        if (pending ? !goal(target) : triggers(target)) {
          visit(target, true, how);
        }
        if (!pending) {
          visit(target, false, how);
        }
      }
    }
  }

  bool may_stop(std::uint32_t node) const {
    const GraphNode& entry = graph_.nodes[node];
    return entry.expanded && (entry.stuck || (!rules_.empty() && entry.enabled == 0));
  }

  /// Appends the components of a node set that contain an edge.
  void split(const std::vector<std::uint32_t>& nodes, std::vector<std::vector<std::uint32_t>>& out) {
    const std::uint32_t number = next_set_++;
    for (const std::uint32_t node : nodes) {
      set_of_[node] = number;
    }
    for (std::vector<std::uint32_t>& component : components_.of(nodes, set_of_, number)) {
      if (component.size() > 1) {  // edges change the state: no node has one to itself
        out.push_back(std::move(component));
      }
    }
  }

  /// A cycle through the component that satisfies every rule; else the parts in which one may still be
  /// are appended to `work`.
  std::optional<std::vector<GraphLasso::Step>> fair_cycle(const std::vector<std::uint32_t>& component,
                                                          std::vector<std::vector<std::uint32_t>>& work) {
    const std::uint32_t number = next_set_++;
    std::uint32_t taken = 0;
    std::uint32_t enabled_somewhere = 0;
    std::uint32_t enabled_everywhere = ~std::uint32_t{0};
    for (const std::uint32_t node : component) {
      set_of_[node] = number;
      enabled_somewhere |= graph_.nodes[node].enabled;
      enabled_everywhere &= graph_.nodes[node].enabled;
    }
    for (const std::uint32_t node : component) {
      for (const GraphEdge& edge : graph_.edges_of(node)) {
        taken |= set_of_[edge.target] == number ? edge.labels : 0U;
      }
    }
    std::uint32_t avoid = 0;  // strong rules that the component can only satisfy where they are disabled
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const std::uint32_t bit = std::uint32_t{1} << i;
      if ((taken & bit) != 0) {
        continue;
      }
      if (rules_[i] == Fairness::weak && (enabled_everywhere & bit) != 0) {
        return std::nullopt;
      }
      if (rules_[i] == Fairness::strong && (enabled_somewhere & bit) != 0) {
        avoid |= bit;
      }
    }
    if (avoid == 0) {
      return cycle_through(component, number, taken);
    }
    std::vector<std::uint32_t> rest;
    for (const std::uint32_t node : component) {
      if ((graph_.nodes[node].enabled & avoid) == 0) {
        rest.push_back(node);
      }
    }
    split(rest, work);
    return std::nullopt;
  }

  /// Takes an edge of every rule that is taken within the component, and visits a state where it is
  /// disabled for every other weak rule; returns to the start.
  std::vector<GraphLasso::Step> cycle_through(const std::vector<std::uint32_t>& component, std::uint32_t number,
                                              std::uint32_t taken) {
    const std::uint32_t start = *std::min_element(component.begin(), component.end());
    std::vector<GraphLasso::Step> cycle;
    std::uint32_t at = start;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const std::uint32_t bit = std::uint32_t{1} << i;
      if ((taken & bit) != 0) {
        at = extend(cycle, at, number, nowhere, bit, 0);
      } else if (rules_[i] == Fairness::weak) {
        at = extend(cycle, at, number, nowhere, 0, bit);
      }
    }
    if (cycle.empty()) {
      at = extend(cycle, at, number, nowhere, ~std::uint32_t{0}, 0, true);
    }
    extend(cycle, at, number, start, 0, 0);
    return cycle;
  }

  /// Walks on within the component by a shortest path: over an edge with one of `labels` (or any edge),
  /// else to a node where `disabled` is not enabled, else to `goal_node`. Returns where it ends.
  std::uint32_t extend(std::vector<GraphLasso::Step>& path, std::uint32_t from, std::uint32_t number,
                       std::uint32_t goal_node, std::uint32_t labels, std::uint32_t disabled, bool any_edge = false) {
    const auto arrived = [&](std::uint32_t node) {
      return node == goal_node || (disabled != 0 && (graph_.nodes[node].enabled & disabled) == 0);
    };
    if (arrived(from)) {
      return from;
    }
    std::vector<std::uint32_t> queue = {from};
    std::vector<std::pair<std::uint32_t, GraphLasso::Step>> steps = {{nowhere, {from, 0}}};  // parallel to queue
    std::vector<bool> seen(graph_.size(), false);
    seen[from] = true;
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const std::uint32_t node = queue[head];
      const auto edges = graph_.edges_of(node);
      for (std::uint32_t i = 0; i < edges.size(); ++i) {
        const std::uint32_t target = edges[i].target;
        if (set_of_[target] != number) {
          continue;
        }
        const bool wanted = any_edge || (edges[i].labels & labels) != 0 || arrived(target);
        if (wanted) {
          append(path, steps, head);
          path.emplace_back(node, i);
          return target;
        }
        if (!seen[target]) {
          seen[target] = true;
          queue.push_back(target);
          steps.push_back({static_cast<std::uint32_t>(head), {node, i}});
        }
      }
    }
    check_failed(__FILE__, __LINE__, "a component is strongly connected", "lasso");
  }

  static void append(std::vector<GraphLasso::Step>& path,
                     const std::vector<std::pair<std::uint32_t, GraphLasso::Step>>& steps, std::size_t last) {
    std::vector<GraphLasso::Step> reversed;
    for (std::size_t at = last; steps[at].first != nowhere; at = steps[at].first) {
      reversed.push_back(steps[at].second);
    }
    path.insert(path.end(), reversed.rbegin(), reversed.rend());
  }

  GraphLasso lasso(std::uint32_t node, std::vector<GraphLasso::Step> cycle) {
    GraphLasso found;
    bool pending = true;
    for (const Arrival* how = &arrival(node, pending); how->node != nowhere; how = &arrival(node, pending)) {
      found.prefix.emplace_back(how->node, how->edge);
      node = how->node;
      pending = how->pending;
    }
    std::reverse(found.prefix.begin(), found.prefix.end());
    found.root = node;
    found.cycle = std::move(cycle);
    return found;
  }

  const StateGraph& graph_;
  const std::vector<Fairness>& rules_;
  std::optional<unsigned> trigger_mark_;
  unsigned goal_mark_;
  Components components_;
  std::vector<Arrival> came_from_;
  std::vector<std::uint32_t> set_of_;
  std::uint32_t next_set_ = 0;
  std::vector<std::uint32_t> pending_nodes_;
};

}  // namespace

std::optional<GraphLasso> find_lasso(const StateGraph& graph, const std::vector<Fairness>& rules,
                                     std::optional<unsigned> trigger_mark, unsigned goal_mark) {
  FLOWTANK_CHECK(rules.size() <= 32, "at most 32 fairness rules");
  return LassoSearch(graph, rules, trigger_mark, goal_mark).run();
}

}  // namespace flowtank::explore
