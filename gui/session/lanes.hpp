// SPDX-License-Identifier: Apache-2.0
// Lanes: the places where the records of a run happen, one row or column of a picture each: clients, instances of
// services, channels of brokers, effects on the outside world, and the environment (faults that strike nobody in
// particular). Invariant: lanes and the lane of a record follow from the names in the trace alone, so that a trace
// file without its scenario shows the same lanes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/trace/names.hpp>
#include <sim/trace/record.hpp>

namespace flowtank::gui {

enum class LaneKind : std::uint8_t { client, instance, channel, effect, environment };

inline constexpr std::uint16_t no_lane = 0xffff;

struct Lane {
  LaneKind kind = LaneKind::environment;
  std::uint32_t index = 0;     // of the client, service, channel or effect in the names
  std::uint32_t instance = 0;  // from 0
  std::string name;            // "payment #1"
  std::string what;            // "service", "channel of bus"
};

class Lanes {
 public:
  explicit Lanes(const TraceNames& names);

  const std::vector<Lane>& all() const { return lanes_; }
  // The lane of a record; `parent_lane` is that of its direct cause (no_lane when it has none): faults and verdicts
  // are drawn where what they follow is drawn.
  std::uint16_t lane_of(const Record& record, std::uint16_t parent_lane) const;
  // The first lane of a service, a channel or another thing; no_lane when there is none.
  std::uint16_t find(LaneKind kind, std::uint32_t index, std::uint32_t instance = 0) const;

 private:
  std::vector<Lane> lanes_;
  std::vector<std::uint16_t> first_of_service_;
  std::vector<std::uint32_t> channel_of_subscription_;
  std::uint16_t channels_ = 0, effects_ = 0, environment_ = 0;
  std::size_t client_count_ = 0, channel_count_ = 0, effect_count_ = 0;
  std::vector<std::uint32_t> instances_;
};

}  // namespace flowtank::gui
