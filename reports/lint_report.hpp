// SPDX-License-Identifier: Apache-2.0
// The findings of the static analysis for programs: one JSON object with what was found, what the scenario allows
// and why, and how many of each. Keys are in sim/topology/README.md.
#pragma once

#include <string>

#include <sim/base/diagnostic.hpp>
#include <sim/topology/lint.hpp>

namespace flowtank::reports {

inline constexpr int lint_report_version = 1;

// Errors, warnings and notes as a JSON array, in their order.
std::string diagnostics_json(const Diagnostics& diagnostics);

// `errors`: of loading; with any of them `result` is empty. Ends with a newline.
std::string lint_report(const std::string& scenario_file, const Diagnostics& errors, const topology::LintResult& result);

}  // namespace flowtank::reports
