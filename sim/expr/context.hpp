// SPDX-License-Identifier: Apache-2.0
// What one evaluation carries around: host, memory, remaining steps. Running out of either is
// remembered, so that no `||` can hide it: the evaluation then returns that error whatever else it
// computed.
#pragma once

#include <cstdint>
#include <string_view>

#include <sim/base/value.hpp>

#include "sim/expr/error.hpp"
#include "sim/expr/host.hpp"
#include "sim/expr/type.hpp"

namespace flowtank::expr {

struct Context {
  Host& host;
  Arena& arena;
  const TypeTable& types;
  std::uint64_t steps;  // left
  ErrorCode exhausted{};  // steps_exhausted, memory_exhausted or nothing

  Value fail(ErrorCode code) { return error_value(code); }
  Value fail(ErrorCode code, std::string_view message) { return error_value(code, message, arena); }
  Value out_of(ErrorCode code) {
    if (exhausted == ErrorCode{}) exhausted = code;
    return error_value(code);
  }
  // Pays for work that depends on the size of data; false when the budget is used up.
  bool charge(std::uint64_t work) {
    if (steps >= work) {
      steps -= work;
      return true;
    }
    steps = 0;
    if (exhausted == ErrorCode{}) exhausted = ErrorCode::steps_exhausted;
    return false;
  }
  // What an Arena made, or the error when it was full.
  Value made(const Value& value) { return value.is(Kind::absent) ? out_of(ErrorCode::memory_exhausted) : value; }
};

// The error to hand on when a strict operation does not apply to its operands: the first operand that
// is an error itself, else no_such_overload.
inline Value no_overload(const Value& a) {
  return a.is(Kind::error) ? a : error_value(ErrorCode::no_such_overload);
}
inline Value no_overload(const Value& a, const Value& b) {
  if (a.is(Kind::error)) return a;
  return no_overload(b);
}

}  // namespace flowtank::expr
