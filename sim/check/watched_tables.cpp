// SPDX-License-Identifier: Apache-2.0
// See watched_tables.hpp. Properties that speak of ends alone look at no state before it: every end is kept. Those that speak
// of states look at the tables of all their expressions, counts of effects and of accepted events included.
#include "sim/check/watched_tables.hpp"

#include <algorithm>

namespace flowtank {
namespace {

enum class Looks : std::uint8_t { at_ends, at_tables, further };

Looks looks(const PropertySpec& spec) {
  switch (spec.kind) {
    case PropertyKind::at_quiescence:
    case PropertyKind::converges:
    case PropertyKind::at_least_once_effect:
    case PropertyKind::no_missing_event:
    case PropertyKind::references: return Looks::at_ends;
    case PropertyKind::conserved: return spec.in_every_state ? Looks::at_tables : Looks::at_ends;
    case PropertyKind::always:
    case PropertyKind::sometimes:
    case PropertyKind::no_ghost_event:
    case PropertyKind::eventually:
    case PropertyKind::leads_to:
    case PropertyKind::not_stuck:
    case PropertyKind::legal_transitions:
    case PropertyKind::at_most_once_effect:
    case PropertyKind::exactly_once_effect:
    case PropertyKind::stock: return Looks::at_tables;
    default: return Looks::further;
  }
}

std::vector<std::uint32_t> tables_of(const System& system, const PropertySpec& spec) {
  std::vector<std::uint32_t> tables = spec.tables;
  for (const std::uint32_t table : {spec.table, spec.right}) {
    if (table != none) tables.push_back(table);
  }
  if (spec.effect != none) tables.push_back(system.effects[spec.effect].table);
  if (spec.message != none) tables.push_back(system.messages[spec.message].accepted_table);
  std::vector<ExprId> expressions = {spec.predicate, spec.when, spec.unless, spec.other, spec.key, spec.order};
  for (const ValuePair& pair : spec.values) expressions.insert(expressions.end(), {pair.left, pair.right});
  for (const NamedExpr& part : spec.parts) expressions.push_back(part.value);
  for (const ExprId expression : expressions) {
    if (expression == none) continue;
    const expr::Program& text = system.expressions[expression];
    for (const expr::TableAccess& access : text.accesses()) tables.push_back(static_cast<std::uint32_t>(access.table.u));
    for (std::uint32_t t = 0; text.tables_escape() && t < system.tables.size(); ++t) tables.push_back(t);
  }
  std::erase(tables, none);
  std::sort(tables.begin(), tables.end());
  tables.erase(std::unique(tables.begin(), tables.end()), tables.end());
  return tables;
}

}  // namespace

explore::Watched watched_by(const System& system, const std::vector<PropertySpec>& properties) {
  explore::Watched watched;
  for (const PropertySpec& spec : properties) {
    switch (looks(spec)) {
      case Looks::at_ends: break;
      case Looks::at_tables: watched.properties.push_back(tables_of(system, spec)); break;
      case Looks::further:
        if (watched.beyond.empty()) watched.beyond = "the property \"" + spec.name + "\" listens to more than tables";
        break;
    }
  }
  return watched;
}

}  // namespace flowtank
