// SPDX-License-Identifier: Apache-2.0
// What --report html=FILE needs beside the result: the same scenario with single kinds of faults, what a timed run was like over
// its time, the command that made it, and which program. Only asked for when the page is: it costs about as much as the work
// itself did for each kind of fault. Limits are counts, never seconds, so that the same input gives the same page.
#pragma once

#include <string>
#include <vector>

#include <reports/html/fault_columns.hpp>

#include "cli/command_line.hpp"

namespace flowtank::cli {

using reports::column_states;
inline constexpr std::uint64_t column_runs = 1'000;       // of a campaign with one kind of fault

bool wants_html(const CommandLine& line);

// Adds a column without faults and, where the scenario has several kinds, one for each (reports/html/fault_columns.hpp). An
// interrupt ends that.
void add_columns(reports::HtmlAside& html, const Scenario& scenario, const Result& result, const reports::ColumnDriver& drive);

// The command that gives the same result again, without reports and files: "flowtank check shop.json --states 50".
std::string same_again(const CommandLine& line, std::string_view command, const Scenario& scenario, const std::vector<std::string>& overrides);

// The same with the page, as it can be typed again, and the program. `overrides`: as the scenario was loaded with.
void describe_command(reports::HtmlAside& html, const CommandLine& line, std::string_view command, const Scenario& scenario,
                      const std::vector<std::string>& overrides);

}  // namespace flowtank::cli
