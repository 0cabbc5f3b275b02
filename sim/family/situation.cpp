// SPDX-License-Identifier: Apache-2.0
// See situation.hpp. Sums, so that the order in which rows and keys were discovered does not matter.
#include "sim/family/situation.hpp"

#include <fmt/format.h>

namespace flowtank::family {

Hash128 situation_of(const World& world, const Watch& watch) {
  const System& system = world.system();
  uint128 sum = 0;
  std::vector<Cell> rows;
  for (std::uint32_t t = 0; t < system.tables.size(); ++t) {
    if (system.tables[t].role == TableRole::observation) continue;
    rows.clear();
    world.store().scan(t, rows);
    for (const Cell row : rows) {
      Hash128 content{t, 7};
      for (std::uint32_t c = 0; c < system.tables[t].columns.size(); ++c) {
        content = combine(content, world.pool().content(world.store().column(row, c)));
      }
      sum += fingerprint_share(1, content);
    }
  }
  for (std::uint32_t t = 0; t < system.timers.size(); ++t) {
    world.wire().pending(t).each(world.cells(), [&](Word key) { sum += fingerprint_share(2, combine(world.pool().content(key), t)); });
  }
  for (const Input& input : watch.inputs()) {
    if (watch.handled(world, input)) sum += fingerprint_share(3, combine(world.pool().content(input.message), input.handler));
  }
  return {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
}

std::optional<Mapping> make_mapping(const Scenario& scenario, const FamilyOptions& options, Diagnostics& diagnostics) {
  std::vector<std::string> unknown;
  Mapping mapping(*scenario.system, options.ignore, unknown);
  std::vector<std::string> names;
  for (const Table& table : scenario.system->tables) {
    if (table.role == TableRole::observation) continue;
    names.push_back(table.display);
    for (std::size_t c = 1; c < table.columns.size(); ++c) names.push_back(table.display + "." + table.columns[c].name);
  }
  for (const std::string& name : unknown) {
    Diagnostic diagnostic;
    diagnostic.code = "FT-REF-004";
    diagnostic.file = "--ignore " + name;
    diagnostic.message = fmt::format("there is no table or column \"{}\"", name);
    diagnostic.hint = name_hint(name, names, "Tables and columns");
    diagnostics.add(std::move(diagnostic));
  }
  if (!unknown.empty()) return std::nullopt;
  return mapping;
}

}  // namespace flowtank::family
