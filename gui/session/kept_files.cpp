// SPDX-License-Identifier: Apache-2.0
// See kept_files.hpp. A scenario is written under a name of its own, loaded from there, and only then renamed over the target: models
// are found from where it will stand, and what cannot be loaded never replaces what could.
#include "gui/session/kept_files.hpp"

#include <unistd.h>

#include <filesystem>
#include <limits>

#include <fmt/format.h>

#include <reports/text.hpp>
#include <sim/base/whole_file.hpp>
#include <sim/shrink/scenario_tree.hpp>
#include <sim/shrink/shrunk_files.hpp>

namespace flowtank::gui {

namespace fs = std::filesystem;

const char* const another_folder = "Choose another folder, or free some space there. What was in this file before is still in it.";

namespace {

std::string first_error(const Diagnostics& diagnostics, const std::string& otherwise) {
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.severity == Severity::error) return reports::printable(reports::with_capital(d.message) + (d.hint.empty() ? "." : ". " + d.hint));
  }
  return otherwise;
}

void write_into(JsonNode& root, const ScenarioAsSet& set) {
  if (!set.seed && !set.horizon) return;
  JsonNode& run = shrinking::member(root, "run");
  if (run.kind != JsonKind::object) run = shrinking::object_node();
  if (set.seed) shrinking::member(run, "seed") = shrinking::number_node(static_cast<std::int64_t>(*set.seed));
  if (!set.horizon) return;
  for (const char* key : {"horizon_s", "horizon_ms", "horizon_us"}) shrinking::erase_member(run, key);
  const std::int64_t ns = set.horizon->nanoseconds();
  const auto [key, unit] = ns % 1'000'000'000 == 0 ? std::pair("horizon_s", std::int64_t{1'000'000'000}) : ns % 1'000'000 == 0 ? std::pair("horizon_ms", std::int64_t{1'000'000}) : std::pair("horizon_us", std::int64_t{1'000});
  shrinking::member(run, key) = shrinking::number_node(ns / unit);
}

// `scenario`: as it can be loaded from `to` once it stands there.
std::optional<std::string> write_as_set(const ScenarioAsSet& set, const std::string& to, std::optional<Scenario>& scenario) {
  if (set.seed && *set.seed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fmt::format("A scenario holds seeds up to {}; this one is {}. Run it with a smaller one.", thousands(static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())), thousands(*set.seed));
  }
  LoadOptions load;
  load.purpose = set.explored ? LoadPurpose::check : LoadPurpose::run;
  load.overrides = set.overrides;
  load.model_path = set.model_path;
  Diagnostics problems;
  const auto original = load_scenario(set.file, load, problems);
  auto tree = original ? shrinking::ScenarioTree::read(set.file, load) : std::nullopt;
  if (!tree) return first_error(problems, "The scenario cannot be read any more. Was it moved or deleted?");
  write_into(tree->root, set);
  const std::string part = fmt::format("{}.part-{}.json", to, ::getpid());
  std::error_code ignored;
  scenario = write_scenario(shrinking::pretty_json(tree->root), *original, load, part, problems);
  if (!scenario) {
    const bool written = fs::exists(part, ignored);
    fs::remove(part, ignored);
    return written ? first_error(problems, "What was written cannot be read again.") : fmt::format("Cannot write {}. {}", reports::printable(to), another_folder);
  }
  std::error_code problem;
  fs::rename(part, to, problem);
  if (!problem) return std::nullopt;
  fs::remove(part, ignored);
  return fmt::format("Cannot write {}: {}. {}", reports::printable(to), problem.message(), another_folder);
}

// A name beside `to` that nobody has: story.counterexample, story.scenario.json.
std::string name_beside(const std::string& to) {
  const fs::path stem = fs::path(to).parent_path() / fs::path(to).stem();
  std::string name = stem.string() + ".scenario.json";
  std::error_code ignored;
  for (int n = 2; fs::exists(name, ignored) && n < 10'000; ++n) name = fmt::format("{}.scenario-{}.json", stem.string(), n);
  return name;
}

}  // namespace

std::optional<std::string> keep_scenario(const ScenarioAsSet& set, const std::string& to) {
  std::optional<Scenario> unread;
  return write_as_set(set, to, unread);
}

KeptLog keep_log(const ScenarioAsSet& set, DecisionLog log, bool own_scenario, const std::string& to) {
  KeptLog kept{to, "", ""};
  if (own_scenario || !log.overrides.empty()) {
    ScenarioAsSet with = set;
    with.overrides = log.overrides;
    with.explored = log.driver == Driver::check;
    std::optional<Scenario> scenario;
    kept.scenario = name_beside(to);
    if (const auto problem = write_as_set(with, kept.scenario, scenario)) {
      kept.scenario.clear();
      kept.problem = *problem;
      return kept;
    }
    log.scenario = kept.scenario;
    log.scenario_hash = fmt::format("{:016x}{:016x}", scenario->content.hi, scenario->content.lo);
    log.overrides.clear();
  }
  if (const auto problem = write_whole_file(to, to_text(log))) {
    kept.problem = reports::printable(reports::with_capital(*problem)) + ". " + another_folder;
    std::error_code ignored;
    if (!kept.scenario.empty()) fs::remove(kept.scenario, ignored);
    kept.scenario.clear();
  }
  return kept;
}

}  // namespace flowtank::gui
