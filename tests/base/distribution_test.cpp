// SPDX-License-Identifier: Apache-2.0
// Distributions against three things that share no code with them: a table of values computed with
// 60 digits (distribution_vectors.csv, which also freezes every bit of ours), the analytic means,
// between which and our sums over a grid of quantiles a strict inequality holds because quantiles
// are monotone, and monotonicity itself at the places where an approximation could break it.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "sim/base/distribution.hpp"
#include "sim/base/fixed_point.hpp"
#include "sim/base/hash.hpp"

namespace {

using namespace flowtank;

const QuantilePoint kStairs[] = {
    {0, ms(1)}, {0.5, ms(2)}, {0.5, ms(10)}, {0.99, ms(50)}, {1, s(2)}};
const Duration kSamples[] = {ms(7), ms(1), ms(3), ms(3), ms(40)};

// The names of the first column of distribution_vectors.csv.
const std::map<std::string, Distribution>& named() {
  static const std::map<std::string, Distribution> all = {
      {"constant 5ms", *Distribution::constant(ms(5))},
      {"uniform 1ms..100ms", *Distribution::uniform(ms(1), ms(100))},
      {"exponential 20ms", *Distribution::exponential(ms(20))},
      {"exponential 1h", *Distribution::exponential(s(3600))},
      {"lognormal 10ms sigma 0.5", *Distribution::lognormal(ms(10), 0.5)},
      {"lognormal 10ms p99 200ms", *Distribution::lognormal_p99(ms(10), ms(200))},
      {"pareto 1ms shape 1.5", *Distribution::pareto(ms(1), 1.5)},
      {"pareto 1ms shape 2 cap 10s", *Distribution::pareto(ms(1), 2, s(10))},
      {"empirical stairs", *Distribution::empirical(kStairs)},
      {"empirical samples", *Distribution::empirical_of_samples(kSamples)},
  };
  return all;
}

struct Vector {
  std::string name;
  std::uint64_t draw;
  std::int64_t ns;
  double exact;
};

std::vector<Vector> vectors() {
  std::ifstream file(std::string(FLOWTANK_SOURCE_DIR) + "/tests/base/distribution_vectors.csv");
  std::vector<Vector> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    Vector v;
    std::string draw, ns, exact;
    std::getline(fields, v.name, ',');
    std::getline(fields, draw, ',');
    std::getline(fields, ns, ',');
    std::getline(fields, exact, ',');
    v.draw = std::strtoull(draw.c_str(), nullptr, 16);
    v.ns = std::strtoll(ns.c_str(), nullptr, 10);
    v.exact = std::strtod(exact.c_str(), nullptr);
    all.push_back(v);
  }
  return all;
}

constexpr std::uint64_t kCells = 1 << 16;

// The sum of the quantile function over the lower ends of all cells but the last, divided by their
// number: a lower bound of the mean up to quantile 1 - 1/cells. With upper ends: an upper bound.
double grid_mean(const Distribution& d, bool upper_ends) {
  double sum = 0;
  for (std::uint64_t i = 0; i + 1 < kCells; ++i) {
    sum += static_cast<double>(d.at((i + (upper_ends ? 1 : 0)) << 48).nanoseconds());
  }
  return sum / static_cast<double>(kCells);
}

void check_mean_to_last_cell(const Distribution& d, double expected_ns) {
  const double below = grid_mean(d, false);
  const double above = grid_mean(d, true);
  CHECK(below <= expected_ns + 0.5);  // half a nanosecond of rounding
  CHECK(expected_ns <= above + 0.5);
  CHECK(above - below <= static_cast<double>(d.at(~std::uint64_t{0} << 48).nanoseconds()) /
                                 static_cast<double>(kCells) +
                             1);
}

}  // namespace

TEST_CASE("distribution.vectors_are_frozen_and_agree_with_60_digit_references") {
  const auto all = vectors();
  REQUIRE(all.size() >= 100);
  for (const Vector& v : all) {
    INFO(v.name << " draw " << v.draw);
    REQUIRE(named().count(v.name) == 1);
    const std::int64_t ns = named().at(v.name).at(v.draw).nanoseconds();
    CHECK(ns == v.ns);
    CHECK(std::abs(static_cast<double>(ns) - v.exact) <= 0.5001 + v.exact * 0x1p-37);
  }
}

