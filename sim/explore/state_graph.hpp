// SPDX-License-Identifier: Apache-2.0
// The explicit graph of reachable states, for questions that a visited set cannot answer.
// Liveness needs the edges: 12 bytes each, and about 40 bytes a state. That fits some tens of millions
// of edges; a graph that does not fit is cut at its limits and says so. Invariant: nodes are numbered in
// breadth first order; the edges of an expanded node are all its state-changing actions whose target is
// within the boundary.
#pragma once

#include "sim/explore/search.hpp"
#include "sim/explore/search_tree.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace flowtank::explore {

/// One state-changing action between two stored states.
struct GraphEdge {
  std::uint32_t target = 0;
  std::uint32_t labels = 0;  ///< bit i: label i covers the action
  std::uint16_t choice = 0;  ///< position among the enabled actions
};

/// One distinct state.
struct GraphNode {
  std::uint64_t first_edge = 0;  ///< its edges end where those of the next node begin
  std::uint32_t enabled = 0;     ///< bit i: an action of label i is enabled and changes the state (leaving
                                 ///< the boundary counts)
  std::uint32_t marks = 0;       ///< bit i: state predicate i holds
  bool expanded = false;         ///< false: beyond a limit, edges unknown
  bool stuck = false;            ///< expanded, and no enabled action changes the state
};

struct StateGraph {
  std::vector<GraphNode> nodes;  // one more than there are states: the sentinel of first_edge
  std::vector<GraphEdge> edges;
  std::vector<std::size_t> roots;  ///< root i is node i: the index of its initial state
  Limit limit = Limit::none;

  std::uint32_t size() const { return nodes.empty() ? 0 : static_cast<std::uint32_t>(nodes.size() - 1); }
  bool complete() const { return limit == Limit::none; }
  std::span<const GraphEdge> edges_of(std::uint32_t node) const {
    return std::span(edges).subspan(static_cast<std::size_t>(nodes[node].first_edge),
                                    static_cast<std::size_t>(nodes[node + 1].first_edge - nodes[node].first_edge));
  }
};

/// What to record: at most 32 labels of actions (asked in the state before the action) and 32 predicates.
template <class S>
struct GraphQuestions {
  std::vector<std::function<bool(const S&, const typename S::Action&)>> labels;
  std::vector<std::function<bool(const S&)>> marks;
};

/// Numbers the fingerprints it is shown, in order of first appearance.
class FingerprintIndex {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  /// The number of a known fingerprint, else none.
  std::uint32_t find(Fingerprint fingerprint) const { return slots_[slot_of(fingerprint)]; }
  /// The fingerprint must not be known.
  std::uint32_t add(Fingerprint fingerprint);
  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }
  std::size_t bytes() const { return keys_.capacity() * sizeof(Fingerprint) + slots_.capacity() * sizeof(std::uint32_t); }

 private:
  std::size_t slot_of(Fingerprint fingerprint) const;

  std::vector<Fingerprint> keys_;
  std::vector<std::uint32_t> slots_ = std::vector<std::uint32_t>(64, none);
};

/// Builds the graph breadth first. Of the options it heeds max_states, max_depth, memory_limit, the
/// callbacks and the boundary.
template <TransitionSystem S>
class StateGraphBuilder {
 public:
  using Action = typename S::Action;

  StateGraphBuilder(S& system, const GraphQuestions<S>& questions, const Options<S>& options)
      : system_(system), questions_(questions), options_(options), tree_(system, options.memory_limit) {}

  StateGraph build() {
    for (std::size_t i = 0; i < system_.initial_count(); ++i) {
      system_.enter_initial(i);
      if (within_boundary() && index_.find(system_.fingerprint()) == FingerprintIndex::none) {
        index_.add(system_.fingerprint());
        tree_.add_root(i);
        graph_.roots.push_back(i);
      }
    }
    std::uint32_t level_end = tree_.size();
    std::size_t depth = 0;
    for (std::uint32_t node = 0; node < tree_.size(); ++node) {
      if (node == level_end) {
        level_end = tree_.size();
        ++depth;
      }
      tree_.go_to(node, depth);
      enter(node, depth);
    }
    graph_.nodes.push_back({graph_.edges.size(), 0, 0, false, false});
    return std::move(graph_);
  }

 private:
  bool within_boundary() const { return !options_.boundary || options_.boundary(system_); }

  void enter(std::uint32_t node, std::size_t depth) {
    GraphNode& entry = graph_.nodes.emplace_back();
    entry.first_edge = graph_.edges.size();
    for (std::size_t i = 0; i < questions_.marks.size(); ++i) {
      entry.marks |= questions_.marks[i](system_) ? std::uint32_t{1} << i : 0U;
    }
    poll(node, depth);
    if (graph_.limit != Limit::none) {
      return;
    }
    actions_.clear();
    system_.enabled(actions_);
    if (actions_.size() > std::numeric_limits<std::uint16_t>::max()) {
      graph_.limit = Limit::branching;
      return;
    }
    entry.expanded = true;
    entry.stuck = true;
    const auto here = system_.mark();
    const Fingerprint now = system_.fingerprint();
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      const std::uint32_t labels = labels_of(actions_[i]);
      system_.apply(actions_[i]);
      if (system_.fingerprint() != now) {
        entry.stuck = false;
        entry.enabled |= labels;
        add_edge(node, i, labels, entry);
      }
      system_.undo(here);
    }
  }

  void add_edge(std::uint32_t node, std::size_t choice, std::uint32_t labels, GraphNode& entry) {
    if (!within_boundary()) {
      return;
    }
    std::uint32_t target = index_.find(system_.fingerprint());
    if (target == FingerprintIndex::none) {
      if (tree_.size() >= options_.max_states) {
        graph_.limit = Limit::states;
        entry.expanded = false;  // its edges are not all there
        return;
      }
      target = index_.add(system_.fingerprint());
      tree_.add(node, actions_[choice], static_cast<std::uint16_t>(choice));
    }
    graph_.edges.push_back({target, labels, static_cast<std::uint16_t>(choice)});
  }

  std::uint32_t labels_of(const Action& action) const {
    std::uint32_t labels = 0;
    for (std::size_t i = 0; i < questions_.labels.size(); ++i) {
      labels |= questions_.labels[i](system_, action) ? std::uint32_t{1} << i : 0U;
    }
    return labels;
  }

  void poll(std::uint32_t node, std::size_t depth) {
    if (graph_.limit != Limit::none) {
      return;
    }
    if (depth >= options_.max_depth) {
      graph_.limit = Limit::depth;
    } else if (node % options_.poll_every != 0) {
      return;
    } else if (options_.cancelled && options_.cancelled()) {
      graph_.limit = Limit::cancelled;
    } else if (options_.out_of_time && options_.out_of_time()) {
      graph_.limit = Limit::time;
    } else if (bytes() > options_.memory_limit) {
      graph_.limit = Limit::memory;
    }
  }
  std::size_t bytes() const {
    return index_.bytes() + tree_.bytes() + graph_.nodes.capacity() * sizeof(GraphNode) +
           graph_.edges.capacity() * sizeof(GraphEdge);
  }

  S& system_;
  const GraphQuestions<S>& questions_;
  const Options<S>& options_;
  SearchTree<S> tree_;
  FingerprintIndex index_;
  StateGraph graph_;
  std::vector<Action> actions_;
};

}  // namespace flowtank::explore
