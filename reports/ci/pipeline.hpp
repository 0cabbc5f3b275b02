// SPDX-License-Identifier: Apache-2.0
// What pipelines read: SARIF, annotations and summaries of GitHub, TAP, and JUnit and Markdown where there is no result (the
// input was wrong, or a scenario was only looked at). Each function gives the whole text; each keeps within the limits that the
// readers state, the most important first, and says what it left out.
#pragma once

#include <string>
#include <vector>

#include "reports/ci/findings.hpp"
#include "reports/diagnostics_text.hpp"
#include "reports/files.hpp"

namespace flowtank::reports {

// What a pipeline report says beside its findings.
struct PipelineRun {
  std::string command;      // "check", "run", "lint", ...
  std::string scenario;     // its file
  std::string version;      // of the program
  int exit = 0;
  SourceLine source;        // lines of files, for columns in characters; may be empty
};

// SARIF 2.1.0: one run, a rule for each kind of finding, a result for each finding with place, fingerprints and the story as a
// code flow. At most 5,000 results (what GitHub keeps). What is accepted comes as suppressed.
std::string sarif_report(std::vector<Finding> findings, const PipelineRun& run);

// Workflow commands of GitHub, one a line: at most ten of each kind, the last of which says how many more there are.
std::string github_annotations(std::vector<Finding> findings);

// Markdown cut to what a job summary takes (900,000 bytes of 1 MiB), at the end of a line, and says so.
std::string github_summary(std::string markdown);

// TAP 14: a test point for each property, with its story as YAML.
std::string tap_report(const Scenario& scenario, const Result& result, const Aside& aside);
// As above, a test point for each finding; without any, one that passes. A warning fails where the exit code does. `bail`: nothing was run.
std::string tap_report(const std::vector<Finding>& findings, const PipelineRun& run, bool bail);

// One test suite of findings: an <error> each where nothing was run, else a <failure>, but for notes, and for warnings where the
// exit code is 0; without any, one case that passes.
std::string junit_findings(const std::vector<Finding>& findings, const PipelineRun& run, JunitDialect dialect);
std::string markdown_findings(const std::vector<Finding>& findings, const PipelineRun& run);
// The report of a command that ran nothing: keys of the JSON report that it shares, and "errors".
std::string json_errors(const Diagnostics& diagnostics, const PipelineRun& run);

}  // namespace flowtank::reports
