// SPDX-License-Identifier: Apache-2.0
// Evaluation errors. In CEL an error is a value: `&&` and `||` can absorb it, every other operation
// hands it on. An error value is Kind::error with its ErrorCode in the tag and a sentence as text.
// Making one never fails: without memory the sentence is a constant of the program.
#pragma once

#include <cstdint>
#include <string_view>

#include <sim/base/value.hpp>

namespace flowtank::expr {

// The numbers are stable: they appear in traces and reports.
enum class ErrorCode : std::uint32_t {
  no_such_overload = 1,  // an operation on values of kinds it is not defined for
  no_such_key = 2,       // map[key] or table[key] without that key
  no_such_field = 3,     // value.field where the value has no such field
  index_out_of_range = 4,
  division_by_zero = 5,
  overflow = 6,          // the result is outside the range of its type
  bad_conversion = 7,    // int('x'), timestamp('yesterday'), invalid UTF-8
  duplicate_key = 8,     // {1: 'a', 1u: 'b'}
  bad_regex = 9,         // a pattern that is not RE2, or needs too much memory
  unknown_zone = 10,     // a time zone that is not embedded
  empty_list = 11,       // min([]), max([])
  undeclared = 12,       // a name nobody declared (only in lenient compilation)
  steps_exhausted = 13,  // Budget::steps
  memory_exhausted = 14, // the limit of the Arena
  nesting_too_deep = 15, // values nested deeper than max_value_depth
};

// Deepest nesting of lists, maps and records that is compared, hashed or copied.
inline constexpr std::uint32_t max_value_depth = 2000;

// The constant form of an error; lives for the whole program, needs no arena.
Value error_value(ErrorCode code);

// An error with its own sentence; falls back to the constant form when the arena is full.
Value error_value(ErrorCode code, std::string_view message, Arena& arena);

inline ErrorCode error_code(const Value& error) { return static_cast<ErrorCode>(error.tag); }

// "no_such_key"
std::string_view error_name(ErrorCode code);

}  // namespace flowtank::expr
