// SPDX-License-Identifier: Apache-2.0
// See program.hpp: the phases of compile() in order, and what a Program tells about itself.
#include "sim/expr/program.hpp"

#include <utility>

#include "sim/expr/bytecode.hpp"
#include "sim/expr/checker.hpp"
#include "sim/expr/compiler.hpp"
#include "sim/expr/parser.hpp"

namespace flowtank::expr {

Type Program::result_type() const { return data_->result; }
const TypeTable& Program::types() const { return *data_->types; }
const std::vector<TableAccess>& Program::accesses() const { return data_->accesses; }
bool Program::tables_escape() const { return data_->tables_escape; }
const std::vector<std::uint32_t>& Program::slots() const { return data_->slots; }
std::size_t Program::size() const { return data_->code.size(); }

Value Program::constant() const {
  const std::uint16_t operand = data_->code.back().a;
  if (data_->code.size() != 1 || (operand & ~(operand_limit - 1U)) != constant_space) return {};
  return data_->constants[operand & (operand_limit - 1U)];
}

std::optional<std::uint32_t> Program::plain_slot() const {
  const std::uint16_t operand = data_->code.back().a;
  if (data_->code.size() != 1 || (operand & ~(operand_limit - 1U)) != slot_space) return std::nullopt;
  return operand & (operand_limit - 1U);
}

std::optional<Program::FieldPath> Program::field_path() const {
  const auto& code = data_->code;
  const auto space = [](std::uint16_t operand) { return static_cast<std::uint16_t>(operand & ~(operand_limit - 1U)); };
  if (code.size() < 2 || code.back().op != Opcode::ret || space(code[0].a) != slot_space) return std::nullopt;
  FieldPath path;
  path.slot = code[0].a & (operand_limit - 1U);
  for (std::size_t i = 0; i + 1 < code.size(); ++i) {
    const Instruction& at = code[i];
    if ((at.op != Opcode::field && at.op != Opcode::select) || at.dst != code[i + 1].a) return std::nullopt;
    FieldStep step;
    step.name = data_->constants[at.d].text();
    if (at.op == Opcode::field) {
      step.record = at.c;
      step.field = at.b;
    }
    path.steps.push_back(step);
  }
  return path;
}

std::optional<Program> compile(std::string_view text, const Environment& environment, Diagnostics& diagnostics,
                               const Place& place, const CompileOptions& options) {
  Reporter reporter(text, place, diagnostics);
  const std::unique_ptr<Ast> ast = parse(text, reporter);
  if (!ast) return std::nullopt;

  Diagnostics ignored(1);
  Reporter silent(text, place, ignored);
  const CheckedTree tree = check(*ast, environment, options.lenient ? silent : reporter);
  const Node& root = ast->at(ast->root);
  const TypeTable& types = *environment.types();
  if (reporter.errors() == 0 && options.expected && !types.fits(root.type, *options.expected)) {
    reporter.error(root.position, root.length, "FT-CEL-020",
                   "the expression is " + types.name(root.type) + ", expected is " + types.name(*options.expected));
  }
  if (reporter.errors() != 0 || tree.nodes > max_expanded_nodes || tree.depth > max_expanded_depth) {
    if (reporter.errors() == 0) reporter.error(0, 1, "FT-CEL-004", "the expression is too large with all functions expanded");
    return std::nullopt;
  }

  std::string error, code;
  NodeId where = no_node;
  auto data = generate(*ast, tree, environment, error, where, code);
  if (!data) {
    const Node& node = ast->at(where == no_node ? ast->root : where);
    reporter.error(node.position, node.length, code, error);
    return std::nullopt;
  }
  return Program(std::move(data));
}

}  // namespace flowtank::expr
