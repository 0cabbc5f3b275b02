// SPDX-License-Identifier: Apache-2.0
// Options of a System as the texts that a product's configuration has. Every product reads its own keys from these, so that a
// value means the same to all of them: whole reals are whole numbers, lists are comma-separated.
#pragma once

#include <string>
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

}  // namespace flowtank::product_options
