// SPDX-License-Identifier: Apache-2.0
// The command graph: who talks to whom in a scenario, drawn by another program.
#pragma once

#include "cli/face.hpp"

namespace flowtank::cli {

// Exit code 0, or 2 when the scenario is wrong or the text cannot be written.
int graph_command(const CommandLine& line, const Face& face);

}  // namespace flowtank::cli
