// SPDX-License-Identifier: Apache-2.0
// The checksum of chunks, written after the specification of XXH64 (github.com/Cyan4973/xxHash/blob/dev/doc/
// xxhash_spec.md); tests hold it to the published values.
#include "sim/trace/format.hpp"

namespace flowtank::trace_format {
namespace {

constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87ULL, prime2 = 0xC2B2AE3D27D4EB4FULL, prime3 = 0x165667B19E3779F9ULL,
                        prime4 = 0x85EBCA77C2B2AE63ULL, prime5 = 0x27D4EB2F165667C5ULL;

std::uint64_t round_of(std::uint64_t lane, std::uint64_t word) { return std::rotl(lane + word * prime2, 31) * prime1; }
std::uint64_t merge(std::uint64_t hash, std::uint64_t lane) { return (hash ^ round_of(0, lane)) * prime1 + prime4; }

}  // namespace

std::uint64_t checksum(Bytes bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t hash;
  if (left >= 32) {
    std::uint64_t a = prime1 + prime2, b = prime2, c = 0, d = 0 - prime1;
    for (; left >= 32; left -= 32, at += 32) {
      a = round_of(a, get<std::uint64_t>(at));
      b = round_of(b, get<std::uint64_t>(at + 8));
      c = round_of(c, get<std::uint64_t>(at + 16));
      d = round_of(d, get<std::uint64_t>(at + 24));
    }
    hash = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
    hash = merge(merge(merge(merge(hash, a), b), c), d);
  } else {
    hash = prime5;
  }
  hash += bytes.size();
  for (; left >= 8; left -= 8, at += 8) hash = std::rotl(hash ^ round_of(0, get<std::uint64_t>(at)), 27) * prime1 + prime4;
  if (left >= 4) {
    hash = std::rotl(hash ^ get<std::uint32_t>(at) * prime1, 23) * prime2 + prime3;
    at += 4;
    left -= 4;
  }
  for (; left > 0; --left, ++at) hash = std::rotl(hash ^ static_cast<std::uint64_t>(*at) * prime5, 11) * prime1;
  hash = (hash ^ hash >> 33) * prime2;
  hash = (hash ^ hash >> 29) * prime3;
  return hash ^ hash >> 32;
}

}  // namespace flowtank::trace_format
