// SPDX-License-Identifier: Apache-2.0
// Repairs that are known to work: for each property that fails, the first of the scenario's known weaknesses
// whose better value makes the same driver pass it. A weakness that is only suspected is never named:
// what is offered was loaded and run again. Where a repair takes away the very step that a crash is aimed at,
// it must hold against a crash at any step instead.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include <sim/base/diagnostic.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>

#include "sim/check/scenario_check.hpp"

namespace flowtank {

// How the scenario of the result came to be, and what a trial may cost.
struct RepairOptions {
  LoadOptions load;                       // as the scenario was loaded, its overrides included
  RunOptions run;                         // seed and horizon of the run that failed; hooks of the trials
  std::uint64_t states = 200'000;         // of one exploration
  std::size_t memory = std::size_t{512} << 20;  // bytes, of one exploration
  std::function<bool()> out_of_time;      // over all trials; what is not tried by then is not offered
  const std::atomic<bool>* cancelled = nullptr;
};

// Fills PropertyOutcome::repair of the failed properties of `result`. Each weakness with a better value costs
// at most two loads and runs or explorations, shared by all failed properties. Without out_of_time the
// outcome depends on nothing but the scenario.
void find_repairs(const Scenario& scenario, const BrokerRegistry& registry, const RepairOptions& options, Result& result);

}  // namespace flowtank
