// SPDX-License-Identifier: Apache-2.0
// A bucket ladder of event keys, for populations beyond what a heap keeps in cache. It is exactly
// ordered by (time, order); how keys are spread over buckets decides speed, never order.
//
// From far to near:
//   top     unsorted keys later than every rung;
//   rungs   arrays of buckets of equal width (a power of two), each rung splitting one stretch of
//   the
//           rung above; the widths come from the keys themselves, so any spread of times is fine;
//   bottom  the sorted keys of the stretch that runs now;
//   near    a heap of keys that were pushed into that stretch after it was sorted.
// A key is written to top or a bucket, perhaps once more per rung, then sorted among some thousand
// others in cache: constant cost an event. A bucket with too many keys of different times becomes a
// rung (each narrows the range at least 32 fold, so thirteen suffice for 63 bits); a near heap that
// grows too large becomes a rung as well. Equal times are never split: they are sorted by order,
// once.
//
// Invariant: keys before bottom_end_ are in bottom or near, and all others are not. Buckets are
// lists of 512-byte chunks from a pool that only grows when more keys are pending than ever before.
// After Tang, Goh and Thng, "Ladder queue: an O(1) priority queue structure for large-scale
// discrete event simulation", ACM TOMACS 15(3), 2005, with widths in powers of two and exact ties.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/world/event_key.hpp"

namespace flowtank {

// A list of keys in chunks. Chunks are aligned to their size: a `free` pointer at a multiple of it
// says that the last chunk is full (or that there is none).
struct alignas(512) EventChunk {
  static constexpr std::size_t kKeys = 31;
  EventChunk* next;
  std::uint64_t unused;
  EventKey keys[kKeys];
};

class EventChunkList {
 public:
  bool empty() const { return first_ == nullptr; }
  bool full() const { return reinterpret_cast<std::uintptr_t>(free_) % sizeof(EventChunk) == 0; }
  void append(EventKey key) { *free_++ = key; }

  void add_chunk(EventChunk* chunk) {
    chunk->next = nullptr;
    (first_ == nullptr ? first_ : last()->next) = chunk;
    free_ = chunk->keys;
  }

  // Calls visit(chunk, number of keys in it) in the order of appending; visit may free the chunk.
  template <class Visit>
  void for_each_chunk(Visit visit) const {
    const EventChunk* const last_chunk = first_ == nullptr ? nullptr : last();
    for (EventChunk* chunk = first_; chunk != nullptr;) {
      EventChunk* const next = chunk->next;
      if (next != nullptr) __builtin_prefetch(next);
      visit(chunk, chunk == last_chunk ? static_cast<std::size_t>(free_ - chunk->keys)
                                       : EventChunk::kKeys);
      chunk = next;
    }
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for_each_chunk([&](const EventChunk* chunk, std::size_t keys) {
      for (std::size_t i = 0; i < keys; ++i) visit(chunk->keys[i]);
    });
  }

  std::size_t count() const {
    std::size_t keys = 0;
    for_each_chunk([&](const EventChunk*, std::size_t n) { keys += n; });
    return keys;
  }

 private:
  EventChunk* last() const {  // the chunk before whose end, or at whose end, free_ stands
    const auto inside = reinterpret_cast<std::uintptr_t>(free_ - 1);
    return reinterpret_cast<EventChunk*>(inside - inside % sizeof(EventChunk));
  }

  EventChunk* first_ = nullptr;
  EventKey* free_ = nullptr;
};

class EventChunkPool {
 public:
  void append(EventChunkList& list, EventKey key) {
    if (list.full()) [[unlikely]]
      list.add_chunk(take());
    list.append(key);
  }

  void give_back(EventChunk* chunk) {
    chunk->next = free_;
    free_ = chunk;
  }

  void give_back(EventChunkList& list) {
    list.for_each_chunk([this](EventChunk* chunk, std::size_t) { give_back(chunk); });
    list = {};
  }

  std::size_t memory_bytes() const { return chunks_ * sizeof(EventChunk); }

