// SPDX-License-Identifier: Apache-2.0
// See ast.hpp and parser.hpp: names of chains, spelling of operators, positions of diagnostics.
#include "sim/expr/ast.hpp"

#include <algorithm>
#include <utility>

#include "sim/expr/parser.hpp"

namespace flowtank::expr {

std::string_view operator_text(Operator op) {
  static constexpr std::string_view texts[] = {"",   "+",  "-",  "*", "/",  "%", "-",  "!", "&&",
                                               "||", "==", "!=", "<", "<=", ">", ">=", "in"};
  return texts[static_cast<std::size_t>(op)];
}

NodeId chain_root(const Ast& ast, NodeId id) {
  while (ast.at(id).kind == NodeKind::select) id = ast.at(id).kids[0];
  return ast.at(id).kind == NodeKind::identifier ? id : no_node;
}

std::string dotted_name(const Ast& ast, NodeId id) {
  std::vector<std::string_view> parts;
  // `member` marks a select in parentheses: it is not a prefix of a longer name.
  for (bool outermost = true; ast.at(id).kind == NodeKind::select; outermost = false) {
    const Node& node = ast.at(id);
    if (node.quoted || (node.member && !outermost)) return {};
    parts.push_back(node.name);
    id = node.kids[0];
  }
  if (ast.at(id).kind != NodeKind::identifier) return {};
  std::string name = ast.at(id).name;
  for (std::size_t i = parts.size(); i-- > 0;) name.append(".").append(parts[i]);
  return name;
}

void Reporter::error(std::uint32_t position, std::uint32_t length, std::string code, std::string message,
                     std::string hint) {
  ++errors_;
  Diagnostic d;
  d.code = std::move(code);
  d.file = place_.file;
  d.pointer = place_.pointer;
  d.message = std::move(message);
  d.hint = std::move(hint);
  d.expression_column = position + 1;
  d.range.length = length;
  if (place_.line != 0) {
    d.range.line = place_.line;
    d.range.column = place_.column + position;
  } else {
    const std::string_view before = text_.substr(0, position);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const auto start = before.rfind('\n');
    d.range.line = static_cast<std::uint32_t>(lines) + 1;
    d.range.column = start == std::string_view::npos ? position + 1 : position - static_cast<std::uint32_t>(start);
  }
  diagnostics_.add(std::move(d));
}

}  // namespace flowtank::expr
