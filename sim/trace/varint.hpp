// SPDX-License-Identifier: Apache-2.0
// Numbers of seven bits a byte, lowest first, as the dictionary and the names of a trace file have them; at most ten bytes.
// Reading never goes beyond the bytes it was given and says when they end too early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/trace/format.hpp"

namespace flowtank::trace_format {

inline void put_varint(std::vector<std::byte>& out, std::uint64_t number) {
  for (; number >= 128; number >>= 7) out.push_back(static_cast<std::byte>(number | 128));
  out.push_back(static_cast<std::byte>(number));
}
constexpr std::uint64_t zigzag(std::int64_t number) { return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63); }
constexpr std::int64_t unzigzag(std::uint64_t bits) { return static_cast<std::int64_t>(bits >> 1 ^ (0 - (bits & 1))); }

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}
  // False from the first read that went beyond the end; such reads give 0 or nothing.
  bool good() const { return good_; }
  std::size_t left() const { return bytes_.size() - at_; }

  std::uint8_t byte() { return need(1) ? static_cast<std::uint8_t>(bytes_[at_++]) : std::uint8_t{0}; }
  std::uint64_t varint() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const std::uint8_t b = byte();
      if (!good_) return 0;
      number |= shift < 64 ? std::uint64_t{b & 127U} << shift : 0;
      if (b < 128) return number;
    }
    good_ = false;
    return 0;
  }
  // A number of things of which each takes at least `least` bytes: more than can follow is an error.
  std::uint64_t count(std::size_t least = 1) {
    const std::uint64_t n = varint();
    if (n <= left() / least) return n;
    good_ = false;
    return 0;
  }
  std::uint64_t word() {
    if (!need(8)) return 0;
    at_ += 8;
    return get<std::uint64_t>(bytes_.data() + at_ - 8);
  }
  std::string_view text(std::size_t size) {
    if (!need(size)) return {};
    at_ += size;
    return {reinterpret_cast<const char*>(bytes_.data()) + at_ - size, size};
  }
  std::string_view rest() { return text(left()); }

 private:
  bool need(std::size_t size) {
    good_ = good_ && size <= left();
    return good_;
  }
  Bytes bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace flowtank::trace_format
