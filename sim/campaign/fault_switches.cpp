// SPDX-License-Identifier: Apache-2.0
// See fault_switches.hpp: the coins of a run, the budgets they come to, and the overrides that say the same to a loader.
#include "sim/campaign/fault_switches.hpp"

#include <utility>

#include <fmt/format.h>

#include <sim/base/hash.hpp>
#include <sim/world/fault_kinds.hpp>

#include "sim/campaign/run_draws.hpp"

namespace flowtank::campaign {

std::vector<bool> faults_on(const Plan& plan, std::uint64_t run, const System& system) {
  std::vector<bool> on(system.faults.size(), true);
  if (plan.strategy != Strategy::swarm) return on;
  enum What : std::uint32_t { by_kind = 16, of_fault = 17, of_kind = 18 };  // beside those of swarm.cpp
  const RunDraws draws(plan.seed, run);
  constexpr unsigned coin = 63;
  const bool kinds = draws.plan(by_kind) >> coin != 0;
  for (std::size_t f = 0; f < on.size(); ++f) {
    const Fault& fault = system.faults[f];
    const std::string_view name = kinds ? fault_kind(fault.kind).name : std::string_view(fault.name);
    on[f] = draws.plan(kinds ? of_kind : of_fault, hash_bytes(name).lo) >> coin != 0;
  }
  return on;
}

void switch_faults(const System& said, const std::vector<bool>& on, System& system) {
  for (std::size_t f = 0; f < on.size(); ++f) {
    system.faults[f].when.budget = on[f] ? said.faults[f].when.budget : 0;
    system.faults[f].when.budget_given = !on[f] || said.faults[f].when.budget_given;
  }
}

std::vector<std::string> overrides_of(const std::vector<bool>& on) {
  std::vector<std::string> overrides;
  for (std::size_t f = 0; f < on.size(); ++f) {
    if (!on[f]) overrides.push_back(fmt::format("faults.{}.budget=0", f));
  }
  return overrides;
}

Scenario with_faults(const Scenario& scenario, const std::vector<bool>& on) {
  Scenario out = scenario;
  auto system = std::make_shared<System>(*scenario.system);
  switch_faults(*scenario.system, on, *system);
  out.system = std::move(system);
  // Overrides are the last part of the content of a loaded scenario, one after the other.
  for (const std::string& assignment : overrides_of(on)) out.content = combine(out.content, hash_bytes(assignment, 1));
  return out;
}

}  // namespace flowtank::campaign
