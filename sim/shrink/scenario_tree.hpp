// SPDX-License-Identifier: Apache-2.0
// A scenario file as a tree that is edited: what --set changed is already in it. A candidate is loaded as the
// original file with the changed sections as overrides, so that models are found as always, and is written as a
// file of its own in the end.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/scenario/json_reader.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank::shrinking {

// The JSON of a node: in one line, or as a file for people (objects of the first levels over several lines).
std::string compact_json(const JsonNode& node);
std::string pretty_json(const JsonNode& node);

// Nodes without a place in a file.
JsonNode text_node(std::string text);
JsonNode number_node(std::int64_t number);
JsonNode object_node();
JsonNode list_node();
// The member, made if it is not there.
JsonNode& member(JsonNode& object, const std::string& key);
void erase_member(JsonNode& object, const std::string& key);
JsonNode* at(JsonNode& root, std::initializer_list<const char*> path);

class ScenarioTree {
 public:
  // Nothing when the file cannot be read (it was loaded before).
  static std::optional<ScenarioTree> read(const std::string& file, const LoadOptions& options);

  JsonNode root;

  // The scenario as it stands; nothing when it is none. nullptr, not diagnosed: a candidate may be nonsense.
  std::shared_ptr<const Scenario> load(LoadPurpose purpose) const;

 private:
  std::string file_;
  LoadOptions options_;
  std::vector<std::pair<std::string, std::string>> unchanged_;  // sections as they are in the file
};

}  // namespace flowtank::shrinking
