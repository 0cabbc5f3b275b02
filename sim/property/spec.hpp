// SPDX-License-Identifier: Apache-2.0
// Properties as data: what must hold, over databases and observations, never over the broker's or the
// service runtime's code. A property library evaluates them (checker.hpp); the loader fills them in.
//
// Slots of property expressions: slot_item = the row of the quantifier ("for": "o in order.orders"),
// slot_key = its key (or the key of an event or effect). Tables are named service.table; observations
// are effects.NAME {key, count, amount}, accepted.EVENT {key, count} and dead.SERVICE {key, count}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/base/time.hpp>
#include <sim/base/value.hpp>
#include <sim/world/program.hpp>

namespace flowtank {

enum PropertySlot : std::uint32_t { slot_item = 0, slot_key_of_item = 1, property_slots = 2 };

enum class PropertyKind : std::uint8_t {
  always,             // predicate holds in every state (for every row of `table` if given)
  at_quiescence,      // predicate holds whenever nothing more will happen
  eventually,         // every run reaches a state where it holds
  leads_to,           // for each row: once `when` holds, `predicate` holds later (within `within`)
  converges,          // at quiescence the rows of `table` and `right` agree on the compared columns
  at_most_once_effect,   // per business key
  at_least_once_effect,  // for each row where `when` and not `unless`: effect of `key` happened, at quiescence
  exactly_once_effect,
  no_missing_event,   // for each row where `when`: the event was accepted by a broker, at quiescence
  no_ghost_event,     // each accepted event is announced by a committed change: `predicate` over its key
  nothing_dropped,    // every accepted message ends as handled or as a dead letter
  conserved,          // `predicate` == `other`, at quiescence (or always)
  legal_transitions,  // of a column of `table`
  not_stuck,          // for each row: `predicate` (terminal) within `within`, or at quiescence
  // What follows is explained kind by kind in property_kinds.hpp.
  at_most_amount,
  no_acknowledged_loss,
  no_aborted_read,
  replay_is_silent,
  dedup_window,
  idempotency_key,
  stock,
  references,
  unique,
  dlq_empty,
  bounded_queue,
  backlog_drains,
  bounded_amplification,
  no_head_of_line_blocking,
  failure_isolation,
  per_key_order,
  causal_order,
  agreement_on_order,
  confluent,
  // What sessions see (Client::script).
  read_your_writes,
  monotonic_reads,
  monotonic_writes,
  writes_follow_reads,
  bounded_staleness,
  pbs,
  sometimes,          // a goal: some reachable state (for some row of `table`) meets the predicate
};

// A number with a name: a part of a stock.
struct NamedExpr {
  std::string name;
  ExprId value = none;
};
// Two values that must be equal: one over the left row, one over the right.
struct ValuePair {
  std::string name;
  ExprId left = none;
  ExprId right = none;
};

struct PropertySpec {
  std::string name;  // unique
  PropertyKind kind = PropertyKind::always;
  std::uint32_t table = none;   // quantified table, or the left one
  std::uint32_t right = none;   // converges
  ExprId predicate = none;
  ExprId when = none;
  ExprId unless = none;
  ExprId other = none;          // conserved: the right-hand side
  ExprId key = none;            // business key of effect or event, over the row
  std::uint32_t effect = none;
  std::uint32_t message = none;
  std::uint32_t at_most = 1;    // at_most_once_effect: allowed count
  bool in_every_state = false;  // conserved, no_ghost_event: always instead of at quiescence
  std::vector<std::pair<std::uint32_t, std::uint32_t>> compare;  // converges: columns left, right
  std::uint32_t column = none;  // legal_transitions
  std::vector<std::pair<Value, Value>> allowed;  // from, to; from absent = first value
  std::optional<Duration> within;
  std::optional<Duration> after_faults;  // not_stuck: or within this after the last fault is over
  std::vector<ValuePair> values;  // converges: besides the compared columns
  std::vector<NamedExpr> parts;   // stock: `predicate` and these add up to `other`
  // Which messages, subscriptions and runs; none = all.
  std::uint32_t channel = none;
  std::uint32_t service = none;           // that consumes
  std::vector<std::uint32_t> handlers;    // replay_is_silent: that replay
  std::uint32_t fault = none;             // replay_is_silent: that makes history come again
  std::uint64_t limit = 0;                // dlq_empty, bounded_queue, backlog_drains: at most so many
  std::uint64_t parts_per_million = 0;    // bounded_amplification: attempts for each operation; failure_isolation: share of rows
  std::optional<Duration> window;         // bounded_amplification: judged for each such stretch of time
  bool publishes = false;                 // bounded_amplification: attempts to publish instead of handler runs
  bool when_handled = false;              // per_key_order, causal_order: a run that changes nothing counts too
  bool whole_channel = false;             // agreement_on_order: over all keys
  ExprId order = none;                    // per_key_order: a number in the event instead of the order of sending
  std::uint32_t allowed_fates = 0;        // nothing_dropped: a bit for each Fate that is no drop
  std::vector<std::uint32_t> tables;      // confluent: what an outcome is; references: where deleted keys are noted
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ignored;  // confluent: table, column
  // Sessions: whose, and which steps of scripts (client, step); none, empty = all.
  std::uint32_t client = none;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> reads, writes;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;  // table, its column of versions
  std::optional<std::uint64_t> versions;  // bounded_staleness, pbs: how many newer ones there may be
  std::uint32_t confidence_per_thousand = 950;  // pbs
  std::string source;           // text of the expression, for reports
  std::string file;
  SourceRange where;
  std::string pointer;
};

enum class VerdictKind : std::uint8_t { pass, fail, inconclusive, vacuous };
enum class Strength : std::uint8_t { unstated, observed, tested, proved };

// What a scenario demands of a property.
struct Expectation {
  std::string property;
  VerdictKind verdict = VerdictKind::pass;
  Strength at_least = Strength::unstated;
  std::string driver;   // "run", "check" or empty for both
  SourceRange where;
};

}  // namespace flowtank
