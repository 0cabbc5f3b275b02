// SPDX-License-Identifier: Apache-2.0
// Distributions of durations as inverse CDFs: a draw of 64 uniform bits in, integer nanoseconds
// out. One draw is used whatever the kind, so changing a parameter or the kind shifts no other
// draw, and a larger draw never gives a shorter duration, so a shrinker that lowers a draw shortens
// a wait. Integers and IEEE + - * / only (fixed_point.hpp): the same bits on every compiler. Frozen
// vectors: tests/base/distribution_vectors.csv.
//
// A draw u stands for the quantile (u + 1/2) / 2^64. Against the real quantile function, and before
// rounding to the nearest nanosecond, the errors are at most
//   uniform, empirical   2^-63 of the range         exponential   mean * 2^-46
//   lognormal            relative 2^-38 * sigma + 2^-45
//   Pareto               relative 2^-45 * (1 + 1 / shape)
// Results saturate at Duration::infinite().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/base/time.hpp"

namespace flowtank {

// A point of an empirical distribution: this share of all values is at most `value`.
struct QuantilePoint {
  double quantile = 0;  // 0 to 1
  Duration value;
};

class Distribution;

// A distribution, or what is wrong with the parameters: a sentence for a diagnostic, lower case
// start, no full stop.
struct DistributionOr;

// Immutable; copies share nothing. Default: constant zero. Make one with the factories: parameters
// come from users, so each says in words what it refuses. Durations are never negative.
class Distribution {
 public:
  Distribution() = default;

  static DistributionOr constant(Duration value);
  // Every nanosecond from least to most, both included, equally likely (but for 2^-64 * width).
  static DistributionOr uniform(Duration least, Duration most);
  static DistributionOr exponential(Duration mean);
  // The logarithm is normal with standard deviation sigma >= 0; mean = median * e^(sigma^2 / 2).
  static DistributionOr lognormal(Duration median, double sigma);
  // Through these two quantiles: sigma = ln(p99 / median) / 2.3263...
  static DistributionOr lognormal_p99(Duration median, Duration p99);
  // P(X > x) = (scale / x)^shape from scale on; values beyond `cap` become `cap`. Without a cap the
  // mean is infinite for shape <= 1 and the variance for shape <= 2.
  static DistributionOr pareto(Duration scale, double shape,
                               std::optional<Duration> cap = std::nullopt);
  // Straight lines between the points. At least two; the first quantile is 0, the last 1; neither
  // quantiles nor values fall. Two points at the same quantile are a jump.
  static DistributionOr empirical(std::span<const QuantilePoint> points);
  // Straight lines between measured values, in any order, each equally likely. At least one.
  static DistributionOr empirical_of_samples(std::span<const Duration> samples);

  // The duration of this draw.
  Duration at(std::uint64_t draw) const;
  // The shortest and longest durations that any draw can give.
  Duration least() const { return at(0); }
  Duration most() const { return at(~std::uint64_t{0}); }
  bool is_constant() const { return least() == most(); }

 private:
  struct Constant {
    std::int64_t ns;
  };
  struct Uniform {
    std::int64_t least;
    std::uint64_t width;
  };
  struct Exponential {
    std::int64_t mean;
  };
  struct Lognormal {  // 2^(center + slope * z)
    double center;
    double slope;
  };
  struct Pareto {  // 2^(center + slope * -ln(1 - q)), at least scale, at most cap
    double center;
    double slope;
    std::int64_t scale;
    std::int64_t cap;
  };
  struct Knot {
    std::uint64_t draw;  // the quantile times 2^64; 1 is 2^64 - 1
    std::int64_t ns;
  };
  struct Empirical {};  // its knots are beside it: so the rest stays trivially copyable
  using Shape = std::variant<Constant, Uniform, Exponential, Lognormal, Pareto, Empirical>;

  explicit Distribution(Shape shape) : shape_(shape) {}
  explicit Distribution(std::vector<Knot> knots) : shape_(Empirical{}), knots_(std::move(knots)) {}

  static std::int64_t draw_from(const Constant& c, std::uint64_t draw);
  static std::int64_t draw_from(const Uniform& u, std::uint64_t draw);
  static std::int64_t draw_from(const Exponential& e, std::uint64_t draw);
  static std::int64_t draw_from(const Lognormal& l, std::uint64_t draw);
  static std::int64_t draw_from(const Pareto& p, std::uint64_t draw);
  static std::int64_t draw_from(const std::vector<Knot>& knots, std::uint64_t draw);

  Shape shape_;
  std::vector<Knot> knots_;
};

struct DistributionOr {
  std::optional<Distribution> distribution;
  std::string_view problem;  // static text; empty when there is a distribution

  explicit operator bool() const { return distribution.has_value(); }
  const Distribution& operator*() const { return *distribution; }
};

}  // namespace flowtank
