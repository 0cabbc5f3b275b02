// SPDX-License-Identifier: Apache-2.0
// Checks that a system keeps the promises of the TransitionSystem concept, action by action.
// Undo must restore state, fingerprint and enabled actions; an action repeated from the same state must
// lead to the same state; the fingerprint kept up to date must be the one computed from scratch, where
// the system can compute it; actions whose declared footprints do not conflict must commute.
// Invariant: each check leaves the system where it was (if undo works).
#pragma once

#include "sim/explore/transition_system.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flowtank::explore {

template <TransitionSystem S>
class SelfCheck {
 public:
  using Action = typename S::Action;

  /// Applies, undoes, applies again and undoes `action` in the present state, comparing. Returns what
  /// is wrong, or nothing.
  std::string around(S& system, const Action& action) {
    const std::string label = system.describe(action);
    const auto here = system.mark();
    take(system, before_);
    system.apply(action);
    take(system, after_);
    if (!fingerprint_is_true(system)) {
      return fmt::format("after '{}' the fingerprint differs from the one computed from scratch", label);
    }
    system.undo(here);
    take(system, again_);
    if (const char* part = difference(before_, again_)) {
      return fmt::format("undo of '{}' did not restore the {}", label, part);
    }
    system.apply(action);
    take(system, again_);
    if (const char* part = difference(after_, again_)) {
      return fmt::format("'{}' applied twice from one state gave another result: {}", label, part);
    }
    system.undo(here);
    take(system, again_);
    if (const char* part = difference(before_, again_)) {
      return fmt::format("undo of '{}' did not restore the {}", label, part);
    }
    return {};
  }

  /// For every two of the enabled `actions` whose footprints do not conflict: neither disables the other,
  /// and both orders lead to one state. Returns what is wrong, or nothing.
  std::string between(S& system, std::span<const Action> actions)
    requires DecomposedSystem<S>
  {
    std::vector<std::vector<Access>> footprints(actions.size());
    for (std::size_t i = 0; i < actions.size(); ++i) {
      system.footprint(actions[i], footprints[i]);
    }
    for (std::size_t i = 0; i < actions.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const bool independent = !conflicts(std::span<const Access>(footprints[i]), std::span<const Access>(footprints[j]));
        if (independent && !commute(system, actions[i], actions[j])) {
          return fmt::format("'{}' and '{}' do not conflict by their footprints but do not commute",
                             system.describe(actions[j]), system.describe(actions[i]));
        }
      }
    }
    return {};
  }

 private:
  static bool commute(S& system, const Action& left, const Action& right) {
    std::vector<std::byte> one;
    std::vector<std::byte> other;
    return follow(system, left, right, one) && follow(system, right, left, other) && one == other;
  }
  /// The encoding after both actions; false if the second is not enabled after the first.
  static bool follow(S& system, const Action& first, const Action& second, std::vector<std::byte>& bytes) {
    const auto here = system.mark();
    system.apply(first);
    std::vector<Action> enabled;
    system.enabled(enabled);
    const bool possible = std::find(enabled.begin(), enabled.end(), second) != enabled.end();
    if (possible) {
      system.apply(second);
      system.encode(bytes);
    }
    system.undo(here);
    return possible;
  }

  struct View {
    Fingerprint fingerprint;
    std::vector<std::byte> bytes;
    std::vector<std::string> enabled;
  };

  static void take(S& system, View& view) {
    view.fingerprint = system.fingerprint();
    view.bytes.clear();
    system.encode(view.bytes);
    std::vector<Action> actions;
    system.enabled(actions);
    view.enabled.clear();
    for (const Action& action : actions) {
      view.enabled.push_back(system.describe(action));
    }
  }
  static bool fingerprint_is_true(const S& system) {
    if constexpr (RecomputesFingerprint<S>) {
      return static_cast<Fingerprint>(system.recompute_fingerprint()) == system.fingerprint();
    } else {
      return true;
    }
  }
  static const char* difference(const View& left, const View& right) {
    if (left.bytes != right.bytes) {
      return "state";
    }
    if (left.fingerprint != right.fingerprint) {
      return "fingerprint";
    }
    return left.enabled != right.enabled ? "enabled actions" : nullptr;
  }

  View before_;
  View after_;
  View again_;
};

}  // namespace flowtank::explore
