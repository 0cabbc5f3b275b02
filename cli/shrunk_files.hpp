// SPDX-License-Identifier: Apache-2.0
// What run and campaigns do with the failures that they find: each is made as small as it gets and kept as two files, a scenario
// that demands the FAIL and the decision log that shows it (sim/shrink/shrunk_files.hpp). The small one is what reports tell; where
// there is none, the failure says why.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>

#include "cli/command_line.hpp"
#include "cli/progress.hpp"

namespace flowtank::cli {

// What run, campaigns and searches by lineage do with their failures: each becomes PropertyOutcome::shrunk with its story, and files beside
// the other counterexamples unless `line` wants none; or PropertyOutcome::unshrunk says why it stays as it was found. Without
// out_of_time it depends on nothing but the scenario and the logs, and ends with them or with an interrupt.
void shrink_failures(const CommandLine& line, const Scenario& scenario, const std::vector<std::string>& overrides,
                     const std::function<bool()>& out_of_time, Result& result);

// Nobody shrinks the failures of `result`, for this reason (as PropertyOutcome::unshrunk). For results that only stand beside others.
void leave_as_found(Result& result, const std::string& why);

// How long work that may take `limit_seconds` in all may shrink: what is left of it, and where that is little a quarter of it, at least
// 1 s and at most 10 s. Empty where there is no limit: then the same input gives the same bytes.
std::function<bool()> shrinking_time(const Progress& progress, std::optional<double> limit_seconds);

// The same after a timed run: 10 s of the processor, so that a busy machine tells the same story as an idle one, and at most 30 s on the clock.
std::function<bool()> shrinking_time_of_a_run(const Progress& progress);

}  // namespace flowtank::cli
