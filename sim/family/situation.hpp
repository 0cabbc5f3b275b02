// SPDX-License-Identifier: Apache-2.0
// What the outcome of handling a message with nothing else going on can depend on: databases, pending timers, and what
// was handled before (receivers of effects remember keys). Two states of one situation need to be tried only once.
#pragma once

#include <optional>

#include <sim/base/diagnostic.hpp>
#include <sim/base/hash.hpp>
#include <sim/scenario/scenario.hpp>

#include "sim/family/handling.hpp"
#include "sim/family/limits.hpp"
#include "sim/family/mapping.hpp"

namespace flowtank::family {

Hash128 situation_of(const World& world, const Watch& watch);

// The mapping that the options ask for. Nothing and FT-REF-004 when an ignored name is no table or column.
std::optional<Mapping> make_mapping(const Scenario& scenario, const FamilyOptions& options, Diagnostics& diagnostics);

}  // namespace flowtank::family
