// SPDX-License-Identifier: Apache-2.0
// Reports on their way to files or standard output, of what came out, of a scenario that was only looked at, and of input
// that was wrong; and the baseline of accepted findings.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <reports/ci/baseline.hpp>
#include <reports/ci/pipeline.hpp>
#include <reports/ci/rows.hpp>
#include <sim/base/diagnostic.hpp>
#include <sim/check/result.hpp>
#include <sim/topology/lint.hpp>

#include "cli/command_line.hpp"
#include "cli/face.hpp"

namespace flowtank::cli {

// Whether a report goes there; what would be printed goes to standard error then.
bool report_on_stdout(const CommandLine& line);

// The text of a report of any kind but html.
std::string report_text(const CommandLine& line, ReportKind kind, const Scenario& scenario, const Result& result, const reports::Aside& aside);

// Writes a text to a file, whole or not at all, or to standard output ("-"). False, and said, when it could not be.
bool write_report(const std::string& file, std::string_view text, const Face& face);

// The reports of lint. False when one could not be written.
bool write_lint_reports(const CommandLine& line, const Face& face, const Diagnostics& errors, const topology::LintResult& result, int exit);

// What several rows came to (a sweep, a comparison of brokers), for reports: their cases, and what is written of all of them as a table.
struct RowReports {
  std::vector<reports::ReportRow> rows;
  std::function<std::string()> json, markdown, html;
};
// False when one could not be written.
bool write_row_reports(const CommandLine& line, const Face& face, const RowReports& reports, int exit);

// Says what was wrong, on the terminal and in every report that has a place for it; exit code 2.
int nothing_was_run(const CommandLine& line, const Diagnostics& diagnostics, const Face& face);

// Before anything runs: can the baseline be read, and has every entry a reason? False, and said, when not.
bool baseline_is_good(const CommandLine& line, const Face& face);
// After it: accepts what the baseline lists, warns of what is found no more, and writes --write-baseline. False when it could not be written.
bool heed_baseline(const CommandLine& line, const Face& face, const Scenario& scenario, Result& result, reports::Aside& aside);

}  // namespace flowtank::cli
