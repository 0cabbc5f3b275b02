// SPDX-License-Identifier: Apache-2.0
// A subscription's filter policy (SNS-FILTER-1, SNS-FILTER-2): which messages of a topic it wants, by their attributes or by
// their body. A policy is checked once, when it is set; matching cannot fail. Source: SNS guide, subscription filter policies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/brokers/sns_sqs/policy_json.hpp"

namespace flowtank::sns_sqs {

class FilterPolicy {
 public:
  // Which part of a message is looked at: FilterPolicyScope.
  enum class Scope : std::uint8_t { attributes, body };

  // Nothing, and why in one sentence, when SNS would refuse it: an unknown operator, more than 5 keys, more than 150
  // combinations, nesting in a policy on attributes.
  static std::optional<FilterPolicy> read(std::string_view text, Scope scope, std::string& why);

  Scope scope() const { return scope_; }
  // `message`: an object of attributes (name to string, number or list), or the parsed body. A body that is no JSON object,
  // given as nullptr, matches nothing.
  bool matches(const Json* message) const;

 private:
  Json policy_;
  Scope scope_ = Scope::attributes;
};

// Attributes as filters see them: {"Type"|"DataType": ..., "Value"|"StringValue": ...} becomes the value; a Number is a number,
// a String.Array a list; Binary ones disappear (SNS-FILTER-2). Plain values stay.
Json plain_attributes(const Json& attributes);

}  // namespace flowtank::sns_sqs
