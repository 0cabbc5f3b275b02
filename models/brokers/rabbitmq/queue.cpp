// SPDX-License-Identifier: Apache-2.0
// See queue.hpp: publishing, handing out, limits, expiry. Returns and restarts are in queue_returns.cpp. Expiry comes before
// delivery at the same instant, except for the copy that is just being published (RMQ-TTL-5).
#include "models/brokers/rabbitmq/queue.hpp"

#include <algorithm>

#include <sim/world/component.hpp>

namespace flowtank::rabbitmq {

Queue::Queue(QueueHost& host, std::uint32_t number, const QueueSettings& settings, const Profile& profile, Entries& entries)
    : host_(host), number_(number), settings_(settings), profile_(profile), entries_(entries) {}

void Queue::build(Cells& cells, std::uint64_t owner) {
  const std::uint32_t levels = settings_.is_quorum() ? profile_.quorum_levels() : static_cast<std::uint32_t>(settings_.max_priority) + 1;
  levels_.resize(levels);
  for (EntryList& list : levels_) list.build(cells);
  for (EntryList* list : {&returned_, &delayed_, &handled_}) list->build(cells);
  for (Cell* cell : {&ready_, &bytes_, &last_}) *cell = cells.allocate(Cells::Holds::quiet, 0);
  const auto number = [&](std::uint64_t field) { return cells.allocate(Cells::Holds::number, component_key(ComponentKind::lane, owner, field)); };
  run_ = number(0);
  blocked_ = number(1);
  low_ = number(2);
  number(3);
  consumers_.build(cells, owner, settings_.single_active, settings_.is_quorum() && profile_.ranks_single_active());
}

std::uint32_t Queue::add_consumer(Cells& cells, const ConsumerSpec& spec) {
  sent_.emplace_back().build(cells);
  return consumers_.add(cells, spec);
}

// ---- in --------------------------------------------------------------------------------------------------------

bool Queue::refuses(Context c, const Copy& copy) {
  if (settings_.overflow == Overflow::drop_head || (settings_.max_length < 0 && settings_.max_length_bytes < 0)) return false;
  if (settings_.is_quorum()) return c.cells.peek(blocked_) != 0;
  const bool too_many = settings_.max_length >= 0 && ready(c.cells) + 1 > static_cast<std::uint64_t>(settings_.max_length);
  const bool too_large = settings_.max_length_bytes >= 0 &&
                         c.cells.peek(bytes_) + host_.bytes_of(copy.message) > static_cast<std::uint64_t>(settings_.max_length_bytes);
  return too_many || too_large;
}

bool Queue::publish(Context c, const Copy& copy) {
  expire(c);
  if (refuses(c, copy)) {
    // RMQ-LEN-3
    if (settings_.overflow == Overflow::reject_publish_dlx) host_.died(number_, copy, DeathReason::maxlen);
    return false;
  }
  const Entry entry = entries_.take(c.cells);
  entries_.set_message(c.cells, entry, copy.message);
  entries_.set_extra(c.cells, entry, copy.extra);
  entries_.set_due(c.cells, entry, static_cast<std::uint64_t>(copy.expires_at));
  const std::uint64_t place = c.cells.peek(last_) + 1;
  c.cells.set(last_, place);
  entries_.set_order(c.cells, entry, place << 1 | (copy.persistent ? 1U : 0U));
  EntryInfo info;
  info.attempts = std::min(copy.attempts, 255U);
  // RMQ-PRIO-1: absent is 0; RMQ-QQ-NOT: 4 in quorum queues.
  info.priority = copy.has_priority ? std::min(copy.priority, 255U) : settings_.is_quorum() ? 4 : 0;
  make_ready(c, entry, info, false);
  deliver(c);  // RMQ-TTL-5: a consumer with room takes it before it can expire
  limit_length(c);
  expire(c);
  hash(c);
  return true;
}

std::uint32_t Queue::level_of(std::uint32_t priority) const {
  const auto top = static_cast<std::uint32_t>(levels_.size() - 1);
  if (settings_.is_quorum() && top == 1) return priority > 4 ? 1 : 0;
  return std::min(priority, top);  // RMQ-PRIO-1: above the highest counts as the highest
}

// `to_its_place`: where it was in the order of publishing; else at the end.
void Queue::make_ready(Context c, Entry entry, EntryInfo info, bool to_its_place) {
  info.place = Place::ready;
  info.holder = 0;
  info.slot = 0;
  entries_.put(c.cells, entry, info);
  EntryList& list = levels_[level_of(info.priority)];
  Entry where = 0;
  if (to_its_place) {
    const std::uint64_t own = entries_.order(c.cells, entry);
    where = list.head(c.cells);
    while (where != 0 && entries_.order(c.cells, where) < own) where = entries_.next(c.cells, where);
  }
  list.insert(c.cells, entries_, entry, where);
  c.cells.set(ready_, ready(c.cells) + 1);
  c.cells.set(bytes_, c.cells.peek(bytes_) + host_.bytes_of(entries_.message(c.cells, entry)));
}

// ---- out -------------------------------------------------------------------------------------------------------

Entry Queue::head(const Cells& cells) const {
  if (const Entry first = returned_.head(cells)) return first;  // RMQ-REQ-3
  if (settings_.is_quorum() && levels_.size() == 2) {
    const Entry high = levels_[1].head(cells), low = levels_[0].head(cells);
    if (high != 0 && low != 0) return cells.peek(run_) < 2 ? high : low;  // RMQ-QQ-NOT: two to one
    return high != 0 ? high : low;
  }
  for (std::size_t level = levels_.size(); level-- > 0;) {
    if (const Entry first = levels_[level].head(cells)) return first;
  }
  return 0;
}

EntryList& Queue::list_of(const EntryInfo& info) {
  switch (info.place) {
    case Place::ready: return levels_[level_of(info.priority)];
    case Place::returned: return returned_;
    case Place::delayed: return delayed_;
    case Place::sent: return sent_[info.holder - 1];
    case Place::handled: return handled_;
  }
  return handled_;
}

// Out of what is ready.
void Queue::take_out(Context c, Entry entry) {
  const EntryInfo info = entries_.look(c.cells, entry);
  list_of(info).remove(c.cells, entries_, entry);
  if (info.place == Place::delayed) return;
  c.cells.set(ready_, ready(c.cells) - 1);
  c.cells.set(bytes_, c.cells.peek(bytes_) - host_.bytes_of(entries_.message(c.cells, entry)));
  // RMQ-LEN-3, quorum: publishers go on when four fifths are left.
  if (c.cells.peek(blocked_) != 0 && (settings_.max_length < 0 || ready(c.cells) <= static_cast<std::uint64_t>(settings_.max_length * 4 / 5))) {
    c.cells.set(blocked_, 0);
  }
}

void Queue::hold(Context c, Entry entry, std::uint32_t consumer) {
  EntryInfo info = entries_.look(c.cells, entry);
  if (settings_.is_quorum() && levels_.size() == 2 && info.place == Place::ready) {
    const bool high = level_of(info.priority) == 1;
    c.cells.set(run_, high ? std::min<std::uint64_t>(c.cells.peek(run_) + 1, 2) : 0);
  }
  take_out(c, entry);
  info.place = consumer == nobody ? Place::handled : Place::sent;
  info.holder = consumer + 1;
  if (c.now != 0) info.acquired = std::min(info.acquired + 1, 255U);
  entries_.put(c.cells, entry, info);
  list_of(info).push(c.cells, entries_, entry);
  if (consumer != nobody) consumers_.sent(c.cells, consumer);
}

void Queue::deliver(Context c) {
  const auto room = [this](std::uint32_t consumer) { return host_.has_room(number_, consumer); };
  while (const Entry entry = head(c.cells)) {
    const std::uint32_t consumer = consumers_.next(c.cells, room);
    if (consumer == nobody) return;
    hold(c, entry, consumer);
    if (host_.send(number_, consumer, entry)) forget(c, entry);  // RMQ-ACK-3
  }
}

Entry Queue::get(Context c) {
  expire(c);
  const Entry entry = head(c.cells);
  if (entry != 0) hold(c, entry, nobody);
  hash(c);
  return entry;
}

void Queue::start_handling(Context c, Entry entry) {
  EntryInfo info = entries_.look(c.cells, entry);
  list_of(info).remove(c.cells, entries_, entry);
  info.place = Place::handled;
  info.slot = 0;
  const Word message = entries_.message(c.cells, entry);
  for (Entry other = c.cells.tracking() ? handled_.head(c.cells) : 0; other != 0;) {
    // Equal messages in handling have different slots, the lowest free ones.
    const bool taken = entries_.message(c.cells, other) == message && entries_.look(c.cells, other).slot == info.slot;
    if (taken) ++info.slot;
    other = taken ? handled_.head(c.cells) : entries_.next(c.cells, other);
  }
  entries_.put(c.cells, entry, info);
  handled_.push(c.cells, entries_, entry);
  hash(c);
}

// ---- the end of a copy -----------------------------------------------------------------------------------------

// Out of what is with consumers.
void Queue::release(Context c, Entry entry) {
  const EntryInfo info = entries_.look(c.cells, entry);
  list_of(info).remove(c.cells, entries_, entry);
  if (info.holder != 0) consumers_.settled(c.cells, info.holder - 1);
}

void Queue::forget(Context c, Entry entry) {
  release(c, entry);
  entries_.give(c.cells, entry);
}

Copy Queue::copy_of(const Cells& cells, Entry entry) const {
  const EntryInfo info = entries_.look(cells, entry);
  return {entries_.message(cells, entry), entries_.extra(cells, entry), info.attempts, info.priority, true,
          entries_.persistent(cells, entry), 0};
}

// A ready copy dies.
void Queue::die(Context c, Entry entry, DeathReason reason) {
  const Copy copy = copy_of(c.cells, entry);
  take_out(c, entry);
  entries_.give(c.cells, entry);
  host_.died(number_, copy, reason);
}

void Queue::ack(Context c, Entry entry) {
  forget(c, entry);
  look(c);
}

void Queue::reject(Context c, Entry entry) {
  const Copy copy = copy_of(c.cells, entry);
  forget(c, entry);
  host_.died(number_, copy, DeathReason::rejected);
  look(c);
}

void Queue::look(Context c) {
  expire(c);
  deliver(c);
  hash(c);
}

// RMQ-TTL-2: only at the head. A classic queue has a head in each level of priority.
void Queue::expire(Context c) {
  if (c.now == 0) return;
  const auto has_passed = [&](std::uint64_t when) { return when != 0 && static_cast<std::int64_t>(when) <= c.now; };
  const auto is_over = [&](Entry e) { return has_passed(entries_.due(c.cells, e)); };
  while (const Entry late = delayed_.head(c.cells)) {  // RMQ-QQ-DELAY-1
    if (!has_passed(entries_.moment(c.cells, late))) break;
    undelay(c, late);
  }
  if (settings_.is_quorum()) {  // RMQ-TTL-8
    for (Entry e = head(c.cells); e != 0 && is_over(e); e = head(c.cells)) die(c, e, DeathReason::expired);
    return;
  }
  for (std::size_t level = levels_.size(); level-- > 0;) {
    for (Entry e = levels_[level].head(c.cells); e != 0 && is_over(e); e = levels_[level].head(c.cells)) die(c, e, DeathReason::expired);
  }
}

bool Queue::expire_head(Context c) {
  const Entry e = head(c.cells);
  if (e == 0) return false;
  die(c, e, DeathReason::expired);
  deliver(c);
  hash(c);
  return true;
}

void Queue::limit_length(Context c) {
  const auto over = [&] {
    return (settings_.max_length >= 0 && ready(c.cells) > static_cast<std::uint64_t>(settings_.max_length)) ||
           (settings_.max_length_bytes >= 0 && c.cells.peek(bytes_) > static_cast<std::uint64_t>(settings_.max_length_bytes));
  };
  if (settings_.overflow == Overflow::drop_head) {
    while (ready(c.cells) != 0 && over()) die(c, head(c.cells), DeathReason::maxlen);  // RMQ-LEN-1
  } else if (settings_.is_quorum() && over()) {
    c.cells.set(blocked_, 1);  // RMQ-QQ-NOT: the limit is overshot, then publishers are refused
  }
}

std::int64_t Queue::next_due(const Cells& cells) const {
  std::int64_t first = 0;
  const auto consider = [&](std::uint64_t when) {
    const auto due = static_cast<std::int64_t>(when);
    if (due != 0 && (first == 0 || due < first)) first = due;
  };
  const auto consider_due = [&](Entry e) {
    if (e != 0) consider(entries_.due(cells, e));
  };
  if (const Entry waiting = delayed_.head(cells)) consider(entries_.moment(cells, waiting));
  if (settings_.is_quorum()) consider_due(head(cells));
  else for (const EntryList& list : levels_) consider_due(list.head(cells));
  return first;
}

}  // namespace flowtank::rabbitmq
