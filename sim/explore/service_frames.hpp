// SPDX-License-Identifier: Apache-2.0
// Where runs can be, from the System alone: the frames that may run a handler, the locals that frames of a service have, and the
// services whose runs a fault may strike. Shared by all that leave out steps of runs, so that they agree on it.
// Invariant: it may name a place where nothing ever happens, never leave out one where something may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sim/world/world.hpp>

namespace flowtank::explore {

/// Frames of `world` that may run handler `h`, ascending.
std::vector<std::uint32_t> frames_of(const World& world, std::uint32_t h);

/// By service: the most locals that a handler of it has.
std::vector<std::size_t> most_locals(const System& system);

/// By service: may the fault strike its runs?
std::vector<bool> services_struck(const System& system, const Fault& fault);

}  // namespace flowtank::explore
