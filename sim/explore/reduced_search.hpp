// SPDX-License-Identifier: Apache-2.0
// Exhaustive search that leaves out what nobody can tell apart: orders of independent actions (stubborn.hpp),
// names of interchangeable entities (orbit.hpp), and storing states in which nothing is to be chosen.
// The verdicts are those of an unreduced search; counts of states, hits and lengths of witnesses are not.
//
// Symmetry with stubborn sets: the set is computed for the state at hand, and the arguments of stubborn.hpp hold
// in the quotient, since a path from a state is, renamed, a path from every state of its orbit.
// Forced states: a state with one action left and no choice is passed through without being stored (its
// properties are checked all the same). A chain of them ends: the actions of reduced states never close a
// cycle, and an action that may repeat is never passed over.
// Liveness is not decided here: a loop of the full system need not be one of the reduced one, and with symmetry
// a loop of orbits need not be a loop at all. check_eventually() runs unreduced.
// Invariant: `complete` is true only if the verdicts hold for every reachable state.
#pragma once

#include "sim/explore/breadth_first.hpp"
#include "sim/explore/liveness.hpp"
#include "sim/explore/orbit.hpp"
#include "sim/explore/stubborn.hpp"

#include <fmt/format.h>

namespace flowtank::explore {

struct Reduction {
  bool stubborn = true;      ///< leave out orders of independent actions
  bool symmetry = false;     ///< one state of each orbit
  bool skip_forced = false;  ///< do not store states that have one way on
};

template <class Action>
struct ReducedOutcome : Outcome<Action> {
  std::uint64_t passed = 0;  ///< visits of states that were not stored, repeated ones included
  bool shortest = true;      ///< the witnesses are shortest ones (decide() only)
  std::string refused;       ///< why this reduction was not tried; then nothing else is set
};

/// What a verdict rests on, in words: "without orders of independent actions, up to names".
inline std::string describe(const Reduction& reduction) {
  std::string words;
  const auto say = [&words](bool on, const char* what) {
    if (on) words += words.empty() ? what : std::string(", ") + what;
  };
  say(reduction.stubborn, "one order of independent actions");
  say(reduction.symmetry, "one naming of interchangeable entities");
  say(reduction.skip_forced, "states without a choice not stored");
  return words.empty() ? "unreduced" : words;
}

/// Why these reductions would not be sound here; empty: they are.
template <ForeseeingSystem S>
std::string refusal(const std::vector<ReducibleProperty<S>>& properties, const Options<S>& options, const Reduction& reduction) {
  if (options.boundary) {
    return "a boundary cuts paths at states that a reduced search may never enter: search unreduced";
  }
  if (options.self_check || options.exact) return "the self-check and the exact mode compare single states: search unreduced";
  if (!reduction.symmetry) return {};
  if (!HasEntities<S>) return "symmetry needs a system that can rename its entities";
  for (const ReducibleProperty<S>& asked : properties) {
    if (!asked.symmetric) return fmt::format("symmetry: the property '{}' may look at names of entities", asked.property.name);
  }
  return {};
}

template <ForeseeingSystem S>
class ReducedSearch {
 public:
  using Action = typename S::Action;

  ReducedSearch(S& system, const std::vector<ReducibleProperty<S>>& properties, const Options<S>& options, const Reduction& reduction)
      : system_(system), properties_(properties), options_(options), reduction_(reduction),
        table_(options.memory_limit, options.expected_states), undecided_(properties.size()) {
    for (const auto& asked : properties) outcome_.decisions.push_back({asked.property.name, asked.property.kind, 0, {}});
  }

  ReducedOutcome<Action> run() {
    if (outcome_.refused = refusal(properties_, options_, reduction_); !outcome_.refused.empty()) return std::move(outcome_);
    for (initial_ = 0; initial_ < system_.initial_count() && !stopped_; ++initial_) {
      system_.enter_initial(initial_);
      ++outcome_.generated;
      // Sets are computed once: they hold for every state that can be reached.
      if (reduction_.stubborn && !stubborn_) stubborn_.emplace(system_, properties_);
      frames_.clear();
      actions_.clear();
      enter();
      walk();
    }
    return finish();
  }

 private:
  /// The ways on from a state of the path are actions_[begin, end); those before `next` were taken.
  struct Frame {
    typename S::Mark mark;
    std::size_t begin;
    std::size_t next;
    std::size_t end;
  };

