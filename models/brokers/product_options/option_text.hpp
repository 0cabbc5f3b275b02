// SPDX-License-Identifier: Apache-2.0
// Options of a System as the texts that a product's configuration has. Every product reads its own keys from these, so that a
// value means the same to all of them: whole reals are whole numbers, lists are comma-separated.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/world/system.hpp>

namespace flowtank::product_options {

struct Setting {
  std::string key;
  std::string text;
  SourceRange where;  // of the value, in its file
};

// Empty for what is neither boolean, number, text nor a list of these.
std::string text_of(const Value& value);
// In the order in which they are written.
std::vector<Setting> settings_of(const std::vector<Option>& options);
// The first with this key; nullptr: it is not written.
const Setting* written(std::span<const Setting> settings, std::string_view key);

// A whole number and nothing else.
std::optional<std::int64_t> whole_of(std::string_view text);
// What stands between the separators, without blanks around it; empty words do not count.
std::vector<std::string> words(std::string_view text, char by);

}  // namespace flowtank::product_options
