// SPDX-License-Identifier: Apache-2.0
// See strategy.hpp: the table and the mixture.
#include "sim/campaign/strategy.hpp"

#include <array>

namespace flowtank {
namespace {

constexpr std::array<StrategyInfo, strategy_count> table{{
    {Strategy::exhaustive, "exhaustive", "every order of events and faults, with state matching: a proof within the bounds", false, false},
    {Strategy::random, "random", "independent random walks, faults drawn anew for each", true, true},
    {Strategy::pct, "pct", "random priorities with few change points: a stated chance for bugs of small depth", true, true},
    {Strategy::pos, "pos", "partial-order sampling: a new random priority wherever two events race", true, true},
    {Strategy::guided, "guided", "mutates runs that led to new states; no bound, since runs depend on each other", true, false},
    {Strategy::portfolio, "portfolio", "half random, a quarter pct, the rest pos and guided", true, false},
    {Strategy::timed, "timed", "timed runs with the scenario's own latencies, arrivals and fault probabilities, a seed each", true, true},
    {Strategy::lineage, "lineage", "strikes what a good run came from, smallest sets of faults first: safe up to k faults, in two orders of events", false, false},
    {Strategy::swarm, "swarm", "timed runs, a seed each, in each of which a coin switches every fault on or off", true, true},
}};

}  // namespace

std::span<const StrategyInfo> strategies() { return table; }

const StrategyInfo& info(Strategy strategy) { return table[static_cast<std::size_t>(strategy)]; }

std::string_view to_text(Strategy strategy) { return info(strategy).name; }

std::optional<Strategy> strategy_of(std::string_view name) {
  for (const StrategyInfo& row : table) {
    if (row.name == name) return row.strategy;
  }
  return std::nullopt;
}

std::vector<std::string> strategy_names() {
  std::vector<std::string> names;
  for (const StrategyInfo& row : table) names.emplace_back(row.name);
  return names;
}

Strategy strategy_of_run(Strategy campaign, std::uint64_t run) {
  if (campaign != Strategy::portfolio) return campaign;
  constexpr std::array<Strategy, 8> mixture{Strategy::random, Strategy::pct, Strategy::random, Strategy::pos,
                                            Strategy::random, Strategy::pct, Strategy::random, Strategy::guided};
  return mixture[run % mixture.size()];
}

}  // namespace flowtank
