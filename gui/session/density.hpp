// SPDX-License-Identifier: Apache-2.0
// How many events a lane has where, and how bad the worst of them is, at every zoom: buckets that double in width (about
// sixteen events in the finest) answer while a pixel is wider than a bucket, searches in the sorted list of events answer below
// that, one a pixel. Invariant: the columns of a level hold exactly the events of the lane, so that their counts add up to its
// size; what a window costs is bounded by its pixels and the logarithm of the events.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace flowtank::gui {

enum class Weight : std::uint8_t { ordinary, fault, violation };

struct Column {
  std::uint32_t count = 0;
  Weight worst = Weight::ordinary;
};

// Positions are nanoseconds, or numbers of events in a run without time.
class LaneDensity {
 public:
  // `positions` ascending; `weights` beside them. [first, last] is the extent of the whole run.
  LaneDensity(std::vector<std::int64_t> positions, std::vector<Weight> weights, std::vector<std::uint32_t> events, std::int64_t first, std::int64_t last);

  std::size_t size() const { return positions_.size(); }
  // Events by position; parallel to events().
  std::span<const std::int64_t> positions() const { return positions_; }
  std::span<const std::uint32_t> events() const { return events_; }
  std::span<const Weight> weights() const { return weights_; }

  // `out` has a column for each pixel of [from, to); a bucket that straddles two pixels is in one of them.
  void columns(std::int64_t from, std::int64_t to, std::vector<Column>& out) const;
  // Exact: events with from <= position < to.
  std::size_t count(std::int64_t from, std::int64_t to) const;
  std::size_t memory_bytes() const;

 private:
  struct Level {
    std::int64_t width = 1;
    std::vector<Column> buckets;
  };
  void from_buckets(const Level& level, std::int64_t from, std::int64_t to, std::vector<Column>& out) const;
  void from_events(std::int64_t from, std::int64_t to, std::vector<Column>& out) const;
  // The worst of the events [begin, end).
  Weight worst_of(std::size_t begin, std::size_t end) const;

  std::vector<std::int64_t> positions_;
  std::vector<Weight> weights_;
  std::vector<std::uint32_t> events_;
  std::int64_t first_ = 0;
  std::vector<Level> levels_;  // finest first
  std::vector<std::uint32_t> faults_, violations_;  // which of the events are
};

}  // namespace flowtank::gui
