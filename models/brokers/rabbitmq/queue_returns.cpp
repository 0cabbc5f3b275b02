// SPDX-License-Identifier: Apache-2.0
// See queue.hpp: what comes back, where to, and when it does not come back at all; restarts; and the hash of a queue's contents.
// Equal contents in equal order are the same state whatever came before.
#include <algorithm>

#include "models/brokers/rabbitmq/queue.hpp"

namespace flowtank::rabbitmq {

void Queue::give_back(Context c, std::span<const Entry> entries, Return how) {
  // Classic: the last one first, so that each finds its place at the head. Quorum: places are given in the order of return.
  if (settings_.is_quorum()) {
    for (const Entry entry : entries) come_back(c, entry, how);
  } else {
    for (std::size_t i = entries.size(); i-- > 0;) come_back(c, entries[i], how);
  }
  after_return(c);
}

// False: it has come back once too often, and is dead.
bool Queue::come_back(Context c, Entry entry, Return how) {
  release(c, entry);
  EntryInfo info = entries_.look(c.cells, entry);
  info.redelivered = true;  // RMQ-REDEL-1
  if (!settings_.is_quorum()) {
    make_ready(c, entry, info, true);  // RMQ-REQ-1
    return true;
  }
  // RMQ-QQ-LIMIT-2, -3: what counts as a failed delivery.
  const bool counted = how == Return::nack ? profile_.nack_counts() : how == Return::timed_out ? !profile_.cancels_overdue_consumer() : true;
  // Without a limit a search must not tell hundreds of returns apart.
  const std::uint32_t most = settings_.delivery_limit < 0 && c.cells.tracking() ? 1 : 4095;
  info.returns = std::min(info.returns + (counted ? 1U : 0U), most);
  const auto limit = settings_.delivery_limit;
  if (limit >= 0 && static_cast<std::int64_t>(info.returns) > limit) {  // RMQ-QQ-LIMIT-1
    const Copy copy = copy_of(c.cells, entry);
    entries_.give(c.cells, entry);
    host_.died(number_, copy, DeathReason::delivery_limit);
    return false;
  }
  if (const std::int64_t delay = delay_of(info, counted, how); delay > 0) {
    info.place = Place::delayed;
    info.holder = 0;
    info.slot = 0;
    entries_.put(c.cells, entry, info);
    // Under exploration an action ends the delay.
    const auto ready_at = c.now == 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(c.now + delay * 1'000'000);
    entries_.set_moment(c.cells, entry, ready_at);  // RMQ-TTL-4: its time to live runs on meanwhile
    Entry where = delayed_.head(c.cells);
    while (where != 0 && entries_.moment(c.cells, where) <= ready_at) where = entries_.next(c.cells, where);
    delayed_.insert(c.cells, entries_, entry, where);
    return true;
  }
  if (limit < 0 && (how == Return::nack || how == Return::reject)) {
    make_ready(c, entry, info, false);  // RMQ-REQ-2: at the tail; what a lost channel had is not written to the log again
    return true;
  }
  info.place = Place::returned;  // RMQ-REQ-3, RMQ-DUR-3: before what is ready, in the order of return
  info.holder = 0;
  info.slot = 0;
  entries_.put(c.cells, entry, info);
  returned_.push(c.cells, entries_, entry);
  c.cells.set(ready_, ready(c.cells) + 1);
  c.cells.set(bytes_, c.cells.peek(bytes_) + host_.bytes_of(entries_.message(c.cells, entry)));
  return true;
}

// RMQ-QQ-DELAY-1
std::int64_t Queue::delay_of(const EntryInfo& info, bool counted, Return how) const {
  if (!profile_.has_delayed_retry() || how == Return::lost) return 0;
  const DelayedRetry type = settings_.delayed_retry;
  if (type == DelayedRetry::disabled || (type == DelayedRetry::failed && !counted) || (type == DelayedRetry::returned && counted)) return 0;
  return delay_for(info);
}

std::int64_t Queue::delay_for(const EntryInfo& info) const {
  const std::int64_t delay = settings_.delayed_retry_min_ms * std::max<std::int64_t>(info.returns, 1);
  return settings_.delayed_retry_max_ms < 0 ? delay : std::min(delay, settings_.delayed_retry_max_ms);
}

void Queue::undelay(Context c, Entry entry) {
  delayed_.remove(c.cells, entries_, entry);
  EntryInfo info = entries_.look(c.cells, entry);
  info.place = Place::returned;
  entries_.put(c.cells, entry, info);
  entries_.set_moment(c.cells, entry, 0);
  returned_.push(c.cells, entries_, entry);
  c.cells.set(ready_, ready(c.cells) + 1);
  c.cells.set(bytes_, c.cells.peek(bytes_) + host_.bytes_of(entries_.message(c.cells, entry)));
}

void Queue::wake(Context c, Entry entry) {
  undelay(c, entry);
  look(c);
  limit_length(c);
  hash(c);
}

void Queue::mark_late(Cells& cells, std::span<const Entry> held) {
  const bool handles = std::any_of(held.begin(), held.end(), [&](Entry e) { return entries_.look(cells, e).place == Place::handled; });
  for (const Entry e : held) {
    EntryInfo info = entries_.look(cells, e);
    if (handles && info.place != Place::handled) continue;
    info.acquired = 1;
    entries_.put(cells, e, info);
  }
}

void Queue::after_return(Context c) {
  if (settings_.is_quorum()) {
    look(c);
    limit_length(c);
  } else {
    limit_length(c);  // RMQ-LEN-2
    look(c);
  }
  hash(c);
}

void Queue::set_attempts(Context c, Entry entry, std::uint32_t attempts) {
  EntryInfo info = entries_.look(c.cells, entry);
  info.attempts = std::min(attempts, 255U);
  entries_.put(c.cells, entry, info);
}

std::vector<Entry> Queue::held_by(const Cells& cells, std::uint32_t consumer) const {
  std::vector<Entry> held;
  handled_.each(cells, entries_, [&](Entry e) {
    if (entries_.look(cells, e).holder == consumer + 1) held.push_back(e);
  });
  sent_[consumer].each(cells, entries_, [&](Entry e) { held.push_back(e); });
  return held;
}

void Queue::join(Context c, std::uint32_t consumer) {
  consumers_.join(c.cells, consumer);
  look(c);
}

void Queue::leave(Context c, std::uint32_t consumer) {
  consumers_.leave(c.cells, consumer);
  look(c);  // RMQ-SAC-2: the next one is active at once
}

void Queue::lose(Context c, Entry entry) {
  if (entries_.look(c.cells, entry).place == Place::sent) {
    forget(c, entry);
    return look(c);
  }
  take_out(c, entry);
  entries_.give(c.cells, entry);
  hash(c);
}

void Queue::handle_again(Context c, Entry entry) {
  EntryInfo info = entries_.look(c.cells, entry);
  handled_.remove(c.cells, entries_, entry);
  info.place = Place::sent;
  info.slot = 0;
  entries_.put(c.cells, entry, info);
  EntryList& list = sent_[info.holder - 1];
  list.insert(c.cells, entries_, entry, list.head(c.cells));
  hash(c);
}

void Queue::wait_in_client(Context c, Entry entry) {
  EntryInfo info = entries_.look(c.cells, entry);
  info.slot = waits;
  entries_.put(c.cells, entry, info);
  hash(c);
}

std::uint64_t Queue::unhandled(const Cells& cells) const {
  std::uint64_t n = ready(cells);
  for (const EntryList& list : sent_) n += list.length(cells);
  return n;
}

Entry Queue::oldest_unhandled(const Cells& cells) const {
  Entry oldest = head(cells);
  for (const EntryList& list : sent_) {
    const Entry first = list.head(cells);
    if (first != 0 && (oldest == 0 || entries_.order(cells, first) < entries_.order(cells, oldest))) oldest = first;
  }
  return oldest;
}

void Queue::expire_oldest(Context c) {
  const Entry e = oldest_unhandled(c.cells);
  if (e == 0) return;
  if (entries_.look(c.cells, e).place != Place::sent) {
    expire_head(c);
    return;
  }
  const Copy copy = copy_of(c.cells, e);
  forget(c, e);
  host_.died(number_, copy, DeathReason::expired);
  look(c);
}

std::uint64_t Queue::purge(Context c) {
  std::uint64_t n = 0;
  for (Entry e = head(c.cells); e != 0; e = head(c.cells), ++n) {
    take_out(c, e);
    entries_.give(c.cells, e);
  }
  hash(c);
  return n;
}

void Queue::restart(Context c, bool crashed) {
  std::vector<Entry> held;
  handled_.each(c.cells, entries_, [&](Entry e) { held.push_back(e); });
  for (std::uint32_t consumer = 0; consumer < consumers_.size(); ++consumer) {
    sent_[consumer].each(c.cells, entries_, [&](Entry e) { held.push_back(e); });
  }
  std::sort(held.begin(), held.end(), [&](Entry a, Entry b) { return entries_.order(c.cells, a) > entries_.order(c.cells, b); });
  for (const Entry e : held) {
    release(c, e);
    EntryInfo info = entries_.look(c.cells, e);
    info.redelivered = true;  // RMQ-DUR-2
    make_ready(c, e, info, true);
  }
  std::vector<Entry> all;
  each_ready(c.cells, [&](Entry e) { all.push_back(e); });
  for (const Entry e : all) {
    if (!entries_.persistent(c.cells, e)) {  // RMQ-DUR-1
      take_out(c, e);
      entries_.give(c.cells, e);
    } else if (crashed) {
      EntryInfo info = entries_.look(c.cells, e);
      info.redelivered = true;  // RMQ-DUR-2: "maybe seen"
      entries_.put(c.cells, e, info);
    }
  }
  look(c);
}

// Positions count, not numbers: what is ready in its order; what is with consumers by consumer and, in a classic queue, among the
// ready ones too, since that is where it would come back to.
void Queue::hash(Context c) {
  const Cells& cells = c.cells;
  if (!cells.tracking()) return;
  std::vector<Entry> in_order;
  each_ready(cells, [&](Entry e) { in_order.push_back(e); });
  std::vector<Entry> held;
  handled_.each(cells, entries_, [&](Entry e) { held.push_back(e); });
  const std::size_t in_handling = held.size();
  for (const EntryList& list : sent_) list.each(cells, entries_, [&](Entry e) { held.push_back(e); });
  const auto content = [&](Entry e, std::uint64_t more) {
    Hash128 h = combine(c.pool.content(entries_.message(cells, e)), c.pool.content(entries_.extra(cells, e)));
    return combine(combine(h, entries_.info(cells, e)), more << 1 | (entries_.order(cells, e) & 1));
  };
  Hash128 total{1, 2};
  for (const Entry e : in_order) total = combine(total, content(e, 0));
  // Handled ones in an order of their own: who took which first does not matter.
  std::vector<Hash128> bag;
  std::vector<Entry> by_place = in_order;
  by_place.insert(by_place.end(), held.begin(), held.end());
  std::sort(by_place.begin(), by_place.end(), [&](Entry a, Entry b) { return entries_.order(cells, a) < entries_.order(cells, b); });
  for (std::size_t i = 0; i < held.size(); ++i) {
    const auto at = std::find(by_place.begin(), by_place.end(), held[i]) - by_place.begin();
    const std::uint64_t rank = settings_.is_quorum() ? 0 : static_cast<std::uint64_t>(at) + 1;
    const std::uint64_t turn = i < in_handling ? 0 : i - in_handling + 1;
    bag.push_back(content(held[i], rank << 20 | turn));
  }
  std::sort(bag.begin(), bag.end(), [](const Hash128& a, const Hash128& b) { return a.lo != b.lo ? a.lo < b.lo : a.hi < b.hi; });
  for (const Hash128& h : bag) total = combine(total, h);
  const bool empty = in_order.empty() && held.empty();
  c.cells.set(low_, empty ? 0 : total.lo);
  c.cells.set(low_ + 1, empty ? 0 : total.hi);
}

}  // namespace flowtank::rabbitmq
