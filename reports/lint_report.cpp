// SPDX-License-Identifier: Apache-2.0
// See lint_report.hpp. Keys keep the order in which they are written; text that is no UTF-8 is made printable before.
#include "reports/lint_report.hpp"

#include <nlohmann/json.hpp>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

using json = nlohmann::ordered_json;

json finding_json(const Diagnostic& d) {
  const char* severity = d.severity == Severity::error ? "error" : d.severity == Severity::warning ? "warning" : "note";
  json out{{"code", d.code}, {"severity", severity}, {"message", printable(d.message)}};
  if (!d.hint.empty()) out["hint"] = printable(d.hint);
  if (!d.file.empty()) out["at"] = {{"file", printable(d.file)}, {"line", d.range.line}, {"column", d.range.column}, {"length", d.range.length}};
  if (!d.pointer.empty()) out["pointer"] = printable(d.pointer);
  return out;
}

}  // namespace

std::string diagnostics_json(const Diagnostics& diagnostics) {
  json out = json::array();
  for (const Diagnostic& d : diagnostics.all()) out.push_back(finding_json(d));
  return out.dump();
}

std::string lint_report(const std::string& scenario_file, const Diagnostics& errors, const topology::LintResult& result) {
  json findings = json::array();
  json allowed = json::array();
  std::size_t warnings = errors.warnings();
  std::size_t notes = 0;
  for (const Diagnostic& d : errors.all()) findings.push_back(finding_json(d));
  for (const topology::Finding& finding : result.findings) {
    json one = finding_json(finding.diagnostic);
    one["subject"] = printable(finding.subject);
    ++(finding.diagnostic.severity == Severity::note ? notes : warnings);
    findings.push_back(std::move(one));
  }
  for (const topology::Finding& finding : result.allowed) {
    json one = finding_json(finding.diagnostic);
    one["subject"] = printable(finding.subject);
    one["reason"] = printable(finding.reason);
    allowed.push_back(std::move(one));
  }
  const json out{{"flowtank_lint", lint_report_version}, {"scenario", printable(scenario_file)},
                 {"errors", errors.errors()},            {"warnings", warnings},
                 {"notes", notes},                       {"findings", std::move(findings)},
                 {"allowed", std::move(allowed)}};
  return out.dump(2) + "\n";
}

}  // namespace flowtank::reports
