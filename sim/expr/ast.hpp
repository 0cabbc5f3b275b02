// SPDX-License-Identifier: Apache-2.0
// The syntax tree, and what the checker writes into it: types and resolved names. Nodes refer to each
// other by index, so that a tree is one vector and its depth is known before anybody walks it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/value.hpp>

#include "sim/expr/type.hpp"

namespace flowtank::expr {

using NodeId = std::uint32_t;
inline constexpr NodeId no_node = 0xffffffffU;

enum class NodeKind : std::uint8_t {
  literal,        // value
  identifier,     // name
  select,         // kids[0].name
  has,            // has(kids[0].name)
  unary,          // op kids[0]
  binary,         // kids[0] op kids[1]
  logic,          // kids joined by && or ||, in order
  conditional,    // kids[0] ? kids[1] : kids[2]
  index,          // kids[0][kids[1]]
  list,           // kids
  map,            // kids: key, value, key, value, ...
  call,           // name(kids) or, when `member`, kids[0].name(kids[1...])
  comprehension,  // macro over kids[0]; see Macro
  bind,           // kids[0] under the name var1 in kids[1]
};

enum class Operator : std::uint8_t {
  none, add, subtract, multiply, divide, modulo, negate, logical_not,
  logical_and, logical_or, equal, not_equal, less, less_equal, greater, greater_equal, in,
};

std::string_view operator_text(Operator op);

// kids[0] is the range. A filter is kids[1] when there are three kids; the last kid is the predicate,
// the transformation or (map_entry) a map to merge.
enum class Macro : std::uint8_t { all, exists, exists_one, filter, map, transform_map, transform_map_entry };

enum class Resolution : std::uint8_t { none, local, slot, constant, unknown, type_name };

struct Node {
  NodeKind kind = NodeKind::literal;
  Operator op = Operator::none;
  Macro macro = Macro::all;
  bool member = false;    // call: written receiver.name(...)
  bool absolute = false;  // identifier: written with a leading dot
  bool quoted = false;    // select: written in backticks
  bool constant = false;  // checker: the same in every evaluation, reads no host
  Resolution resolution = Resolution::none;  // identifier, select
  std::uint32_t position = 0;  // byte offset in the text and bytes underlined by a caret
  std::uint32_t length = 0;
  std::uint32_t depth = 1;     // nodes on the longest path down
  std::uint32_t index = 0;     // slot; or number of the called function (see Callee)
  Type type;
  Value value;                 // literal or constant
  std::string name;
  std::string var1, var2;      // comprehension, bind
  std::vector<NodeId> kids;
};

struct Ast {
  std::vector<Node> nodes;
  NodeId root = no_node;
  Arena arena;  // of literals

  Node& at(NodeId id) { return nodes[id]; }
  const Node& at(NodeId id) const { return nodes[id]; }
};

// "a.b.c" for a chain of selects from an identifier; empty for anything else.
std::string dotted_name(const Ast& ast, NodeId id);
// The identifier a chain of selects starts with, or no_node.
NodeId chain_root(const Ast& ast, NodeId id);

}  // namespace flowtank::expr
