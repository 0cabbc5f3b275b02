// SPDX-License-Identifier: Apache-2.0
// What "eventually" assumes of a World without time: everything that is enabled again and again happens
// some time (strong fairness), each handler run, subscription and kind of request for itself. Faults and
// the outcomes that the environment chooses are owed to nobody.
#pragma once

#include <vector>

#include <sim/explore/liveness.hpp>
#include <sim/explore/world_system.hpp>

namespace flowtank {

struct FairnessRules {
  std::vector<explore::FairnessRule<explore::WorldSystem>> rules;  // at most 32
  bool coarse = false;  // some rules had to be merged: a loop found under them may be an unfair one
};

FairnessRules fairness_of(const World& world);

}  // namespace flowtank
