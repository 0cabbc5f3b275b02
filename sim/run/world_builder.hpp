// SPDX-License-Identifier: Apache-2.0
// Makes a World from a System: creates its brokers by name from the registry, so that no driver knows a
// product. The one place where a System, a registry and a mode become something that runs.
#pragma once

#include <memory>

#include <sim/base/diagnostic.hpp>
#include <sim/world/broker.hpp>
#include <sim/world/world.hpp>

namespace flowtank {

// A World in its initial state for `seed`. nullptr and diagnostics when a broker's kind is unknown
// (FT-REF-001) or refuses its options. `system` and `registry` outlive it.
std::unique_ptr<World> make_world(const System& system, const BrokerRegistry& registry, Mode mode,
                                  std::uint64_t seed, Diagnostics& diagnostics);

// The names of the registry, for suggestions.
std::vector<std::string> broker_kinds(const BrokerRegistry& registry);

}  // namespace flowtank
