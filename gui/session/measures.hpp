// SPDX-License-Identifier: Apache-2.0
// Numbers over a run, for charts: how long requests took, how old messages were when they arrived, how many waited. They are
// read from the trace once, beside the window, and never change. Invariants: the samples of a series ascend by position;
// durations are nanoseconds of virtual time, so a run without time has backlogs only.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

enum class Measure : std::uint8_t {
  latency,    // from sending a request to its answer, or to the end of its handling where nobody waits for one
  staleness,  // from storing a copy of a message to delivering it
  backlog,    // copies that are stored and not settled
};

struct Sample {
  std::int64_t position = 0;  // where the duration ended, or the number changed
  std::int64_t value = 0;     // nanoseconds, or copies
};

struct Series {
  Measure measure = Measure::latency;
  std::string name;              // "shoppers: PlaceOrder", "orders to payment"
  std::uint16_t lane = no_lane;  // of the client or channel
  std::uint16_t other_lane = no_lane;  // of the service, if there is one
  std::vector<Sample> samples;
  // The largest values of so many samples, then of twice as many, and so on; empty: levels_of() looks at every sample.
  std::vector<std::vector<std::int64_t>> highest;
};

// Fills Series::highest, so that a level costs the logarithm of its samples.
void add_highest(Series& series);

struct Measures {
  std::vector<Series> series;    // those that have samples, by measure, then by name in the trace
  bool has_backlogs = false;     // false: the trace has no states
  std::vector<Series> channels;  // backlogs of all subscriptions of a channel together, where it has several
  // Of all copies that wait in a channel; nullptr when the lane is none, or has none.
  const Series* backlog_of(std::uint16_t lane) const;
};

// nullptr when cancelled. Runs in any thread, on a reader of that thread.
std::shared_ptr<const Measures> measure_run(const RunReader& run, const std::atomic<bool>& cancelled);

// Quantiles of the samples in each of `columns` equal parts of [from, to).
struct QuantileColumn {
  std::size_t count = 0;
  std::int64_t p50 = 0, p95 = 0, p99 = 0, most = 0;
};
// A column with more than about 1,000,000 / columns samples (100,000 where there are fewer than ten) is measured by every so many of
// them; `thinned` says so.
std::vector<QuantileColumn> quantiles_of(const Series& series, std::int64_t from, std::int64_t to, std::size_t columns, bool& thinned);
// Of all samples in [from, to): what stands beside the lines.
QuantileColumn quantiles_in(const Series& series, std::int64_t from, std::int64_t to);
// The largest number in each part; a part without a change has what was there before.
std::vector<std::int64_t> levels_of(const Series& series, std::int64_t from, std::int64_t to, std::size_t columns);

}  // namespace flowtank::gui