TEST_CASE("distribution.never_falls_with_the_draw") {
  for (const auto& [name, d] : named()) {
    INFO(name);
    std::size_t falls = 0;
    std::uint64_t state = 1;
    for (int i = 0; i < 100'000; ++i) {
      // Neighbours at every distance, at random places and around the edges of octaves and table
      // cells.
      const std::uint64_t random = mix64(state += 0x9e3779b97f4a7c15ULL);
      std::uint64_t draw = random >> (i % 64);
      if (i % 3 == 1) draw = (random >> 55 << 55) >> (i % 64);
      if (i % 3 == 2) draw = ~draw;
      const std::uint64_t distance = std::uint64_t{1} << (mix64(random) % 64);
      const std::uint64_t later = draw + distance < draw ? ~std::uint64_t{0} : draw + distance;
      falls += d.at(later) < d.at(draw);
      if (draw > 0) falls += d.at(draw) < d.at(draw - 1);
    }
    CHECK(falls == 0);
    CHECK(d.least() >= Duration::zero());
    CHECK(d.least() <= d.most());
  }
}

TEST_CASE("distribution.means_lie_between_the_sums_of_lower_and_upper_quantiles") {
  const double cells = static_cast<double>(kCells);
  check_mean_to_last_cell(named().at("uniform 1ms..100ms"),
                          1e6 * (1 - 1 / cells) + 99e6 * (1 - 1 / cells) * (1 - 1 / cells) / 2);
  // Integral of -ln(1 - q) from 0 to 1 - 1/n is 1 - (1 + ln n) / n, here ln 65536.
  check_mean_to_last_cell(named().at("exponential 20ms"),
                          20e6 * (1 - (1 + 11.090354888959125) / cells));
  // Integral of (1 - q)^(-1/2) from 0 to 1 - 1/n is 2 (1 - n^(-1/2)).
  check_mean_to_last_cell(named().at("pareto 1ms shape 2 cap 10s"), 1e6 * 2 * (1 - 1.0 / 256));
  // median * e^(sigma^2 / 2) * Phi(quantile(1 - 1/n) - sigma), with 60 digits.
  check_mean_to_last_cell(named().at("lognormal 10ms sigma 0.5"), 11330107.985061895);
  check_mean_to_last_cell(named().at("lognormal 10ms p99 200ms"), 22868124.694434412);
}

TEST_CASE("distribution.the_bounds_of_the_mean_catch_a_wrong_distribution") {
  const Distribution wrong =
      *Distribution::exponential(Duration(20'010'000));  // half a per mille too slow
  CHECK(grid_mean(wrong, false) >
        20e6 * (1 - (1 + 11.090354888959125) / static_cast<double>(kCells)));
}

TEST_CASE("distribution.quantiles_given_are_quantiles_got") {
  const Distribution d = *Distribution::lognormal_p99(ms(10), ms(200));
  const auto at = [&](double quantile) {
    return d.at(static_cast<std::uint64_t>(quantile * 0x1p64)).nanoseconds();
  };
  CHECK(std::abs(at(0.5) - 10'000'000) <= 1);
  CHECK(std::abs(at(0.99) - 200'000'000) <= 1);
  CHECK(Distribution::empirical(kStairs).distribution->at(0) == ms(1));
  CHECK(Distribution::empirical(kStairs).distribution->most() == s(2));
  CHECK(named().at("empirical samples").least() == ms(1));
  CHECK(named().at("empirical samples").most() == ms(40));
  CHECK(named().at("uniform 1ms..100ms").least() == ms(1));
  CHECK(named().at("uniform 1ms..100ms").most() == ms(100));
  CHECK(named().at("pareto 1ms shape 2 cap 10s").most() == s(10));
  CHECK(named().at("constant 5ms").is_constant());
  CHECK(Distribution().at(7) == Duration::zero());
}

TEST_CASE("distribution.extremes_saturate") {
  CHECK(Distribution::exponential(Duration::infinite()).distribution->most() ==
        Duration::infinite());
  CHECK(Distribution::exponential(Duration::zero()).distribution->most() == Duration::zero());
  CHECK(Distribution::uniform(Duration::zero(), Duration::infinite()).distribution->most() ==
        Duration::infinite());
  CHECK(Distribution::pareto(ns(1), 0.001).distribution->most() == Duration::infinite());
  CHECK(Distribution::pareto(Duration::infinite(), 1).distribution->least() ==
        Duration::infinite());
  CHECK(Distribution::lognormal(s(1), 100).distribution->most() == Duration::infinite());
  CHECK(Distribution::lognormal(s(1), 100).distribution->least() == Duration::zero());
  CHECK(Distribution::lognormal(s(1), 0).distribution->is_constant());
  CHECK(Distribution::lognormal_p99(s(1), s(1)).distribution->is_constant());
  CHECK(
      Distribution::empirical_of_samples(std::vector<Duration>{ms(3)}).distribution->is_constant());
}

