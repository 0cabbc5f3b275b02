// SPDX-License-Identifier: Apache-2.0
// An offset as state. Offsets only grow, so an absolute one would make every situation look new to an exploration;
// what a future depends on is how far it lies from the part of the log that somebody may still read. The
// absolute offset lives in a quiet cell; under exploration a second, hashed cell holds the distance from the
// log's base (PartitionLog::base). Invariant: whoever moves a base calls rebase() on every offset of that log.
#pragma once

#include <cstdint>

#include <sim/world/cells.hpp>

namespace flowtank::kafka {

using Offset = std::int64_t;
inline constexpr Offset no_offset = -1;

class OffsetCell {
 public:
  // `key` as in Cells::allocate.
  void build(Cells& cells, std::uint64_t key) {
    if (!cells.tracking()) {
      at_ = cells.allocate_untracked(1);
      return;
    }
    at_ = cells.allocate(Cells::Holds::quiet, 0);
    cells.allocate(Cells::Holds::number, key);
  }
  // `at`: the first of `stride(cells)` cells allocated by the caller.
  void place(Cell at) { at_ = at; }

  // no_offset when there is none. A read for the footprint.
  [[gnu::always_inline]] Offset get(const Cells& cells) const {
    if (cells.recording()) [[unlikely]] static_cast<void>(cells.get(at_ + 1));
    return static_cast<Offset>(cells.peek(at_)) - 1;
  }
  Offset peek(const Cells& cells) const { return static_cast<Offset>(cells.peek(at_)) - 1; }

  [[gnu::always_inline]] void set(Cells& cells, Offset offset, Offset base) {
    cells.set(at_, static_cast<std::uint64_t>(offset + 1));
    if (cells.tracking()) [[unlikely]] cells.set(at_ + 1, distance(offset, base));
  }
  void clear(Cells& cells) { set(cells, no_offset, 0); }
  // The base has moved: the distance is another, the offset the same.
  void rebase(Cells& cells, Offset base) { set(cells, peek(cells), base); }

 private:
  // 0: none; 1: before the base, where nothing is left; from 2 on: at the base, one behind it, ...
  static std::uint64_t distance(Offset offset, Offset base) {
    if (offset < 0) return 0;
    return offset < base ? 1 : static_cast<std::uint64_t>(offset - base) + 2;
  }
  Cell at_ = no_cell;
};

}  // namespace flowtank::kafka
