// SPDX-License-Identifier: Apache-2.0
// The log of one partition: records by offset, the high watermark, the last stable offset, and replicas as
// far as a fault made them differ (KF-ORD-1, KF-REPL-1..4, KF-RET-1..2, KF-TXN-3). Append and read cost O(1)
// whatever the length; a record takes two cells (16 bytes) besides its payload.
//
// Replicas. While no fault strikes, every replica equals the leader's log and has no state of its own. A
// replica that is paused or down `lags`: then its end is a cell. The logs of all replicas are prefixes of one
// another: whoever comes back with records that the new leader never had is cut to what both have, and that
// is known when the leader is elected.
//
// State: a polynomial of the contents by position from the base (two hashed cells), so that equal remainders are
// equal states whatever lay before; see forget_below(). Times are milliseconds and 0 under exploration.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/world/cells.hpp>

#include "models/brokers/kafka/offset_cell.hpp"

namespace flowtank::kafka {

enum class EntryKind : std::uint64_t {
  data = 0,           // a record; of an open transaction while `producer` has one that began at or before it
  aborted = 1,        // a record of an aborted transaction: read_committed skips it
  commit_marker = 2,  // control records take an offset and are handed to nobody
  abort_marker = 3,
  removed = 4,        // compacted away: the offset stays unused for ever (KF-ORD-1, KF-RET-2)
};

struct LogEntry {
  Word message = absent_word;
  EntryKind kind = EntryKind::data;
  std::uint32_t producer = 0;  // transactional producer, from 1; 0: none
  std::int64_t time_ms = 0;    // of the append; 40 bits
};

enum class Isolation : std::uint8_t { read_uncommitted, read_committed };

using Replicas = std::uint32_t;  // bit r: replica r, from 0; at most 8

// Pages of records, shared by the logs of one broker. Timed runs give pages back that nobody can read any more.
class LogPages {
 public:
  static constexpr std::uint64_t page_records = 32;
  Cell take(Cells& cells);
  void give(Cell page) { free_.push_back(page); }
  void clear() { free_.clear(); }  // the cells were truncated

 private:
  std::vector<Cell> free_;
};

class PartitionLog {
 public:
  // `owner` names the partition among all logs of the World; `replicas` 1..8, all live and in sync, replica
  // `preferred` leads.
  void build(Cells& cells, std::uint64_t owner, std::uint32_t replicas, std::uint32_t preferred = 0);
  // Every cell is zero again (a reset) or gone (`contents_gone`: those allocated since build() too).
  void reset(Cells& cells, LogPages& pages, bool contents_gone);

  // ---- hot path ----------------------------------------------------------------------------------
  // Appends at the leader; the offset of the record.
  [[gnu::always_inline]] Offset append(Cells& cells, const Pool& pool, LogPages& pages, Word message,
                                       std::int64_t time_ms = 0) {
    return append_entry(cells, pool, pages, {message, EntryKind::data, 0, time_ms});
  }
  Offset append_entry(Cells& cells, const Pool& pool, LogPages& pages, const LogEntry& entry);
  // First offset that is still there; the offset that the next record will get.
  Offset start(const Cells& cells) const { return static_cast<Offset>(cells.peek(first_ + at_start)); }
  Offset end(const Cells& cells) const { return static_cast<Offset>(cells.peek(first_ + at_end)); }
  std::uint64_t length(const Cells& cells) const { return static_cast<std::uint64_t>(end(cells) - start(cells)); }
  // `offset` is in [start, end).
  [[gnu::always_inline]] Word message(const Cells& cells, Offset offset) const { return cells.peek(record(offset)); }
  LogEntry at(const Cells& cells, Offset offset) const;
  bool is_plain(const Cells& cells, Offset offset) const { return (cells.peek(record(offset) + 1) & kind_mask) == 0; }
  // KF-REPL-1: consumers see only what every in-sync replica has.
  [[gnu::always_inline]] Offset high_watermark(const Cells& cells) const {
    const std::uint64_t state = cells.peek(first_ + at_replicas);
    return state == 0 ? end(cells) : watermark_of_lagging(cells);
  }
  // KF-TXN-3: the first offset of the first open transaction, else the high watermark.
  Offset last_stable(const Cells& cells) const;
  // Where a reader must stop.
  Offset readable_end(const Cells& cells, Isolation isolation) const {
    return isolation == Isolation::read_uncommitted ? high_watermark(cells) : last_stable(cells);
  }
  // The first offset from `from` on that a reader is handed (markers, compacted and, for read_committed, aborted
  // records are passed over), or readable_end() when there is none.
  Offset next_readable(const Cells& cells, Offset from, Isolation isolation) const;

