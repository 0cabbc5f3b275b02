// SPDX-License-Identifier: Apache-2.0
// The happens-before graph of one run of a World, from what its actions read and wrote: an action comes from those that wrote
// what it read. Tells which actions the outcome came from, and so which faults could have changed it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <sim/world/cells.hpp>

#include "sim/lineage/history.hpp"

namespace flowtank::lineage {

class RunHistory {
 public:
  // The next action of the run, by its footprint. `outcome`: something that people see happened in it (a committed change,
  // an effect, a message that is settled).
  void add(const Footprint& footprint, bool outcome);
  std::size_t size() const { return footprints_.size(); }

  // By action: did the outcome come from it? After the last action.
  std::vector<bool> part_of_outcome() const;
  // Does what `fault` writes concern the action? (It does not if they commute.)
  bool concerns(const Footprint& fault, std::size_t action) const;

 private:
  History history_;
  std::vector<Footprint> footprints_;
  std::vector<History::Event> outcomes_;
  std::map<std::uint64_t, std::vector<History::Event>> writers_;  // by component: the last one, and additions since
};

}  // namespace flowtank::lineage