 private:
  EventChunk* take() {
    if (free_ == nullptr) grow();
    EventChunk* const chunk = free_;
    free_ = chunk->next;
    return chunk;
  }

  void grow() {
    const std::size_t more = 64 + chunks_ / 16;
    slabs_.push_back(std::make_unique_for_overwrite<EventChunk[]>(more));
    for (std::size_t i = more; i-- > 0;) give_back(&slabs_.back()[i]);
    chunks_ += more;
  }

  std::vector<std::unique_ptr<EventChunk[]>> slabs_;
  EventChunk* free_ = nullptr;
  std::size_t chunks_ = 0;
};

// See the top of this file. Times are below 2^63. Not copyable (it owns chunks by address).
class EventLadder {
 public:
  EventLadder() : rungs_(kMaxRungs) {}
  EventLadder(const EventLadder&) = delete;
  EventLadder& operator=(const EventLadder&) = delete;
  EventLadder(EventLadder&&) = delete;
  EventLadder& operator=(EventLadder&&) = delete;

  void push(EventKey key) {
    if (key.time < bottom_end_) {
      near_.push(key);
      if (near_.size() > near_limit_) [[unlikely]]
        split_near();
      return;
    }
    for (std::size_t i = depth_; i-- > 0;) {
      Rung& rung = rungs_[i];
      if (key.time < rung.end) {
        chunks_.append(rung.buckets[rung.index_of(key.time)], key);
        return;
      }
    }
    append_to_top(key);
  }

  // The first key. There must be one.
  const EventKey& top() {
    if (position_ == bottom_size_ && near_.empty()) [[unlikely]]
      refill();
    return from_near() ? near_.top() : bottom_[position_];
  }

  // Removes what top() returns. There must be a key.
  void pop() {
    if (position_ == bottom_size_ && near_.empty()) [[unlikely]]
      refill();
    if (from_near()) {
      near_.pop();
    } else {
      ++position_;
    }
  }

  // The key that will be popped `ahead` pops from now if nothing is pushed before it, or null. A
  // hint.
  const EventKey* peek(std::size_t ahead) const {
    return position_ + ahead < bottom_size_ ? &bottom_[position_ + ahead] : nullptr;
  }

  // Calls visit(key) for every key, in no particular order, and removes all.
  template <class Visit>
  void drain(Visit visit) {
    near_.for_each(visit);
    std::for_each(bottom_.get() + position_, bottom_.get() + bottom_size_, visit);
    for (std::size_t i = 0; i < depth_; ++i) {
      for (EventChunkList& bucket : rungs_[i].buckets) bucket.for_each(visit);
    }
    top_.for_each(visit);
    clear();
  }

  void clear() {
    near_.clear();
    for (std::size_t i = 0; i < depth_; ++i) {
      for (EventChunkList& bucket : rungs_[i].buckets) chunks_.give_back(bucket);
    }
    chunks_.give_back(top_);
    position_ = bottom_size_ = depth_ = 0;
    bottom_end_ = 0;
    near_limit_ = kNearLimit;
    top_least_ = ~0ULL;
    top_most_ = 0;
  }

  std::size_t memory_bytes() const {
    std::size_t bytes = chunks_.memory_bytes() + near_.memory_bytes() +
                        bottom_capacity_ * sizeof(EventKey) +
                        digits_.capacity() * sizeof(std::uint32_t);
    for (const Rung& rung : rungs_) bytes += rung.buckets.capacity() * sizeof(EventChunkList);
    return bytes;
  }

 private:
  static constexpr std::size_t kMaxRungs = 13;
  static constexpr std::size_t kKeysPerBucket =
      128;  // when a rung is made; about ten times that in the end
  static constexpr std::size_t kSortAtOnce = 256;    // so few keys need no rung of their own
  static constexpr std::size_t kSplitBucket = 8192;  // so many keys (128 KiB) make a rung
  static constexpr std::size_t kNearLimit = 4096;
  static constexpr std::size_t kInsertionSort = 24;  // longest run left to the insertion sort

  static constexpr std::uint64_t kOpen = ~0ULL;  // a rung that ends where its buckets do

