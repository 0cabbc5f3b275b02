// SPDX-License-Identifier: Apache-2.0
// The options of models: declared with a type and a default, chosen by a service, and consulted by "only",
// so that one model file carries its good and its bad variants side by side.
#include <algorithm>
#include <limits>

#include "sim/scenario/model.hpp"

namespace flowtank::loading {

namespace {

std::vector<std::string> words_of(Reading& reading, const Place& list) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    if (const auto word = reading.text(list.at(i))) words.push_back(*word);
  }
  return words;
}

const std::vector<std::string>& type_names() {
  static const std::vector<std::string> names{"int", "bool", "string", "duration"};
  return names;
}

// Checks one value of an option against its declaration; diagnosed at the value.
bool check_value(Reading& reading, Fields& option, const Place& value) {
  if (const Place words = option.list("enum")) return reading.word(value, words_of(reading, words), "Allowed").has_value();
  switch (option.word("type", type_names(), "Types", 2)) {
    case 0:
      return reading.integer(value, option.integer("min", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()),
                             option.integer("max", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max())).has_value();
    case 1: return reading.boolean(value).has_value();
    case 3: return reading.duration(value, ms(1)).has_value();
    default: return reading.text(value).has_value();
  }
}

// A value that fits, for an option whose values are all wrong: reading goes on.
JsonNode some_value(const Place& option) {
  JsonNode node;
  node.source = option.node->source;
  node.where = option.node->where;
  node.kind = JsonKind::string;
  if (const JsonNode* words = option.node->find("enum"); words && !words->items.empty()) node.text = words->items[0].text;
  if (const JsonNode* type = option.node->find("type"); type && type->is(JsonKind::string)) {
    if (type->text == "int") node.kind = JsonKind::integer;
    if (type->text == "bool") node.kind = JsonKind::boolean;
    if (type->text == "duration") node.text = "0s";
  }
  return node;
}

bool same_value(const JsonNode& a, const JsonNode& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case JsonKind::string: return a.text == b.text;
    case JsonKind::integer: return a.integer == b.integer;
    case JsonKind::boolean: return a.boolean == b.boolean;
    default: return false;
  }
}

// Whether the options in `reading` have the values of `condition`: an object option -> value or list.
bool holds(Reading& reading, const Place& condition) {
  if (!reading.is_object(condition, "options and their values") || !reading.options) return false;
  bool all = true;
  for (const JsonMember& member : condition.node->members) {
    const auto option = reading.options->find(member.key);
    if (option == reading.options->end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : *reading.options) names.push_back(name);
      reading.error_at_key(codes::ref_option, condition, member, "there is no option " + in_quotes(member.key), name_hint(member.key, names, "Options"));
      continue;
    }
    const auto matches = [&](const JsonNode& value) { return same_value(option->second, value); };
    const bool one_of = member.value.is(JsonKind::array)
                            ? std::any_of(member.value.items.begin(), member.value.items.end(), matches)
                            : matches(member.value);
    all = all && one_of;
  }
  return all;
}

std::string value_text(const JsonNode& node) {
  switch (node.kind) {
    case JsonKind::integer: return std::to_string(node.integer);
    case JsonKind::boolean: return node.boolean ? "true" : "false";
    default: return node.text;
  }
}

}  // namespace

OptionValues choose_options(Reading& reading, const Model& model, const Place& with) {
  OptionValues values;
  Fields given(reading, with, "the options of model " + in_quotes(model.name));
  const Place options{model.root.find("options"), "/options"};
  if (options && reading.is_object(options, "options")) {
    for (const JsonMember& member : options.node->members) {
      const Place declaration = options.at(member);
      if (!is_cel_name(member.key)) {
        reading.error_at_key(codes::key_name, options, member, in_quotes(member.key) + " cannot be used in expressions", "Letters, digits and _; no word of the language.");
      }
      Fields option(reading, declaration, "an option");
      option.text("doc");
      option.allow("enum");
      option.allow("type");
      option.allow("min");
      option.allow("max");
      const Place fallback = option.require("default");
      bool ok = false;
      if (option.valid()) {
        if (fallback && check_value(reading, option, fallback)) {
          values[member.key] = *fallback.node;
          ok = true;
        }
        if (const Place chosen = given.find(member.key); chosen && check_value(reading, option, chosen)) {
          values[member.key] = *chosen.node;
          ok = true;
        }
        option.finish();
      }
      if (!ok) values[member.key] = some_value(declaration);
    }
  }
  if (with) {
    std::vector<std::string> names;
    for (const auto& [name, value] : values) names.push_back(name);
    for (const JsonMember* member : given.others()) {
      reading.error_at_key(codes::ref_option, with, *member, "model " + in_quotes(model.name) + " has no option " + in_quotes(member->key),
                           name_hint(member->key, names, "Options"));
    }
  }
  return values;
}

bool is_included(Reading& reading, const Place& entry) {
  if (!entry.node->is(JsonKind::object)) return true;
  const JsonMember* only = entry.node->find_member("only");
  return !only || holds(reading, entry.at(*only));
}

void collect_weaknesses(Reading& reading, const Model& model, const Place& use, const Place& with, std::uint32_t service,
                        std::vector<KnownWeakness>& out) {
  const Place list{model.root.find("weaknesses"), "/weaknesses"};
  if (!list || !reading.is_list(list, "weaknesses")) return;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    Fields fields(reading, list.at(i), "a weakness");
    const Place when = fields.require("when");
    KnownWeakness weakness;
    weakness.service = service;
    weakness.says = fields.required_text("says");
    weakness.better = fields.text("better");
    weakness.duplicates = fields.boolean("on_duplicates", false);
    fields.text("see");
    fields.finish();
    if (!when || !holds(reading, when) || when.node->members.empty()) continue;
    weakness.option = when.node->members[0].key;
    const auto option = reading.options->find(weakness.option);
    if (option == reading.options->end()) continue;  // diagnosed
    weakness.value = value_text(option->second);
    // Point at the user's choice; a default was chosen by naming the model.
    const JsonMember* chosen = with ? with.node->find_member(weakness.option) : nullptr;
    const Place at = chosen ? with.at(*chosen) : use;
    weakness.file = reading.file_of(*at.node);
    weakness.where = at.node->where;
    weakness.pointer = at.pointer;
    out.push_back(std::move(weakness));
  }
}

}  // namespace flowtank::loading
