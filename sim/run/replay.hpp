// SPDX-License-Identifier: Apache-2.0
// Replay: applies the actions of a decision log of an exploration to a World in explore mode. Strict replay
// stops at the first action that is not enabled and says which are; lenient replay (for the shrinker)
// skips it, and gives back a log that replays strictly. A log of a timed run is replayed by running its
// seed again (timed_run.hpp).
//
// Invariant: replaying strictly the strict log of any replay applies the same actions.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <sim/base/check.hpp>
#include <sim/world/world.hpp>

#include "sim/run/decision_log.hpp"

namespace flowtank {

// How an action is written in a decision log, given the state it is about to be applied in.
LoggedAction logged_action(const World& world, const Action& action);

// Finds the enabled action that `logged` means; false when none is.
bool find_enabled(const World& world, const LoggedAction& logged, Action& out);

struct Replayed {
  bool complete = false;           // every action of the log was applied
  std::size_t applied = 0;
  std::size_t skipped = 0;         // lenient
  std::string error;               // strict, not complete: a sentence that names the action and its number
  std::vector<std::string> enabled;  // strict, not complete: what was enabled instead, at most 20
  std::vector<LoggedAction> log;   // what was applied, as a strict log
};

// Called before (`applied` false) and after (true) each action.
using ReplayObserver = std::function<void(World&, const Action&, std::size_t position, bool applied)>;

// `world` is in its initial state, in explore mode. Records go where its record_into() says.
Replayed replay_strictly(World& world, const std::vector<LoggedAction>& log, const ReplayObserver& observer = {});
Replayed replay_leniently(World& world, const std::vector<LoggedAction>& log, const ReplayObserver& observer = {});

}  // namespace flowtank
