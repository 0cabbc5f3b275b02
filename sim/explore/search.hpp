// SPDX-License-Identifier: Apache-2.0
// What every search has in common: its limits, the properties it decides, and its outcome.
// The library reads no clock and knows no signal: time, cancelling and progress come in as callbacks.
// Invariant: `complete` is true only if every reachable state within the stated boundary was entered
// and checked; whatever cut the search short is named by `limit`.
#pragma once

#include "sim/explore/fingerprint.hpp"

#include <sim/base/check.hpp>

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank::explore {

/// What cut a search short.
enum class Limit : std::uint8_t {
  none,
  states,     ///< Options::max_states
  depth,      ///< Options::max_depth
  memory,     ///< Options::memory_limit
  time,       ///< Options::out_of_time
  cancelled,  ///< Options::cancelled
  branching,  ///< a state with more than 65,535 enabled actions
  decided,    ///< every property has its witness: nothing left to find
  fault,      ///< the self-check or the exact mode found the system at fault, see Outcome::fault
};
std::string_view name_of(Limit limit);

/// Numbers of a search while it runs and when it has ended.
struct Counts {
  std::uint64_t states = 0;       ///< distinct states within the boundary
  std::uint64_t generated = 0;    ///< initial states and successors, repeated and unchanged ones included
  std::uint64_t transitions = 0;  ///< successors only: generated less the initial states
  std::uint64_t self_loops = 0;   ///< transitions that left the state unchanged
  std::uint64_t outside = 0;      ///< generated states outside the boundary: not stored, not entered
  std::uint64_t expanded = 0;     ///< states whose successors were generated
  std::uint64_t terminal = 0;     ///< expanded states that are quiescent, or that no action changes
  std::uint64_t depth = 0;        ///< breadth first: states on the longest shortest path; depth first: on
                                  ///< the longest path walked. 1 means initial states only.
};

/// Decides how a property reads the predicate that it is given.
enum class PropertyKind : std::uint8_t {
  always,      ///< holds in every state; witness: a path to a state where it does not
  sometimes,   ///< holds in some state; witness: a path to it (an example, not a violation)
  terminal,    ///< holds in every terminal state
  transition,  ///< holds right after every transition, given its action
};
std::string_view name_of(PropertyKind kind);

/// A named predicate on states. It must depend on the state alone and must not change the system.
template <class S>
struct Property {
  std::string name;
  PropertyKind kind = PropertyKind::always;
  std::function<bool(const S&)> holds;                                    // all kinds but transition
  std::function<bool(const S&, const typename S::Action&)> holds_after;  // kind transition

  static Property always(std::string name, std::function<bool(const S&)> holds) {
    return {std::move(name), PropertyKind::always, std::move(holds), {}};
  }
  static Property sometimes(std::string name, std::function<bool(const S&)> holds) {
    return {std::move(name), PropertyKind::sometimes, std::move(holds), {}};
  }
  static Property terminal(std::string name, std::function<bool(const S&)> holds) {
    return {std::move(name), PropertyKind::terminal, std::move(holds), {}};
  }
  static Property transition(std::string name,
                             std::function<bool(const S&, const typename S::Action&)> holds_after) {
    return {std::move(name), PropertyKind::transition, {}, std::move(holds_after)};
  }
};

/// A path from an initial state, the evidence for a decision.
template <class Action>
struct Witness {
  std::size_t initial = 0;
  std::vector<Action> actions;
  std::vector<std::string> steps;  ///< describe() of each action
};

/// What the search found about one property. `hits` counts the states (or transitions) that violate
/// it, or for `sometimes` satisfy it; the witness belongs to the first one found, which breadth first
/// search makes a shortest.
template <class Action>
struct Decision {
  std::string name;
  PropertyKind kind = PropertyKind::always;
  std::uint64_t hits = 0;
  Witness<Action> witness;

  bool found() const { return hits != 0; }
  /// The property is known not to hold. A `sometimes` without a hit fails only if the search was complete.
  bool violated(bool complete) const { return kind == PropertyKind::sometimes ? complete && !found() : found(); }
};

template <class Action>
struct Outcome : Counts {
  bool complete = false;
  Limit limit = Limit::none;
  std::string fault;         ///< what the self-check or the exact mode found wrong; empty: nothing
  std::size_t bytes = 0;     ///< visited set, search tree and stacks at the end
  std::size_t set_bytes = 0; ///< the visited set alone
  std::vector<Decision<Action>> decisions;  ///< in the order of the properties

  /// Ends the process if no property has this name.
  const Decision<Action>& decision(std::string_view name) const {
    for (const Decision<Action>& candidate : decisions) {
      if (candidate.name == name) {
        return candidate;
      }
    }
    check_failed(__FILE__, __LINE__, "a property of this name was searched for", name);
  }
};

template <class S>
struct Options {
  std::uint64_t max_states = std::numeric_limits<std::uint32_t>::max() - 1;
  std::uint64_t max_depth = std::numeric_limits<std::uint64_t>::max();  ///< actions on a path
  std::size_t memory_limit = std::numeric_limits<std::size_t>::max();   ///< bytes, system not included
  std::uint64_t expected_states = 0;                                    ///< makes room at once
  bool stop_when_decided = true;  ///< end as soon as every property has its witness (false: count all hits)
  bool self_check = false;        ///< slow: recompute, compare and repeat around every apply and undo; of a
                                  ///< DecomposedSystem also check that independent actions commute
  bool exact = false;             ///< slow: match states by encoding, check fingerprints against it
  std::uint64_t poll_every = 256;             ///< expansions between calls of the callbacks
  std::function<bool()> out_of_time;          ///< true: stop with Limit::time
  std::function<bool()> cancelled;            ///< true: stop with Limit::cancelled
  std::function<void(const Counts&)> progress;
  std::function<bool(const S&)> boundary;     ///< false: the state is generated but neither counted nor entered
};

}  // namespace flowtank::explore
