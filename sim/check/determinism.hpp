// SPDX-License-Identifier: Apache-2.0
// The tool's own promise, tested on demand: the same scenario and seed give the same run, record by record. Two
// fresh Worlds are run and everything that they wrote is compared by contents; a difference is a fault of ours.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <sim/trace/compare.hpp>

#include "sim/check/scenario_check.hpp"

namespace flowtank {

struct TwoRuns {
  Result first;
  Result second;
  std::size_t records = 0;                    // of the first run
  std::optional<TraceDifference> difference;  // nothing: they are the same
  bool same() const;                          // records, number of actions and fingerprints
};

// Where the two differ; both must have kept their traces.
TwoRuns compare_runs(Result first, Result second);

// Nothing when the brokers cannot be made.
std::optional<TwoRuns> run_twice(const Scenario& scenario, const BrokerRegistry& registry, const RunOptions& options,
                                 Diagnostics& diagnostics);

// What two results of one question have different, as a phrase; empty when nothing. Compares verdicts with their notes and
// counterexamples, faults, what was covered, and the fingerprint of a run; not how long anything took.
std::string first_difference(const Result& first, const Result& second);

}  // namespace flowtank
