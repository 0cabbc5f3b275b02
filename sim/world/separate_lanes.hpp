// SPDX-License-Identifier: Apache-2.0
// What a broker may promise so that explorations can leave out orders of what happens in it: its copies lie in lanes that do
// not know of each other. A Broker that keeps the promise also derives from SeparateLanes; who makes it wrongly makes proofs wrong.
//
// There is a lane for each subscription and each key of a message, first in first out, and a bag of floating copies for each
// subscription. The promise:
//  - A publish is always accepted, joins the end of its lanes (or the bag), and looks at nothing else, least of all at who publishes.
//  - What a lane holds first can be handed out unless it is already; what is handed out stays first until it is settled.
//  - A settlement changes the copy's own lane alone (token 0) or the bag (any other token), whatever else is there.
//  - Instances that die or come back change nothing; there are no actions of the broker's own.
//  - Faults name copies by lane and position from its head, or by content where they float.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/base/pool.hpp>

namespace flowtank {

class World;

class SeparateLanes {
 public:
  virtual ~SeparateLanes() = default;
  // Appends the components (Touch::component) that storing or settling a copy of `message`, whose handling failed `attempts`
  // times before, may touch for a subscription.
  virtual void lane_components(World& world, std::uint32_t subscription, Word message, std::uint32_t attempts,
                               std::vector<std::uint64_t>& out) const = 0;
};

}  // namespace flowtank
