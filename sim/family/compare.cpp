// SPDX-License-Identifier: Apache-2.0
// See compare.hpp. What only one of the two has is ignored on both sides, by name.
#include "sim/family/compare.hpp"

#include <algorithm>

#include <sim/check/witness.hpp>

#include "sim/family/situation.hpp"

namespace flowtank::family {

namespace {

// Tables and columns (by "service.table.column") that `here` has and `there` has not, or has with another role.
void missing(const System& here, const System& there, std::vector<std::string>& out) {
  for (const Table& table : here.tables) {
    if (table.role == TableRole::observation) continue;
    const auto other = std::find_if(there.tables.begin(), there.tables.end(), [&](const Table& t) { return t.display == table.display && t.role == table.role; });
    if (other == there.tables.end()) {
      out.push_back(table.display);
      continue;
    }
    for (std::size_t c = 1; c < table.columns.size(); ++c) {
      const bool known = std::any_of(other->columns.begin(), other->columns.end(), [&](const Column& column) { return column.name == table.columns[c].name; });
      if (!known) out.push_back(table.display + "." + table.columns[c].name);
    }
  }
}

// What is to be ignored may be in either of the two; what is in neither is misspelt. The mapping is that of the new one.
std::optional<Mapping> mapping_of_both(const Scenario& old_scenario, const Scenario& new_scenario, const FamilyOptions& options, Diagnostics& diagnostics) {
  std::vector<std::string> unknown, unread;
  const Mapping old_mapping(*old_scenario.system, options.ignore, unknown);
  FamilyOptions rest = options;
  std::erase_if(rest.ignore, [&](const std::string& name) { return std::find(unknown.begin(), unknown.end(), name) == unknown.end(); });
  if (!make_mapping(new_scenario, rest, diagnostics)) return std::nullopt;
  return Mapping(*new_scenario.system, options.ignore, unread);
}

ComparedSide side_of(const Ends& own, const Compared& against, const Scenario& scenario, const std::vector<std::string>& overrides) {
  ComparedSide side;
  side.extent = against.extent;
  side.counts_end = own.counts_end || against.counts_end;
  side.ends = own.different;
  side.alone = against.more;
  if (!against.first.found) return side;
  side.here_only = against.first.here_only;
  side.there_only = against.first.there_only;
  side.business = against.first.end.business;
  side.log = log_header(scenario, overrides, Driver::check, scenario.system->bounds.seed);
  side.log.actions = against.first.end.path;
  return side;
}

}  // namespace

int CompareReport::exit() const {
  if ((old_side.alone != 0 && new_side.extent.complete) || (new_side.alone != 0 && old_side.extent.complete)) return 1;
  const auto known = [](const ComparedSide& side) { return side.extent.complete && !side.counts_end && side.ends != 0; };
  return known(old_side) && known(new_side) ? 0 : 4;
}

std::optional<CompareReport> compare_scenarios(const Scenario& old_scenario, const Scenario& new_scenario, const BrokerRegistry& registry,
                                               const FamilyOptions& options, const std::vector<std::string>& new_overrides,
                                               Diagnostics& diagnostics) {
  check_broker_faults(old_scenario, registry, diagnostics);
  check_broker_faults(new_scenario, registry, diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  const auto mapping = mapping_of_both(old_scenario, new_scenario, options, diagnostics);
  if (!mapping) return std::nullopt;
  CompareReport report;
  report.left_out = mapping->drops();
  missing(*old_scenario.system, *new_scenario.system, report.not_compared);
  missing(*new_scenario.system, *old_scenario.system, report.not_compared);
  FamilyOptions both = options;
  both.ignore.insert(both.ignore.end(), report.not_compared.begin(), report.not_compared.end());
  const auto old_ends = ends_of(old_scenario, registry, both, diagnostics);
  const auto new_ends = old_ends ? ends_of(new_scenario, registry, both, diagnostics) : nullptr;
  if (!new_ends) return std::nullopt;
  const auto from_old = compare_ends(*new_ends, old_scenario, registry, both, diagnostics);
  const auto from_new = from_old ? compare_ends(*old_ends, new_scenario, registry, both, diagnostics) : nullptr;
  if (!from_new) return std::nullopt;
  report.old_side = side_of(*old_ends, *from_old, old_scenario, options.overrides);
  report.new_side = side_of(*new_ends, *from_new, new_scenario, new_overrides);
  return report;
}

}  // namespace flowtank::family
