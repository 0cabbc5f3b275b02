// SPDX-License-Identifier: Apache-2.0
// See check_types.hpp. A rule that meets dyn or null lets it pass: those are judged at evaluation.
#include "sim/expr/check_types.hpp"

#include <algorithm>

#include "sim/expr/builtin.hpp"

namespace flowtank::expr {

using K = TypeKind;

void Typing::report(const Node& node, std::string code, std::string message, std::string hint) {
  reporter_.error(node.position, node.length, std::move(code), std::move(message), std::move(hint));
}

bool Typing::numeric(Type type) const {
  const K kind = types_.kind(type);
  return kind == K::int64 || kind == K::uint64 || kind == K::real;
}

Type Typing::of_value(const Value& value) {
  switch (value.kind) {
    case Kind::null: return types::null;
    case Kind::boolean: return types::boolean;
    case Kind::int64: return types::int64;
    case Kind::uint64: return types::uint64;
    case Kind::real: return types::real;
    case Kind::string: return types::string;
    case Kind::bytes: return types::bytes;
    default: return types::dyn;
  }
}

Type Typing::no_overload(const Node& node, Type left, Type right, std::string hint) {
  if (hint.empty() && numeric(left) && numeric(right)) {
    hint = "Numbers are not converted by themselves: write " + types_.name(left) + "(...) around the right side";
  }
  report(node, "FT-CEL-012", "there is no " + types_.name(left) + " " + std::string(operator_text(node.op)) + " " + types_.name(right),
         std::move(hint));
  return types::dyn;
}

Type Typing::unary(const Node& node, Type operand) {
  const K kind = types_.kind(operand);
  const bool negate = node.op == Operator::negate;
  const bool right = negate ? kind == K::int64 || kind == K::real : kind == K::boolean;
  if (kind != K::dyn && !right) {
    report(node, "FT-CEL-012", "there is no " + std::string(operator_text(node.op)) + " of " + types_.name(operand));
  }
  return negate ? (right ? operand : types::dyn) : types::boolean;
}

// Values of these types can be equal: cross-type numbers are compared by value.
bool Typing::may_be_equal(Type a, Type b) const {
  const K x = types_.kind(a), y = types_.kind(b);
  if (x == K::dyn || y == K::dyn || x == K::null || y == K::null || x == y) return true;
  if (numeric(a) && numeric(b)) return true;
  return (x == K::record && y == K::map) || (x == K::map && y == K::record);
}

Type Typing::arithmetic(const Node& node, Type left, Type right) {
  const K x = types_.kind(left), y = types_.kind(right);
  const bool additive = node.op == Operator::add || node.op == Operator::subtract;
  const bool timed = x == K::timestamp || x == K::duration || y == K::timestamp || y == K::duration;
  if (x == K::dyn || y == K::dyn) {
    const Type known = x == K::dyn ? right : left;
    if (types_.kind(known) == K::dyn) return types::dyn;
    const K k = types_.kind(known);
    const bool works = k == K::int64 || k == K::uint64 || (k == K::real && node.op != Operator::modulo) ||
                       (additive && timed) || (node.op == Operator::add && (k == K::string || k == K::bytes || k == K::list));
    if (!works) return no_overload(node, left, right);
    return timed || k == K::list ? types::dyn : known;
  }
  if (x == y && (x == K::int64 || x == K::uint64 || (x == K::real && node.op != Operator::modulo))) return left;
  if (node.op == Operator::add) {
    if (x == y && (x == K::string || x == K::bytes || x == K::duration)) return left;
    if (x == K::list && y == K::list) return types_.join(left, right);
    if ((x == K::timestamp && y == K::duration) || (x == K::duration && y == K::timestamp)) return types::timestamp;
    if (x == K::string || y == K::string) return no_overload(node, left, right, "Write string(...) around the other side");
  }
  if (node.op == Operator::subtract) {
    if (x == K::duration && y == K::duration) return types::duration;
    if (x == K::timestamp && y == K::timestamp) return types::duration;
    if (x == K::timestamp && y == K::duration) return types::timestamp;
  }
  return no_overload(node, left, right);
}

Type Typing::binary(const Node& node, Type left, Type right) {
  const K x = types_.kind(left), y = types_.kind(right);
  switch (node.op) {
    case Operator::equal:
    case Operator::not_equal:
      if (!may_be_equal(left, right)) {
        report(node, "FT-CEL-016", types_.name(left) + " and " + types_.name(right) + " are never equal");
      }
      return types::boolean;
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: {
      const bool ordered = matches(types_, Argument::ordered, left) && matches(types_, Argument::ordered, right);
      const bool same = x == y || x == K::dyn || y == K::dyn || (numeric(left) && numeric(right));
      if (!ordered || !same) no_overload(node, left, right, ordered ? "" : "Only numbers, strings, bytes, bools, timestamps and durations have an order");
      return types::boolean;
    }
    case Operator::in:
      if (y == K::list ? !may_be_equal(left, types_.element(right))
                       : (y == K::map ? !may_be_equal(left, types_.key(right)) : y != K::dyn)) {
        no_overload(node, left, right, y == K::map ? "The keys are " + types_.name(types_.key(right)) : "");
      }
      return types::boolean;
    default: return arithmetic(node, left, right);
  }
}

Type Typing::index(const Node& node, Type container, Type key) {
  const K kind = types_.kind(container);
  const K k = types_.kind(key);
  if (kind == K::list) {
    if (k != K::dyn && !numeric(key)) report(node, "FT-CEL-012", "a list is indexed by int, not by " + types_.name(key));
    return types_.element(container);
  }
  if (kind == K::map) {
    if (!may_be_equal(key, types_.key(container)) || k == K::null) {
      report(node, "FT-CEL-012", "the keys of this map are " + types_.name(types_.key(container)) + ", not " + types_.name(key));
    }
    return types_.element(container);
  }
  if (kind != K::dyn && kind != K::record) {
    report(node, "FT-CEL-012", types_.name(container) + " cannot be indexed", "Lists and maps can");
  } else if (kind == K::record && k != K::dyn && k != K::string) {
    report(node, "FT-CEL-012", "a record is indexed by the name of a field, not by " + types_.name(key));
  }
  return types::dyn;
}

Type Typing::select(const Node& node, Type operand) {
  switch (types_.kind(operand)) {
    case K::dyn: return types::dyn;
    case K::map:
      if (!may_be_equal(types::string, types_.key(operand))) {
        report(node, "FT-CEL-015", "the keys of this map are " + types_.name(types_.key(operand)) + ", so it has no field \"" + node.name + "\"",
               "Write map[key]");
      }
      return types_.element(operand);
    case K::record: {
      const RecordType& record = types_.record(types_.record_id(operand));
      if (const auto field = record.find(node.name)) return record.fields[*field].type;
      std::vector<std::string> names;
      for (const Field& field : record.fields) names.push_back(field.name);
      report(node, "FT-CEL-014", record.name + (record.plural ? " have" : " has") + " no field \"" + node.name + "\"",
             name_hint(node.name, names, "Fields"));
      return types::dyn;
    }
    case K::list:
      report(node, "FT-CEL-015", "a list has no field \"" + node.name + "\"", "Its elements may: list.map(x, x." + node.name + ")");
      return types::dyn;
    default:
      report(node, "FT-CEL-015", types_.name(operand) + " has no field \"" + node.name + "\"");
      return types::dyn;
  }
}

void Typing::condition(const Node& node, std::string_view where) {
  const K kind = types_.kind(node.type);
  if (kind == K::dyn || kind == K::boolean) return;
  report(node, "FT-CEL-017", std::string(where) + " needs a bool, this is " + types_.name(node.type), "Compare it with something");
}

void Typing::map_key(const Node& node) {
  const K kind = types_.kind(node.type);
  if (kind == K::dyn || kind == K::boolean || kind == K::int64 || kind == K::uint64 || kind == K::string) return;
  report(node, "FT-CEL-012", types_.name(node.type) + " cannot be the key of a map", "Keys are int, uint, bool or string");
}

std::pair<Type, Type> Typing::range(const Node& macro, const Node& range, Type type) {
  const bool two = !macro.var2.empty();
  switch (types_.kind(type)) {
    case K::list: return two ? std::pair(types::int64, types_.element(type)) : std::pair(types_.element(type), types::dyn);
    case K::map: return {types_.key(type), types_.element(type)};
    case K::dyn: return {types::dyn, types::dyn};
    default: break;
  }
  report(range, "FT-CEL-012", macro.name + " needs a list or a map, this is " + types_.name(type));
  return {types::dyn, types::dyn};
}

Type Typing::range_key(Type range) const {
  if (types_.kind(range) == K::list) return types::int64;
  return types_.kind(range) == K::map ? types_.key(range) : types::dyn;
}

Type Typing::result_of(std::uint32_t overload, const std::vector<Type>& arguments) {
  switch (overloads()[overload].result) {
    case Result::dyn: return types::dyn;
    case Result::boolean: return types::boolean;
    case Result::int64: return types::int64;
    case Result::uint64: return types::uint64;
    case Result::real: return types::real;
    case Result::string: return types::string;
    case Result::bytes: return types::bytes;
    case Result::timestamp: return types::timestamp;
    case Result::duration: return types::duration;
    case Result::type: return types::type;
    case Result::element: return types_.kind(arguments[0]) == K::list ? types_.element(arguments[0]) : types::dyn;
    case Result::list_of_values: return types_.kind(arguments[0]) == K::map ? types_.list(types_.element(arguments[0])) : types::list_of_dyn;
    case Result::argument: return arguments[0];
    case Result::joined: break;
  }
  Type joined = arguments[0];
  for (const Type a : arguments) joined = types_.join(joined, a);
  return joined;
}

CallCheck Typing::call(const Node& node, const std::vector<Type>& arguments) {
  CallCheck out;
  const auto table = overloads();
  const int form = static_cast<int>(node.member ? Form::member : Form::global);
  bool named = false, counted = false, found = false, same = true;
  std::string wanted;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const Overload& o = table[i];
    if (o.name != node.name) continue;
    named = true;
    wanted += wanted.empty() ? "" : ", ";
    for (std::size_t k = 0; k < o.arguments.size(); ++k) {
      const bool receiver = k == 0 && o.form == Form::member;
      wanted += std::string(argument_name(o.arguments[k])) + (receiver ? "." + node.name + "(" : (k + 1 < o.arguments.size() ? " and " : ""));
    }
    if (o.form == Form::member) wanted += ")";
    if ((static_cast<int>(o.form) & form) == 0 || o.arguments.size() != arguments.size()) continue;
    counted = true;
    out.function = static_cast<std::uint32_t>(o.builtin);
    bool fits = true;
    for (std::size_t k = 0; k < arguments.size(); ++k) fits = fits && matches(types_, o.arguments[k], arguments[k]);
    if (!fits) continue;
    const Type result = result_of(i, arguments);
    same = !found || result == out.type;
    out.type = same ? result : types::dyn;
    found = true;
  }
  if (found) return out;
  out.type = types::dyn;
  std::string given;
  for (const Type a : arguments) given += (given.empty() ? "" : ", ") + types_.name(a);
  out.problem = !named ? CallProblem::unknown_name : (counted ? CallProblem::wrong_types : CallProblem::wrong_form);
  out.message = counted ? "the function " + node.name + " is not defined for " + given
                        : "the function " + node.name + " is not called " + (node.member ? "on a value " : "") + "with " + std::to_string(arguments.size() - (node.member ? 1 : 0)) + " arguments";
  out.hint = "It takes " + wanted;
  return out;
}

}  // namespace flowtank::expr
