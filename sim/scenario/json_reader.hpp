// SPDX-License-Identifier: Apache-2.0
// Reads JSON into a tree in which every key and value knows its line, column and length, so that later
// errors point at the very characters. The grammar is JSON with // and /* */ comments; duplicate keys,
// trailing commas, bad UTF-8 and integers beyond 64 bits are diagnosed. Integers (no fraction, no
// exponent) stay int64. Whatever the bytes are, reading ends within the stated limits and never throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>

namespace flowtank {

// Limits of one file. All are configurable; reaching one is a diagnostic (FT-RANGE-001 to 003).
struct ReadLimits {
  std::size_t file_bytes = std::size_t{64} << 20;  // at most 1 GiB is honoured
  std::size_t values = 2'000'000;                  // objects, arrays and scalars together
  std::size_t depth = 200;                         // open brackets
};

// The texts that nodes come from: files, and the texts of --set overrides. Indices are stable.
struct Source {
  std::string name;  // as the user wrote it
  std::string text;
};

struct Sources {
  std::vector<Source> all;

  std::uint32_t add(std::string name, std::string text) {
    all.push_back({std::move(name), std::move(text)});
    return static_cast<std::uint32_t>(all.size() - 1);
  }
};

enum class JsonKind : std::uint8_t { null, boolean, integer, real, string, array, object };

struct JsonMember;

struct JsonNode {
  JsonKind kind = JsonKind::null;
  bool boolean = false;
  std::uint32_t source = 0;   // index in Sources
  std::uint32_t offset = 0;   // of its first byte in the text of the source
  SourceRange where;          // scalars: the whole; arrays and objects: the opening bracket
  std::int64_t integer = 0;
  double real = 0;            // of integers too
  std::string text;           // strings: decoded
  std::vector<JsonNode> items;
  std::vector<JsonMember> members;  // in the order of the file, keys unique

  bool is(JsonKind k) const { return kind == k; }
  bool is_number() const { return kind == JsonKind::integer || kind == JsonKind::real; }
  const JsonNode* find(std::string_view key) const;
  JsonNode* find(std::string_view key);
  const JsonMember* find_member(std::string_view key) const;
};

struct JsonMember {
  std::string key;
  SourceRange key_where;  // with its quotes
  JsonNode value;
};

// Reads the text of sources.all[source]. Nothing when the text is not JSON or a limit was reached; then
// diagnostics say where. Duplicate keys and integers out of range are diagnosed and reading goes on
// (the first of the duplicates stays).
std::optional<JsonNode> read_json(const Sources& sources, std::uint32_t source, const ReadLimits& limits,
                                  Diagnostics& diagnostics);

// Reads a whole file into a string. Diagnosed (FT-FILE-001, FT-RANGE-001) when it cannot be opened, is
// no regular file or is larger than the limit; at most limit + 1 bytes are ever read.
std::optional<std::string> read_text_file(const std::string& path, const ReadLimits& limits, Diagnostics& diagnostics);

// The range in the file of `length` bytes at `begin` of the decoded text of a string node: escapes and
// quotes are accounted for. Clipped to the string.
SourceRange range_inside(const Sources& sources, const JsonNode& string, std::size_t begin, std::size_t length);

// "string", "list", "object", "whole number", ...: what a node is, in the words of messages.
std::string_view kind_name(JsonKind kind);

// `pointer` with one more segment, escaped as RFC 6901 says.
std::string pointer_to(std::string_view pointer, std::string_view key);
std::string pointer_to(std::string_view pointer, std::size_t index);

}  // namespace flowtank
