// SPDX-License-Identifier: Apache-2.0
// See partitioner.hpp: Java's murmur2 and the CRC32 that librdkafka uses, bit for bit.
#include "models/brokers/kafka/partitioner.hpp"

#include <array>

namespace flowtank::kafka {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320U ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  return table;
}

constexpr std::uint32_t byte(std::string_view key, std::size_t at) { return static_cast<unsigned char>(key[at]); }

}  // namespace

std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t m = 0x5bd1e995U;
  const auto length = static_cast<std::uint32_t>(key.size());
  std::uint32_t h = 0x9747b28cU ^ length;
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t k = byte(key, at) | byte(key, at + 1) << 8 | byte(key, at + 2) << 16 | byte(key, at + 3) << 24;
    k *= m;
    k ^= k >> 24;
    k *= m;
    h = h * m ^ k;
  }
  const std::size_t rest = key.size() - at;
  if (rest >= 3) h ^= byte(key, at + 2) << 16;
  if (rest >= 2) h ^= byte(key, at + 1) << 8;
  if (rest >= 1) h = (h ^ byte(key, at)) * m;
  h ^= h >> 13;
  h *= m;
  return h ^ h >> 15;
}

std::uint32_t crc32(std::string_view key) {
  static constexpr auto table = crc_table();
  std::uint32_t c = 0xffffffffU;
  for (std::size_t i = 0; i < key.size(); ++i) c = table[(c ^ byte(key, i)) & 0xff] ^ c >> 8;
  return c ^ 0xffffffffU;
}

std::uint32_t partition_of_key(Partitioner partitioner, std::string_view key, std::uint32_t partitions) {
  // KF-PART-1: toPositive drops the sign bit; CRC32 is unsigned already.
  const bool java = partitioner == Partitioner::murmur2 || partitioner == Partitioner::murmur2_random;
  return (java ? murmur2(key) & 0x7fffffffU : crc32(key)) % partitions;
}

}  // namespace flowtank::kafka
