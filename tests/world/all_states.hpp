// SPDX-License-Identifier: Apache-2.0
// Every reachable state of a World, visited once, by depth first search over its own undo: small and slow on
// purpose, so that tests of the World do not rest on the explorer.
#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include <sim/world/world.hpp>

namespace flowtank::test {

// Calls at_state(enabled actions) in each state; what it returns says whether to go on from there. Every undo is
// checked to give the fingerprint back.
template <typename AtState>
void visit_all_states(World& world, AtState&& at_state) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  auto visit = [&](auto&& self) -> void {
    const uint128 fp = world.fingerprint();
    if (!seen.emplace(static_cast<std::uint64_t>(fp >> 64), static_cast<std::uint64_t>(fp)).second) return;
    std::vector<Action> actions;
    world.enabled(actions);
    if (!at_state(actions)) return;
    for (const Action& action : actions) {
      const World::Mark mark = world.mark();
      REQUIRE(world.apply(action));
      self(self);
      world.undo(mark);
      REQUIRE(world.fingerprint() == fp);
    }
  };
  visit(visit);
}

}  // namespace flowtank::test
