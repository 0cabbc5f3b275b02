// SPDX-License-Identifier: Apache-2.0
// See swarm.hpp: what is drawn before a run, each from a draw of its own, so that one more fault changes no other.
#include "sim/campaign/swarm.hpp"

namespace flowtank::campaign {

void Swarm::begin(const RunDraws& draws, std::uint32_t faults) {
  enum What : std::uint32_t { which_faults = 1, how_often = 2, in_bursts = 3, how_slow = 4 };
  on_.assign(faults, 0);
  any_ = false;
  for (std::uint32_t f = 0; f < faults; ++f) {
    on_[f] = static_cast<std::uint8_t>(draws.plan(which_faults, f) >> 63);
    any_ = any_ || on_[f] != 0;
  }
  chance_ = half >> (2 * (draws.plan(how_often) >> 62));  // 1/2, 1/8, 1/32, 1/128
  bursts_ = draws.plan(in_bursts) < half;
  burst_until_ = 0;
  const std::uint64_t slow = draws.plan(how_slow);
  slow_ = slow < half ? 0 : half >> (slow >> 61 & 3);  // none, or a half, a quarter, an eighth, a sixteenth of the chains
}

}  // namespace flowtank::campaign
