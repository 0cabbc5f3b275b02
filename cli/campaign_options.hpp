// SPDX-License-Identifier: Apache-2.0
// The options of a campaign of runs, understood.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sim/campaign/strategy.hpp>

namespace flowtank::cli {

struct CampaignArguments {
  Strategy strategy = Strategy::exhaustive;
  std::optional<std::uint64_t> runs;
  std::optional<std::uint64_t> threads;    // nothing: as many as there are cores
  std::optional<std::uint64_t> bug_depth;  // pct
  std::uint32_t shard = 0;                 // of `shards`, from 0
  std::uint32_t shards = 1;
  std::string file;                        // --campaign
  std::string resume;                      // --resume
  std::vector<std::string> merged;         // campaign files of merge
};

}  // namespace flowtank::cli
