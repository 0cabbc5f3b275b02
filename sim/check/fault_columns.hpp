// SPDX-License-Identifier: Apache-2.0
// The same scenario with only some of its faults, so that each kind of fault can be asked about alone: which of them breaks
// what. Nothing else is altered; whoever drives the scenario drives these, too.
#pragma once

#include <optional>
#include <vector>

#include <sim/scenario/scenario.hpp>

namespace flowtank {

// The kinds of faults of a scenario, in the order in which it names them first.
std::vector<FaultKind> fault_kinds_of(const Scenario& scenario);

// The scenario with the faults of one kind only, or (nothing) without any. Properties about a fault that is gone are gone with
// it; nothing is expected of the others. `content` stays that of the file.
Scenario with_faults(const Scenario& scenario, std::optional<FaultKind> only);

}  // namespace flowtank
