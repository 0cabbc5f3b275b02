// SPDX-License-Identifier: Apache-2.0
// How sure one can be of a share that was counted: Wilson's score interval (E. B. Wilson, 1927, "Probable
// inference, the law of succession, and statistical inference", JASA 22). It keeps its promise for shares near
// 0 and 1 and for few trials, where the textbook interval fails, and needs no square root: its ends are where
// trials * (share - x)^2 = z^2 * x * (1 - x), found by halving. Only + - * / on doubles, so the same everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace flowtank {

struct Interval {
  double low = 0;
  double high = 1;
};

// The two-sided quantile of the normal distribution for a confidence; nothing for one that is not offered.
struct Confidence {
  double level;  // 0.95
  double z;      // 1.959963984540054
};
std::span<const Confidence> confidences();
std::optional<double> normal_quantile(double level);

// The interval of the true share after `hits` of `trials` independent trials; [0, 1] without trials.
Interval wilson_interval(std::uint64_t hits, std::uint64_t trials, double z);

}  // namespace flowtank
