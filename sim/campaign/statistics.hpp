// SPDX-License-Identifier: Apache-2.0
// What a number of runs says about those that were not made. Only + - * / on doubles, so the same everywhere.
//
// The bound: if each independent run shows a violation with probability p, N runs without one have probability
// (1-p)^N; where that is below 5 %, p is rejected. So p <= 1 - 0.05^(1/N) at 95 %, about 3/N.
// The estimates: Good and Turing's share of runs whose end was seen only once is what a next run shows something new with
// (Good, 1953); Chao1 (Chao, 1984) is a lower bound for how many different ends there are.
#pragma once

#include <cstdint>
#include <string>

namespace flowtank::campaign {

// 1 - 0.05^(1/runs), rounded up in the last digits of a double; 1 without runs.
double upper_bound_95(std::uint64_t runs);

struct Saturation {
  double new_share = 1;   // probability that the next run ends as none before
  double estimate = 0;    // ends there are, at least
};
// `ends` different ends of `runs` runs, `once` of them seen once and `twice` twice.
Saturation saturation(std::uint64_t runs, std::uint64_t ends, std::uint64_t once, std::uint64_t twice);

// 1 / (chains * steps^(depth-1)), the least probability with which a run of pct shows a bug of this depth.
double pct_bound(std::uint64_t chains, std::uint64_t steps, std::uint32_t depth);

// A small probability as people read it, one digit of it: "0.00003", "4e-09". Rounded so that a bound stays one: an upper
// bound up, a lower bound down.
enum class Rounded : std::uint8_t { up, down };
std::string probability_text(double probability, Rounded rounded = Rounded::up);

}  // namespace flowtank::campaign
