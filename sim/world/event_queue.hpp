// SPDX-License-Identifier: Apache-2.0
// EventQueue: the future of a timed run. Events come out in the total order (time, sequence), where
// the sequence is the order of pushing, so events at the same time run in insertion order and a run
// is the same on every machine.
//
// How it works. Keys of 16 bytes (time; sequence and slot) are ordered apart from the payloads,
// which wait in slots of a vector that are reused last-freed first. Up to a thousand events (the
// normal case) the keys are a 4-ary heap that stays in cache, and pop() only marks the root as
// free: the push that follows, as after nearly every event, takes its place in one descent. Beyond
// that the queue turns itself into a bucket ladder (event_ladder.hpp) and back when it has shrunk
// to a half. The order is the same in both. Nothing is allocated while no more events are pending
// than ever before.
//
//     EventQueue<Message> queue;
//     queue.push(Time::start() + ms(5), message);
//     while (!queue.empty()) {
//       const auto event = queue.pop();
//       handle(event.time, event.payload);   // may push
//     }
//
// Decisions (2026-11). Integer keys of 16 bytes, not 24: sequence and slot have 32 bits each; when
// 2^32 sequence numbers are used up the pending events are renumbered in order (once in minutes of
// pushing, costing less than a second at a million pending), which nobody sees. A heap and a
// ladder, not one of them: below a thousand the heap is level with the ladder, and two to three
// times faster where most events are due at once; beyond, the ladder costs the same at a thousand
// as at two hundred thousand (a third of the heap there), long before the cache is left, because it
// mispredicts less. No cancel: who cancels keeps a generation in the payload and skips stale
// events. Measured in tests/bench/README.md, section PHOLD.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include <sim/base/check.hpp>
#include <sim/base/time.hpp>
#include "sim/world/event_key.hpp"
#include "sim/world/event_ladder.hpp"

namespace flowtank {

// See the top of this file. Payload: small and trivially copyable; up to 4 bytes it lives in the
// key. kSequenceBits is less than 32 only in tests of the renumbering. At most 2^kSequenceBits - 2
// events pend at once. Not copyable; one thread at a time.
template <class Payload = std::uint32_t, int kSequenceBits = 32>
class EventQueue {
  static_assert(std::is_trivially_copyable_v<Payload> && std::is_default_constructible_v<Payload>);
  static_assert(kSequenceBits >= 4 && kSequenceBits <= 32);

 public:
  struct Event {
    Time time;
    Payload payload;
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // Adds an event. `time` is not before Time::start(); it may be before the event popped last.
  void push(Time time, const Payload& payload) {
    FLOWTANK_CHECK(time >= Time::start(),
                   "an event was scheduled before the start of virtual time");
    if (next_sequence_ == kSequenceEnd) [[unlikely]]
      renumber();
    const std::uint64_t order = next_sequence_++ << 32 | store(payload);
    ++size_;
    insert({static_cast<std::uint64_t>(time.nanoseconds()), order});
  }

  // The next event. The queue is not empty.
  Event top() {
    const EventKey& key = first_key();
    return {Time(static_cast<std::int64_t>(key.time)), payload_of(key)};
  }

  // Removes and returns the next event. The queue is not empty.
  Event pop() {
    const EventKey key = remove_first();
    const Event event{Time(static_cast<std::int64_t>(key.time)), payload_of(key)};
    release(key);
    return event;
  }

  // pop() and push() in one: removes and returns the next event and adds another.
  Event replace_top(Time time, const Payload& payload) {
    const Event event = pop();
    push(time, payload);
    return event;
  }

  // Removes all events and starts the sequence anew; keeps memory.
  void clear() {
    heap_.clear();
    ladder_.clear();
    slots_.clear();
    free_slot_ = kNoSlot;
    next_sequence_ = 0;
    size_ = 0;
    root_is_free_ = false;
    in_ladder_ = false;
  }

  // Bytes held, in use or not.
  std::size_t memory_bytes() const {
    return heap_.memory_bytes() + ladder_.memory_bytes() + slots_.capacity() * sizeof(Slot);
  }

