// SPDX-License-Identifier: Apache-2.0
// See filter_policy.hpp. A policy is an object: all its keys must match (AND), any pattern of a key's list suffices (OR), and
// "$or" holds when one of its objects does. What a policy may say is checked by the same walk that matching follows.
#include "models/brokers/sns_sqs/filter_policy.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include <fmt/format.h>

namespace flowtank::sns_sqs {
namespace {

using Kind = Json::Kind;
constexpr std::size_t most_keys = 5, most_combinations = 150;

// ---- single patterns -------------------------------------------------------------------------------------------

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

// '*' stands for any characters; a backslash makes the next character an ordinary one.
bool fits_wildcard(std::string_view pattern, std::string_view text) {
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    if (pattern[p] == '*') {
      for (std::size_t t = 1; t <= text.size(); ++t) reached[t] = reached[t] || reached[t - 1];
      continue;
    }
    if (pattern[p] == '\\' && p + 1 < pattern.size()) ++p;
    for (std::size_t t = text.size(); t > 0; --t) reached[t] = reached[t - 1] && text[t - 1] == pattern[p];
    reached[0] = false;
  }
  return reached[text.size()];
}

using Address = std::array<std::uint8_t, 16>;

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t base, std::uint32_t most) {
  std::uint32_t value = 0;
  if (text.empty() || text.size() > 4) return std::nullopt;
  for (const char c : text) {
    const char l = lower(c);
    const std::uint32_t digit = l >= '0' && l <= '9' ? static_cast<std::uint32_t>(l - '0') : l >= 'a' && l <= 'f' ? static_cast<std::uint32_t>(l - 'a' + 10) : 99;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value <= most ? std::optional(value) : std::nullopt;
}

std::vector<std::string_view> parted(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(by, at);
    parts.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return parts;
    at = end + 1;
  }
}

// The bytes of an IP address: 4 or 16 of them, `bits` says which.
std::optional<Address> address_of(std::string_view text, std::uint32_t& bits) {
  Address out{};
  if (text.find(':') == std::string_view::npos) {
    bits = 32;
    const auto parts = parted(text, '.');
    if (parts.size() != 4) return std::nullopt;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto part = number(parts[i], 10, 255);
      if (!part) return std::nullopt;
      out[i] = static_cast<std::uint8_t>(*part);
    }
    return out;
  }
  bits = 128;
  const std::size_t gap = text.find("::");
  const auto groups = [](std::string_view part, std::vector<std::uint32_t>& into) {
    if (part.empty()) return true;
    for (const std::string_view group : parted(part, ':')) {
      const auto value = number(group, 16, 0xffff);
      if (!value) return false;
      into.push_back(*value);
    }
    return true;
  };
  std::vector<std::uint32_t> head, tail;
  if (!groups(text.substr(0, gap), head) || (gap != std::string_view::npos && !groups(text.substr(gap + 2), tail))) return std::nullopt;
  if (gap == std::string_view::npos ? head.size() != 8 : head.size() + tail.size() > 7) return std::nullopt;
  head.resize(8 - tail.size(), 0);
  head.insert(head.end(), tail.begin(), tail.end());
  for (std::size_t i = 0; i < 8; ++i) {
    out[2 * i] = static_cast<std::uint8_t>(head[i] >> 8);
    out[2 * i + 1] = static_cast<std::uint8_t>(head[i] & 0xff);
  }
  return out;
}

struct Network {
  Address address{};
  std::uint32_t bits = 0, prefix = 0;
};

std::optional<Network> network_of(std::string_view text) {
  Network network;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = address_of(text.substr(0, slash), network.bits);
  const auto prefix = number(text.substr(slash + 1), 10, network.bits);
  if (!address || !prefix) return std::nullopt;
  network.address = *address;
  network.prefix = *prefix;
  return network;
}

