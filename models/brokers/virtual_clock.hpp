// SPDX-License-Identifier: Apache-2.0
// A clock for clients that live outside of a World: what conformance vectors are played with. Events run in the order
// of (time, insertion); nothing looks at a real clock. Times are whole milliseconds since the start.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace flowtank {

class VirtualClock {
 public:
  using EventId = std::pair<std::int64_t, std::uint64_t>;

  std::int64_t now_ms() const { return now_; }

  // Runs `what` at a time, not before now; times beyond 292 million years are never.
  EventId at(std::int64_t time_ms, std::function<void()> what) {
    const EventId id{time_ms < now_ ? now_ : time_ms, ++count_};
    events_.emplace(id, std::move(what));
    return id;
  }
  EventId after(std::int64_t delay_ms, std::function<void()> what) {
    constexpr std::int64_t never = std::int64_t{1} << 62;
    return at(delay_ms > never - now_ ? never : now_ + delay_ms, std::move(what));
  }
  void cancel(const EventId& id) { events_.erase(id); }

  // Runs what is due up to a time; then it is that time. At most `most` events: false when there are more (a loop
  // without an end).
  bool run_until(std::int64_t time_ms, std::uint64_t most = 10'000'000) {
    while (!events_.empty() && events_.begin()->first.first <= time_ms) {
      if (most-- == 0) return false;
      run_first();
    }
    now_ = time_ms > now_ ? time_ms : now_;
    return true;
  }
  // Time of the next event, or `otherwise` when that is earlier.
  std::int64_t next_ms(std::int64_t otherwise) const {
    return events_.empty() || events_.begin()->first.first > otherwise ? otherwise : events_.begin()->first.first;
  }

 private:
  void run_first() {
    auto first = events_.begin();
    now_ = first->first.first;
    const auto what = std::move(first->second);
    events_.erase(first);
    what();
  }

  std::int64_t now_ = 0;
  std::uint64_t count_ = 0;
  std::map<EventId, std::function<void()>> events_;
};

}  // namespace flowtank
