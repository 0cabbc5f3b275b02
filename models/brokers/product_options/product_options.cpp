// SPDX-License-Identifier: Apache-2.0
// See product_options.hpp: looking keys up, types and ranges, and the words of the complaints. An option that is wrong counts
// as its default, so that what follows from it is not complained of as well.
#include "models/brokers/product_options/product_options.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace flowtank::product_options {
namespace {

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::broker: return "broker";
    case Scope::channel: return "channel";
    case Scope::publisher: return "publisher";
    case Scope::consumer: return "consumer";
  }
  return "";
}

const OptionRow* row_of(const Product& product, std::string_view key) {
  const auto found = std::find_if(product.rows.begin(), product.rows.end(), [&](const OptionRow& row) { return row.key == key; });
  return found == product.rows.end() ? nullptr : &*found;
}

void complain_at(Diagnostics& diagnostics, std::string_view code, const Option& option, std::string message, std::string hint, Severity severity = Severity::error) {
  Diagnostic d;
  d.severity = severity;
  d.code = code;
  d.range = option.where;
  d.message = std::move(message);
  d.hint = std::move(hint);
  diagnostics.add(std::move(d));
}

struct Wrong {
  std::string_view code;
  std::string message, hint;
};

std::optional<Wrong> wrong_with(const OptionRow& row, const Option& option) {
  const std::string text = text_of(option.value);
  const auto out_of_range = [&](std::string_view what, std::string_view unit) -> Wrong {
    return {"FT-RANGE-004", fmt::format("\"{}\"{} is {} from {} to {}, not \"{}\"", row.key, unit.empty() ? "" : fmt::format(" ({})", unit), what, row.least, row.most, text), ""};
  };
  switch (row.type) {
    case Type::boolean:
      if (text == "true" || text == "false") return std::nullopt;
      return Wrong{"FT-TYPE-001", fmt::format("\"{}\" is true or false, not \"{}\"", row.key, text), ""};
    case Type::whole: {
      const auto value = whole_of(text);
      if (!value) return Wrong{"FT-TYPE-001", fmt::format("\"{}\" is a whole number, not \"{}\"", row.key, text), ""};
      if (*value < row.least || *value > row.most) return out_of_range("a whole number", row.unit);
      return std::nullopt;
    }
    case Type::duration:
    case Type::durations: {
      const auto items = words(text, ',');
      if (items.empty() || (row.type == Type::duration && items.size() != 1)) return Wrong{"FT-TYPE-001", fmt::format("\"{}\" is a duration, not \"{}\"", row.key, text), ""};
      for (const std::string& item : items) {
        const auto value = parse_duration(item);
        if (!value) return Wrong{"FT-TYPE-001", fmt::format("\"{}\" is whole nanoseconds or a text like \"30s\", not \"{}\"", row.key, item), ""};
        if (*value < row.least || *value > row.most) return out_of_range("a duration", "ns");
      }
      return std::nullopt;
    }
    case Type::choice: {
      const auto values = words(row.values, ' ');
      if (std::find(values.begin(), values.end(), text) != values.end()) return std::nullopt;
      return Wrong{"FT-TYPE-001", fmt::format("\"{}\" cannot be \"{}\"", row.key, text), name_hint(text, values, "Values")};
    }
  }
  return std::nullopt;
}

const Option* find(const std::vector<Option>& options, std::string_view key) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& option) { return option.name == key; });
  return found == options.end() ? nullptr : &*found;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const struct { std::string_view name; std::int64_t ns; } units[] = {{"", 1}, {"ns", 1}, {"us", 1000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
  for (const auto& u : units) {
    if (u.name != unit) continue;
    if (value > INT64_MAX / u.ns || value < INT64_MIN / u.ns) return std::nullopt;
    return value * u.ns;
  }
  return std::nullopt;
}

std::vector<OptionInfo> infos(const Product& product) {
  std::vector<OptionInfo> out;
  for (const OptionRow& row : product.rows) {
    static constexpr std::string_view idle[] = {"broker; vectors only", "channel; vectors only", "publisher; vectors only", "consumer; vectors only"};
    const std::string_view scope = row.vectors_only ? idle[static_cast<std::size_t>(row.scope)] : name_of(row.scope);
    const std::string_view type = row.type == Type::boolean ? "bool" : row.type == Type::choice ? row.values : row.type == Type::duration ? "duration (ns)"
                                  : row.type == Type::durations ? "list of durations (ns)" : row.unit.empty() ? "int" : row.unit;
    out.push_back({row.key, scope, type, row.preset, row.meaning, row.rules});
  }
  return out;
}

const Option* Chosen::written(std::string_view key) const {
  const OptionRow* row = row_of(*product_, key);
  for (const auto* options : {near_, far_}) {
    const Option* option = find(*options, key);
    if (option != nullptr && row != nullptr && !wrong_with(*row, *option)) return option;
  }
  return nullptr;
}

std::string Chosen::text(std::string_view key) const {
  if (const Option* option = written(key)) return text_of(option->value);
  const OptionRow* row = row_of(*product_, key);
  return row == nullptr ? std::string() : std::string(row->preset);
}

std::int64_t Chosen::whole(std::string_view key, std::int64_t otherwise) const { return parse_duration(text(key)).value_or(otherwise); }

std::vector<std::int64_t> Chosen::durations(std::string_view key) const {
  std::vector<std::int64_t> out;
  for (const std::string& item : words(text(key), ',')) out.push_back(parse_duration(item).value_or(0));
  return out;
}

void Chosen::complain(std::string_view code, std::string_view key, std::string message, std::string hint) const {
  const Option* option = written(key);
  complain_at(*diagnostics_, code, option == nullptr ? Option{} : *option, std::move(message), std::move(hint));
}

void check(const Product& product, const std::vector<Option>& options, std::initializer_list<Scope> scopes, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const OptionRow& row : product.rows) {
    if (std::find(scopes.begin(), scopes.end(), row.scope) != scopes.end()) names.emplace_back(row.key);
  }
  for (const Option& option : options) {
    const OptionRow* row = row_of(product, option.name);
    if (row == nullptr || std::find(scopes.begin(), scopes.end(), row->scope) == scopes.end()) {
      std::string hint = row != nullptr ? fmt::format("It is an option of a {}.", name_of(row->scope)) : std::string();
      if (const auto close = closest_name(option.name, names); close && row == nullptr) hint = fmt::format("Did you mean \"{}\"?", *close);
      complain_at(diagnostics, "FT-KEY-001", option, fmt::format("{} has no option \"{}\" here", product.name, option.name), hint);
      continue;
    }
    if (const auto wrong = wrong_with(*row, option)) complain_at(diagnostics, wrong->code, option, wrong->message, wrong->hint);
    else if (row->vectors_only) complain_at(diagnostics, product.idle_code, option, fmt::format("\"{}\" decides nothing in a scenario", option.name), "It is played where recorded vectors are (flowtank conform).", Severity::warning);
  }
}

}  // namespace flowtank::product_options
