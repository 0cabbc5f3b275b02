// SPDX-License-Identifier: Apache-2.0
// The typing rules of operators, fields, macros and functions, without any knowledge of names. Each
// rule reports what can never work and returns the type to go on with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/expr/ast.hpp"
#include "sim/expr/parser.hpp"
#include "sim/expr/type.hpp"

namespace flowtank::expr {

enum class CallProblem : std::uint8_t { none, unknown_name, wrong_form, wrong_types };

struct CallCheck {
  CallProblem problem = CallProblem::none;
  std::uint32_t function = 0xffffffffU;  // Builtin; also set for wrong types, which fail when evaluated
  Type type;
  std::string message;
  std::string hint;
};

class Typing {
 public:
  Typing(TypeTable& types, Reporter& reporter) : types_(types), reporter_(reporter) {}

  Type of_value(const Value& value);
  Type unary(const Node& node, Type operand);
  Type binary(const Node& node, Type left, Type right);
  Type index(const Node& node, Type container, Type key);
  // The type of a field; reports unknown fields of records and fields of what has none.
  Type select(const Node& node, Type operand);
  // Reports a node that can never be a bool; `where` is the operator or macro.
  void condition(const Node& node, std::string_view where);
  void map_key(const Node& node);
  // Types of the variables of a macro.
  std::pair<Type, Type> range(const Node& macro, const Node& range, Type type);
  Type range_key(Type range) const;
  CallCheck call(const Node& node, const std::vector<Type>& arguments);

 private:
  void report(const Node& node, std::string code, std::string message, std::string hint = {});
  Type no_overload(const Node& node, Type left, Type right, std::string hint = {});
  Type arithmetic(const Node& node, Type left, Type right);
  bool numeric(Type type) const;
  bool may_be_equal(Type a, Type b) const;
  Type result_of(std::uint32_t overload, const std::vector<Type>& arguments);

  TypeTable& types_;
  Reporter& reporter_;
};

}  // namespace flowtank::expr
