// SPDX-License-Identifier: Apache-2.0
// Text on its way out: a buffer of bounded size that writes itself away when it is full, and the few ways in which the
// formats put numbers and texts. Nothing here depends on a locale, and nothing is allocated for a number.
#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace flowtank::reports {

// Appends `text` as the inside of a JSON string. Line feeds, quotes and every other control character are escaped.
void append_json(std::string& out, std::string_view text);
// The text as a whole JSON string, with its quotes.
std::string json_quoted(std::string_view text);

// Small pieces that formats are made of; each gives the buffer back.
class Piece {
 public:
  explicit Piece(std::string& out) : out_(out) {}
  Piece& operator<<(std::string_view text) {
    out_.append(text);
    return *this;
  }
  Piece& operator<<(char c) {
    out_.push_back(c);
    return *this;
  }
  template <typename Number>
  Piece& number(Number value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    out_.append(digits, static_cast<std::size_t>(end.ptr - digits));
    return *this;
  }
  // 16 lower-case digits.
  Piece& hex(std::uint64_t value) {
    static constexpr char digits[] = "0123456789abcdef";
    char text[16];
    for (int i = 15; i >= 0; --i, value >>= 4) text[i] = digits[value & 15];
    out_.append(text, 16);
    return *this;
  }
  // A JSON string with its quotes.
  Piece& quoted(std::string_view text) {
    out_.push_back('"');
    append_json(out_, text);
    out_.push_back('"');
    return *this;
  }
  // Nanoseconds as microseconds with three digits behind the point, as trace viewers read them.
  Piece& microseconds(std::int64_t nanoseconds) {
    number(nanoseconds / 1000) << '.';
    const auto rest = static_cast<unsigned>(nanoseconds % 1000);
    out_.push_back(static_cast<char>('0' + rest / 100));
    out_.push_back(static_cast<char>('0' + rest / 10 % 10));
    out_.push_back(static_cast<char>('0' + rest % 10));
    return *this;
  }

 private:
  std::string& out_;
};

class Output {
 public:
  // `write` takes the text piece by piece, and gives false when it cannot; nothing more is written then.
  using Write = std::function<bool(std::string_view)>;
  explicit Output(Write write) : write_(std::move(write)) { text_.reserve(full + full / 4); }

  // What is not written yet; formats append to it and call yield() between two things.
  std::string& text() { return text_; }
  void yield() {
    if (text_.size() >= full) flush();
  }
  bool flush();
  bool good() const { return good_; }
  std::uint64_t bytes() const { return bytes_ + text_.size(); }

 private:
  static constexpr std::size_t full = std::size_t{1} << 18;
  Write write_;
  std::string text_;
  std::uint64_t bytes_ = 0;
  bool good_ = true;
};

}  // namespace flowtank::reports
