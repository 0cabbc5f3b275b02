// SPDX-License-Identifier: Apache-2.0
// What a report says of a campaign: plain numbers, a function of plan and tally alone. Threads, shards, sessions and
// wall time are not in it, so that merged shards and resumed campaigns read as those that nothing disturbed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/campaign/statistics.hpp"
#include "sim/campaign/strategy.hpp"

namespace flowtank {

struct CampaignSummary {
  Strategy strategy = Strategy::random;
  std::uint64_t seed = 1;
  std::uint64_t runs = 0;         // made
  std::uint64_t wanted = 0;       // 0: until it was stopped
  std::uint64_t left = 0;         // runs that a limit or a key ended half way: they count as nothing, and no bound is about them
  std::uint64_t independent = 0;  // of the runs: those that a bound may count (random, pct or pos; of a portfolio: random)
  std::vector<std::pair<Strategy, std::uint64_t>> parts;  // portfolio: runs by strategy
  std::uint64_t rested = 0;       // runs that came to rest
  std::uint64_t cut = 0;          // runs that were ended at most_actions
  std::uint64_t most_actions = 0;
  std::uint64_t actions = 0;
  std::uint64_t longest = 0;
  std::uint64_t ends = 0;         // different contents of the databases that runs ended with; timed: different runs
  std::optional<campaign::Saturation> saturation;  // of independent campaigns
  double bound = 1;               // of the probability of a violation that no independent run showed, at 95 %
  struct Pct {
    std::uint32_t depth = 0;
    std::uint64_t chains = 0;
    std::uint64_t steps = 0;
    double chance = 0;  // at least, of one run
  };
  std::optional<Pct> pct;
  struct Property {
    std::uint64_t failing = 0;  // runs
    std::uint64_t first = 0;    // number of the lowest, if any
  };
  std::vector<Property> properties;
  std::string stopped;            // why not all runs were made; empty: they were
};

// "100,000 independent random runs"
std::string runs_text(const CampaignSummary& summary);
// "no violation in 100,000 independent runs: p <= 0.00003 at 95 %", or without a bound where none may be stated.
std::string no_violation_text(const CampaignSummary& summary);
// "in 412 of 100,000 runs, first in run 17"
std::string violation_text(const CampaignSummary& summary, const CampaignSummary::Property& property);

}  // namespace flowtank
