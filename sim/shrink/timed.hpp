// SPDX-License-Identifier: Apache-2.0
// Timed runs for the shrinker: does one fail, and what was it in the words of an exploration? The actions of a timed run
// are those of an exploration of the same scenario in one particular order; its faults strike inside of other
// actions and become markers ("this fault, this message, about here").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sim/world/broker.hpp>

#include "sim/shrink/stage.hpp"

namespace flowtank::shrinking {

struct TimedRun {
  std::uint64_t seed = 1;
  std::optional<Time> horizon;  // else the scenario's
};

struct TimedOutcome {
  bool fails = false;             // the property is violated
  std::uint64_t actions = 0;
  std::uint64_t strikes = 0;      // of all faults
  std::uint64_t fingerprint = 0;
};

// Nothing when the property or the World cannot be had, or `stop`, which is asked every few thousand actions, ended it.
std::optional<TimedOutcome> run_timed(const Scenario& scenario, const BrokerRegistry& registry, const TimedRun& run,
                                      const std::string& property, const std::function<bool()>& stop = nullptr);

struct TimedSteps {
  std::vector<LogStep> steps;
  std::vector<std::uint64_t> strikes;  // by fault
};

// What happened, action by action. Nothing when there were more than `most` actions.
std::optional<TimedSteps> timed_steps(const Scenario& scenario, const BrokerRegistry& registry, const TimedRun& run, std::uint64_t most);

}  // namespace flowtank::shrinking
