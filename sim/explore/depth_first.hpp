// SPDX-License-Identifier: Apache-2.0
// Exhaustive depth first search: the fastest way to enter every state once.
// Each state is expanded whole (apply, prefetch, undo), its successors are looked up together, and the
// new ones are entered one after the other by applying their action again. The only memory besides the
// visited set is the stack, which is also the path of a witness; witnesses are not shortest ones.
// Invariant: without limits it enters the same states and counts the same transitions as breadth first.
#pragma once

#include "sim/explore/expander.hpp"

namespace flowtank::explore {

template <TransitionSystem S>
class DepthFirst final : public SearchPosition<typename S::Action> {
 public:
  using Action = typename S::Action;

  DepthFirst(S& system, const std::vector<Property<S>>& properties, const Options<S>& options)
      : system_(system), options_(options), expander_(system, properties, options, *this) {}

  Outcome<Action> run() {
    for (initial_ = 0; initial_ < system_.initial_count() && expander_.growing(); ++initial_) {
      frames_.clear();
      actions_.clear();
      system_.enter_initial(initial_);
      if (expander_.enter_initial()) {
        enter();
        walk();
      }
    }
    return expander_.finish();
  }

  Witness<Action> path() const override {
    Witness<Action> witness{initial_, {}, {}};
    for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
      witness.actions.push_back(actions_[frames_[i].next - 1]);
    }
    return witness;
  }
  std::size_t bytes() const override {
    return frames_.capacity() * sizeof(Frame) + actions_.capacity() * sizeof(Action);
  }

 private:
  /// A state on the stack. Its new successors are actions_[begin, end); those before `next` were entered.
  struct Frame {
    typename S::Mark mark;
    std::size_t begin;
    std::size_t next;
    std::size_t end;
  };

  /// The system is in a state that was just stored.
  void enter() {
    frames_.push_back({system_.mark(), actions_.size(), actions_.size(), actions_.size()});
    Counts& counts = expander_.counts();
    if (frames_.size() > counts.depth) {
      counts.depth = frames_.size();
    }
    expander_.visit();
    if (!expander_.growing()) {
      return;
    }
    if (frames_.size() > options_.max_depth) {
      expander_.expand_not();
      return;
    }
    expander_.expand(actions_);
    frames_.back().end = actions_.size();
  }

  void walk() {
    while (!frames_.empty() && !expander_.stopped()) {
      Frame& top = frames_.back();
      if (top.next < top.end) {
        system_.apply(actions_[top.next++]);
        enter();
        continue;
      }
      actions_.resize(top.begin);
      frames_.pop_back();
      if (!frames_.empty()) {
        system_.undo(frames_.back().mark);
      }
    }
  }

  S& system_;
  const Options<S>& options_;
  Expander<S> expander_;
  std::size_t initial_ = 0;
  std::vector<Frame> frames_;
  std::vector<Action> actions_;
};

/// Decides `properties` over all reachable states; fastest, with witnesses of any length. A depth limit
/// makes it incomplete in a way that depends on the order of actions: use breadth_first for bounds.
template <TransitionSystem S>
Outcome<typename S::Action> depth_first(S& system, const std::vector<Property<S>>& properties = {},
                                        const Options<S>& options = {}) {
  return DepthFirst<S>(system, properties, options).run();
}

}  // namespace flowtank::explore
