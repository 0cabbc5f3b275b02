// SPDX-License-Identifier: Apache-2.0
// The transaction coordinator (KF-TXN-1..4): who holds a transactional.id, which partitions and offsets belong to its open
// transaction, and when it is ended for it. Writing the markers and storing the offsets is the caller's business
// (Cluster); this decides whether they may be written.
//
// State: whether a transaction is open, its partitions and its pending offsets are hashed; epochs grow and are quiet.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <sim/base/hash.hpp>
#include <sim/world/cells.hpp>

#include "models/brokers/kafka/offset_cell.hpp"

namespace flowtank::kafka {

// Who acts: the number of a transactional.id (from 1; also its producer id) and the epoch that init gave.
struct TransactionalProducer {
  std::uint32_t id = 0;
  std::uint32_t epoch = 0;
};

enum class TxnError : std::uint8_t {
  none,
  fenced,      // a newer producer with this transactional.id, or the coordinator ended the transaction
  not_open,    // no transaction was begun
  already_open,
};

class Transactions {
 public:
  struct PendingOffset {
    std::uint32_t group = 0;
    std::uint32_t partition = 0;  // of the group
    OffsetCell offset;
  };

  void build(Cells& cells, std::uint64_t owner);
  void clear() { ids_.clear(); }  // the cells were truncated

  // The number of a transactional.id; `identity` is its content, `producer` the producer id it gets (from 1).
  std::uint32_t known(Cells& cells, Hash128 identity);
  std::uint32_t count() const { return static_cast<std::uint32_t>(ids_.size()); }
  Hash128 identity(std::uint32_t id) const { return ids_[id - 1].identity; }

  // KF-TXN-1: a new session. The caller has ended an open transaction of the predecessor (is_open) with an abort.
  TransactionalProducer init(Cells& cells, std::uint32_t id, std::int64_t timeout_ms);
  std::uint32_t epoch(const Cells& cells, std::uint32_t id) const;
  bool is_open(const Cells& cells, std::uint32_t id) const;
  TxnError check(const Cells& cells, TransactionalProducer who) const;
  TxnError begin(Cells& cells, TransactionalProducer who, std::int64_t now_ms);
  // The first record for a partition goes with this.
  TxnError add_partition(Cells& cells, TransactionalProducer who, std::uint32_t partition);
  // KF-TXN-2: offsets that become commits with the transaction.
  TxnError add_offset(Cells& cells, TransactionalProducer who, std::uint32_t group, std::uint32_t partition, Offset offset, Offset base);

  // Calls marker(partition) for each partition of the transaction and, on commit, offset(group, partition, offset) for each
  // pending one; afterwards none is open.
  template <typename Marker, typename Store>
  void end(Cells& cells, std::uint32_t id, bool commit, Marker&& marker, Store&& offset);

  // Calls f(partition) for each partition of the open transaction.
  template <typename F>
  void each_partition(const Cells& cells, std::uint32_t id, F&& f) const {
    for (const Enlisted& enlisted : ids_[id - 1].partitions) {
      if (cells.get(enlisted.in) != 0) f(enlisted.partition);
    }
  }
  // What was allocated after the ids is gone: their partitions and offsets.
  void forget_enlisted() {
    for (Id& id : ids_) {
      id.partitions.clear();
      id.offsets.clear();
    }
  }

  // KF-TXN-3: ids whose transaction is open for longer than its timeout.
  std::vector<std::uint32_t> overdue(const Cells& cells, std::int64_t now_ms) const;
  std::int64_t next_deadline_ms(const Cells& cells) const;  // never: max
  std::int64_t deadline_ms(const Cells& cells, std::uint32_t id) const;  // none open: max
  void raise_epoch(Cells& cells, std::uint32_t id);

 private:
  struct Enlisted {
    std::uint32_t partition = 0;
    Cell in = no_cell;  // hashed
  };
  struct Id {
    Hash128 identity;
    Cell open = no_cell;      // hashed
    Cell epoch = no_cell;     // quiet
    Cell timeout = no_cell;   // quiet: ms
    Cell deadline = no_cell;  // quiet: ms + 1; 0: none
    std::vector<Enlisted> partitions;
    std::vector<PendingOffset> offsets;
  };
  std::uint64_t owner_ = 0;
  std::vector<Id> ids_;
};

template <typename Marker, typename Store>
void Transactions::end(Cells& cells, std::uint32_t id, bool commit, Marker&& marker, Store&& offset) {
  Id& of = ids_[id - 1];
  for (const Enlisted& enlisted : of.partitions) {
    if (cells.peek(enlisted.in) == 0) continue;
    cells.set(enlisted.in, 0);
    marker(enlisted.partition);
  }
  for (PendingOffset& pending : of.offsets) {
    const Offset next = pending.offset.peek(cells);
    if (next == no_offset) continue;
    pending.offset.clear(cells);
    if (commit) offset(pending.group, pending.partition, next);
  }
  cells.set(of.open, 0);
  cells.set(of.deadline, 0);
}

}  // namespace flowtank::kafka
