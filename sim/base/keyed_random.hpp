// SPDX-License-Identifier: Apache-2.0
// Keyed randomness: a draw is a pure function of (seed, what it is for, whose, which of them),
// never of how many draws happened before. So removing a message, a fault or a service changes no
// other draw, and a shrunk run keeps the arrival times of what survives.
//
// Construction. (seed, purpose) is expanded once into two 64-bit keys. A draw folds the two words
// of "whose" into one by a keyed 64x64->128 bit multiplication, adds the number of the draw times
// an odd constant, and finishes with mix64, a permutation with full avalanche. Hence the draws of
// one owner and purpose never repeat over n, owners collide only as random words would (2^-64 a
// pair), and a draw costs three multiplications. It is not cryptography: who knows the seed
// predicts all draws. Test vectors: tests/base/keyed_random_test.cpp. They are frozen; changing one
// changes every run.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/base/hash.hpp"

namespace flowtank {

// The seed of a run, as the user gives it.
struct Seed {
  std::uint64_t value = 0;
  friend constexpr bool operator==(Seed, Seed) = default;
};

// What a draw is for: the stable name of a decision, such as "link.delay" or "fault.dup.hit". Made
// from the name, so that adding a purpose renumbers none.
class Purpose {
 public:
  constexpr Purpose() = default;
  explicit constexpr Purpose(std::string_view name) : id_(hash_bytes(name).lo) {}
  // For purposes that belong to one thing of many, for example the fault with this name.
  constexpr Purpose(std::string_view name, std::string_view of)
      : id_(combine(hash_bytes(name), hash_bytes(of)).lo) {}

  constexpr std::uint64_t id() const { return id_; }
  friend constexpr bool operator==(Purpose, Purpose) = default;

 private:
  std::uint64_t id_ = 0;
};

// Whose draw it is: a semantic identity (client and n; causing event, step and attempt), up to 128
// bits. Never a pointer, an index into something that shrinks, or a running counter of a site.
struct Whose {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  friend constexpr bool operator==(Whose, Whose) = default;
};

constexpr Whose whose(Hash128 identity) { return {identity.hi, identity.lo}; }

// All draws for one purpose under one seed. 24 bytes, trivially copyable: make it once, keep it.
class Draws {
 public:
  constexpr Draws(Seed seed, Purpose purpose) {
    const std::uint64_t both =
        mix64(seed.value + 0x9e3779b97f4a7c15ULL) ^ mix64(purpose.id() + 0x6a09e667f3bcc909ULL);
    // The purpose enters twice, so that two pairs with equal `both` still differ in two of three
    // keys.
    key_hi_ = mix64(both + 0xbb67ae8584caa73bULL);
    key_lo_ = mix64(both + purpose.id() * 0xd1342543de82ef95ULL + 0x3c6ef372fe94f82bULL);
    key_out_ = mix64(key_hi_ + rotate(key_lo_, 23) + 0xa54ff53a5f1d36f1ULL);
  }

  // 64 uniform bits: draw number n of this owner for this purpose.
  constexpr std::uint64_t operator()(Whose who, std::uint32_t n = 0) const {
    const std::uint64_t folded = fold_multiply(who.hi ^ key_hi_, who.lo ^ key_lo_);
    return mix64(folded + key_out_ + (static_cast<std::uint64_t>(n) + 1) * 0x9e3779b97f4a7c15ULL);
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int by) {
    return x << by | x >> (64 - by);
  }

  std::uint64_t key_hi_ = 0;
  std::uint64_t key_lo_ = 0;
  std::uint64_t key_out_ = 0;
};

// One draw without keeping the keys.
constexpr std::uint64_t draw(Seed seed, Purpose purpose, Whose who, std::uint32_t n = 0) {
  return Draws(seed, purpose)(who, n);
}

// A uniform integer in [0, bound) by multiplication with rejection (Lemire 2019, "Fast random
// integer generation in an interval"): the accepted draws hit each value equally often. A rejected
// draw (odds below bound / 2^64) is replaced by mix64 of itself, so the result is a function of the
// draw alone and no other draw is used up. bound 0 gives 0.
constexpr std::uint64_t below(std::uint64_t draw, std::uint64_t bound) {
  uint128 product = static_cast<uint128>(draw) * bound;
  if (static_cast<std::uint64_t>(product) < bound) [[unlikely]] {
    const std::uint64_t rejected = bound == 0 ? 0 : (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < rejected) {
      draw = mix64(draw + 0x9e3779b97f4a7c15ULL);
      product = static_cast<uint128>(draw) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

// A uniform integer in [least, most], both included; least if most < least.
constexpr std::int64_t between(std::uint64_t draw, std::int64_t least, std::int64_t most) {
  if (most <= least) return least;
  const std::uint64_t width =
      static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1;
  const std::uint64_t offset = width == 0 ? draw : below(draw, width);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + offset);
}

// A probability as a multiple of 2^-64: hit by a draw below `threshold_`; 1 is a case of its own.
class Chance {
 public:
  // Never.
  constexpr Chance() = default;
  static constexpr Chance always() { return Chance(0, true); }

  // The probability p as parsed; nothing unless 0 <= p <= 1. Exact for p = 0, p = 1 and every
  // double from 2^-11 on; below that rounded up to a multiple of 2^-64, so that a positive p is
  // never never.
  static constexpr std::optional<Chance> of(double p) {
    if (!(p >= 0 && p <= 1)) return std::nullopt;  // also when NaN
    if (p == 1) return always();
    const double scaled = p * 0x1p64;  // exact: a power of two
    auto threshold = static_cast<std::uint64_t>(scaled);
    if (static_cast<double>(threshold) < scaled) ++threshold;
    return Chance(threshold, false);
  }

  constexpr bool hit(std::uint64_t draw) const { return always_ || draw < threshold_; }
  constexpr bool is_never() const { return !always_ && threshold_ == 0; }
  constexpr bool is_always() const { return always_; }
  // The numerator over 2^64; meaningless when is_always().
  constexpr std::uint64_t threshold() const { return threshold_; }
  friend constexpr bool operator==(Chance, Chance) = default;

 private:
  constexpr Chance(std::uint64_t threshold, bool always) : threshold_(threshold), always_(always) {}

  std::uint64_t threshold_ = 0;
  bool always_ = false;
};

}  // namespace flowtank
