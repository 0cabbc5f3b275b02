// SPDX-License-Identifier: Apache-2.0
// explain: what a kind of fault, property or broker is, from the tables that the loader and the models read.
#pragma once

#include "cli/command_line.hpp"
#include "cli/face.hpp"

namespace flowtank::cli {

// Prints one entry, the list of a topic, its page in Markdown, or the topics. 2 when there is no such name.
int explain_command(const CommandLine& line, const Face& face);

}  // namespace flowtank::cli
