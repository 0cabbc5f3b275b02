// SPDX-License-Identifier: Apache-2.0
// Resolves names and computes types, writing both into the tree. Reports what is certainly wrong and
// nothing that may turn out right: every check gives way to `dyn`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/expr/ast.hpp"
#include "sim/expr/environment.hpp"
#include "sim/expr/parser.hpp"

namespace flowtank::expr {

// What a call node's `index` means: a Builtin, a user function (index in CheckedTree::functions plus
// first_user_function), or nothing that exists.
inline constexpr std::uint32_t first_user_function = 1000;
inline constexpr std::uint32_t no_function = 0xffffffffU;

// Nodes of one program with all functions expanded.
inline constexpr std::uint32_t max_expanded_nodes = 200'000;
inline constexpr std::uint32_t max_expanded_depth = 1000;

struct CheckedTree {
  std::vector<std::shared_ptr<const UserFunction>> functions;  // called directly
  std::uint32_t nodes = 0;  // with calls expanded
  std::uint32_t depth = 0;
};

// `pure`: inside a function body, where only parameters and constants that are no tables exist.
CheckedTree check(Ast& ast, const Environment& environment, Reporter& reporter,
                  const std::vector<Parameter>& parameters = {}, bool pure = false);

// Names of the types that can be written in expressions: int, google.protobuf.Timestamp, ...
bool is_type_name(std::string_view name);

}  // namespace flowtank::expr
