// SPDX-License-Identifier: Apache-2.0
// See ends.hpp. Effects are read from their observation tables, whose counts have an end: what lies beyond is noted.
#include "sim/family/ends.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sim/check/witness.hpp>
#include <sim/explore/breadth_first.hpp>
#include <sim/run/world_builder.hpp>

namespace flowtank::family {

namespace {

using explore::WorldSystem;
using Question = explore::Property<WorldSystem>;

bool is_effect(const System& system, std::uint32_t table) {
  return std::any_of(system.effects.begin(), system.effects.end(), [&](const EffectType& effect) { return effect.table == table; });
}

std::pair<std::uint64_t, std::uint64_t> identity(const std::vector<std::string>& lines) {
  Hash128 hash{1, 2};
  for (const std::string& line : lines) hash = combine(hash, hash_bytes(line));
  return {hash.hi, hash.lo};
}

std::unique_ptr<World> watched_world(const Scenario& scenario, const BrokerRegistry& registry, Diagnostics& diagnostics) {
  const std::uint64_t seed = scenario.system->bounds.seed;
  auto world = make_world(*scenario.system, registry, Mode::explore, seed, diagnostics);
  if (!world) return world;
  for (const EffectType& effect : scenario.system->effects) {
    if (effect.table != none) world->watch(effect.table);
  }
  world->reset(seed);
  return world;
}

bool at_bound(const World& world, Word count) { return world.pool().value(count).i >= World::most_observed; }

OneEnd end_at(World& world, WorldSystem& system, const std::vector<Action>& path, const Mapping& mapping) {
  OneEnd end;
  system.enter_initial(0);
  for (const Action& action : path) {
    end.path.push_back(logged_action(world, action));
    const std::string label = world.business_label(action);
    if (!label.empty()) end.business.push_back(label);
    world.apply(action);
  }
  end.lines = end_lines(world, mapping);
  return end;
}

}  // namespace

std::vector<std::string> end_lines(const World& world, const Mapping& mapping, const std::function<bool(std::uint32_t table)>& only) {
  const System& system = world.system();
  std::vector<std::string> lines;
  std::vector<Cell> rows;
  for (std::uint32_t t = 0; t < system.tables.size(); ++t) {
    const Table& table = system.tables[t];
    if (!mapping.keeps(t) || (only && !only(t)) || (table.role == TableRole::observation && !is_effect(system, t))) continue;
    rows.clear();
    world.store().scan(t, rows);
    for (const Cell row : rows) {
      std::vector<Word> columns(table.columns.size());
      for (std::uint32_t c = 0; c < columns.size(); ++c) columns[c] = world.store().column(row, c);
      const bool outbox = table.role == TableRole::outbox;
      if (table.role == TableRole::observation && at_bound(world, columns[1])) {
        lines.push_back(fmt::format("effect {} {}: {} times or more", table.display, to_text(world.pool().value(columns[0])), World::most_observed));
        continue;
      }
      lines.push_back(fmt::format("{} {}{}: {}", table.role == TableRole::observation ? "effect" : "row", table.display,
                                  outbox ? "" : " " + to_text(world.pool().value(columns[0])), row_words(world, mapping, t, columns)));
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

bool counts_end(const World& world) {
  const System& system = world.system();
  std::vector<Cell> rows;
  for (const EffectType& effect : system.effects) {
    if (effect.table == none) continue;
    rows.clear();
    world.store().scan(effect.table, rows);
    if (std::any_of(rows.begin(), rows.end(), [&](Cell row) { return at_bound(world, world.store().column(row, 1)); })) return true;
  }
  return false;
}

void difference_of(const std::vector<std::string>& left, const std::vector<std::string>& right,
                   std::vector<std::string>& left_only, std::vector<std::string>& right_only) {
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(left_only));
  std::set_difference(right.begin(), right.end(), left.begin(), left.end(), std::back_inserter(right_only));
}

std::unique_ptr<Ends> ends_of(const Scenario& scenario, const BrokerRegistry& registry, const FamilyOptions& options,
                              Diagnostics& diagnostics) {
  auto world = watched_world(scenario, registry, diagnostics);
  if (!world) return nullptr;
  std::vector<std::string> unknown;
  const Mapping mapping(*scenario.system, options.ignore, unknown);
  WorldSystem system(*world);
  auto ends = std::make_unique<Ends>();
  std::size_t wanted = 0;  // the example that the property of this number is to find
  std::vector<Question> asked;
  std::size_t seen_now = most_examples;
  asked.push_back(Question::terminal("", [&](const WorldSystem& s) {
    seen_now = most_examples;
    ends->counts_end = ends->counts_end || counts_end(s.world());
    if (ends->all.insert(identity(end_lines(s.world(), mapping))).second && wanted < most_examples) seen_now = wanted++;
    return true;
  }));
  for (std::size_t i = 0; i < most_examples; ++i) {
    asked.push_back(Question::terminal("", [&seen_now, i](const WorldSystem&) { return seen_now != i; }));
  }
  const auto outcome = explore::breadth_first(system, asked, search_options(scenario, options, *world));
  ends->extent = extent_of(outcome, options);
  ends->different = ends->all.size();
  for (std::size_t i = 0; i < wanted; ++i) ends->examples.push_back(end_at(*world, system, outcome.decisions[i + 1].witness.actions, mapping));
  return ends;
}

std::unique_ptr<Compared> compare_ends(const Ends& base, const Scenario& scenario, const BrokerRegistry& registry,
                                       const FamilyOptions& options, Diagnostics& diagnostics) {
  auto world = watched_world(scenario, registry, diagnostics);
  if (!world) return nullptr;
  std::vector<std::string> unknown;
  const Mapping mapping(*scenario.system, options.ignore, unknown);
  WorldSystem system(*world);
  auto compared = std::make_unique<Compared>();
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen, more;
  const std::vector<Question> asked{Question::terminal("", [&](const WorldSystem& s) {
    const auto what = identity(end_lines(s.world(), mapping));
    seen.insert(what);
    compared->counts_end = compared->counts_end || counts_end(s.world());
    if (base.all.contains(what)) return true;
    more.insert(what);
    return false;
  })};
  auto outcome = explore::breadth_first(system, asked, search_options(scenario, options, *world));
  compared->extent = extent_of(outcome, options);
  compared->ends = seen.size();
  compared->more = more.size();
  compared->strikes = world->faults().strikes();
  if (more.empty()) return compared;
  NewEnd& first = compared->first;
  first.found = true;
  first.end = end_at(*world, system, outcome.decisions[0].witness.actions, mapping);
  for (const OneEnd& other : base.examples) {
    std::vector<std::string> here, there;
    difference_of(first.end.lines, other.lines, here, there);
    if ((first.here_only.empty() && first.there_only.empty()) || here.size() + there.size() < first.here_only.size() + first.there_only.size()) {
      first.here_only = std::move(here);
      first.there_only = std::move(there);
    }
  }
  return compared;
}

}  // namespace flowtank::family
