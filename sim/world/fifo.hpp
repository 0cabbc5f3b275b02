// SPDX-License-Identifier: Apache-2.0
// A first-in first-out queue of copies as a component: nodes in quiet cells, and two hashed cells that
// hold a polynomial of the contents by position from the head, so that two queues with the same contents
// are the same state whatever came before. Push and pop cost O(1); removing in the middle O(position).
#pragma once

#include <cstdint>

#include "sim/world/cells.hpp"
#include "sim/world/component.hpp"

namespace flowtank {

// Nodes shared by the queues of one broker. A node has the message, how often its handling failed, when it
// may be delivered (timed), and the next node.
class FifoNodes {
 public:
  void build(Cells& cells) {
    free_ = cells.allocate(Cells::Holds::quiet, 0);
    used_ = cells.allocate(Cells::Holds::quiet, 0);
  }
  Cell message(std::uint64_t node) const { return nodes_[node - 1]; }
  Cell attempts(std::uint64_t node) const { return nodes_[node - 1] + 1; }
  Cell ready_at(std::uint64_t node) const { return nodes_[node - 1] + 2; }
  Cell next(std::uint64_t node) const { return nodes_[node - 1] + 3; }

  std::uint64_t take(Cells& cells) {
    const std::uint64_t free = cells.peek(free_);
    if (free != 0) {
      cells.set(free_, cells.peek(next(free)));
      return free;
    }
    // Nodes ever used is undone with the rest, so that undo gives the same node out again.
    const std::uint64_t node = cells.peek(used_) + 1;
    cells.set(used_, node);
    if (node > nodes_.size()) {
      nodes_.push_back(cells.allocate(Cells::Holds::quiet, 0));
      for (int i = 0; i < 3; ++i) cells.allocate(Cells::Holds::quiet, 0);
    }
    return node;
  }
  // Forgets all nodes; their cells were truncated.
  void clear() { nodes_.clear(); }
  void give(Cells& cells, std::uint64_t node) {
    cells.set(next(node), cells.peek(free_));
    cells.set(message(node), 0);
    cells.set(free_, node);
  }

 private:
  std::vector<Cell> nodes_;
  Cell free_ = 0;
  Cell used_ = 0;
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
    const std::uint64_t node = nodes.take(cells);
    cells.set(nodes.message(node), message);
    cells.set(nodes.attempts(node), attempts);
    cells.set(nodes.ready_at(node), ready_at);
    cells.set(nodes.next(node), 0);
    const std::uint64_t tail = cells.peek(head_ + 1), count = length(cells);
    if (tail != 0) cells.set(nodes.next(tail), node);
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
      node = cells.peek(nodes.next(node));
    }
    const std::uint64_t after = cells.peek(nodes.next(node));
    if (before != 0) cells.set(nodes.next(before), after);
    else cells.set(head_, after);
    if (after == 0) cells.set(head_ + 1, before);
    cells.set(head_ + 2, length(cells) - 1);
    nodes.give(cells, node);
    rehash(cells, pool, nodes);
  }

  void set_attempts(Cells& cells, const Pool& pool, FifoNodes& nodes, std::uint64_t node, std::uint64_t attempts) {
    cells.set(nodes.attempts(node), attempts);
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
    return combine(pool.content(cells.peek(nodes.message(node))), cells.peek(nodes.attempts(node)) + 1);
  }
  void rehash(Cells& cells, const Pool& pool, const FifoNodes& nodes) {
    if (!cells.tracking()) return;
    std::uint64_t lo = 0, hi = 0, power_lo = 1, power_hi = 1;
    for (std::uint64_t node = head(cells); node != 0; node = cells.peek(nodes.next(node))) {
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
