// SPDX-License-Identifier: Apache-2.0
// One run: from the state that the system is in, the chooser's actions until nothing but faults can happen and none
// shall strike, or until the bound. Who watches is told of every action and of every state of rest.
//
// Invariant: a walk is a function of the state it begins in and of the chooser; it allocates nothing of its own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/campaign/choosers.hpp"

namespace flowtank::campaign {

struct WalkEnd {
  std::uint64_t actions = 0;
  bool rested = false;   // it came to a state in which nothing but faults can happen
  bool cut = false;      // by the bound
  bool stopped = false;  // by who watches
};

// Lists what is enabled and says how much of it is no fault. Faults come last, so a list without them has the same
// positions: systems that can list both apart need not look for faults at steps where none shall strike.
template <class S>
std::size_t offer(S& system, bool faults, std::vector<typename S::Action>& actions) {
  if constexpr (requires { system.enabled_plain(actions); system.enabled_faults(actions); }) {
    system.enabled_plain(actions);
    const std::size_t plain = actions.size();
    if (faults || plain == 0) system.enabled_faults(actions);
    return plain;
  } else {
    system.enabled(actions);
    std::size_t plain = actions.size();
    while (plain != 0 && fault_of(system, actions[plain - 1]) != no_fault) --plain;
    return plain;
  }
}

// `watch` offers
//   bool before(const S&, std::span<const Action> enabled, std::size_t chosen);  // false: stop here
//   void after(const S&);                                                        // the action was applied
//   void at_rest(const S&);
// `actions` is room for the enabled ones.
template <class S, class Chooser, class Watch>
WalkEnd walk(S& system, Chooser& chooser, std::vector<typename S::Action>& actions, std::uint64_t most, Watch& watch) {
  WalkEnd end;
  for (;;) {
    actions.clear();
    const std::size_t plain = offer(system, chooser.wants_faults(end.actions), actions);
    if (plain == 0) {
      end.rested = true;
      watch.at_rest(system);
    }
    if (end.actions == most) {
      end.cut = plain != 0;
      return end;
    }
    const std::span<const typename S::Action> offered(actions);
    const std::size_t chosen = chooser.choose(system, offered, plain, end.actions);
    if (chosen == end_here) return end;
    if (!watch.before(system, offered, chosen)) {
      end.stopped = true;
      return end;
    }
    system.apply(actions[chosen]);
    ++end.actions;
    watch.after(system);
  }
}

}  // namespace flowtank::campaign
