// SPDX-License-Identifier: Apache-2.0
// The topology at the event in focus: stores with their rows, queues with what waits in them, instances that are down,
// the causal path of the focus over the edges, and the story's numbers where they happened.
#pragma once

#include "gui/models/story_model.hpp"
#include "gui/scene/display_list.hpp"
#include "gui/scene/topology_plan.hpp"
#include "gui/session/state_at.hpp"

namespace flowtank::gui {

struct TopologyRequest {
  RecordId focus = no_record;
  std::vector<StoryRow> story;
  bool highlight_cause = true;
  QString search;            // nodes whose name has it are framed
};

DisplayList topology_scene(const TopologyPlan& plan, const RunReader* run, const TopologyRequest& request, const TextMeasure& measure);

}  // namespace flowtank::gui