  /// The system is in a state that a transition led to: enters it if it is new.
  void enter() {
    const std::size_t begin = actions_.size();
    system_.enabled(actions_);
    const bool none_enabled = actions_.size() == begin;
    bool left_out = false;
    if (stubborn_) {
      scratch_.assign(actions_.begin() + static_cast<std::ptrdiff_t>(begin), actions_.end());
      left_out = stubborn_->reduce(system_, scratch_);
      actions_.resize(begin);
      actions_.insert(actions_.end(), scratch_.begin(), scratch_.end());
    }
    const bool forced = actions_.size() == begin + 1;
    if (reduction_.skip_forced && forced && !system_.may_repeat(actions_.back())) {
      ++outcome_.passed;
    } else if (!store()) {
      actions_.resize(begin);
      return;
    }
    frames_.push_back({system_.mark(), begin, begin, actions_.size()});
    outcome_.depth = std::max<std::uint64_t>(outcome_.depth, frames_.size());
    visit(none_enabled, left_out);
    if (frames_.size() > options_.max_depth && !none_enabled) {
      note(Limit::depth);
      drop_ways();
    } else if (full_) {
      drop_ways();
    }
    if (++outcome_.expanded % options_.poll_every == 0) poll();
  }
  void drop_ways() {
    actions_.resize(frames_.back().begin);
    frames_.back().end = frames_.back().begin;
  }

  void walk() {
    while (!frames_.empty() && !stopped_) {
      Frame& top = frames_.back();
      if (top.next == top.end) {
        actions_.resize(top.begin);
        frames_.pop_back();
        if (!frames_.empty()) system_.undo(frames_.back().mark);
        continue;
      }
      const Action action = actions_[top.next++];
      const Fingerprint before = system_.fingerprint();
      system_.apply(action);
      ++outcome_.transitions;
      check_transition(action);
      if (system_.fingerprint() == before) {
        ++outcome_.self_loops;
        system_.undo(top.mark);
        continue;
      }
      const std::size_t depth = frames_.size();
      enter();
      if (frames_.size() == depth) system_.undo(frames_.back().mark);
    }
  }

  bool store() {
    if (table_.size() >= options_.max_states) {
      if (!table_.contains(fingerprint())) full(Limit::states);
      return false;
    }
    const Insertion result = table_.insert(fingerprint());
    if (result == Insertion::full) full(Limit::memory);
    return result == Insertion::inserted;
  }
  void full(Limit limit) {
    note(limit);
    full_ = true;
  }
  Fingerprint fingerprint() {
    if constexpr (SumsEntities<S>) {
      if (reduction_.symmetry) return system_.orbit_fingerprint();
    } else if constexpr (HasEntities<S>) {
      if (reduction_.symmetry) return canonical_.fingerprint(system_);
    }
    return system_.fingerprint();
  }

  void visit(bool none_enabled, bool left_out) {
    bool terminal = none_enabled;
    if constexpr (KnowsQuiescence<S>) terminal = system_.quiescent();
    else if (!none_enabled && !left_out) terminal = nothing_changes();
    outcome_.terminal += terminal ? 1 : 0;
    for (std::size_t i = 0; i < properties_.size(); ++i) {
      const Property<S>& property = properties_[i].property;
      switch (property.kind) {
        case PropertyKind::always:
          if (!property.holds(system_)) hit(i, nullptr);
          break;
        case PropertyKind::sometimes:
          if (property.holds(system_)) hit(i, nullptr);
          break;
        case PropertyKind::terminal:
          if (terminal && !property.holds(system_)) hit(i, nullptr);
          break;
        case PropertyKind::transition: break;
      }
    }
  }
  /// All enabled actions are at hand and none of them changes the state. Left out ones are never needed: the
  /// sets of a state whose actions all change nothing are complete (each may repeat).
  bool nothing_changes() {
    const Frame& top = frames_.back();
    const Fingerprint here = system_.fingerprint();
    for (std::size_t i = top.begin; i < top.end; ++i) {
      system_.apply(actions_[i]);
      const bool changes = system_.fingerprint() != here;
      system_.undo(top.mark);
      if (changes) return false;
    }
    return true;
  }
  void check_transition(const Action& action) {
    for (std::size_t i = 0; i < properties_.size(); ++i) {
      const Property<S>& property = properties_[i].property;
      if (property.kind == PropertyKind::transition && !property.holds_after(system_, action)) hit(i, &action);
    }
  }
  /// The path to the present state; `last`: already the action on top of the stack that was just taken.
  void hit(std::size_t index, const Action* last) {
    Decision<Action>& decision = outcome_.decisions[index];
    if (decision.hits++ != 0) return;
    decision.witness = {initial_, {}, {}};
    const std::size_t steps = frames_.size() - (last != nullptr ? 0 : 1);
    for (std::size_t i = 0; i < steps; ++i) decision.witness.actions.push_back(actions_[frames_[i].next - 1]);
    if (--undecided_ == 0 && options_.stop_when_decided) stop(Limit::decided);
  }
  void note(Limit limit) {
    if (outcome_.limit == Limit::none) outcome_.limit = limit;
  }
  void stop(Limit limit) {
    outcome_.limit = limit;
    stopped_ = true;
  }
  std::size_t bytes() const {
    return table_.bytes() + frames_.capacity() * sizeof(Frame) + actions_.capacity() * sizeof(Action);
  }
  void poll() {
    if (options_.cancelled && options_.cancelled()) stop(Limit::cancelled);
    else if (options_.out_of_time && options_.out_of_time()) stop(Limit::time);
    else if (!full_ && bytes() > options_.memory_limit) full(Limit::memory);
    if (options_.progress) {
      Counts now = outcome_;
      now.states = table_.size();
      options_.progress(now);
    }
  }
  ReducedOutcome<Action> finish() {
    outcome_.generated += outcome_.transitions;
    outcome_.states = table_.size();
    outcome_.complete = outcome_.limit == Limit::none;
    outcome_.set_bytes = table_.bytes();
    outcome_.bytes = bytes();
    outcome_.shortest = false;
    for (Decision<Action>& decision : outcome_.decisions) {
      if (!decision.found()) continue;
      system_.enter_initial(decision.witness.initial);
      for (const Action& action : decision.witness.actions) {
        decision.witness.steps.push_back(system_.describe(action));
        system_.apply(action);
      }
    }
    return std::move(outcome_);
  }

