// SPDX-License-Identifier: Apache-2.0
// load_scenario: the order in which the sections are read, the bounds of run and check, and the content
// hash. Sections are read even after errors elsewhere, so that one reading tells everything.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "sim/scenario/builder.hpp"
#include "sim/scenario/overrides.hpp"
#include "sim/scenario/scenario.hpp"

namespace flowtank {

namespace loading {

void Builder::read_run(Fields& top) {
  const Place section = top.object("run");
  if (!section) return;
  Fields fields(reading, section, "\"run\"");
  Bounds& bounds = system->bounds;
  bounds.seed = static_cast<std::uint64_t>(fields.integer("seed", 0, std::numeric_limits<std::int64_t>::max(), 1));
  if (const auto horizon = fields.time("horizon")) {
    bounds.horizon = Time::start() + *horizon;
    for (const char* key : {"horizon_s", "horizon_ms", "horizon_us"}) {
      const Place place = fields.find(key);
      if (place) scenario.horizon_spot = {reading.file_of(*place.node), place.node->where, place.pointer};
    }
  }
  bounds.max_actions = static_cast<std::uint64_t>(fields.integer("max_actions", 1, std::numeric_limits<std::int64_t>::max(), 0));
  bounds.max_steps_per_run = static_cast<std::uint32_t>(
      fields.integer("max_steps_per_action", 1, std::numeric_limits<std::uint32_t>::max(), bounds.max_steps_per_run));
  fields.finish();
}

void Builder::read_check(Fields& top) {
  const Place section = top.object("check");
  if (!section) return;
  Fields fields(reading, section, "\"check\"");
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  scenario.check.states = static_cast<std::uint64_t>(fields.integer("states", 1, most, 0));
  scenario.check.depth = static_cast<std::uint64_t>(fields.integer("depth", 1, most, 0));
  scenario.check.memory_mb = static_cast<std::uint64_t>(fields.integer("memory_mb", 1, most, 0));
  scenario.check.time = fields.time("time");
  // What could not be read has a name but no place among those that were made.
  const auto each = [&](const char* key, const Names& names, std::string_view code, std::string_view what, auto& made, const auto& set) {
    const Place list = fields.object(key);
    if (!list) return;
    for (const JsonMember& member : list.node->members) {
      const auto found = names.find(member.key);
      if (found == names.end()) {
        reading.error_at_key(code, list, member, "there is no " + std::string(what) + " " + in_quotes(member.key), name_hint(member.key, names_of(names), "There are"));
        continue;
      }
      const auto value = reading.integer(list.at(member), 0, std::numeric_limits<std::uint32_t>::max());
      if (value && options.purpose == LoadPurpose::check && found->second < made.size()) set(made[found->second], static_cast<std::uint32_t>(*value));
    }
  };
  each("clients", clients, codes::ref_client, "client", system->clients, [](Client& client, std::uint32_t value) { client.count = value; });
  each("budgets", faults, codes::ref_fault, "fault", system->faults, [](Fault& fault, std::uint32_t value) { fault.when.budget = value; });
  each("instances", services, codes::ref_service, "service", system->services, [](Service& service, std::uint32_t value) { service.instances = std::max(1U, value); });
  fields.finish();
}

namespace {

void read_sections(Builder& builder, Fields& top, Models& models) {
  builder.read_brokers(top);
  builder.read_services(top, models);
  for (ServiceScope& scope : builder.scopes) builder.declare(scope);
  builder.finish_declarations();
  for (ServiceScope& scope : builder.scopes) builder.lower_handlers(scope);
  for (ServiceScope& scope : builder.scopes) builder.wire(scope);
  builder.read_clients(top);
  builder.read_faults(top);
  builder.read_properties(top);
  builder.read_expectations(top);
  builder.read_run(top);
  builder.read_check(top);
  builder.read_lint(top);
  builder.note_spots(top);
}

Hash128 content_hash(const std::string& scenario, const Models& models, const std::vector<std::string>& data,
                     const std::vector<std::string>& overrides) {
  std::vector<std::string> texts = models.texts();
  texts.insert(texts.end(), data.begin(), data.end());
  std::sort(texts.begin(), texts.end());
  Hash128 hash = hash_bytes(scenario);
  for (const std::string& text : texts) hash = combine(hash, hash_bytes(text));
  for (const std::string& assignment : overrides) hash = combine(hash, hash_bytes(assignment, 1));
  return hash;
}

// Everything but what needs a readable, whole scenario.
std::optional<Scenario> load(const JsonNode& root, const std::string& path, const std::string& text, const LoadOptions& options,
                             Reading& reading) {
  Builder builder(reading, options);
  Models models(reading, options, path);
  Fields top(reading, {&root, ""}, "a scenario");
  if (!top.valid()) return std::nullopt;
  top.allow("$schema");
  top.allow("doc");
  if (const Place version = top.require("flowtank")) {
    if (reading.integer(version, 1, 1'000'000).value_or(1) != 1) reading.error(codes::model_version, version, "this Flowtank reads version 1");
  }
  Scenario& scenario = builder.scenario;
  scenario.title = top.required_text("title");
  scenario.claim = top.text("claim");
  scenario.file = path;
  scenario.purpose = options.purpose;
  top.require("services");
  read_sections(builder, top, models);
  top.finish();
  builder.system->title = scenario.title;
  scenario.content = content_hash(text, models, builder.data_texts, options.overrides);
  for (const Model* model : models.used()) scenario.model_files.push_back(model->file);
  scenario.system = builder.system;
  return std::move(builder.scenario);
}

}  // namespace

}  // namespace loading

std::optional<Scenario> load_scenario(const std::string& path, const LoadOptions& options, Diagnostics& diagnostics) {
  Sources sources;
  loading::Reading reading(sources, diagnostics);
  std::optional<Scenario> result;
  const std::size_t errors_before = diagnostics.errors();
  auto text = loading::Files(options).read(path, diagnostics);
  if (text) {
    const std::uint32_t source = sources.add(path, *text);
    auto root = read_json(sources, source, options.limits.read, diagnostics);
    if (root) {
      for (const std::string& assignment : options.overrides) apply_override(*root, assignment, sources, options.limits.read, diagnostics);
      result = loading::load(*root, path, *text, options, reading);
    }
  }
  diagnostics.sort_by_position();
  if (diagnostics.errors() != errors_before) result.reset();
  return result;
}

}  // namespace flowtank
