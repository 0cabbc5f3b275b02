// SPDX-License-Identifier: Apache-2.0
// See queue.hpp. A message is a record of seven fields (56 bytes) in one of two lists of its lane; a lane's contents are hashed as a
// whole where states are tracked, since such queues are short. Deadlines wait in a heap, and what became
// meaningless is dropped when it comes to the front.
#include "models/brokers/sns_sqs/queue.hpp"

#include <algorithm>

#include <sim/world/component.hpp>

namespace flowtank::sns_sqs {

void Queue::build(Cells& cells, std::uint64_t owner, const QueueRules& rules) {
  rules_ = rules;
  owner_ = owner;
  nodes_.build(cells);
  for (Cell* cell : {&sequence_, &stored_, &in_flight_, &away_}) *cell = cells.allocate(Cells::Holds::quiet, 0);
}

void Queue::forget() {
  index_.clear();
  lanes_.clear();
  nodes_.clear();
  deadlines_.clear();
}

void Queue::reset() {
  deadlines_.clear();
  last_sent_ = 0;
  in_order_ = true;
}

Queue::Lane Queue::lane_of(Cells& cells, const Pool& pool, Word group) {
  const Word known_by = rules_.fifo && group != absent_word ? group : Pool::of_null();
  if (const std::uint32_t at = index_.find(known_by)) return at - 1;
  LaneCells lane;
  if (cells.tracking()) {
    lane.base = cells.allocate(Cells::Holds::quiet, 0);
    for (Cell i = 1; i < lane_cells; ++i) cells.allocate(Cells::Holds::quiet, 0);
    const Hash128 of = pool.content(known_by);
    cells.allocate(Cells::Holds::number, component_key(ComponentKind::lane, owner_, of, 0));
    cells.allocate(Cells::Holds::number, component_key(ComponentKind::lane, owner_, of, 1));
  } else {
    lane.base = cells.allocate_untracked(lane_cells);
  }
  lanes_.push_back(lane);
  index_.put(known_by, static_cast<std::uint32_t>(lanes_.size()));
  return static_cast<Lane>(lanes_.size() - 1);
}

void Queue::set_state(Cells& cells, Node node, State state) {
  const std::uint64_t kind = at(cells, node, kind_field);
  const auto was = static_cast<State>(kind >> 32 & 0xff);
  put(cells, node, kind_field, (kind & ~(std::uint64_t{0xff} << 32)) | static_cast<std::uint64_t>(state) << 32);
  const auto flies = [](State s) { return s == State::in_flight || s == State::hidden; };
  const Cell busy = lanes_[static_cast<Lane>(kind & 0xffffffffU)].base + busy_field;
  if (flies(was) == flies(state)) return;
  const std::uint64_t one = flies(state) ? 1 : ~std::uint64_t{0};
  cells.set(in_flight_, cells.peek(in_flight_) + one);
  cells.set(busy, cells.peek(busy) + one);
}

void Queue::set_count(Cells& cells, Node node, std::uint32_t count) {
  const std::uint64_t kind = at(cells, node, kind_field);
  put(cells, node, kind_field, (kind & ((std::uint64_t{1} << 40) - 1)) | static_cast<std::uint64_t>(std::min(count, most_counted_)) << 40);
}

// ---- lists -----------------------------------------------------------------------------------------------------

void Queue::unlink(Cells& cells, Node node) {
  const Cell lane = lanes_[this->lane(cells, node)].base;
  const bool visible = state(cells, node) == State::visible;
  const Node next = next_of(cells, node), previous = previous_of(cells, node);
  if (previous != 0) set_next(cells, previous, next);
  else cells.set(lane + (visible ? head_field : away_field), next);
  if (next != 0) set_previous(cells, next, previous);
  else if (visible) cells.set(lane + tail_field, previous);
  if (link(cells, lane + hint_field) == node) cells.set(lane + hint_field, 0);
  if (!visible) cells.set(away_, cells.peek(away_) - 1);
}

void Queue::link_away(Cells& cells, Node node) {
  const Cell lane = lanes_[this->lane(cells, node)].base;
  const Node first = link(cells, lane + away_field);
  set_next(cells, node, first);
  set_previous(cells, node, 0);
  if (first != 0) set_previous(cells, first, node);
  cells.set(lane + away_field, node);
  cells.set(away_, cells.peek(away_) + 1);
}

// In the order of sending (SQS-ORD-1, SQS-FIFO-1). What comes back comes mostly right behind what came back last, and what is
// new comes last, so the place is found near one of both.
void Queue::link_visible(Cells& cells, Node node) {
  const Cell lane = lanes_[this->lane(cells, node)].base;
  const std::uint64_t mine = sequence(cells, node);
  const Node tail = link(cells, lane + tail_field);
  Node before = 0;
  if (tail != 0 && sequence(cells, tail) < mine) {
    before = tail;
  } else if (tail != 0) {
    Node from = link(cells, lane + hint_field);
    if (from != 0 && sequence(cells, from) > mine) from = 0;
    for (Node look = from != 0 ? from : link(cells, lane + head_field); look != 0 && sequence(cells, look) < mine; look = next_of(cells, look)) before = look;
    cells.set(lane + hint_field, node);
  }
  const Node after = before != 0 ? next_of(cells, before) : link(cells, lane + head_field);
  set_previous(cells, node, before);
  set_next(cells, node, after);
  if (before != 0) set_next(cells, before, node);
  else cells.set(lane + head_field, node);
  if (after != 0) set_previous(cells, after, node);
  else cells.set(lane + tail_field, node);
}

// ---- in and out ------------------------------------------------------------------------------------------------

Queue::Node Queue::store(Cells& cells, const Pool& pool, Lane lane, Word message, std::int64_t sent, std::int64_t visible_at, std::int64_t now,
                         std::uint32_t received) {
  const auto node = static_cast<Node>(nodes_.take(cells));
  const std::uint64_t sequence = cells.peek(sequence_) + 1;
  cells.set(sequence_, sequence);
  put(cells, node, message_field, message);
  put(cells, node, kind_field, lane);
  put(cells, node, sent_field, static_cast<std::uint64_t>(sent));
  put(cells, node, until_field, static_cast<std::uint64_t>(visible_at > now ? visible_at : 0));
  put(cells, node, received_field, 0);
  put(cells, node, sequence_field, sequence);
  set_count(cells, node, received);
  in_order_ = in_order_ && sent >= last_sent_;
  last_sent_ = sent;
  cells.set(stored_, cells.peek(stored_) + 1);
  // SQS-DELAY-1. In a FIFO queue a delayed message keeps its place, so that it holds back the rest of its group.
  if (visible_at > now && !rules_.fifo) {
    set_state(cells, node, State::delayed);
    go_away(cells, node, State::delayed, visible_at);
  } else {
    link_visible(cells, node);
  }
  rehash(cells, pool, lane);
  return node;
}

void Queue::go_away(Cells& cells, Node node, State state, std::int64_t until) {
  set_state(cells, node, state);
  link_away(cells, node);
  put(cells, node, until_field, static_cast<std::uint64_t>(until));
  if (cells.tracking()) return;
  deadlines_.push_back({until, sequence(cells, node), node});
  std::push_heap(deadlines_.begin(), deadlines_.end());
}

Queue::Node Queue::next_of_batch(const Cells& cells, Lane lane, std::int64_t now) const {
  const Node head = link(cells, lanes_[lane].base + head_field);
  if (head == 0 || (!cells.tracking() && until(cells, head) > now)) return 0;
  return head;
}

Queue::Node Queue::next(const Cells& cells, Lane lane, std::int64_t now) const {
  if (rules_.fifo && cells.peek(lanes_[lane].base + busy_field) != 0) return 0;  // SQS-FIFO-3
  return next_of_batch(cells, lane, now);
}

std::int64_t Queue::next_from(const Cells& cells, Lane lane) const {
  const Node head = link(cells, lanes_[lane].base + head_field);
  const bool blocked = rules_.fifo && cells.peek(lanes_[lane].base + busy_field) != 0;
  return head == 0 || blocked ? -1 : until(cells, head);
}

bool Queue::is_alone(const Cells& cells, Node node) const {
  return state(cells, node) == State::visible && next_of(cells, node) == 0 && previous_of(cells, node) == 0;
}

bool Queue::is_exhausted(const Cells& cells, Node node) const { return rules_.max_receives != 0 && count(cells, node) >= rules_.max_receives; }

Queue::Receipt Queue::receive(Cells& cells, const Pool& pool, Node node, std::int64_t now, std::int64_t visibility) {
  unlink(cells, node);
  set_count(cells, node, count(cells, node) + 1);  // SQS-RC-1
  put(cells, node, received_field, static_cast<std::uint64_t>(now));
  go_away(cells, node, State::in_flight, now + visibility);  // SQS-VIS-1
  rehash(cells, pool, lane(cells, node));
  return {node, sequence(cells, node), count(cells, node)};
}

Queue::Standing Queue::standing(const Cells& cells, const Receipt& receipt) const {
  if (!is_stored(cells, receipt.node) || sequence(cells, receipt.node) != receipt.sequence) return Standing::gone;
  if (count(cells, receipt.node) != receipt.count) return Standing::replaced;
  return state(cells, receipt.node) == State::visible ? Standing::late : Standing::current;
}

bool Queue::deletes(const Cells& cells, const Receipt& receipt) const {
  switch (standing(cells, receipt)) {
    case Standing::current: return true;
    case Standing::late: return !rules_.fifo && rules_.old_handle != OldHandle::ignored;      // SQS-VIS-2, SQS-FIFO-5
    case Standing::replaced: return !rules_.fifo && rules_.old_handle == OldHandle::effective;
    case Standing::gone: return false;
  }
  return false;
}

void Queue::remove(Cells& cells, const Pool& pool, Node node) {
  const Lane lane = this->lane(cells, node);
  unlink(cells, node);
  set_state(cells, node, State::visible);
  put(cells, node, sequence_field, 0);
  put(cells, node, message_field, 0);
  nodes_.give(cells, node);
  cells.set(stored_, cells.peek(stored_) - 1);
  rehash(cells, pool, lane);
  if (!deadlines_.empty()) prune(cells);
}

void Queue::stay_away(Cells& cells, const Pool& pool, Node node, std::int64_t until, std::int64_t now) {
  if (until <= now && !cells.tracking()) return show(cells, pool, node);
  const State was = state(cells, node);
  unlink(cells, node);
  go_away(cells, node, was == State::visible ? State::hidden : was, until);
  rehash(cells, pool, lane(cells, node));
}

void Queue::hide(Cells& cells, const Pool& pool, Node node) {
  set_state(cells, node, State::hidden);
  rehash(cells, pool, lane(cells, node));
}

void Queue::show(Cells& cells, const Pool& pool, Node node) {
  unlink(cells, node);
  set_state(cells, node, State::visible);
  put(cells, node, until_field, 0);
  link_visible(cells, node);
  rehash(cells, pool, lane(cells, node));
}

// ---- deadlines -------------------------------------------------------------------------------------------------

bool Queue::is_live(const Cells& cells, const Deadline& deadline) const {
  return sequence(cells, deadline.node) == deadline.sequence && state(cells, deadline.node) != State::visible &&
         until(cells, deadline.node) == deadline.when;
}

void Queue::prune(const Cells& cells) {
  while (!deadlines_.empty() && !is_live(cells, deadlines_.front())) {
    std::pop_heap(deadlines_.begin(), deadlines_.end());
    deadlines_.pop_back();
  }
}

Queue::Node Queue::due(const Cells& cells, std::int64_t now) {
  prune(cells);
  if (deadlines_.empty() || deadlines_.front().when > now) return 0;
  const Node node = deadlines_.front().node;
  std::pop_heap(deadlines_.begin(), deadlines_.end());
  deadlines_.pop_back();
  return node;
}

std::int64_t Queue::next_due(const Cells& cells, std::int64_t otherwise) {
  prune(cells);
  return deadlines_.empty() ? otherwise : std::min(deadlines_.front().when, otherwise);
}

// Equal contents in equal order are one state, whatever came before.
void Queue::rehash(Cells& cells, const Pool& pool, Lane lane) {
  if (!cells.tracking()) return;
  const auto of = [&](Node node) { return combine(pool.content(message(cells, node)), at(cells, node, kind_field) >> 32 | 1ULL << 63); };
  Hash128 order, rest;
  each_visible(cells, lane, [&](Node node) { order = combine(order, of(node)); });
  each_away(cells, lane, [&](Node node) {
    const Hash128 one = of(node);
    rest.lo += one.lo;
    rest.hi += one.hi;
  });
  cells.set(lanes_[lane].base + order_field, order.lo + rest.lo);
  cells.set(lanes_[lane].base + order_field + 1, order.hi + rest.hi);
}

}  // namespace flowtank::sns_sqs
