// SPDX-License-Identifier: Apache-2.0
// Logarithm, power of two and normal quantile without libm: integers and IEEE + - * / only, so the
// same bits on every compiler and machine. They exist for the distributions, which need them
// monotone in the draw: every function here is, exactly. That is not left to luck: the argument is
// cut to a resolution whose step is larger than the error of the approximation.
#pragma once

#include <cstdint>

#include "sim/base/hash.hpp"

namespace flowtank::fixed {

// Bits after the point of neg_ln.
inline constexpr int kLnBits = 57;
// Bits after the point of the argument of exp2.
inline constexpr int kExp2Bits = 48;

// -ln((v + 1/2) / 2^64), the negative logarithm of a draw read as a probability, times 2^57.
// From 0 (v = 2^64 - 1) to 45.05 (v = 0); never rises with v. Absolute error below 2^-46.
std::int64_t neg_ln(std::uint64_t v);

// 2^(y / 2^48) rounded to the nearest integer; saturates at 2^63 - 1. Never falls with y.
// Relative error below 2^-50 before rounding.
std::int64_t exp2(std::int64_t y);

// log2(x) for x > 0 as a double, by squaring; absolute error below 2^-46. For construction, not for
// draws.
double log2(std::uint64_t x);

// The standard normal quantile of (u + 1/2) / 2^64: from -9.16 to 9.16, never falling with u, odd:
// normal_quantile(u) == -normal_quantile(~u). Absolute error below 2^-39.
// After Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Appl. Stat.
// 37(3), 1988.
double normal_quantile(std::uint64_t u);

}  // namespace flowtank::fixed
