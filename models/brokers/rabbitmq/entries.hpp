// SPDX-License-Identifier: Apache-2.0
// Copies of messages in queues, as cells: seven each (56 bytes and 4 of index), so that a backlog of millions fits and a search can
// undo. Every entry that is in use is in exactly one list; free ones are chained. All cells here are quiet: what of them
// is state, the queue that owns them hashes (queue.cpp).
#pragma once

#include <cstdint>
#include <vector>

#include <sim/world/cells.hpp>

namespace flowtank::rabbitmq {

using Entry = std::uint64_t;  // from 1; 0: none

// Where an entry is.
enum class Place : std::uint8_t { ready, returned, delayed, sent, handled };

// What a queue knows of a copy besides its message.
struct EntryInfo {
  std::uint32_t attempts = 0;    // failed handlings as its consumers count them, up to 255
  std::uint32_t returns = 0;     // RMQ-QQ-COUNT-1, up to 4095
  std::uint32_t priority = 0;    // up to 255
  std::uint32_t acquired = 0;    // handed out so often, up to 255
  std::uint32_t holder = 0;      // consumer + 1; 0: nobody
  std::uint32_t slot = 0;        // tells equal messages in handling apart, up to 255
  Place place = Place::ready;
  bool redelivered = false;

  std::uint64_t packed() const {
    const auto bits = [](std::uint64_t value, std::uint64_t most) { return value < most ? value : most; };
    return bits(attempts, 255) | bits(returns, 4095) << 8 | bits(priority, 255) << 20 | bits(acquired, 255) << 28 | bits(holder, 65535) << 36 |
           bits(slot, 255) << 52 | static_cast<std::uint64_t>(place) << 60 | std::uint64_t{redelivered ? 1U : 0U} << 63;
  }
  static EntryInfo of(std::uint64_t packed) {
    const auto take = [&](int from, std::uint64_t mask) { return static_cast<std::uint32_t>(packed >> from & mask); };
    return {take(0, 255), take(8, 4095), take(20, 255), take(28, 255), take(36, 65535), take(52, 255),
            static_cast<Place>(take(60, 7)), (packed >> 63) != 0};
  }
};

class Entries {
 public:
  void build(Cells& cells) {
    free_ = cells.allocate(Cells::Holds::quiet, 0);
    used_ = cells.allocate(Cells::Holds::quiet, 0);
  }
  // Forgets all entries; their cells were truncated.
  void clear() { first_.clear(); }

  Entry take(Cells& cells) {
    const Entry free = cells.peek(free_);
    if (free != 0) {
      cells.set(free_, cells.peek(next(free)));
      return free;
    }
    // How many were ever used is undone with the rest, so that undo gives the same entry out again.
    const Entry entry = cells.peek(used_) + 1;
    cells.set(used_, entry);
    if (entry > first_.size()) {
      if (cells.tracking()) {
        first_.push_back(cells.allocate(Cells::Holds::quiet, 0));
        for (int i = 1; i < 7; ++i) cells.allocate(Cells::Holds::quiet, 0);
      } else {
        first_.push_back(cells.allocate_untracked(7));
      }
    }
    return entry;
  }
  void give(Cells& cells, Entry entry) {
    cells.set(next(entry), cells.peek(free_));
    cells.set(message(entry), 0);
    cells.set(free_, entry);
  }

  Cell message(Entry e) const { return first_[e - 1]; }
  Cell extra(Entry e) const { return first_[e - 1] + 1; }      // a word that its owner defines (deaths)
  Cell info(Entry e) const { return first_[e - 1] + 2; }
  Cell order(Entry e) const { return first_[e - 1] + 3; }      // place of a classic queue: number << 1 | persistent
  Cell due(Entry e) const { return first_[e - 1] + 4; }        // expires (or is ready again) at, ns; 0: never
  Cell next(Entry e) const { return first_[e - 1] + 5; }
  Cell previous(Entry e) const { return first_[e - 1] + 6; }

  EntryInfo look(const Cells& cells, Entry e) const { return EntryInfo::of(cells.peek(info(e))); }
  void put(Cells& cells, Entry e, const EntryInfo& what) { cells.set(info(e), what.packed()); }
  bool persistent(const Cells& cells, Entry e) const { return (cells.peek(order(e)) & 1) != 0; }

 private:
  std::vector<Cell> first_;
  Cell free_ = 0, used_ = 0;
};

// A list of entries with both ends; all operations but walks cost O(1).
class EntryList {
 public:
  void build(Cells& cells) {
    head_ = cells.allocate(Cells::Holds::quiet, 0);
    cells.allocate(Cells::Holds::quiet, 0);  // tail
    cells.allocate(Cells::Holds::quiet, 0);  // length
  }
  Entry head(const Cells& cells) const { return cells.peek(head_); }
  Entry tail(const Cells& cells) const { return cells.peek(head_ + 1); }
  std::uint64_t length(const Cells& cells) const { return cells.peek(head_ + 2); }

  // Before `where`; 0: at the end.
  void insert(Cells& cells, const Entries& entries, Entry entry, Entry where) {
    const Entry before = where == 0 ? tail(cells) : cells.peek(entries.previous(where));
    cells.set(entries.next(entry), where);
    cells.set(entries.previous(entry), before);
    if (before != 0) cells.set(entries.next(before), entry);
    else cells.set(head_, entry);
    if (where != 0) cells.set(entries.previous(where), entry);
    else cells.set(head_ + 1, entry);
    cells.set(head_ + 2, length(cells) + 1);
  }
  void push(Cells& cells, const Entries& entries, Entry entry) { insert(cells, entries, entry, 0); }
  void remove(Cells& cells, const Entries& entries, Entry entry) {
    const Entry before = cells.peek(entries.previous(entry)), after = cells.peek(entries.next(entry));
    if (before != 0) cells.set(entries.next(before), after);
    else cells.set(head_, after);
    if (after != 0) cells.set(entries.previous(after), before);
    else cells.set(head_ + 1, before);
    cells.set(head_ + 2, length(cells) - 1);
  }
  template <typename F>
  void each(const Cells& cells, const Entries& entries, F&& f) const {
    for (Entry e = head(cells); e != 0; e = cells.peek(entries.next(e))) f(e);
  }

 private:
  Cell head_ = 0;
};

}  // namespace flowtank::rabbitmq
