// SPDX-License-Identifier: Apache-2.0
// The state of a World: one flat array of 64-bit cells without pointers. Every write goes through
// set(), which under exploration appends to an undo log, from which the state fingerprint is brought up to date
// by the difference when it is asked for; a timed run pays one predicted branch for that.
//
// Invariants: a cell that is zero contributes nothing (absent is zero), so that allocating cells never
// changes a fingerprint; a cell's contribution depends on its key (what it is) and its content, never
// on its index; quiet cells (ready lists, free lists) are undone but not part of the state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <sim/base/large_memory.hpp>
#include <sim/base/pool.hpp>

namespace flowtank {

using Cell = std::uint32_t;
inline constexpr Cell no_cell = 0;  // cell 0 is never handed out

// How an action touched a cell. Additions commute with additions; everything else with nothing but reads.
enum class Access : std::uint8_t { read, write, add, take, test, absent, scan };

struct Touch {
  std::uint64_t component;  // key of the cell
  Access access;
  Cell cell = no_cell;      // no_cell: what was looked for has none, or it is no cell (a key set)
  friend bool operator==(const Touch& a, const Touch& b) { return a.component == b.component && a.access == b.access; }
};
using Footprint = std::vector<Touch>;

class Cells {
 public:
  // `tracking`: keep the undo log and the fingerprint (exploration).
  Cells(const Pool& pool, bool tracking) : pool_(&pool), tracking_(tracking) {
    cells_.push_back(0);
    if (tracking_) keys_.push_back(0);
  }

  // What a cell holds: a number hashed as it is, a word hashed by its content, or a quiet number.
  enum class Holds : std::uint8_t { quiet = 0, number = 1, word = 2 };

  // A new cell with value 0. `key` says what it is, semantically and without collisions (a hash of the
  // component's name and the field); ignored for quiet cells.
  Cell allocate(Holds holds, std::uint64_t key);
  // `count` cells at once without keys: only where nothing is tracked (a timed run).
  Cell allocate_untracked(std::size_t count) {
    const std::size_t first = cells_.size();
    cells_.resize(first + count);
    return static_cast<Cell>(first);
  }

  [[gnu::always_inline]] std::uint64_t get(Cell cell) const {
    if (footprint_ != nullptr) [[unlikely]] note(cell, cells_[cell] == 0 ? Access::absent : Access::read);
    return cells_[cell];
  }
  [[gnu::always_inline]] std::uint64_t peek(Cell cell) const { return cells_[cell]; }  // for views of the agenda: not a read

  [[gnu::always_inline]] void set(Cell cell, std::uint64_t value) {
    if (tracking_) {
      if (cells_[cell] == value && footprint_ == nullptr) return;
      return set_tracked(cell, value);
    }
    cells_[cell] = value;
  }
  // An addition that reads nothing: two of them commute. Used for counts of contents and `inc`.
  void add(Cell cell, std::uint64_t amount) {
    if (footprint_ != nullptr) [[unlikely]] note(cell, Access::add);
    const std::uint64_t old = cells_[cell];
    if (tracking_) record(cell, old);
    cells_[cell] = old + amount;
  }
  void take(Cell cell) {
    if (footprint_ != nullptr) [[unlikely]] note(cell, Access::take);
    const std::uint64_t old = cells_[cell];
    if (tracking_) record(cell, old);
    cells_[cell] = old - 1;
  }
  // A look for a component that has no cell yet.
  void note_absent(std::uint64_t component) const {
    if (footprint_ != nullptr) footprint_->push_back({component, Access::absent});
  }
  // A scan of a whole component (a table's key set).
  void note_scan(std::uint64_t component) const {
    if (footprint_ != nullptr) [[unlikely]] footprint_->push_back({component, Access::scan});
  }

  struct Mark {
    std::size_t log;
    uint128 fingerprint;
  };
  Mark mark() const { return {log_.size(), fingerprint()}; }
  void undo(const Mark& mark) {
    const Undo* const first = log_.data() + mark.log;
    for (const Undo* at = log_.data() + log_.size(); at != first;) {
      --at;
      cells_[at->cell] = at->old;
    }
    log_.resize(mark.log);
    fingerprint_ = mark.fingerprint;
    hashed_ = mark.log;
  }
  // What changed since a mark, net: the same change can be made again without the action that made it. Cells and values of one
  // World; of no meaning beyond it.
  struct Change {
    Cell cell = no_cell;
    std::uint64_t value = 0;
  };
  void changes_since(const Mark& mark, std::vector<Change>& out) const;
  // Makes them again in the very state in which that mark was taken; `fingerprint`: the one afterwards.
  void redo(std::span<const Change> changes, uint128 fingerprint) {
    for (const Change& change : changes) {
      log_.push_back({change.cell, cells_[change.cell]});
      cells_[change.cell] = change.value;
    }
    fingerprint_ = fingerprint;
    hashed_ = log_.size();
  }
  void forget_log() {
    bring_up_to_date();
    log_.clear();
    hashed_ = 0;
  }

  // Brought up to date when it is asked for: what an action sets several times, or sets back, counts once.
  uint128 fingerprint() const {
    if (hashed_ != log_.size()) bring_up_to_date();
    return fingerprint_;
  }
  uint128 recomputed_fingerprint() const;
  // The exact state: (key, content) of every cell that counts and is not zero, in order of the keys.
  void encode(std::string& out) const;

  // Footprint of what follows goes to `footprint`; nullptr stops. Only where states are tracked.
  void record_into(Footprint* footprint) { footprint_ = tracking_ ? footprint : nullptr; }
  bool recording() const { return footprint_ != nullptr; }

  // Who wants to know how often a content lies in a bag (bag.hpp), for a trace of states; nullptr: nobody.
  struct Watcher {
    virtual ~Watcher() = default;
    virtual void bag_changed(std::uint64_t kind, std::uint64_t owner, Word item, std::uint64_t count) = 0;
  };
  void tell(Watcher* watcher) { watcher_ = watcher; }
  Watcher* watcher() const { return watcher_; }

  // Everything allocated after the mark disappears and all cells become zero: the state of a fresh World.
  std::size_t size() const { return cells_.size(); }
  void truncate_and_zero(std::size_t size);
  bool tracking() const { return tracking_; }
  std::size_t memory_bytes() const;

 private:
  struct Undo {
    Cell cell = no_cell;
    std::uint64_t old = 0;
  };
  void set_tracked(Cell cell, std::uint64_t value) {
    const std::uint64_t old = cells_[cell];
    if (footprint_ != nullptr) [[unlikely]] note(cell, Access::write);
    if (old == value) return;
    record(cell, old);
    cells_[cell] = value;
  }
  void record(Cell cell, std::uint64_t old) { log_.push_back({cell, old}); }
  void bring_up_to_date() const;
  void next_pass() const;
  void note(Cell cell, Access access) const;
  uint128 share(Cell cell, std::uint64_t value) const;

  LargeVector<std::uint64_t> cells_;
  std::vector<std::uint64_t> keys_;  // key << 2 | holds; empty unless tracking
  std::vector<Undo> log_;
  const Pool* pool_;
  Footprint* footprint_ = nullptr;
  Watcher* watcher_ = nullptr;
  mutable uint128 fingerprint_ = 0;
  mutable std::size_t hashed_ = 0;              // entries of the log that the fingerprint has
  mutable std::vector<std::uint32_t> seen_in_;  // by cell: the pass over the log that met it last
  mutable std::uint32_t pass_ = 0;
  bool tracking_;
};

}  // namespace flowtank
