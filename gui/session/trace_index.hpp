// SPDX-License-Identifier: Apache-2.0
// What views ask of a whole run again and again, made once by the worker thread and never changed after: the lane, the
// kind and the position of each record, the events of each lane with their density, handler runs as bars, and when
// instances were down. Positions are nanoseconds; in a run without time (an explored counterexample) the number of the
// record, so that pictures have an order to draw.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <sim/trace/reader.hpp>

#include "gui/session/density.hpp"
#include "gui/session/lanes.hpp"

namespace flowtank::gui {

// A handler run, or an instance that is down: [from, to] by record.
struct Span {
  std::uint16_t lane = no_lane;
  RecordId from = no_record;
  RecordId to = no_record;  // no_record: it is still there at the end
};

class TraceIndex {
 public:
  // Reads every record once. nullptr when cancelled.
  static std::shared_ptr<const TraceIndex> build(const TraceReader& reader, const std::atomic<bool>& cancelled,
                                                 const std::function<void(double)>& progress = {});

  std::size_t size() const { return lane_.size(); }
  bool timed() const { return timed_; }
  const Lanes& lanes() const { return lanes_; }
  std::uint16_t lane(RecordId id) const { return lane_[id]; }
  RecordKind kind(RecordId id) const { return static_cast<RecordKind>(kind_[id]); }
  std::int64_t position(RecordId id) const { return timed_ ? time_[id] : static_cast<std::int64_t>(id); }
  std::int64_t first_position() const { return 0; }
  std::int64_t last_position() const { return last_; }

  // Of everything that grows with the run.
  std::size_t memory_bytes() const;

  const LaneDensity& density(std::size_t lane) const { return density_[lane]; }
  const LaneDensity& whole() const { return *whole_; }
  // Handler runs of a lane, by begin. Several may be open at once, even of one handler.
  std::span<const Span> runs(std::size_t lane) const { return runs_[lane].spans; }
  // The first of runs(lane) that may reach to `position`: all before it have ended.
  std::size_t first_run(std::size_t lane, std::int64_t position) const;
  const std::vector<Span>& downtimes() const { return downtimes_; }  // crashed instances
  const std::vector<RecordId>& faults() const { return faults_; }
  const std::vector<RecordId>& violations() const { return violations_; }
  // The record that says that this property fails; no_record when none does.
  RecordId violation_of(std::uint32_t property) const;
  // By number without the records that only the level full has: a story's numbers to ours.
  // And back: the number of the first record at or after `id` that stories count.
  RecordId told_number(RecordId id) const;
  RecordId told_record(RecordId number_in_story) const { return number_in_story < told_.size() ? told_[number_in_story] : no_record; }

 private:
  struct LaneRuns {
    std::vector<Span> spans;
    std::vector<RecordId> reach;  // the last end up to here
  };
  explicit TraceIndex(const TraceNames& names) : lanes_(names) {}
  void make_densities();
  void find_reach();

  Lanes lanes_;
  bool timed_ = true;
  std::int64_t last_ = 0;
  std::vector<std::uint16_t> lane_;
  std::vector<std::uint8_t> kind_;
  std::vector<std::int64_t> time_;
  std::vector<LaneDensity> density_;
  std::unique_ptr<LaneDensity> whole_;
  std::vector<LaneRuns> runs_;  // by lane
  std::vector<Span> downtimes_;
  std::vector<RecordId> faults_, violations_, told_;
  std::vector<std::uint32_t> violated_;  // the property, by violation
};

// What only happens inside a handler run before anybody can see it, or is pure bookkeeping: pictures leave it out.
bool is_inner(RecordKind kind);
Weight weight_of(RecordKind kind);

}  // namespace flowtank::gui
