// SPDX-License-Identifier: Apache-2.0
// Why products differ: for each thing that can happen (a crash, an answer that is lost, a handler that takes too long) the
// rule of each product that decides what becomes of the message. A comparison of brokers shows the rules of what
// happened in its counterexamples; it decides nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sim/world/system.hpp>

namespace flowtank {

struct BrokerDifference {
  enum class Effect : std::uint8_t { either, harms, guards };  // whether it explains a failure, its absence, or both
  std::string_view kind;      // of the broker
  std::string_view when;      // "key=value" that an option of it must have; empty: always
  std::string_view happens;   // the name of a fault kind, or what an action of the broker itself says ("commits")
  Effect effect;
  std::string_view rule;      // id in the product's page
  std::string_view sentence;  // what the rule says of it, in one sentence
};

std::span<const BrokerDifference> broker_differences();

// What the kind's rules say of a thing that happened and did harm, or could have; the first whose condition the system's brokers, channels or subscriptions
// fulfil. nullptr when there is none. `happened`: a fault's name, or the whole sentence of an action.
const BrokerDifference* find_difference(const System& system, std::string_view kind, std::string_view happened, bool harmed);

}  // namespace flowtank
