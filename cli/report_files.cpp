// SPDX-License-Identifier: Apache-2.0
// See report_files.hpp. Every kind has a report of wrong input, too, so that a pipeline shows it where it shows failures.
#include "cli/report_files.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <reports/files.hpp>
#include <reports/lint_report.hpp>
#include <reports/text.hpp>
#include <sim/base/whole_file.hpp>
#include <sim/scenario/json_reader.hpp>

#include "cli/installation.hpp"

namespace flowtank::cli {
namespace {

std::string command_word(Command command) {
  switch (command) {
    case Command::check: return "check";
    case Command::replay: return "replay";
    case Command::merge: return "merge";
    case Command::lint: return "lint";
    default: return "run";
  }
}

reports::PipelineRun pipeline_run(const CommandLine& line, int exit) {
  reports::PipelineRun run;
  run.command = command_word(line.command);
  run.scenario = line.command == Command::merge && !line.campaign.merged.empty() ? line.campaign.merged.front() : line.file;
  run.version = std::string(version());
  run.exit = exit;
  run.source = reports::source_lines_from_disk();
  return run;
}

reports::JunitDialect dialect_of(const CommandLine& line) { return line.junit_gitlab ? reports::JunitDialect::gitlab : reports::JunitDialect::strict; }

// Of findings that no property stands behind.
std::string findings_text(const CommandLine& line, ReportKind kind, const std::vector<reports::Finding>& findings, const reports::PipelineRun& run) {
  switch (kind) {
    case ReportKind::junit: return reports::junit_findings(findings, run, dialect_of(line));
    case ReportKind::sarif: return reports::sarif_report(findings, run);
    case ReportKind::github: return reports::github_annotations(findings);
    case ReportKind::github_summary: return reports::github_summary(reports::markdown_findings(findings, run));
    case ReportKind::tap: return reports::tap_report(findings, run, run.exit == 2);
    default: return reports::markdown_findings(findings, run);
  }
}

std::optional<std::vector<reports::BaselineEntry>> read_baseline(const std::string& file, bool drafts, Diagnostics& diagnostics) {
  const auto text = read_text_file(file, ReadLimits{}, diagnostics);
  if (!text) return std::nullopt;
  return reports::parse_baseline(*text, file, drafts, diagnostics);
}

bool write_baseline(const CommandLine& line, const Face& face, const Scenario& scenario, const Result& result, const reports::Aside& aside) {
  Diagnostics ignored;  // a file that is not there yet; one that is no baseline is not written over
  std::vector<reports::BaselineEntry> known;
  const auto text = read_text_file(line.write_baseline, ReadLimits{}, ignored);
  if (text) {
    Diagnostics problems;
    const auto read = reports::parse_baseline(*text, line.write_baseline, true, problems);
    print(problems, face);
    if (!read) return false;
    known = *read;
  }
  const auto entries = reports::updated_baseline(known, scenario, result, findings_of(scenario, result, aside));
  if (const auto problem = write_whole_file(line.write_baseline, reports::baseline_text(entries))) {
    print_error(*problem, "", face);
    return false;
  }
  const auto empty = static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [](const auto& entry) { return entry.reason.empty(); }));
  std::string said = fmt::format("{}: {} accepted", reports::printable(line.write_baseline), reports::counted(entries.size(), "finding"));
  if (empty != 0) said += fmt::format("; {} without a reason: write it in before --baseline takes the file", thousands(empty));
  say(stderr, said + "\n");
  return true;
}

}  // namespace

bool report_on_stdout(const CommandLine& line) {
  return std::any_of(line.reports.begin(), line.reports.end(), [](const ReportWish& wish) { return wish.file == "-"; });
}

std::string report_text(const CommandLine& line, ReportKind kind, const Scenario& scenario, const Result& result, const reports::Aside& aside) {
  switch (kind) {
    case ReportKind::json: return reports::json_report(scenario, result, aside);
    case ReportKind::junit: return reports::junit_report(scenario, result, aside, dialect_of(line));
    case ReportKind::markdown: return reports::markdown_report(scenario, result, aside);
    case ReportKind::github_summary: return reports::github_summary(reports::markdown_report(scenario, result, aside));
    case ReportKind::github: return reports::github_annotations(findings_of(scenario, result, aside));
    case ReportKind::tap: return reports::tap_report(scenario, result, aside);
    case ReportKind::sarif: {
      reports::PipelineRun run = pipeline_run(line, static_cast<int>(result.exit));
      run.scenario = scenario.file;
      return reports::sarif_report(findings_of(scenario, result, aside), run);
    }
    case ReportKind::html: break;  // made by who knows what it shows beside the result
  }
  return "";
}

