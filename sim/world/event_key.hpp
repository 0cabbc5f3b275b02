// SPDX-License-Identifier: Apache-2.0
// The key of a pending event and the 4-ary heap of such keys. Keys are 16 bytes, apart from the
// payload, so that ordering moves and compares nothing else; the four children of a node share one
// cache line. Invariant: keys are compared by (time, order) alone, and `order` is unique within a
// queue, so every correct structure over them yields the same sequence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sim/base/hash.hpp>

namespace flowtank {

// `order` holds the sequence number in its upper half (see EventQueue) and what identifies the
// payload in its lower half; sequence numbers being unique, the lower half never decides.
struct EventKey {
  std::uint64_t time;
  std::uint64_t order;
};

// One 128-bit comparison, so that compilers make no branch of it.
constexpr bool runs_before(const EventKey& a, const EventKey& b) {
  return (static_cast<uint128>(a.time) << 64 | a.order) <
         (static_cast<uint128>(b.time) << 64 | b.order);
}

// A 4-ary min-heap. Nodes live in lines of 64 bytes: node 0 alone at the end of line 0, the
// children of node i are line i + 1. Unused places of the last line hold a key later than all.
class EventKeyHeap {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const EventKey& top() const { return lines_[0].keys[3]; }

  void push(EventKey key) {
    const std::size_t line = (size_ + 3) / 4;
    if (line >= lines_.size()) lines_.resize(line + 1 + line / 2);
    std::size_t i = size_++;
    while (i != 0) {
      const std::size_t parent = (i - 1) / 4;
      if (!runs_before(key, at(parent))) break;
      at(i) = at(parent);
      i = parent;
    }
    at(i) = key;
  }

  void pop() {
    const EventKey last = at(--size_);
    at(size_) = kNone;
    if (size_ != 0) sink(last);
  }

  void replace_top(EventKey key) { sink(key); }

  // Calls visit(key) for every key, in no particular order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < size_; ++i) visit(lines_[(i + 3) / 4].keys[(i + 3) % 4]);
  }

  void clear() {
    for (std::size_t i = 0; i < size_; ++i) at(i) = kNone;
    size_ = 0;
  }

  std::size_t memory_bytes() const { return lines_.capacity() * sizeof(Line); }

 private:
  static constexpr EventKey kNone{~0ULL, ~0ULL};
  struct alignas(64) Line {
    EventKey keys[4] = {kNone, kNone, kNone, kNone};
  };

  EventKey& at(std::size_t i) { return lines_[(i + 3) / 4].keys[(i + 3) % 4]; }

  // Puts `key` at the root and lets it sink to its place.
  void sink(EventKey key) {
    Line* const lines = lines_.data();
    EventKey* hole = &lines[0].keys[3];
    for (std::size_t i = 0; 4 * i + 1 < size_;) {
      EventKey* const child = lines[i + 1].keys;
      // Arithmetic, not ?:, lest GCC make branches of comparisons that nobody can predict.
      const std::size_t left = std::size_t{runs_before(child[1], child[0])};
      const std::size_t right = 2 + std::size_t{runs_before(child[3], child[2])};
      const std::size_t least =
          left ^ ((left ^ right) & (0 - std::size_t{runs_before(child[right], child[left])}));
      if (!runs_before(child[least], key)) break;
      *hole = child[least];
      hole = &child[least];
      i = 4 * i + 1 + least;
    }
    *hole = key;
  }

  std::vector<Line> lines_ = std::vector<Line>(4);
  std::size_t size_ = 0;
};

}  // namespace flowtank
