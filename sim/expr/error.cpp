// SPDX-License-Identifier: Apache-2.0
// See error.hpp: the constant error values, laid out like objects of an arena.
#include "sim/expr/error.hpp"

#include <array>
#include <cstddef>

namespace flowtank::expr {
namespace {

constexpr std::size_t code_count = 16;

// An Object followed by its text, as Value::text() expects it.
struct ConstantText {
  Object header;
  char text[56];
};
static_assert(offsetof(ConstantText, text) == sizeof(Object));

template <std::size_t n>
constexpr ConstantText constant(const char (&text)[n]) {
  static_assert(n <= sizeof(ConstantText::text));
  ConstantText out{};
  out.header.size = n - 1;
  for (std::size_t i = 0; i + 1 < n; ++i) out.text[i] = text[i];
  return out;
}

constexpr std::array<ConstantText, code_count> messages = {
    constant("error"),
    constant("no such overload"),
    constant("no such key"),
    constant("no such field"),
    constant("index out of range"),
    constant("division by zero"),
    constant("result out of range"),
    constant("cannot convert"),
    constant("duplicate key in a map"),
    constant("invalid regular expression"),
    constant("unknown time zone"),
    constant("empty list"),
    constant("undeclared reference"),
    constant("too many steps in one evaluation"),
    constant("too much memory in one evaluation"),
    constant("value nested too deeply"),
};

constexpr std::array<std::string_view, code_count> names = {
    "error",          "no_such_overload", "no_such_key",   "no_such_field",   "index_out_of_range",
    "division_by_zero", "overflow",       "bad_conversion", "duplicate_key",  "bad_regex",
    "unknown_zone",   "empty_list",       "undeclared",    "steps_exhausted", "memory_exhausted",
    "nesting_too_deep",
};

std::size_t index_of(ErrorCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < code_count ? index : 0;
}

}  // namespace

Value error_value(ErrorCode code) {
  return Value::of_object(Kind::error, &messages[index_of(code)].header,
                          static_cast<std::uint32_t>(code));
}

Value error_value(ErrorCode code, std::string_view message, Arena& arena) {
  const Value made = arena.make_text(Kind::error, message, static_cast<std::uint32_t>(code));
  return made.is(Kind::error) ? made : error_value(code);
}

std::string_view error_name(ErrorCode code) { return names[index_of(code)]; }

}  // namespace flowtank::expr
