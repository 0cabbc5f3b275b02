// SPDX-License-Identifier: Apache-2.0
// Decision logs: which choices made a run. Every driver writes one, replay reads it, the shrinker edits
// it. Of a timed run it is the seed and the deviations from what the seed decides; of an explored one the
// list of actions, each in the words of World::describe() and with its occurrence among equal
// descriptions, never an index in a list or the hash of a state, so that logs outlive versions.
//
// The format is text, one fact a line, documented in README.md here. It is versioned, names the scenario and
// its content, and ends with a line that says how many actions there were: a truncated file is noticed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/base/time.hpp>

namespace flowtank {

inline constexpr std::uint32_t decision_log_version = 1;

// An action as a person reads it. `occurrence` counts from 1 among the enabled actions that are described
// by the same text, in their documented order; 1 unless contents repeat.
struct LoggedAction {
  std::string text;
  std::uint32_t occurrence = 1;
  friend bool operator==(const LoggedAction&, const LoggedAction&) = default;
};

enum class Driver : std::uint8_t {
  run,    // timed: seed and deviations
  check,  // explored: actions
};
std::string_view to_text(Driver driver);  // "run", "check"

struct DecisionLog {
  std::string scenario;                // path as the user gave it
  std::string scenario_hash;           // of its content, lower case hex
  std::vector<std::string> overrides;  // --set, in order
  Driver driver = Driver::check;
  std::uint64_t seed = 1;
  std::optional<Time> horizon;         // where the face overrode the scenario's
  std::string property;                // the property that it is a counterexample of; may be empty
  std::string fingerprint;             // of the run, lower case hex; empty when not known
  std::vector<std::string> deviations; // driver run: none are defined by version 1
  std::vector<LoggedAction> actions;   // driver check
  friend bool operator==(const DecisionLog&, const DecisionLog&) = default;
};

// The text of the file. Control characters and backslashes are escaped, so that each fact stays on its line.
std::string to_text(const DecisionLog& log);

// Reads the text of a file called `file`. Nothing and diagnostics (FT-LOG-001 to 005) when it is no decision
// log, has another version, is truncated or says something unknown.
std::optional<DecisionLog> parse_decision_log(std::string_view text, const std::string& file,
                                              Diagnostics& diagnostics);

}  // namespace flowtank
