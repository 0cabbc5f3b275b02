// SPDX-License-Identifier: Apache-2.0
// Properties: the user's own over expressions ("always", "at_quiescence", "eventually", "leads_to", "sometimes") and what all
// properties share; those of the library ("use") are read in library_properties.cpp. They see tables as
// service.table and observations, nothing else.
#include <algorithm>

#include <fmt/format.h>

#include <sim/property/property_kinds.hpp>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

namespace {

// The kinds that "use" may name, with their names beside.
const std::vector<PropertyKind>& library_kinds() {
  static const std::vector<PropertyKind> kinds = [] {
    std::vector<PropertyKind> out;
    for (const PropertyKindInfo& info : property_kinds()) {
      if (!info.own) out.push_back(info.kind);
    }
    return out;
  }();
  return kinds;
}

const std::vector<std::string>& library_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const PropertyKind kind : library_kinds()) out.emplace_back(property_kind(kind).name);
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
                                                          {"leads_to", PropertyKind::leads_to},
                                                          {"sometimes", PropertyKind::sometimes}};
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
    reading.error(codes::key_conflict, place, "a property has exactly one of always, at_quiescence, eventually, leads_to, sometimes, use");
    for (const JsonMember& member : place.node->members) fields.allow(member.key);
  } else if (use) {
    if (const auto which = reading.word(use, library_names(), "Properties of the library")) {
      read_library_property(fields, library_kinds()[*which], property, environment);
      // What its conditions speak of is what reports show.
      for (const char* part : {"until", "when", "unless", "announced_by", "left", "right", "on_hand", "initial", "limit", "by"}) {
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
