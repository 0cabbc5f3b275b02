// SPDX-License-Identifier: Apache-2.0
// Growing of the visited set; see state_table.hpp.
#include "sim/explore/state_table.hpp"

#include <algorithm>
#include <new>

namespace flowtank::explore {

namespace {

constexpr std::uint64_t smallest_capacity = 32;

std::uint64_t full_at(std::uint64_t capacity) { return capacity * 7 / 10; }

}  // namespace

StateTable::StateTable(std::size_t memory_limit, std::uint64_t expected_states) : memory_limit_(memory_limit) {
  // Stripes fill unevenly: a margin of some four standard deviations.
  const std::uint64_t share = expected_states / stripe_count;
  const std::uint64_t per_stripe = expected_states == 0 ? 0 : (share + share / 16 + 64) * 10 / 7;
  const std::uint64_t affordable = memory_limit / sizeof(Fingerprint) / stripe_count;
  const std::uint64_t capacity = std::max(smallest_capacity, std::min(per_stripe, affordable));
  for (Stripe& stripe : stripes_) {
    // The smallest table is made whatever the limit: 32 KiB, so that a search can say "full" at all.
    const std::size_t asked = static_cast<std::size_t>(capacity);
    auto* slots = static_cast<Fingerprint*>(std::calloc(asked, sizeof(Fingerprint)));
    if (slots == nullptr) {
      throw std::bad_alloc();
    }
    stripe.slots.reset(slots);
    stripe.capacity = capacity;
    stripe.growth_at = full_at(capacity);
    bytes_ += asked * sizeof(Fingerprint);
  }
  peak_bytes_ = bytes_;
}

bool StateTable::grow(Stripe& stripe) {
  const bool small = stripe.capacity < 1024;
  if (resize(stripe, small ? stripe.capacity * 2 : stripe.capacity + stripe.capacity / 4)) {
    return true;
  }
  const std::uint64_t crowded = stripe.capacity * 9 / 10;
  if (stripe.growth_at >= crowded) {
    return false;
  }
  stripe.growth_at = crowded;  // slower, but it makes use of the memory there is
  return true;
}

bool StateTable::resize(Stripe& stripe, std::uint64_t capacity) {
  const std::size_t added = static_cast<std::size_t>(capacity) * sizeof(Fingerprint);
  if (added > memory_limit_ || bytes_ > memory_limit_ - added) {
    return false;
  }
  auto* fresh = static_cast<Fingerprint*>(std::calloc(static_cast<std::size_t>(capacity), sizeof(Fingerprint)));
  if (fresh == nullptr) {
    return false;
  }
  for (std::uint64_t i = 0; i < stripe.capacity; ++i) {
    const Fingerprint key = stripe.slots[i];
    if (vacant(key)) {
      continue;
    }
    std::size_t slot = home(key, capacity);
    while (!vacant(fresh[slot])) {
      slot = slot + 1 == capacity ? 0 : slot + 1;
    }
    fresh[slot] = key;
  }
  peak_bytes_ = std::max(peak_bytes_, bytes_ + added);
  bytes_ += added - static_cast<std::size_t>(stripe.capacity) * sizeof(Fingerprint);
  stripe.slots.reset(fresh);
  stripe.capacity = capacity;
  stripe.growth_at = full_at(capacity);
  return true;
}

}  // namespace flowtank::explore
