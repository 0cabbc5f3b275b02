// SPDX-License-Identifier: Apache-2.0
// A first-in first-out queue of copies as a component: nodes in records, and two hashed cells that
// hold a polynomial of the contents by position from the head, so that two queues with the same contents
// are the same state whatever came before. Push and pop cost O(1); removing in the middle O(position).
#pragma once

#include <cstdint>

#include "sim/world/cells.hpp"
#include "sim/world/component.hpp"
#include "sim/world/cell_records.hpp"

namespace flowtank {

// Nodes shared by the queues of one broker, 24 bytes each in timed runs. A node has the message, when it may be delivered
// (timed), how often its handling failed, and the next node.
class FifoNodes {
 public:
  void build(Cells& cells) { records_.build(cells); }
  // Forgets all nodes; their cells were truncated.
  void clear() { records_.clear(); }
  std::size_t memory_bytes() const { return records_.memory_bytes(); }

  Word message(const Cells& cells, std::uint64_t node) const { return records_.peek(cells, node, message_field); }
  std::uint64_t ready_at(const Cells& cells, std::uint64_t node) const { return records_.peek(cells, node, ready_field); }
  std::uint64_t attempts(const Cells& cells, std::uint64_t node) const { return high_half(records_.peek(cells, node, next_field)); }
  std::uint64_t next(const Cells& cells, std::uint64_t node) const { return low_half(records_.peek(cells, node, next_field)); }
  void set_ready_at(Cells& cells, std::uint64_t node, std::uint64_t when) { records_.set(cells, node, ready_field, when); }
  void set_attempts(Cells& cells, std::uint64_t node, std::uint64_t attempts) {
    records_.set(cells, node, next_field, with_high_half(records_.peek(cells, node, next_field), attempts));
  }
  void set_next(Cells& cells, std::uint64_t node, std::uint64_t next) {
    records_.set(cells, node, next_field, with_low_half(records_.peek(cells, node, next_field), next));
  }

  // A last node.
  std::uint64_t take(Cells& cells, Word message, std::uint64_t attempts, std::uint64_t ready_at) {
    const std::uint64_t node = records_.take(cells);
    records_.set(cells, node, message_field, message);
    records_.set(cells, node, ready_field, ready_at);
    records_.set(cells, node, next_field, attempts << 32);
    return node;
  }
  void give(Cells& cells, std::uint64_t node) {
    records_.set(cells, node, message_field, 0);
    records_.give(cells, node);
  }

 private:
  enum Field : std::uint32_t { message_field, ready_field, next_field, node_fields };
  CellRecords<node_fields> records_;
};

class Fifo {
 public:
  // `owner` and `of` name the queue.
  void build(Cells& cells, std::uint64_t owner, Hash128 of) {
    if (!cells.tracking()) {
      head_ = cells.allocate_untracked(3);
      return;
    }
    head_ = cells.allocate(Cells::Holds::quiet, 0);
    cells.allocate(Cells::Holds::quiet, 0);  // tail
    cells.allocate(Cells::Holds::quiet, 0);  // length
    lo_ = cells.allocate(Cells::Holds::number, component_key(ComponentKind::lane, owner, of, 0));
    cells.allocate(Cells::Holds::number, component_key(ComponentKind::lane, owner, of, 1));
  }

  std::uint64_t length(const Cells& cells) const { return cells.peek(head_ + 2); }
  std::uint64_t head(const Cells& cells) const { return cells.peek(head_); }

  void push(Cells& cells, const Pool& pool, FifoNodes& nodes, Word message, std::uint64_t attempts, std::uint64_t ready_at) {
    const std::uint64_t node = nodes.take(cells, message, attempts, ready_at);
    const std::uint64_t tail = cells.peek(head_ + 1), count = length(cells);
    if (tail != 0) nodes.set_next(cells, tail, node);
    else cells.set(head_, node);
    cells.set(head_ + 1, node);
    cells.set(head_ + 2, count + 1);
    if (!cells.tracking()) return;
    const Hash128 content = content_of(cells, pool, nodes, node);
    cells.set(lo_, cells.peek(lo_) + content.lo * power(step_lo, count));
    cells.set(lo_ + 1, cells.peek(lo_ + 1) + content.hi * power(step_hi, count));
  }

  // Removes the node at a position from the head, 0 = head. The position is in range.
  void remove(Cells& cells, const Pool& pool, FifoNodes& nodes, std::uint64_t at) {
    std::uint64_t before = 0, node = head(cells);
    for (std::uint64_t i = 0; i < at; ++i) {
      before = node;
      node = nodes.next(cells, node);
    }
    const std::uint64_t after = nodes.next(cells, node);
    if (before != 0) nodes.set_next(cells, before, after);
    else cells.set(head_, after);
    if (after == 0) cells.set(head_ + 1, before);
    cells.set(head_ + 2, length(cells) - 1);
    nodes.give(cells, node);
    rehash(cells, pool, nodes);
  }

  void set_attempts(Cells& cells, const Pool& pool, FifoNodes& nodes, std::uint64_t node, std::uint64_t attempts) {
    nodes.set_attempts(cells, node, attempts);
    rehash(cells, pool, nodes);
  }

 private:
  static constexpr std::uint64_t step_lo = 0x9e3779b97f4a7c15ULL, step_hi = 0xc2b2ae3d27d4eb4fULL;
  static std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
    std::uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1, base *= base) {
      if ((exponent & 1) != 0) result *= base;
    }
    return result;
  }
  static Hash128 content_of(const Cells& cells, const Pool& pool, const FifoNodes& nodes, std::uint64_t node) {
    return combine(pool.content(nodes.message(cells, node)), nodes.attempts(cells, node) + 1);
  }
  void rehash(Cells& cells, const Pool& pool, const FifoNodes& nodes) {
    if (!cells.tracking()) return;
    std::uint64_t lo = 0, hi = 0, power_lo = 1, power_hi = 1;
    for (std::uint64_t node = head(cells); node != 0; node = nodes.next(cells, node)) {
      const Hash128 content = content_of(cells, pool, nodes, node);
      lo += content.lo * power_lo;
      hi += content.hi * power_hi;
      power_lo *= step_lo;
      power_hi *= step_hi;
    }
    cells.set(lo_, lo);
    cells.set(lo_ + 1, hi);
  }

  Cell head_ = 0;
  Cell lo_ = 0;
};

}  // namespace flowtank
