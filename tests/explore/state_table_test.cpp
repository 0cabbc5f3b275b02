// SPDX-License-Identifier: Apache-2.0
// The visited sets: every key once, none lost while growing, memory within what is promised.
#include <sim/explore/encoding_table.hpp>
#include <sim/explore/state_table.hpp>

#include <catch2/catch.hpp>

#include <array>

using namespace flowtank::explore;

namespace {

Fingerprint key(std::uint64_t i) { return flowtank::fingerprint_share(7, {i, i}); }

std::array<std::byte, 9> encoding(std::uint64_t i) {
  std::array<std::byte, 9> bytes{};
  for (std::size_t b = 0; b < 8; ++b) {
    bytes[b] = static_cast<std::byte>(i >> (8 * b) & 0xffU);
  }
  return bytes;
}

}  // namespace

TEST_CASE("state_table.holds_every_key_once_while_growing") {
  StateTable table;
  for (std::uint64_t i = 1; i <= 300'000; ++i) {
    REQUIRE(table.insert(key(i)) == Insertion::inserted);
    if (i % 1000 == 0) {
      REQUIRE(table.insert(key(i / 2)) == Insertion::present);
    }
  }
  CHECK(table.size() == 300'000);
  std::uint64_t found = 0;
  for (std::uint64_t i = 1; i <= 600'000; ++i) {
    found += table.contains(key(i)) ? 1 : 0;
  }
  CHECK(found == 300'000);
}

TEST_CASE("state_table.takes_at_most_33_bytes_a_state_and_no_doubled_peak") {
  StateTable table;
  for (std::uint64_t i = 1; i <= 2'000'000; ++i) {
    table.insert(key(i));
    if (i % 10'000 == 0 && i >= 100'000) {
      REQUIRE(static_cast<double>(table.bytes()) / static_cast<double>(i) <= 33.0);
      REQUIRE(static_cast<double>(table.peak_bytes()) <= 1.05 * static_cast<double>(table.bytes()));
    }
  }
}

TEST_CASE("state_table.says_full_at_its_memory_limit_and_keeps_what_it_has") {
  StateTable table(1'000'000);
  std::uint64_t stored = 0;
  while (table.insert(key(stored + 1)) == Insertion::inserted) {
    ++stored;
  }
  CHECK(table.insert(key(stored + 1)) == Insertion::full);
  CHECK(table.insert(key(1)) == Insertion::present);
  CHECK(table.size() == stored);
  CHECK(table.peak_bytes() <= 1'000'000);
  CHECK(stored * 16 > 450'000);
}

TEST_CASE("state_table.expected_states_make_room_at_once") {
  StateTable table(std::numeric_limits<std::size_t>::max(), 100'000);
  const std::size_t bytes = table.bytes();
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    table.insert(key(i));
  }
  CHECK(table.bytes() == bytes);
}

TEST_CASE("state_table.fingerprint_zero_is_a_key_like_others") {
  StateTable table;
  CHECK_FALSE(table.contains(0));
  CHECK(table.insert(0) == Insertion::inserted);
  CHECK(table.insert(0) == Insertion::present);
}

TEST_CASE("encoding_table.compares_whole_encodings") {
  EncodingTable table;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    REQUIRE(table.insert(encoding(i)) == Insertion::inserted);
  }
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    REQUIRE(table.insert(encoding(i)) == Insertion::present);
  }
  CHECK(table.insert({}) == Insertion::inserted);
  const auto one = encoding(1);
  CHECK(table.insert(std::span<const std::byte>(one).first(8)) == Insertion::inserted);
  CHECK(table.size() == 10'002);
}

TEST_CASE("encoding_table.says_full_at_its_memory_limit") {
  EncodingTable table(100'000);
  std::uint64_t stored = 0;
  while (table.insert(encoding(stored)) == Insertion::inserted) {
    ++stored;
  }
  CHECK(stored > 500);
  CHECK(table.insert(encoding(0)) == Insertion::present);
}

TEST_CASE("fingerprint.collision_odds_follow_the_birthday_bound") {
  CHECK(collision_odds(0) == 0.0);
  CHECK(collision_odds(1) == 0.0);
  CHECK(collision_odds(2) == Approx(2.94e-39).epsilon(0.01));
  CHECK(collision_odds(2'029'675) == Approx(6.05e-27).epsilon(0.01));
}

TEST_CASE("fingerprint.bytes_length_and_seed_matter") {
  const std::array<std::byte, 3> zeros{};
  const auto bytes = std::span<const std::byte>(zeros);
  CHECK((fingerprint_of(bytes) != fingerprint_of(bytes.first(2))));
  CHECK((fingerprint_of(bytes) != fingerprint_of(bytes, 1)));
  CHECK((fingerprint_of(bytes) == fingerprint_of(bytes)));
}
