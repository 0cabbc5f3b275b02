// SPDX-License-Identifier: Apache-2.0
// See fixed_point.hpp. The tables are computed by the compiler with integer arithmetic (a logarithm
// bit by bit from repeated squaring, powers from integer square roots), so no constant here has to
// be believed but ln 2, log2 e and the coefficients of AS 241, which the tests hold against
// references.
#include "sim/base/fixed_point.hpp"

#include <array>
#include <bit>
#include <cstddef>

namespace flowtank::fixed {
namespace {

__extension__ using int128 = __int128;

constexpr std::uint64_t kLn2 = 0xb17217f7d1cf79acULL;  // ln 2 times 2^64

// log2(x) for x in [1, 2), given times 2^63, as a fraction times 2^62. Squaring doubles the
// logarithm: each overflow past 2 is its next bit. Truncation costs below 2^-60 in all.
constexpr std::uint64_t log2_by_squaring(std::uint64_t x) {
  std::uint64_t result = 0;
  for (int bit = 61; bit >= 0; --bit) {
    const uint128 square = static_cast<uint128>(x) * x;  // in [1, 4), times 2^126
    const bool past_two = (square >> 127) != 0;
    x = static_cast<std::uint64_t>(square >> (past_two ? 64 : 63));
    if (past_two) result |= std::uint64_t{1} << bit;
  }
  return result;
}

constexpr std::uint64_t square_root(uint128 x) {
  std::uint64_t root = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t next = root | std::uint64_t{1} << bit;
    if (static_cast<uint128>(next) * next <= x) root = next;
  }
  return root;
}

// Of each 256th of [1, 2): a reciprocal of its middle in 15 bits, and the logarithm of that
// reciprocal.
struct LnCell {
  std::int64_t ln_reciprocal;  // times 2^57, not positive
  std::uint64_t reciprocal;    // times 2^15
};

constexpr std::array<LnCell, 256> make_ln_cells() {
  std::array<LnCell, 256> cells{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    const std::uint64_t reciprocal =
        ((std::uint64_t{1} << 25) / (513 + 2 * i) + 1) / 2;  // 2^15 / (1 + (i + 1/2) / 256)
    // reciprocal is in [2^14, 2^15]: one below 2^15 has the mantissa reciprocal / 2^14.
    std::uint64_t log2_mantissa = 0;
    if (reciprocal < 32768) log2_mantissa = log2_by_squaring(reciprocal << 49);
    const std::uint64_t below_one =
        reciprocal < 32768 ? (std::uint64_t{1} << 62) - log2_mantissa : 0;  // -log2
    const uint128 ln = static_cast<uint128>(below_one) * kLn2;              // times 2^126
    cells[i] = {-static_cast<std::int64_t>((ln + (uint128{1} << 68)) >> 69), reciprocal};
  }
  return cells;
}

// 2^(i / 256) times 2^62.
constexpr std::array<std::uint64_t, 256> make_powers() {
  std::array<std::uint64_t, 8> roots{};  // 2^(1/2), 2^(1/4), ... times 2^62
  uint128 radicand = uint128{1} << 125;
  for (std::uint64_t& root : roots) {
    root = square_root(radicand);
    radicand = static_cast<uint128>(root) << 62;
  }
  std::array<std::uint64_t, 256> powers{};
  for (std::size_t i = 0; i < 256; ++i) {
    std::uint64_t power = std::uint64_t{1} << 62;
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if ((i >> (7 - bit) & 1) == 0) continue;
      power = static_cast<std::uint64_t>(
          (static_cast<uint128>(power) * roots[bit] + (uint128{1} << 61)) >> 62);
    }
    powers[i] = power;
  }
  return powers;
}

constexpr auto kLnCells = make_ln_cells();
constexpr auto kPowers = make_powers();

// ln(1 + z) for |z| < 2^-8.9; z and the result times 2^63. Error below 2^-55: the series to z^5, of
// which the part beyond z needs 36 bits only.
std::int64_t ln_near_one(std::int64_t z) {
  constexpr std::int64_t kOne = std::int64_t{1} << 40;
  const std::int64_t narrow = z >> 30;  // times 2^33, so below 2^25
  std::int64_t tail = -kOne / 4 + ((narrow * (kOne / 5 >> 4)) >> 29);
  tail = kOne / 3 + ((narrow * (tail >> 4)) >> 29);
  tail = -kOne / 2 + ((narrow * (tail >> 4)) >> 29);
  const auto square = static_cast<std::int64_t>((static_cast<int128>(z) * z) >> 63);
  return z + static_cast<std::int64_t>((static_cast<int128>(square) * tail) >> 40);
}

