// SPDX-License-Identifier: Apache-2.0
// See determinism.hpp: runs a scenario in two Worlds that share nothing, with traces, and looks for the first record
// in which they part.
#include "sim/check/determinism.hpp"

#include <utility>

#include <sim/base/check.hpp>
#include <sim/world/world.hpp>

namespace flowtank {

bool TwoRuns::same() const {
  return !difference && first.run.fingerprint == second.run.fingerprint && first.run.actions == second.run.actions;
}

TwoRuns compare_runs(Result first, Result second) {
  FLOWTANK_CHECK(first.traced != nullptr && second.traced != nullptr, "runs are compared by their traces");
  TwoRuns runs;
  runs.records = first.traced->trace.size();
  runs.difference = first_difference(first.traced->trace, first.traced->world->pool(), second.traced->trace,
                                     second.traced->world->pool());
  runs.first = std::move(first);
  runs.second = std::move(second);
  return runs;
}

std::optional<TwoRuns> run_twice(const Scenario& scenario, const BrokerRegistry& registry, const RunOptions& options,
                                 Diagnostics& diagnostics) {
  RunOptions traced = options;
  traced.keep_trace = true;
  auto first = run_scenario(scenario, registry, traced, diagnostics);
  if (!first) return std::nullopt;
  auto second = run_scenario(scenario, registry, traced, diagnostics);
  if (!second) return std::nullopt;
  return compare_runs(std::move(*first), std::move(*second));
}

}  // namespace flowtank
