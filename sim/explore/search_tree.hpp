// SPDX-License-Identifier: Apache-2.0
// The tree of a breadth first search, and the walk of the one in-place system over it.
// A node keeps its parent and the action that led from there, or the number of that action: eight bytes. There are no
// snapshots: to stand in a node again the walk undoes to the nearest common ancestor and applies the
// actions down from it. Nodes are visited in the order in which they were added, so neighbours share
// most of their path; still a visit comes through about four nodes in between, and what the steps to those changed is
// remembered where the system can make a change again without its action. Invariant: after go_to(n) the system is in
// the state of node n, and the last step to it was an action that took place.
#pragma once

#include "sim/explore/search.hpp"
#include "sim/explore/segmented_vector.hpp"
#include "sim/explore/transition_system.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace flowtank::explore {

/// Actions that can be told apart by a number of 64 bits.
template <class Action>
concept HashedAction = requires(const Action& action) {
  { hash_of(action) } -> std::convertible_to<std::uint64_t>;
};

/// Every different action once. A search takes few different actions many times, and asks for one again by its number, where
/// listing all that is enabled would cost as much as the visit itself. Of a HashedAction; its name may be said of others.
template <class Action>
class ActionTable {
 public:
  std::uint32_t number_of(const Action& action) {
    if (2 * (actions_.size() + 1) > slots_.size()) grow();
    std::uint32_t& slot = slots_[place_of(action)];
    if (slot == 0) {
      actions_.push_back(action);
      slot = static_cast<std::uint32_t>(actions_.size());
    }
    return slot - 1;
  }
  const Action& operator[](std::uint32_t number) const { return actions_[number]; }
  std::size_t bytes() const { return actions_.capacity() * sizeof(Action) + slots_.capacity() * sizeof(std::uint32_t); }

 private:
  std::size_t place_of(const Action& action) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(hash_of(action)) & mask;
    while (slots_[at] != 0 && !(actions_[slots_[at] - 1] == action)) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), 0);
    for (std::uint32_t n = 0; n < actions_.size(); ++n) slots_[place_of(actions_[n])] = n + 1;
  }

  std::vector<Action> actions_;
  std::vector<std::uint32_t> slots_;  // open addressing; number + 1, 0: free
};
/// Of other large actions nothing is kept here.
struct NoActionTable {
  std::size_t bytes() const { return 0; }
};

/// A system that can make a change again without the action that made it.
template <class S>
concept RedoesChanges = requires(S& system, const typename S::Mark& mark, std::vector<typename S::Change>& out, Fingerprint fingerprint) {
  system.changes_since(mark, out);
  system.redo(std::span<const typename S::Change>(out), fingerprint);
};

/// What the steps to nodes changed, for nodes that a walk comes through on its way to others: most steps of a breadth first search
/// are taken only to stand somewhere else. Kept for as many nodes as fit; when it is full, all are forgotten.
template <class Change>
class ChangesOfSteps {
 public:
  explicit ChangesOfSteps(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// What grows with the nodes, whatever is remembered of them; bytes.
  std::size_t bytes_of_nodes() const { return places_.capacity() * sizeof(std::uint32_t); }

  bool knows(std::uint32_t node) const { return node < places_.size() && places_[node] != 0; }
  Fingerprint fingerprint(std::uint32_t node) const { return steps_[places_[node] - 1].fingerprint; }
  std::span<const Change> changes(std::uint32_t node) const {
    const Step& step = steps_[places_[node] - 1];
    return {changes_.data() + step.first, step.count};
  }
  // What is known of some nodes is about to be used: their cache misses overlap. Always inline: a call of what only prefetches is
  // taken for one without effect, and left out.
  [[gnu::always_inline]] void prefetch(std::span<const std::uint32_t> nodes) const {
    for (const std::uint32_t node : nodes) {
      if (node < places_.size()) __builtin_prefetch(&places_[node]);
    }
    for (const std::uint32_t node : nodes) {
      if (knows(node)) __builtin_prefetch(&steps_[places_[node] - 1]);
    }
    for (const std::uint32_t node : nodes) {
      if (!knows(node)) continue;
      const Change* const first = changes_.data() + steps_[places_[node] - 1].first;
      __builtin_prefetch(first);
      __builtin_prefetch(first + 4);
      __builtin_prefetch(first + 8);
    }
  }
  void keep(std::uint32_t node, std::span<const Change> changes, Fingerprint fingerprint) {
    if ((changes_.size() + changes.size()) * sizeof(Change) + (steps_.size() + 1) * sizeof(Step) > most_bytes_) {
      std::fill(places_.begin(), places_.end(), 0U);
      steps_.clear();
      changes_.clear();
    }
    if (node >= places_.size()) places_.resize(node + node / 2 + 64, 0);
    steps_.push_back({fingerprint, changes_.size(), changes.size()});
    changes_.insert(changes_.end(), changes.begin(), changes.end());
    places_[node] = static_cast<std::uint32_t>(steps_.size());
  }

 private:
  struct Step {
    Fingerprint fingerprint = 0;
    std::size_t first = 0;
    std::size_t count = 0;
  };
  std::size_t most_bytes_;
  std::vector<std::uint32_t> places_;  // by node: position in steps_ + 1; 0: not known
  std::vector<Step> steps_;
  std::vector<Change> changes_;
};

template <class S>
struct StepMemory {
  explicit StepMemory(std::size_t) {}
  std::size_t bytes_of_nodes() const { return 0; }
};
template <RedoesChanges S>
struct StepMemory<S> {
  explicit StepMemory(std::size_t most_bytes) : steps(most_bytes) {}
  std::size_t bytes_of_nodes() const { return steps.bytes_of_nodes(); }
  ChangesOfSteps<typename S::Change> steps;
  std::vector<typename S::Change> scratch;
};

template <TransitionSystem S>
class SearchTree {
 public:
  using Action = typename S::Action;
  using Mark = typename S::Mark;
  static constexpr std::uint32_t no_parent = std::numeric_limits<std::uint32_t>::max();
  /// A small action is kept itself; of a large one its number, or, where it has no hash, only its position among the enabled ones.
  static constexpr bool keeps_actions = sizeof(Action) <= 4;
  static constexpr bool numbers_actions = !keeps_actions && HashedAction<Action>;

