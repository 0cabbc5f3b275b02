// SPDX-License-Identifier: Apache-2.0
// Is it safe to hand every message out twice? Handler by handler, and for the system as a whole.
//
// Local form: in every reached state whose history contains the handling of a message, the message is handled once more,
// as a second copy and as the same copy again, with nothing else going on. Databases, effects, events and timers
// must stay as they are (modulo a Mapping). "At once": right after the first handling, which is "handling twice
// equals handling once". "Later": after anything else, which is where a handler that overwrites what newer events
// wrote is found.
// Interrupted: the instance crashes at any place of the handling, and the message is handled again. What is left behind must be
// what handling it once can leave behind (an effect without a key, or two transactions, are found here).
// System form: the outcomes with one more copy of any message, at any later position, must be among those without.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sim/run/decision_log.hpp>
#include <sim/world/broker.hpp>

#include "sim/family/ends.hpp"
#include "sim/family/limits.hpp"
#include "sim/family/mapping.hpp"

namespace flowtank::family {

// To be added to the overrides of a scenario: one more copy of any message, delivered at any later position.
// Witnesses replay in that scenario.
inline constexpr const char* one_more_copy = R"(faults.+={"name": "one more copy", "kind": "duplicate", "budget": 1})";

enum class Again : std::uint8_t {
  copy,       // a second copy, or the client's request once more: nobody can tell it from the first
  redelivered,  // the same copy is handed out again: its attempt counter says so
};
std::string_view name_of(Again how);

// Handling a message once more changed something.
struct Finding {
  std::string message;               // "OrderPlaced o-1"
  Again how = Again::copy;
  std::vector<Change> changes;
  std::vector<std::string> business; // the way there, in business steps
  DecisionLog log;                   // replays it in the scenario with one_more_copy; see shows_it
  std::vector<std::string> here_only, once_only;  // interrupted: what is left behind against an outcome of handling it once
  std::string place;                 // interrupted: the step that the crash came before
  bool shows_it = false;             // false: the log ends where the message is to be handled once more
};

enum class HandlerVerdict : std::uint8_t {
  idempotent,
  not_idempotent,
  not_later,      // handling it twice in a row changes nothing, but a late second copy does
  not_retryable,  // safe to be handed twice, but not to be interrupted and begun again
  vacuous,        // it never handled a message well
};
std::string_view name_of(HandlerVerdict verdict);

struct HandlerReport {
  std::uint32_t handler = none;
  std::string service, name, input;   // "payment", "charge", "OrderPlaced"
  bool command = false;
  HandlerVerdict verdict = HandlerVerdict::vacuous;
  std::uint64_t messages = 0;         // different ones that it handled well
  std::uint64_t states = 0;           // reached states with one of them in their history
  std::uint64_t tried = 0;            // different situations in which one was handled again
  std::uint64_t refused = 0;          // of these: the second handling raised (and would be retried, or end in dead letters)
  std::uint64_t blocked = 0;          // situations in which it never could be tried: no instance was free, or it would wait for a lock
  std::uint64_t crashes = 0;          // different places and situations in which a handling was interrupted
  std::optional<Finding> at_once, later;
  std::optional<Finding> interrupted; // `changes` is empty; here_only, once_only are lines of outcomes
};

struct SystemForm {
  bool asked = false;
  VerdictKind verdict = VerdictKind::vacuous;
  std::string note;
  Extent without, with;
  std::uint64_t ends_without = 0, ends_with = 0, more = 0;
  std::vector<std::string> here_only, there_only;  // a new end against the most similar one without
  std::vector<std::string> business;
  DecisionLog log;
};

struct IdempotencyReport {
  std::vector<HandlerReport> handlers;  // by service, then as the System has them
  Extent extent;
  std::vector<std::string> left_out;    // what did differ and was ignored
  SystemForm system;
  // 1 when a handler is not idempotent or the system has a new outcome; 4 when a limit came first or nothing was shown.
  int exit() const;
};

// `with_copy` is the same scenario loaded with one_more_copy. Nothing and diagnostics when brokers cannot be made or
// an ignored name is unknown (FT-REF-004).
std::optional<IdempotencyReport> check_idempotency(const Scenario& scenario, const Scenario& with_copy, const BrokerRegistry& registry,
                                                   const FamilyOptions& options, Diagnostics& diagnostics);

}  // namespace flowtank::family
