// SPDX-License-Identifier: Apache-2.0
// `flowtank conform VECTOR.json...`: plays vectors against the broker models. One line a vector on stdout ("agrees",
// "differs at step n", "not supported"), a line with the counts at the end; what is wrong with a file goes to stderr.
#pragma once

#include "cli/command_line.hpp"
#include "cli/face.hpp"

namespace flowtank::cli {

// Exit code: 0 no vector differs, 1 one does, 2 a file is no vector (the others are played nevertheless).
int conform_command(const CommandLine& line, const Face& face);

}  // namespace flowtank::cli