bool lies_in(const std::string& text, const std::string& range) {
  const auto network = network_of(range);
  std::uint32_t bits = 0;
  const auto address = address_of(text, bits);
  if (!network || !address || bits != network->bits) return false;
  for (std::uint32_t bit = 0; bit < network->prefix; ++bit) {
    const std::uint32_t shift = 7 - bit % 8;
    if (((*address)[bit / 8] >> shift & 1) != (network->address[bit / 8] >> shift & 1)) return false;
  }
  return true;
}

bool compares(const std::string& relation, std::int64_t value, std::int64_t bound) {
  if (relation == "=") return value == bound;
  if (relation == "<") return value < bound;
  if (relation == "<=") return value <= bound;
  return relation == ">" ? value > bound : value >= bound;
}

bool in_range(const Json& list, const Json& value) {
  if (!value.is(Kind::number)) return false;
  for (std::size_t i = 0; i + 1 < list.items.size(); i += 2) {
    if (!compares(list.items[i].text, value.number, list.items[i + 1].number)) return false;
  }
  return true;
}

bool same(const Json& pattern, const Json& value) {
  if (pattern.kind != value.kind) return false;
  switch (pattern.kind) {
    case Kind::null: return true;
    case Kind::boolean: return pattern.boolean == value.boolean;
    case Kind::number: return pattern.number == value.number;
    case Kind::string: return pattern.text == value.text;
    default: return false;
  }
}

bool text_operator(const std::string& name, const std::string& operand, const std::string& text) {
  if (name == "prefix") return text.starts_with(operand);
  if (name == "suffix") return text.ends_with(operand);
  if (name == "equals-ignore-case") return equal_ignoring_case(operand, text);
  if (name == "wildcard") return fits_wildcard(operand, text);
  return name == "cidr" && lies_in(text, operand);
}

bool listed(const Json& operand, const Json& value) {
  const auto one = [&](const Json& item) {
    if (!item.is(Kind::object)) return same(item, value);
    const std::string& name = item.members.front().first;
    const Json& inner = item.members.front().second;
    if (inner.is(Kind::array)) {
      return value.is(Kind::string) && std::any_of(inner.items.begin(), inner.items.end(), [&](const Json& i) { return text_operator(name, i.text, value.text); });
    }
    return value.is(Kind::string) && text_operator(name, inner.text, value.text);
  };
  return operand.is(Kind::array) ? std::any_of(operand.items.begin(), operand.items.end(), one) : one(operand);
}

// SNS-FILTER-2: one pattern against one value that is there.
bool fits(const Json& pattern, const Json& value) {
  if (!pattern.is(Kind::object)) return same(pattern, value);
  const auto& [name, operand] = pattern.members.front();
  if (name == "exists") return operand.boolean;
  if (name == "anything-but") return !listed(operand, value);
  if (name == "numeric") return in_range(operand, value);
  return value.is(Kind::string) && text_operator(name, operand.text, value.text);
}

bool wants_absence(const Json& pattern) {
  return pattern.is(Kind::object) && pattern.members.front().first == "exists" && !pattern.members.front().second.boolean;
}

// A key's patterns against what the message has there: any of them, with any element of a list (SNS-FILTER-2).
bool any_fits(const Json& patterns, const Json* value) {
  if (value == nullptr) return std::any_of(patterns.items.begin(), patterns.items.end(), wants_absence);  // SNS-FILTER-1
  return std::any_of(patterns.items.begin(), patterns.items.end(), [&](const Json& pattern) {
    if (wants_absence(pattern)) return false;
    if (!value->is(Kind::array)) return fits(pattern, *value);
    return std::any_of(value->items.begin(), value->items.end(), [&](const Json& element) { return fits(pattern, element); });
  });
}

