// SPDX-License-Identifier: Apache-2.0
// Keyed randomness: frozen vectors, independence of every key, avalanche, and helpers. The
// statistics are over fixed inputs, so they give the same numbers on every run: no luck is
// involved.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "sim/base/keyed_random.hpp"

using namespace flowtank;

static_assert(draw(Seed{1}, Purpose("link.delay"), {2, 3}) ==
              draw(Seed{1}, Purpose("link.delay"), {2, 3}, 0));
static_assert(Purpose("link.delay") != Purpose("link.loss"));
static_assert(Purpose("fault.hit", "dup") != Purpose("fault.hit", "crash"));

TEST_CASE("keyed_random.vectors_are_frozen") {
  struct Case {
    std::uint64_t seed;
    const char* purpose;
    Whose who;
    std::uint32_t n;
    std::uint64_t expected;
  };
  const Case cases[] = {
      {0x0, "", {0x0, 0x0}, 0x0, 0xc7aac9e8161904c8ULL},
      {0x0, "", {0x0, 0x0}, 0x1, 0x86fc0d507b23b69dULL},
      {0x0, "", {0x0, 0x1}, 0x0, 0x16e8ffe5421baaffULL},
      {0x0, "", {0x1, 0x0}, 0x0, 0x691c302d2256e9c8ULL},
      {0x1, "", {0x0, 0x0}, 0x0, 0x3e7ac45898acef31ULL},
      {0x1, "link.delay", {0x0, 0x0}, 0x0, 0x9417cdde6609902fULL},
      {0x1, "link.delay", {0x2, 0x3}, 0x0, 0x5868db7261b2a09dULL},
      {0x1, "link.delay", {0x2, 0x3}, 0x1, 0x55d5e3c80e3b549eULL},
      {0x1, "link.loss", {0x2, 0x3}, 0x0, 0xf79fe72d953b923fULL},
      {0x2a, "client.arrival", {0x7, 0xc7}, 0x0, 0x89dd379497a6abf7ULL},
      {0xffffffffffffffff,
       "fault.hit",
       {0xffffffffffffffff, 0xffffffffffffffff},
       0xffffffff,
       0xfbb6f6b71b832051ULL},
  };
  for (const Case& c : cases) {
    INFO(c.seed << " " << c.purpose << " " << c.who.hi << " " << c.who.lo << " " << c.n);
    CHECK(draw(Seed{c.seed}, Purpose(c.purpose), c.who, c.n) == c.expected);
  }
}

TEST_CASE("keyed_random.counters_in_any_key_collide_no_more_than_random_words") {
  // 2^18 draws of 64 bits: one collision has odds of 2^-29.
  std::vector<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    for (const char* purpose : {"a", "b", "link.delay", "link.loss"}) {
      const Draws draws(Seed{seed}, Purpose(purpose));
      for (std::uint64_t hi = 0; hi < 16; ++hi) {
        for (std::uint64_t lo = 0; lo < 64; ++lo) {
          for (std::uint32_t n = 0; n < 8; ++n) seen.push_back(draws({hi, lo}, n));
        }
      }
    }
  }
  REQUIRE(seen.size() == 1 << 18);
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("keyed_random.each_bit_of_each_key_flips_half_of_the_draw") {
  constexpr int kSamples = 2000;
  const auto check = [](auto flipped) {
    std::array<int, 64> flips{};
    for (std::uint64_t i = 0; i < kSamples; ++i) {
      const std::uint64_t difference = flipped(i, false) ^ flipped(i, true);
      for (std::size_t bit = 0; bit < 64; ++bit)
        flips[bit] += static_cast<int>(difference >> bit & 1);
    }
    // Six standard deviations of a fair coin.
    return std::all_of(flips.begin(), flips.end(),
                       [](int n) { return std::abs(n - kSamples / 2) < 135; });
  };
  const Purpose purpose("avalanche");
  int failed = 0;
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t flip = std::uint64_t{1} << bit;
    failed += !check([&](std::uint64_t i, bool f) {
      return draw(Seed{f ? i ^ flip : i}, purpose, {1, 2});
    });
    failed += !check([&](std::uint64_t i, bool f) {
      return draw(Seed{9}, purpose, {f ? i ^ flip : i, 2});
    });
    failed += !check([&](std::uint64_t i, bool f) {
      return draw(Seed{9}, purpose, {1, f ? i ^ flip : i});
    });
    if (bit >= 32) continue;
    const std::uint32_t narrow = std::uint32_t{1} << bit;
    failed += !check([&](std::uint64_t i, bool f) {
      const auto n = static_cast<std::uint32_t>(i);
      return draw(Seed{9}, purpose, {1, 2}, f ? n ^ narrow : n);
    });
  }
  CHECK(failed == 0);
  // The check itself can fail: an unfinished product does not mix its low bits.
  CHECK_FALSE(
      check([](std::uint64_t i, bool f) { return (f ? i ^ 4 : i) * 0x9e3779b97f4a7c15ULL; }));
}

