// SPDX-License-Identifier: Apache-2.0
// Turns "in this state, handle this message once more" into a run of the scenario with one more copy: the copy is made
// right before the first handling and delivered at the end. Such a run replays anywhere, and the desktop shows it.
#pragma once

#include <string>
#include <vector>

#include <sim/run/decision_log.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>

#include "sim/family/handling.hpp"

namespace flowtank::family {

// `path` leads to the state in the scenario without the copy; afterwards to the end of the second handling in `with_copy`.
// `choices`: how the environment decides during it. `from`: the World that the input's words belong to. False and an
// unchanged path when that run cannot be made, or does not change anything.
bool show_second_copy(const Scenario& with_copy, const BrokerRegistry& registry, const std::vector<std::string>& ignore, const World& from,
                      const Input& input, const std::vector<std::uint32_t>& choices, std::vector<LoggedAction>& path, Diagnostics& diagnostics);

}  // namespace flowtank::family
