// SPDX-License-Identifier: Apache-2.0
// See scenario_tree.hpp. The writer is our own: keys keep their order, and short objects stay on one line.
#include "sim/shrink/scenario_tree.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sim/scenario/overrides.hpp>

namespace flowtank::shrinking {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string scalar(const JsonNode& node) {
  switch (node.kind) {
    case JsonKind::null: return "null";
    case JsonKind::boolean: return node.boolean ? "true" : "false";
    case JsonKind::integer: return std::to_string(node.integer);
    case JsonKind::real: {
      std::string text = fmt::format("{}", node.real);
      return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
    }
    default: return quoted(node.text);
  }
}

void write(const JsonNode& node, std::size_t indent, std::size_t most_in_line, std::string& out) {
  const bool list = node.is(JsonKind::array);
  if (!list && !node.is(JsonKind::object)) {
    out += scalar(node);
    return;
  }
  if (node.items.empty() && node.members.empty()) {
    out += list ? "[]" : "{}";
    return;
  }
  const std::string in_line = most_in_line == 0 ? std::string() : compact_json(node);
  const bool one_line = most_in_line == 0 || (indent != 0 && indent + in_line.size() <= most_in_line);
  const std::string gap = one_line ? " " : "\n" + std::string(indent + 2, ' ');
  out += list ? "[" : "{";
  bool first = true;
  const auto next = [&] {
    out += first ? gap : "," + gap;
    first = false;
  };
  const std::size_t inner = one_line ? 0 : most_in_line;
  for (const JsonNode& item : node.items) {
    next();
    write(item, indent + 2, inner, out);
  }
  for (const JsonMember& m : node.members) {
    next();
    out += quoted(m.key) + ": ";
    write(m.value, indent + 2, inner, out);
  }
  out += one_line ? " " : "\n" + std::string(indent, ' ');
  out += list ? "]" : "}";
}

}  // namespace

std::string compact_json(const JsonNode& node) {
  std::string out;
  write(node, 0, 0, out);
  return out;
}

std::string pretty_json(const JsonNode& node) {
  constexpr std::size_t line = 110;
  std::string out;
  write(node, 0, line, out);
  return out + "\n";
}

JsonNode text_node(std::string text) {
  JsonNode node;
  node.kind = JsonKind::string;
  node.text = std::move(text);
  return node;
}

JsonNode number_node(std::int64_t number) {
  JsonNode node;
  node.kind = JsonKind::integer;
  node.integer = number;
  node.real = static_cast<double>(number);
  return node;
}

JsonNode object_node() {
  JsonNode node;
  node.kind = JsonKind::object;
  return node;
}

JsonNode list_node() {
  JsonNode node;
  node.kind = JsonKind::array;
  return node;
}

JsonNode& member(JsonNode& object, const std::string& key) {
  if (JsonNode* found = object.find(key)) return *found;
  object.members.push_back({key, {}, {}});
  return object.members.back().value;
}

void erase_member(JsonNode& object, const std::string& key) {
  std::erase_if(object.members, [&key](const JsonMember& m) { return m.key == key; });
}

JsonNode* at(JsonNode& root, std::initializer_list<const char*> path) {
  JsonNode* node = &root;
  for (const char* key : path) {
    node = node->find(key);
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::optional<ScenarioTree> ScenarioTree::read(const std::string& file, const LoadOptions& options) {
  Diagnostics diagnostics;
  std::optional<std::string> text;
  if (options.files == nullptr) {
    text = read_text_file(file, options.limits.read, diagnostics);
  } else if (const auto found = options.files->find(file); found != options.files->end()) {
    text = found->second;
  }
  if (!text) return std::nullopt;
  Sources sources;
  const std::uint32_t source = sources.add(file, std::move(*text));
  auto root = read_json(sources, source, options.limits.read, diagnostics);
  if (!root || !root->is(JsonKind::object)) return std::nullopt;
  ScenarioTree tree;
  for (const JsonMember& m : root->members) tree.unchanged_.emplace_back(m.key, compact_json(m.value));
  for (const std::string& assignment : options.overrides) apply_override(*root, assignment, sources, options.limits.read, diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  tree.root = std::move(*root);
  tree.file_ = file;
  tree.options_ = options;
  tree.options_.overrides.clear();
  return tree;
}

std::shared_ptr<const Scenario> ScenarioTree::load(LoadPurpose purpose) const {
  LoadOptions options = options_;
  options.purpose = purpose;
  for (const JsonMember& m : root.members) {
    std::pair<std::string, std::string> now(m.key, compact_json(m.value));
    if (std::find(unchanged_.begin(), unchanged_.end(), now) != unchanged_.end() || m.key.find_first_of(".=") != std::string::npos) continue;
    options.overrides.push_back(now.first + "=" + now.second);
  }
  // What is left out of the tree must be left out of the file, too: empty sections say so.
  static constexpr std::pair<const char*, const char*> sections[] = {
      {"clients", "{}"}, {"faults", "[]"}, {"brokers", "{}"}, {"check", "{}"}, {"run", "{}"}, {"lint", "{}"}, {"expect", "{}"}};
  for (const auto& [name, empty] : sections) {
    const bool was = std::any_of(unchanged_.begin(), unchanged_.end(), [name = name](const auto& section) { return section.first == name; });
    if (was && root.find(name) == nullptr) options.overrides.push_back(std::string(name) + "=" + empty);
  }
  Diagnostics ignored;
  auto scenario = load_scenario(file_, options, ignored);
  if (!scenario) return nullptr;
  return std::make_shared<const Scenario>(std::move(*scenario));
}

}  // namespace flowtank::shrinking
