// SPDX-License-Identifier: Apache-2.0
// The parts of json_reader.hpp that need no JSON parser: reading a file within its limit, lookups in the
// tree, JSON pointers, and the way from an offset in a decoded string back to the characters in the file.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "sim/scenario/codes.hpp"
#include "sim/scenario/json_reader.hpp"

namespace flowtank {

const JsonMember* JsonNode::find_member(std::string_view key) const {
  for (const JsonMember& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

const JsonNode* JsonNode::find(std::string_view key) const {
  const JsonMember* member = find_member(key);
  return member ? &member->value : nullptr;
}

JsonNode* JsonNode::find(std::string_view key) {
  for (JsonMember& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::optional<std::string> read_text_file(const std::string& path, const ReadLimits& limits, Diagnostics& diagnostics) {
  const auto fail = [&](std::string_view code, std::string message, std::string hint) {
    diagnostics.add({Severity::error, std::string(code), path, {}, "", std::move(message), std::move(hint)});
    return std::nullopt;
  };
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (problem || !std::filesystem::exists(status)) return fail(codes::file_missing, "there is no such file", "");
  if (std::filesystem::is_directory(status)) return fail(codes::file_missing, "this is a folder, not a file", "");
  const std::size_t limit = std::min(limits.file_bytes, std::size_t{1} << 30);
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(codes::file_missing, "the file cannot be opened", "May you read it?");
  std::string text;
  std::string chunk(std::size_t{1} << 16, '\0');
  while (in && text.size() <= limit) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    text.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
  }
  if (text.size() > limit) {
    return fail(codes::range_file, "the file is larger than " + std::to_string(limit) + " bytes", "This is a limit of reading; it can be raised.");
  }
  return text;
}

namespace {

// Bytes that an escape at text[i] takes in the file, and how many bytes it decodes to.
std::pair<std::size_t, std::size_t> escape_size(std::string_view text, std::size_t i) {
  if (i + 1 >= text.size() || text[i + 1] != 'u') return {2, 1};
  const auto hex = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t k = at; k < std::min(at + 4, text.size()); ++k) {
      const char c = text[k];
      const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      value = value * 16 + static_cast<std::uint32_t>(digit & 15);
    }
    return value;
  };
  const std::uint32_t unit = hex(i + 2);
  if (unit >= 0xd800 && unit < 0xdc00) return {12, 4};  // a surrogate pair
  return {6, unit < 0x80 ? 1U : unit < 0x800 ? 2U : 3U};
}

}  // namespace

SourceRange range_inside(const Sources& sources, const JsonNode& string, std::size_t begin, std::size_t length) {
  const std::string_view text = sources.all[string.source].text;
  if (!string.is(JsonKind::string) || string.offset >= text.size() || text[string.offset] != '"') {
    // A bare word of an override: what is written is what is meant.
    const std::size_t most = string.text.size();
    const std::size_t from = std::min(begin, most);
    return {string.where.line, string.where.column + static_cast<std::uint32_t>(from),
            static_cast<std::uint32_t>(std::max<std::size_t>(1, std::min(length, most - from)))};
  }
  std::size_t raw = string.offset + 1;
  std::size_t decoded = 0;
  const auto walk_to = [&](std::size_t target) {
    while (decoded < target && raw < text.size() && text[raw] != '"') {
      const auto [bytes, gives] = text[raw] == '\\' ? escape_size(text, raw) : std::pair<std::size_t, std::size_t>(1, 1);
      if (decoded + gives > target) break;
      raw += bytes;
      decoded += gives;
    }
  };
  walk_to(begin);
  const std::size_t from = raw;
  walk_to(begin + length);
  // JSON strings hold no line breaks, so the column is a plain distance.
  return {string.where.line, string.where.column + static_cast<std::uint32_t>(from - string.offset),
          static_cast<std::uint32_t>(std::max<std::size_t>(1, raw - from))};
}

std::string_view kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::null: return "null";
    case JsonKind::boolean: return "true or false";
    case JsonKind::integer: return "a whole number";
    case JsonKind::real: return "a number";
    case JsonKind::string: return "a string";
    case JsonKind::array: return "a list";
    case JsonKind::object: return "an object";
  }
  return "";
}

std::string pointer_to(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (const char c : key) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

std::string pointer_to(std::string_view pointer, std::size_t index) {
  return pointer_to(pointer, std::to_string(index));
}

}  // namespace flowtank
