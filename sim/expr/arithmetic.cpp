// SPDX-License-Identifier: Apache-2.0
// See arithmetic.hpp. Overflow is found with the checked built-ins of the compiler, never afterwards.
#include "sim/expr/arithmetic.hpp"

#include <cstdint>
#include <limits>
#include <optional>

#include <sim/base/hash.hpp>

#include "sim/expr/containers.hpp"
#include "sim/expr/equality.hpp"
#include "sim/expr/times.hpp"

namespace flowtank::expr {
namespace {

constexpr std::int64_t int_min = std::numeric_limits<std::int64_t>::min();

Value overflow() { return error_value(ErrorCode::overflow); }
Value by_zero() { return error_value(ErrorCode::division_by_zero); }

Value ints(Operator op, std::int64_t a, std::int64_t b) {
  std::int64_t r = 0;
  switch (op) {
    case Operator::add: return __builtin_add_overflow(a, b, &r) ? overflow() : Value::of_int(r);
    case Operator::subtract: return __builtin_sub_overflow(a, b, &r) ? overflow() : Value::of_int(r);
    case Operator::multiply: return __builtin_mul_overflow(a, b, &r) ? overflow() : Value::of_int(r);
    default: break;
  }
  if (b == 0) return by_zero();
  if (a == int_min && b == -1) return overflow();
  return Value::of_int(op == Operator::divide ? a / b : a % b);
}

Value uints(Operator op, std::uint64_t a, std::uint64_t b) {
  std::uint64_t r = 0;
  switch (op) {
    case Operator::add: return __builtin_add_overflow(a, b, &r) ? overflow() : Value::of_uint(r);
    case Operator::subtract: return __builtin_sub_overflow(a, b, &r) ? overflow() : Value::of_uint(r);
    case Operator::multiply: return __builtin_mul_overflow(a, b, &r) ? overflow() : Value::of_uint(r);
    default: break;
  }
  if (b == 0) return by_zero();
  return Value::of_uint(op == Operator::divide ? a / b : a % b);
}

Value reals(Operator op, double a, double b) {
  switch (op) {
    case Operator::add: return Value::of_real(a + b);
    case Operator::subtract: return Value::of_real(a - b);
    case Operator::multiply: return Value::of_real(a * b);
    case Operator::divide: return Value::of_real(a / b);
    default: return error_value(ErrorCode::no_such_overload);
  }
}

Value texts(const Value& a, const Value& b, Context& context) {
  const std::size_t size = a.text().size() + b.text().size();
  if (!context.charge(size / 64)) return context.fail(ErrorCode::steps_exhausted);
  return context.made(context.arena.make_concat(a.kind, a.text(), b.text()));
}

Value times(Operator op, const Value& a, const Value& b) {
  const bool add = op == Operator::add;
  if (!add && op != Operator::subtract) return error_value(ErrorCode::no_such_overload);
  if (a.is(Kind::duration) && b.is(Kind::duration)) {
    std::int64_t r = 0;
    const bool wrong = add ? __builtin_add_overflow(a.i, b.i, &r) : __builtin_sub_overflow(a.i, b.i, &r);
    return wrong ? overflow() : Value::of_duration(r);
  }
  if (a.is(Kind::timestamp) && b.is(Kind::duration)) return shift_timestamp(a, b.i, !add);
  if (add && a.is(Kind::duration) && b.is(Kind::timestamp)) return shift_timestamp(b, a.i, false);
  if (!add && a.is(Kind::timestamp) && b.is(Kind::timestamp)) return timestamp_difference(a, b);
  return error_value(ErrorCode::no_such_overload);
}

bool is_time(const Value& v) { return v.is(Kind::timestamp) || v.is(Kind::duration); }

}  // namespace

Value arithmetic(Operator op, const Value& a, const Value& b, Context& context) {
  if (a.kind == b.kind) {
    switch (a.kind) {
      case Kind::int64: return ints(op, a.i, b.i);
      case Kind::uint64: return uints(op, a.u, b.u);
      case Kind::real: return reals(op, a.d, b.d);
      case Kind::string:
      case Kind::bytes:
        if (op == Operator::add) return texts(a, b, context);
        break;
      case Kind::list:
        if (op == Operator::add) return concat_lists(a, b, context);
        break;
      default: break;
    }
  }
  if (is_time(a) && is_time(b)) return times(op, a, b);
  return no_overload(a, b);
}

Value negate(const Value& a) {
  if (a.is(Kind::int64)) return a.i == int_min ? overflow() : Value::of_int(-a.i);
  if (a.is(Kind::real)) return Value::of_real(-a.d);
  return no_overload(a);
}

Value compare_values(Operator op, const Value& a, const Value& b) {
  const std::optional<Order> order = order_of(a, b);
  if (!order) return no_overload(a, b);
  switch (op) {
    case Operator::less: return Value::of_bool(*order == Order::less);
    case Operator::less_equal: return Value::of_bool(*order == Order::less || *order == Order::equal);
    case Operator::greater: return Value::of_bool(*order == Order::greater);
    default: return Value::of_bool(*order == Order::greater || *order == Order::equal);
  }
}

}  // namespace flowtank::expr
