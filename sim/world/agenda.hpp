// SPDX-License-Identifier: Apache-2.0
// What a timed run still has to do, in total order of (time, sequence). The World offers an action when it
// becomes possible, with the time from which it is; an entry that is no longer possible when its time
// comes is dropped (the World checks). Actions possible at once skip the queue: among equal times they
// were offered last, so first in first out keeps the order. An exploration has no Agenda: there every
// possible action is enabled (World::enabled) whatever its time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sim/base/time.hpp>

#include "sim/world/action.hpp"
#include "sim/world/event_queue.hpp"

namespace flowtank {

class Agenda {
 public:
  struct Entry {
    Action action;
    std::uint32_t epoch = 0;  // of the frame; an entry of an earlier epoch is stale
  };

  void offer(Time now, Time at, const Action& action, std::uint32_t epoch) {
    if (at <= now) {
      ring_push({action, epoch});
      return;
    }
    std::uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back({action, epoch});
    } else {
      slot = free_.back();
      free_.pop_back();
      entries_[slot] = {action, epoch};
    }
    queue_.push(at, slot);
    if (queue_time_known_ && at < queue_time_) queue_time_ = at;
  }

  // The next entry and its time unless that is after the horizon; false when there is none. Times never go
  // back.
  bool next(Time& now, Time horizon, Entry& out) {
    if (!queue_time_known_) look();
    if (ring_size_ != 0 && queue_time_ > now) {
      if (now > horizon) return false;
      out = ring_[ring_head_];
      ring_head_ = (ring_head_ + 1) & (ring_.size() - 1);
      --ring_size_;
      return true;
    }
    if (queue_.empty() || queue_time_ > horizon) return false;
    now = queue_time_;
    const std::uint32_t slot = queue_.pop().payload;
    queue_time_known_ = false;
    out = entries_[slot];
    free_.push_back(slot);
    return true;
  }
  bool next(Time& now, Entry& out) { return next(now, Time::never(), out); }

  // Time of the next entry, or never().
  Time peek_time(Time now) {
    if (ring_size_ != 0) return now;
    return queue_.empty() ? Time::never() : queue_.top().time;
  }
  bool empty() const { return ring_size_ == 0 && queue_.empty(); }
  // Does `holds(entry)` for everything that is left? O(size).
  template <typename Predicate>
  bool all_of(Predicate&& holds) const {
    std::vector<bool> free(entries_.size(), false);
    for (const std::uint32_t slot : free_) free[slot] = true;
    for (std::size_t slot = 0; slot < entries_.size(); ++slot) {
      if (!free[slot] && !holds(entries_[slot])) return false;
    }
    for (std::size_t i = 0; i < ring_size_; ++i) {
      if (!holds(ring_[(ring_head_ + i) & (ring_.size() - 1)])) return false;
    }
    return true;
  }
  std::size_t size() const { return ring_size_ + queue_.size(); }

  void clear() {
    queue_.clear();
    queue_time_known_ = false;
    entries_.clear();
    free_.clear();
    ring_head_ = ring_size_ = 0;
  }

 private:
  void ring_push(const Entry& entry) {
    if (ring_size_ == ring_.size()) {
      std::vector<Entry> bigger(ring_.empty() ? 16 : ring_.size() * 2);
      for (std::size_t i = 0; i < ring_size_; ++i) bigger[i] = ring_[(ring_head_ + i) & (ring_.size() - 1)];
      ring_.swap(bigger);
      ring_head_ = 0;
    }
    ring_[(ring_head_ + ring_size_++) & (ring_.size() - 1)] = entry;
  }

  void look() {
    queue_time_ = queue_.empty() ? Time::never() : queue_.top().time;
    queue_time_known_ = true;
  }

  EventQueue<std::uint32_t> queue_;
  Time queue_time_ = Time::never();  // of the first in the queue, while it is known
  bool queue_time_known_ = false;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::vector<Entry> ring_;
  std::size_t ring_head_ = 0;
  std::size_t ring_size_ = 0;
};

}  // namespace flowtank
