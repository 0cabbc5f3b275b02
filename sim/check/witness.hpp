// SPDX-License-Identifier: Apache-2.0
// From a path of an exploration to a Witness: a fresh World replays its log with a trace while the
// properties watch, so that a witness that cannot be replayed is noticed before anybody sees it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sim/property/checker.hpp>
#include <sim/run/replay.hpp>
#include <sim/world/broker.hpp>

#include "sim/check/result.hpp"

namespace flowtank {

// What a decision log of this scenario begins with.
DecisionLog log_header(const Scenario& scenario, const std::vector<std::string>& overrides, Driver driver,
                       std::uint64_t seed);

// `world` stands in its initial state and is left at the end of `path`.
std::vector<LoggedAction> log_of_path(World& world, const std::vector<Action>& path);

struct WitnessReplay {
  std::shared_ptr<Witness> witness;
  std::unique_ptr<Checker> checker;  // watches witness->world, at the end of the log
  Replayed replayed;
};

// nullptr witness only when the brokers cannot be made.
WitnessReplay replay_witness(const Scenario& scenario, const BrokerRegistry& registry, DecisionLog log,
                             Diagnostics& diagnostics);

// What the scenario's handlers never did, given a predicate over (handler, instruction).
std::vector<NotReached> not_reached(const System& system, const std::function<bool(std::uint32_t, std::uint32_t)>& reached);

// PASS becomes VACUOUS where a fault of the scenario never took effect: nothing was shown about it.
void demand_faults(const System& system, Result& result);

// Adds to Result::unexplored what an author's choice of a coarser grain (atomic handlers, publishes at once) keeps from happening.
void say_grain(const World& world, Result& result);

}  // namespace flowtank
