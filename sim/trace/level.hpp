// SPDX-License-Identifier: Apache-2.0
// How much a trace holds. A level is a set of kinds of records and whether every change of a component is kept as well;
// what a level leaves out costs a test of one bit. README.md states the size of each.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "sim/trace/record.hpp"

namespace flowtank {

enum class TraceLevel : std::uint8_t {
  off,      // nothing
  outcome,  // what came out: effects, faults, crashes, failures, losses, violated properties; no causes between messages
  normal,   // messages, handler runs, committed changes, publishes, deliveries, settlements, and what caused what
  full,     // every step, and every change of a component: the state at any record is a lookup
};
inline constexpr std::array<std::string_view, 4> trace_level_names = {"none", "outcome", "normal", "full"};
constexpr std::string_view to_text(TraceLevel level) { return trace_level_names[static_cast<std::size_t>(level)]; }
constexpr std::optional<TraceLevel> trace_level_of(std::string_view name) {
  for (std::size_t i = 0; i < trace_level_names.size(); ++i) {
    if (trace_level_names[i] == name) return static_cast<TraceLevel>(i);
  }
  return std::nullopt;
}

// A set of kinds, a bit each.
using KindSet = std::uint64_t;
static_assert(record_kinds <= 64);
constexpr KindSet bit_of(RecordKind kind) { return KindSet{1} << static_cast<unsigned>(kind); }
constexpr KindSet kinds_of(std::initializer_list<RecordKind> kinds) {
  KindSet set = 0;
  for (const RecordKind kind : kinds) set |= bit_of(kind);
  return set;
}
inline constexpr KindSet all_kinds = (KindSet{1} << record_kinds) - 1;
// Inside a handler run, before anybody else can see it.
inline constexpr KindSet inner_kinds = kinds_of({RecordKind::txn_begin, RecordKind::row_write, RecordKind::event_made});
inline constexpr KindSet outcome_kinds =
    kinds_of({RecordKind::effect, RecordKind::failed, RecordKind::fault, RecordKind::fault_over, RecordKind::crash, RecordKind::restart,
              RecordKind::lost, RecordKind::dead_lettered, RecordKind::violated});

constexpr KindSet kinds_of(TraceLevel level) {
  switch (level) {
    case TraceLevel::off: return 0;
    case TraceLevel::outcome: return outcome_kinds;
    case TraceLevel::normal: return all_kinds & ~inner_kinds & ~bit_of(RecordKind::step);
    case TraceLevel::full: return all_kinds;
  }
  return 0;
}

// What a Trace keeps.
struct TraceScope {
  KindSet kinds = all_kinds & ~bit_of(RecordKind::step);
  bool deltas = false;
  bool sentences = true;  // what models' authors say of each step; costs an evaluation a step
  static constexpr TraceScope of(TraceLevel level, bool sentences = false) {
    return {kinds_of(level), level == TraceLevel::full, sentences};
  }
  // Everything that a story may tell, without states: what is recorded of a counterexample.
  static constexpr TraceScope story() { return {}; }
};

}  // namespace flowtank
