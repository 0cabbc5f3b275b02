// SPDX-License-Identifier: Apache-2.0
// A possible action in the words of the scenario: what would be recorded if it happened now, as stories tell it, with the sentence of
// the model's author where there is one. Invariant: the World is afterwards as it was, and no two choices have the same words.
#pragma once

#include <string>
#include <vector>

#include <sim/trace/trace.hpp>
#include <sim/world/world.hpp>

#include "gui/session/forks.hpp"

namespace flowtank::gui {

// `world` explores, records into `trace` and stands where the action is enabled. Printable, without a full stop.
std::string words_of_choice(World& world, const Trace& trace, const Action& action);

// Says of equal words which of them is meant.
void tell_apart(std::vector<Choice>& choices);

}  // namespace flowtank::gui
