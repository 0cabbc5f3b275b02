// SPDX-License-Identifier: Apache-2.0
// See shrunk_files.hpp. Where the files stand decides how they name models and each other.
#include "sim/shrink/shrunk_files.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <sim/base/whole_file.hpp>

#include "sim/shrink/scenario_tree.hpp"

namespace flowtank {
namespace {

namespace fs = std::filesystem;

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

bool write(const std::string& file, const std::string& text, Diagnostics& diagnostics) {
  const auto problem = write_whole_file(file, text);
  if (problem) complain(diagnostics, "FT-FILE-002", *problem);
  return !problem;
}

}  // namespace

std::optional<Scenario> write_scenario(const std::string& text, const Scenario& original, const LoadOptions& load, const std::string& file, Diagnostics& diagnostics) {
  LoadOptions again = load;
  again.overrides.clear();
  if (!write(file, text, diagnostics)) return std::nullopt;
  Diagnostics quiet;
  auto scenario = load_scenario(file, again, quiet);
  if (scenario && same_models(*scenario, original)) return scenario;
  if (!write(file, moved(text, original, fs::path(file).parent_path().string()), diagnostics)) return std::nullopt;
  return load_scenario(file, again, diagnostics);
}

std::optional<ShrunkFiles> write_shrunk(const Shrunk& shrunk, const Scenario& original, const BrokerRegistry& registry, const LoadOptions& load,
                                        const std::string& folder, const std::string& stem, Diagnostics& diagnostics) {
  std::error_code ignored;
  if (!folder.empty()) fs::create_directories(folder, ignored);
  const auto path = [&](const std::string& name) { return folder.empty() ? name : (fs::path(folder) / name).string(); };
  ShrunkFiles files;
  files.log = shrunk.log;
  files.counterexample = path(stem + ".shrunk.counterexample");
  files.scenario = shrunk.scenario_text.empty() ? original.file : path(stem + ".shrunk.json");
  LoadOptions again = load;
  again.purpose = shrunk.log.driver == Driver::run ? LoadPurpose::run : LoadPurpose::check;
  const auto scenario = shrunk.scenario_text.empty() ? load_scenario(files.scenario, again, diagnostics)
                                                     : write_scenario(shrunk.scenario_text, original, again, files.scenario, diagnostics);
  if (!scenario) return std::nullopt;
  files.log.scenario = files.scenario;
  files.log.scenario_hash = fmt::format("{:016x}{:016x}", scenario->content.hi, scenario->content.lo);
  if (!violates(*scenario, registry, files.log, files.log.property)) {
    complain(diagnostics, "FT-SHRINK-002", "the files written do not show the failure; this is a fault of Flowtank");
    return std::nullopt;
  }
  if (!write(files.counterexample, to_text(files.log), diagnostics)) return std::nullopt;
  return files;
}

}  // namespace flowtank
