// SPDX-License-Identifier: Apache-2.0
// See report_arguments.hpp. A kind that a command cannot write is refused before anything runs, with those that it can.
#include "cli/report_arguments.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <sim/base/diagnostic.hpp>

namespace flowtank::cli {
namespace {

const std::map<std::string, ReportKind> kinds = {
    {"html", ReportKind::html},     {"json", ReportKind::json},     {"junit", ReportKind::junit}, {"md", ReportKind::markdown},
    {"markdown", ReportKind::markdown}, {"sarif", ReportKind::sarif}, {"github", ReportKind::github}, {"github-summary", ReportKind::github_summary},
    {"tap", ReportKind::tap}};

std::vector<std::string> kinds_of(Command command) {
  if (command == Command::idempotency || command == Command::commute) return {"json", "html"};
  if (asks_family(command)) return {"json"};
  std::vector<std::string> names = report_kinds();
  if (command == Command::lint) std::erase(names, "html");
  return names;
}

// run --verify-determinism only says whether two runs are the same: it judges no property.
template <typename Refuse>
bool judges_or_compares(Command command, const Written& written, const Refuse& refuse) {
  if (command != Command::run || !written.verify_determinism) return true;
  const char* given = !written.report.empty() ? "--report" : !written.baseline.empty() ? "--baseline" : !written.write_baseline.empty() ? "--write-baseline" : !written.trace.empty() ? "--trace" : nullptr;
  if (given == nullptr) return true;
  return refuse(fmt::format("run --verify-determinism compares two runs and judges nothing: it takes no {}", given), "Run it without --verify-determinism for that.");
}

}  // namespace

std::vector<std::string> report_kinds() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kinds) {
    if (name != "markdown") names.push_back(name);  // the long form of md
  }
  return names;
}

bool understand_reports(Command command, const std::string& name, const Written& written, CommandLine& line, UsageError& error) {
  const auto refuse = [&error](std::string message, std::string hint) {
    error.message = std::move(message);
    error.hint = std::move(hint);
    return false;
  };
  const std::string several = !written.sweep.empty() ? "a sweep" : !written.brokers.empty() ? "a comparison of brokers" : "";
  const std::vector<std::string> allowed = kinds_of(command);
  std::size_t to_stdout = 0;
  for (const std::string& wish : written.report) {
    const std::size_t equals = wish.find('=');
    const std::string kind = wish.substr(0, equals);
    const auto known = kinds.find(kind);
    if (known == kinds.end()) return refuse(fmt::format("there is no report \"{}\"", kind), name_hint(kind, report_kinds(), "Reports"));
    if (std::find(allowed.begin(), allowed.end(), kind == "markdown" ? "md" : kind) == allowed.end()) {
      std::string list;
      for (const std::string& one : allowed) list += (list.empty() ? "" : one == allowed.back() ? " and " : ", ") + one + "=FILE";
      return refuse(fmt::format("{} writes no report \"{}\"", several.empty() ? name : several, kind), "It writes " + list + ".");
    }
    if (equals == std::string::npos || equals + 1 == wish.size()) return refuse(fmt::format("--report {} needs a file: --report {}=FILE", kind, kind), "- is standard output.");
    if (wish.substr(equals + 1) == "-" && asks_family(command)) return refuse("this report goes to a file, not to standard output", "");
    line.reports.push_back({known->second, wish.substr(equals + 1)});
    to_stdout += line.reports.back().file == "-" ? 1 : 0;
  }
  if (to_stdout > 1) return refuse("only one report can go to standard output", "Write the others to files.");
  if (!written.junit_dialect.empty() && written.junit_dialect != "strict" && written.junit_dialect != "gitlab") {
    return refuse(fmt::format("--junit-dialect has no \"{}\"", written.junit_dialect), name_hint(written.junit_dialect, {"strict", "gitlab"}, "Dialects"));
  }
  line.junit_gitlab = written.junit_dialect == "gitlab";
  line.baseline = written.baseline;
  line.write_baseline = written.write_baseline;
  if (several.empty()) {
    if (line.write_baseline == "-") return refuse("--write-baseline goes to a file, not to standard output", "It reads the file, too: reasons that it has stay.");
    return judges_or_compares(command, written, refuse);
  }
  const std::string one_by_one = written.sweep.empty() ? "Drive the kinds one by one with --set brokers.NAME.kind=KIND." : "Drive the rows one by one with --set.";
  if (!line.baseline.empty() || !line.write_baseline.empty()) return refuse(several + " takes no baseline", one_by_one);
  if (!written.trace.empty()) return refuse(several + " writes no trace", one_by_one);
  if (written.verify_determinism) return refuse(several + " takes no --verify-determinism", one_by_one);
  return true;
}

}  // namespace flowtank::cli
