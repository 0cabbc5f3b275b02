// SPDX-License-Identifier: Apache-2.0
// Faults of the broker itself (a failover, a rebalance) against the brokers of the scenario: each kind of broker lists
// which of them it can show. A fault that can never strike is an error, not a run in which nothing happens.
#include <algorithm>

#include <fmt/format.h>
#include <sim/world/fault_kinds.hpp>

#include "sim/scenario/codes.hpp"
#include "sim/scenario/scenario.hpp"

namespace flowtank {
namespace {

bool shows(const BrokerKind& kind, FaultKind fault) { return std::find(kind.faults.begin(), kind.faults.end(), fault) != kind.faults.end(); }

const BrokerKind* kind_of(const BrokerRegistry& registry, const BrokerSpec& broker) {
  const auto found = std::find_if(registry.begin(), registry.end(), [&](const BrokerKind& kind) { return kind.name == broker.kind; });
  return found == registry.end() ? nullptr : &*found;
}

}  // namespace

void check_broker_faults(const Scenario& scenario, const BrokerRegistry& registry, Diagnostics& diagnostics) {
  const System& system = *scenario.system;
  for (const Fault& fault : system.faults) {
    if (!is_broker_fault(fault.kind)) continue;
    std::string asked;
    bool shown = false;
    for (std::uint32_t b = 0; b < system.brokers.size(); ++b) {
      if (fault.on.broker != none && fault.on.broker != b) continue;
      if (fault.on.channel != none && system.channels[fault.on.channel].broker != b) continue;
      const BrokerKind* kind = kind_of(registry, system.brokers[b]);
      if (kind == nullptr) shown = true;  // that is told elsewhere
      else if (shows(*kind, fault.kind)) shown = true;
      else asked += fmt::format("{}\"{}\"", asked.empty() ? "" : ", ", kind->name);
    }
    if (shown) continue;
    std::string others;
    for (const BrokerKind& kind : registry) {
      if (shows(kind, fault.kind)) others += fmt::format("{}{}", others.empty() ? "" : ", ", kind.name);
    }
    Diagnostic d;
    d.code = codes::run_broker_fault;
    d.file = fault.file;
    d.range = fault.where;
    d.pointer = fault.pointer;
    d.message = fmt::format("a broker of kind {} cannot show a {} (fault \"{}\")", asked.empty() ? "none" : asked, fault_kind(fault.kind).noun, fault.name);
    d.hint = others.empty() ? "No shipped kind of broker can." : "Kinds that can: " + others + ".";
    diagnostics.add(std::move(d));
  }
}

}  // namespace flowtank
