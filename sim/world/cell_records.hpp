// SPDX-License-Identifier: Apache-2.0
// Records of a fixed number of 64-bit fields, numbered from 1: what brokers keep of each message that waits. Where states are
// tracked a record is quiet cells, so that a search can undo. A timed run undoes nothing and keeps queues of millions: there
// records lie in pages of their own, so that a message costs its fields and no slack of arrays that double.
//
// Invariant: a record that was given back is given out again before a new one; a new one is all zero.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/world/cells.hpp"

namespace flowtank {

// The last field chains records that were given back: whoever gives one back finds anything there.
template <std::uint32_t fields>
class CellRecords {
 public:
  using Record = std::uint64_t;  // from 1; 0: none

  void build(Cells& cells) {
    free_ = cells.allocate(Cells::Holds::quiet, 0);
    used_ = cells.allocate(Cells::Holds::quiet, 0);
  }
  // Forgets all records; their cells were truncated.
  void clear() {
    first_.clear();
    pages_.clear();
  }
  // Was it ever given out since the last reset?
  bool knows(const Cells& cells, Record record) const { return record != 0 && record <= cells.peek(used_); }
  // How many were ever given out at once: all numbers are at most this.
  std::uint64_t most(const Cells& cells) const { return cells.peek(used_); }

  [[gnu::always_inline]] std::uint64_t peek(const Cells& cells, Record record, std::uint32_t field) const {
    if (cells.tracking()) return cells.peek(first_[record - 1] + field);
    return at(record)[field];
  }
  [[gnu::always_inline]] void set(Cells& cells, Record record, std::uint32_t field, std::uint64_t value) {
    if (cells.tracking()) return cells.set(first_[record - 1] + field, value);
    at(record)[field] = value;
  }

  Record take(Cells& cells) {
    if (const Record free = cells.peek(free_); free != 0) {
      cells.set(free_, peek(cells, free, fields - 1));
      return free;
    }
    // How many were ever used is undone with the rest, so that undo gives the same record out again.
    const Record record = cells.peek(used_) + 1;
    cells.set(used_, record);
    if (!cells.tracking()) {
      if (record > pages_.size() * page_records) pages_.push_back(std::make_unique<Page>());
      else std::fill_n(at(record), fields, 0);  // of a run before
    } else if (record > first_.size()) {
      first_.push_back(cells.allocate(Cells::Holds::quiet, 0));
      for (std::uint32_t i = 1; i < fields; ++i) cells.allocate(Cells::Holds::quiet, 0);
    }
    return record;
  }
  void give(Cells& cells, Record record) {
    set(cells, record, fields - 1, cells.peek(free_));
    cells.set(free_, record);
  }
  std::size_t memory_bytes() const { return pages_.size() * sizeof(Page) + pages_.capacity() * sizeof(pages_[0]) + first_.capacity() * sizeof(Cell); }

 private:
  static constexpr std::uint64_t page_records = 1024;
  struct Page {
    std::uint64_t fields_of[page_records * fields] = {};
  };
  std::uint64_t* at(Record record) { return pages_[(record - 1) / page_records]->fields_of + (record - 1) % page_records * fields; }
  const std::uint64_t* at(Record record) const { return pages_[(record - 1) / page_records]->fields_of + (record - 1) % page_records * fields; }

  std::vector<Cell> first_;                    // tracked
  std::vector<std::unique_ptr<Page>> pages_;   // timed
  Cell free_ = 0, used_ = 0;
};

// Two numbers of 32 bits in one field: both ends of a link, or a link and a small number.
inline std::uint32_t low_half(std::uint64_t field) { return static_cast<std::uint32_t>(field); }
inline std::uint32_t high_half(std::uint64_t field) { return static_cast<std::uint32_t>(field >> 32); }
inline std::uint64_t with_low_half(std::uint64_t field, std::uint64_t value) { return (field & ~std::uint64_t{0xffffffff}) | value; }
inline std::uint64_t with_high_half(std::uint64_t field, std::uint64_t value) { return (field & 0xffffffff) | value << 32; }

}  // namespace flowtank
