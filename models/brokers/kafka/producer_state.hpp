// SPDX-License-Identifier: Apache-2.0
// What the brokers know of idempotent producers (KF-IDEM-1, KF-IDEM-2): per producer id and partition the epoch and the
// last five batches, so that a repeated request is answered with its first offset and not appended again. The
// knowledge belongs to the log: what is cut off a log is forgotten here too (truncated()).
//
// A batch is known by its sequence numbers and by its first message. Clients with a protocol use the numbers; callers that
// repeat a whole request (the World) ask by the message.
//
// State: the messages of the last batches, newest first, and the epoch are hashed; sequence numbers and offsets grow
// without bound and are quiet: a client that counts on keeps its distance.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/world/cells.hpp>
#include <sim/base/word_index.hpp>

#include "models/brokers/kafka/offset_cell.hpp"

namespace flowtank::kafka {

enum class SequenceVerdict : std::uint8_t {
  next,           // append it
  duplicate,      // appended before, at `offset`
  out_of_order,   // there is a gap, or it is older than the five batches
  fenced,         // an older epoch than one that has written here (KF-TXN-1)
};
struct SequenceCheck {
  SequenceVerdict verdict = SequenceVerdict::next;
  Offset offset = no_offset;
};

// A batch of one producer for one partition.
struct Batch {
  std::uint32_t producer = 0;   // producer id, from 1; 0: not idempotent
  std::uint32_t epoch = 0;
  std::int64_t sequence = 0;    // of its first record, from 0 in each session and partition
  std::int64_t records = 1;
};

class ProducerStates {
 public:
  static constexpr std::uint32_t kept = 5;

  void build(Cells& cells, std::uint64_t owner);
  void clear() { index_.clear(); entries_.clear(); by_partition_.clear(); }  // the cells were truncated

  SequenceCheck check(const Cells& cells, std::uint32_t partition, const Batch& batch) const;
  // The batch was appended from `offset` on.
  void appended(Cells& cells, const Pool& pool, std::uint32_t partition, const Batch& batch, Word first_message,
                Offset offset, std::int64_t now_ms);
  // The offset at which this producer has appended a batch with this first message, among its last five.
  std::optional<Offset> find(const Cells& cells, std::uint32_t partition, std::uint32_t producer, Word first_message) const;
  // The sequence number that this producer's next batch must have.
  std::int64_t next_sequence(const Cells& cells, std::uint32_t partition, std::uint32_t producer) const;
  // The epoch was raised, by the coordinator's marker (KF-TXN-1).
  void fence(Cells& cells, std::uint32_t partition, std::uint32_t producer, std::uint32_t epoch);
  // The log was cut to `end`.
  void truncated(Cells& cells, const Pool& pool, std::uint32_t partition, Offset end);
  // KF-IDEM-2: producers that wrote nothing since `before_ms` are forgotten.
  void expire(Cells& cells, std::int64_t before_ms);

 private:
  // Quiet cells of an entry: epoch + 1 (0: never wrote), next sequence, time, number of batches, then (sequence, records, offset, message) each.
  enum : Cell { at_epoch, at_next, at_time, at_count, at_batches };
  static constexpr Cell entry_cells = at_batches + 4 * kept;
  struct Entry {
    std::uint32_t producer = 0;
    Cell first = no_cell;
    Cell hash = no_cell;  // tracked only
  };
  Cell batch(const Entry& entry, std::uint64_t n) const { return entry.first + at_batches + static_cast<Cell>(n % kept * 4); }
  const Entry* find_entry(std::uint32_t partition, std::uint32_t producer) const;
  Entry& entry_of(Cells& cells, std::uint32_t partition, std::uint32_t producer);
  void rehash(Cells& cells, const Pool& pool, const Entry& entry);
  void forget(Cells& cells, const Entry& entry);

  std::uint64_t owner_ = 0;
  WordIndex index_;               // (producer, partition) -> entry + 1
  std::vector<Entry> entries_;
  std::vector<std::vector<std::uint32_t>> by_partition_;  // entries
};

}  // namespace flowtank::kafka