  struct Rung {
    std::uint64_t start = 0;
    std::uint64_t end = 0;    // exclusive; the last bucket reaches to it
    unsigned shift = 0;       // a bucket is 2^shift wide
    std::size_t current = 0;  // buckets before it are empty and stay so
    std::vector<EventChunkList> buckets;

    std::size_t index_of(std::uint64_t time) const {
      return std::min<std::size_t>((time - start) >> shift, buckets.size() - 1);
    }
    std::uint64_t start_of(std::size_t bucket) const {
      return start + (static_cast<std::uint64_t>(bucket) << shift);
    }
    std::uint64_t end_of(std::size_t bucket) const {
      return bucket + 1 == buckets.size() ? end : start_of(bucket + 1);
    }
  };

  struct Range {
    std::uint64_t least = ~0ULL;
    std::uint64_t most = 0;
    void add(std::uint64_t time) {
      least = std::min(least, time);
      most = std::max(most, time);
    }
  };

  bool from_near() const {
    if (near_.empty()) [[likely]]
      return false;
    return position_ == bottom_size_ || runs_before(near_.top(), bottom_[position_]);
  }

  void append_to_top(EventKey key) {
    top_least_ = std::min(top_least_, key.time);
    top_most_ = std::max(top_most_, key.time);
    chunks_.append(top_, key);
  }

  // Makes bottom from the next stretch that holds a key. Bottom and near are empty, and some key
  // exists.
  void refill() {
    near_limit_ = kNearLimit;
    for (;;) {
      if (depth_ == 0) {
        EventChunkList list = std::exchange(top_, {});
        const Range range{std::exchange(top_least_, ~0ULL), std::exchange(top_most_, 0)};
        const std::size_t keys = list.count();
        if (keys <= kSortAtOnce || range.least == range.most)
          return fill_bottom(list, keys, range.least, range.most + 1);
        add_rung(list, keys, range, kOpen);
      }
      Rung& rung = rungs_[depth_ - 1];
      while (rung.current < rung.buckets.size() && rung.buckets[rung.current].empty())
        ++rung.current;
      if (rung.current == rung.buckets.size()) {
        --depth_;
      } else if (use_bucket(rung)) {
        return;
      }
    }
  }

  // Moves the current bucket of `rung` to bottom (true), or to a new rung when it is too large
  // (false). It stays current: pushes into what is left of its stretch may fill it again.
  bool use_bucket(Rung& rung) {
    EventChunkList list = std::exchange(rung.buckets[rung.current], {});
    const std::uint64_t start = rung.start_of(rung.current);
    const std::uint64_t end = rung.end_of(rung.current);
    const std::size_t keys = list.count();
    if (keys > kSplitBucket && depth_ < kMaxRungs) {
      Range range;
      list.for_each([&](const EventKey& key) { range.add(key.time); });
      if (range.least < range.most) {
        // The new rung takes the place of one that has nothing left: time moving on adds no rungs.
        if (rung.current + 1 == rung.buckets.size()) --depth_;
        add_rung(list, keys, range, end);
        return false;
      }
      fill_bottom(list, keys, range.least, range.most + 1);
      return true;
    }
    fill_bottom(list, keys, start, end);
    return true;
  }

  // Spreads `list` over a new finest rung from range.least to `end` (or as far as its buckets
  // reach).
  void add_rung(EventChunkList& list, std::size_t keys, Range range, std::uint64_t end) {
    Rung& rung = rungs_[depth_++];
    const std::size_t wanted = std::clamp<std::size_t>(keys / kKeysPerBucket, 64, 65536);
    const std::uint64_t reach = range.most - range.least;
    rung.shift = 0;
    while (reach >> rung.shift >= wanted) ++rung.shift;
    const std::uint64_t buckets = (reach >> rung.shift) + 1;
    rung.start = range.least;
    rung.end = end == kOpen ? rung.start + (buckets << rung.shift) : end;
    rung.current = 0;
    rung.buckets.assign(static_cast<std::size_t>(buckets), {});
    bottom_end_ = rung.start;
    list.for_each_chunk([&](EventChunk* chunk, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        chunks_.append(rung.buckets[rung.index_of(chunk->keys[i].time)], chunk->keys[i]);
      }
      chunks_.give_back(chunk);
    });
    list = {};
  }

