// SPDX-License-Identifier: Apache-2.0
// Optimal dynamic partial-order reduction: one execution of every class of executions that differ only in the
// order of independent actions, and none twice. Source sets with wakeup trees (Abdulla, Aronis, Jonsson, Sagonas,
// "Optimal dynamic partial order reduction", POPL 2014). Nothing is remembered of states: memory is the length of
// one execution, and the number of executions is a number one can publish.
//
// Two actions are dependent if they are of one process or their footprints conflict; here `add` conflicts with
// `take` and `test`, since it may enable them. A race is a dependent pair with nothing in between. At the end of an
// execution each race (e, e') is turned round: before e, first everything that does not happen after e, then
// e'. If no execution already covered begins so (sleep sets), that sequence enters the wakeup tree of the state
// before e; a wakeup tree is explored left to right, and what was explored sleeps.
//
// Where it holds: processes are deterministic (at most one enabled action each), no action disables that of
// another process, and every execution ends. Both are looked at on the way and refused in words if broken;
// executions are bounded by Options::max_depth. Faults with budgets, deliveries chosen by one receiver and retries for
// ever are for stubborn.hpp.
// Invariant: with true footprints, executions() is the number of inequivalent maximal executions.
#pragma once

#include "sim/explore/search.hpp"
#include "sim/explore/transition_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <optional>

namespace flowtank::explore {

/// A DecomposedSystem of deterministic processes. process_of(a) < process_count().
template <class S>
concept ProcessSystem = DecomposedSystem<S> && requires(const S& state, const typename S::Action& action) {
  { state.process_count() } -> std::convertible_to<std::uint32_t>;
  { state.process_of(action) } -> std::convertible_to<std::uint32_t>;
};

template <class Action>
struct DporOutcome {
  std::uint64_t executions = 0;  ///< maximal ones, each of another class
  std::uint64_t blocked = 0;     ///< begun and given up because all that was enabled slept: 0 if optimal
  std::uint64_t steps = 0;       ///< actions applied
  std::uint64_t depth = 0;       ///< of the longest execution
  bool complete = false;
  Limit limit = Limit::none;     ///< states: Options::max_states executions; depth, time, cancelled
  std::string refused;           ///< the system is none of deterministic, undisturbed processes
  std::vector<Decision<Action>> decisions;
};

template <ProcessSystem S>
class Dpor {
 public:
  using Action = typename S::Action;

  /// Properties of kind terminal are asked at the end of each execution, the others on the way. `always` and
  /// `sometimes` must depend on what one action leaves behind, `transition` on what its action reads or writes (of what
  /// it only adds to, other orders see other sums): they see one order of each class only.
  Dpor(S& system, const std::vector<Property<S>>& properties, const Options<S>& options)
      : system_(system), properties_(properties), options_(options) {
    for (const Property<S>& property : properties) outcome_.decisions.push_back({property.name, property.kind, 0, {}});
    undecided_ = properties.size();
  }

