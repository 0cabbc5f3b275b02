// SPDX-License-Identifier: Apache-2.0
// What every kind of fault is: its name in scenario files, what it does, where and when it may strike, its
// parameters with units and defaults, where it was seen, and an example. The loader, the reports and the
// documentation read this one table. Invariant: an entry for each FaultKind, in the order of the enumeration,
// with a scenario scenarios/faults/NAME.json where it bites and NAME-control.json where it does not (a test says so).
#pragma once

#include <span>
#include <string_view>

#include "sim/world/system.hpp"

namespace flowtank {

// What decides in a timed run that a fault strikes.
enum class FaultTiming : std::uint8_t {
  counted,  // among the selected occurrences: nth, every, probability, between from and until, budget
  clock,    // at `from`, for `length` (or until `until`)
  itself,   // wherever its condition holds
};

// How an exploration, which has no time, has it.
enum class FaultExplored : std::uint8_t {
  action,   // as an action at every selected place, which spends one of the budget
  itself,   // wherever its condition holds
  orders,   // not as a fault: every order of events is explored anyway
  never,    // it is about time alone: only timed runs have it
};

struct FaultParameter {
  std::string_view name;       // as in the file; a "time" is written NAME_ms, NAME_s or NAME_us
  std::string_view type;       // distribution, time, integer, number, boolean, text, nodes, or words separated by |
  std::string_view otherwise;  // the default; "required" when there is none
  std::string_view meaning;
};

struct FaultKindInfo {
  FaultKind kind = FaultKind::delay;
  std::string_view name;       // "ambiguous_publish"
  std::string_view catalogue;  // numbers in the catalogue of faults: "F03"
  std::string_view noun;       // "lost answer"
  std::string_view plural;     // "lost answers"
  FaultTiming timing = FaultTiming::counted;
  FaultExplored explored = FaultExplored::action;
  std::string_view on;         // keys of "on" that narrow it, separated by spaces
  std::string_view summary;    // one sentence
  std::string_view detail;     // what happens, exactly
  std::span<const FaultParameter> parameters;
  std::string_view source;
  std::string_view example;    // JSON of one entry of "faults"
};

// All kinds, in the order of FaultKind.
std::span<const FaultKindInfo> fault_kinds();
const FaultKindInfo& fault_kind(FaultKind kind);
// By name; nullptr when there is none.
const FaultKindInfo* find_fault_kind(std::string_view name);
// Whether `word` is one of the words separated by spaces or |.
bool has_word(std::string_view words, std::string_view word);
// A fault of the broker itself, which only some products can show.
constexpr bool is_broker_fault(FaultKind kind) { return kind >= FaultKind::failover; }

namespace fault_tables {  // one a file, joined by fault_kinds()
std::span<const FaultKindInfo> messages();
std::span<const FaultKindInfo> services();
std::span<const FaultKindInfo> links();
std::span<const FaultKindInfo> stores();
std::span<const FaultKindInfo> brokers();
}  // namespace fault_tables

}  // namespace flowtank
