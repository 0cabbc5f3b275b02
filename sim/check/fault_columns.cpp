// SPDX-License-Identifier: Apache-2.0
// Leaving faults out of a System that is shared and immutable: a copy of it, with the numbers of the faults that stay
// put right wherever a property names one. Expressions name no fault by number.
#include "sim/check/fault_columns.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace flowtank {

std::vector<FaultKind> fault_kinds_of(const Scenario& scenario) {
  std::vector<FaultKind> kinds;
  for (const Fault& fault : scenario.system->faults) {
    if (std::find(kinds.begin(), kinds.end(), fault.kind) == kinds.end()) kinds.push_back(fault.kind);
  }
  return kinds;
}

Scenario with_faults(const Scenario& scenario, std::optional<FaultKind> only) {
  Scenario out = scenario;
  auto system = std::make_shared<System>(*scenario.system);
  std::vector<std::uint32_t> now(system->faults.size(), none);
  std::vector<Fault> kept;
  for (std::size_t f = 0; f < system->faults.size(); ++f) {
    if (!only || system->faults[f].kind != *only) continue;
    now[f] = static_cast<std::uint32_t>(kept.size());
    kept.push_back(system->faults[f]);
  }
  system->faults = std::move(kept);
  out.system = std::move(system);
  std::erase_if(out.properties, [&](PropertySpec& property) {
    if (property.fault >= now.size()) return false;
    property.fault = now[property.fault];
    return property.fault == none;
  });
  out.expectations.clear();
  return out;
}

}  // namespace flowtank
