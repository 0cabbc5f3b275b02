// SPDX-License-Identifier: Apache-2.0
// Stubborn sets: in a state, a set of actions that is enough to take. Computed from typed accesses by a
// closure, a function of the state alone, so that counts depend on no order of search and no thread.
//
// A set T is good enough in state s (weak stubborn sets, Valmari 1991) if
//   D1  for a in T: whenever b1...bn outside T and then a can happen from s, so can a and then b1...bn, with
//       the same result;
//   D2  T has an enabled KEY action that b1...bn outside T never disable (and that D1 holds for).
// Then every path p from s to a deadlock d has an action of T in it (else the key were enabled in d); its first
// one moves to the front: s reaches d by a path that begins in T. By induction every deadlock is kept.
// For "a state with this valuation is reachable" two conditions come on top.
//   Visibility  if the key changes what a property reads, T holds all actions that do. Let p lead from s to
//               such a state, with no action of T in it. Key invisible: taking it first leads, by p again, to
//               a state of the same valuation. Key visible: no action of p is, so s itself has the valuation.
//   Cycles      the last argument postpones p; it must not do so for ever. In every cycle there is an action
//               with may_repeat(); a state that would take one is expanded whole. Keys of the other states
//               therefore never close a cycle, and p gets its turn.
// A transition property reads after its action; those reads are accesses of that action (extended footprint), so
// that whatever could change its outcome conflicts with it; then both arguments carry over.
// Terminal states of a system that knows quiescence may still have faults enabled: there the key must be no
// fault (a non-fault that stays enabled to the end of p contradicts quiescence), and a quiescent state itself is
// expanded whole.
#pragma once

#include "sim/explore/action_set.hpp"
#include "sim/explore/foreseeing_system.hpp"

#include <algorithm>

namespace flowtank::explore {

template <ForeseeingSystem S>
class StubbornSets {
 public:
  using Action = typename S::Action;

  StubbornSets(const S& system, const std::vector<ReducibleProperty<S>>& properties)
      : count_(system.action_count()), members_(count_), best_(count_), enabled_set_(count_) {
    static_assert(!KnowsQuiescence<S> || KnowsFaults<S>, "a system that knows quiescence must tell faults from the rest");
    collect_accesses(system, properties);
    find_refilled(system);
    relate();
    find_visible(system, properties);
    for (std::uint32_t a = 0; a < count_; ++a) {
      repeats_.push_back(system.may_repeat(system.action(a)));
      if constexpr (KnowsFaults<S>) faults_.push_back(system.is_fault(system.action(a)));
      else faults_.push_back(false);
    }
  }

  /// Leaves of the enabled `actions` of the present state those that are enough. True if any was left out.
  bool reduce(const S& system, std::vector<Action>& actions) {
    if (actions.size() < 2) return false;
    if constexpr (KnowsQuiescence<S>) {
      if (system.quiescent()) return false;
    }
    enabled_.clear();
    enabled_set_.clear();
    for (const Action& action : actions) {
      enabled_.push_back(system.action_number(action));
      enabled_set_.insert(enabled_.back());
    }
    enablers_known_.assign(count_, nullptr);
    std::size_t fewest = enabled_.size();
    for (const std::uint32_t key : enabled_) {
      if (faults_[key] || fewest == 1) continue;
      const std::size_t size = close(system, key, fewest);
      if (size < fewest) {
        fewest = size;
        std::swap(best_, members_);
      }
    }
    if (fewest == enabled_.size()) return false;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < actions.size(); ++i) {
      if (best_.contains(enabled_[i])) actions[kept++] = actions[i];
    }
    actions.resize(kept);
    return true;
  }

  bool may_repeat(const S& system, const Action& action) const { return repeats_[system.action_number(action)]; }

 private:
  using Accesses = std::vector<Access>;

  void collect_accesses(const S& system, const std::vector<ReducibleProperty<S>>& properties) {
    accesses_.resize(count_);
    guards_.resize(count_);
    for (std::uint32_t a = 0; a < count_; ++a) {
      const Action action = system.action(a);
      system.every_access(action, accesses_[a]);
      guards_[a] = accesses_[a];
      // Extended footprint: what a transition property reads after the action.
      for (const ReducibleProperty<S>& asked : properties) {
        if (asked.property.kind != PropertyKind::transition || (asked.concerns && !asked.concerns(action))) continue;
        // It may look at what the action itself touched: two additions commute, but each sees another sum.
        for (const Access& own : guards_[a]) accesses_[a].push_back({own.component, AccessKind::read});
        if (asked.reads_known) {
          for (const std::uint32_t c : asked.reads) accesses_[a].push_back({c, AccessKind::read});
        } else {
          for (std::uint32_t c = 0; c < system.component_count(); ++c) accesses_[a].push_back({c, AccessKind::read});
        }
      }
    }
  }

  void find_refilled(const S& system) {
    refilled_.assign(system.component_count(), false);
    grows_.assign(system.component_count(), ActionSet(count_));
    changes_.assign(system.component_count(), ActionSet(count_));
    for (std::uint32_t a = 0; a < count_; ++a) {
      for (const Access& access : accesses_[a]) {
        const bool more = access.kind == AccessKind::add || access.kind == AccessKind::write;
        if (more) {
          refilled_[access.component] = true;
          grows_[access.component].insert(a);
        }
        if (more || access.kind == AccessKind::take) changes_[access.component].insert(a);
      }
    }
  }

