// SPDX-License-Identifier: Apache-2.0
// Does it matter in which order two messages arrive? For each service and each pair of things that it can be given (events,
// commands, timers): in every reached state in which both wait for the same service, so that a broker, the clients or
// time may deliver them either way, "a, then b" is compared with "b, then a": databases, effects, events, timers,
// modulo a Mapping. What a broker keeps in order never waits side by side, and is not compared.
//
// Confluence is the same question for whole runs: does every order that the brokers allow end alike?
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/run/decision_log.hpp>
#include <sim/world/broker.hpp>

#include "sim/family/ends.hpp"
#include "sim/family/limits.hpp"
#include "sim/family/mapping.hpp"

namespace flowtank::family {

enum class PairVerdict : std::uint8_t {
  vacuous,      // they never waited side by side
  commute,
  after_retry,  // one raises when it comes too early, and ends alike when it is handled again later
  conflict,
};
std::string_view name_of(PairVerdict verdict);

struct Conflict {
  std::string first, second;                             // "PaymentCompleted o-1", "OrderCancelled o-1"
  bool same_key = false;
  std::vector<std::string> first_then_second, second_then_first;  // what only this order leaves behind
  std::vector<std::string> both;                         // what both leave behind
  std::vector<std::string> business;                     // the way to the state, in business steps
  DecisionLog log;                                       // replays the way to the state
};

struct PairReport {
  std::uint32_t service = none;
  std::uint32_t left = none, right = none;  // handlers; left <= right
  PairVerdict verdict = PairVerdict::vacuous;
  std::uint64_t states = 0;   // reached states in which such a pair waited
  std::uint64_t tried = 0;    // different situations compared
  std::uint64_t blocked = 0;
  std::optional<Conflict> conflict;  // conflict and after_retry: what differs
};

struct CommuteReport {
  struct Service {
    std::string name;
    std::vector<std::uint32_t> handlers;   // of messages, commands and timers
    std::vector<std::string> inputs;       // what they are given, as the matrix names it
    std::vector<PairReport> pairs;         // (0,0), (0,1), ..., (1,1), ...: upper triangle by position in `handlers`
    const PairReport& pair(std::size_t a, std::size_t b) const;
  };
  std::vector<Service> services;
  Extent extent;
  std::vector<std::string> left_out;       // of every comparison, whether or not it differed
  std::unique_ptr<Ends> ends;              // confluence; nullptr: not asked
  // 1 when a pair conflicts; 4 when a limit came first or no pair ever met; 0.
  int exit() const;
};

std::optional<CommuteReport> check_commute(const Scenario& scenario, const BrokerRegistry& registry, const FamilyOptions& options,
                                           Diagnostics& diagnostics);

}  // namespace flowtank::family
