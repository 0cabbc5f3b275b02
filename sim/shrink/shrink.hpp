// SPDX-License-Identifier: Apache-2.0
// The shrinker: from a run that violates a property to the smallest one that still does. It takes a decision
// log of any driver, leaves out everything that is not needed (requests, messages, faults, single actions, then
// clients, services, options, data, time of the scenario) and asks the same property again after each change. What
// comes out is a scenario of its own, which demands the FAIL, and a strict log of it.
//
// Invariant: the result violates the demanded property in a fresh World; nothing else is ever given out. It is 1-minimal
// unless `minimal` is false: leaving out any one action, fault or request no longer fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/run/decision_log.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>

namespace flowtank {

struct ShrinkOptions {
  LoadOptions load;                       // as the scenario was loaded, its overrides included
  bool scenario = true;                   // false: only the log; the scenario stays as it is
  std::uint64_t search_states = 100'000;  // of each search for something shorter
  std::uint64_t timed_actions = 50'000;   // a longer timed run is not turned into an exploration
  // A loop of this scenario that breaks the promise for ever, as a log to its end; nothing when an exploration finds none. Left
  // empty, loops are refused: this library does not explore for liveness itself.
  std::function<std::optional<DecisionLog>(const Scenario&, const std::string& property)> find_loop;
  std::function<bool()> out_of_time;      // true: what is reached by then is the result
  const std::atomic<bool>* cancelled = nullptr;
};

struct Shrunk {
  DecisionLog log;                 // strict; driver run only where the failure needs time. Without scenario and hash when
                                   // `scenario_text` is not empty: whoever writes the file knows its name
  std::string scenario_text;       // JSON of the small scenario; empty: the scenario is the one that was given
  std::shared_ptr<const Scenario> scenario;  // what the log is a log of
  std::vector<std::string> business;  // labels of its business steps
  std::size_t actions_before = 0;
  std::size_t actions = 0;
  std::size_t faults_before = 0;   // that struck
  std::size_t faults = 0;
  std::uint64_t trials = 0;
  bool minimal = true;             // of an explored log shown by superfluous_action(); false: less may do, since it was out of
                                   // time or cancelled, or something was found superfluous
  bool cut_short = false;          // out of time or cancelled: this is how far it came
  bool loops = false;              // it goes round for ever: whether a part of its log is enough is not asked
  std::string note;                // what could not be done: "it depends on time: only the scenario was made smaller"
};

// Shrinks `log` (of `scenario`, loaded with options.load) for `property`. Nothing and a diagnostic when the log does
// not violate it: FT-LOG-006 when it does not replay, FT-SHRINK-001 when the property holds, FT-REF-011 when there is none or its brokers cannot
// be made.
// Deterministic but for out_of_time and cancelled.
std::optional<Shrunk> shrink(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log,
                             const std::string& property, const ShrinkOptions& options, Diagnostics& diagnostics);

// Does the log violate the property in a fresh World of the scenario? The judge of every result; shares nothing with the trials.
// A promise is also violated where the end of the log is a state that it has been in before, and one key was owed all the way
// round: whether that way is fair, the exploration that found it has decided.
bool violates(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log, const std::string& property);

// The position of an action that can be left out with the property still violated; nothing: it is 1-minimal. Explored logs only.
std::optional<std::size_t> superfluous_action(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log,
                                              const std::string& property);

}  // namespace flowtank
