// SPDX-License-Identifier: Apache-2.0
// What the properties of a scenario look at in states before the end, for a reduction that must not reorder what they see.
// Invariant: a kind of property that is not known here to decide by tables alone is named as one that does not.
#pragma once

#include <vector>

#include <sim/explore/run_sets.hpp>
#include <sim/property/spec.hpp>
#include <sim/world/system.hpp>

namespace flowtank {

explore::Watched watched_by(const System& system, const std::vector<PropertySpec>& properties);

}  // namespace flowtank
