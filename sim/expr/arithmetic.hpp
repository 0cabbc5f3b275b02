// SPDX-License-Identifier: Apache-2.0
// The arithmetic operators for every kind they are defined on. Results outside the range of their type
// are errors, never wrapped.
#pragma once

#include <sim/base/value.hpp>

#include "sim/expr/ast.hpp"
#include "sim/expr/context.hpp"

namespace flowtank::expr {

// op: add ... modulo
Value arithmetic(Operator op, const Value& a, const Value& b, Context& context);
Value negate(const Value& a);
// op: less ... greater_equal
Value compare_values(Operator op, const Value& a, const Value& b);

}  // namespace flowtank::expr
