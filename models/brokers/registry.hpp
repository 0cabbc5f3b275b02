// SPDX-License-Identifier: Apache-2.0
// All broker models that ship with Flowtank, by the kind a scenario names.
#pragma once

#include <memory>
#include <vector>

#include <sim/world/broker.hpp>

namespace flowtank {

const BrokerRegistry& shipped_brokers();

// One broker object for each broker of the system; diagnostics for unknown kinds and wrong options.
std::vector<std::unique_ptr<Broker>> create_brokers(const System& system, const BrokerRegistry& registry, Diagnostics& diagnostics);

}  // namespace flowtank
