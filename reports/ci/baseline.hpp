// SPDX-License-Identifier: Apache-2.0
// Findings that a team accepts for now, each with its reason: a JSON file beside the scenarios. A finding in it does not fail a
// pipeline; an entry that matches nothing any more is told, so that the file shrinks. Matching is by fingerprint (findings.hpp),
// so neither a seed nor a moved line matters.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/ci/findings.hpp"

namespace flowtank::reports {

inline constexpr int baseline_version = 1;

struct BaselineEntry {
  std::string fingerprint;
  std::string rule, scenario, driver, subject, message;  // for people, and to know which run could match it
  std::string reason;
  SourceRange where;  // in the file it was read from
};

// Reads a baseline. Nothing and diagnostics when it is none (FT-BASELINE-001 to 003); an empty reason is one (FT-BASELINE-002)
// unless `drafts`.
std::optional<std::vector<BaselineEntry>> parse_baseline(const std::string& text, const std::string& file, bool drafts, Diagnostics& diagnostics);

// The file, sorted by scenario, driver and subject, so that it merges well.
std::string baseline_text(std::vector<BaselineEntry> entries);

// Marks what the baseline accepts: in `aside` with the reason, in `result` as met, and the exit code follows. A warning
// (FT-BASELINE-004) for each entry of this scenario and driver that was decided otherwise; of a result that was cut short, or
// of a property that stayed undecided, none. A fault of ours is never accepted.
void accept_findings(const std::vector<BaselineEntry>& entries, const std::string& file, const Scenario& scenario, Result& result, Aside& aside, Diagnostics& diagnostics);

// `known` with the findings of this run instead of those that it had of the same scenario and driver; reasons stay, new ones
// are empty. Entries whose property stayed undecided are kept.
std::vector<BaselineEntry> updated_baseline(const std::vector<BaselineEntry>& known, const Scenario& scenario, const Result& result, const std::vector<Finding>& findings);

}  // namespace flowtank::reports
