// SPDX-License-Identifier: Apache-2.0
// diff: what two runs, two JSON reports or two campaigns have not in common, with an exit code for pipelines.
#pragma once

#include <string>

namespace flowtank::cli {

struct Face;
struct CommandLine;

struct DiffArguments {
  std::string a, b;
  bool verdicts = false;  // only these count
};

// 0 the same, 1 different, 2 when one is none of these, they are not of one kind, or nothing differs but a trace cannot be read to its end.
int diff_command(const CommandLine& line, const Face& face);

}  // namespace flowtank::cli
