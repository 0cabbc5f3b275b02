// SPDX-License-Identifier: Apache-2.0
// A map from 64-bit keys to 32-bit numbers by open addressing, for dictionaries: entries are only added. Nothing
// iterates it, so that the hash decides no order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sim/base/hash.hpp>

namespace flowtank {

class WordNumbers {
 public:
  // 0 when the key is unknown. Keys are not 0.
  std::uint32_t find(std::uint64_t key) const {
    if (slots_.empty()) return 0;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = mix64(key) & mask;; at = (at + 1) & mask) {
      if (slots_[at].key == key) return slots_[at].number;
      if (slots_[at].key == 0) return 0;
    }
  }
  // The number is not 0.
  void put(std::uint64_t key, std::uint32_t number) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = locate(key);
    if (slot.key == 0) ++count_;
    slot = {key, number};
  }
  std::size_t size() const { return count_; }
  void clear() {
    slots_.clear();
    count_ = 0;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t number = 0;
  };
  Slot& locate(std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = mix64(key) & mask;
    while (slots_[at].key != 0 && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != 0) locate(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace flowtank
