// SPDX-License-Identifier: Apache-2.0
// The visited set: 128-bit fingerprints, 16 bytes each, nothing else.
// Open addressing with linear probing in 64 stripes. Each stripe grows alone, by a quarter, when it is
// 70 % full: growing needs a copy of one stripe and not of the table, and the load stays between 56 %
// and 70 % (23 to 29 bytes a state) where doubling would let it fall to 35 %. A slot is chosen by
// scaling the key, which keeps the order of keys, so growing is a sweep and not a scatter.
// At the memory limit stripes fill to 90 % before the table says that it is full.
// Invariant: a key is stored at most once; the table never exceeds its memory limit.
#pragma once

#include "sim/explore/fingerprint.hpp"

#include <array>
#include <cstdlib>
#include <limits>
#include <memory>

namespace flowtank::explore {

enum class Insertion : std::uint8_t {
  inserted,
  present,
  full,  ///< not stored: the next growth would break the memory limit (or memory is exhausted)
};

class StateTable {
 public:
  static constexpr std::size_t stripe_count = 64;

  /// `memory_limit` in bytes, for the slots of all stripes together, the copy while growing included;
  /// `expected_states` makes room at once (0: start small), as far as the limit allows.
  explicit StateTable(std::size_t memory_limit = std::numeric_limits<std::size_t>::max(),
                      std::uint64_t expected_states = 0);

  Insertion insert(Fingerprint fingerprint) {
    const Fingerprint key = stored(fingerprint);
    Stripe& stripe = stripes_[stripe_of(key)];
    std::size_t slot = home(key, stripe.capacity);
    while (!vacant(stripe.slots[slot])) {
      if (stripe.slots[slot] == key) {
        return Insertion::present;
      }
      slot = slot + 1 == stripe.capacity ? 0 : slot + 1;
    }
    if (stripe.used == stripe.growth_at) {
      return grow(stripe) ? insert(fingerprint) : Insertion::full;
    }
    stripe.slots[slot] = key;
    ++stripe.used;
    ++size_;
    return Insertion::inserted;
  }

  bool contains(Fingerprint fingerprint) const {
    const Fingerprint key = stored(fingerprint);
    const Stripe& stripe = stripes_[stripe_of(key)];
    std::size_t slot = home(key, stripe.capacity);
    while (!vacant(stripe.slots[slot])) {
      if (stripe.slots[slot] == key) {
        return true;
      }
      slot = slot + 1 == stripe.capacity ? 0 : slot + 1;
    }
    return false;
  }

  /// Starts loading the memory that insert() or contains() of this fingerprint will look at. Always inline: a call of
  /// what only prefetches is taken for one without effect, and left out.
  [[gnu::always_inline]] void prefetch(Fingerprint fingerprint) const {
    const Stripe& stripe = stripes_[stripe_of(fingerprint)];
    __builtin_prefetch(&stripe.slots[home(fingerprint, stripe.capacity)]);
  }

  std::uint64_t size() const { return size_; }
  /// Bytes of all slots, free ones included.
  std::size_t bytes() const { return bytes_; }
  /// Largest bytes() so far, with the old and the new copy of a stripe while it grew.
  std::size_t peak_bytes() const { return peak_bytes_; }

 private:
  struct Release {
    void operator()(Fingerprint* slots) const { std::free(slots); }
  };
  struct Stripe {
    std::unique_ptr<Fingerprint[], Release> slots;
    std::uint64_t capacity = 0;
    std::uint64_t used = 0;
    std::uint64_t growth_at = 0;
  };

  static bool vacant(Fingerprint slot) { return slot == 0; }
  /// Zero marks a vacant slot; the fingerprint zero is stored as one.
  static Fingerprint stored(Fingerprint key) { return vacant(key) ? Fingerprint{1} : key; }
  /// The high half chooses the stripe, the low half the slot.
  static std::size_t stripe_of(Fingerprint key) { return static_cast<std::size_t>(key >> 64U) % stripe_count; }
  static std::size_t home(Fingerprint key, std::uint64_t capacity) {
    return static_cast<std::size_t>((static_cast<uint128>(static_cast<std::uint64_t>(key)) * capacity) >> 64U);
  }

  bool grow(Stripe& stripe);
  bool resize(Stripe& stripe, std::uint64_t capacity);

  std::array<Stripe, stripe_count> stripes_;
  std::uint64_t size_ = 0;
  std::size_t bytes_ = 0;
  std::size_t peak_bytes_ = 0;
  std::size_t memory_limit_;
};

}  // namespace flowtank::explore
