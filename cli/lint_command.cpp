// SPDX-License-Identifier: Apache-2.0
// lint: loads, asks the static analysis, prints what it found to stdout. Exit 2 when the file is wrong, 1 with
// --strict when there are warnings, otherwise 0.
#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/topology/lint.hpp>

#include "cli/face.hpp"
#include "cli/report_files.hpp"

namespace flowtank::cli {

int lint_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.overrides = line.overrides;
  options.model_path = line.models;
  const auto scenario = load_scenario(line.file, options, diagnostics);
  topology::LintResult result;
  if (scenario) {
    create_brokers(*scenario->system, shipped_brokers(), diagnostics);
    check_broker_faults(*scenario, shipped_brokers(), diagnostics);
    if (diagnostics.ok()) result = topology::lint(*scenario);
  }
  Diagnostics shown;
  std::size_t notes = 0;
  for (const Diagnostic& d : diagnostics.all()) shown.add(d);
  for (const topology::Finding& finding : result.findings) {
    const bool note = finding.diagnostic.severity == Severity::note;
    if (note) ++notes;
    if (!note || line.notes) shown.add(finding.diagnostic);
  }
  shown.sort_by_position();
  const reports::Paint paint(face.out_colour);
  std::string text = reports::to_text(shown, reports::source_lines_from_disk(), {paint, face.ascii});
  text += reports::count_text(shown);
  if (notes > 0) text += ", " + reports::counted(notes, "note") + (line.notes ? "" : " (--notes shows " + std::string(notes == 1 ? "it" : "them") + ")");
  if (!result.allowed.empty()) text += fmt::format(", {} allowed by the scenario", reports::counted(result.allowed.size(), "finding"));
  int exit = !diagnostics.ok() ? 2 : line.strict && shown.warnings() > 0 ? 1 : 0;
  if (!write_lint_reports(line, face, diagnostics, result, exit)) exit = 2;
  if (face.out_terminal) text += std::string(24, ' ') + paint.dim(fmt::format("exit {}", exit));
  return say(report_on_stdout(line) ? stderr : stdout, text + "\n") ? exit : 2;
}

}  // namespace flowtank::cli
