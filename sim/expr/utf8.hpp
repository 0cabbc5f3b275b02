// SPDX-License-Identifier: Apache-2.0
// The little of UTF-8 that CEL needs: validity, counting and encoding code points. Overlong forms,
// surrogates and values above 0x10FFFF are invalid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace flowtank::expr {

// Length in bytes of the valid code point at `at`, or 0.
inline std::size_t utf8_length_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(at);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return continues(at + 1) ? 2 : 0;
  if ((first & 0xF0U) == 0xE0U) {
    const unsigned second = byte(at + 1);
    if (!continues(at + 1) || !continues(at + 2)) return 0;
    if ((first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second >= 0xA0U)) return 0;
    return 3;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const unsigned second = byte(at + 1);
    if (!continues(at + 1) || !continues(at + 2) || !continues(at + 3)) return 0;
    if ((first == 0xF0U && second < 0x90U) || (first == 0xF4U && second >= 0x90U)) return 0;
    return 4;
  }
  return 0;
}

// Offset of the first byte that is not valid UTF-8; the size of the text when all of it is.
inline std::size_t utf8_valid_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t n = utf8_length_at(text, at);
    if (n == 0) return at;
    at += n;
  }
  return at;
}

// Code points of a valid text.
inline std::int64_t utf8_count(std::string_view text) {
  std::int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  return count;
}

inline void append_utf8(std::uint32_t point, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | point >> 6);
    put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | point >> 12);
    put(0x80U | (point >> 6 & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | point >> 18);
    put(0x80U | (point >> 12 & 0x3FU));
    put(0x80U | (point >> 6 & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
}

}  // namespace flowtank::expr
