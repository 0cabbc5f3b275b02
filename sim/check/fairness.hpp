// SPDX-License-Identifier: Apache-2.0
// What "eventually" assumes of a World without time: everything that is enabled again and again happens
// some time (strong fairness), each handler run, message of a subscription and kind of request for itself. A message
// that is refused and handed out again and again must not keep another one waiting for ever. Faults and the outcomes
// that the environment chooses are owed to nobody.
#pragma once

#include <memory>
#include <vector>

#include <sim/explore/liveness.hpp>
#include <sim/explore/world_system.hpp>

namespace flowtank {

struct FairnessRules {
  std::vector<explore::FairnessRule<explore::WorldSystem>> rules;  // at most 32
  // Some rules had to be merged: a loop found under them may be an unfair one. Known when the graph is built, since
  // messages are numbered as they are met.
  std::shared_ptr<const bool> coarse;
};

FairnessRules fairness_of(const World& world);

}  // namespace flowtank
