// SPDX-License-Identifier: Apache-2.0
// Runs and checks a scenario: where World, drivers, properties and expectations meet. One function a
// driver, each giving the same Result. Brokers come in as a registry, clocks and signals as callbacks.
//
// run_scenario     one timed run of one seed. When something fails it runs once more with a trace, which
//                  also shows that the run is deterministic.
// check_scenario   all orders of events, breadth first, so that each witness is a shortest one; then loops
//                  for what must happen eventually. Each witness is replayed with a trace.
// replay_scenario  a decision log again.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include <sim/base/diagnostic.hpp>
#include <sim/world/broker.hpp>

#include "sim/check/result.hpp"
#include "sim/check/trace_output.hpp"

namespace flowtank {

struct RunOptions {
  std::optional<std::uint64_t> seed;      // else the scenario's
  std::optional<Time> horizon;            // else the scenario's
  std::vector<std::string> overrides;     // for the decision log
  bool keep_trace = false;
  TraceOutput* trace = nullptr;           // also written to a file while the run goes on; nullptr: to none
  std::uint64_t trace_actions = 2'000'000;  // a longer run keeps no trace of its failures
  TimedRunHooks hooks;
};

inline constexpr std::uint64_t default_check_states = 20'000'000;
inline constexpr std::size_t default_check_memory = std::size_t{2} << 30;

struct CheckOptions {
  std::optional<std::uint64_t> states;    // else the scenario's, else default_check_states
  std::optional<std::uint64_t> depth;     // actions on a path; else the scenario's, else no limit
  std::optional<std::size_t> memory;      // bytes; else the scenario's, else default_check_memory
  std::vector<std::string> overrides;     // for the decision logs
  bool self_check = false;                // compares undo, fingerprints and order around every action; slow
  bool exact = false;                     // matches states by their encodings too; slow
  unsigned threads = 1;                   // that explore; the result is the same on any number
  bool reduce = false;                    // takes steps at once that nobody else can notice; witnesses stay shortest ones
  bool reduce_runs = false;               // the same, and lets one handler run go on where no other can meet it
  std::function<bool()> out_of_time;
  const std::atomic<bool>* cancelled = nullptr;
  std::function<void(const explore::Counts&)> progress;
};

// Nothing and diagnostics when the brokers cannot be made.
std::optional<Result> run_scenario(const Scenario& scenario, const BrokerRegistry& registry, const RunOptions& options,
                                   Diagnostics& diagnostics);
std::optional<Result> check_scenario(const Scenario& scenario, const BrokerRegistry& registry,
                                     const CheckOptions& options, Diagnostics& diagnostics);

// Replays an explored log strictly; of a timed one runs the seed. The properties are judged at its end.
// Nothing and a diagnostic (FT-LOG-006) when an action is not enabled.
std::optional<Result> replay_scenario(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log,
                                      const RunOptions& options, Diagnostics& diagnostics);

}  // namespace flowtank
