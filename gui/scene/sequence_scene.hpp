// SPDX-License-Identifier: Apache-2.0
// The space-time diagram: a column for each place, a row for each event, arrows for what caused what, the story's numbers
// on the events they mean. By default only what the event in focus came from is drawn. Nothing here knows a widget.
#pragma once

#include <vector>

#include "gui/models/story_model.hpp"
#include "gui/scene/display_list.hpp"
#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

enum class SequenceShow : std::uint8_t { past, future, around };

struct SequenceRequest {
  SequenceShow show = SequenceShow::past;
  RecordId focus = no_record;
  std::vector<StoryRow> story;     // steps of this run; may be empty
  double width = 900;              // at least so wide
  std::size_t most_events = 300;
};

struct SequenceScene {
  DisplayList list;        // the body
  DisplayList header;      // names of the columns; scrolls sideways only
  QRectF focus_row;        // empty when the focus is not drawn
  QRectF focus_mark;       // what of it is to be seen: its symbol and some of its words
  std::size_t shown = 0;   // events
};

inline constexpr double sequence_header_height = 40;

SequenceScene sequence_scene(const RunReader& run, const SequenceRequest& request, const TextMeasure& measure);

// Which events are drawn, ascending.
std::vector<RecordId> sequence_events(const RunReader& run, const SequenceRequest& request);

}  // namespace flowtank::gui
