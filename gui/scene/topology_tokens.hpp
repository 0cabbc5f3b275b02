// SPDX-License-Identifier: Apache-2.0
// Messages as tokens that move along the links of the topology. A square is a message, filled where it has the key of the focus; two
// squares are a second copy that a fault made, a crossed envelope one that gets lost: shapes tell them apart without colour. Of
// many on one link only their number is drawn.
#pragma once

#include <cstdint>

#include "gui/scene/display_list.hpp"
#include "gui/scene/topology_plan.hpp"

namespace flowtank::gui {

inline constexpr std::size_t most_tokens = 10;   // on one link and in one direction; beyond, one token says how many

// Adds them to a picture of the same plan. `at` is the record in focus, `position` where the playhead is.
void draw_tokens(DisplayList& list, const TopologyPlan& plan, const RunReader& run, RecordId at, std::int64_t position);

// What the shapes mean, in one row.
DisplayList token_legend(const TextMeasure& measure);

}  // namespace flowtank::gui
