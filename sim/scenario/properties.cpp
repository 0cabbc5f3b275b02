// SPDX-License-Identifier: Apache-2.0
// Properties: the user's own over expressions ("always", "at_quiescence", "eventually", "leads_to") and
// those of the library ("use"). They see tables as service.table and observations, nothing else.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

namespace {

struct LibraryProperty {
  const char* name;
  PropertyKind kind;
};

constexpr LibraryProperty library[] = {
    {"converges", PropertyKind::converges},
    {"at_most_once_effect", PropertyKind::at_most_once_effect},
    {"at_least_once_effect", PropertyKind::at_least_once_effect},
    {"exactly_once_effect", PropertyKind::exactly_once_effect},
    {"no_missing_event", PropertyKind::no_missing_event},
    {"no_ghost_event", PropertyKind::no_ghost_event},
    {"nothing_dropped", PropertyKind::nothing_dropped},
    {"conserved", PropertyKind::conserved},
    {"legal_transitions", PropertyKind::legal_transitions},
    {"not_stuck", PropertyKind::not_stuck},
};

const std::vector<std::string>& library_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const LibraryProperty& property : library) out.emplace_back(property.name);
    return out;
  }();
  return names;
}

}  // namespace

std::uint32_t Builder::table_named(const Place& place) {
  return name_in(tables, place, codes::ref_table, "table", "Tables");
}

std::uint32_t Builder::column_named(const Place& place, std::uint32_t table) {
  const auto name = reading.text(place);
  if (!name || table == none) return none;
  std::vector<std::string> names;
  for (const Column& column : system->tables[table].columns) names.push_back(column.name);
  const auto found = std::find(names.begin(), names.end(), *name);
  if (found != names.end()) return static_cast<std::uint32_t>(found - names.begin());
  reading.error(codes::ref_column, place, "table " + system->tables[table].display + " has no column " + in_quotes(*name), name_hint(*name, names, "Columns"));
  return none;
}

// "for": "o in order.orders"
bool Builder::read_quantifier(Fields& fields, PropertySpec& property, expr::Environment& environment, bool required) {
  const Place place = required ? fields.require("for") : fields.find("for");
  if (!place) return false;
  const auto text = reading.text(place);
  if (!text) return false;
  const std::size_t in = text->find(" in ");
  const std::string variable = in == std::string::npos ? "" : text->substr(0, in);
  if (!is_cel_name(variable) || variable == "key") {
    reading.error(codes::key_name, place, "expected NAME in TABLE, for example \"o in order.orders\"");
    return false;
  }
  const std::string name = text->substr(in + 4);
  const auto found = tables.find(name);
  if (found == tables.end()) {
    Diagnostic problem{Severity::error, std::string(codes::ref_table), reading.file_of(*place.node),
                       range_inside(reading.sources(), *place.node, in + 4, name.size()), place.pointer,
                       "there is no table " + in_quotes(name), name_hint(name, names_of(tables), "Tables")};
    reading.report(std::move(problem));
    return false;
  }
  property.table = found->second;
  const Table& table = system->tables[property.table];
  environment.declare(variable, types->record_type(table.record_type), slot_item);
  environment.declare("key", table.columns[0].type, slot_key_of_item);
  return true;
}

void Builder::read_converges(Fields& fields, PropertySpec& property) {
  const Place left = fields.require("left");
  const Place right = fields.require("right");
  if (left) property.table = table_named(left);
  if (right) property.right = table_named(right);
  if (const Place on = fields.find("on")) {
    for (const std::uint32_t table : {property.table, property.right}) {
      const std::uint32_t column = column_named(on, table);
      if (column != none && column != 0) {
        reading.error(codes::ref_column, on, "rows are matched by their keys, and the key of " + system->tables[table].display + " is " +
                      in_quotes(system->tables[table].columns[0].name));
      }
    }
  }
  const Place compare = fields.require("compare");
  const auto pair = [&](const Place& a, const Place& b) {
    const std::uint32_t x = column_named(a, property.table);
    const std::uint32_t y = column_named(b, property.right);
    if (x != none && y != none) property.compare.emplace_back(x, y);
  };
  if (compare && compare.node->is(JsonKind::object)) {
    for (const JsonMember& member : compare.node->members) {
      JsonNode left_name = member.value;  // the key as a node of its own, for its position
      left_name.kind = JsonKind::string;
      left_name.text = member.key;
      left_name.where = member.key_where;
      pair({&left_name, pointer_to(compare.pointer, member.key)}, compare.at(member));
    }
  } else if (compare && reading.is_list(compare, "columns")) {
    for (std::size_t i = 0; i < compare.node->items.size(); ++i) pair(compare.at(i), compare.at(i));
  }
}

