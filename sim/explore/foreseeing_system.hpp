// SPDX-License-Identifier: Apache-2.0
// What partial-order reduction needs to know beyond the present state: every action that may ever happen,
// what it touches whenever it happens, and what keeps it from happening now. With that, stubborn.hpp
// leaves out orders of events that nobody can tell apart.
// Invariant asked of every system: the answers hold in all reachable states. An access too many costs
// reduction; one too few costs the proof, so when in doubt declare it.
#pragma once

#include "sim/explore/search.hpp"
#include "sim/explore/transition_system.hpp"

namespace flowtank::explore {

/// A DecomposedSystem with a fixed universe of actions, numbered 0..action_count()-1.
///  - action(n), action_number(a): inverse to each other. Every action that enabled() ever gives has a
///    number; an action of the universe need never become enabled.
///  - every_access(a, out): APPENDS all accesses of a, its guard included, in ANY reachable state. An `add`
///    makes the component larger, a `take` smaller by what it took: nothing else may be declared so.
///  - blockers(a, out): a is not enabled now. APPENDS components each of which alone keeps it so: a stays
///    disabled until that component changes, whatever else happens. A component that a takes from or tests
///    blocks by being too small. None: not known.
///  - may_repeat(a): false only if in every cycle of states there is some other action for which it is true.
///    An action that may leave the state unchanged is a cycle by itself. (So: progress measures.)
template <class S>
concept ForeseeingSystem =
    DecomposedSystem<S> && requires(const S& state, const typename S::Action& action, std::vector<Access>& accesses,
                                    std::vector<std::uint32_t>& components, std::uint32_t number) {
      { state.action_count() } -> std::convertible_to<std::uint32_t>;
      { state.action(number) } -> std::same_as<typename S::Action>;
      { state.action_number(action) } -> std::convertible_to<std::uint32_t>;
      state.every_access(action, accesses);
      state.blockers(action, components);
      { state.may_repeat(action) } -> std::convertible_to<bool>;
    };

/// Asked beside KnowsQuiescence: may this action be enabled in a quiescent state (is it a fault)?
template <class S>
concept KnowsFaults = requires(const S& state, const typename S::Action& action) {
  { state.is_fault(action) } -> std::convertible_to<bool>;
};

/// Optional beside HasEntities: a fingerprint that all states of one orbit share and no others, kept or
/// computed without going through all permutations. Allowed where every datum names at most one entity
/// (two entities in one datum, such as a transfer, need canonical forms: sums would merge different graphs).
template <class S>
concept SumsEntities = HasEntities<S> && requires(const S& state) {
  { state.orbit_fingerprint() } -> std::convertible_to<Fingerprint>;
};

/// A property and what a reduction must know of it.
template <class S>
struct ReducibleProperty {
  Property<S> property;
  /// always, sometimes: the components that the predicate reads. transition: those it reads besides what the
  /// action itself touches, which count as read. Empty optional-like: `reads_known` false means all of them.
  std::vector<std::uint32_t> reads;
  bool reads_known = false;
  /// transition: the actions after which it can fail; empty: any.
  std::function<bool(const typename S::Action&)> concerns;
  /// The predicate does not change when entities change names.
  bool symmetric = false;

  ReducibleProperty(Property<S> of) : property(std::move(of)) {}  // a property alone: nothing is known
  ReducibleProperty&& reading(std::vector<std::uint32_t> components) && {
    reads = std::move(components);
    reads_known = true;
    return std::move(*this);
  }
  ReducibleProperty&& after(std::function<bool(const typename S::Action&)> actions) && {
    concerns = std::move(actions);
    return std::move(*this);
  }
  ReducibleProperty&& symmetric_in_entities() && {
    symmetric = true;
    return std::move(*this);
  }
};

}  // namespace flowtank::explore
