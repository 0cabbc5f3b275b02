// SPDX-License-Identifier: Apache-2.0
// Looks up one key after another in the table of Kafka's options and says what is wrong with its text. Only options.cpp
// uses it: what a key means is decided there.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/brokers/kafka/options.hpp"

namespace flowtank::kafka {

// The words of a list, without blanks around them and without empty ones.
std::vector<std::string> words(std::string_view text, char by = ' ');

class OptionReader {
 public:
  OptionReader(std::span<const Setting> settings, Scope scope, bool librdkafka, const Diagnostic& place, Diagnostics& diagnostics)
      : settings_(settings), scope_(scope), librdkafka_(librdkafka), place_(place), diagnostics_(diagnostics) {}

  // Complains of keys that Kafka does not have in this scope.
  void unknown_keys();
  const Setting* written(std::string_view key) const;
  // The first of the names that is written.
  const Setting* written(std::initializer_list<std::string_view> keys) const;
  // The first name is the main one and has the default; the others are other clients' names of it. A text that is not
  // allowed is complained of and counts as the default.
  std::string text(std::initializer_list<std::string_view> keys);
  std::int64_t whole(std::initializer_list<std::string_view> keys, std::int64_t otherwise = 0);
  double real(std::string_view key);
  bool flag(std::string_view key) { return text({key}) == "true"; }
  void complain(std::string_view code, const Setting* setting, std::string message, std::string hint);

 private:
  bool allowed(const KafkaOption& option, const Setting& setting);
  bool one_of(const KafkaOption& option, const Setting& setting, const std::string& value);

  std::span<const Setting> settings_;
  Scope scope_;
  bool librdkafka_;
  const Diagnostic& place_;
  Diagnostics& diagnostics_;
};

}  // namespace flowtank::kafka