void Builder::read_transitions(Fields& fields, PropertySpec& property) {
  if (const Place table = fields.require("table")) property.table = table_named(table);
  if (const Place column = fields.require("column")) property.column = column_named(column, property.table);
  if (const Place start = fields.list("start")) {
    for (std::size_t i = 0; i < start.node->items.size(); ++i) {
      if (const auto to = scalar(start.at(i))) property.allowed.emplace_back(Value{}, *to);
    }
  }
  fields.require("allowed");
  const Place allowed = fields.object("allowed");
  if (!allowed) return;
  for (const JsonMember& member : allowed.node->members) {
    const Place list = allowed.at(member);
    if (!reading.is_list(list, "values")) continue;
    for (std::size_t i = 0; i < list.node->items.size(); ++i) {
      if (const auto to = scalar(list.at(i))) property.allowed.emplace_back(string_value(member.key), *to);
    }
  }
}

void Builder::read_library_property(Fields& fields, std::size_t which, PropertySpec& property, expr::Environment& environment) {
  property.kind = library[which].kind;
  const auto condition = [&](const char* key, ExprId& out, bool required) {
    if (const Place place = required ? fields.require(key) : fields.find(key)) out = expressions.condition(place, environment).id;
  };
  const auto number = [&](const char* key, ExprId& out) {
    if (const Place place = fields.require(key)) out = expressions.formula(place, environment).id;
  };
  switch (property.kind) {
    case PropertyKind::converges: return read_converges(fields, property);
    case PropertyKind::legal_transitions: return read_transitions(fields, property);
    case PropertyKind::nothing_dropped: return;
    case PropertyKind::at_most_once_effect:
      if (const Place effect = fields.require("effect")) property.effect = name_in(effects, effect, codes::ref_effect, "effect", "Effects");
      property.at_most = static_cast<std::uint32_t>(fields.integer("at_most", 0, 2, 1));  // counts saturate at 3
      fields.text("key");
      return;
    case PropertyKind::at_least_once_effect:
    case PropertyKind::exactly_once_effect:
      if (const Place effect = fields.require("effect")) property.effect = name_in(effects, effect, codes::ref_effect, "effect", "Effects");
      if (!read_quantifier(fields, property, environment, true)) {
        for (const char* key : {"when", "unless", "key"}) fields.allow(key);
        return;
      }
      condition("when", property.when, false);
      condition("unless", property.unless, false);
      if (const Place key = fields.find("key")) property.key = expressions.formula(key, environment).id;
      else property.key = expressions.generated("key", fields.place(), environment).id;
      return;
    case PropertyKind::no_missing_event:
      if (const Place event = fields.require("event")) property.message = name_in(messages, event, codes::ref_message, "event", "Events");
      if (!read_quantifier(fields, property, environment, true)) {
        for (const char* key : {"when", "key"}) fields.allow(key);
        return;
      }
      condition("when", property.when, false);
      if (const Place key = fields.find("key")) property.key = expressions.formula(key, environment).id;
      else property.key = expressions.generated("key", fields.place(), environment).id;
      return;
    case PropertyKind::no_ghost_event:
      if (const Place event = fields.require("event")) property.message = name_in(messages, event, codes::ref_message, "event", "Events");
      environment.declare("key", expr::types::dyn, slot_key_of_item);
      condition("announced_by", property.predicate, true);
      property.in_every_state = fields.boolean("in_every_state", false);
      return;
    case PropertyKind::conserved:
      number("left", property.predicate);
      number("right", property.other);
      property.in_every_state = fields.boolean("in_every_state", false);
      return;
    case PropertyKind::not_stuck:
      if (!read_quantifier(fields, property, environment, true)) {
        fields.allow("until");
      } else {
        condition("until", property.predicate, true);
      }
      property.within = fields.time("within");
      return;
    default: return;
  }
}

