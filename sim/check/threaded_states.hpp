// SPDX-License-Identifier: Apache-2.0
// All states of a scenario by several threads: each has a World and a checker of its own, and looks for violations
// where it stands. What comes out says which properties are violated somewhere, not how: witnesses are the business of
// one thread, which is told how deep to look. Invariant: a function of the scenario and the options, not of threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/explore/search.hpp>
#include <sim/explore/world_system.hpp>
#include <sim/property/checker.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>

namespace flowtank {

struct ThreadedStates {
  explore::Counts counts;
  bool complete = false;
  explore::Limit limit = explore::Limit::none;
  std::string fault;
  std::size_t bytes = 0;
  std::vector<bool> violated;                // by property: in some state, or at some end
  bool reached_end = false;
  std::vector<std::uint64_t> states_struck;  // by fault: in how many states it had struck
  std::vector<std::uint64_t> strikes;        // by fault
};

struct ThreadReduction {
  bool steps = false;    // see WorldSystem::reduce
  bool runs = false;     // see WorldSystem::reduce_runs
  bool passing = false;
};

// Explores with `threads` Worlds of their own. `search` gives limits and callbacks; its callbacks are called by this
// thread. What the threads saw (coverage, triggers) counts for `system` and `checker`, which watch `world`.
ThreadedStates explore_in_threads(const Scenario& scenario, const BrokerRegistry& registry, unsigned threads, const ThreadReduction& reduction,
                                  const explore::Options<explore::WorldSystem>& search, explore::WorldSystem& system,
                                  Checker& checker, World& world);

}  // namespace flowtank
