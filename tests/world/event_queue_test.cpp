// SPDX-License-Identifier: Apache-2.0
// The event queue against an oracle that shares nothing with it: a std::set ordered by (time,
// number of the push). Every pattern of times that a bucket structure could dislike is run through
// phases of growing, holding and shrinking across both switches of representation. Two queues with
// planted bugs show that the oracle sees a wrong tie-break and a lost event.
#include <catch2/catch.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/hash.hpp"
#include "sim/world/event_queue.hpp"

namespace {

using namespace flowtank;

struct Bits {
  std::uint64_t state;
  std::uint64_t next() { return mix64(state += 0x9e3779b97f4a7c15ULL); }
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(bound));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
};

// The time of the next push, given the time of the last pop.
using Pattern = std::function<std::int64_t(Bits&, std::int64_t now)>;

std::int64_t capped(std::int64_t now, std::int64_t delay) {
  return delay > INT64_MAX - now ? INT64_MAX : now + delay;
}

const std::vector<std::pair<std::string, Pattern>>& patterns() {
  static const std::vector<std::pair<std::string, Pattern>> all = {
      {"all times equal", [](Bits&, std::int64_t) { return 7; }},
      {"four times", [](Bits& b, std::int64_t) { return b.below(4); }},
      {"no delay", [](Bits&, std::int64_t now) { return now; }},
      {"constant delay", [](Bits&, std::int64_t now) { return capped(now, 1000); }},
      {"uniform delay",
       [](Bits& b, std::int64_t now) { return capped(now, b.below(1'000'000'000)); }},
      {"rising whatever was popped",
       [last = std::int64_t{0}](Bits& b, std::int64_t) mutable { return last += b.below(3); }},
      {"falling, before what was popped",
       [last = std::int64_t{INT64_MAX}](Bits& b, std::int64_t) mutable {
         return last -= b.below(1'000'000);
       }},
      {"anywhere in 63 bits", [](Bits& b, std::int64_t) { return b.below(INT64_MAX); }},
      {"magnitudes from 1 ns to 292 years",
       [](Bits& b, std::int64_t now) {
         return capped(now, static_cast<std::int64_t>(b.next() >> (1 + b.below(63))));
       }},
      {"nested powers of two",
       [](Bits& b, std::int64_t) { return std::int64_t{1} << b.below(63); }},
      {"bursts far ahead",
       [](Bits& b, std::int64_t now) {
         return b.one_in(50) ? capped(now, 1'000'000'000'000 * (1 + b.below(3)))
                             : capped(now, b.below(100));
       }},
      {"microseconds while years wait",
       [](Bits& b, std::int64_t now) {
         return b.one_in(2) ? capped(now, b.below(2000))
                            : 4'000'000'000'000'000'000 + b.below(1000);
       }},
      {"whole milliseconds",
       [](Bits& b, std::int64_t now) {
         return capped(now, 1'000'000 * b.below(100)) / 1'000'000 * 1'000'000;
       }},
      {"never",
       [](Bits& b, std::int64_t now) {
         return b.one_in(3) ? INT64_MAX : capped(now, b.below(1000));
       }},
      {"into the past", [](Bits& b, std::int64_t now) { return b.below(capped(now, 10'000)); }},
  };
  return all;
}

// Counts the wrong answers of `Queue` over phases that reach the given populations, one after
// another.
template <class Queue>
class Comparison {
 public:
  explicit Comparison(const Pattern& pattern) : pattern_(pattern) {}

  void run(const std::vector<std::size_t>& populations, std::size_t hold) {
    for (const std::size_t population : populations) {
      while (expected_.size() < population) bits_.one_in(4) && !expected_.empty() ? step() : push();
      for (std::size_t i = 0; i < hold && !expected_.empty(); ++i) step();
      const std::size_t rest = population / 16;
      while (expected_.size() > rest) bits_.one_in(4) ? step() : pop();
    }
    while (!expected_.empty()) pop();
    if (!queue_.empty()) ++wrong_;
  }

  std::size_t wrong() const { return wrong_; }

 private:
  void push() { push_at(pattern_(bits_, now_)); }

  void push_at(std::int64_t time) {
    expected_.emplace(time, pushes_);
    queue_.push(Time(time), pushes_++);
  }

  void pop() {
    compare(queue_.pop());
    if (queue_.size() != expected_.size()) ++wrong_;
  }

  // What a run does: pop, then mostly one push; sometimes none or several, sometimes fused,
  // sometimes a look.
  void step() {
    if (bits_.one_in(8)) {
      const auto seen = queue_.top();
      if (seen.payload != expected_.begin()->second) ++wrong_;
    }
    if (bits_.one_in(8)) {
      const std::int64_t time = pattern_(bits_, now_);
      const std::uint64_t number = pushes_++;
      compare(queue_.replace_top(Time(time), number));
      expected_.emplace(time, number);
      if (queue_.size() != expected_.size()) ++wrong_;
      return;
    }
    pop();
    const std::int64_t more = bits_.one_in(4) ? bits_.below(3) : 1;
    for (std::int64_t i = 0; i < more; ++i) push();
  }

  template <class Event>
  void compare(const Event& event) {
    const auto [time, number] = *expected_.begin();
    expected_.erase(expected_.begin());
    now_ = time;
    if (event.time != Time(time) || event.payload != number) ++wrong_;
  }

  Pattern pattern_;
  Queue queue_;
  std::set<std::pair<std::int64_t, std::uint64_t>> expected_;
  Bits bits_{1};
  std::int64_t now_ = 0;
  std::uint64_t pushes_ = 0;
  std::size_t wrong_ = 0;
};

// A queue that is right but for ties: the latest push wins.
class LastInFirstOut {
 public:
  struct Event {
    Time time;
    std::uint64_t payload;
  };
  bool empty() const { return events_.empty(); }
  std::size_t size() const { return events_.size(); }
  void push(Time time, std::uint64_t payload) { events_.emplace(time, ~payload); }
  Event top() const { return {events_.begin()->first, ~events_.begin()->second}; }
  Event pop() {
    const Event event = top();
    events_.erase(events_.begin());
    return event;
  }
  Event replace_top(Time time, std::uint64_t payload) {
    const Event event = pop();
    push(time, payload);
    return event;
  }

 private:
  std::set<std::pair<Time, std::uint64_t>> events_;
};

// The real queue behind a bug: a push at the very time of the next event goes in before it.
class JumpsTheQueue : public EventQueue<std::uint64_t> {
 public:
  void push(Time time, std::uint64_t payload) {
    if (!empty() && top().time == time) {
      const Event first = EventQueue::replace_top(time, payload);
      EventQueue::push(first.time, first.payload);
    } else {
      EventQueue::push(time, payload);
    }
  }
};

}  // namespace

TEST_CASE("event_queue.order_equals_the_oracle_for_small_populations") {
  for (const auto& [name, pattern] : patterns()) {
    INFO(name);
    Comparison<EventQueue<std::uint64_t>> comparison(pattern);
    comparison.run({1, 3, 64, 5, 300, 2}, 2000);
    CHECK(comparison.wrong() == 0);
  }
}

TEST_CASE("event_queue.order_equals_the_oracle_across_both_switches") {
  for (const auto& [name, pattern] : patterns()) {
    INFO(name);
    Comparison<EventQueue<std::uint64_t>> comparison(pattern);
    comparison.run({6000, 20'000, 9000}, 20'000);
    CHECK(comparison.wrong() == 0);
  }
}

TEST_CASE("event_queue.order_equals_the_oracle_when_one_pattern_follows_another") {
  Comparison<EventQueue<std::uint64_t>> comparison(
      [i = std::size_t{0}](Bits& b, std::int64_t now) mutable {
        return patterns()[i++ / 7000 % patterns().size()].second(b, now);
      });
  comparison.run({30'000, 30'000, 30'000}, 60'000);
  CHECK(comparison.wrong() == 0);
}

TEST_CASE("event_queue.renumbering_keeps_the_order") {
  for (const auto& [name, pattern] : patterns()) {
    INFO(name);
    Comparison<EventQueue<std::uint64_t, 9>> small(pattern);
    small.run({200, 100}, 5000);
    CHECK(small.wrong() == 0);
    Comparison<EventQueue<std::uint64_t, 14>> large(pattern);
    large.run({9000}, 30'000);
    CHECK(large.wrong() == 0);
  }
}

TEST_CASE("event_queue.the_oracle_catches_a_wrong_tie_break") {
  const Pattern few_times = [](Bits& b, std::int64_t) { return b.below(4); };
  Comparison<LastInFirstOut> last_in_first_out(few_times);
  last_in_first_out.run({300}, 2000);
  CHECK(last_in_first_out.wrong() > 0);
  Comparison<JumpsTheQueue> jumps(few_times);
  jumps.run({300}, 2000);
  CHECK(jumps.wrong() > 0);
}

TEST_CASE("event_queue.same_time_events_run_in_insertion_order") {
  EventQueue<std::uint32_t> queue;
  for (std::uint32_t i = 0; i < 100'000; ++i) queue.push(Time(5), i);
  std::size_t wrong = 0;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    wrong += queue.pop().payload != i;
    queue.push(Time(5), 100'000 + i);
  }
  for (std::uint32_t i = 50'000; i < 150'000; ++i) wrong += queue.pop().payload != i;
  CHECK(wrong == 0);
  CHECK(queue.empty());
}

TEST_CASE("event_queue.steady_state_allocates_nothing") {
  for (const std::size_t population : {std::size_t{64}, std::size_t{50'000}}) {
    EventQueue<std::uint64_t> queue;
    Bits bits{3};
    std::int64_t now = 0;
    for (std::size_t i = 0; i < population; ++i) queue.push(Time(bits.below(1'000'000'000)), i);
    const auto hold = [&](std::size_t events) {
      for (std::size_t i = 0; i < events; ++i) {
        now = queue.pop().time.nanoseconds();
        queue.push(Time(now + bits.below(1'000'000'000)), i);
      }
    };
    hold(30 * population);
    const std::size_t held = queue.memory_bytes();
    hold(30 * population);
    CHECK(queue.memory_bytes() == held);
  }
}

TEST_CASE("event_queue.a_million_pending_events_fit_in_64_bytes_each") {
  struct Message {
    std::uint64_t what;
    std::uint64_t whom;
  };
  for (const auto& [name, pattern] : patterns()) {
    INFO(name);
    const Pattern next = pattern;
    EventQueue<Message> queue;
    Bits bits{4};
    for (std::uint64_t i = 0; i < 1'000'000; ++i) queue.push(Time(next(bits, 0)), {i, i});
    std::int64_t now = 0;
    for (std::uint64_t i = 0; i < 200'000; ++i) {
      now = queue.pop().time.nanoseconds();
      queue.push(Time(next(bits, now)), {i, i});
    }
    CHECK(queue.memory_bytes() <= 64'000'000);
  }
}

TEST_CASE("event_queue.clear_starts_anew_and_keeps_memory") {
  EventQueue<std::uint64_t> queue;
  for (const std::uint64_t population : {10ULL, 10'000ULL}) {
    for (std::uint64_t i = 0; i < population; ++i)
      queue.push(Time(static_cast<std::int64_t>(i % 17)), i);
    (void)queue.pop();
    const std::size_t held = queue.memory_bytes();
    queue.clear();
    CHECK(queue.empty());
    CHECK(queue.memory_bytes() == held);
    queue.push(Time(3), 1);
    queue.push(Time(2), 2);
    queue.push(Time(3), 3);
    CHECK(queue.pop().payload == 2);
    CHECK(queue.pop().payload == 1);
    CHECK(queue.pop().payload == 3);
    CHECK(queue.empty());
  }
}

TEST_CASE("event_queue.top_after_pop_sees_the_next_event") {
  EventQueue<std::uint16_t> queue;
  queue.push(Time(1), 1);
  queue.push(Time(2), 2);
  CHECK(queue.top().payload == 1);
  CHECK(queue.pop().payload == 1);
  CHECK(queue.top().payload == 2);
  CHECK(queue.size() == 1);
  queue.push(Time(1), 3);
  CHECK(queue.replace_top(Time(0), 4).payload == 3);
  CHECK(queue.pop().payload == 4);
  CHECK(queue.pop().payload == 2);
  CHECK(queue.empty());
}
