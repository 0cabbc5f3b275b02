// SPDX-License-Identifier: Apache-2.0
// JSON as SNS and SQS read it inside of their own attributes: a FilterPolicy, a RedrivePolicy and, with
// FilterPolicyScope=MessageBody, the body of a message. Numbers are kept to five decimals, as filter policies compare
// them. Whatever the bytes are, parsing ends and never throws; objects keep the order of the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flowtank::sns_sqs {

struct JsonMember;

struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  static constexpr std::int64_t one = 100'000;  // number 1, in hundred-thousandths (SNS-FILTER-2)

  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t number = 0;  // in hundred-thousandths, cut off; saturated at 90 billion
  std::string text;         // strings: decoded
  std::vector<Json> items;
  std::vector<JsonMember> members;

  bool is(Kind k) const { return kind == k; }
  const Json* find(std::string_view key) const;
};

struct JsonMember {
  JsonMember(std::string key, Json value) : first(std::move(key)), second(std::move(value)) {}
  std::string first;
  Json second;
};

// Nothing when the text is not one JSON value, is nested deeper than 32, or has a key twice.
std::optional<Json> parse_json(std::string_view text);

// The value on one line.
std::string to_text(const Json& json);

}  // namespace flowtank::sns_sqs
