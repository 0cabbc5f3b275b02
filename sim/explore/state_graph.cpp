// SPDX-License-Identifier: Apache-2.0
// The numbering of fingerprints; see state_graph.hpp.
#include "sim/explore/state_graph.hpp"

namespace flowtank::explore {

std::uint32_t FingerprintIndex::add(Fingerprint fingerprint) {
  const std::uint32_t number = size();
  keys_.push_back(fingerprint);
  if (keys_.size() * 10 > slots_.size() * 7) {
    slots_.assign(slots_.size() * 2, none);
    for (std::uint32_t i = 0; i < number; ++i) {
      slots_[slot_of(keys_[i])] = i;
    }
  }
  slots_[slot_of(fingerprint)] = number;
  return number;
}

/// The slot that holds the number of this fingerprint, else the vacant one where it belongs.
std::size_t FingerprintIndex::slot_of(Fingerprint fingerprint) const {
  std::size_t slot = static_cast<std::size_t>(fingerprint) & (slots_.size() - 1);
  while (slots_[slot] != none && keys_[slots_[slot]] != fingerprint) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

}  // namespace flowtank::explore
