// SPDX-License-Identifier: Apache-2.0
// Escape sequences of string and bytes literals (CEL language definition, "String and Bytes Values").
// In a string \x41 and \101 are code points, in bytes they are octets; \u and \U are for strings only.
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/expr/lexer.hpp"
#include "sim/expr/utf8.hpp"

namespace flowtank::expr {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads `count` digits of `base` at `at`; false when there are fewer.
bool read_digits(std::string_view body, std::size_t at, std::size_t count, int base, std::uint32_t& out) {
  if (at + count > body.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    const int digit = hex_digit(body[i]);
    if (digit < 0 || digit >= base) return false;
    out = out * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
  }
  return true;
}

bool is_high_surrogate(std::uint32_t p) { return p >= 0xD800 && p <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t p) { return p >= 0xDC00 && p <= 0xDFFF; }

struct Decoder {
  std::string_view body;
  bool bytes;
  std::string& out;
  EscapeError& error;
  std::size_t at = 0;

  bool fail(std::size_t length, std::string message) {
    error = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length), std::move(message)};
    return false;
  }

  void put_octet_or_point(std::uint32_t value) {
    if (bytes) out.push_back(static_cast<char>(value));
    else append_utf8(value, out);
  }

  // `at` is on the backslash of \u or \U.
  bool unicode(std::size_t digits) {
    if (bytes) return fail(2, "unicode escapes are not allowed in a bytes literal");
    std::uint32_t point = 0;
    if (!read_digits(body, at + 2, digits, 16, point)) return fail(2, "incomplete unicode escape");
    std::size_t used = 2 + digits;
    if (is_high_surrogate(point)) {
      std::uint32_t low = 0;
      const std::size_t next = at + used;
      if (next + 1 < body.size() && body[next] == '\\' && body[next + 1] == 'u' &&
          read_digits(body, next + 2, 4, 16, low) && is_low_surrogate(low)) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        used += 6;
      }
    }
    if (point > 0x10FFFF || is_high_surrogate(point) || is_low_surrogate(point)) {
      return fail(used, "the escape is not a unicode code point");
    }
    append_utf8(point, out);
    at += used;
    return true;
  }

  bool escape() {
    if (at + 1 >= body.size()) return fail(1, "incomplete escape sequence");
    const char c = body[at + 1];
    static constexpr std::string_view from = "abfnrtv\\?\"'`";
    static constexpr std::string_view to = "\a\b\f\n\r\t\v\\?\"'`";
    if (const auto index = from.find(c); index != std::string_view::npos) {
      out.push_back(to[index]);
      at += 2;
      return true;
    }
    std::uint32_t value = 0;
    if (c == 'x' || c == 'X') {
      if (!read_digits(body, at + 2, 2, 16, value)) return fail(2, "\\x needs two hexadecimal digits");
      put_octet_or_point(value);
      at += 4;
      return true;
    }
    if (c == 'u') return unicode(4);
    if (c == 'U') return unicode(8);
    if (c >= '0' && c <= '3') {
      if (!read_digits(body, at + 1, 3, 8, value)) return fail(2, "an octal escape needs three digits, 000 to 377");
      put_octet_or_point(value);
      at += 4;
      return true;
    }
    return fail(2, "unknown escape sequence");
  }
};

}  // namespace

bool decode_literal(std::string_view body, bool bytes, std::string& out, EscapeError& error) {
  out.clear();
  Decoder decoder{body, bytes, out, error};
  while (decoder.at < body.size()) {
    const std::size_t backslash = body.find('\\', decoder.at);
    const std::size_t end = backslash == std::string_view::npos ? body.size() : backslash;
    out += body.substr(decoder.at, end - decoder.at);
    decoder.at = end;
    if (end < body.size() && !decoder.escape()) return false;
  }
  return true;
}

}  // namespace flowtank::expr
