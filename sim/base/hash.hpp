// SPDX-License-Identifier: Apache-2.0
// Hashing that is part of what users see: fingerprints of states and runs, identities of interned
// contents, derived event ids. Every function is a pure function of bytes, the same on every
// compiler and machine (little-endian reads are spelled out), and never of an address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flowtank {

__extension__ using uint128 = unsigned __int128;

// A well mixed 64-bit permutation (the finisher of SplitMix64, Steele, Lea and Flood 2014).
constexpr std::uint64_t mix64(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) {
  const uint128 product = static_cast<uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// 128 bits that identify a content. Odds of a collision among n contents: below n^2 / 2^129.
struct Hash128 {
  std::uint64_t lo = 0;
  std::uint64_t hi = 0;
  friend constexpr bool operator==(const Hash128&, const Hash128&) = default;
};

// Order-dependent combination of an accumulated hash with one more word.
constexpr Hash128 combine(Hash128 h, std::uint64_t word) {
  const std::uint64_t a = fold_multiply(h.lo ^ word ^ 0x9e3779b97f4a7c15ULL, 0xa0761d6478bd642fULL ^ h.hi);
  const std::uint64_t b = mix64(h.hi + 0xe7037ed1a0b428dbULL + fold_multiply(word ^ 0x8ebc6af09c88c6e3ULL, 0x589965cc75374cc3ULL ^ h.lo));
  return {a, b};
}

constexpr Hash128 combine(Hash128 h, Hash128 other) { return combine(combine(h, other.lo), other.hi); }

// Hash of a byte string; the length is part of it.
constexpr Hash128 hash_bytes(std::string_view bytes, std::uint64_t seed = 0) {
  Hash128 h{seed ^ 0x243f6a8885a308d3ULL, bytes.size() ^ 0x13198a2e03707344ULL};
  std::size_t i = 0;
  auto byte = [&](std::size_t at) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at]));
  };
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8; ++k) word |= byte(i + k) << (8 * k);
    h = combine(h, word);
  }
  std::uint64_t tail = 0;
  for (std::size_t k = 0; i + k < bytes.size(); ++k) tail |= byte(i + k) << (8 * k);
  return combine(h, tail);
}

// The share of one (component, content) pair in a state fingerprint, to be added modulo 2^128.
// Sums, not exclusive or: two equal shares must not cancel.
constexpr uint128 fingerprint_share(std::uint64_t component, Hash128 content) {
  const std::uint64_t lo = mix64(component + fold_multiply(content.lo ^ 0xd6e8feb86659fd93ULL, content.hi ^ 0x9e3779b97f4a7c15ULL));
  const std::uint64_t hi = mix64(lo ^ fold_multiply(component ^ 0xa0761d6478bd642fULL, content.lo + 0xe7037ed1a0b428dbULL));
  return static_cast<uint128>(hi) << 64 | lo;
}

}  // namespace flowtank
