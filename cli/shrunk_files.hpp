// SPDX-License-Identifier: Apache-2.0
// The two files of a shrunk failure: a scenario that demands the FAIL, and the decision log that shows it. They
// stand side by side, name each other, and are read again before anybody is told of them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/check/result.hpp>
#include <sim/shrink/shrink.hpp>

#include "cli/command_line.hpp"

namespace flowtank::cli {

struct ShrunkFiles {
  std::string scenario;        // as written; of a failure whose scenario stayed, that scenario
  std::string counterexample;
  DecisionLog log;
};

// Writes DIR/STEM.shrunk.json and DIR/STEM.shrunk.counterexample. Model names that the folder does not find become relative paths.
// Nothing and diagnostics when they cannot be written, or when what was written does not show the failure again.
std::optional<ShrunkFiles> write_shrunk(const Shrunk& shrunk, const Scenario& original, const LoadOptions& load, const std::string& folder,
                                        const std::string& stem, Diagnostics& diagnostics);

// What run and campaigns do with their failures: each becomes PropertyOutcome::shrunk, with files beside the other
// counterexamples unless `line` wants none. Without out_of_time it depends on nothing but the scenario and the logs. A failure
// that cannot be shrunk stays as it is.
void shrink_failures(const CommandLine& line, const Scenario& scenario, const std::vector<std::string>& overrides,
                     const std::function<bool()>& out_of_time, Result& result);

}  // namespace flowtank::cli
