// SPDX-License-Identifier: Apache-2.0
// See overrides.hpp. The text of an override is a source of its own, so its nodes have positions too.
#include "sim/scenario/overrides.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "sim/scenario/codes.hpp"
#include "sim/scenario/reading.hpp"

namespace flowtank {

namespace {

constexpr std::array<std::string_view, 10> optional_sections{"run",       "check",    "expect",   "with",  "channels",
                                                            "publishes", "consumes", "arrivals", "retry", "on"};

std::vector<std::string> keys_of(const JsonNode& node) {
  std::vector<std::string> keys;
  for (const JsonMember& member : node.members) keys.push_back(member.key);
  for (const JsonNode& item : node.items) {
    if (const JsonNode* name = item.find("name"); name && name->is(JsonKind::string)) keys.push_back(name->text);
  }
  return keys;
}

// The element of a list by index or by name.
JsonNode* element(JsonNode& list, std::string_view key) {
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (problem == std::errc() && end == key.data() + key.size()) return index < list.items.size() ? &list.items[index] : nullptr;
  for (JsonNode& item : list.items) {
    const JsonNode* name = item.find("name");
    if (name && name->is(JsonKind::string) && name->text == key) return &item;
  }
  return nullptr;
}

void move_positions(JsonNode& node, std::uint32_t source, std::uint32_t by) {
  node.source = source;
  node.offset += by;
  if (node.where.line == 1) node.where.column += by;
  for (JsonNode& item : node.items) move_positions(item, source, by);
  for (JsonMember& member : node.members) {
    if (member.key_where.line == 1) member.key_where.column += by;
    move_positions(member.value, source, by);
  }
}

// The value after '=', placed in the source of the whole assignment.
JsonNode read_value(const std::string& assignment, std::size_t begin, std::uint32_t source, Sources& sources,
                    const ReadLimits& limits) {
  Diagnostics ignored;
  Sources own;
  const std::uint32_t only = own.add(sources.all[source].name, assignment.substr(begin));
  if (auto node = read_json(own, only, limits, ignored); node && ignored.ok()) {
    move_positions(*node, source, static_cast<std::uint32_t>(begin));
    return std::move(*node);
  }
  JsonNode word;
  word.kind = JsonKind::string;
  word.text = assignment.substr(begin);
  word.source = source;
  word.offset = static_cast<std::uint32_t>(begin);
  word.where = {1, static_cast<std::uint32_t>(begin + 1), static_cast<std::uint32_t>(std::max<std::size_t>(1, word.text.size()))};
  return word;
}

bool printable_utf8(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

bool ends_at(const std::string& assignment, const std::string& name, std::size_t begin, std::size_t equals) {
  const std::size_t end = begin + name.size();
  return assignment.compare(begin, name.size(), name) == 0 && (end == equals || (end < equals && assignment[end] == '.'));
}

// The same for an element of a list, by its "name": the longest one that is there.
std::optional<std::size_t> end_of_name(const JsonNode& list, const std::string& assignment, std::size_t begin, std::size_t equals) {
  std::size_t longest = 0;
  for (const JsonNode& item : list.items) {
    const JsonNode* name = item.find("name");
    if (name != nullptr && name->is(JsonKind::string) && ends_at(assignment, name->text, begin, equals)) longest = std::max(longest, name->text.size());
  }
  return longest == 0 ? std::nullopt : std::optional(begin + longest);
}

// Where the key that begins here ends: options of a broker have dots in their names ("enable.auto.commit"). The longest name
// that is there wins; of a broker, what has no name there is a new option as a whole.
std::size_t end_of_key(const JsonNode& node, const std::string& assignment, std::size_t begin, std::size_t equals) {
  const std::size_t dot = std::min(assignment.find('.', begin), equals);
  if (node.is(JsonKind::array)) return end_of_name(node, assignment, begin, equals).value_or(dot);
  if (!node.is(JsonKind::object)) return dot;
  std::size_t longest = 0;
  for (const JsonMember& member : node.members) {
    if (ends_at(assignment, member.key, begin, equals)) longest = std::max(longest, member.key.size());
  }
  if (longest != 0) return begin + longest;
  constexpr std::string_view brokers = "brokers.";
  return assignment.starts_with(brokers) && begin > assignment.find('.', brokers.size()) && assignment.compare(equals - std::min(equals, std::size_t{2}), 2, ".+") != 0 ? equals : dot;
}

}  // namespace

void apply_override(JsonNode& root, const std::string& assignment, Sources& sources, const ReadLimits& limits,
                    Diagnostics& diagnostics) {
  const std::string file = "--set " + assignment.substr(0, 200);
  const auto fail = [&](std::string_view code, std::size_t begin, std::size_t end, std::string message, std::string hint) {
    diagnostics.add({Severity::error, std::string(code), file,
                     {1, static_cast<std::uint32_t>(begin + 1), static_cast<std::uint32_t>(std::max(begin + 1, end) - begin)},
                     "", std::move(message), std::move(hint)});
  };
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0 || !printable_utf8(assignment)) {
    return fail(codes::set_syntax, 0, assignment.size(), "an override is path=value", "For example services.payment.with.consume=inbox.");
  }
  const std::uint32_t source = sources.add(file, assignment);
  JsonNode* node = &root;
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = end_of_key(*node, assignment, begin, equals);
    const std::string key = assignment.substr(begin, dot - begin);
    const bool last = dot == equals;
    if (last && key == "+" && node->is(JsonKind::array)) {
      node->items.push_back(read_value(assignment, equals + 1, source, sources, limits));
      return;
    }
    JsonNode* next = node->is(JsonKind::array) ? element(*node, key) : node->find(key);
    if (key.empty() || (!node->is(JsonKind::object) && !node->is(JsonKind::array))) {
      return fail(codes::set_path, begin, dot, "the path leads nowhere: " + loading::in_quotes(key) + " is inside of a value that is no object", "");
    }
    const bool appends = assignment.compare(dot, equals - dot, ".+") == 0;
    const bool may_be_new = node->is(JsonKind::object) &&
                            (last || appends || std::find(optional_sections.begin(), optional_sections.end(), key) != optional_sections.end());
    if (!next && !may_be_new) {
      return fail(codes::set_path, begin, dot, "there is no " + loading::in_quotes(key) + " at this place of the scenario",
                  name_hint(key, keys_of(*node), "Here are"));
    }
    if (!next) {
      JsonNode section;
      section.kind = appends ? JsonKind::array : JsonKind::object;
      section.source = source;
      section.where = {1, static_cast<std::uint32_t>(begin + 1), static_cast<std::uint32_t>(std::max<std::size_t>(1, key.size()))};
      node->members.push_back({key, section.where, std::move(section)});
      next = &node->members.back().value;
    }
    if (last) {
      *next = read_value(assignment, equals + 1, source, sources, limits);
      return;
    }
    node = next;
    begin = dot + 1;
  }
}

}  // namespace flowtank
