// SPDX-License-Identifier: Apache-2.0
// Charts of a run over time: quantiles of latency or staleness, levels of backlogs, with the windows of its faults, its
// violations and the event in focus on the same axis. Lines are told apart by dash and label, never by colour alone.
#pragma once

#include <cstdint>
#include <vector>

#include "gui/scene/display_list.hpp"
#include "gui/session/measures.hpp"

namespace flowtank::gui {

struct ChartRequest {
  Measure measure = Measure::latency;
  std::size_t series = 0;      // of those of the measure; backlogs are drawn all
  std::int64_t from = 0, to = 1;  // positions
  RecordId focus = no_record;
  QSizeF size{600, 240};
};

// The quantiles that were drawn last, so that a chart whose focus alone moved is drawn without reading its samples again. Good for
// the measures that it was filled from; whoever shows others begins with an empty one.
struct ChartMemory {
  const Series* series = nullptr;
  std::int64_t from = 0, to = 0;
  std::vector<QuantileColumn> columns;
  QuantileColumn over_all;
  bool thinned = false;
};

// The series of a measure, in their order.
std::vector<const Series*> series_of(const Measures& measures, Measure measure);

// Times that faults lasted, as far as they are known: crashed instances until they were back, others as a moment.
DisplayList chart_scene(const RunReader& run, const Measures& measures, const ChartRequest& request, const TextMeasure& measure, ChartMemory* memory = nullptr);

// A round step so that an axis from 0 to `most` has about four of them.
std::int64_t round_step(std::int64_t most);

}  // namespace flowtank::gui
