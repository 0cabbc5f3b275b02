// SPDX-License-Identifier: Apache-2.0
// Open addressing over byte strings; see encoding_table.hpp.
#include "sim/explore/encoding_table.hpp"

#include <algorithm>

namespace flowtank::explore {

EncodingTable::EncodingTable(std::size_t memory_limit) : slots_(64), memory_limit_(memory_limit) {}

Insertion EncodingTable::insert(std::span<const std::byte> encoding) {
  // Another seed than the systems use: a weakness of their hash must not be shared.
  const auto hash = static_cast<std::uint64_t>(fingerprint_of(encoding, 0x5bd1e9955bd1e995ULL));
  std::size_t slot = find(hash, encoding);
  if (slots_[slot].length != vacant_length) {
    return Insertion::present;
  }
  const bool crowded = (size_ + 1) * 10 > slots_.size() * 7;
  if (encoding.size() > memory_limit_ || bytes() > memory_limit_ - encoding.size() || (crowded && !grow())) {
    return Insertion::full;
  }
  if (crowded) {
    slot = find(hash, encoding);
  }
  slots_[slot] = {hash, arena_.size(), encoding.size()};
  arena_.insert(arena_.end(), encoding.begin(), encoding.end());
  ++size_;
  return Insertion::inserted;
}

/// The slot that holds the encoding, else the vacant one where it belongs.
std::size_t EncodingTable::find(std::uint64_t hash, std::span<const std::byte> encoding) const {
  std::size_t slot = hash % slots_.size();
  while (slots_[slot].length != vacant_length) {
    const Slot& found = slots_[slot];
    if (found.hash == hash && found.length == encoding.size() &&
        std::equal(encoding.begin(), encoding.end(), arena_.begin() + static_cast<std::ptrdiff_t>(found.offset))) {
      return slot;
    }
    slot = (slot + 1) % slots_.size();
  }
  return slot;
}

bool EncodingTable::grow() {
  const std::size_t wanted = slots_.size() * 2;
  if (wanted > memory_limit_ / sizeof(Slot) || bytes() > memory_limit_ - wanted * sizeof(Slot)) {
    return false;
  }
  std::vector<Slot> old(wanted);
  old.swap(slots_);
  for (const Slot& kept : old) {
    if (kept.length == vacant_length) {
      continue;
    }
    std::size_t slot = kept.hash % slots_.size();
    while (slots_[slot].length != vacant_length) {
      slot = (slot + 1) % slots_.size();
    }
    slots_[slot] = kept;
  }
  return true;
}

}  // namespace flowtank::explore
