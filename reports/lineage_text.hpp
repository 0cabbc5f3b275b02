// SPDX-License-Identifier: Apache-2.0
// What a search led by lineage came to, in words: how many runs, which faults were tried and which were not worth a run. Every report
// says it with these, and none claims more than was tried: a search that was stopped names only the sets that it finished.
#pragma once

#include <string>

#include <sim/check/lineage_summary.hpp>

namespace flowtank::reports {

// "18 runs: two orders of events, in each at most one thing late or early".
std::string lineage_runs_text(const LineageSummary& summary);

// "every set of at most 2 of 4 faults; stopped: out of time"; "the scenario allows no faults"; "the one fault, wherever it can strike".
std::string lineage_faults_text(const LineageSummary& summary);

// What needed no run: "12 places where a fault strikes nothing that the outcome came from". Empty where there is nothing to say.
std::string lineage_left_out_text(const LineageSummary& summary);

}  // namespace flowtank::reports
