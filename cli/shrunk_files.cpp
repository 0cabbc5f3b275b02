// SPDX-License-Identifier: Apache-2.0
// See shrunk_files.hpp. Where the files stand decides how they name models and each other.
#include "cli/shrunk_files.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/base/whole_file.hpp>
#include <sim/shrink/scenario_tree.hpp>

#include "cli/interrupt.hpp"

namespace flowtank::cli {
namespace {

namespace fs = std::filesystem;
using shrinking::member;

std::string relative_to(const std::string& file, const std::string& folder) {
  std::error_code problem;
  const fs::path path = fs::relative(fs::absolute(file), fs::absolute(folder.empty() ? "." : folder), problem);
  return problem || path.empty() ? fs::absolute(file).generic_string() : path.generic_string();
}

// The text for another folder: models and the schema by their way from there.
std::string moved(const std::string& text, const Scenario& original, const std::string& folder) {
  Diagnostics ignored;
  Sources sources;
  auto root = read_json(sources, sources.add("", text), ReadLimits{}, ignored);
  if (!root) return text;
  const std::string home = fs::path(original.file).parent_path().string();
  if (JsonNode* schema = root->find("$schema"); schema != nullptr && schema->text.find("://") == std::string::npos) {
    schema->text = relative_to((fs::path(home) / schema->text).string(), folder);
  }
  JsonNode* services = root->find("services");
  for (JsonMember& service : services == nullptr ? root->members : services->members) {
    JsonNode* use = service.value.find("use");
    if (use == nullptr) continue;
    const std::string file = fs::path(use->text).filename().string() + (use->text.ends_with(".json") ? "" : ".json");
    const auto model = std::find_if(original.model_files.begin(), original.model_files.end(),
                                    [&](const std::string& path) { return fs::path(path).filename() == file; });
    if (model == original.model_files.end()) continue;
    std::string way = relative_to(*model, folder);
    use->text = way.find('/') == std::string::npos ? "./" + way : std::move(way);
  }
  return shrinking::pretty_json(*root);
}

bool same_models(const Scenario& scenario, const Scenario& original) {
  std::error_code problem;
  return std::all_of(scenario.model_files.begin(), scenario.model_files.end(), [&](const std::string& file) {
    return std::any_of(original.model_files.begin(), original.model_files.end(),
                       [&](const std::string& other) { return fs::equivalent(file, other, problem); });
  });
}

void complain(Diagnostics& diagnostics, std::string code, std::string message) {
  Diagnostic d;
  d.code = std::move(code);
  d.message = std::move(message);
  diagnostics.add(std::move(d));
}

}  // namespace

std::optional<ShrunkFiles> write_shrunk(const Shrunk& shrunk, const Scenario& original, const LoadOptions& load, const std::string& folder,
                                        const std::string& stem, Diagnostics& diagnostics) {
  std::error_code ignored;
  if (!folder.empty()) fs::create_directories(folder, ignored);
  const auto path = [&](const std::string& name) { return folder.empty() ? name : (fs::path(folder) / name).string(); };
  ShrunkFiles files;
  files.log = shrunk.log;
  files.counterexample = path(stem + ".shrunk.counterexample");
  files.scenario = shrunk.scenario_text.empty() ? original.file : path(stem + ".shrunk.json");
  LoadOptions again = load;
  again.purpose = shrunk.log.driver == Driver::run ? LoadPurpose::run : LoadPurpose::check;
  again.overrides = shrunk.scenario_text.empty() ? load.overrides : std::vector<std::string>();
  std::optional<Scenario> scenario;
  const auto write = [&](const std::string& file, const std::string& text) {
    const auto problem = write_whole_file(file, text);
    if (problem) complain(diagnostics, "FT-FILE-002", *problem);
    return !problem;
  };
  if (!shrunk.scenario_text.empty()) {
    if (!write(files.scenario, shrunk.scenario_text)) return std::nullopt;
    Diagnostics quiet;
    scenario = load_scenario(files.scenario, again, quiet);
    if (!scenario || !same_models(*scenario, original)) {
      if (!write(files.scenario, moved(shrunk.scenario_text, original, folder))) return std::nullopt;
      scenario = load_scenario(files.scenario, again, diagnostics);
    }
  } else {
    scenario = load_scenario(files.scenario, again, diagnostics);
  }
  if (!scenario) return std::nullopt;
  files.log.scenario = files.scenario;
  files.log.scenario_hash = fmt::format("{:016x}{:016x}", scenario->content.hi, scenario->content.lo);
  if (!violates(*scenario, shipped_brokers(), files.log, files.log.property)) {
    complain(diagnostics, "FT-SHRINK-002", "the files written do not show the failure; this is a fault of Flowtank");
    return std::nullopt;
  }
  if (!write(files.counterexample, to_text(files.log))) return std::nullopt;
  return files;
}

void shrink_failures(const CommandLine& line, const Scenario& scenario, const std::vector<std::string>& overrides,
                     const std::function<bool()>& out_of_time, Result& result) {
  if (line.no_shrink || result.interrupted || !result.our_fault.empty()) return;
  ShrinkOptions options;
  options.load.purpose = scenario.purpose;
  options.load.overrides = overrides;
  options.load.model_path = line.models;
  options.out_of_time = out_of_time;
  options.cancelled = &interrupted();
  std::size_t number = 0;
  for (PropertyOutcome& property : result.properties) {
    if (property.verdict.kind != VerdictKind::fail || !property.witness || property.witness->loop) continue;
    if (out_of_time && out_of_time()) return;
    Diagnostics unread;
    const auto shrunk = shrink(scenario, shipped_brokers(), property.witness->log, property.verdict.property, options, unread);
    if (!shrunk) continue;
    ShrunkOutcome small;
    small.actions_before = shrunk->actions_before;
    small.actions = shrunk->actions;
    small.business = shrunk->business;
    small.note = shrunk->note;
    if (!shrunk->minimal) small.note += small.note.empty() ? "less may do" : "; less may do";
    if (!line.no_save) {
      ++number;
      std::string stem = fmt::format("{}.{}", fs::path(scenario.file).stem().string(), to_text(result.driver));
      if (number > 1) stem += fmt::format(".{}", number);
      if (const auto files = write_shrunk(*shrunk, scenario, options.load, line.save, stem, unread)) {
        small.scenario = files->scenario;
        small.counterexample = files->counterexample;
      }
    }
    property.shrunk = std::make_shared<const ShrunkOutcome>(std::move(small));
  }
}

}  // namespace flowtank::cli
