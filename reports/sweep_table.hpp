// SPDX-License-Identifier: Apache-2.0
// The table of a parameter sweep, for the terminal and as JSON ("flowtank_sweep": 1; keys are only added).
#pragma once

#include <string>

#include <sim/check/sweep.hpp>
#include <sim/scenario/scenario.hpp>

#include "reports/terminal.hpp"

namespace flowtank::reports {

std::string sweep_text(const std::string& file, const SweepTable& table, const TerminalStyle& style);
std::string sweep_json(const std::string& file, const SweepTable& table);
std::string sweep_markdown(const std::string& file, const SweepTable& table);

}  // namespace flowtank::reports