  // ---- transactions (KF-TXN-1..3) ----------------------------------------------------------------
  // A record of an open transaction of `producer` (from 1).
  Offset append_transactional(Cells& cells, const Pool& pool, LogPages& pages, Word message, std::uint32_t producer,
                              Hash128 identity, std::int64_t time_ms);
  bool has_open_transaction(const Cells& cells, std::uint32_t producer) const;
  Offset open_since(const Cells& cells, std::uint32_t producer) const;  // no_offset: none is open
  // Writes the marker and settles the records of the transaction. Nothing when none is open.
  void end_transaction(Cells& cells, const Pool& pool, LogPages& pages, std::uint32_t producer, bool commit,
                       std::int64_t time_ms);

  // ---- replicas (KF-REPL-1..4) -------------------------------------------------------------------
  static constexpr std::uint32_t no_replica = 0xffffffff;
  std::uint32_t replica_count() const { return replicas_; }
  // KF-REPL-4: with eligible leader replicas (KIP-966) the high watermark waits while fewer are in sync; 0: off.
  void hold_watermark_below(std::uint32_t replicas) { least_in_sync_ = replicas; }
  std::uint32_t leader(const Cells& cells) const;      // no_replica: the partition is unavailable
  Replicas in_sync(const Cells& cells) const;
  Replicas live(const Cells& cells) const;
  Offset end_of(const Cells& cells, std::uint32_t replica) const;
  // The follower does not fetch any more; it stays in the ISR until drop_from_isr().
  void pause(Cells& cells, std::uint32_t replica);
  // It fetches again and catches up at once; a live replica that caught up is back in the ISR.
  void resume(Cells& cells, std::uint32_t replica);
  // KF-REPL-1: behind for replica.lag.time.max.ms.
  void drop_from_isr(Cells& cells, std::uint32_t replica);
  // The replica's broker dies. When it led, the first live in-sync replica leads; without one, with `unclean`, the
  // first live replica (KF-REPL-3), else nobody. True when records were cut off.
  bool kill(Cells& cells, const Pool& pool, std::uint32_t replica, bool unclean);
  // Its broker is back: it truncates to what the leader has, and follows; it leads when nobody does and it may.
  bool revive(Cells& cells, const Pool& pool, std::uint32_t replica, bool unclean);
  // Nobody leads and `unclean` was switched on: elects; true when records were cut off.
  bool elect(Cells& cells, const Pool& pool, bool unclean);
  bool is_paused(const Cells& cells, std::uint32_t replica) const;
  // Records from `offset` on are gone at every replica (power loss before a flush).
  void truncate(Cells& cells, const Pool& pool, Offset offset);
  // Power loss of these replicas at once: they are down, and what they had not flushed, from `flushed` on, is gone
  // there. A surviving in-sync replica leads on with all records; when all lost power, whoever of the ISR is back
  // first leads, without them.
  void lose_power(Cells& cells, const Pool& pool, Replicas lost, Offset flushed);