std::optional<PropertySpec> Builder::read_property(const Place& place) {
  Fields fields(reading, place, "a property");
  if (!fields.valid()) return std::nullopt;
  fields.allow("doc");
  PropertySpec property;
  property.name = fields.required_text("name");
  property.file = reading.file_of(*place.node);
  property.where = place.node->where;
  property.pointer = place.pointer;
  expr::Environment environment(types);
  for (const auto& [display, index] : tables) {
    const Table& table = system->tables[index];
    environment.declare_constant(display, types->map(table.columns[0].type, types->record_type(table.record_type)), expr::table_value(index));
  }
  constexpr std::pair<const char*, PropertyKind> own[] = {{"always", PropertyKind::always},
                                                          {"at_quiescence", PropertyKind::at_quiescence},
                                                          {"eventually", PropertyKind::eventually},
                                                          {"leads_to", PropertyKind::leads_to}};
  int found = 0;
  Place formula;
  for (const auto& [key, kind] : own) {
    const Place given = fields.find(key);
    if (!given) continue;
    ++found;
    property.kind = kind;
    formula = given;
  }
  const Place use = fields.find("use");
  if (found + (use ? 1 : 0) != 1) {
    reading.error(codes::key_conflict, place, "a property has exactly one of always, at_quiescence, eventually, leads_to, use");
    for (const JsonMember& member : place.node->members) fields.allow(member.key);
  } else if (use) {
    if (const auto which = reading.word(use, library_names(), "Properties of the library")) {
      read_library_property(fields, *which, property, environment);
      // What its conditions speak of is what reports show.
      for (const char* part : {"until", "when", "unless", "announced_by", "left", "right"}) {
        const Place text = fields.find(part);
        if (text && text.node->is(JsonKind::string)) property.source += (property.source.empty() ? "" : "; ") + text.node->text;
      }
    } else {
      for (const JsonMember& member : place.node->members) fields.allow(member.key);
    }
  } else {
    read_quantifier(fields, property, environment, property.kind == PropertyKind::leads_to);
    if (property.kind == PropertyKind::leads_to) {
      if (const Place when = fields.require("when")) property.when = expressions.condition(when, environment).id;
      property.within = fields.time("within");
    }
    property.predicate = expressions.condition(formula, environment).id;
    if (formula.node->is(JsonKind::string)) {
      property.source = formula.node->text;
      if (property.source.starts_with('=')) property.source.erase(0, 1);
    }
  }
  fields.finish();
  return property;
}

void Builder::read_properties(Fields& top) {
  const Place list = top.list("properties");
  if (!list) return;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    auto property = read_property(list.at(i));
    if (!property) continue;
    if (!seen.insert(property->name).second) {
      reading.error(codes::model_duplicate, list.at(i), "two properties are called " + in_quotes(property->name));
    }
    scenario.properties.push_back(std::move(*property));
  }
}

void Builder::read_expectation(const std::string& property, const Place& place) {
  Expectation expectation;
  expectation.property = property;
  expectation.where = place.node->where;
  const std::vector<std::string> verdicts{"PASS", "FAIL", "INCONCLUSIVE", "VACUOUS"};
  if (!place.node->is(JsonKind::object)) {
    expectation.verdict = static_cast<VerdictKind>(reading.word(place, verdicts, "Verdicts").value_or(0));
  } else {
    Fields fields(reading, place, "an expectation");
    fields.require("verdict");
    expectation.verdict = static_cast<VerdictKind>(fields.word("verdict", verdicts, "Verdicts", 0));
    expectation.at_least = static_cast<Strength>(fields.word("at_least", {"none", "observed", "tested", "proved"}, "Strengths", 0));
    const std::size_t driver = fields.word("driver", {"run", "check"}, "Drivers", 2);
    expectation.driver = driver == 0 ? "run" : driver == 1 ? "check" : "";
    fields.finish();
  }
  scenario.expectations.push_back(std::move(expectation));
}

void Builder::read_expectations(Fields& top) {
  const Place section = top.object("expect");
  if (!section) return;
  std::vector<std::string> names;
  for (const PropertySpec& property : scenario.properties) names.push_back(property.name);
  for (const JsonMember& member : section.node->members) {
    if (std::find(names.begin(), names.end(), member.key) == names.end()) {
      reading.error_at_key(codes::ref_property, section, member, "there is no property " + in_quotes(member.key), name_hint(member.key, names, "Properties"));
      continue;
    }
    const Place place = section.at(member);
    if (!place.node->is(JsonKind::array)) {
      read_expectation(member.key, place);
      continue;
    }
    for (std::size_t i = 0; i < place.node->items.size(); ++i) read_expectation(member.key, place.at(i));
  }
}

}  // namespace flowtank::loading
