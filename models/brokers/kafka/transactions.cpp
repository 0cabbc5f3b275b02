// SPDX-License-Identifier: Apache-2.0
// See transactions.hpp: epochs, partitions and pending offsets of each transactional.id.
#include "models/brokers/kafka/transactions.hpp"

#include <algorithm>
#include <limits>

#include <sim/world/component.hpp>

namespace flowtank::kafka {

void Transactions::build(Cells&, std::uint64_t owner) { owner_ = owner; }

std::uint32_t Transactions::known(Cells& cells, Hash128 identity) {
  const auto found = std::find_if(ids_.begin(), ids_.end(), [&](const Id& id) { return id.identity == identity; });
  if (found != ids_.end()) return static_cast<std::uint32_t>(found - ids_.begin()) + 1;
  Id& id = ids_.emplace_back();
  id.identity = identity;
  id.open = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner_, identity, 0));
  id.epoch = cells.allocate(Cells::Holds::quiet, 0);
  id.timeout = cells.allocate(Cells::Holds::quiet, 0);
  id.deadline = cells.allocate(Cells::Holds::quiet, 0);
  return count();
}

TransactionalProducer Transactions::init(Cells& cells, std::uint32_t id, std::int64_t timeout_ms) {
  raise_epoch(cells, id);
  cells.set(ids_[id - 1].timeout, static_cast<std::uint64_t>(timeout_ms));
  return {id, epoch(cells, id)};
}

void Transactions::raise_epoch(Cells& cells, std::uint32_t id) {
  cells.set(ids_[id - 1].epoch, cells.peek(ids_[id - 1].epoch) + 1);
}

std::uint32_t Transactions::epoch(const Cells& cells, std::uint32_t id) const {
  return static_cast<std::uint32_t>(cells.peek(ids_[id - 1].epoch));
}

bool Transactions::is_open(const Cells& cells, std::uint32_t id) const { return cells.get(ids_[id - 1].open) != 0; }

TxnError Transactions::check(const Cells& cells, TransactionalProducer who) const {
  return who.epoch != epoch(cells, who.id) ? TxnError::fenced : TxnError::none;
}

TxnError Transactions::begin(Cells& cells, TransactionalProducer who, std::int64_t now_ms) {
  if (const TxnError error = check(cells, who); error != TxnError::none) return error;
  Id& id = ids_[who.id - 1];
  if (cells.get(id.open) != 0) return TxnError::already_open;
  cells.set(id.open, 1);
  cells.set(id.deadline, static_cast<std::uint64_t>(now_ms) + cells.peek(id.timeout) + 1);
  return TxnError::none;
}

TxnError Transactions::add_partition(Cells& cells, TransactionalProducer who, std::uint32_t partition) {
  if (const TxnError error = check(cells, who); error != TxnError::none) return error;
  Id& id = ids_[who.id - 1];
  if (cells.get(id.open) == 0) return TxnError::not_open;
  auto found = std::find_if(id.partitions.begin(), id.partitions.end(), [&](const Enlisted& e) { return e.partition == partition; });
  if (found == id.partitions.end()) {
    const Cell in = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner_, id.identity, 2 * std::uint64_t{partition} + 1));
    id.partitions.push_back({partition, in});
    found = std::prev(id.partitions.end());
  }
  cells.set(found->in, 1);
  return TxnError::none;
}

TxnError Transactions::add_offset(Cells& cells, TransactionalProducer who, std::uint32_t group, std::uint32_t partition,
                                  Offset offset, Offset base) {
  if (const TxnError error = check(cells, who); error != TxnError::none) return error;
  Id& id = ids_[who.id - 1];
  if (cells.get(id.open) == 0) return TxnError::not_open;
  auto found = std::find_if(id.offsets.begin(), id.offsets.end(),
                            [&](const PendingOffset& p) { return p.group == group && p.partition == partition; });
  if (found == id.offsets.end()) {
    PendingOffset& pending = id.offsets.emplace_back();
    pending.group = group;
    pending.partition = partition;
    pending.offset.build(cells, component_key(ComponentKind::broker_state, owner_, combine(id.identity, group + 1), 2 * std::uint64_t{partition} + 2));
    found = std::prev(id.offsets.end());
  }
  found->offset.set(cells, offset, base);
  return TxnError::none;
}

std::vector<std::uint32_t> Transactions::overdue(const Cells& cells, std::int64_t now_ms) const {
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 1; id <= count(); ++id) {
    const std::uint64_t deadline = cells.peek(ids_[id - 1].deadline);
    if (deadline != 0 && static_cast<std::uint64_t>(now_ms) + 1 >= deadline) ids.push_back(id);
  }
  return ids;
}

std::int64_t Transactions::next_deadline_ms(const Cells& cells) const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const Id& id : ids_) {
    if (cells.peek(id.deadline) != 0) next = std::min(next, static_cast<std::int64_t>(cells.peek(id.deadline)) - 1);
  }
  return next;
}

std::int64_t Transactions::deadline_ms(const Cells& cells, std::uint32_t id) const {
  const std::uint64_t deadline = cells.peek(ids_[id - 1].deadline);
  return deadline == 0 ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(deadline) - 1;
}

}  // namespace flowtank::kafka
