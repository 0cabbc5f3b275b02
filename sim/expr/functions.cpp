// SPDX-License-Identifier: Apache-2.0
// See functions.hpp: strings, times and the dispatch of all built-in functions.
#include "sim/expr/functions.hpp"

#include <string>

#include "sim/expr/containers.hpp"
#include "sim/expr/times.hpp"

namespace flowtank::expr {
namespace {

Value string_test(Builtin builtin, const Value& text, const Value& part, Context& context) {
  if (!text.is(Kind::string) || !part.is(Kind::string)) return no_overload(text, part);
  if (!context.charge((text.object->size + part.object->size) / 16)) return context.fail(ErrorCode::steps_exhausted);
  switch (builtin) {
    case Builtin::contains: return Value::of_bool(text.text().find(part.text()) != std::string_view::npos);
    case Builtin::starts_with: return Value::of_bool(text.text().starts_with(part.text()));
    default: return Value::of_bool(text.text().ends_with(part.text()));
  }
}

// A pattern that is only known now: compiling it costs about its size in steps, times a constant.
Value match_dynamic(const Value& text, const Value& pattern, Context& context) {
  if (!text.is(Kind::string) || !pattern.is(Kind::string)) return no_overload(text, pattern);
  if (!context.charge(100 + pattern.object->size)) return context.fail(ErrorCode::steps_exhausted);
  std::string error;
  const auto regex = Regex::compile(pattern.text(), error);
  return regex ? match(*regex, text, context) : context.fail(ErrorCode::bad_regex, error);
}

Value time_part(Builtin part, std::span<const Value> arguments, Context& context) {
  const Value& time = arguments[0];
  if (time.is(Kind::duration)) {
    const bool has_part = part >= Builtin::hours;
    return has_part && arguments.size() == 1 ? Value::of_int(duration_part(part, time)) : context.fail(ErrorCode::no_such_overload);
  }
  if (!time.is(Kind::timestamp)) return no_overload(time);
  std::int64_t offset = 0;
  if (arguments.size() == 2) {
    const Value& zone = arguments[1];
    if (!zone.is(Kind::string)) return no_overload(zone);
    const auto found = zone_offset(zone.text(), time.i);
    if (!found) return context.fail(ErrorCode::unknown_zone, "unknown time zone '" + std::string(zone.text().substr(0, 60)) + "'");
    offset = *found;
  }
  return Value::of_int(timestamp_part(part, time, offset));
}

}  // namespace

Value call_builtin(Builtin builtin, std::span<const Value> arguments, Context& context) {
  if (const Value* error = first_error(arguments)) return *error;
  switch (builtin) {
    case Builtin::size: return size_value(arguments[0], context);
    case Builtin::contains:
    case Builtin::starts_with:
    case Builtin::ends_with: return string_test(builtin, arguments[0], arguments[1], context);
    case Builtin::matches: return match_dynamic(arguments[0], arguments[1], context);
    case Builtin::type_of: return type_of(arguments[0], context);
    case Builtin::rows:
    case Builtin::sum:
    case Builtin::min:
    case Builtin::max:
    case Builtin::sort:
    case Builtin::distinct: return call_list_builtin(builtin, arguments, context);
    default: break;
  }
  if (builtin >= Builtin::full_year && builtin <= Builtin::milliseconds) return time_part(builtin, arguments, context);
  return convert(builtin, arguments[0], context);
}

}  // namespace flowtank::expr