bool object_matches(const Json& policy, const Json* message) {
  return std::all_of(policy.members.begin(), policy.members.end(), [&](const auto& member) {
    const std::string& key = member.first;
    const Json& patterns = member.second;
    if (key == "$or" && patterns.is(Kind::array)) {
      return std::any_of(patterns.items.begin(), patterns.items.end(), [&](const Json& choice) { return object_matches(choice, message); });
    }
    const Json* value = message == nullptr ? nullptr : message->find(key);
    if (patterns.is(Kind::array)) return any_fits(patterns, value);
    if (value != nullptr && value->is(Kind::array)) {
      return std::any_of(value->items.begin(), value->items.end(), [&](const Json& element) { return element.is(Kind::object) && object_matches(patterns, &element); });
    }
    return object_matches(patterns, value != nullptr && value->is(Kind::object) ? value : nullptr);
  });
}

// ---- what SNS refuses ------------------------------------------------------------------------------------------

class Check {
 public:
  explicit Check(FilterPolicy::Scope scope) : scope_(scope) {}
  std::string why;

  bool object(const Json& policy, std::size_t depth) {
    if (!policy.is(Kind::object) || policy.members.empty()) return fail("a filter policy is an object with at least one key");
    for (const auto& [key, patterns] : policy.members) {
      if (depth == 1 && key != "$or") ++keys_;
      if (key == "$or" && patterns.is(Kind::array)) {
        if (!any_of(patterns, depth)) return false;
      } else if (patterns.is(Kind::object)) {
        if (scope_ == FilterPolicy::Scope::attributes) return fail(fmt::format("\"{}\" is nested, which needs FilterPolicyScope MessageBody", key));
        if (!object(patterns, depth + 1)) return false;
      } else if (!list(key, patterns, depth)) {
        return false;
      }
    }
    if (depth == 1 && keys_ > most_keys) return fail(fmt::format("it has {} keys; {} are allowed", keys_, most_keys));
    if (combinations_ > most_combinations) return fail(fmt::format("it has more than {} combinations of values", most_combinations));
    return true;
  }

 private:
  bool fail(std::string text) {
    if (why.empty()) why = std::move(text);
    return false;
  }

  // Alternatives add up, keys multiply.
  bool any_of(const Json& choices, std::size_t depth) {
    if (choices.items.size() < 2) return fail("\"$or\" lists at least two objects");
    const std::size_t before = combinations_;
    std::size_t sum = 0;
    for (const Json& choice : choices.items) {
      combinations_ = 1;
      if (!object(choice, depth)) return false;
      sum = std::min(sum + combinations_, most_combinations + 1);
    }
    combinations_ = std::min(before * sum, most_combinations + 1);
    return true;
  }

  bool list(const std::string& key, const Json& patterns, std::size_t depth) {
    if (!patterns.is(Kind::array) || patterns.items.empty()) return fail(fmt::format("\"{}\" needs a list of values", key));
    combinations_ = std::min(combinations_ * std::min(patterns.items.size() * depth, most_combinations + 1), most_combinations + 1);
    return std::all_of(patterns.items.begin(), patterns.items.end(), [&](const Json& pattern) { return one(key, pattern); });
  }

  bool one(const std::string& key, const Json& pattern) {
    if (pattern.is(Kind::array)) return fail(fmt::format("\"{}\" has a list in its list", key));
    if (!pattern.is(Kind::object)) return true;
    if (pattern.members.size() != 1) return fail(fmt::format("an operator of \"{}\" is an object with one key", key));
    const auto& [name, operand] = pattern.members.front();
    if (name == "exists") return operand.is(Kind::boolean) || fail("\"exists\" is true or false");
    if (name == "numeric") return numeric(operand);
    if (name == "anything-but") return anything_but(operand);
    return text(name, operand);
  }

  bool text(const std::string& name, const Json& operand) {
    constexpr std::array<std::string_view, 5> names{"prefix", "suffix", "equals-ignore-case", "wildcard", "cidr"};
    if (std::find(names.begin(), names.end(), name) == names.end()) return fail(fmt::format("there is no operator \"{}\"", name));
    if (!operand.is(Kind::string)) return fail(fmt::format("\"{}\" needs a text", name));
    if (name == "cidr" && !network_of(operand.text)) return fail(fmt::format("\"{}\" is no range of addresses", operand.text));
    if (name == "wildcard" && operand.text.find("**") != std::string::npos) return fail("a wildcard has no two stars in a row");
    return true;
  }