  /// Must b be in the set because a, enabled but not the key, is (D1 for a)? Less than conflicts(): a is enabled
  /// now and is only ever moved forward, over actions that happened with less or as much to take.
  ///  - a tests, b takes: a needs nothing that b leaves; it tests before, and changes nothing for b.
  ///  - both take from what nobody ever refills (a budget): where b1...bn and then a had enough, so have a
  ///    and then b1...bn. If somebody refills, a could take early what the refill was to give later: a conflict.
  bool holds_back(const Access& a, const Access& b) const {
    if (a.kind == AccessKind::test && b.kind == AccessKind::take) return false;
    if (a.kind == AccessKind::take && b.kind == AccessKind::take) return refilled_[a.component];
    return conflicts(a.kind, b.kind);
  }

  void relate() {
    conflicts_.assign(count_, ActionSet(count_));
    holds_back_.assign(count_, ActionSet(count_));
    for (std::uint32_t a = 0; a < count_; ++a) {
      for (std::uint32_t b = 0; b < count_; ++b) {
        if (a == b) continue;
        for (const Access& left : accesses_[a]) {
          for (const Access& right : accesses_[b]) {
            if (left.component != right.component) continue;
            if (conflicts(left.kind, right.kind)) conflicts_[a].insert(b);
            if (holds_back(left, right)) holds_back_[a].insert(b);
          }
        }
      }
    }
  }

  void find_visible(const S& system, const std::vector<ReducibleProperty<S>>& properties) {
    visible_ = ActionSet(count_);
    for (const ReducibleProperty<S>& asked : properties) {
      const PropertyKind kind = asked.property.kind;
      // Every terminal state of a system that knows quiescence is kept by D1 and D2 alone; elsewhere a terminal
      // state may have enabled actions that change nothing, and a key may be one of them.
      if (kind != PropertyKind::terminal || !KnowsQuiescence<S>) postpones_ = true;
      if (kind != PropertyKind::always && kind != PropertyKind::sometimes) continue;
      for (std::uint32_t c = 0; c < system.component_count(); ++c) {
        const bool read = !asked.reads_known || std::find(asked.reads.begin(), asked.reads.end(), c) != asked.reads.end();
        if (read) visible_.unite(changes_[c], [](std::uint32_t) {});
      }
    }
  }

  /// The closure of one key into members_; the number of its enabled actions, or `limit` if it is no better.
  std::size_t close(const S& system, std::uint32_t key, std::size_t limit) {
    members_.clear();
    work_.clear();
    std::size_t enabled_in = 0;
    bool repeats = false;
    const auto take = [&](std::uint32_t a) {
      work_.push_back(a);
      if (!enabled_set_.contains(a)) return;
      ++enabled_in;
      repeats = repeats || (postpones_ && repeats_[a]);
    };
    members_.insert(key);
    take(key);
    if (visible_.contains(key)) members_.unite(visible_, take);
    while (!work_.empty()) {
      if (repeats || enabled_in >= limit) return limit;
      const std::uint32_t a = work_.back();
      work_.pop_back();
      if (a == key) members_.unite(conflicts_[a], take);
      else if (enabled_set_.contains(a)) members_.unite(holds_back_[a], take);
      else members_.unite(*enablers(system, a), take);
    }
    return repeats ? limit : enabled_in;
  }

  /// Actions one of which must happen before the disabled action can: D1 holds for it because b1...bn contain
  /// none of them.
  const ActionSet* enablers(const S& system, std::uint32_t action) {
    const ActionSet*& known = enablers_known_[action];
    if (known != nullptr) return known;
    blockers_.clear();
    system.blockers(system.action(action), blockers_);
    if (blockers_.empty()) return known = all_enablers(action);
    std::pair<std::uint32_t, std::uint32_t> fewest{};
    for (const std::uint32_t c : blockers_) {
      const ActionSet& candidates = needs_more(action, c) ? grows_[c] : changes_[c];
      const std::pair cost{candidates.common(enabled_set_), candidates.size()};
      if (known == nullptr || cost < fewest) {
        known = &candidates;
        fewest = cost;
      }
    }
    return known;
  }
  /// Does the action only take from and test the component: can it be blocked by too little alone?
  bool needs_more(std::uint32_t action, std::uint32_t component) const {
    bool counted = false;
    for (const Access& access : guards_[action]) {
      if (access.component != component) continue;
      if (access.kind == AccessKind::read || access.kind == AccessKind::write) return false;
      counted = counted || access.kind != AccessKind::add;
    }
    return counted;
  }
  /// Nothing is known of what blocks it: whatever changes something that it touches.
  const ActionSet* all_enablers(std::uint32_t action) {
    if (everything_.empty()) everything_.resize(count_);
    ActionSet& all = everything_[action];
    if (all.size() == 0) {
      all = ActionSet(count_);
      for (const Access& access : guards_[action]) all.unite(changes_[access.component], [](std::uint32_t) {});
      all.insert(action);
    }
    return &all;
  }

  std::uint32_t count_;
  std::vector<Accesses> accesses_;  // extended by what transition properties read
  std::vector<Accesses> guards_;    // as declared
  std::vector<bool> refilled_;      // by component: somebody adds to it or writes it
  std::vector<ActionSet> grows_;    // by component: who adds or writes
  std::vector<ActionSet> changes_;  // by component: who adds, takes or writes
  std::vector<ActionSet> conflicts_;
  std::vector<ActionSet> holds_back_;
  std::vector<ActionSet> everything_;
  ActionSet visible_;
  std::vector<bool> repeats_;
  std::vector<bool> faults_;
  bool postpones_ = false;  // some property needs the cycle condition

  // Of the present state.
  std::vector<std::uint32_t> enabled_;
  ActionSet members_, best_, enabled_set_;
  std::vector<const ActionSet*> enablers_known_;
  std::vector<std::uint32_t> blockers_;
  std::vector<std::uint32_t> work_;
};

}  // namespace flowtank::explore
