// SPDX-License-Identifier: Apache-2.0
// What a timed run looked like over its time: how long requests took, how far consumers were behind, how much was waiting.
// The run is made once more with a trace that is looked at while it passes and not kept, so that a long run takes
// a bounded number of points and four bytes a record. Times are virtual; a function of the run alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/time.hpp>
#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>

namespace flowtank::reports::html {

inline constexpr std::size_t series_points = 120;  // stretches of time, all equally long
inline constexpr std::size_t most_series_lines = 6;
inline constexpr std::size_t most_fault_spans = 40;

struct SeriesLine {
  std::string name;            // "p99", "orders to payment"
  std::vector<double> values;  // by stretch; below 0: nothing to measure
};

struct FaultSpan {
  Time from, until;            // until = from: a moment
  std::uint32_t fault = none;  // index in System::faults; none: an instance was down
};

struct RunSeries {
  Time end;
  std::vector<SeriesLine> latency;    // ms: p50, p95, p99 of requests by when they were sent
  std::vector<SeriesLine> staleness;  // ms: age of the oldest message that a subscription has not handled
  std::vector<SeriesLine> backlog;    // messages that it has not handled
  std::uint64_t requests = 0;         // that the latencies are about
  std::uint64_t records = 0;
  std::size_t more_lines = 0;         // subscriptions that are not shown
  std::vector<FaultSpan> spans;
  std::uint64_t more_spans = 0;
  std::vector<NotReached> not_reached;  // as Result::not_reached, also of a run that kept no trace
};

// Makes the run of `result` again and looks at it. Nothing when it took no time, or came to something else than `result`.
std::optional<RunSeries> series_of(const Scenario& scenario, const BrokerRegistry& registry, const Result& result, std::optional<Time> horizon);

}  // namespace flowtank::reports::html
