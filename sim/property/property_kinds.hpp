// SPDX-License-Identifier: Apache-2.0
// What every kind of property is: its name in scenario files, what it demands, its parameters with types and
// defaults, what can be proved of it, its evidence, when it is vacuous, where it comes from, and an example. The
// loader, `flowtank explain` and the reference pages read this one table. Invariant: an entry for each
// PropertyKind, in the order of the enumeration; each example is a scenario's property that loads (a test says so).
#pragma once

#include <span>
#include <string_view>

#include "sim/property/spec.hpp"

namespace flowtank {

// How a kind judges; the first four can be proved by an exploration.
enum class PropertyForm : std::uint8_t {
  state,      // a predicate on states: no reachable one breaks it
  monitor,    // what happened, remembered a key: wrong in every later state
  promise,    // owed until it comes: no run ends, or goes round for ever, owing it
  terminal,   // a predicate on states in which nothing more will happen
  family,     // compares the ends of many runs
  statistic,  // measured in runs with time: observed or tested, never proved
  goal,       // a predicate on states: some reachable one meets it
};
std::string_view to_text(PropertyForm form);
// What a form lets one claim, in a sentence.
std::string_view claim_of(PropertyForm form);

struct PropertyParameter {
  std::string_view name;       // as in the file; a "time" is written NAME_ms, NAME_s or NAME_us
  std::string_view type;       // condition, expression, table, column, effect, event, channel, service, time, integer, ...
  std::string_view otherwise;  // the default; "required" when there is none; "-" when leaving it out means all or nothing
  std::string_view meaning;
};

struct PropertyKindInfo {
  PropertyKind kind = PropertyKind::always;
  std::string_view name;        // "converges"
  bool own = false;             // written as a key of its own ("always": ...), not as "use": "always"
  std::string_view catalogue;   // numbers in the catalogue of properties: "P01"
  PropertyForm form = PropertyForm::state;
  std::string_view summary;     // one sentence
  std::string_view definition;  // what it demands, exactly
  std::span<const PropertyParameter> parameters;  // besides name, doc
  std::string_view proved;      // what an exploration proves, or why it proves nothing
  std::string_view evidence;    // of a FAIL
  std::string_view vacuous;     // when
  std::string_view source;
  std::string_view example;     // JSON of one entry of "properties"
};

// All kinds, in the order of PropertyKind.
std::span<const PropertyKindInfo> property_kinds();
const PropertyKindInfo& property_kind(PropertyKind kind);
// By name; nullptr when there is none.
const PropertyKindInfo* find_property_kind(std::string_view name);

namespace property_tables {  // one a file, joined by property_kinds()
std::span<const PropertyKindInfo> own();
std::span<const PropertyKindInfo> library();
std::span<const PropertyKindInfo> effects();
std::span<const PropertyKindInfo> rows();
std::span<const PropertyKindInfo> flow();
std::span<const PropertyKindInfo> order();
std::span<const PropertyKindInfo> sessions();
std::span<const PropertyKindInfo> goals();
}  // namespace property_tables

}  // namespace flowtank
