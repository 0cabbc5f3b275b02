// SPDX-License-Identifier: Apache-2.0
// Overrides: `--set path=value` changes a scenario before it is loaded, so that one file answers many
// questions. Wrong values are diagnosed like those of a file, at the override's own text.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/json_reader.hpp"

namespace flowtank {

// Applies "services.payment.with.consume=inbox" to `root`. A path is keys, separated by dots; a key with dots of its own is
// found where it is, and may be new in a broker ("brokers.bus.max.poll.records=1"); in a list
// an index from 0 or the "name" of an element; "faults.+={...}" adds an element to a list, which may be new.
// The value is JSON, or else a string as it stands.
// Everything but the last key must exist, apart from sections that may be left out (run, check,
// expect, with, ...). Diagnosed: FT-SET-001, FT-SET-002. A later override wins.
void apply_override(JsonNode& root, const std::string& assignment, Sources& sources, const ReadLimits& limits,
                    Diagnostics& diagnostics);

}  // namespace flowtank
