// SPDX-License-Identifier: Apache-2.0
// See option_text.hpp. No locale has a say in how numbers are written.
#include "models/brokers/product_options/option_text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace flowtank::product_options {

std::string text_of(const Value& value) {
  switch (value.kind) {
    case Kind::boolean: return value.b ? "true" : "false";
    case Kind::int64: return std::to_string(value.i);
    case Kind::real: {
      const auto whole = static_cast<std::int64_t>(value.d);
      return static_cast<double>(whole) == value.d ? std::to_string(whole) : fmt::format("{}", value.d);
    }
    case Kind::string: return std::string(value.text());
    case Kind::list: {
      std::string out;
      for (const Value& item : value.items()) out += (out.empty() ? "" : ",") + text_of(item);
      return out;
    }
    default: return "";
  }
}

std::vector<Setting> settings_of(const std::vector<Option>& options) {
  std::vector<Setting> settings;
  for (const Option& option : options) settings.push_back({option.name, text_of(option.value), option.where});
  return settings;
}

const Setting* written(std::span<const Setting> settings, std::string_view key) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.key == key; });
  return found == settings.end() ? nullptr : &*found;
}

std::optional<std::int64_t> whole_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> words(std::string_view text, char by) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(by, at), text.size());
    std::string_view word = text.substr(at, end - at);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (!word.empty()) out.emplace_back(word);
    at = end + 1;
  }
  return out;
}

}  // namespace flowtank::product_options
