// SPDX-License-Identifier: Apache-2.0
// What two results have not in common: two reports (of check, run, replay, a campaign) value by value, two runs up to the first
// record in which they part. Wall time and memory are no differences; verdicts are told first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/trace/compare.hpp>

#include "reports/trace_view.hpp"

namespace flowtank::reports {

inline constexpr int diff_version = 1;

struct Change {
  bool verdict = false;  // of a verdict, its strength, an expectation or the exit code
  std::string what;      // "charged at most once: verdict", "check.states"; printable
  std::string a, b;      // printable; empty: not there
};

struct Difference {
  std::string kind;             // "reports" or "runs"
  std::string name_a, name_b;   // as the user named them
  std::vector<Change> changes;  // verdicts first
  std::optional<std::uint64_t> parts_at;  // runs: the first record that differs
  std::string story;            // runs: what both say there
  bool same() const { return changes.empty() && !parts_at; }
  bool same_verdicts() const;
};

// Two JSON reports (texts of files a and b). Nothing and diagnostics (FT-DIFF-001) when one is none, or of another kind.
std::optional<Difference> diff_reports(const std::string& a, const std::string& file_a, const std::string& b, const std::string& file_b, Diagnostics& diagnostics);

// Two traces. Nothing and a diagnostic (FT-DIFF-002) when their levels differ, so that they cannot be compared.
std::optional<Difference> diff_runs(const TraceView& a, const std::string& file_a, const TraceView& b, const std::string& file_b, Diagnostics& diagnostics);

// For people; one line a change. `verdicts_only`: the rest is counted, not listed.
std::string difference_text(const Difference& difference, bool verdicts_only);
// One object (reports/schema/diff.schema.json). Ends with a newline.
std::string difference_json(const Difference& difference);

}  // namespace flowtank::reports