TEST_CASE("distribution.wrong_parameters_are_refused_in_words") {
  const double nan = std::nan("");
  const std::vector<DistributionOr> refused = {
      Distribution::constant(ms(-1)),
      Distribution::uniform(ms(-1), ms(1)),
      Distribution::uniform(ms(2), ms(1)),
      Distribution::exponential(ms(-1)),
      Distribution::lognormal(ms(0), 1),
      Distribution::lognormal(ms(1), -1),
      Distribution::lognormal(ms(1), nan),
      Distribution::lognormal_p99(ms(0), ms(1)),
      Distribution::lognormal_p99(ms(2), ms(1)),
      Distribution::pareto(ms(0), 1),
      Distribution::pareto(ms(1), 0),
      Distribution::pareto(ms(1), nan),
      Distribution::pareto(ms(2), 1, ms(1)),
      Distribution::empirical({}),
      Distribution::empirical(std::vector<QuantilePoint>{{0.1, ms(1)}, {1, ms(2)}}),
      Distribution::empirical(std::vector<QuantilePoint>{{0, ms(1)}, {0.9, ms(2)}}),
      Distribution::empirical(std::vector<QuantilePoint>{{0, ms(1)}, {nan, ms(2)}, {1, ms(3)}}),
      Distribution::empirical(
          std::vector<QuantilePoint>{{0, ms(1)}, {0.6, ms(2)}, {0.5, ms(2)}, {1, ms(3)}}),
      Distribution::empirical(std::vector<QuantilePoint>{{0, ms(3)}, {1, ms(2)}}),
      Distribution::empirical(std::vector<QuantilePoint>{{0, ms(-3)}, {1, ms(2)}}),
      Distribution::empirical_of_samples({}),
      Distribution::empirical_of_samples(std::vector<Duration>{ms(1), ms(-1)}),
  };
  for (std::size_t i = 0; i < refused.size(); ++i) {
    INFO(i);
    CHECK_FALSE(refused[i]);
    CHECK_FALSE(refused[i].problem.empty());
  }
}

TEST_CASE("fixed_point.agrees_with_references") {
  // Values times 2^57 and plain ones, from 60 digits, rounded.
  CHECK(std::abs(fixed::neg_ln(0) - 6493047358891973577) < 1 << 11);  // 65 ln 2
  CHECK(std::abs(fixed::neg_ln(~std::uint64_t{0})) < 1 << 11);
  CHECK(std::abs(fixed::neg_ln(std::uint64_t{1} << 63) - 99893036290645747) < 1 << 11);  // ln 2
  CHECK(fixed::exp2(0) == 1);
  CHECK(fixed::exp2(std::int64_t{10} << 48) == 1024);
  CHECK(fixed::exp2((std::int64_t{40} << 48) + (std::int64_t{1} << 47)) ==
        1554944255988);                               // 2^40.5
  CHECK(fixed::exp2(-(std::int64_t{1} << 48)) == 1);  // one half, rounded up
  CHECK(fixed::exp2(-(std::int64_t{2} << 48)) == 0);
  CHECK(fixed::exp2(std::int64_t{63} << 48) == INT64_MAX);
  CHECK(std::abs(fixed::log2(10) - 3.321928094887362) < 1e-13);
  CHECK(fixed::log2(1) == 0);
  CHECK(fixed::log2(std::uint64_t{1} << 63) == 63);
  const auto z = [](double p) {
    return fixed::normal_quantile(static_cast<std::uint64_t>(p * 0x1p64));
  };
  CHECK(std::abs(z(0.5)) < 2e-12);
  CHECK(std::abs(z(0.975) - 1.959963984540054) < 2e-12);
  CHECK(std::abs(z(0.99) - 2.3263478740408408) < 2e-12);
  CHECK(std::abs(z(0.001) + 3.090232306167813) < 2e-12);
  CHECK(std::abs(fixed::normal_quantile(0) + 9.1552938) < 1e-6);
  CHECK(fixed::normal_quantile(12345) == -fixed::normal_quantile(~std::uint64_t{12345}));
}
