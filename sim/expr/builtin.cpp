// SPDX-License-Identifier: Apache-2.0
// See builtin.hpp: the table of overloads.
#include "sim/expr/builtin.hpp"

namespace flowtank::expr {
namespace {

using A = Argument;
using B = Builtin;
using R = Result;

void conversions(std::vector<Overload>& t) {
  const auto one = [&](std::string_view name, B builtin, R result, std::initializer_list<A> from) {
    for (const A a : from) t.push_back({name, builtin, Form::global, result, {a}});
  };
  one("int", B::to_int, R::int64, {A::int64, A::uint64, A::real, A::string, A::timestamp});
  one("uint", B::to_uint, R::uint64, {A::uint64, A::int64, A::real, A::string});
  one("double", B::to_double, R::real, {A::real, A::int64, A::uint64, A::string});
  one("string", B::to_string, R::string,
      {A::string, A::int64, A::uint64, A::real, A::boolean, A::bytes, A::timestamp, A::duration});
  one("bytes", B::to_bytes, R::bytes, {A::bytes, A::string});
  one("bool", B::to_bool, R::boolean, {A::boolean, A::string});
  one("timestamp", B::to_timestamp, R::timestamp, {A::timestamp, A::string, A::int64});
  one("duration", B::to_duration, R::duration, {A::duration, A::string});
  one("dyn", B::dyn, R::dyn, {A::any});
  one("type", B::type_of, R::type, {A::any});
}

void times(std::vector<Overload>& t) {
  const auto getter = [&](std::string_view name, B builtin, bool of_duration) {
    t.push_back({name, builtin, Form::member, R::int64, {A::timestamp}});
    t.push_back({name, builtin, Form::member, R::int64, {A::timestamp, A::string}});
    if (of_duration) t.push_back({name, builtin, Form::member, R::int64, {A::duration}});
  };
  getter("getFullYear", B::full_year, false);
  getter("getMonth", B::month, false);
  getter("getDate", B::date, false);
  getter("getDayOfMonth", B::day_of_month, false);
  getter("getDayOfWeek", B::day_of_week, false);
  getter("getDayOfYear", B::day_of_year, false);
  getter("getHours", B::hours, true);
  getter("getMinutes", B::minutes, true);
  getter("getSeconds", B::seconds, true);
  getter("getMilliseconds", B::milliseconds, true);
}

void lists(std::vector<Overload>& t) {
  t.push_back({"rows", B::rows, Form::both, R::list_of_values, {A::map}});
  t.push_back({"sum", B::sum, Form::both, R::element, {A::list}});
  t.push_back({"min", B::min, Form::both, R::element, {A::list}});
  t.push_back({"min", B::min, Form::global, R::joined, {A::ordered, A::ordered}});
  t.push_back({"min", B::min, Form::global, R::joined, {A::ordered, A::ordered, A::ordered}});
  t.push_back({"max", B::max, Form::both, R::element, {A::list}});
  t.push_back({"max", B::max, Form::global, R::joined, {A::ordered, A::ordered}});
  t.push_back({"max", B::max, Form::global, R::joined, {A::ordered, A::ordered, A::ordered}});
  t.push_back({"sort", B::sort, Form::both, R::argument, {A::list}});
  t.push_back({"distinct", B::distinct, Form::both, R::argument, {A::list}});
}

std::vector<Overload> build() {
  std::vector<Overload> t;
  for (const A a : {A::string, A::bytes, A::list, A::map}) t.push_back({"size", B::size, Form::both, R::int64, {a}});
  t.push_back({"contains", B::contains, Form::member, R::boolean, {A::string, A::string}});
  t.push_back({"startsWith", B::starts_with, Form::member, R::boolean, {A::string, A::string}});
  t.push_back({"endsWith", B::ends_with, Form::member, R::boolean, {A::string, A::string}});
  t.push_back({"matches", B::matches, Form::both, R::boolean, {A::string, A::string}});
  conversions(t);
  times(t);
  lists(t);
  return t;
}

}  // namespace

std::span<const Overload> overloads() {
  static const std::vector<Overload> table = build();
  return table;
}

bool matches(const TypeTable& types, Argument wanted, Type given) {
  const TypeKind kind = types.kind(given);
  if (kind == TypeKind::dyn || wanted == A::any) return true;
  switch (wanted) {
    case A::boolean: return kind == TypeKind::boolean;
    case A::int64: return kind == TypeKind::int64;
    case A::uint64: return kind == TypeKind::uint64;
    case A::real: return kind == TypeKind::real;
    case A::string: return kind == TypeKind::string;
    case A::bytes: return kind == TypeKind::bytes;
    case A::timestamp: return kind == TypeKind::timestamp;
    case A::duration: return kind == TypeKind::duration;
    case A::list: return kind == TypeKind::list;
    case A::map: return kind == TypeKind::map;
    default: return kind >= TypeKind::boolean && kind <= TypeKind::duration;
  }
}

std::string_view argument_name(Argument argument) {
  static constexpr std::string_view names[] = {"any value", "bool",      "int",      "uint", "double", "string",
                                               "bytes",     "timestamp", "duration", "list", "map",    "ordered value"};
  return names[static_cast<std::size_t>(argument)];
}

}  // namespace flowtank::expr
