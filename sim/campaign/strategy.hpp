// SPDX-License-Identifier: Apache-2.0
// The strategies of `flowtank check` as one table: name, what it does, what a verdict of it may say. Faces, help and
// reports read it; a new strategy is an enumerator and a row. A campaign is a strategy that samples runs; the
// others decide by themselves (exhaustive).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank {

enum class Strategy : std::uint8_t {
  exhaustive,  // every order of events and faults
  random,      // independent walks, faults drawn by swarm
  pct,         // random priorities with change points
  pos,         // a new random priority for each event
  guided,      // mutations of what led to new states
  portfolio,   // a fixed mixture of the four
  timed,       // independent timed runs, a seed each
  lineage,     // faults that touch what a good run came from, smallest sets first
  swarm,       // as timed, but each run has only some of the faults
};

inline constexpr std::size_t strategy_count = static_cast<std::size_t>(Strategy::swarm) + 1;

struct StrategyInfo {
  Strategy strategy;
  std::string_view name;
  std::string_view says;      // half a sentence: "independent random walks, ..."
  bool samples = false;       // it is a campaign of runs
  bool independent = false;   // its runs are, so that a bound on the probability may be printed
};

// In the order of the help.
std::span<const StrategyInfo> strategies();
const StrategyInfo& info(Strategy strategy);
std::string_view to_text(Strategy strategy);
std::optional<Strategy> strategy_of(std::string_view name);
std::vector<std::string> strategy_names();

// What kind of scenario it runs: with time and arrivals, as one run does, or all orders, as an exploration does.
constexpr bool has_time(Strategy strategy) { return strategy == Strategy::timed || strategy == Strategy::swarm; }

// Which strategy run number `run` of a campaign follows: itself, but for the portfolio, in which half of the runs are
// random, a quarter pct, an eighth pos, an eighth guided; a function of the number alone.
Strategy strategy_of_run(Strategy campaign, std::uint64_t run);

}  // namespace flowtank
