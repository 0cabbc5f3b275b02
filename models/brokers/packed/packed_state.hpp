// SPDX-License-Identifier: Apache-2.0
// The state of a component that is an ordinary object, for explorations: one cell holds it as a word. Who reads the component
// unpacks it when the cell no longer holds what the object is (an undo came in between); who changes it packs it again.
// What is packed must be the meaning of the state and nothing of its history, so that equal situations are equal words.
// Without tracking the object alone is the state, and nothing of this costs anything.
#pragma once

#include <span>
#include <vector>

#include <sim/world/cells.hpp>
#include <sim/world/component.hpp>

namespace flowtank {

class PackedState {
 public:
  void build(Cells& cells, std::uint64_t owner) {
    if (cells.tracking()) cell_ = cells.allocate(Cells::Holds::word, component_key(ComponentKind::broker_state, owner, 0));
  }
  // Every cell is zero again, and the object is what it was at the start.
  void reset() { loaded_ = absent_word; }

  // Calls unpack(word) when the object is out of date; absent: the state at the start.
  template <typename Unpack>
  void load(const Cells& cells, Unpack&& unpack) {
    if (!cells.tracking()) return;
    const Word now = cells.get(cell_);
    if (now == loaded_) return;
    loaded_ = now;
    unpack(now);
  }
  // Writes what pack() gives; absent for the state at the start.
  template <typename Pack>
  void save(Cells& cells, Pack&& pack) {
    if (!cells.tracking()) return;
    loaded_ = pack();
    cells.set(cell_, loaded_);
  }

 private:
  Cell cell_ = no_cell;
  Word loaded_ = absent_word;
};

// Small numbers and words, one after another.
class Packer {
 public:
  void number(std::uint64_t n) { items_.push_back(Pool::of_int_small(static_cast<std::int64_t>(n))); }
  void word(Word w) { items_.push_back(w == absent_word ? Pool::of_null() : w); }
  Word finish(Pool& pool) const { return pool.intern_list(items_); }

 private:
  std::vector<Word> items_;
};

class Unpacker {
 public:
  Unpacker(const Pool& pool, Word packed) : pool_(pool), value_(pool.value(packed)) {}
  std::uint64_t number() { return static_cast<std::uint64_t>(value_.items()[at_++].i); }
  Word word() {
    const Value& item = value_.items()[at_++];
    return item.kind == Kind::null ? absent_word : pool_.find(item);
  }

 private:
  const Pool& pool_;
  Value value_;
  std::size_t at_ = 0;
};

}  // namespace flowtank
