// SPDX-License-Identifier: Apache-2.0
// The World as random walks see it (walkable.hpp): which of its actions are the same, belong together, race or strike.
// A chain is a message and the handler run that it starts; a place is a service or a channel. All of it comes from
// contents, never from a broker's numbers of copies or from the place of a run, which depend on history.
#pragma once

#include <cstdint>

#include <sim/explore/world_system.hpp>
#include <sim/world/world.hpp>

namespace flowtank::campaign {

class WorldWalk : public explore::WorldSystem {
 public:
  using explore::WorldSystem::WorldSystem;

  void enabled_plain(std::vector<Action>& out) { world().enabled(out, false); }
  void enabled_faults(std::vector<Action>& out) { world().faults().enabled(world(), out); }
  std::uint64_t identity(const Action& action) const;
  std::uint64_t chain(const Action& action) const;
  std::uint64_t place(const Action& action) const;
  std::uint32_t fault_of(const Action& action) const { return is_fault(action.kind) ? action.fault : 0xffffffffU; }
  // Where every handler run stands, what budgets are left, how many messages wait (up to three): no data.
  std::uint64_t feature() const;
};

}  // namespace flowtank::campaign
