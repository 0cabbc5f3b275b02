// SPDX-License-Identifier: Apache-2.0
// Numbers and byte strings as one line of words: what the records of a campaign file are made of. Numbers are lower case
// hex; a byte string is its length, then two digits a byte. A reader that meets something else is no longer good and gives zeroes.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace flowtank::campaign {

class FieldWriter {
 public:
  FieldWriter& number(std::uint64_t value) {
    char digits[17];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, 16);
    if (!text_.empty()) text_ += ' ';
    text_.append(digits, end.ptr);
    return *this;
  }
  FieldWriter& bytes(std::string_view value) {
    constexpr char hex[] = "0123456789abcdef";
    number(value.size());
    text_ += ' ';
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      text_ += hex[byte >> 4];
      text_ += hex[byte & 15];
    }
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  std::uint64_t number() {
    const std::string_view field = word();
    std::uint64_t value = 0;
    const auto read = std::from_chars(field.data(), field.data() + field.size(), value, 16);
    if (field.empty() || read.ec != std::errc() || read.ptr != field.data() + field.size()) good_ = false;
    return good_ ? value : 0;
  }
  std::string bytes() {
    const std::uint64_t size = number();
    const std::string_view field = word();
    std::string value;
    if (field.size() != 2 * size) good_ = false;
    for (std::size_t i = 0; good_ && i < field.size(); i += 2) {
      unsigned byte = 0;
      const auto read = std::from_chars(field.data() + i, field.data() + i + 2, byte, 16);
      if (read.ptr != field.data() + i + 2) good_ = false;
      value += static_cast<char>(byte);
    }
    return value;
  }
  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view word() {
    const std::size_t end = rest_.find(' ');
    const std::string_view field = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    return field;
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace flowtank::campaign
