// SPDX-License-Identifier: Apache-2.0
// Names of components. A component is the smallest unit of state that two actions can touch
// independently: a row, a lane of a queue, a handler run, a budget. Its key is a hash of what it is,
// never of where it lives, and enters fingerprints and footprints.
#pragma once

#include <cstdint>

#include <sim/base/hash.hpp>

namespace flowtank {

enum class ComponentKind : std::uint64_t {
  row = 1, unique_claim, table_keys, run, request, timer, client, budget, instance, broker_state,
  lane, floating_copy, monitor, idempotency_key, outage,
};

// `of` narrows the component (a row's key), `field` names the cell within it. 62 bits.
constexpr std::uint64_t component_key(ComponentKind kind, std::uint64_t owner, Hash128 of, std::uint64_t field) {
  Hash128 h = combine(Hash128{static_cast<std::uint64_t>(kind), owner}, of);
  h = combine(h, field);
  return h.lo >> 2 | 1;
}
constexpr std::uint64_t component_key(ComponentKind kind, std::uint64_t owner, std::uint64_t field) {
  return component_key(kind, owner, Hash128{}, field);
}

}  // namespace flowtank