  DporOutcome<Action> run() {
    for (initial_ = 0; initial_ < system_.initial_count() && !stopped_; ++initial_) {
      system_.enter_initial(initial_);
      events_.clear();
      explore({}, {});
    }
    outcome_.complete = outcome_.limit == Limit::none && outcome_.refused.empty();
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

 private:
  using Process = std::uint32_t;
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

  /// What one process does next, or did: the unit of sequences.
  struct Event {
    Process process = 0;
    Action action{};
    std::vector<Access> accesses;
  };
  /// An executed event and the latest event of each process that happens before it (position + 1; 0: none).
  struct Executed : Event {
    std::vector<std::size_t> clock;
    typename S::Mark before{};
  };
  struct Node {
    Event event;
    std::list<Node> children;
  };
  /// Of one state of the present execution.
  struct Level {
    std::list<Node> wakeup;
    std::vector<Event> sleep;
  };

  static bool dependent(const Event& a, const Event& b) {
    if (a.process == b.process) return true;
    for (const Access& left : a.accesses) {
      for (const Access& right : b.accesses) {
        if (left.component != right.component) continue;
        const bool enables = (left.kind == AccessKind::add && (right.kind == AccessKind::take || right.kind == AccessKind::test)) ||
                             (right.kind == AccessKind::add && (left.kind == AccessKind::take || left.kind == AccessKind::test));
        if (enables || conflicts(left.kind, right.kind)) return true;
      }
    }
    return false;
  }
  bool happens_before(std::size_t earlier, std::size_t later) const {
    return events_[later].clock[events_[earlier].process] > earlier;
  }

  /// What each process could do in the present state; false if a process has a choice.
  bool look(std::vector<std::optional<Event>>& next) {
    next.assign(system_.process_count(), std::nullopt);
    enabled_.clear();
    system_.enabled(enabled_);
    for (const Action& action : enabled_) {
      const Process process = system_.process_of(action);
      if (next[process]) {
        return refuse(fmt::format("a process can do both '{}' and '{}': optimal reduction needs deterministic processes",
                                  system_.describe(next[process]->action), system_.describe(action)));
      }
      Event event{process, action, {}};
      system_.footprint(action, event.accesses);
      next[process] = std::move(event);
    }
    return true;
  }
  bool refuse(std::string why) {
    if (outcome_.refused.empty()) outcome_.refused = std::move(why);
    stopped_ = true;
    return false;
  }

  void explore(std::list<Node> wakeup, std::vector<Event> sleep) {
    if (stopped_ || !within_limits()) return;
    std::vector<std::optional<Event>> next;
    if (!look(next)) return;
    visit();
    const bool any = std::any_of(next.begin(), next.end(), [](const auto& event) { return event.has_value(); });
    if (!any) {
      finish_execution();
      return;
    }
    levels_.push_back({std::move(wakeup), std::move(sleep)});
    const std::size_t here = levels_.size() - 1;
    if (levels_[here].wakeup.empty()) {
      const auto first = std::find_if(next.begin(), next.end(), [&](const auto& event) { return event && !sleeps(here, event->process); });
      if (first == next.end()) ++outcome_.blocked;
      else levels_[here].wakeup.push_back({**first, {}});
    }
    while (!levels_[here].wakeup.empty() && !stopped_) {
      const Process process = levels_[here].wakeup.front().event.process;
      if (!next[process]) {
        refuse("a wakeup sequence could not be followed: a footprint says too little");
        break;
      }
      const Event event = *next[process];
      std::vector<Event> still;
      for (const Event& sleeper : levels_[here].sleep) {
        if (!dependent(sleeper, event)) still.push_back(sleeper);
      }
      std::list<Node> subtree = std::move(levels_[here].wakeup.front().children);
      levels_[here].wakeup.front().children.clear();
      execute(event, next);
      explore(std::move(subtree), std::move(still));
      system_.undo(events_.back().before);
      events_.pop_back();
      levels_[here].sleep.push_back(event);
      levels_[here].wakeup.pop_front();
    }
    levels_.pop_back();
  }

  bool sleeps(std::size_t level, Process process) const {
    return std::any_of(levels_[level].sleep.begin(), levels_[level].sleep.end(), [&](const Event& e) { return e.process == process; });
  }

  /// Applies the event and computes what happens before it.
  void execute(const Event& event, const std::vector<std::optional<Event>>& next_before) {
    Executed done;
    static_cast<Event&>(done) = event;
    done.before = system_.mark();
    done.clock.assign(system_.process_count(), 0);
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (!dependent(events_[i], event)) continue;
      for (std::size_t p = 0; p < done.clock.size(); ++p) done.clock[p] = std::max(done.clock[p], events_[i].clock[p]);
      done.clock[events_[i].process] = std::max(done.clock[events_[i].process], i + 1);
    }
    events_.push_back(std::move(done));
    outcome_.depth = std::max<std::uint64_t>(outcome_.depth, events_.size());
    ++outcome_.steps;
    system_.apply(event.action);
    check_transition(event.action);
    still_enabled(event, next_before);
  }
  /// Nobody else's action may be gone.
  void still_enabled(const Event& event, const std::vector<std::optional<Event>>& before) {
    enabled_.clear();
    system_.enabled(enabled_);
    for (const auto& other : before) {
      if (!other || other->process == event.process) continue;
      const bool there = std::any_of(enabled_.begin(), enabled_.end(), [&](const Action& a) { return system_.process_of(a) == other->process; });
      if (!there) {
        system_.undo(events_.back().before);
        const std::string one = system_.describe(event.action), gone = system_.describe(other->action);
        system_.apply(event.action);
        refuse(fmt::format("'{}' disables '{}': optimal reduction needs processes that do not disable each other", one, gone));
        return;
      }
    }
  }

