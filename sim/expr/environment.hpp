// SPDX-License-Identifier: Apache-2.0
// What names mean while expressions are compiled: variables in slots, constants, and functions of the
// user. Names may be dotted: `db.orders` and `order.orders` are plain names here, and in `a.b.c` the
// longest declared prefix wins. Copying an Environment is cheap enough to derive one per handler.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/base/value.hpp>

#include "sim/expr/parser.hpp"
#include "sim/expr/type.hpp"

namespace flowtank::expr {

struct Parameter {
  std::string name;
  Type type;  // dyn when not declared
};

// A pure function of its parameters and of constants; its body is checked once, where it is defined.
struct UserFunction {
  std::string name;
  std::vector<Parameter> parameters;
  std::unique_ptr<Ast> body;
  std::vector<std::shared_ptr<const UserFunction>> calls;  // what the body's call nodes refer to
  Type result;
  std::uint32_t nodes = 0;  // of the body with all calls in it expanded
  std::uint32_t depth = 0;  // likewise
};

struct Declaration {
  Type type;
  bool is_constant = false;
  std::uint32_t slot = 0;  // of a variable: index into the slots given to evaluate()
  Value value;             // of a constant
};

class Environment {
 public:
  explicit Environment(std::shared_ptr<TypeTable> types = std::make_shared<TypeTable>())
      : types_(std::move(types)), arena_(std::make_shared<Arena>()) {}

  // A variable whose value is in slots[slot]. Declaring a name again replaces it.
  void declare(std::string name, Type type, std::uint32_t slot);
  // A value that is the same in every evaluation: options, tables (table_value(handle) with type
  // map(key, record)). Copied; expressions over constants are computed while compiling.
  void declare_constant(std::string name, Type type, const Value& value);
  // False, with diagnostics, when the body is wrong or the name is taken. The body may call functions
  // defined before it, therefore recursion cannot be written.
  bool define_function(std::string name, std::vector<Parameter> parameters, std::string_view body,
                       Diagnostics& diagnostics, const Place& place = {});

  const Declaration* find(std::string_view name) const;
  const std::shared_ptr<const UserFunction>* find_function(std::string_view name) const;
  // Whether some declared name starts with `name` and a dot.
  bool is_namespace(std::string_view name) const;
  // Names to suggest for `name`: those in its namespace if it has one, else all first parts.
  std::vector<std::string> candidates(std::string_view name) const;
  std::vector<std::string> function_names() const;

  const std::shared_ptr<TypeTable>& types() const { return types_; }
  // Smallest number of slots an evaluation must be given.
  std::uint32_t slot_count() const { return slot_count_; }

 private:
  std::shared_ptr<TypeTable> types_;
  std::shared_ptr<Arena> arena_;
  std::map<std::string, Declaration, std::less<>> names_;
  std::map<std::string, std::shared_ptr<const UserFunction>, std::less<>> functions_;
  std::uint32_t slot_count_ = 0;
};

}  // namespace flowtank::expr
