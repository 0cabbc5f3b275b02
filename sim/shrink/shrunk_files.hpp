// SPDX-License-Identifier: Apache-2.0
// A failure as two files: a scenario that demands the FAIL, and the decision log that shows it. They stand side by side, name
// each other, and are read again before anybody is told of them. Each is there whole or not at all.
#pragma once

#include <optional>
#include <string>

#include <sim/base/diagnostic.hpp>

#include "sim/shrink/shrink.hpp"

namespace flowtank {

struct ShrunkFiles {
  std::string scenario;        // as written; of a failure whose scenario stayed, that scenario
  std::string counterexample;
  DecisionLog log;
};

// Writes DIR/STEM.shrunk.json and DIR/STEM.shrunk.counterexample. Model names that the folder does not find become relative paths.
// Nothing and diagnostics (FT-FILE-002, FT-SHRINK-002) when they cannot be written, or when what was written does not show the
// failure again.
std::optional<ShrunkFiles> write_shrunk(const Shrunk& shrunk, const Scenario& original, const BrokerRegistry& registry, const LoadOptions& load,
                                        const std::string& folder, const std::string& stem, Diagnostics& diagnostics);

// Writes the text of a scenario to `file` and loads it from there with `load`, whose overrides are left out: the text has them. `original`
// says which models are meant: those that are not found from the new place are named by their way from there. Nothing and
// diagnostics when it cannot be written or read again.
std::optional<Scenario> write_scenario(const std::string& text, const Scenario& original, const LoadOptions& load, const std::string& file, Diagnostics& diagnostics);

}  // namespace flowtank
