// SPDX-License-Identifier: Apache-2.0
// The manual pages flowtank(1) and flowtank-COMMAND(1), made of the very texts that --help prints: one source,
// so that neither can be stale.
#pragma once

#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "cli/face.hpp"

namespace flowtank::cli {

// A page in the format of man (roff); `command` empty: flowtank(1). The command must exist.
std::string manual_page(std::string_view command);

// `flowtank manual`: prints a page, or writes all of them into the folder of --into.
int manual_command(const CommandLine& line, const Face& face);

}  // namespace flowtank::cli
