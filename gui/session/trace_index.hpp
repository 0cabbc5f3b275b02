// SPDX-License-Identifier: Apache-2.0
// What views ask of a whole run again and again, made once by the worker thread and never changed after: the lane, the
// kind and the position of each record, the events of each lane with their density, handler runs as bars, and the
// windows of faults. Positions are nanoseconds; in a run without time (an explored counterexample) the number of the
// record, so that pictures have an order to draw.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <sim/trace/reader.hpp>

#include "gui/session/density.hpp"
#include "gui/session/lanes.hpp"

namespace flowtank::gui {

// A handler run, a fault that lasts, or an instance that is down: [from, to] by record.
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
  // The last record whose position is at most this one; 0 when none is.
  RecordId record_at(std::int64_t position) const;

  const LaneDensity& density(std::size_t lane) const { return density_[lane]; }
  const LaneDensity& whole() const { return *whole_; }
  const std::vector<Span>& runs() const { return runs_; }        // handler runs, by begin
  const std::vector<Span>& downtimes() const { return downtimes_; }  // crashed instances
  const std::vector<RecordId>& faults() const { return faults_; }
  const std::vector<RecordId>& violations() const { return violations_; }
  // The record that says that this property fails; no_record when none does.
  RecordId violation_of(std::uint32_t property) const;
  // By number without the records that only the level full has: a story's numbers to ours.
  RecordId told_record(RecordId number_in_story) const { return number_in_story < told_.size() ? told_[number_in_story] : no_record; }
  std::size_t memory_bytes() const;

 private:
  explicit TraceIndex(const TraceNames& names) : lanes_(names) {}
  void make_densities();

  Lanes lanes_;
  bool timed_ = true;
  std::int64_t last_ = 0;
  std::vector<std::uint16_t> lane_;
  std::vector<std::uint8_t> kind_;
  std::vector<std::int64_t> time_;
  std::vector<LaneDensity> density_;
  std::unique_ptr<LaneDensity> whole_;
  std::vector<Span> runs_, downtimes_;
  std::vector<RecordId> faults_, violations_, told_;
  std::vector<std::uint32_t> violated_;  // the property, by violation
};

// What only happens inside a handler run before anybody can see it, or is pure bookkeeping: pictures leave it out.
bool is_inner(RecordKind kind);
Weight weight_of(RecordKind kind);

}  // namespace flowtank::gui
