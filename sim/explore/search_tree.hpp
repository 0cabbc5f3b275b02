// SPDX-License-Identifier: Apache-2.0
// The tree of a breadth first search, and the walk of the one in-place system over it.
// A node keeps its parent and the action that led from there: six to eight bytes. There are no
// snapshots: to stand in a node again the walk undoes to the nearest common ancestor and applies the
// actions down from it. Nodes are visited in the order in which they were added, so neighbours share
// most of their path and a visit costs two or three repeated actions. Invariant: after go_to(n) the
// system is in the state of node n.
#pragma once

#include "sim/explore/search.hpp"
#include "sim/explore/segmented_vector.hpp"
#include "sim/explore/transition_system.hpp"


namespace flowtank::explore {

template <TransitionSystem S>
class SearchTree {
 public:
  using Action = typename S::Action;
  using Mark = typename S::Mark;
  static constexpr std::uint32_t no_parent = std::numeric_limits<std::uint32_t>::max();
  /// A small action is kept itself; of a large one only its position among the enabled ones.
  static constexpr bool keeps_actions = sizeof(Action) <= 4;

  explicit SearchTree(S& system) : system_(system) {}

  std::uint32_t size() const { return static_cast<std::uint32_t>(parents_.size()); }
  std::size_t bytes() const { return parents_.bytes() + steps_.bytes(); }

  /// Roots come first. `initial` is the index of the initial state.
  void add_root(std::size_t initial) {
    roots_.push_back(initial);
    add(no_parent, Action{}, 0);
  }
  /// `choice` is the position of `action` among the enabled actions of `parent`.
  void add(std::uint32_t parent, const Action& action, std::uint16_t choice) {
    parents_.push_back(parent);
    if constexpr (keeps_actions) {
      steps_.push_back(action);
    } else {
      steps_.push_back(choice);
    }
  }

  /// `depth` is the number of actions from a root to `node`.
  void go_to(std::uint32_t node, std::size_t depth) {
    pending_.clear();
    std::uint32_t at = node;
    while (depth >= nodes_.size() || nodes_[depth] != at) {
      pending_.push_back(at);
      if (depth == 0) {
        enter_root(at);
        pending_.pop_back();
        break;
      }
      at = parents_[at];
      --depth;
    }
    if (nodes_.size() != depth + 1) {
      nodes_.resize(depth + 1);
      marks_.resize(depth + 1);
      actions_.resize(depth);
    }
    system_.undo(marks_.back());
    for (; !pending_.empty(); pending_.pop_back()) {
      descend(pending_.back());
    }
  }

  /// The path to the node of the last go_to().
  Witness<Action> path() const { return {nodes_.empty() ? 0 : roots_[nodes_.front()], actions_, {}}; }

 private:
  void enter_root(std::uint32_t root) {
    system_.enter_initial(roots_[root]);
    nodes_.assign(1, root);
    marks_.assign(1, system_.mark());
    actions_.clear();
  }
  void descend(std::uint32_t node) {
    Action action{};
    if constexpr (keeps_actions) {
      action = steps_[node];
    } else {
      action = listed_in(nodes_.size() - 1)[steps_[node]];
    }
    system_.apply(action);
    nodes_.push_back(node);
    marks_.push_back(system_.mark());
    actions_.push_back(action);
  }

  /// The actions enabled in the state at this depth of the path, where the system stands: siblings ask for them in turn.
  const std::vector<Action>& listed_in(std::size_t depth) {
    if (lists_.size() <= depth) lists_.resize(depth + 1);
    List& list = lists_[depth];
    if (list.node != nodes_[depth]) {
      list.node = nodes_[depth];
      list.actions.clear();
      system_.enabled(list.actions);
    }
    return list.actions;
  }

  struct List {
    std::uint32_t node = no_parent;
    std::vector<Action> actions;
  };

  S& system_;
  SegmentedVector<std::uint32_t> parents_;
  SegmentedVector<std::conditional_t<keeps_actions, Action, std::uint16_t>> steps_;
  std::vector<std::size_t> roots_;
  // The path on which the system stands: nodes_[d] at depth d, actions_[d] leads from it to nodes_[d + 1].
  std::vector<std::uint32_t> nodes_;
  std::vector<Mark> marks_;
  std::vector<Action> actions_;
  std::vector<std::uint32_t> pending_;
  std::vector<List> lists_;  // by depth: what is enabled in the node that was there last
};

}  // namespace flowtank::explore
