// SPDX-License-Identifier: Apache-2.0
// See option_text.hpp. No locale has a say in how numbers are written.
#include "models/brokers/product_options/option_text.hpp"

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

}  // namespace flowtank::product_options
