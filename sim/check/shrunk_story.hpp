// SPDX-License-Identifier: Apache-2.0
// From what the shrinker made to what reports tell: the small run again in its own scenario, with a trace, its critical step and
// the nearest run that passes. Nothing is told that was not replayed, and the small scenario is kept as long as its story.
#pragma once

#include <memory>
#include <string>

#include <sim/shrink/shrink.hpp>
#include <sim/world/broker.hpp>

#include "sim/check/explanation.hpp"
#include "sim/check/result.hpp"

namespace flowtank {

// The failure of `property` in the small run. nullptr where the replay does not show it or keeps no trace of it, or where it was
// cancelled: then the run that was found is what can be told. Deterministic but for options.out_of_time and cancelled. The
// World of its witness reads shrunk.scenario, which whoever keeps the failure keeps, too (ShrunkOutcome::small).
std::shared_ptr<const PropertyOutcome> small_failure(const Shrunk& shrunk, const BrokerRegistry& registry, const std::string& property,
                                                     const ExplanationOptions& options);

// Counts, files left out: what a PropertyOutcome says of the shrunk run. Its story is told unless the shrinker was cut short.
ShrunkOutcome shrunk_outcome(const Shrunk& shrunk, const BrokerRegistry& registry, const std::string& property, const ExplanationOptions& options);

}  // namespace flowtank
