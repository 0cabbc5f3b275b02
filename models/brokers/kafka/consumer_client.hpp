// SPDX-License-Identifier: Apache-2.0
// What a consumer client remembers of its partitions, and when it commits. Two clients of the same group protocol
// differ exactly here, and verdicts differ with them (KF-AUTO-1, KF-AUTO-2, KF-OFF-1..3, KF-FLOW-1):
//
//   java                    commits inside poll() what earlier polls returned: a crash redelivers
//   java_thread_pool        the same client, but records are handed to other threads: a crash may lose
//   librdkafka              a background thread commits what was handed to the application: a crash loses
//   store_after_processing  librdkafka with enable.auto.offset.store=false: stored when it was processed
//
// ReadPositions is the state of one reader (a consumer; or a whole group where, as in the World, each partition has
// one owner and a lost position is forgotten). AutoCommit is its timer. Both live in cells.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/world/cells.hpp>

#include "models/brokers/kafka/offset_cell.hpp"
#include "models/brokers/kafka/partition_log.hpp"

namespace flowtank::kafka {

enum class ClientProfile : std::uint8_t { java, java_thread_pool, librdkafka, store_after_processing };
enum class OffsetReset : std::uint8_t { latest, earliest, none };

// What auto-commit covers, and who triggers it.
struct CommitRule {
  bool automatic = true;              // enable.auto.commit
  ClientProfile profile = ClientProfile::java;
  std::int64_t interval_ms = 5000;    // auto.commit.interval.ms

  // KF-AUTO-1: only inside poll(), close() and before a rebalance; KF-AUTO-2: at any time, by a background thread.
  bool in_background() const { return profile == ClientProfile::librdkafka || profile == ClientProfile::store_after_processing; }
  // Is what was handed out covered as soon as it was handed out?
  bool stores_at_hand_over() const { return profile != ClientProfile::store_after_processing; }
};

// Where to begin in a partition (KF-OFF-1, KF-OFF-3).
struct StartOffset {
  Offset offset = 0;
  bool error = false;      // auto.offset.reset=none and no usable commit
  bool was_reset = false;  // the policy decided
};
StartOffset start_offset(const Cells& cells, const PartitionLog& log, Offset committed, OffsetReset policy,
                         Isolation isolation);

class ReadPositions {
 public:
  // `owner` names the reader among all readers of the World.
  void build(Cells& cells, std::uint64_t owner, std::uint32_t partitions);
  void add_partitions(Cells& cells, std::uint32_t count);  // KF-PART-1: the partition count may grow

  std::uint32_t partitions() const { return static_cast<std::uint32_t>(slots_.size()); }
  // Next offset to be handed out; no_offset: not assigned here.
  Offset position(const Cells& cells, std::uint32_t p) const { return slots_[p].position.get(cells); }
  // Next offset that a commit covers; no_offset: nothing to commit since the assignment.
  Offset stored(const Cells& cells, std::uint32_t p) const { return slots_[p].stored.get(cells); }
  bool assigned(const Cells& cells, std::uint32_t p) const { return slots_[p].position.peek(cells) != no_offset; }

  // Assigned: reading begins at `offset`; nothing is stored.
  void assign(Cells& cells, std::uint32_t p, Offset offset, Offset base) {
    slots_[p].position.set(cells, offset, base);
    slots_[p].stored.clear(cells);
  }
  // Revoked or lost: what was not committed is forgotten here and read again by the next owner.
  void revoke(Cells& cells, std::uint32_t p) {
    slots_[p].position.clear(cells);
    slots_[p].stored.clear(cells);
  }
  // Records before `next` were handed to the application.
  void hand_over(Cells& cells, std::uint32_t p, Offset next, Offset base, const CommitRule& rule) {
    slots_[p].position.set(cells, next, base);
    if (rule.stores_at_hand_over()) slots_[p].stored.set(cells, next, base);
  }
  // The application has processed all before `next` (store_after_processing; KF-OFF-2).
  void processed(Cells& cells, std::uint32_t p, Offset next, Offset base) {
    if (next > slots_[p].stored.peek(cells)) slots_[p].stored.set(cells, next, base);
  }
  // seek(): later polls go on from there.
  void seek(Cells& cells, std::uint32_t p, Offset offset, Offset base, const CommitRule& rule) {
    slots_[p].position.set(cells, offset, base);
    if (!rule.in_background()) slots_[p].stored.set(cells, offset, base);
  }
  void rebase(Cells& cells, std::uint32_t p, Offset base) {
    slots_[p].position.rebase(cells, base);
    slots_[p].stored.rebase(cells, base);
  }

 private:
  struct Slot {
    OffsetCell position;
    OffsetCell stored;
  };
  std::vector<Slot> slots_;
  std::uint64_t owner_ = 0;
};

// When the next automatic commit is due. Timed only: under exploration a commit is an action of the driver.
class AutoCommit {
 public:
  void build(Cells& cells) { next_ = cells.allocate(Cells::Holds::quiet, 0); }
  void start(Cells& cells, std::int64_t now_ms, const CommitRule& rule) {
    cells.set(next_, static_cast<std::uint64_t>(now_ms + rule.interval_ms));
  }
  std::int64_t next_ms(const Cells& cells) const { return static_cast<std::int64_t>(cells.peek(next_)); }
  // KF-AUTO-1: asked at the beginning of each poll; KF-AUTO-2: asked when next_ms() comes. Restarts the interval when due.
  bool due(Cells& cells, std::int64_t now_ms, const CommitRule& rule) {
    if (!rule.automatic || now_ms < next_ms(cells)) return false;
    start(cells, now_ms, rule);
    return true;
  }

 private:
  Cell next_ = no_cell;
};

}  // namespace flowtank::kafka