 private:
  static constexpr bool kInKey = sizeof(Payload) <= sizeof(std::uint32_t);
  static constexpr std::uint64_t kSequenceEnd = (1ULL << kSequenceBits) - 1;
  static constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};
  static constexpr std::size_t kPrefetchAhead = 12;
  // Above the first the keys move to the ladder, below the second back to the heap.
  static constexpr std::size_t kHeapMost = 1024;
  static constexpr std::size_t kLadderLeast = kHeapMost / 2;

  union Slot {
    Payload payload;
    std::uint32_t next_free;
  };

  void insert(EventKey key) {
    if (in_ladder_) {
      ladder_.push(key);
    } else if (root_is_free_) {
      root_is_free_ = false;
      heap_.replace_top(key);
    } else {
      heap_.push(key);
      if (heap_.size() > kHeapMost) [[unlikely]]
        move_to_ladder();
    }
  }

  const EventKey& first_key() {
    FLOWTANK_CHECK(size_ != 0, "the event queue is empty");
    if (in_ladder_) return ladder_.top();
    if (root_is_free_) {
      root_is_free_ = false;
      heap_.pop();
    }
    return heap_.top();
  }

  EventKey remove_first() {
    const EventKey key = first_key();
    --size_;
    if (!in_ladder_) {
      root_is_free_ = true;
      return key;
    }
    ladder_.pop();
    if constexpr (!kInKey) {
      const EventKey* const later = ladder_.peek(kPrefetchAhead);
      if (later != nullptr) __builtin_prefetch(&slots_[slot_of(*later)]);
    }
    if (size_ < kLadderLeast) [[unlikely]]
      move_to_heap();
    return key;
  }

  void move_to_ladder() {
    heap_.for_each([this](const EventKey& key) { ladder_.push(key); });
    heap_.clear();
    in_ladder_ = true;
  }

  void move_to_heap() {
    ladder_.drain([this](const EventKey& key) { heap_.push(key); });
    in_ladder_ = false;
  }

  // Gives the pending events the sequence numbers 0, 1, 2, ... in their order.
  void renumber() {
    FLOWTANK_CHECK(size_ < kSequenceEnd, "more events are pending than the event queue can number");
    std::vector<EventKey> keys;
    keys.reserve(size_);
    const auto take = [&](const EventKey& key) { keys.push_back(key); };
    if (in_ladder_) {
      ladder_.drain(take);
    } else {
      if (root_is_free_) heap_.pop();
      heap_.for_each(take);
      heap_.clear();
    }
    std::sort(keys.begin(), keys.end(), runs_before);
    root_is_free_ = false;
    next_sequence_ = 0;
    for (EventKey& key : keys) {
      key.order = next_sequence_++ << 32 | slot_of(key);
      insert(key);
    }
  }

  static std::uint32_t slot_of(const EventKey& key) {
    return static_cast<std::uint32_t>(key.order);
  }

  std::uint32_t store(const Payload& payload) {
    if constexpr (kInKey) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &payload, sizeof payload);
      return bits;
    } else {
      if (free_slot_ != kNoSlot) {
        const std::uint32_t slot = free_slot_;
        free_slot_ = slots_[slot].next_free;
        slots_[slot].payload = payload;
        return slot;
      }
      if (slots_.size() == slots_.capacity())
        slots_.reserve(64 + slots_.size() + slots_.size() / 4);
      slots_.push_back(Slot{payload});
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
  }

  Payload payload_of(const EventKey& key) const {
    if constexpr (kInKey) {
      Payload payload;
      const std::uint32_t bits = slot_of(key);
      std::memcpy(&payload, &bits, sizeof payload);
      return payload;
    } else {
      return slots_[slot_of(key)].payload;
    }
  }

  void release(const EventKey& key) {
    if constexpr (!kInKey) {
      slots_[slot_of(key)].next_free = free_slot_;
      free_slot_ = slot_of(key);
    }
  }

  EventKeyHeap heap_;
  EventLadder ladder_;
  std::vector<Slot> slots_;
  std::uint64_t next_sequence_ = 0;
  std::size_t size_ = 0;
  std::uint32_t free_slot_ = kNoSlot;
  bool root_is_free_ = false;  // heap only: the root has been popped and waits for a push
  bool in_ladder_ = false;
};

}  // namespace flowtank
