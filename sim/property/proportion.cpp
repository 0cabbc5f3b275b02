// SPDX-License-Identifier: Apache-2.0
// See proportion.hpp. Halving a double's range 200 times ends at neighbouring numbers.
#include "sim/property/proportion.hpp"

#include <array>

namespace flowtank {

// Phi^-1((1 + level) / 2), to the last digit of a double (Abramowitz and Stegun, table 26.6, extended).
std::span<const Confidence> confidences() {
  static constexpr std::array<Confidence, 4> all{{{0.9, 1.6448536269514722},
                                                  {0.95, 1.959963984540054},
                                                  {0.99, 2.5758293035489004},
                                                  {0.999, 3.2905267314918945}}};
  return all;
}

std::optional<double> normal_quantile(double level) {
  for (const Confidence& known : confidences()) {
    if (known.level == level) return known.z;
  }
  return std::nullopt;
}

Interval wilson_interval(std::uint64_t hits, std::uint64_t trials, double z) {
  if (trials == 0) return {};
  const double n = static_cast<double>(trials);
  const double share = static_cast<double>(hits) / n;
  const auto rejected = [&](double x) { return n * (share - x) * (share - x) > z * z * x * (1 - x); };
  const auto halve = [&](double outside, double inside) {
    for (int i = 0; i < 200; ++i) {
      const double middle = (outside + inside) / 2;
      if (rejected(middle)) outside = middle;
      else inside = middle;
    }
    return inside;
  };
  Interval interval;
  interval.low = hits == 0 ? 0 : halve(0, share);
  interval.high = hits == trials ? 1 : halve(1, share);
  return interval;
}

}  // namespace flowtank
