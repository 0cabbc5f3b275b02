// SPDX-License-Identifier: Apache-2.0
// See consumers.hpp. The ring is kept in the order of priorities, so that its first member with room is the one to take.
#include "models/brokers/rabbitmq/consumers.hpp"

#include <sim/base/hash.hpp>
#include <sim/world/component.hpp>

namespace flowtank::rabbitmq {

void Consumers::build(Cells& cells, std::uint64_t owner, bool single_active, bool ranks_single_active) {
  owner_ = owner;
  single_active_ = single_active;
  ranks_ = ranks_single_active;
  head_ = cells.allocate(Cells::Holds::quiet, 0);
  tail_ = cells.allocate(Cells::Holds::quiet, 0);
  joins_ = cells.allocate(Cells::Holds::quiet, 0);
  active_ = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner, 0));
  order_ = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner, 1));
}

std::uint32_t Consumers::add(Cells& cells, const ConsumerSpec& spec) {
  Consumer& c = all_.emplace_back();
  c.spec = spec;
  rank_differently_ = rank_differently_ || spec.priority != all_.front().spec.priority;
  for (Cell* cell : {&c.held, &c.state, &c.joined_at, &c.next, &c.previous}) *cell = cells.allocate(Cells::Holds::quiet, 0);
  return size() - 1;
}

void Consumers::join(Cells& cells, std::uint32_t consumer) {
  if (joined(cells, consumer)) return;
  cells.set(joins_, cells.peek(joins_) + 1);
  cells.set(all_[consumer].joined_at, cells.peek(joins_));
  into_ring(cells, consumer);
  if (single_active_ && (cells.peek(active_) == 0 || ranks_)) choose_active(cells);
  hash(cells);
}

void Consumers::leave(Cells& cells, std::uint32_t consumer) {
  if (!joined(cells, consumer)) return;
  if (cells.peek(all_[consumer].state) == in_ring) out_of_ring(cells, consumer);
  cells.set(all_[consumer].state, absent);
  if (active(cells) == consumer) {
    cells.set(active_, 0);
    choose_active(cells);
  }
  hash(cells);
}

// RMQ-SAC-1: the first to subscribe; where priorities count (quorum, 4.x), the highest, once what the former one holds is settled.
void Consumers::choose_active(Cells& cells) {
  if (!single_active_) return;
  const std::uint32_t now = active(cells);
  std::uint32_t best = now;
  for (std::uint32_t c = 0; c < size(); ++c) {
    if (!joined(cells, c) || c == best) continue;
    const bool better = best == nobody || (ranks_ && all_[c].spec.priority > all_[best].spec.priority);
    const bool as_good = best != nobody && best != now && (!ranks_ || all_[c].spec.priority == all_[best].spec.priority);
    if (better || (as_good && cells.peek(all_[c].joined_at) < cells.peek(all_[best].joined_at))) best = c;
  }
  if (now != nobody && best != now && cells.peek(all_[now].held) != 0) return;
  cells.set(active_, best == nobody ? 0 : best + 1);
}

std::uint32_t Consumers::count(const Cells& cells) const {
  std::uint32_t n = 0;
  for (std::uint32_t c = 0; c < size(); ++c) n += joined(cells, c) ? 1 : 0;
  return n;
}

std::uint32_t Consumers::next(Cells& cells, const std::function<bool(std::uint32_t)>& room) {
  if (single_active_) {
    const std::uint32_t c = active(cells);
    if (c == nobody || !has_room(cells, all_[c]) || (room && !room(c))) return nobody;
    const std::uint32_t better = [&] {  // a waiting one of higher priority lets the active one finish, not start more
      for (std::uint32_t other = 0; ranks_ && rank_differently_ && other < size(); ++other) {
        if (joined(cells, other) && all_[other].spec.priority > all_[c].spec.priority) return other;
      }
      return nobody;
    }();
    return better == nobody ? c : nobody;
  }
  while (const std::uint64_t first = cells.peek(head_)) {
    const auto c = static_cast<std::uint32_t>(first - 1);
    if (has_room(cells, all_[c]) && (!room || room(c))) return c;
    out_of_ring(cells, c);  // RMQ-RR-1: skipped until it has room
    cells.set(all_[c].state, blocked);
    hash(cells);
  }
  return nobody;
}

void Consumers::sent(Cells& cells, std::uint32_t consumer) {
  if (!all_[consumer].spec.no_ack) cells.set(all_[consumer].held, cells.peek(all_[consumer].held) + 1);
  if (cells.peek(all_[consumer].state) == in_ring && cells.peek(head_) != cells.peek(tail_)) {
    out_of_ring(cells, consumer);
    into_ring(cells, consumer);  // RMQ-RR-1: at the end of the turn
    hash(cells);
  }
}

void Consumers::settled(Cells& cells, std::uint32_t consumer) {
  const Consumer& c = all_[consumer];
  if (cells.peek(c.held) != 0) cells.set(c.held, cells.peek(c.held) - 1);
  if (single_active_ && ranks_ && rank_differently_) choose_active(cells);
  wake(cells, consumer);
}

void Consumers::wake(Cells& cells, std::uint32_t consumer) {
  if (cells.peek(all_[consumer].state) != blocked || !has_room(cells, all_[consumer])) return;
  into_ring(cells, consumer);  // RMQ-RR-1
  hash(cells);
}

// RMQ-PRIO-2: behind those of its priority and above, before those below.
void Consumers::into_ring(Cells& cells, std::uint32_t consumer) {
  std::uint64_t before = cells.peek(tail_);
  while (before != 0 && all_[before - 1].spec.priority < all_[consumer].spec.priority) before = cells.peek(all_[before - 1].previous);
  const std::uint64_t after = before == 0 ? cells.peek(head_) : cells.peek(all_[before - 1].next);
  cells.set(all_[consumer].previous, before);
  cells.set(all_[consumer].next, after);
  if (before != 0) cells.set(all_[before - 1].next, consumer + 1);
  else cells.set(head_, consumer + 1);
  if (after != 0) cells.set(all_[after - 1].previous, consumer + 1);
  else cells.set(tail_, consumer + 1);
  cells.set(all_[consumer].state, in_ring);
}

void Consumers::out_of_ring(Cells& cells, std::uint32_t consumer) {
  const std::uint64_t before = cells.peek(all_[consumer].previous), after = cells.peek(all_[consumer].next);
  if (before != 0) cells.set(all_[before - 1].next, after);
  else cells.set(head_, after);
  if (after != 0) cells.set(all_[after - 1].previous, before);
  else cells.set(tail_, before);
}

// With one consumer there is no order; what it holds says the queue.
void Consumers::hash(Cells& cells) const {
  if (!cells.tracking()) return;
  Hash128 h{owner_, 7};
  for (std::uint64_t c = cells.peek(head_); c != 0; c = cells.peek(all_[c - 1].next)) h = combine(h, c);
  cells.set(order_, h.lo | 1);
}

}  // namespace flowtank::rabbitmq
