// SPDX-License-Identifier: Apache-2.0
// What a command answers: nil, a whole number, a text, an error or a list, as RESP has them. Arguments are texts as a client
// sends them; keywords are compared without regard to case, as Redis does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/brokers/redis_streams/stream_id.hpp"

namespace flowtank::redis {

struct Reply {
  enum class Kind : std::uint8_t { nil, integer, text, error, list };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;            // text, error
  std::vector<Reply> items;    // list

  static Reply nil() { return {}; }
  static Reply of(std::int64_t value) { return {Kind::integer, value, {}, {}}; }
  static Reply of(int value) { return of(std::int64_t{value}); }
  static Reply of(std::uint64_t value) { return of(static_cast<std::int64_t>(value)); }
  static Reply of(std::string value) { return {Kind::text, 0, std::move(value), {}}; }
  static Reply of(const char* value) { return of(std::string(value)); }
  static Reply of(const StreamId& id) { return of(to_text(id)); }
  static Reply of(std::vector<Reply> items) { return {Kind::list, 0, {}, std::move(items)}; }
  static Reply fail(std::string message) { return {Kind::error, 0, std::move(message), {}}; }
  bool is_error() const { return kind == Kind::error; }
};

using Arguments = std::vector<std::string>;

// Is the argument this keyword, which is written in capitals?
inline bool is_word(std::string_view argument, std::string_view keyword) {
  if (argument.size() != keyword.size()) return false;
  for (std::size_t i = 0; i < keyword.size(); ++i) {
    const char c = argument[i];
    if ((c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c) != keyword[i]) return false;
  }
  return true;
}

}  // namespace flowtank::redis
