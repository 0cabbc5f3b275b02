// SPDX-License-Identifier: Apache-2.0
// The exact visited set: whole encodings of states, in an arena.
// It costs the length of every state and is meant for small runs, where it confirms that fingerprints
// neither merged two states nor split one. Invariant: identity is equality of bytes; the hash only
// chooses the slot.
#pragma once

#include "sim/explore/fingerprint.hpp"
#include "sim/explore/state_table.hpp"

#include <limits>
#include <vector>

namespace flowtank::explore {

class EncodingTable {
 public:
  /// `memory_limit` in bytes, for slots and encodings together.
  explicit EncodingTable(std::size_t memory_limit = std::numeric_limits<std::size_t>::max());

  Insertion insert(std::span<const std::byte> encoding);

  std::uint64_t size() const { return size_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot) + arena_.capacity(); }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t offset = 0;
    std::uint64_t length = vacant_length;
  };
  static constexpr std::uint64_t vacant_length = std::numeric_limits<std::uint64_t>::max();

  std::size_t find(std::uint64_t hash, std::span<const std::byte> encoding) const;
  bool grow();

  std::vector<Slot> slots_;
  std::vector<std::byte> arena_;
  std::uint64_t size_ = 0;
  std::size_t memory_limit_;
};

}  // namespace flowtank::explore