double polynomial(const std::array<double, 8>& c, double x) {
  double sum = c[7];
  for (std::size_t i = 7; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

// Newton's iteration for x in [2.5, 46]; five steps from this start reach the last bit.
double square_root_of(double x) {
  double root = 1.2 + 0.13 * x;
  for (int i = 0; i < 5; ++i) root = 0.5 * (root + x / root);
  return root;
}

// Coefficients of AS 241 (PPND16): numerators and denominators for the middle and the two tails.
constexpr std::array<double, 8> kMiddleNum = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                              1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                              4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                              3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr std::array<double, 8> kMiddleDen = {1.0,
                                              4.2313330701600911252e+1,
                                              6.8718700749205790830e+2,
                                              5.3941960214247511077e+3,
                                              2.1213794301586595867e+4,
                                              3.9307895800092710610e+4,
                                              2.8729085735721942674e+4,
                                              5.2264952788528545610e+3};
constexpr std::array<double, 8> kTailNum = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                            5.76949722146069140550e0,  3.64784832476320460504e0,
                                            1.27045825245236838258e0,  2.41780725177450611770e-1,
                                            2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr std::array<double, 8> kTailDen = {1.0,
                                            2.05319162663775882187e0,
                                            1.67638483018380384940e0,
                                            6.89767334985100004550e-1,
                                            1.48103976427480074590e-1,
                                            1.51986665636164571966e-2,
                                            5.47593808499534494600e-4,
                                            1.05075007164441684324e-9};
constexpr std::array<double, 8> kFarNum = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                           1.78482653991729133580e0,  2.96560571828504891230e-1,
                                           2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                           2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr std::array<double, 8> kFarDen = {1.0,
                                           5.99832206555887937690e-1,
                                           1.36929880922735805310e-1,
                                           1.48753612908506148525e-2,
                                           7.86869131145613259100e-4,
                                           1.84631831751005468180e-5,
                                           1.42151175831644588870e-7,
                                           2.04426310338993978564e-15};

}  // namespace

std::int64_t neg_ln(std::uint64_t v) {
  // v + 1/2 = x / 2^63 * 2^(63 - zeros), with x in [2^63, 2^64); x is cut to 48 bits after its
  // first.
  const int zeros = std::countl_zero(v);
  const std::uint64_t x =
      zeros == 64 ? std::uint64_t{1} << 63 : (v << zeros) + (std::uint64_t{1} << zeros >> 1);
  const std::uint64_t mantissa = x >> 15;
  const LnCell& cell = kLnCells[mantissa >> 40 & 255];
  const auto z =
      static_cast<std::int64_t>(mantissa * cell.reciprocal - (std::uint64_t{1} << 63));  // exact
  constexpr auto kLn2Short = static_cast<std::int64_t>((kLn2 + 64) >> 7);
  const std::int64_t result =
      (zeros + 1) * kLn2Short + cell.ln_reciprocal - (ln_near_one(z) >> (63 - kLnBits));
  return result < 0 ? 0 : result;
}

std::int64_t exp2(std::int64_t y) {
  const std::int64_t whole = y >> kExp2Bits;
  if (whole >= 63) return INT64_MAX;
  if (whole < -1) return 0;
  const auto fraction = static_cast<std::uint64_t>(y) & ((std::uint64_t{1} << kExp2Bits) - 1);
  // 2^fraction = 2^(i/256) * e^u, u = rest * ln 2 below 2^-8.5; all times 2^62.
  const std::uint64_t rest = fraction & ((std::uint64_t{1} << 40) - 1);
  const auto u = static_cast<std::uint64_t>((static_cast<uint128>(rest) * kLn2) >> 50);
  constexpr std::uint64_t kOne = std::uint64_t{1} << 62;
  const auto times_u = [u](std::uint64_t a) {
    return static_cast<std::uint64_t>((static_cast<uint128>(a) * u) >> 62);
  };
  std::uint64_t power = kOne / 24 + times_u(kOne / 120);
  power = kOne / 6 + times_u(power);
  power = kOne / 2 + times_u(power);
  power = kOne + times_u(power);
  power = kOne + times_u(power);
  const uint128 product =
      static_cast<uint128>(kPowers[fraction >> 40]) * power;  // in [1, 2), times 2^124
  const auto shift = static_cast<unsigned>(124 - whole);
  const uint128 rounded = (product + (uint128{1} << (shift - 1))) >> shift;
  return rounded > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(rounded);
}

double log2(std::uint64_t x) {
  const int zeros = std::countl_zero(x);
  return static_cast<double>(63 - zeros) +
         static_cast<double>(log2_by_squaring(x << zeros)) * 0x1p-62;
}

double normal_quantile(std::uint64_t u) {
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
  const bool upper = u >= kHalf;
  const std::uint64_t tail =
      upper ? ~u : u;  // the probability of the nearer tail is (tail + 1/2) / 2^64
  // Distance from the median, cut to 40 bits, in the middle of its step.
  const double from_median = (static_cast<double>((kHalf - 1 - tail) >> 23) + 0.5) * 0x1p-41;
  double z = 0;
  if (from_median <= 0.425) {
    const double r = 0.180625 - from_median * from_median;
    z = from_median * polynomial(kMiddleNum, r) / polynomial(kMiddleDen, r);
  } else {
    // Cut to 40 bits after the point: a step of 2^-40 is far above the rounding of what follows.
    const double r = square_root_of(static_cast<double>(neg_ln(tail) >> (kLnBits - 40)) * 0x1p-40);
    z = r <= 5 ? polynomial(kTailNum, r - 1.6) / polynomial(kTailDen, r - 1.6)
               : polynomial(kFarNum, r - 5) / polynomial(kFarDen, r - 5);
  }
  return upper ? z : -z;
}

}  // namespace flowtank::fixed
