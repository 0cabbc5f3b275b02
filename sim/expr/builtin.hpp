// SPDX-License-Identifier: Apache-2.0
// The functions that every expression can call: their names, forms and overloads, as one table that
// the checker and the documentation read. What they do is in functions.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/expr/type.hpp"

namespace flowtank::expr {

enum class Builtin : std::uint8_t {
  size, contains, starts_with, ends_with, matches,
  to_int, to_uint, to_double, to_string, to_bytes, to_bool, to_timestamp, to_duration, dyn, type_of,
  full_year, month, date, day_of_month, day_of_week, day_of_year, hours, minutes, seconds, milliseconds,
  rows, sum, min, max, sort, distinct,
};

enum class Argument : std::uint8_t {
  any, boolean, int64, uint64, real, string, bytes, timestamp, duration, list, map, ordered,
};

enum class Result : std::uint8_t {
  dyn, boolean, int64, uint64, real, string, bytes, timestamp, duration, type,
  element,        // of the list that is argument 0
  list_of_values, // of the map that is argument 0
  argument,       // the type of argument 0
  joined,         // the join of all arguments
};

enum class Form : std::uint8_t { global = 1, member = 2, both = 3 };

struct Overload {
  std::string_view name;
  Builtin builtin;
  Form form;
  Result result;
  std::vector<Argument> arguments;  // the receiver is argument 0
};

// In a fixed order; overloads of one name are neighbours.
std::span<const Overload> overloads();

bool matches(const TypeTable& types, Argument wanted, Type given);
std::string_view argument_name(Argument argument);

}  // namespace flowtank::expr
