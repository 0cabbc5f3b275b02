// SPDX-License-Identifier: Apache-2.0
// What is on its way between two places at a moment of a run: sent, published or accepted by then, and delivered, taken or lost
// later. A function of the run and the moment alone, so that scrubbing, playing and stepping show the same. Only arrivals among the
// next `flight_window` records are looked for: what waits for longer is a backlog, which the state counts.
#pragma once

#include <cstdint>
#include <vector>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

inline constexpr std::size_t flight_window = 4'000;

struct Flight {
  RecordId from = no_record, to = no_record;  // the record that sent it; the one that ends its way
  std::int64_t begin = 0, end = 0;            // positions; begin <= moment <= end
  double share = 0;                           // of its way, 0 to 1: by time; of what takes no time, by the records in between
  bool lost = false;                          // it will not arrive
  bool struck = false;                        // a fault made it: a second copy
};

// After record `at`, at `position` (of that record, or between it and the next one). In the order of arrival.
std::vector<Flight> flights_at(const RunReader& run, RecordId at, std::int64_t position);

}  // namespace flowtank::gui
