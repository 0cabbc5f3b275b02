// SPDX-License-Identifier: Apache-2.0
// How often each 64-bit key was seen: the ends that runs came to, the features of states. Open addressing; its layout
// decides nothing, since whoever lists it sorts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <sim/base/hash.hpp>

namespace flowtank::campaign {

class Counts {
 public:
  // True when the key is new.
  bool add(std::uint64_t key, std::uint64_t times = 1) {
    if ((used_ + 1) * 3 > slots_.size() * 2) grow();
    Slot& slot = locate(key == 0 ? 1 : key);
    const bool fresh = slot.count == 0;
    if (fresh) {
      slot.key = key == 0 ? 1 : key;
      ++used_;
    }
    slot.count += times;
    return fresh;
  }
  std::uint64_t of(std::uint64_t key) const {
    return slots_.empty() ? 0 : const_cast<Counts*>(this)->locate(key == 0 ? 1 : key).count;
  }
  std::size_t size() const { return used_; }
  void clear() {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    used_ = 0;
  }
  // Ascending by key.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sorted() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    for (const Slot& slot : slots_) {
      if (slot.count != 0) all.emplace_back(slot.key, slot.count);
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  void merge(const Counts& other) {
    for (const Slot& slot : other.slots_) {
      if (slot.count != 0) add(slot.key, slot.count);
    }
  }
  // How many keys were seen so often.
  std::uint64_t seen(std::uint64_t times) const {
    return static_cast<std::uint64_t>(std::count_if(slots_.begin(), slots_.end(), [times](const Slot& s) { return s.count == times; }));
  }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint64_t count = 0;
  };
  Slot& locate(std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = mix64(key) & mask;
    while (slots_[at].count != 0 && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.count != 0) locate(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace flowtank::campaign
