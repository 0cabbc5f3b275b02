// SPDX-License-Identifier: Apache-2.0
// What every fuzz target shares: the demands that end the process when they are broken, and the texts of a fuzzed
// reading. A target is LLVMFuzzerTestOneInput of one file here; libFuzzer drives it (Clang), or replay.cpp does with
// the corpus (every compiler). A failed FLOWTANK_CHECK ends the process too, so it is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <sim/base/diagnostic.hpp>

namespace flowtank::fuzz {

using Texts = std::map<std::string, std::string>;  // by file name

// Ends the process with `what` unless `holds`.
void demand(bool holds, std::string_view what);

// Each diagnostic says something, has a code, and points into the file that it names.
void demand_good(const Diagnostics& diagnostics, const Texts& texts);

// The shipped models, by the path under which a scenario in the top folder finds them. Read once.
const Texts& shipped_models();

// Loads shop.json of `texts` as run and as check, runs at most 200 actions and explores at most 200 states, and prints
// what came out into every report, none of which may hold a control character of the input.
void load_and_drive(const Texts& texts);

}  // namespace flowtank::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