  // ---- retention (KF-RET-1..2) -------------------------------------------------------------------
  // The active segment ends here; what follows goes into a new one.
  void roll(Cells& cells);
  Offset active_segment(const Cells& cells) const { return static_cast<Offset>(cells.peek(first_ + at_active)); }
  std::int64_t active_since_ms(const Cells& cells) const;  // time of its first record; 0 when it is empty
  // Deletes closed segments whose newest record is older than `before_ms`, and closed segments from the start while
  // more than `most_bytes` (at `record_bytes` each) remain; -1: no limit. The new start.
  Offset delete_old(Cells& cells, const Pool& pool, std::int64_t before_ms, std::int64_t most_bytes,
                    std::int64_t record_bytes);
  // Compacts the closed segments: of each key the last record stays. `key_of` gives the key of a message (absent_word:
  // no key, stays) and whether it is a tombstone; a tombstone goes when it was written before `tombstones_before_ms`.
  struct Keyed {
    Word key = absent_word;
    bool tombstone = false;
  };
  void compact(Cells& cells, const Pool& pool, std::int64_t tombstones_before_ms,
               const std::function<Keyed(Word)>& key_of);
  // Share of the closed segments that no compaction has seen, 0 to 1 (min.cleanable.dirty.ratio).
  double dirty_ratio(const Cells& cells) const;
  // DeleteRecords, or a start moved by hand. What moves the start moves the base: rebase the offsets of this log.
  void move_start(Cells& cells, const Pool& pool, Offset offset);

  // ---- exploration -------------------------------------------------------------------------------
  // Nobody will read below `offset` any more (every group has committed beyond, and nobody can be reset to
  // earliest): the contents there leave the state. Afterwards the caller rebases the offsets of this log. In
  // timed runs whole pages are given back. Never beyond the last stable offset, the high watermark or a lagging
  // replica's end: less is forgotten then. True when the base has moved.
  bool forget_below(Cells& cells, const Pool& pool, LogPages& pages, Offset offset);
  // Distances are counted from here. 0 in timed runs.
  Offset base(const Cells& cells) const { return static_cast<Offset>(cells.peek(first_ + at_base)); }

  std::size_t memory_bytes() const { return pages_.capacity() * sizeof(Cell) + open_.capacity() * sizeof(Open); }

 private:
  // Quiet cells from first_ on.
  enum : Cell { at_end, at_start, at_base, at_active, at_replicas, at_segments, at_cleaned, quiet_cells };
  static constexpr std::uint64_t kind_mask = 7;

  struct Open {
    std::uint32_t producer = 0;
    Hash128 identity;
    OffsetCell first;  // no_offset: none open
  };

  Cell record(Offset offset) const {
    const auto at = static_cast<std::uint64_t>(offset);
    return pages_[at / LogPages::page_records - first_page_] + static_cast<Cell>(at % LogPages::page_records * 2);
  }
  std::uint64_t key(std::uint64_t field) const;
  Offset watermark_of_lagging(const Cells& cells) const;
  Hash128 content_at(const Cells& cells, const Pool& pool, Offset offset) const;
  void weigh(Cells& cells, const Pool& pool, Offset offset, bool add);
  void set_kind(Cells& cells, const Pool& pool, Offset offset, EntryKind kind);
  void move_base(Cells& cells, const Pool& pool, Offset base);
  void cut(Cells& cells, const Pool& pool, Offset offset);
  void catch_up(Cells& cells);
  void lag(Cells& cells, std::uint32_t replica, Offset end);
  void set_state(Cells& cells, std::uint64_t state);
  void drop_segments_below(Cells& cells, Offset offset);
  Offset segment_end(const Cells& cells, std::uint64_t i) const;
  Open* find_open(std::uint32_t producer);
  const Open* find_open(std::uint32_t producer) const;

  std::uint64_t owner_ = 0;
  std::uint32_t replicas_ = 1;
  std::uint32_t preferred_ = 0;
  std::uint32_t least_in_sync_ = 0;
  Cell first_ = no_cell;              // quiet cells
  Cell hash_ = no_cell;               // two hashed cells; tracked only
  Cell replica_cell_ = no_cell;       // hashed copy of at_replicas; tracked only
  OffsetCell held_;                   // high watermark that waits (KIP-966)
  std::vector<OffsetCell> ends_;      // of lagging replicas
  std::vector<Cell> pages_;
  std::uint64_t first_page_ = 0;      // pages given back (timed)
  std::vector<Open> open_;            // producers that ever had a transaction here
  std::vector<OffsetCell> segments_;  // first offsets of closed segments, oldest first; at_segments are in use
};

}  // namespace flowtank::kafka
