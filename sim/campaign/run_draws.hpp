// SPDX-License-Identifier: Apache-2.0
// The draws of one run of a campaign: a pure function of (seed of the campaign, number of the run, what for, which).
// So a run is the same on any thread, in any shard, before and after a resume.
#pragma once

#include <cstdint>

#include <sim/base/keyed_random.hpp>

namespace flowtank::campaign {

class RunDraws {
 public:
  RunDraws(std::uint64_t seed, std::uint64_t run)
      : seed_{draw(Seed{seed}, Purpose("campaign.run"), Whose{0, run})},
        plan_(seed_, Purpose("campaign.plan")), steps_(seed_, Purpose("campaign.step")), keys_(seed_, Purpose("campaign.key")) {}

  // Before the run: what it is like. `what` tells draws apart, `which` counts them.
  std::uint64_t plan(std::uint32_t what, std::uint64_t which = 0) const { return plan_(Whose{what, which}); }
  // At step `step`, for choice number `n` of it.
  std::uint64_t step(std::uint64_t step, std::uint32_t n = 0) const { return steps_(Whose{0, step}, n); }
  // A number that something with this key (an action, a chain) has all along the run.
  std::uint64_t key(std::uint64_t key, std::uint64_t generation = 0) const { return keys_(Whose{generation, key}); }

 private:
  Seed seed_;
  Draws plan_, steps_, keys_;
};

}  // namespace flowtank::campaign
