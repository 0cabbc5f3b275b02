// SPDX-License-Identifier: Apache-2.0
// See evidence.hpp. Sentences name tables, keys and columns as the user does, never cells or words.
#include "sim/property/evidence.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include <sim/world/world.hpp>

namespace flowtank {
namespace {

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Does the text contain the word, not as a part of a longer name?
bool mentions(const std::string& text, const std::string& word) {
  if (word.empty()) return false;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !is_name_character(text[at - 1]);
    const std::size_t end = at + word.size();
    if (starts && (end == text.size() || !is_name_character(text[end]))) return true;
  }
  return false;
}

bool is_message(const Value& value) {
  return value.is(Kind::record) && value.items().size() == message_fields && value.items()[field_type].is(Kind::string);
}

// Does the expression look a key of the table up, rather than go through its rows?
bool looks_up(const std::string& source, const std::string& table) {
  return source.find(table + "[") != std::string::npos || source.find("in " + table) != std::string::npos;
}

std::string list_columns(const World& world, std::uint32_t table, Cell row, const std::string& name,
                         const std::string& source) {
  const auto& columns = world.system().tables[table].columns;
  std::vector<std::uint32_t> shown;
  for (std::uint32_t c = 1; c < columns.size(); ++c) {
    if (mentions(source, columns[c].name)) shown.push_back(c);
  }
  if (shown.empty()) {
    for (std::uint32_t c = 1; c < columns.size(); ++c) {
      const Word word = world.store().column(row, c);
      // What a row carries for others (an event in an outbox) explains nothing about itself.
      if (word == absent_word || !is_message(world.pool().value(word))) shown.push_back(c);
    }
  }
  std::string text;
  for (const std::uint32_t c : shown) {
    const Word word = world.store().column(row, c);
    const Value value = word == absent_word ? Value::of_null() : world.pool().value(word);
    text += text.empty() ? name + "." : ", ";
    text += fmt::format("{} is {}", columns[c].name, quoted(value));
  }
  return text.empty() ? name + " exists" : text;
}

}  // namespace

void Findings::add(KeyEvidence evidence) {
  any_ = true;
  for (const KeyEvidence& known : evidence_) {
    if (known.key == evidence.key && known.subject == evidence.subject) return;
  }
  if (evidence_.size() < most_evidence) evidence_.push_back(std::move(evidence));
}

std::string quoted(const Value& value) {
  if (value.is(Kind::absent)) return "nothing";
  if (value.is(Kind::string)) return '"' + std::string(value.text()) + '"';
  // A message: its type and key say enough.
  if (is_message(value)) return fmt::format("{}({})", value.items()[field_type].text(), to_text(value.items()[field_key]));
  return to_text(value);
}

std::string seconds_text(Duration duration) {
  return fmt::format("{} s", static_cast<double>(duration.nanoseconds() / 1000000) / 1000);
}

std::string key_text(const World& world, Word key) {
  return key == absent_word ? std::string() : to_text(world.pool().value(key));
}

std::string row_name(const World& world, std::uint32_t table, Word key) {
  return fmt::format("{}[{}]", world.system().tables[table].display, key_text(world, key));
}

std::string describe_row(const World& world, std::uint32_t table, Word key, const std::string& source) {
  const Cell row = world.store().find(table, key);
  const std::string name = row_name(world, table, key);
  if (row == no_cell || !world.store().present(row)) return name + " does not exist";
  return list_columns(world, table, row, name, source);
}

std::string describe_situation(const World& world, std::uint32_t table, Word key, const std::string& source) {
  std::string text = table == none ? std::string() : describe_row(world, table, key, source);
  const auto& tables = world.system().tables;
  for (std::uint32_t other = 0; other < tables.size(); ++other) {
    if (other == table || !mentions(source, tables[other].display) || !looks_up(source, tables[other].display)) continue;
    if (!text.empty()) text += " while ";
    text += describe_row(world, other, key, source);
  }
  return text;
}

std::string list_keys(const std::vector<KeyEvidence>& evidence) {
  std::vector<std::string> keys;
  for (const KeyEvidence& e : evidence) {
    if (!e.key.empty() && std::find(keys.begin(), keys.end(), e.key) == keys.end()) keys.push_back(e.key);
  }
  if (keys.empty()) return {};
  std::string text = fmt::format("{} {}: ", keys.size(), keys.size() == 1 ? "key" : "keys");
  if (evidence.size() >= most_evidence) text = fmt::format("at least {} keys: ", keys.size());
  const std::size_t shown = std::min<std::size_t>(keys.size(), 5);
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : ", ") + keys[i];
  if (shown < keys.size()) text += ", ...";
  return text;
}

}  // namespace flowtank
