// SPDX-License-Identifier: Apache-2.0
// One row of a sweep or of a comparison of brokers: the scenario with overrides, driven as the command line asks. The
// options that a row understands are those of run and check themselves; a demanded FAIL that the overrides repair is met.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sim/check/broker_matrix.hpp>

#include "cli/command_line.hpp"
#include "cli/progress.hpp"

namespace flowtank::cli {

// Nothing and diagnostics when the altered scenario cannot be loaded or its brokers cannot be made.
std::optional<DrivenScenario> drive_row(const CommandLine& line, const std::vector<std::string>& overrides, Progress& progress, Diagnostics& diagnostics);

}  // namespace flowtank::cli
