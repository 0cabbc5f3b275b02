// SPDX-License-Identifier: Apache-2.0
// Fingerprints of byte strings and the odds of a collision; see fingerprint.hpp.
#include "sim/explore/fingerprint.hpp"

#include <string_view>

namespace flowtank::explore {

Fingerprint fingerprint_of(std::span<const std::byte> bytes, std::uint64_t seed) {
  const Hash128 hash = hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, seed);
  return static_cast<Fingerprint>(mix64(hash.hi)) << 64U | mix64(hash.lo);
}

double collision_odds(std::uint64_t states) {
  const double n = static_cast<double>(states);
  const double pairs = states < 2 ? 0.0 : n * (n - 1.0) / 2.0;
  return pairs / (18446744073709551616.0 * 18446744073709551616.0);
}

}  // namespace flowtank::explore
