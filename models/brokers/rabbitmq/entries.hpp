// SPDX-License-Identifier: Apache-2.0
// Copies of messages in queues, as records of seven fields (56 bytes), so that a backlog of millions fits and a search can
// undo. Every entry that is in use is in exactly one list; free ones are chained. Nothing here is state by itself: what of it
// is, the queue that owns it hashes (queue.cpp).
#pragma once

#include <cstdint>

#include <sim/world/cells.hpp>
#include <sim/world/cell_records.hpp>

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
  void build(Cells& cells) { records_.build(cells); }
  // Forgets all entries; their cells were truncated.
  void clear() { records_.clear(); }
  // Numbers of entries are at most this.
  Entry most(const Cells& cells) const { return records_.most(cells); }
  std::size_t memory_bytes() const { return records_.memory_bytes(); }

  Entry take(Cells& cells) { return records_.take(cells); }
  void give(Cells& cells, Entry entry) {
    set_message(cells, entry, 0);
    records_.give(cells, entry);
  }

  Word message(const Cells& cells, Entry e) const { return records_.peek(cells, e, message_field); }
  Word extra(const Cells& cells, Entry e) const { return records_.peek(cells, e, extra_field); }            // a word that its owner defines (deaths)
  std::uint64_t order(const Cells& cells, Entry e) const { return records_.peek(cells, e, order_field); }   // place of a classic queue: number << 1 | persistent
  std::uint64_t due(const Cells& cells, Entry e) const { return records_.peek(cells, e, due_field); }       // expires at, ns; 0: never
  // Of a copy that waits (Place::delayed): ready again at, ns; of one that is with a consumer: its owner's.
  std::uint64_t moment(const Cells& cells, Entry e) const { return records_.peek(cells, e, moment_field); }
  Entry next(const Cells& cells, Entry e) const { return low_half(records_.peek(cells, e, links_field)); }
  Entry previous(const Cells& cells, Entry e) const { return high_half(records_.peek(cells, e, links_field)); }
  void set_message(Cells& cells, Entry e, Word message) { records_.set(cells, e, message_field, message); }
  void set_extra(Cells& cells, Entry e, Word extra) { records_.set(cells, e, extra_field, extra); }
  void set_order(Cells& cells, Entry e, std::uint64_t order) { records_.set(cells, e, order_field, order); }
  void set_due(Cells& cells, Entry e, std::uint64_t due) { records_.set(cells, e, due_field, due); }
  void set_moment(Cells& cells, Entry e, std::uint64_t moment) { records_.set(cells, e, moment_field, moment); }
  void set_next(Cells& cells, Entry e, Entry next) { records_.set(cells, e, links_field, with_low_half(records_.peek(cells, e, links_field), next)); }
  void set_previous(Cells& cells, Entry e, Entry previous) {
    records_.set(cells, e, links_field, with_high_half(records_.peek(cells, e, links_field), previous));
  }

  std::uint64_t info(const Cells& cells, Entry e) const { return records_.peek(cells, e, info_field); }
  EntryInfo look(const Cells& cells, Entry e) const { return EntryInfo::of(info(cells, e)); }
  void put(Cells& cells, Entry e, const EntryInfo& what) { records_.set(cells, e, info_field, what.packed()); }
  bool persistent(const Cells& cells, Entry e) const { return (order(cells, e) & 1) != 0; }

 private:
  enum Field : std::uint32_t { message_field, extra_field, info_field, order_field, due_field, moment_field, links_field, entry_fields };
  CellRecords<entry_fields> records_;
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
  void insert(Cells& cells, Entries& entries, Entry entry, Entry where) {
    const Entry before = where == 0 ? tail(cells) : entries.previous(cells, where);
    entries.set_next(cells, entry, where);
    entries.set_previous(cells, entry, before);
    if (before != 0) entries.set_next(cells, before, entry);
    else cells.set(head_, entry);
    if (where != 0) entries.set_previous(cells, where, entry);
    else cells.set(head_ + 1, entry);
    cells.set(head_ + 2, length(cells) + 1);
  }
  void push(Cells& cells, Entries& entries, Entry entry) { insert(cells, entries, entry, 0); }
  void remove(Cells& cells, Entries& entries, Entry entry) {
    const Entry before = entries.previous(cells, entry), after = entries.next(cells, entry);
    if (before != 0) entries.set_next(cells, before, after);
    else cells.set(head_, after);
    if (after != 0) entries.set_previous(cells, after, before);
    else cells.set(head_ + 1, before);
    cells.set(head_ + 2, length(cells) - 1);
  }
  template <typename F>
  void each(const Cells& cells, const Entries& entries, F&& f) const {
    for (Entry e = head(cells); e != 0; e = entries.next(cells, e)) f(e);
  }

 private:
  Cell head_ = 0;
};

}  // namespace flowtank::rabbitmq
