// SPDX-License-Identifier: Apache-2.0
// --report KIND=FILE and what belongs to it, understood: which command writes what, and where to.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/declared_options.hpp"

namespace flowtank::cli {

// False, a sentence and a hint when they make no sense; else `line` has them.
bool understand_reports(Command command, const std::string& name, const Written& written, CommandLine& line, UsageError& error);

}  // namespace flowtank::cli
