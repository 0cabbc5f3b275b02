// SPDX-License-Identifier: Apache-2.0
// Conversions between types: int(x), string(x), timestamp(x), ... A value that has no exact place in
// the target's range is an error; fractions are cut off towards zero.
#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>

#include "sim/expr/functions.hpp"
#include "sim/expr/times.hpp"
#include "sim/expr/utf8.hpp"

namespace flowtank::expr {
namespace {

constexpr double two_63 = 9223372036854775808.0;

Value overflow() { return error_value(ErrorCode::overflow); }

Value bad(std::string_view what, const Value& text, Context& context) {
  return context.fail(ErrorCode::bad_conversion, fmt::format("'{}' is not {}", text.text().substr(0, 60), what));
}

template <typename T>
bool parse_whole(std::string_view text, T& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

Value to_int(const Value& v, Context& context) {
  switch (v.kind) {
    case Kind::int64:
    case Kind::timestamp: return Value::of_int(v.i);
    case Kind::uint64: return v.u > 0x7fffffffffffffffULL ? overflow() : Value::of_int(static_cast<std::int64_t>(v.u));
    case Kind::real: return v.d > -two_63 && v.d < two_63 ? Value::of_int(static_cast<std::int64_t>(v.d)) : overflow();
    case Kind::string: {
      std::string_view text = v.text();
      if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
      std::int64_t out = 0;
      return parse_whole(text, out) ? Value::of_int(out) : bad("an int", v, context);
    }
    default: return no_overload(v);
  }
}

Value to_uint(const Value& v, Context& context) {
  switch (v.kind) {
    case Kind::uint64: return v;
    case Kind::int64: return v.i < 0 ? overflow() : Value::of_uint(static_cast<std::uint64_t>(v.i));
    case Kind::real: return v.d >= 0 && v.d < two_63 * 2 ? Value::of_uint(static_cast<std::uint64_t>(v.d)) : overflow();
    case Kind::string: {
      std::uint64_t out = 0;
      return parse_whole(v.text(), out) ? Value::of_uint(out) : bad("a uint", v, context);
    }
    default: return no_overload(v);
  }
}

Value to_double(const Value& v, Context& context) {
  switch (v.kind) {
    case Kind::real: return v;
    case Kind::int64: return Value::of_real(static_cast<double>(v.i));
    case Kind::uint64: return Value::of_real(static_cast<double>(v.u));
    case Kind::string: {
      std::string_view text = v.text();
      if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
      double out = 0;
      return parse_whole(text, out) ? Value::of_real(out) : bad("a double", v, context);
    }
    default: return no_overload(v);
  }
}

Value to_bool(const Value& v, Context& context) {
  if (v.is(Kind::boolean)) return v;
  if (!v.is(Kind::string)) return no_overload(v);
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (v.text() == yes) return Value::of_bool(true);
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (v.text() == no) return Value::of_bool(false);
  }
  return bad("a bool", v, context);
}

std::string real_text(double d) {
  if (d != d) return "NaN";
  if (d - d != 0) return d > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", d);
}

Value to_string(const Value& v, Context& context) {
  const auto made = [&](std::string_view text) { return context.made(context.arena.make_string(text)); };
  switch (v.kind) {
    case Kind::string: return v;
    case Kind::int64: return made(fmt::format("{}", v.i));
    case Kind::uint64: return made(fmt::format("{}", v.u));
    case Kind::real: return made(real_text(v.d));
    case Kind::boolean: return made(v.b ? "true" : "false");
    case Kind::timestamp: return made(format_timestamp(v));
    case Kind::duration: return made(format_duration(v));
    case Kind::bytes:
      if (!context.charge(v.object->size / 64)) return context.fail(ErrorCode::steps_exhausted);
      if (utf8_valid_prefix(v.text()) != v.text().size()) return context.fail(ErrorCode::bad_conversion, "the bytes are not valid UTF-8");
      return made(v.text());
    default: return no_overload(v);
  }
}

Value to_timestamp(const Value& v, Context& context) {
  if (v.is(Kind::timestamp)) return v;
  if (v.is(Kind::int64)) return v.i >= first_second && v.i <= last_second ? Value::of_timestamp(v.i, 0) : overflow();
  if (!v.is(Kind::string)) return no_overload(v);
  const auto parsed = parse_timestamp(v.text());
  return parsed ? *parsed : bad("a timestamp of RFC 3339 in the years 1 to 9999", v, context);
}

Value to_duration(const Value& v, Context& context) {
  if (v.is(Kind::duration)) return v;
  if (!v.is(Kind::string)) return no_overload(v);
  const auto parsed = parse_duration(v.text());
  return parsed ? *parsed : bad("a duration such as 1h30m or 1.5s", v, context);
}

}  // namespace

Value convert(Builtin to, const Value& value, Context& context) {
  switch (to) {
    case Builtin::to_int: return to_int(value, context);
    case Builtin::to_uint: return to_uint(value, context);
    case Builtin::to_double: return to_double(value, context);
    case Builtin::to_bool: return to_bool(value, context);
    case Builtin::to_string: return to_string(value, context);
    case Builtin::to_timestamp: return to_timestamp(value, context);
    case Builtin::to_duration: return to_duration(value, context);
    case Builtin::to_bytes:
      if (value.is(Kind::bytes)) return value;
      if (!value.is(Kind::string)) return no_overload(value);
      return context.made(context.arena.make_text(Kind::bytes, value.text()));
    default: return value;  // dyn
  }
}

Value type_of(const Value& value, Context& context) {
  std::string_view name;
  switch (value.kind) {
    case Kind::null: name = "null_type"; break;
    case Kind::boolean: name = "bool"; break;
    case Kind::int64: name = "int"; break;
    case Kind::uint64: name = "uint"; break;
    case Kind::real: name = "double"; break;
    case Kind::string: name = "string"; break;
    case Kind::bytes: name = "bytes"; break;
    case Kind::list: name = "list"; break;
    case Kind::map: name = "map"; break;
    case Kind::type: name = "type"; break;
    case Kind::timestamp: name = "google.protobuf.Timestamp"; break;
    case Kind::duration: name = "google.protobuf.Duration"; break;
    case Kind::record: name = "record"; break;
    case Kind::external: name = is_table(value) ? "map" : "record"; break;
    default: return no_overload(value);
  }
  return context.made(context.arena.make_text(Kind::type, name));
}

}  // namespace flowtank::expr
