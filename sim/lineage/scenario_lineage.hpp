// SPDX-License-Identifier: Apache-2.0
// Checks a scenario by lineage: from a run in which everything comes out well, which faults could have changed that? A fault is
// worth trying where it touches what the outcome came from: before the action that it keeps from happening as it did. Each
// such fault is tried in a run of its own; where all still comes out well, that run says what a second fault could
// touch, and so on, smallest sets first, until something breaks or no set is left. Besides, one thing may come late: it waits
// until nothing else can happen (or a timer fires as soon as it can).
//
// A PASS is no proof. It says: safe up to k faults of these kinds, in these orders of events, if a fault that touches nothing
// that the outcome came from changes nothing.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sim/check/result.hpp>
#include <sim/world/broker.hpp>

namespace flowtank::lineage {

struct LineageOptions {
  std::uint32_t most_faults = 4;           // of one run, if the budgets allow so many
  std::uint32_t most_turns = 1;            // things of one run that come late, or before their time, besides
  std::uint64_t most_runs = 200'000;
  std::uint64_t most_actions = 20'000;     // of one run
  std::vector<std::string> overrides;      // for the decision logs
  std::function<bool()> out_of_time;
  const std::atomic<bool>* cancelled = nullptr;
  std::function<void(std::uint64_t runs, std::uint64_t actions)> progress;
};

// Nothing and diagnostics when the brokers cannot be made.
std::optional<Result> lineage_check(const Scenario& scenario, const BrokerRegistry& registry, const LineageOptions& options,
                                    Diagnostics& diagnostics);

}  // namespace flowtank::lineage
