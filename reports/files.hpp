// SPDX-License-Identifier: Apache-2.0
// Reports that go to files: JSON for programs, JUnit for pipelines, Markdown for people, and the trace as one
// JSON object a line. Each is a function from a result to text; who calls it writes the file whole.
#pragma once

#include <cstdint>
#include <string>

#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>

#include "reports/terminal.hpp"

namespace flowtank::reports {

inline constexpr int json_report_version = 1;

// One object; keys and meanings are listed in README.md here. Ends with a newline.
std::string json_report(const Scenario& scenario, const Result& result, const Aside& aside);

enum class JunitDialect : std::uint8_t {
  strict,  // what every reader takes, the strictest schema included
  gitlab,  // with the file of each case
};

// One test suite, a test case for each property: <failure> where an expectation is contradicted, <error> where it is
// undecided, <skipped> where a baseline accepts it. Names of cases are unique.
std::string junit_report(const Scenario& scenario, const Result& result, const Aside& aside, JunitDialect dialect = JunitDialect::strict);

std::string markdown_report(const Scenario& scenario, const Result& result, const Aside& aside);

// A header line, then one line a record of these kinds with all names resolved.
std::string trace_lines(const Scenario& scenario, const Witness& witness, KindSet kinds = all_kinds);

}  // namespace flowtank::reports