  S& system_;
  const std::vector<ReducibleProperty<S>>& properties_;
  const Options<S>& options_;
  Reduction reduction_;
  StateTable table_;
  std::optional<StubbornSets<S>> stubborn_;
  struct NoEntities {};
  template <class T, bool = HasEntities<T>>
  struct Canonical { using Type = NoEntities; };
  template <class T>
  struct Canonical<T, true> { using Type = CanonicalForms<T>; };
  typename Canonical<S>::Type canonical_;
  ReducedOutcome<Action> outcome_;
  std::size_t undecided_;
  std::size_t initial_ = 0;
  std::vector<Frame> frames_;
  std::vector<Action> actions_;
  std::vector<Action> scratch_;
  bool stopped_ = false;
  bool full_ = false;
};

/// Decides `properties` with the reductions asked for: fastest, with witnesses of any length.
template <ForeseeingSystem S>
ReducedOutcome<typename S::Action> reduced_search(S& system, const std::vector<ReducibleProperty<S>>& properties,
                                                  const Options<S>& options = {}, const Reduction& reduction = {}) {
  return ReducedSearch<S>(system, properties, options, reduction).run();
}

/// As reduced_search; whatever it found is found again by breadth first search without reduction, no deeper than
/// the longest witness, so that each witness is a shortest one. Where a limit stops that second search, the
/// reduced witness stays and `shortest` is false.
template <ForeseeingSystem S>
ReducedOutcome<typename S::Action> decide(S& system, const std::vector<ReducibleProperty<S>>& properties,
                                          const Options<S>& options = {}, const Reduction& reduction = {}) {
  auto outcome = reduced_search(system, properties, options, reduction);
  std::vector<Property<S>> again;
  std::vector<std::size_t> which;
  Options<S> bounded = options;
  bounded.max_depth = 0;
  for (std::size_t i = 0; i < outcome.decisions.size(); ++i) {
    if (!outcome.decisions[i].found()) continue;
    again.push_back(properties[i].property);
    which.push_back(i);
    bounded.max_depth = std::max<std::uint64_t>(bounded.max_depth, outcome.decisions[i].witness.actions.size());
  }
  outcome.shortest = true;
  if (again.empty()) return outcome;
  bounded.stop_when_decided = true;
  const auto exact = breadth_first(system, again, bounded);
  for (std::size_t i = 0; i < which.size(); ++i) {
    if (exact.decisions[i].found()) outcome.decisions[which[i]].witness = exact.decisions[i].witness;
    else outcome.shortest = false;
  }
  return outcome;
}

/// What check_eventually() found, or why it was not asked.
struct ReducedLiveness : LivenessOutcome {
  std::string refused;
};

/// "Eventually" with reductions: refused, in words, whichever is asked for; unreduced it is check_eventually().
template <TransitionSystem S>
ReducedLiveness check_eventually_reduced(S& system, const Eventually<S>& property, const std::vector<FairnessRule<S>>& rules,
                                         const Options<S>& options, const Reduction& reduction) {
  ReducedLiveness outcome;
  if (reduction.symmetry) {
    outcome.refused = "symmetry and liveness: a loop of orbits need not be a loop of states, and fairness to one entity is lost "
                      "when names are; search unreduced";
  } else if (reduction.stubborn || reduction.skip_forced) {
    outcome.refused = "partial-order reduction and liveness: a fair loop may be one of the orders that are left out; search unreduced";
  } else {
    static_cast<LivenessOutcome&>(outcome) = check_eventually(system, property, rules, options);
  }
  return outcome;
}

}  // namespace flowtank::explore
