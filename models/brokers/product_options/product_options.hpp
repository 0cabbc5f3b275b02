// SPDX-License-Identifier: Apache-2.0
// Options of a product as a table: keys, where each may stand, types, defaults, ranges, meaning and the rules that they decide.
// One table is what scenarios are read by and what `flowtank explain broker` prints. An option stands at a channel or at a
// subscription; at the broker it is the default of all. Reading never throws, and all mistakes are reported at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/world/broker.hpp>
#include <sim/world/system.hpp>

#include "models/brokers/product_options/option_text.hpp"

namespace flowtank::product_options {

enum class Scope : std::uint8_t { broker, channel, publisher, consumer };
// duration: whole nanoseconds, or a text with a unit ("30s", "500ms", "2m").
enum class Type : std::uint8_t { boolean, whole, duration, durations, choice };

struct OptionRow {
  std::string_view key;
  Scope scope;
  Type type;
  std::string_view preset;    // default, as text; empty: none
  std::string_view unit;      // whole: "ms", "messages", ...
  std::int64_t least = 0, most = 0;  // whole; duration in nanoseconds
  std::string_view values;    // choice: allowed words, separated by blanks
  std::string_view rules;     // ids, separated by blanks
  std::string_view meaning;   // one sentence
  bool vectors_only = false;  // decides nothing in a scenario
};

struct Product {
  std::string_view name;          // in diagnostics
  std::string_view idle_code;     // code of the warning about an option that decides nothing
  std::span<const OptionRow> rows;
};

// As explain prints them.
std::vector<OptionInfo> infos(const Product& product);

// The options that hold at one place: those written there, then those of the broker, then the defaults.
class Chosen {
 public:
  Chosen(const Product& product, const std::vector<Option>& near, const std::vector<Option>& far, Diagnostics& diagnostics)
      : product_(&product), near_(&near), far_(&far), diagnostics_(&diagnostics) {}
  Chosen(const Product&, std::vector<Option>&&, const std::vector<Option>&, Diagnostics&) = delete;  // it keeps where they are

  // The option as written at this place or at the broker; nullptr: the default holds.
  const Option* written(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::int64_t whole(std::string_view key, std::int64_t otherwise = 0) const;  // durations: nanoseconds
  bool flag(std::string_view key) const { return text(key) == "true"; }
  std::vector<std::int64_t> durations(std::string_view key) const;
  void complain(std::string_view code, std::string_view key, std::string message, std::string hint) const;

 private:
  const Product* product_;
  const std::vector<Option>* near_;
  const std::vector<Option>* far_;
  Diagnostics* diagnostics_;
};

// Complains of options that the product does not have in these scopes, or whose values are wrong, and warns of those that decide
// nothing in a scenario.
void check(const Product& product, const std::vector<Option>& options, std::initializer_list<Scope> scopes, Diagnostics& diagnostics);

// "30s", "1m30s" is not understood; a number alone is nanoseconds.
std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace flowtank::product_options
