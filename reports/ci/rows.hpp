// SPDX-License-Identifier: Apache-2.0
// One scenario driven several times (a sweep, a comparison of brokers) for pipelines: what each row came to, as cases that JUnit
// and TAP list and as findings that SARIF and annotations show. A row keeps no result, so thousands of them take little
// memory. Fingerprints hold the row's name: the same property under another broker is another finding.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>

#include "reports/ci/findings.hpp"
#include "reports/ci/pipeline.hpp"

namespace flowtank::reports {

struct RowCase {
  std::string property;            // printable
  VerdictKind verdict = VerdictKind::inconclusive;
  Strength strength = Strength::unstated;
  std::optional<Finding> finding;  // it is not as the scenario expects
};

struct ReportRow {
  std::string name;                // printable: "kafka", "consume=inbox, count=2"; unique among its rows
  std::string driver;              // "run", "check"
  std::vector<RowCase> cases;      // by property
  std::vector<Finding> others;     // findings about no property
  std::string problem;             // it could not be driven: why; empty otherwise
  bool decides = true;             // false: what could not be driven is only listed, and fails nothing
};

// `again`: the command that drives this row alone.
ReportRow row_of(std::string name, const Scenario& scenario, const Result& result, const std::string& again);
ReportRow row_not_driven(std::string name, std::string problem, bool decides);

// All findings, row by row; a row that decides and could not be driven is one. `scenario`: the file that was to be driven.
std::vector<Finding> findings_of(const std::vector<ReportRow>& rows, const std::string& scenario);

// A test suite for each row, a case for each of its properties; names are unique over all of them.
std::string junit_rows(const std::vector<ReportRow>& rows, const PipelineRun& run, JunitDialect dialect);
// TAP 14, a test point for each property of each row; what cannot be driven and decides nothing is skipped.
std::string tap_rows(const std::vector<ReportRow>& rows, const PipelineRun& run);

}  // namespace flowtank::reports