  /// The execution is maximal: turns its races round.
  void finish_execution() {
    ++outcome_.executions;
    for (std::size_t i = 0; i < properties_.size(); ++i) {
      if (properties_[i].kind == PropertyKind::terminal && !properties_[i].holds(system_)) hit(i);
    }
    for (std::size_t later = 1; later < events_.size(); ++later) {
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        if (is_race(earlier, later)) reverse(earlier, later);
      }
    }
  }
  bool is_race(std::size_t earlier, std::size_t later) const {
    if (events_[earlier].process == events_[later].process || !dependent(events_[earlier], events_[later])) return false;
    for (std::size_t between = earlier + 1; between < later; ++between) {
      if (happens_before(earlier, between) && happens_before(between, later)) return false;
    }
    return true;
  }
  void reverse(std::size_t earlier, std::size_t later) {
    std::vector<Event> sequence;
    for (std::size_t i = earlier + 1; i < events_.size(); ++i) {
      if (i == later) continue;
      if (!happens_before(earlier, i)) sequence.push_back(events_[i]);
    }
    sequence.push_back(events_[later]);
    if (!can_follow(earlier, sequence)) return;
    for (const Event& sleeper : levels_[earlier].sleep) {
      if (is_weak_initial(sleeper, sequence)) return;
    }
    insert(levels_[earlier].wakeup, sequence);
  }
  /// Can these processes be taken one after the other from the state before event `from`? Not where the later of a
  /// race waited for the earlier. Takes the footprints that the events have there.
  bool can_follow(std::size_t from, std::vector<Event>& sequence) {
    system_.undo(events_[from].before);
    bool possible = true;
    for (Event& event : sequence) {
      std::vector<Action> enabled;
      system_.enabled(enabled);
      const auto found = std::find_if(enabled.begin(), enabled.end(), [&](const Action& a) { return system_.process_of(a) == event.process; });
      if (found == enabled.end()) {
        possible = false;
        break;
      }
      event.action = *found;
      event.accesses.clear();
      system_.footprint(*found, event.accesses);
      system_.apply(*found);
    }
    // Back to the end of the execution.
    system_.undo(events_[from].before);
    for (std::size_t i = from; i < events_.size(); ++i) {
      events_[i].before = system_.mark();
      system_.apply(events_[i].action);
    }
    return possible;
  }

  /// Can the sequence be rearranged, without changing its class, to begin with the next event of that process?
  static bool is_weak_initial(const Event& candidate, const std::vector<Event>& sequence) {
    for (const Event& event : sequence) {
      if (event.process == candidate.process) return true;
      if (dependent(candidate, event)) return false;
    }
    return true;
  }

  /// Inserts the sequence into an ordered tree: goes down where a child can come first, and hangs what remains of it
  /// behind the last child. A leaf that was reached covers it already. The first child of a state's tree is being
  /// explored: no sequence goes down there, since it is dependent with the last event of each.
  static void insert(std::list<Node>& siblings, std::vector<Event> sequence) {
    for (Node& child : siblings) {
      if (!is_weak_initial(child.event, sequence)) continue;
      const auto own = std::find_if(sequence.begin(), sequence.end(), [&](const Event& e) { return e.process == child.event.process; });
      if (own != sequence.end()) sequence.erase(own);
      if (child.children.empty() || sequence.empty()) return;
      insert(child.children, std::move(sequence));
      return;
    }
    std::list<Node>* at = &siblings;
    for (Event& event : sequence) {
      at->push_back({std::move(event), {}});
      at = &at->back().children;
    }
  }

  void visit() {
    for (std::size_t i = 0; i < properties_.size(); ++i) {
      const PropertyKind kind = properties_[i].kind;
      if (kind == PropertyKind::always && !properties_[i].holds(system_)) hit(i);
      if (kind == PropertyKind::sometimes && properties_[i].holds(system_)) hit(i);
    }
  }
  void check_transition(const Action& action) {
    for (std::size_t i = 0; i < properties_.size(); ++i) {
      if (properties_[i].kind == PropertyKind::transition && !properties_[i].holds_after(system_, action)) hit(i);
    }
  }
  void hit(std::size_t index) {
    Decision<Action>& decision = outcome_.decisions[index];
    if (decision.hits++ != 0) return;
    decision.witness = {initial_, {}, {}};
    for (const Executed& event : events_) decision.witness.actions.push_back(event.action);
    if (--undecided_ == 0 && options_.stop_when_decided) stop(Limit::decided);
  }
  void stop(Limit limit) {
    if (outcome_.limit == Limit::none) outcome_.limit = limit;
    stopped_ = true;
  }
  bool within_limits() {
    if (outcome_.executions >= options_.max_states) stop(Limit::states);
    else if (events_.size() > options_.max_depth) stop(Limit::depth);
    else if (options_.cancelled && options_.cancelled()) stop(Limit::cancelled);
    else if (options_.out_of_time && options_.out_of_time()) stop(Limit::time);
    return !stopped_;
  }

  S& system_;
  const std::vector<Property<S>>& properties_;
  const Options<S>& options_;
  DporOutcome<Action> outcome_;
  std::size_t initial_ = 0;
  std::vector<Executed> events_;
  std::vector<Level> levels_;
  std::vector<Action> enabled_;
  std::size_t undecided_ = 0;
  bool stopped_ = false;
};

/// One execution of each class. Options::max_states bounds the executions.
template <ProcessSystem S>
DporOutcome<typename S::Action> optimal_executions(S& system, const std::vector<Property<S>>& properties = {},
                                                   const Options<S>& options = {}) {
  return Dpor<S>(system, properties, options).run();
}

}  // namespace flowtank::explore