TEST_CASE("keyed_random.draws_of_one_owner_never_repeat") {
  const Draws draws(Seed{3}, Purpose("x"));
  std::set<std::uint64_t> seen;
  for (std::uint32_t n = 0; n < 100'000; ++n) seen.insert(draws({7, 7}, n));
  CHECK(seen.size() == 100'000);
}

TEST_CASE("keyed_random.bounded_integers_are_even_and_in_range") {
  const Draws draws(Seed{5}, Purpose("bounded"));
  for (const std::uint64_t bound : {1ULL, 2ULL, 6ULL, 10ULL}) {
    std::array<int, 10> counts{};
    for (std::uint32_t n = 0; n < 60'000; ++n) {
      const std::uint64_t value = below(draws({}, n), bound);
      REQUIRE(value < bound);
      ++counts[value];
    }
    const int expected = 60'000 / static_cast<int>(bound);
    for (std::uint64_t v = 0; v < bound; ++v)
      CHECK(std::abs(counts[v] - expected) < 6 * std::sqrt(expected));
  }
  CHECK(below(123, 0) == 0);
  CHECK(below(~std::uint64_t{0}, 10) == 9);
  CHECK(below(~std::uint64_t{0}, ~std::uint64_t{0}) == ~std::uint64_t{0} - 1);
  // Draw 0 is rejected for a bound that is not a power of two, and replaced by a function of
  // itself.
  CHECK(below(0, 6) == below(mix64(0x9e3779b97f4a7c15ULL), 6));
}

TEST_CASE("keyed_random.between_includes_both_ends") {
  CHECK(between(0, -4, 4) >= -4);
  CHECK(between(~std::uint64_t{0}, -4, 4) == 4);
  CHECK(between(5, 7, 7) == 7);
  CHECK(between(5, 7, 6) == 7);
  CHECK(between(0, INT64_MIN, INT64_MAX) == INT64_MIN);
  CHECK(between(~std::uint64_t{0}, INT64_MIN, INT64_MAX) == INT64_MAX);
}

TEST_CASE("keyed_random.chances_are_exact_fractions") {
  CHECK(Chance::of(0)->is_never());
  CHECK(Chance::of(-0.0)->is_never());
  CHECK(Chance::of(1)->is_always());
  CHECK(Chance::of(1)->hit(~std::uint64_t{0}));
  CHECK_FALSE(Chance::of(0)->hit(0));
  CHECK(Chance::of(0.5)->threshold() == std::uint64_t{1} << 63);
  CHECK(Chance::of(0.1)->threshold() ==
        0x1999999999999a00ULL);  // the double nearest to 0.1, exactly
  CHECK(Chance::of(1e-300)->threshold() == 1);
  CHECK(Chance::of(0x1.fffffffffffffp-1)->threshold() == 0xfffffffffffff800ULL);
  CHECK_FALSE(Chance::of(-0.001).has_value());
  CHECK_FALSE(Chance::of(1.001).has_value());
  CHECK_FALSE(Chance::of(std::nan("")).has_value());
  const Draws draws(Seed{5}, Purpose("chance"));
  int hits = 0;
  for (std::uint32_t n = 0; n < 100'000; ++n) hits += Chance::of(0.3)->hit(draws({}, n));
  CHECK(std::abs(hits - 30'000) < 6 * 145);
}
