// SPDX-License-Identifier: Apache-2.0
// The World as random walks see it (walkable.hpp): which of its actions are the same, belong together, race or strike.
// A chain is a message and the handler run that it starts; a place is a service or a channel. All of it comes from
// contents, never from a broker's numbers of copies or from the place of a run, which depend on history.
//
// A walk only goes forward, so its World keeps neither undo log nor fingerprints (make_walking_world): that is almost twice as fast.
// Everything else is as in an exploration: what is enabled, what it does, what properties see. tests/campaign walks
// both side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <sim/property/checker.hpp>
#include <sim/world/broker.hpp>
#include <sim/world/world.hpp>

#include "sim/campaign/walkable.hpp"

namespace flowtank::campaign {

// No time and, unlike Mode::explore, nothing that goes back: cells are tracked in Mode::explore only. To be reset
// between walks, not undone. nullptr and diagnostics as make_world().
std::unique_ptr<World> make_walking_world(const System& system, const BrokerRegistry& registry, Diagnostics& diagnostics);

class WorldWalk {
 public:
  using Action = flowtank::Action;

  // `world` was made without time; the checker is attached to it. Both outlive this.
  WorldWalk(World& world, Checker& checker);

  // To the initial state.
  void restart();
  void enabled(std::vector<Action>& out) const { world_.enabled(out); }
  void enabled_plain(std::vector<Action>& out) const { world_.enabled(out, false); }
  void enabled_faults(std::vector<Action>& out) const { world_.faults().enabled(world_, out); }
  void apply(const Action& action);

  std::uint64_t identity(const Action& action) const;
  std::uint64_t chain(const Action& action) const;
  std::uint64_t place(const Action& action) const;
  std::uint32_t fault_of(const Action& action) const { return is_fault(action.kind) ? action.fault : no_fault; }
  // Where every handler run stands, what budgets are left, how many messages wait (up to three): no data.
  std::uint64_t feature() const;
  // What all databases hold, and what budgets are left: what a run came to.
  std::uint64_t end();

  const World& world() const { return world_; }
  // Was instruction `pc` of a handler ever taken?
  bool reached(std::size_t handler, std::size_t pc) const { return reached_[handler][pc] != 0; }

 private:
  World& world_;
  Checker& checker_;
  std::vector<std::vector<std::uint8_t>> reached_;
  std::vector<Cell> rows_;
};

}  // namespace flowtank::campaign
