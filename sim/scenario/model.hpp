// SPDX-License-Identifier: Apache-2.0
// Model files: finding, reading, merging what they extend, and choosing their options. A model stays a
// JSON tree here (its meaning depends on the options of each service that uses it); the sections are
// lowered service by service.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/reading.hpp"
#include "sim/scenario/scenario.hpp"

namespace flowtank::loading {

struct Model {
  std::string name;
  std::string file;
  JsonNode root;  // merged with what it extends
};

// Where files come from: the disk, or the texts in LoadOptions::files.
class Files {
 public:
  explicit Files(const LoadOptions& options) : options_(options) {}
  bool exists(const std::string& path) const;
  std::optional<std::string> read(const std::string& path, Diagnostics& diagnostics) const;

 private:
  const LoadOptions& options_;
};

// Reads each model once. Search order of a plain name N, first that exists:
//   1. DIR/N.json, DIR/models/N.json, DIR/models/services/N.json for DIR = the scenario's folder and each
//      folder above it (at most 8);
//   2. N.json in each folder of LoadOptions::model_path; faces put the folder of Flowtank's own models there, last.
// A name with a slash or ending in .json is a path from the folder of the file that names it.
class Models {
 public:
  Models(Reading& reading, const LoadOptions& options, std::string scenario_file);

  // nullptr and diagnostics (FT-MODEL-001, FT-MODEL-002, and those of reading) when it cannot be had.
  const Model* get(const std::string& name, const Place& use);
  const std::vector<const Model*>& used() const { return order_; }
  // Texts of all files read, for the content hash.
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::string locate(const std::string& name, const std::string& from, std::vector<std::string>& tried) const;
  const Model* load(const std::string& name, const std::string& from, const Place& use);

  Reading& reading_;
  const LoadOptions& options_;
  Files files_;
  std::string scenario_file_;
  std::map<std::string, std::unique_ptr<Model>> models_;  // by path; null: could not be read
  std::vector<std::string> open_;  // being read, for cycles
  std::vector<const Model*> order_;
  std::vector<std::string> texts_;
};

// The values of all options of the model for a service: from `with`, else the defaults. Names the user
// chose are added to `choices`.
OptionValues choose_options(Reading& reading, const Model& model, const Place& with);

// Whether the "only" of an entry or step holds for these options; true without one.
bool is_included(Reading& reading, const Place& entry);

// The weaknesses of the model that apply to the options in `reading`.
void collect_weaknesses(Reading& reading, const Model& model, const Place& use, const Place& with, std::uint32_t service,
                        std::vector<KnownWeakness>& out);

}  // namespace flowtank::loading
