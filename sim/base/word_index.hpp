// SPDX-License-Identifier: Apache-2.0
// A map from a Word (or any non-zero 64-bit key) to a 32-bit number: where the row of a key lives, which
// lane a key has. Entries are only added; nothing iterates it, so its layout decides nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/hash.hpp"

namespace flowtank {

class WordIndex {
 public:
  // 0 when the key is unknown.
  std::uint32_t find(std::uint64_t key) const {
    if (slots_.empty()) return 0;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = mix64(key) & mask;; at = (at + 1) & mask) {
      if (slots_[at].key == key) return slots_[at].value;
      if (slots_[at].key == 0) return 0;
    }
  }

  // Sets the number of a key (key and value are not 0).
  void put(std::uint64_t key, std::uint32_t value) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = locate(key);
    if (slot.key == 0) ++count_;
    slot = {key, value};
  }

  std::size_t size() const { return count_; }
  void clear() {
    slots_.assign(slots_.size(), {});
    count_ = 0;
  }
  std::size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t value = 0;
  };
  Slot& locate(std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = mix64(key) & mask;
    while (slots_[at].key != 0 && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != 0) locate(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace flowtank
