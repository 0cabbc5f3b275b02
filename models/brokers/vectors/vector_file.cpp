// SPDX-License-Identifier: Apache-2.0
// See vector_file.hpp: every mistake in the form of a vector gets a code and a position.
#include "models/brokers/vectors/vector_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

constexpr std::string_view format_name = "broker-vector/1";

class Reader {
 public:
  Reader(const std::string& file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

  std::optional<VectorFile> read(const JsonNode& root) {
    if (!root.is(JsonKind::object)) {
      complain("FT-VEC-001", root, "", fmt::format("a vector is an object, not a {}", kind_name(root.kind)));
      return std::nullopt;
    }
    VectorFile vector;
    vector.file = file_;
    const JsonNode* format = root.find("format");
    if (format == nullptr || !format->is(JsonKind::string) || format->text != format_name) {
      complain("FT-VEC-001", format != nullptr ? *format : root, "/format", fmt::format("\"format\" must be \"{}\"", format_name));
    }
    vector.id = needed_text(root, "id");
    vector.broker = needed_text(root, "broker");
    vector.version = text_of(root, "version");
    vector.derived = text_of(root, "recorded").starts_with("derived");
    steps(root, "setup", false, vector.setup);
    steps(root, "steps", true, vector.steps);
    observed(root, vector);
    if (!ok_) return std::nullopt;
    return vector;
  }

 private:
  void complain(std::string code, const JsonNode& at, std::string pointer, std::string message) {
    ok_ = false;
    Diagnostic diagnostic;
    diagnostic.code = std::move(code);
    diagnostic.file = file_;
    diagnostic.range = at.where;
    diagnostic.pointer = std::move(pointer);
    diagnostic.message = std::move(message);
    diagnostics_.add(std::move(diagnostic));
  }

  std::string needed_text(const JsonNode& root, std::string_view key) {
    const JsonNode* value = root.find(key);
    if (value != nullptr && value->is(JsonKind::string) && !value->text.empty()) return value->text;
    complain("FT-VEC-002", value != nullptr ? *value : root, pointer_to("", key), fmt::format("\"{}\" must be a string", key));
    return {};
  }

  void steps(const JsonNode& root, std::string_view key, bool numbered, std::vector<Step>& out) {
    const JsonNode* list = root.find(key);
    if (list == nullptr && !numbered) return;
    if (list == nullptr || !list->is(JsonKind::array)) {
      complain("FT-VEC-002", list != nullptr ? *list : root, pointer_to("", key), fmt::format("\"{}\" must be a list of steps", key));
      return;
    }
    std::int64_t last = 0;
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      const JsonNode& item = list->items[i];
      const std::string pointer = pointer_to(pointer_to("", key), i);
      const JsonNode* op = item.is(JsonKind::object) ? item.find("op") : nullptr;
      if (op == nullptr || !op->is(JsonKind::string)) {
        complain("FT-VEC-003", item, pointer, "a step is an object with a string \"op\"");
        continue;
      }
      Step step;
      step.op = op->text;
      step.node = item;
      if (numbered) {
        const JsonNode* n = item.find("n");
        if (n == nullptr || !n->is(JsonKind::integer) || n->integer <= last) {
          complain("FT-VEC-004", n != nullptr ? *n : item, pointer, "steps have growing whole numbers \"n\" from 1 on");
          continue;
        }
        last = step.n = n->integer;
      }
      out.push_back(std::move(step));
    }
  }

  void observed(const JsonNode& root, VectorFile& vector) {
    const JsonNode* list = root.find("observed");
    if (list == nullptr || !list->is(JsonKind::array)) {
      complain("FT-VEC-002", list != nullptr ? *list : root, "/observed", "\"observed\" must be a list of observations");
      return;
    }
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      const JsonNode& item = list->items[i];
      const std::string pointer = pointer_to("/observed", i);
      const JsonNode* step = item.is(JsonKind::object) ? item.find("step") : nullptr;
      if (step == nullptr || !step->is(JsonKind::integer)) {
        complain("FT-VEC-005", item, pointer, "an observation is an object with the number of its \"step\"");
        continue;
      }
      const auto found = std::find_if(vector.steps.begin(), vector.steps.end(), [&](const Step& s) { return s.n == step->integer; });
      if (found == vector.steps.end()) {
        complain("FT-VEC-006", *step, pointer, fmt::format("there is no step {}", step->integer));
        continue;
      }
      JsonNode rest = item;
      std::erase_if(rest.members, [](const JsonMember& member) { return member.key == "step"; });
      vector.observed[found->n].push_back(std::move(rest));
    }
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  bool ok_ = true;
};

// A vector is small; these limits keep a hostile one from filling memory.
ReadLimits limits() {
  ReadLimits limits;
  limits.file_bytes = std::size_t{16} << 20;
  limits.values = 500'000;
  return limits;
}

}  // namespace

std::optional<VectorFile> parse_vector(const std::string& name, std::string text, Diagnostics& diagnostics) {
  Sources sources;
  const std::uint32_t source = sources.add(name, std::move(text));
  const auto root = read_json(sources, source, limits(), diagnostics);
  if (!root || !diagnostics.ok()) return std::nullopt;
  return Reader(name, diagnostics).read(*root);
}

std::optional<VectorFile> read_vector(const std::string& path, Diagnostics& diagnostics) {
  auto text = read_text_file(path, limits(), diagnostics);
  if (!text) return std::nullopt;
  return parse_vector(path, std::move(*text), diagnostics);
}

}  // namespace flowtank::vectors
