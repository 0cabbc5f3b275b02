// SPDX-License-Identifier: Apache-2.0
// CEL's sameness and order of values, not to be mixed up with identical() and compare() of base:
// 1 == 1u == 1.0, NaN differs from itself, rows and records are equal when their fields are.
#pragma once

#include <cstdint>
#include <optional>

#include <sim/base/value.hpp>

#include "sim/expr/context.hpp"

namespace flowtank::expr {

enum class Order : std::uint8_t { less, equal, greater, unordered };  // unordered: a NaN is involved

// The value of a == b: a bool or an error.
Value equal_values(const Value& a, const Value& b, Context& context);

// nothing: the kinds have no order between them.
std::optional<Order> order_of(const Value& a, const Value& b);

// Whether two numbers of any of the three kinds are equal; both must be numbers.
bool equal_numbers(const Value& a, const Value& b);

inline bool is_number(const Value& v) { return v.is(Kind::int64) || v.is(Kind::uint64) || v.is(Kind::real); }

// Equal values have equal hashes.
std::uint64_t equality_hash(const Value& value, Context& context);

}  // namespace flowtank::expr
