// SPDX-License-Identifier: Apache-2.0
// The two concepts between an explorer and what it explores.
// A TransitionSystem is ONE object that lives in one state at a time: the explorer applies an action,
// looks, and undoes it. Nothing is copied, so a whole simulated world fits behind it as well as a
// textbook protocol. A DecomposedSystem says more: which components an action touches and how, so that
// independence of actions can be derived. Invariant asked of every system: enabled(), apply(),
// fingerprint() and encode() are functions of the state alone, and undo() restores it exactly.
#pragma once

#include "sim/explore/fingerprint.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace flowtank::explore {

/// Largest Action: it is copied into stacks, so keep it a few integers.
inline constexpr std::size_t max_action_bytes = 32;

/// What the explorer drives.
///  - initial_count(), enter_initial(i): i < initial_count(); forgets all marks. Two initial states
///    may be equal.
///  - enabled(out): APPENDS the enabled actions in an order that depends on the state only. Actions
///    that leave the state unchanged may be listed; they count as transitions, not as progress.
///  - apply(a): a must be enabled. May be expensive; the explorer applies each action once to see where
///    it leads and once more to go there.
///  - mark(), undo(m): undo returns to the state at the mark; marks form a stack and the mark stays valid.
///  - fingerprint(): kept up to date by apply and undo, O(1).
///  - encode(out): APPENDS the canonical bytes of the state (exact mode, self-check).
///  - describe(a): one line in the words of the domain; a is enabled in the present state.
template <class S>
concept TransitionSystem =
    requires {
      typename S::Action;
      typename S::Mark;
      requires std::is_trivially_copyable_v<typename S::Action>;
      requires std::is_trivially_copyable_v<typename S::Mark>;
      requires sizeof(typename S::Action) <= max_action_bytes;
    } &&
    requires(S& system, const S& state, const typename S::Action& action, const typename S::Mark& mark,
             std::vector<typename S::Action>& actions, std::vector<std::byte>& bytes, std::size_t index) {
      { state.initial_count() } -> std::convertible_to<std::size_t>;
      system.enter_initial(index);
      system.enabled(actions);
      system.apply(action);
      { state.mark() } -> std::same_as<typename S::Mark>;
      system.undo(mark);
      { state.fingerprint() } -> std::convertible_to<Fingerprint>;
      state.encode(bytes);
      { state.describe(action) } -> std::convertible_to<std::string>;
    };

/// Optional: quiescent() says that nothing but faults and the like can happen any more. Without it a
/// state is terminal when no enabled action changes it.
template <class S>
concept KnowsQuiescence = requires(const S& state) {
  { state.quiescent() } -> std::convertible_to<bool>;
};

/// Optional: recompute_fingerprint() computes the fingerprint from scratch, for the self-check mode.
template <class S>
concept RecomputesFingerprint = requires(const S& state) {
  { state.recompute_fingerprint() } -> std::convertible_to<Fingerprint>;
};

/// How an action uses a component. `add` and `take` are for counters, bags and budgets: add puts in
/// without looking; take removes and needs enough to be there; test needs something to be there and
/// leaves it. read sees the value, write replaces it.
enum class AccessKind : std::uint8_t { read, write, add, take, test };

/// One access of an action. Components are numbered 0..component_count()-1.
struct Access {
  std::uint32_t component = 0;
  AccessKind kind = AccessKind::read;

  friend constexpr bool operator==(const Access&, const Access&) = default;
};

/// May two accesses to ONE component fail to commute? Reads commute with reads and tests, adds with
/// adds, takes and tests (both actions being enabled), takes with neither takes nor tests.
constexpr bool conflicts(AccessKind left, AccessKind right) {
  using enum AccessKind;
  const auto one_of = [](AccessKind kind, AccessKind a, AccessKind b) { return kind == a || kind == b; };
  if (left == write || right == write) {
    return true;
  }
  if ((left == read && one_of(right, add, take)) || (right == read && one_of(left, add, take))) {
    return true;
  }
  return (left == take && one_of(right, take, test)) || (right == take && one_of(left, take, test));
}

/// May two actions with these footprints fail to commute in a state that enables both?
constexpr bool conflicts(std::span<const Access> left, std::span<const Access> right) {
  for (const Access& a : left) {
    for (const Access& b : right) {
      if (a.component == b.component && conflicts(a.kind, b.kind)) {
        return true;
      }
    }
  }
  return false;
}

/// A system whose state is cut into components. Its actions compare equal when they are the same action,
/// in the same state or another.
///  - component_count(), component_name(c): fixed while exploring.
///  - footprint(a, out): APPENDS every access a makes in the present state, its guard included; more
///    than is made is allowed, less is not.
///  - causal_parents(path, i, out): APPENDS, ascending, the positions before i in `path` (a path from an
///    initial state) whose actions directly brought about path[i]: sent the message it delivers,
///    started the run it continues. For stories, never for matching.
template <class S>
concept DecomposedSystem =
    TransitionSystem<S> && std::equality_comparable<typename S::Action> &&
    requires(const S& state, const typename S::Action& action, std::vector<Access>& accesses,
             std::span<const typename S::Action> path, std::size_t position,
             std::vector<std::size_t>& parents, std::uint32_t component) {
      { state.component_count() } -> std::convertible_to<std::uint32_t>;
      { state.component_name(component) } -> std::convertible_to<std::string>;
      state.footprint(action, accesses);
      state.causal_parents(path, position, parents);
    };

/// Optional: interchangeable entities. encode_renamed(names, out) appends the encoding of the state in
/// which entity i is called names[i]; `names` is a permutation of 0..entity_count()-1. Two states of
/// one orbit have the same set of renamed encodings.
template <class S>
concept HasEntities = requires(const S& state, std::span<const std::uint32_t> names, std::vector<std::byte>& bytes) {
  { state.entity_count() } -> std::convertible_to<std::uint32_t>;
  state.encode_renamed(names, bytes);
};

}  // namespace flowtank::explore
