// SPDX-License-Identifier: Apache-2.0
// See model.hpp. Merging is by section: an entry of the extending model replaces the entry of the same
// name, so that positions stay those of the file in which an entry is written.
#include "sim/scenario/model.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace flowtank::loading {

bool Files::exists(const std::string& path) const {
  if (options_.files) return options_.files->find(path) != options_.files->end();
  std::error_code problem;
  return std::filesystem::is_regular_file(path, problem);
}

std::optional<std::string> Files::read(const std::string& path, Diagnostics& diagnostics) const {
  if (!options_.files) return read_text_file(path, options_.limits.read, diagnostics);
  const auto found = options_.files->find(path);
  if (found != options_.files->end()) return found->second;
  diagnostics.add({Severity::error, std::string(codes::file_missing), path, {}, "", "there is no such file", ""});
  return std::nullopt;
}

Models::Models(Reading& reading, const LoadOptions& options, std::string scenario_file)
    : reading_(reading), options_(options), files_(options), scenario_file_(std::move(scenario_file)) {}

std::string Models::locate(const std::string& name, const std::string& from, std::vector<std::string>& tried) const {
  namespace fs = std::filesystem;
  const auto look = [&](const fs::path& path) {
    tried.push_back(path.lexically_normal().generic_string());
    return files_.exists(tried.back());
  };
  if (name.find('/') != std::string::npos || name.ends_with(".json")) {
    return look(fs::path(from).parent_path() / name) ? tried.back() : "";
  }
  constexpr int most_folders = 8;
  fs::path folder = fs::path(scenario_file_).parent_path();
  for (int i = 0; i <= most_folders; ++i) {
    for (const char* part : {"", "models", "models/services"}) {
      if (look(folder / part / (name + ".json"))) return tried.back();
    }
    // Upwards by name where the path has one, by ".." where it has none left.
    const fs::path up = folder.empty() || folder.filename() == ".." ? folder / ".." : folder.parent_path();
    if (up == folder || (options_.files && folder.empty())) break;
    folder = up;
  }
  for (const std::string& path : options_.model_path) {
    if (look(fs::path(path) / (name + ".json"))) return tried.back();
  }
  return "";
}

const Model* Models::get(const std::string& name, const Place& use) {
  open_.clear();
  const Model* model = load(name, scenario_file_, use);
  if (model && std::find(order_.begin(), order_.end(), model) == order_.end()) order_.push_back(model);
  return model;
}

namespace {

bool plain(std::string_view name) {
  return !name.empty() && name.size() <= 200 && name.find('\0') == std::string_view::npos;
}

// Sections whose entries have names; everything else of the extending model simply wins.
constexpr std::array<std::string_view, 8> sections{"options", "events", "commands", "tables", "effects", "handlers", "pollers", "timers"};

void merge(JsonNode& root, const JsonNode& base) {
  for (const JsonMember& section : base.members) {
    if (section.key == "extends" || section.key == "$schema") continue;
    JsonNode* own = root.find(section.key);
    if (!own) {
      root.members.push_back(section);
    } else if (own->is(JsonKind::object) && std::find(sections.begin(), sections.end(), section.key) != sections.end()) {
      std::vector<JsonMember> merged;
      for (const JsonMember& entry : section.value.members) {
        if (!own->find(entry.key)) merged.push_back(entry);
      }
      std::move(own->members.begin(), own->members.end(), std::back_inserter(merged));
      own->members = std::move(merged);
    }
  }
}

}  // namespace

const Model* Models::load(const std::string& name, const std::string& from, const Place& use) {
  std::vector<std::string> tried;
  const std::string path = plain(name) ? locate(name, from, tried) : "";
  if (path.empty()) {
    std::string hint = tried.empty() ? "A name or a path is needed." : "Looked for " + tried.front();
    if (tried.size() > 1) hint += " and at " + std::to_string(tried.size() - 1) + " more places";
    reading_.error(codes::model_missing, use, "there is no model " + in_quotes(name), hint);
    return nullptr;
  }
  if (std::find(open_.begin(), open_.end(), path) != open_.end() || open_.size() >= options_.limits.extends) {
    std::string chain;
    for (const std::string& file : open_) chain += file + " extends ";
    reading_.error(codes::model_cycle, use, open_.size() >= options_.limits.extends ? "too many models extend each other" : "models extend each other in a circle",
                   chain + path);
    return nullptr;
  }
  if (const auto found = models_.find(path); found != models_.end()) return found->second.get();
  models_[path];  // null until read: told once
  auto text = files_.read(path, reading_.diagnostics());
  if (!text) return nullptr;
  const std::uint32_t source = reading_.sources().add(path, std::move(*text));
  texts_.push_back(path + '\n' + reading_.sources().all[source].text);
  auto root = read_json(reading_.sources(), source, options_.limits.read, reading_.diagnostics());
  if (!root || !reading_.is_object({&*root, ""}, "a model")) return nullptr;
  auto model = std::make_unique<Model>();
  model->file = path;
  model->root = std::move(*root);
  const JsonNode* own_name = model->root.find("name");
  model->name = own_name && own_name->is(JsonKind::string) ? own_name->text : name;
  if (const JsonNode* extends = model->root.find("extends")) {
    const Place place{extends, "/extends"};
    if (const auto base_name = reading_.text(place)) {
      open_.push_back(path);
      const Model* base = load(*base_name, path, place);
      open_.pop_back();
      if (!base) return nullptr;
      merge(model->root, base->root);
    }
  }
  models_[path] = std::move(model);
  return models_[path].get();
}

}  // namespace flowtank::loading
