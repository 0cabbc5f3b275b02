// SPDX-License-Identifier: Apache-2.0
// What a person keeps of what is on the desk: the scenario as it is set now (options, seed, horizon written into it), and a
// counterexample or branch, with the scenario beside it where the file on disk is not what it is a log of. What is written is read
// again before it takes its name; a problem leaves an older file as it was, and is a sentence that says what to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sim/base/time.hpp>
#include <sim/run/decision_log.hpp>

namespace flowtank::gui {

struct ScenarioAsSet {
  std::string file;                      // as it is on disk
  std::vector<std::string> overrides;
  std::vector<std::string> model_path;
  std::optional<std::uint64_t> seed;     // nothing: as the file has it
  std::optional<Time> horizon;           // of timed runs; nothing: as the file has it
  bool explored = false;                 // it is read as `check` reads it
};

// What a folder that does not take a file is answered with.
extern const char* const another_folder;

// Writes it to `to`. A sentence when it could not be written.
std::optional<std::string> keep_scenario(const ScenarioAsSet& set, const std::string& to);

struct KeptLog {
  std::string counterexample;
  std::string scenario;                  // written beside it; empty: the log is of the file on disk
  std::string problem;                   // a sentence; empty: all is written
};

// Writes `log`, of set.file with log.overrides, to `to`. With `own_scenario`, or where the log has overrides, the scenario is written
// beside it under a name that is not taken, and the log is one of that.
KeptLog keep_log(const ScenarioAsSet& set, DecisionLog log, bool own_scenario, const std::string& to);

}  // namespace flowtank::gui
