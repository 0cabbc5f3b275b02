// SPDX-License-Identifier: Apache-2.0
// See node.hpp: building, printing and comparing JSON trees of vectors.
#include "models/brokers/vectors/node.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::vectors {
namespace {

void print_text(std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are controls too; in UTF-8 they begin with C2.
    const bool high_control = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (high_control) {
      out += fmt::format("\\u00{:02x}", static_cast<unsigned char>(text[++i]));
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  out += '"';
}

void print(const JsonNode& node, std::string& out, std::size_t most) {
  if (out.size() > most) return;
  switch (node.kind) {
    case JsonKind::null: out += "null"; return;
    case JsonKind::boolean: out += node.boolean ? "true" : "false"; return;
    case JsonKind::integer: out += std::to_string(node.integer); return;
    case JsonKind::real: out += fmt::format("{}", node.real); return;
    case JsonKind::string: return print_text(node.text, out);
    case JsonKind::array: {
      out += '[';
      for (std::size_t i = 0; i < node.items.size() && out.size() <= most; ++i) {
        if (i != 0) out += ", ";
        print(node.items[i], out, most);
      }
      out += ']';
      return;
    }
    case JsonKind::object: {
      out += '{';
      for (std::size_t i = 0; i < node.members.size() && out.size() <= most; ++i) {
        if (i != 0) out += ", ";
        print_text(node.members[i].key, out);
        out += ": ";
        print(node.members[i].value, out, most);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

JsonNode node(std::int64_t value) {
  JsonNode n;
  n.kind = JsonKind::integer;
  n.integer = value;
  n.real = static_cast<double>(value);
  return n;
}

JsonNode node(std::string_view value) {
  JsonNode n;
  n.kind = JsonKind::string;
  n.text = value;
  return n;
}

JsonNode node(std::vector<JsonNode> items) {
  JsonNode n;
  n.kind = JsonKind::array;
  n.items = std::move(items);
  return n;
}

JsonNode null_node() { return {}; }

JsonNode object(std::initializer_list<std::pair<std::string_view, JsonNode>> members) {
  JsonNode n;
  n.kind = JsonKind::object;
  for (const auto& [key, value] : members) put(n, key, value);
  return n;
}

void put(JsonNode& object, std::string_view key, JsonNode value) {
  if (JsonNode* known = object.find(key)) {
    *known = std::move(value);
    return;
  }
  JsonMember member;
  member.key = key;
  member.value = std::move(value);
  object.members.push_back(std::move(member));
}

std::string to_text(const JsonNode& node, std::size_t most) {
  std::string out;
  print(node, out, most);
  if (out.size() <= most) return out;
  std::size_t end = most;  // not within a character
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
  return out.substr(0, end) + "...";
}

bool equal(const JsonNode& a, const JsonNode& b) {
  if (a.is_number() && b.is_number()) {
    return a.kind == b.kind && a.kind == JsonKind::integer ? a.integer == b.integer : a.real == b.real;
  }
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case JsonKind::boolean: return a.boolean == b.boolean;
    case JsonKind::string: return a.text == b.text;
    case JsonKind::array: return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), equal);
    case JsonKind::object:
      return a.members.size() == b.members.size() && std::all_of(a.members.begin(), a.members.end(), [&](const JsonMember& member) {
        const JsonNode* other = b.find(member.key);
        return other != nullptr && equal(member.value, *other);
      });
    default: return true;
  }
}

std::string text_of(const JsonNode& object, std::string_view key, std::string_view otherwise) {
  const JsonNode* value = object.find(key);
  if (value == nullptr || value->is(JsonKind::null)) return std::string(otherwise);
  return value->is(JsonKind::string) ? value->text : to_text(*value);
}

std::int64_t whole_of(const JsonNode& object, std::string_view key, std::int64_t otherwise) {
  const JsonNode* value = object.find(key);
  return value != nullptr && value->is(JsonKind::integer) ? value->integer : otherwise;
}

}  // namespace flowtank::vectors
