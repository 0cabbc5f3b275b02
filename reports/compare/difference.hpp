// SPDX-License-Identifier: Apache-2.0
// What two results have not in common: two reports (of check, run, replay, a campaign) value by value, two runs up to the first
// record in which they part. Wall time and memory are no differences; verdicts are told first.
#pragma once

#include <cstdint>
#include <map>
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
  bool whole = true;            // runs: both end where their writers ended them, and nothing is damaged
  bool same() const { return changes.empty() && !parts_at; }
  bool same_verdicts() const;
};

// Is this text a JSON report, wherever in it the key stands that says so?
bool is_json_report(const std::string& text);

// Two JSON reports (texts of files a and b). Nothing and diagnostics (FT-DIFF-001) when one is none, or of another kind.
std::optional<Difference> diff_reports(const std::string& a, const std::string& file_a, const std::string& b, const std::string& file_b, Diagnostics& diagnostics);

struct RunSide {
  const TraceView* view = nullptr;              // outlives the call
  std::string file;                             // as the user named it
  std::map<std::string, std::string> verdicts;  // by property; empty: a trace file, which tells only what fails
};

// Two runs. Nothing and a diagnostic (FT-DIFF-002) when the levels of their traces differ, so that they cannot be compared. What a
// trace that was cut off does not tell is no difference: see Difference::whole.
std::optional<Difference> diff_runs(const RunSide& a, const RunSide& b, Diagnostics& diagnostics);

// For people; one line a change. `verdicts_only`: the rest is counted, not listed.
std::string difference_text(const Difference& difference, bool verdicts_only);
// One object (reports/schema/diff.schema.json). Ends with a newline.
std::string difference_json(const Difference& difference);

}  // namespace flowtank::reports