  // Too much has been pushed into the stretch that runs now: bottom and near become a rung.
  void split_near() {
    Range range;
    near_.for_each([&](const EventKey& key) { range.add(key.time); });
    if (depth_ == kMaxRungs || range.least == range.most) {
      near_limit_ *= 2;
      return;
    }
    EventChunkList list;
    for (; position_ < bottom_size_; ++position_) {
      range.add(bottom_[position_].time);
      chunks_.append(list, bottom_[position_]);
    }
    near_.for_each([&](const EventKey& key) { chunks_.append(list, key); });
    near_.clear();
    add_rung(list, list.count(), range, bottom_end_);
  }

  // Sorts `list`, whose times lie in [start, end), into bottom and frees its chunks.
  void fill_bottom(EventChunkList& list, std::size_t keys, std::uint64_t start, std::uint64_t end) {
    if (keys > bottom_capacity_) {
      bottom_capacity_ = keys + keys / 8;
      bottom_.reset();
      bottom_ = std::make_unique_for_overwrite<EventKey[]>(bottom_capacity_);
    }
    position_ = 0;
    bottom_size_ = keys;
    bottom_end_ = end;
    distribute(list, keys, start, end);
    chunks_.give_back(list);
    for (std::size_t i = 1; i < keys; ++i) {  // nearly sorted by now
      const EventKey key = bottom_[i];
      std::size_t j = i;
      for (; j > 0 && runs_before(key, bottom_[j - 1]); --j) bottom_[j] = bottom_[j - 1];
      bottom_[j] = key;
    }
  }

  // Counting sort by the leading bits of the time, then a full sort of every run too long for the
  // insertion sort that follows.
  void distribute(const EventChunkList& list, std::size_t keys, std::uint64_t start,
                  std::uint64_t end) {
    const unsigned bits = std::min<unsigned>(static_cast<unsigned>(std::bit_width(keys)), 14);
    const auto width = static_cast<unsigned>(std::bit_width(end - start - 1));
    const unsigned shift = width > bits ? width - bits : 0;
    digits_.assign((static_cast<std::size_t>(1) << bits) + 1, 0);
    std::uint32_t* const digits = digits_.data();
    list.for_each([&](const EventKey& key) { ++digits[((key.time - start) >> shift) + 1]; });
    std::uint32_t longest = 0;
    for (std::size_t i = 1; i < digits_.size(); ++i) {
      longest = std::max(longest, digits[i]);
      digits[i] += digits[i - 1];
    }
    EventKey* const bottom = bottom_.get();
    list.for_each(
        [&](const EventKey& key) { bottom[digits[(key.time - start) >> shift]++] = key; });
    if (longest <= kInsertionSort) return;
    std::uint32_t from = 0;  // digits[i] is now the end of run i
    for (std::size_t i = 0; i + 1 < digits_.size(); from = digits[i++]) {
      if (digits[i] - from > kInsertionSort &&
          !std::is_sorted(bottom + from, bottom + digits[i], runs_before)) {
        std::sort(bottom + from, bottom + digits[i], runs_before);
      }
    }
  }

  std::unique_ptr<EventKey[]> bottom_;
  std::size_t position_ = 0;
  std::size_t bottom_size_ = 0;
  std::uint64_t bottom_end_ = 0;
  EventKeyHeap near_;
  std::size_t near_limit_ = kNearLimit;
  std::vector<Rung> rungs_;  // [0, depth_), from wide to fine; all keep their memory
  std::size_t depth_ = 0;
  EventChunkList top_;
  std::uint64_t top_least_ = ~0ULL;
  std::uint64_t top_most_ = 0;
  EventChunkPool chunks_;
  std::size_t bottom_capacity_ = 0;
  std::vector<std::uint32_t> digits_;
};

}  // namespace flowtank
