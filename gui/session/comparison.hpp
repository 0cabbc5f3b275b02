// SPDX-License-Identifier: Apache-2.0
// Two runs side by side: which event of one is which event of the other, and where they part. Events are paired by what they
// are and what they came from, never by time, so that a run that is only slower has the same events. Invariants: an event
// has at most one partner; the rows hold every event that is drawn of both runs once, each run's in its own order.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

// A row of the alignment. Partners stand beside each other, or where that would cross other pairs (the same thing happened in
// another order) in a row each: then both numbers are known, and `side` says which event stands here.
struct AlignedRow {
  enum class Side : std::uint8_t { both, a, b };
  RecordId a = no_record, b = no_record;
  Side side = Side::both;
  bool differs() const { return a == no_record || b == no_record; }
  bool moved() const { return side != Side::both && !differs(); }
  bool has_a() const { return side != Side::b; }
  bool has_b() const { return side != Side::a; }
};

struct Comparison {
  std::vector<AlignedRow> rows;
  std::vector<std::uint32_t> differences;  // the first row of each stretch of events that have no partner
  std::size_t matched = 0, only_a = 0, only_b = 0, moved = 0;
  std::size_t equal_before = 0;            // pairs in the same order before the first difference
  bool whole = true;                       // false: events that come long after the first difference were not compared
  std::vector<std::uint32_t> with_a, with_b;  // the rows in which an event of a side stands

  // The first difference at or after a row (direction 1), or before it (-1); -1 when there is none.
  int difference_from(int row, int direction) const;
  // The row where an event of a side stands; -1 when it is not drawn.
  int row_of_a(RecordId record) const;
  int row_of_b(RecordId record) const;
  void find_places();                      // fills with_a and with_b
};

inline constexpr std::size_t most_compared = 5'000'000;  // events a run, from the first difference on; before it as many as there are

// nullptr when cancelled. Runs in any thread, on readers of that thread.
std::shared_ptr<const Comparison> compare_runs(const RunReader& a, const RunReader& b, const std::atomic<bool>& cancelled,
                                               std::size_t most = most_compared);

}  // namespace flowtank::gui
