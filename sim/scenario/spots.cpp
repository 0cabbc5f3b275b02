// SPDX-License-Identifier: Apache-2.0
// What the static analysis (sim/topology) needs beside the System: where everything was written, what the
// scenario's author accepts (the section "lint"), and which options of a model nothing looks at. Nothing
// here changes what a World does.
#include <algorithm>
#include <set>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

namespace {

// The position of the key `name` in a section of a file, or nothing known.
Spot spot_of(const Reading& reading, const JsonNode& root, std::string_view section, const std::string& name) {
  const JsonNode* list = root.find(section);
  const JsonMember* member = list && list->is(JsonKind::object) ? list->find_member(name) : nullptr;
  if (!member) return {};
  return {reading.file_of(member->value), member->key_where, pointer_to(pointer_to("", section), name)};
}

void put(std::vector<Spot>& spots, std::uint32_t index, Spot spot) {
  if (spots.size() <= index) spots.resize(index + 1);
  if (spots[index].file.empty()) spots[index] = std::move(spot);
}

bool names_option(std::string_view text, const std::string& option) {
  const std::string wanted = "options." + option;
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    const auto part_of_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    if (end == text.size() || !part_of_name(text[end])) return true;
  }
  return false;
}

// Whether an expression, a constant or an "only" below `node` looks at the option.
bool looks_at(const JsonNode& node, const std::string& option) {
  if (node.is(JsonKind::string)) return names_option(node.text, option);
  for (const JsonNode& item : node.items) {
    if (looks_at(item, option)) return true;
  }
  for (const JsonMember& member : node.members) {
    if (member.key == "only" && member.value.find(option)) return true;
    if (looks_at(member.value, option)) return true;
  }
  return false;
}

void unused_options(const Reading& reading, const Model& model, std::vector<UnusedOption>& out) {
  const JsonNode* options = model.root.find("options");
  if (!options || !options->is(JsonKind::object)) return;
  for (const JsonMember& option : options->members) {
    const bool used = std::any_of(model.root.members.begin(), model.root.members.end(), [&](const JsonMember& section) {
      return section.key != "options" && section.key != "weaknesses" && looks_at(section.value, option.key);
    });
    if (!used) out.push_back({model.name, option.key, {reading.file_of(option.value), option.key_where, pointer_to("/options", option.key)}});
  }
}

}  // namespace

void Builder::read_lint(Fields& top) {
  const Place section = top.object("lint");
  if (!section) return;
  Fields fields(reading, section, "\"lint\"");
  if (const Place list = fields.list("allow")) {
    for (std::size_t i = 0; i < list.node->items.size(); ++i) {
      const Place place = list.at(i);
      Fields entry(reading, place, "an allowance");
      if (!entry.valid()) continue;
      Allowance allowance;
      const Place code = entry.require("code");
      allowance.code = code ? reading.text(code).value_or("") : "";
      allowance.on = entry.required_text("on");
      allowance.reason = entry.required_text("reason");
      entry.finish();
      std::vector<std::string> known;
      for (const codes::Code& one : codes::table()) {
        if (codes::is_finding(one.code)) known.emplace_back(one.code);
      }
      if (code && std::find(known.begin(), known.end(), allowance.code) == known.end()) {
        reading.error(codes::ref_word, code, "there is no finding " + in_quotes(allowance.code), name_hint(allowance.code, known, "Findings"));
      }
      allowance.spot = {reading.file_of(*place.node), place.node->where, place.pointer};
      scenario.allowances.push_back(std::move(allowance));
    }
  }
  fields.finish();
}

void Builder::note_spots(Fields& top) {
  Spots& spots = scenario.spots;
  const JsonNode& root = *top.place().node;
  for (std::uint32_t i = 0; i < system->brokers.size(); ++i) put(spots.brokers, i, spot_of(reading, root, "brokers", system->brokers[i].name));
  for (std::uint32_t i = 0; i < system->clients.size(); ++i) put(spots.clients, i, spot_of(reading, root, "clients", system->clients[i].name));
  std::set<std::string> seen;
  for (const ServiceScope& scope : scopes) {
    const JsonNode& model = scope.model->root;
    for (const auto& [name, index] : scope.tables) put(spots.tables, index, spot_of(reading, model, "tables", name));
    for (const auto& [name, index] : scope.effects) put(spots.effects, index, spot_of(reading, model, "effects", name));
    for (const auto& [name, index] : scope.timers) put(spots.timers, index, spot_of(reading, model, "timers", name));
    for (const auto& [name, index] : scope.messages) {
      put(spots.messages, index, spot_of(reading, model, system->messages[index].command ? "commands" : "events", name));
    }
    const Service& service = system->services[scope.index];
    for (const std::uint32_t handler : service.handlers) put(spots.handlers, handler, spot_of(reading, model, "handlers", system->handlers[handler].name));
    for (const std::uint32_t poller : service.pollers) put(spots.handlers, poller, spot_of(reading, model, "pollers", system->handlers[poller].name));
    if (seen.insert(scope.model->file).second) unused_options(reading, *scope.model, scenario.unused_options);
  }
}

}  // namespace flowtank::loading