  /// What steps changed is remembered up to an eighth of the search's limit and 256 MB (of what is in use; vectors hold up to
  /// twice that), not counted in bytes().
  SearchTree(S& system, std::size_t memory_limit) : system_(system), memory_(std::min(memory_limit / 8, std::size_t{1} << 28)) {}

  std::uint32_t size() const { return static_cast<std::uint32_t>(parents_.size()); }
  std::size_t bytes() const { return parents_.bytes() + steps_.bytes() + numbers_.bytes() + memory_.bytes_of_nodes(); }

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
    } else if constexpr (numbers_actions) {
      steps_.push_back(numbers_.number_of(action));
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
    if constexpr (RedoesChanges<S>) {
      if (pending_.size() > 2) memory_.steps.prefetch(std::span<const std::uint32_t>(pending_).subspan(1));
    }
    system_.undo(marks_.back());
    for (; !pending_.empty(); pending_.pop_back()) {
      if (pending_.size() == 1 || !pass(pending_.back())) descend(pending_.back(), pending_.size() > 1);
    }
  }

  /// The system stands in the node of the last go_to(), and the walk will come through it again.
  void remember_step() {
    if constexpr (RedoesChanges<S>) {
      if (nodes_.size() > 1 && !memory_.steps.knows(nodes_.back())) remember(nodes_.back(), marks_[marks_.size() - 2]);
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
  void remember(std::uint32_t node, [[maybe_unused]] const Mark& parent) {
    if constexpr (RedoesChanges<S>) {
      memory_.scratch.clear();
      system_.changes_since(parent, memory_.scratch);
      memory_.steps.keep(node, memory_.scratch, system_.fingerprint());
    }
  }
  /// Goes on to a node in between, if it is known what that changes.
  bool pass([[maybe_unused]] std::uint32_t node) {
    if constexpr (RedoesChanges<S>) {
      if (!memory_.steps.knows(node)) return false;
      system_.redo(memory_.steps.changes(node), memory_.steps.fingerprint(node));
      nodes_.push_back(node);
      marks_.push_back(system_.mark());
      actions_.push_back(action_to(node));
      return true;
    } else {
      return false;
    }
  }
  void descend(std::uint32_t node, bool in_between) {
    const Action action = action_to(node);
    system_.apply(action);
    if (in_between) remember(node, marks_.back());
    nodes_.push_back(node);
    marks_.push_back(system_.mark());
    actions_.push_back(action);
  }

  /// The system stands in the node's parent.
  Action action_to(std::uint32_t node) {
    Action action{};
    if constexpr (keeps_actions) {
      action = steps_[node];
    } else if constexpr (numbers_actions) {
      action = numbers_[steps_[node]];
    } else {
      action = listed_in(nodes_.size() - 1)[steps_[node]];
    }
    return action;
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
  StepMemory<S> memory_;
  SegmentedVector<std::uint32_t> parents_;
  SegmentedVector<std::conditional_t<keeps_actions, Action, std::conditional_t<numbers_actions, std::uint32_t, std::uint16_t>>> steps_;
  std::conditional_t<numbers_actions, ActionTable<Action>, NoActionTable> numbers_;
  std::vector<std::size_t> roots_;
  // The path on which the system stands: nodes_[d] at depth d, actions_[d] leads from it to nodes_[d + 1].
  std::vector<std::uint32_t> nodes_;
  std::vector<Mark> marks_;
  std::vector<Action> actions_;
  std::vector<std::uint32_t> pending_;
  std::vector<List> lists_;  // by depth: what is enabled in the node that was there last
};

}  // namespace flowtank::explore
