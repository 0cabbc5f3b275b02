// SPDX-License-Identifier: Apache-2.0
// Exhaustive breadth first search without any reduction: the reference for every other way to search.
// Level by level, so that the first witness of a property is a shortest one. The frontier is a range of
// numbers of the search tree, not a queue of states; the system walks the tree (see search_tree.hpp).
// Invariant: counts, depth and witnesses are functions of the system and the options alone.
#pragma once

#include "sim/explore/expander.hpp"
#include "sim/explore/search_tree.hpp"

#include <algorithm>

namespace flowtank::explore {

template <TransitionSystem S>
class BreadthFirst final : public SearchPosition<typename S::Action> {
 public:
  using Action = typename S::Action;

  BreadthFirst(S& system, const std::vector<Property<S>>& properties, const Options<S>& options)
      : system_(system), options_(options), tree_(system, options.memory_limit), expander_(system, properties, options, *this) {}

  Outcome<Action> run() {
    for (std::size_t i = 0; i < system_.initial_count() && expander_.growing(); ++i) {
      system_.enter_initial(i);
      if (expander_.enter_initial()) {
        tree_.add_root(i);
      }
    }
    std::uint32_t begin = 0;
    std::uint64_t depth = 0;
    while (begin < tree_.size() && !expander_.stopped()) {
      const std::uint32_t end = tree_.size();
      expander_.counts().depth = depth + 1;
      for (std::uint32_t node = begin; node < end && !expander_.stopped(); ++node) {
        enter(node, depth);
      }
      begin = end;
      ++depth;
    }
    return expander_.finish();
  }

  Witness<Action> path() const override { return tree_.path(); }
  std::size_t bytes() const override { return tree_.bytes(); }

 private:
  void enter(std::uint32_t node, std::uint64_t depth) {
    tree_.go_to(node, static_cast<std::size_t>(depth));
    expander_.visit();
    if (!expander_.growing()) {
      return;
    }
    if (depth >= options_.max_depth) {
      expander_.expand_not();
      return;
    }
    actions_.clear();
    choices_.clear();
    expander_.expand(actions_, &choices_);
    if (!actions_.empty()) tree_.remember_step();
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      tree_.add(node, actions_[i], choices_[i]);
    }
  }

  S& system_;
  const Options<S>& options_;
  SearchTree<S> tree_;
  Expander<S> expander_;
  std::vector<Action> actions_;
  std::vector<std::uint16_t> choices_;
};

/// Decides `properties` over all reachable states, with shortest witnesses. The system is left in some
/// state; enter an initial one before using it further.
template <TransitionSystem S>
Outcome<typename S::Action> breadth_first(S& system, const std::vector<Property<S>>& properties = {},
                                          const Options<S>& options = {}) {
  return BreadthFirst<S>(system, properties, options).run();
}

}  // namespace flowtank::explore
