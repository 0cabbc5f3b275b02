// SPDX-License-Identifier: Apache-2.0
// What run and campaigns do with the failures that they find: each is made as small as it gets and kept as two files, a scenario
// that demands the FAIL and the decision log that shows it (sim/shrink/shrunk_files.hpp).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>

#include "cli/command_line.hpp"

namespace flowtank::cli {

// What run and campaigns do with their failures: each becomes PropertyOutcome::shrunk, with files beside the other
// counterexamples unless `line` wants none. Without out_of_time it depends on nothing but the scenario and the logs. A failure
// that cannot be shrunk stays as it is.
void shrink_failures(const CommandLine& line, const Scenario& scenario, const std::vector<std::string>& overrides,
                     const std::function<bool()>& out_of_time, Result& result);

}  // namespace flowtank::cli