  bool anything_but(const Json& operand) {
    const auto plain = [&](const Json& item) {
      if (item.is(Kind::string) || item.is(Kind::number)) return true;
      if (!item.is(Kind::object) || item.members.size() != 1) return fail("\"anything-but\" needs texts, numbers, or one operator on texts");
      const auto& [name, inner] = item.members.front();
      if (name == "cidr") return fail("\"anything-but\" takes no cidr");
      if (!inner.is(Kind::array)) return text(name, inner);
      return !inner.items.empty() && std::all_of(inner.items.begin(), inner.items.end(), [&, &op = name](const Json& i) { return text(op, i); });
    };
    if (!operand.is(Kind::array)) return plain(operand);
    if (operand.items.empty()) return fail("\"anything-but\" needs a value");
    return std::all_of(operand.items.begin(), operand.items.end(), plain);
  }

  bool numeric(const Json& operand) {
    const auto fits_form = [](const Json& relation, const Json& bound) {
      constexpr std::array<std::string_view, 5> relations{"=", "<", "<=", ">", ">="};
      return relation.is(Kind::string) && bound.is(Kind::number) && std::find(relations.begin(), relations.end(), relation.text) != relations.end();
    };
    const auto& items = operand.items;
    const bool whole = operand.is(Kind::array) && (items.size() == 2 || items.size() == 4) && fits_form(items[0], items[1]) &&
                       (items.size() == 2 || fits_form(items[2], items[3]));
    if (!whole) return fail("\"numeric\" is a relation and a number, once or twice: [\">=\", 0, \"<\", 100]");
    if (items.size() == 4 && (!items[0].text.starts_with(">") || !items[2].text.starts_with("<"))) return fail("a range is [\">\", from, \"<\", to]");
    return true;
  }

  FilterPolicy::Scope scope_;
  std::size_t keys_ = 0, combinations_ = 1;
};

}  // namespace

std::optional<FilterPolicy> FilterPolicy::read(std::string_view text, Scope scope, std::string& why) {
  auto json = parse_json(text);
  if (!json) {
    why = "it is not JSON";
    return std::nullopt;
  }
  Check check(scope);
  if (!check.object(*json, 1)) {
    why = check.why.empty() ? "a list in it is empty" : check.why;
    return std::nullopt;
  }
  FilterPolicy policy;
  policy.policy_ = std::move(*json);
  policy.scope_ = scope;
  return policy;
}

bool FilterPolicy::matches(const Json* message) const {
  if (message == nullptr || !message->is(Kind::object)) return false;
  return object_matches(policy_, message);
}

Json plain_attributes(const Json& attributes) {
  Json out;
  out.kind = Kind::object;
  for (const auto& [name, attribute] : attributes.members) {
    const auto member = [&one = attribute](std::initializer_list<std::string_view> names) -> const Json* {
      for (const std::string_view known : names) {
        if (const Json* found = one.is(Kind::object) ? one.find(known) : nullptr) return found;
      }
      return nullptr;
    };
    const Json* type = member({"DataType", "Type", "type"});
    if (type == nullptr) {
      out.members.emplace_back(name, attribute);
      continue;
    }
    const Json* value = member({"StringValue", "Value", "value"});
    if (type->text.starts_with("Binary") || value == nullptr) continue;
    if (value->is(Kind::string) && (type->text.starts_with("Number") || type->text == "String.Array")) {
      if (auto parsed = parse_json(value->text)) out.members.emplace_back(name, std::move(*parsed));
      continue;
    }
    out.members.emplace_back(name, *value);
  }
  return out;
}

}  // namespace flowtank::sns_sqs
