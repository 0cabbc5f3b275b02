// SPDX-License-Identifier: Apache-2.0
// See producer_state.hpp: rings of the last five batches in cells, and their checks.
#include "models/brokers/kafka/producer_state.hpp"

#include <sim/world/component.hpp>

namespace flowtank::kafka {
namespace {

constexpr std::uint64_t name_of(std::uint32_t partition, std::uint32_t producer) {
  return std::uint64_t{producer} << 32 | (std::uint64_t{partition} + 1);
}
constexpr std::int64_t number(std::uint64_t cell) { return static_cast<std::int64_t>(cell); }

}  // namespace

void ProducerStates::build(Cells&, std::uint64_t owner) { owner_ = owner; }

const ProducerStates::Entry* ProducerStates::find_entry(std::uint32_t partition, std::uint32_t producer) const {
  const std::uint32_t at = index_.find(name_of(partition, producer));
  return at == 0 ? nullptr : &entries_[at - 1];
}

ProducerStates::Entry& ProducerStates::entry_of(Cells& cells, std::uint32_t partition, std::uint32_t producer) {
  if (const std::uint32_t at = index_.find(name_of(partition, producer))) return entries_[at - 1];
  Entry& entry = entries_.emplace_back();
  entry.producer = producer;
  entry.first = cells.allocate(Cells::Holds::quiet, 0);
  for (Cell i = 1; i < entry_cells; ++i) cells.allocate(Cells::Holds::quiet, 0);
  if (cells.tracking()) {
    entry.hash = cells.allocate(Cells::Holds::number,
                                component_key(ComponentKind::broker_state, owner_, Hash128{name_of(partition, producer), 0}, 0));
  }
  index_.put(name_of(partition, producer), static_cast<std::uint32_t>(entries_.size()));
  if (partition >= by_partition_.size()) by_partition_.resize(partition + 1);
  by_partition_[partition].push_back(static_cast<std::uint32_t>(entries_.size() - 1));
  return entry;
}

SequenceCheck ProducerStates::check(const Cells& cells, std::uint32_t partition, const Batch& asked) const {
  const Entry* entry = find_entry(partition, asked.producer);
  // A first batch begins at 0: one that overtook it is refused, and the client keeps the order.
  if (entry == nullptr) return {asked.sequence == 0 ? SequenceVerdict::next : SequenceVerdict::out_of_order, no_offset};
  if (entry->hash != no_cell) static_cast<void>(cells.get(entry->hash));
  const std::uint64_t count = cells.peek(entry->first + at_count), epoch = cells.peek(entry->first + at_epoch);
  if (asked.epoch + 1 < epoch) return {SequenceVerdict::fenced, no_offset};
  if (asked.epoch + 1 > epoch) {  // a new session begins at 0
    return {asked.sequence == 0 ? SequenceVerdict::next : SequenceVerdict::out_of_order, no_offset};
  }
  if (count == 0) return {};  // KF-IDEM-2: what was known of it has expired
  for (std::uint64_t n = count > kept ? count - kept : 0; n < count; ++n) {
    const Cell at = batch(*entry, n);
    if (cells.peek(at + 1) == 0) continue;
    // KF-IDEM-1: the same numbers again: the original offset.
    if (number(cells.peek(at)) == asked.sequence && number(cells.peek(at + 1)) == asked.records) {
      return {SequenceVerdict::duplicate, number(cells.peek(at + 2))};
    }
  }
  return {number(cells.peek(entry->first + at_next)) == asked.sequence ? SequenceVerdict::next : SequenceVerdict::out_of_order, no_offset};
}

void ProducerStates::appended(Cells& cells, const Pool& pool, std::uint32_t partition, const Batch& written,
                              Word first_message, Offset offset, std::int64_t now_ms) {
  const Entry& entry = entry_of(cells, partition, written.producer);
  if (cells.peek(entry.first + at_epoch) != written.epoch + 1) forget(cells, entry);
  const std::uint64_t count = cells.peek(entry.first + at_count);
  const Cell at = batch(entry, count);
  cells.set(at, static_cast<std::uint64_t>(written.sequence));
  cells.set(at + 1, static_cast<std::uint64_t>(written.records));
  cells.set(at + 2, static_cast<std::uint64_t>(offset));
  cells.set(at + 3, first_message);
  cells.set(entry.first + at_epoch, std::uint64_t{written.epoch} + 1);
  cells.set(entry.first + at_next, static_cast<std::uint64_t>(written.sequence + written.records));
  cells.set(entry.first + at_time, static_cast<std::uint64_t>(now_ms));
  cells.set(entry.first + at_count, count + 1);
  rehash(cells, pool, entry);
}

std::optional<Offset> ProducerStates::find(const Cells& cells, std::uint32_t partition, std::uint32_t producer,
                                           Word first_message) const {
  const Entry* entry = find_entry(partition, producer);
  if (entry == nullptr) return std::nullopt;
  if (entry->hash != no_cell) static_cast<void>(cells.get(entry->hash));
  const std::uint64_t count = cells.peek(entry->first + at_count);
  for (std::uint64_t n = count > kept ? count - kept : 0; n < count; ++n) {
    const Cell at = batch(*entry, n);
    if (cells.peek(at + 1) != 0 && cells.peek(at + 3) == first_message) return number(cells.peek(at + 2));
  }
  return std::nullopt;
}

std::int64_t ProducerStates::next_sequence(const Cells& cells, std::uint32_t partition, std::uint32_t producer) const {
  const Entry* entry = find_entry(partition, producer);
  return entry == nullptr ? 0 : number(cells.peek(entry->first + at_next));
}

void ProducerStates::fence(Cells& cells, std::uint32_t partition, std::uint32_t producer, std::uint32_t epoch) {
  const Entry& entry = entry_of(cells, partition, producer);
  if (cells.peek(entry.first + at_epoch) > epoch) return;
  forget(cells, entry);
  cells.set(entry.first + at_epoch, std::uint64_t{epoch} + 1);
  if (entry.hash != no_cell) cells.set(entry.hash, epoch + 1);
}

void ProducerStates::forget(Cells& cells, const Entry& entry) {
  for (Cell i = 0; i < entry_cells; ++i) cells.set(entry.first + i, 0);
  if (entry.hash != no_cell) cells.set(entry.hash, 0);
}

void ProducerStates::rehash(Cells& cells, const Pool& pool, const Entry& entry) {
  if (entry.hash == no_cell) return;
  const std::uint64_t count = cells.peek(entry.first + at_count);
  Hash128 h{cells.peek(entry.first + at_epoch) + 1, 0};
  for (std::uint64_t n = count; n > 0 && n + kept > count; --n) {  // newest first
    const Cell at = batch(entry, n - 1);
    if (cells.peek(at + 1) != 0) h = combine(h, pool.content(cells.peek(at + 3)));
  }
  cells.set(entry.hash, h.lo);
}

void ProducerStates::truncated(Cells& cells, const Pool& pool, std::uint32_t partition, Offset end) {
  if (partition >= by_partition_.size()) return;
  for (const std::uint32_t at : by_partition_[partition]) {
    const Entry& entry = entries_[at];
    std::uint64_t count = cells.peek(entry.first + at_count);
    while (count > 0) {
      const Cell last = batch(entry, count - 1);
      if (cells.peek(last + 1) == 0 || number(cells.peek(last + 2)) < end) break;
      cells.set(entry.first + at_next, cells.peek(last));
      cells.set(last + 1, 0);
      --count;
    }
    if (count == cells.peek(entry.first + at_count)) continue;
    cells.set(entry.first + at_count, count);
    rehash(cells, pool, entry);
  }
}

void ProducerStates::expire(Cells& cells, std::int64_t before_ms) {
  for (const Entry& entry : entries_) {
    if (cells.peek(entry.first + at_count) != 0 && number(cells.peek(entry.first + at_time)) < before_ms) {
      const std::uint64_t epoch = cells.peek(entry.first + at_epoch);
      forget(cells, entry);
      cells.set(entry.first + at_epoch, epoch);
    }
  }
}

}  // namespace flowtank::kafka
