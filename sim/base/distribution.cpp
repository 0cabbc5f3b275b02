// SPDX-License-Identifier: Apache-2.0
// See distribution.hpp. Each kind is one inverse CDF; every step of each is monotone in the draw
// (cut, multiply by a positive number, round), so the whole is.
#include "sim/base/distribution.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "sim/base/fixed_point.hpp"
#include "sim/base/hash.hpp"

namespace flowtank {
namespace {

constexpr double kLog2E = 0x1.71547652b82fep+0;
constexpr double kNormalP99 = 2.3263478740408408;  // quantile 0.99 of the standard normal
constexpr double kMostSigma = 100;
constexpr double kLeastShape = 0.001;
constexpr double kMostShape = 1e6;

constexpr std::string_view kNegative = "a duration must not be negative";

DistributionOr refuse(std::string_view problem) { return {std::nullopt, problem}; }

// 2^y in nanoseconds, for any finite y.
std::int64_t power_of_two(double y) {
  if (y >= 63) return INT64_MAX;
  if (y < -2) return 0;
  return fixed::exp2(static_cast<std::int64_t>(y * 0x1p48));
}

}  // namespace

DistributionOr Distribution::constant(Duration value) {
  if (value < Duration::zero()) return refuse(kNegative);
  return {Distribution(Constant{value.nanoseconds()}), {}};
}

DistributionOr Distribution::uniform(Duration least, Duration most) {
  if (least < Duration::zero()) return refuse(kNegative);
  if (most < least) return refuse("the upper end of a uniform distribution is below its lower end");
  return {Distribution(Uniform{least.nanoseconds(),
                               static_cast<std::uint64_t>((most - least).nanoseconds()) + 1}),
          {}};
}

DistributionOr Distribution::exponential(Duration mean) {
  if (mean < Duration::zero()) return refuse(kNegative);
  return {Distribution(Exponential{mean.nanoseconds()}), {}};
}

DistributionOr Distribution::lognormal(Duration median, double sigma) {
  if (median <= Duration::zero())
    return refuse("the median of a lognormal distribution must be positive");
  if (!(sigma >= 0 && sigma <= kMostSigma))
    return refuse("the sigma of a lognormal distribution must be between 0 and 100");
  if (sigma == 0) return constant(median);
  const double center = fixed::log2(static_cast<std::uint64_t>(median.nanoseconds()));
  return {Distribution(Lognormal{center, sigma * kLog2E}), {}};
}

DistributionOr Distribution::lognormal_p99(Duration median, Duration p99) {
  if (median <= Duration::zero())
    return refuse("the median of a lognormal distribution must be positive");
  if (p99 < median)
    return refuse("the 99th percentile of a lognormal distribution is below its median");
  if (p99 == median) return constant(median);
  const double center = fixed::log2(static_cast<std::uint64_t>(median.nanoseconds()));
  const double high = fixed::log2(static_cast<std::uint64_t>(p99.nanoseconds()));
  return {Distribution(Lognormal{center, (high - center) / kNormalP99}), {}};
}

DistributionOr Distribution::pareto(Duration scale, double shape, std::optional<Duration> cap) {
  if (scale <= Duration::zero())
    return refuse("the scale of a Pareto distribution must be positive");
  if (!(shape >= kLeastShape && shape <= kMostShape)) {
    return refuse("the shape of a Pareto distribution must be between 0.001 and 1000000");
  }
  if (cap && *cap < scale) return refuse("the cap of a Pareto distribution is below its scale");
  const double center = fixed::log2(static_cast<std::uint64_t>(scale.nanoseconds()));
  return {Distribution(Pareto{center, kLog2E / shape, scale.nanoseconds(),
                              cap.value_or(Duration::infinite()).nanoseconds()}),
          {}};
}

DistributionOr Distribution::empirical(std::span<const QuantilePoint> points) {
  if (points.size() < 2) return refuse("an empirical distribution needs at least two points");
  if (points.front().quantile != 0)
    return refuse("the first quantile of an empirical distribution must be 0");
  if (points.back().quantile != 1)
    return refuse("the last quantile of an empirical distribution must be 1");
  std::vector<Knot> knots;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const QuantilePoint& point = points[i];
    if (!(point.quantile >= 0 && point.quantile <= 1))
      return refuse("a quantile must be between 0 and 1");
    if (point.value < Duration::zero()) return refuse(kNegative);
    if (i > 0 && point.quantile < points[i - 1].quantile)
      return refuse("the quantiles of an empirical distribution must not fall");
    if (i > 0 && point.value < points[i - 1].value)
      return refuse("the values of an empirical distribution must not fall");
    const std::uint64_t draw = point.quantile == 1
                                   ? ~std::uint64_t{0}
                                   : static_cast<std::uint64_t>(point.quantile * 0x1p64);
    knots.push_back({draw, point.value.nanoseconds()});
  }
  return {Distribution(std::move(knots)), {}};
}

