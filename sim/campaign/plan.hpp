// SPDX-License-Identifier: Apache-2.0
// What a campaign is, apart from the scenario: everything that its runs are a function of. Runs are cut into lanes: run
// i is in lane i mod (lanes); the runs of a lane are made in their order, lanes in any. So how far a campaign has come is one
// number a lane, whoever made the runs, and what depends on earlier runs (guided) depends on those of its lane only.
#pragma once

#include <cstdint>

#include "sim/campaign/strategy.hpp"

namespace flowtank::campaign {

inline constexpr std::uint64_t default_runs = 100'000;
inline constexpr std::uint32_t default_bug_depth = 3;
inline constexpr std::uint32_t most_bug_depth = 64;
inline constexpr std::uint32_t most_shards = 1'000'000;

struct Plan {
  Strategy strategy = Strategy::random;
  std::uint64_t seed = 1;
  std::uint64_t runs = default_runs;  // of all shards together; 0: until something stops it
  std::uint32_t bug_depth = default_bug_depth;  // pct
  std::uint64_t most_actions = 0;     // of a run; 0: measured by trial runs
  std::uint32_t shard = 0;            // makes the runs whose number leaves this remainder
  std::uint32_t shards = 1;
  // Measured by trial runs of the same seed (measure()), the same in every shard:
  std::uint64_t steps = 0;            // actions of a run
  std::uint64_t chains = 0;           // chains of a run
  friend bool operator==(const Plan&, const Plan&) = default;

  // Guided runs learn from those before them in their lane, so a lane is never cut: few of them, and shards divide them.
  bool learns() const { return strategy == Strategy::guided || strategy == Strategy::portfolio; }
  std::uint64_t all_lanes() const { return learns() ? 16 : 256; }
  std::uint64_t lanes() const { return all_lanes() % shards == 0 ? all_lanes() / shards : all_lanes(); }
  // The run at a position of a lane of this shard.
  std::uint64_t run_at(std::uint64_t lane, std::uint64_t position) const {
    return (position * lanes() + lane) * shards + shard;
  }
  // How many runs a lane of this shard has; without a number of runs, no end.
  std::uint64_t runs_in(std::uint64_t lane) const {
    if (runs == 0) return ~std::uint64_t{0};
    const std::uint64_t first = run_at(lane, 0);
    const std::uint64_t stride = lanes() * shards;
    return first >= runs ? 0 : (runs - first - 1) / stride + 1;
  }
  std::uint64_t runs_here() const {
    std::uint64_t sum = 0;
    for (std::uint64_t lane = 0; runs != 0 && lane < lanes(); ++lane) sum += runs_in(lane);
    return sum;
  }
};

}  // namespace flowtank::campaign
