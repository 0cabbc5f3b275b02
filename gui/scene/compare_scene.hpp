// SPDX-License-Identifier: Apache-2.0
// Two runs as one picture: side by side with the pairs between them, or laid over each other. Equal events stand in one row, the
// first divergence is a band over both sides, events without a partner are lozenges and leave a dashed one on the side where
// they are missing. Nothing here knows a widget.
#pragma once

#include "gui/scene/display_list.hpp"
#include "gui/session/comparison.hpp"

namespace flowtank::gui {

struct CompareRequest {
  int row = -1;               // of the comparison, in focus
  bool overlay = false;
  bool hide_matched = false;  // but what stands beside a difference
  std::string key;            // only events with this key, and differences; empty: all
  double width = 1100;        // at least so wide
  std::size_t most_rows = 160;
};

struct CompareScene {
  DisplayList list, header;
  QRectF focus_row;           // empty when it is not drawn
  std::size_t shown = 0;
};

// Hits carry the record of A and lane 0, or that of B and lane 1.
CompareScene compare_scene(const RunReader& a, const RunReader& b, const Comparison& comparison, const CompareRequest& request, const TextMeasure& measure);

// The rows that are drawn, ascending; the picture says where others were left out.
std::vector<std::uint32_t> compare_rows(const RunReader& a, const RunReader& b, const Comparison& comparison, const CompareRequest& request);

// What stands at the first difference, for a person: "At 1.204 s payment gets OrderPlaced(o-7) in B; nothing like it is in A."
QString difference_words(const RunReader& a, const RunReader& b, const Comparison& comparison);

}  // namespace flowtank::gui
