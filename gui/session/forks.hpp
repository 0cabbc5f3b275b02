// SPDX-License-Identifier: Apache-2.0
// Another way to go on: which actions are possible at an event of a run, and the branch that begins with one of them. A branch
// is a decision log of an exploration, so that it can be kept as a counterexample and replayed by the command line. A timed
// run becomes one by doing its actions again without time. Invariant: a branch replays strictly.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/run/decision_log.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/record.hpp>
#include <sim/world/broker.hpp>

namespace flowtank::gui {

struct Choice {
  LoggedAction action;
  std::string words;      // what would happen, in words of the scenario; printable
  bool fault = false;     // the environment does it, not the system
  bool taken = false;     // what the run did here
};

struct Crossroads {
  DecisionLog log;        // up to here; strict
  std::vector<LoggedAction> rest;  // what the run did from here on
  std::vector<Choice> choices;     // in the documented order
  std::size_t lost = 0;   // actions of a timed run that are not possible without time
};

// What the fork is a fork of.
struct ForkSource {
  std::string file;                     // the scenario
  std::vector<std::string> overrides;
  std::vector<std::string> model_path;
  std::optional<DecisionLog> log;       // of an explored run; nothing: the timed run of `seed`
  std::uint64_t seed = 1;
  std::optional<Time> horizon;          // of the timed run; else the scenario's
  std::size_t told = 0;                 // the event, by its number among the records that stories count
};

// The override with which a branch of a timed run keeps the workload of that run.
inline constexpr const char* branch_workload = "check={}";

inline constexpr std::size_t most_fork_actions = 50'000;

// What is possible instead of the action that made the event. Nothing and diagnostics when the run cannot be followed to there.
std::optional<Crossroads> crossroads_at(const ForkSource& source, const BrokerRegistry& registry, const std::atomic<bool>& cancelled, Diagnostics& diagnostics);

// The log of the branch: up to the crossroads, the choice instead of what the run did there, what the run did after that as far as it
// is possible, then what is left to do without further faults. Nothing when it was cancelled or the choice is not possible.
std::optional<DecisionLog> branch_of(const ForkSource& source, const Crossroads& crossroads, const LoggedAction& choice, const BrokerRegistry& registry,
                                     const std::atomic<bool>& cancelled, Diagnostics& diagnostics);

// The run of a log without one of its actions, as far as it is possible then, and to its end.
std::optional<DecisionLog> without_action(const Scenario& scenario, const DecisionLog& log, std::size_t left_out, const BrokerRegistry& registry,
                                          const std::atomic<bool>& cancelled);

}  // namespace flowtank::gui
