// SPDX-License-Identifier: Apache-2.0
// See statistics.hpp. Powers are products and roots are halvings: no mathematical library.
#include "sim/campaign/statistics.hpp"

#include <fmt/format.h>

namespace flowtank::campaign {
namespace {

double power(double base, std::uint64_t exponent) {
  double result = 1;
  for (; exponent != 0; exponent >>= 1, base *= base) {
    if ((exponent & 1) != 0) result *= base;
  }
  return result;
}

}  // namespace

double upper_bound_95(std::uint64_t runs) {
  if (runs == 0) return 1;
  // The smallest p that is rejected: halving keeps `rejected` on the safe side.
  double accepted = 0;
  double rejected = 1;
  for (int i = 0; i < 200; ++i) {
    const double middle = (accepted + rejected) / 2;
    if (power(1 - middle, runs) < 0.05) rejected = middle;
    else accepted = middle;
  }
  return rejected;
}

Saturation saturation(std::uint64_t runs, std::uint64_t ends, std::uint64_t once, std::uint64_t twice) {
  Saturation out;
  if (runs == 0) return out;
  const auto f1 = static_cast<double>(once);
  const auto f2 = static_cast<double>(twice);
  const auto n = static_cast<double>(runs);
  out.new_share = f1 / n;
  // The form that is corrected for bias is defined without ends seen twice, too.
  out.estimate = static_cast<double>(ends) + (n - 1) / n * (f1 * (f1 - 1)) / (2 * (f2 + 1));
  return out;
}

double pct_bound(std::uint64_t chains, std::uint64_t steps, std::uint32_t depth) {
  if (chains == 0 || steps == 0 || depth == 0) return 1;
  return 1 / (static_cast<double>(chains) * power(static_cast<double>(steps), depth - 1));
}

std::string probability_text(double probability, Rounded rounded) {
  if (probability <= 0) return "0";
  if (probability >= 1) return "1";
  int digits = 1;  // behind the point, to the first that is not zero
  double scale = 10;
  while (probability * scale < 1 && digits < 30) {
    ++digits;
    scale *= 10;
  }
  const double scaled = probability * scale;
  auto first = static_cast<std::uint64_t>(scaled);
  if (rounded == Rounded::up && static_cast<double>(first) < scaled) ++first;
  if (digits <= 7) return fmt::format("{:.{}f}", static_cast<double>(first) / scale, first == 10 ? digits - 1 : digits);
  return fmt::format("{}e-{:02}", first == 10 ? 1 : first, first == 10 ? digits - 1 : digits);
}

}  // namespace flowtank::campaign
