// SPDX-License-Identifier: Apache-2.0
// Swarm for runs in time: which faults of the scenario a run has at all is drawn before it begins (Groce et al., 2012, "Swarm
// testing"), since a fault that every run has hides what happens without it. A fault that is off has a budget of nothing.
//
// Invariant: a run with faults switched off is the run, bit for bit, of the scenario loaded with the overrides that say
// so; these overrides are what its decision log holds, so replay and shrinker need to know nothing of swarms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/scenario/scenario.hpp>

#include "sim/campaign/plan.hpp"

namespace flowtank::campaign {

// By fault of the system: is it on in this run? All are unless the plan is a swarm. There each is on in half of the runs: in half
// of them every fault has a coin of its own, in the others every kind has one. A function of the campaign's seed, the number of the run
// and the names of fault and kind, so that one more fault changes no other coin.
std::vector<bool> faults_on(const Plan& plan, std::uint64_t run, const System& system);

// Gives the faults of `system`, a copy of `said`, their budgets as said, and those that are off a budget of nothing. A
// World of `system` heeds that from its next reset on.
void switch_faults(const System& said, const std::vector<bool>& on, System& system);

// "faults.2.budget=0" for every fault that is off, in order.
std::vector<std::string> overrides_of(const std::vector<bool>& on);

// The scenario as it is loaded with overrides_of(on) behind its own overrides, identity of content included; without reading a file.
Scenario with_faults(const Scenario& scenario, const std::vector<bool>& on);

}  // namespace flowtank::campaign