bool write_report(const std::string& file, std::string_view text, const Face& face) {
  if (file == "-") {
    if (say(stdout, text)) return true;
    print_error("cannot write the report to standard output", "", face);
    return false;
  }
  const auto problem = write_whole_file(file, text);
  if (problem) print_error(*problem, "", face);
  return !problem;
}

bool write_lint_reports(const CommandLine& line, const Face& face, const Diagnostics& errors, const topology::LintResult& result, int exit) {
  std::vector<reports::Finding> findings = reports::findings_of(line.file, errors);
  const std::vector<reports::Finding> found = reports::findings_of(line.file, result);
  findings.insert(findings.end(), found.begin(), found.end());
  const reports::PipelineRun run = pipeline_run(line, exit);
  bool all = true;
  for (const ReportWish& wish : line.reports) {
    const std::string text = wish.kind == ReportKind::json ? reports::lint_report(line.file, errors, result) : findings_text(line, wish.kind, findings, run);
    all = write_report(wish.file, text, face) && all;
  }
  return all;
}

bool write_row_reports(const CommandLine& line, const Face& face, const RowReports& reports, int exit) {
  const reports::PipelineRun run = pipeline_run(line, exit);
  const auto text = [&](ReportKind kind) -> std::string {
    switch (kind) {
      case ReportKind::json: return reports.json();
      case ReportKind::html: return reports.html();
      case ReportKind::markdown: return reports.markdown();
      case ReportKind::github_summary: return reports::github_summary(reports.markdown());
      case ReportKind::junit: return reports::junit_rows(reports.rows, run, dialect_of(line));
      case ReportKind::tap: return reports::tap_rows(reports.rows, run);
      case ReportKind::sarif: return reports::sarif_report(reports::findings_of(reports.rows, run.scenario), run);
      case ReportKind::github: return reports::github_annotations(reports::findings_of(reports.rows, run.scenario));
    }
    return "";
  };
  bool all = true;
  for (const ReportWish& wish : line.reports) all = write_report(wish.file, text(wish.kind), face) && all;
  return all;
}

int nothing_was_run(const CommandLine& line, const Diagnostics& diagnostics, const Face& face) {
  constexpr int bad_input = 2;
  print(diagnostics, face);
  const reports::PipelineRun run = pipeline_run(line, bad_input);
  const std::vector<reports::Finding> findings = reports::findings_of(run.scenario, diagnostics);
  for (const ReportWish& wish : line.reports) {
    if (wish.kind == ReportKind::html) continue;  // a page of nothing
    write_report(wish.file, wish.kind == ReportKind::json ? reports::json_errors(diagnostics, run) : findings_text(line, wish.kind, findings, run), face);
  }
  const reports::Paint paint(face.err_colour);
  std::string text = paint.strong_fail(reports::counted(diagnostics.errors(), "error")) + ", nothing was run.";
  if (face.err_terminal) text += std::string(44, ' ') + paint.dim("exit 2");
  say(stderr, text + "\n");
  return bad_input;
}

bool baseline_is_good(const CommandLine& line, const Face& face) {
  if (line.baseline.empty()) return true;
  Diagnostics diagnostics;
  if (read_baseline(line.baseline, false, diagnostics)) return true;
  nothing_was_run(line, diagnostics, face);
  return false;
}

bool heed_baseline(const CommandLine& line, const Face& face, const Scenario& scenario, Result& result, reports::Aside& aside) {
  if (!line.baseline.empty()) {
    Diagnostics diagnostics;
    const auto entries = read_baseline(line.baseline, false, diagnostics);
    if (entries) reports::accept_findings(*entries, line.baseline, scenario, result, aside, diagnostics);
    print(diagnostics, face);
    for (const auto& [property, reason] : aside.accepted) say(stderr, fmt::format("accepted: {}: {}\n", reports::printable(property), reports::printable(reason)));
    if (!entries) return false;
  }
  return line.write_baseline.empty() || write_baseline(line, face, scenario, result, aside);
}

}  // namespace flowtank::cli