DistributionOr Distribution::empirical_of_samples(std::span<const Duration> samples) {
  if (samples.empty()) return refuse("an empirical distribution needs at least one sample");
  std::vector<Duration> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  if (sorted.front() < Duration::zero()) return refuse(kNegative);
  if (sorted.size() == 1) return constant(sorted.front());
  const std::uint64_t gaps = sorted.size() - 1;
  std::vector<Knot> knots;
  for (std::uint64_t i = 0; i <= gaps; ++i) {
    const auto draw =
        static_cast<std::uint64_t>(static_cast<uint128>(i) * ~std::uint64_t{0} / gaps);
    knots.push_back({draw, sorted[i].nanoseconds()});
  }
  return {Distribution(std::move(knots)), {}};
}

Duration Distribution::at(std::uint64_t draw) const {
  return Duration(std::visit(
      [&](const auto& shape) {
        if constexpr (std::is_same_v<decltype(shape), const Empirical&>) {
          return draw_from(knots_, draw);
        } else {
          return draw_from(shape, draw);
        }
      },
      shape_));
}

std::int64_t Distribution::draw_from(const Constant& c, std::uint64_t) { return c.ns; }

std::int64_t Distribution::draw_from(const Uniform& u, std::uint64_t draw) {
  return u.least + static_cast<std::int64_t>((static_cast<uint128>(draw) * u.width) >> 64);
}

std::int64_t Distribution::draw_from(const Exponential& e, std::uint64_t draw) {
  const auto ln = static_cast<std::uint64_t>(fixed::neg_ln(~draw));
  const uint128 product = static_cast<uint128>(ln) * static_cast<std::uint64_t>(e.mean);
  const uint128 rounded = (product + (uint128{1} << (fixed::kLnBits - 1))) >> fixed::kLnBits;
  return rounded > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(rounded);
}

std::int64_t Distribution::draw_from(const Lognormal& l, std::uint64_t draw) {
  return power_of_two(l.center + l.slope * fixed::normal_quantile(draw));
}

std::int64_t Distribution::draw_from(const Pareto& p, std::uint64_t draw) {
  const double ln = static_cast<double>(fixed::neg_ln(~draw)) * 0x1p-57;
  return std::clamp(power_of_two(p.center + p.slope * ln), p.scale, p.cap);
}

std::int64_t Distribution::draw_from(const std::vector<Knot>& knots, std::uint64_t draw) {
  // The first knot beyond the draw, or the last: a draw of 2^64 - 1 gives the last value exactly.
  auto high = std::upper_bound(knots.begin(), knots.end(), draw,
                               [](std::uint64_t d, const Knot& knot) { return d < knot.draw; });
  if (high == knots.end()) return knots.back().ns;
  const auto low = high - 1;
  const std::uint64_t width = high->draw - low->draw;
  const uint128 rise = static_cast<std::uint64_t>(high->ns - low->ns);
  return low->ns + static_cast<std::int64_t>((rise * (draw - low->draw) + width / 2) / width);
}

}  // namespace flowtank
