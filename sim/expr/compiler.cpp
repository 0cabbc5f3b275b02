// SPDX-License-Identifier: Apache-2.0
// See compiler.hpp. Registers are handed out like a stack; an operand that is a constant, a variable or
// a macro variable costs no instruction. What is the same in every evaluation is computed here, once.
// Calls of user functions are expanded: there is no call stack at evaluation.
#include "sim/expr/compiler.hpp"

#include <algorithm>
#include <utility>

#include "sim/expr/builtin.hpp"
#include "sim/expr/copy.hpp"

namespace flowtank::expr {
namespace {

using Operand = std::uint16_t;
using Functions = std::vector<std::shared_ptr<const UserFunction>>;

constexpr std::uint64_t folding_steps = 10'000;

class Compiler {
 public:
  Compiler(ProgramData& program, const Environment& environment) : program_(program), environment_(environment) {}

  void run(const Ast& ast, const Functions& functions, NodeId root, bool fold) {
    ast_ = &ast;
    functions_ = &functions;
    fold_ = fold;
    const Operand target = reserve();
    put({Opcode::ret, 0, 0, emit(root, target)});
    program_.registers = most_registers_;
    finish_accesses();
  }
  bool failed() const { return !error_.empty(); }

  std::string error_, error_code_;
  NodeId error_node_ = no_node;

 private:
  struct Local {
    std::string_view name;
    Operand operand;
  };

  void fail(NodeId node, std::string code, std::string message) {
    if (failed()) return;
    error_ = std::move(message);
    error_code_ = std::move(code);
    error_node_ = inside_function_ ? no_node : node;
  }

  Operand reserve(std::uint32_t count = 1) {
    const std::uint32_t first = next_register_;
    if (first + count >= operand_limit) {
      fail(no_node, "FT-CEL-004", "the expression is too large to be compiled");
      return 0;
    }
    next_register_ = first + count;
    most_registers_ = std::max(most_registers_, next_register_);
    return static_cast<Operand>(first);
  }

  std::uint32_t put(Instruction instruction) {
    program_.code.push_back(instruction);
    return static_cast<std::uint32_t>(program_.code.size() - 1);
  }
  std::uint32_t here() const { return static_cast<std::uint32_t>(program_.code.size()); }

  std::uint32_t constant_index(const Value& value) {
    for (std::size_t i = 0; i < program_.constants.size() && i < 64; ++i) {
      const Value& c = program_.constants[i];
      if (c.kind == value.kind && !value.is(Kind::real) && !value.is(Kind::error) && identical(c, value)) return static_cast<std::uint32_t>(i);
    }
    if (program_.constants.size() + 1 >= operand_limit) {
      fail(no_node, "FT-CEL-004", "the expression has too many constants");
      return 0;
    }
    const Value copy = copy_value(value, program_.arena);
    if (copy.is(Kind::absent)) fail(no_node, "FT-CEL-004", "the constants of the expression are too large");
    program_.constants.push_back(copy);
    return static_cast<std::uint32_t>(program_.constants.size() - 1);
  }
  Operand constant(const Value& value) { return static_cast<Operand>(constant_space | constant_index(value)); }
  std::uint32_t name_constant(std::string_view name) {
    Arena arena;
    return constant_index(arena.make_string(name));
  }

  // --- tables ------------------------------------------------------------------------------------------

  bool is_constant_table(NodeId id) const {
    const Node& node = ast_->at(id);
    return node.resolution == Resolution::constant && is_table(node.value);
  }

  // An operand that is used as a table in one known way.
  Operand emit_table(NodeId id, Operand target, Access access) {
    if (!is_constant_table(id)) return emit(id, target);
    program_.accesses.push_back({ast_->at(id).value, access});
    return constant(ast_->at(id).value);
  }

  void finish_accesses() {
    auto& all = program_.accesses;
    std::sort(all.begin(), all.end(), [](const TableAccess& a, const TableAccess& b) {
      return a.table.u != b.table.u ? a.table.u < b.table.u : a.access < b.access;
    });
    all.erase(std::unique(all.begin(), all.end()), all.end());
    auto& slots = program_.slots;
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  }

  // --- values ------------------------------------------------------------------------------------------

  // Code that computes a node; the result is in `target` or in a place that needs no code.
  Operand emit(NodeId id, Operand target) {
    if (failed()) return target;
    const Node& node = ast_->at(id);
    if (node.kind == NodeKind::literal) return constant(node.value);
    if (node.kind == NodeKind::identifier || (node.kind == NodeKind::select && node.resolution != Resolution::none)) return name(node);
    if (node.constant && fold_) {
      if (const auto folded = fold(id)) return *folded;
    }
    const std::uint32_t height = next_register_;
    const bool folding = std::exchange(fold_, fold_ && !node.constant);
    const Operand result = code(node, target);
    fold_ = folding;
    next_register_ = height;
    return result;
  }

  // As emit, but the result is in the register itself.
  void emit_into(NodeId id, Operand target) {
    const Operand result = emit(id, target);
    if (result != target) put({Opcode::move, 0, target, result});
  }

  Operand name(const Node& node) {
    switch (node.resolution) {
      case Resolution::local:
        for (std::size_t i = locals_.size(); i-- > first_local_;) {
          if (locals_[i].name == node.name) return locals_[i].operand;
        }
        break;
      case Resolution::slot:
        if (node.index >= operand_limit) fail(no_node, "FT-CEL-004", "too many variables");
        program_.slots.push_back(node.index);
        return static_cast<Operand>(slot_space | node.index);
      case Resolution::constant:
      case Resolution::type_name:
        if (is_table(node.value)) {
          program_.accesses.push_back({node.value, Access::scan});
          program_.tables_escape = true;
        }
        return constant(node.value);
      default: break;
    }
    return constant(error_value(ErrorCode::undeclared));
  }

  std::optional<Operand> fold(NodeId id) {
    ProgramData part;
    part.types = environment_.types();
    Compiler inner(part, environment_);
    inner.run(*ast_, *functions_, id, false);
    if (inner.failed()) return std::nullopt;
    const Program program(std::shared_ptr<const ProgramData>(&part, [](const ProgramData*) {}));
    EmptyHost host;
    Arena arena(std::size_t{1} << 20);
    const Value value = evaluate(program, {}, host, arena, {folding_steps});
    if (value.is(Kind::error)) return std::nullopt;
    return constant(value);
  }

  Operand code(const Node& node, Operand target) {
    switch (node.kind) {
      case NodeKind::select: return select(node, target);
      case NodeKind::has: put({Opcode::has, 0, target, emit_table(node.kids[0], target, Access::key), 0, 0, name_constant(node.name)}); break;
      case NodeKind::unary:
        put({node.op == Operator::negate ? Opcode::negate : Opcode::logical_not, 0, target, emit(node.kids[0], target)});
        break;
      case NodeKind::binary: binary(node, target); break;
      case NodeKind::index: {
        const Operand container = emit_table(node.kids[0], target, Access::key);
        put({Opcode::index, 0, target, container, emit(node.kids[1], container == target ? reserve() : target)});
        break;
      }
      case NodeKind::logic: logic(node, target); break;
      case NodeKind::conditional: conditional(node, target); break;
      case NodeKind::list:
      case NodeKind::map: {
        const Operand first = reserve(static_cast<std::uint32_t>(node.kids.size()));
        for (std::size_t i = 0; i < node.kids.size(); ++i) emit_into(node.kids[i], static_cast<Operand>(first + i));
        put({node.kind == NodeKind::list ? Opcode::list : Opcode::map, 0, target, first, static_cast<std::uint16_t>(node.kids.size())});
        break;
      }
      case NodeKind::call: return call(node, target);
      case NodeKind::comprehension: loop(node, target); break;
      case NodeKind::bind: return bind(node, target);
      default: break;
    }
    return target;
  }

  Operand select(const Node& node, Operand target) {
    const TypeTable& types = *environment_.types();
    const Type type = ast_->at(node.kids[0]).type;
    const Operand from = emit_table(node.kids[0], target, Access::key);
    const std::uint32_t name = name_constant(node.name);
    if (types.kind(type) == TypeKind::record) {
      const auto field = types.record(types.record_id(type)).find(node.name);
      if (field && *field < operand_limit) {
        put({Opcode::field, 0, target, from, static_cast<std::uint16_t>(*field), types.record_id(type), name});
        return target;
      }
    }
    put({Opcode::select, 0, target, from, 0, 0, name});
    return target;
  }

  static Opcode opcode(Operator op) {
    switch (op) {
      case Operator::add: return Opcode::add;
      case Operator::subtract: return Opcode::subtract;
      case Operator::multiply: return Opcode::multiply;
      case Operator::divide: return Opcode::divide;
      case Operator::modulo: return Opcode::modulo;
      case Operator::equal: return Opcode::equal;
      case Operator::not_equal: return Opcode::not_equal;
      case Operator::less: return Opcode::less;
      case Operator::less_equal: return Opcode::less_equal;
      case Operator::greater: return Opcode::greater;
      case Operator::greater_equal: return Opcode::greater_equal;
      default: return Opcode::in;
    }
  }

  void binary(const Node& node, Operand target) {
    const bool equality = node.op == Operator::equal || node.op == Operator::not_equal;
    const Operand left = equality ? emit_table(node.kids[0], target, Access::scan) : emit(node.kids[0], target);
    const Operand place = left == target ? reserve() : target;
    const Operand right = equality ? emit_table(node.kids[1], place, Access::scan)
                          : (node.op == Operator::in ? emit_table(node.kids[1], place, Access::key) : emit(node.kids[1], place));
    put({opcode(node.op), 0, target, left, right});
  }

  void logic(const Node& node, Operand target) {
    const bool conjunction = node.op == Operator::logical_and;
    const Opcode skip = conjunction ? Opcode::and_skip : Opcode::or_skip;
    const Opcode merge = conjunction ? Opcode::and_merge : Opcode::or_merge;
    std::vector<std::uint32_t> skips;
    skips.push_back(put({skip, 0, target, emit(node.kids[0], target)}));
    const Operand place = reserve();
    for (std::size_t i = 1; i < node.kids.size(); ++i) {
      put({merge, 0, target, emit(node.kids[i], place)});
      if (i + 1 < node.kids.size()) skips.push_back(put({skip, 0, target, target}));
    }
    for (const std::uint32_t at : skips) program_.code[at].c = here();
  }

  void conditional(const Node& node, Operand target) {
    const std::uint32_t branch = put({Opcode::branch, 0, target, emit(node.kids[0], target)});
    emit_into(node.kids[1], target);
    const std::uint32_t jump = put({Opcode::jump});
    program_.code[branch].c = here();
    emit_into(node.kids[2], target);
    program_.code[jump].c = here();
    program_.code[branch].d = here();
  }

  Operand bind(const Node& node, Operand target) {
    const Operand value = emit(node.kids[0], reserve());
    locals_.push_back({node.var1, value});
    emit_into(node.kids[1], target);
    locals_.pop_back();
    return target;
  }

  // --- calls -------------------------------------------------------------------------------------------

  Operand call(const Node& node, Operand target) {
    if (node.index == no_function) return constant(error_value(ErrorCode::undeclared));
    if (node.index >= first_user_function) return user_call(node, *(*functions_)[node.index - first_user_function], target);
    const auto builtin = static_cast<Builtin>(node.index);
    if (builtin == Builtin::dyn) return emit(node.kids[0], target);
    if (builtin == Builtin::matches && ast_->at(node.kids[1]).kind == NodeKind::literal) return match(node, target);
    const Type zero = environment_.types()->element(ast_->at(node.kids[0]).type);
    const bool typed_sum = builtin == Builtin::sum && environment_.types()->kind(ast_->at(node.kids[0]).type) == TypeKind::list;
    const std::size_t count = node.kids.size() + (typed_sum ? 1 : 0);
    const Operand first = reserve(static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < node.kids.size(); ++i) {
      const bool table = i == 0 && (builtin == Builtin::size || builtin == Builtin::rows);
      if (!table) {
        emit_into(node.kids[i], static_cast<Operand>(first + i));
        continue;
      }
      const Operand value = emit_table(node.kids[0], first, builtin == Builtin::size ? Access::size : Access::scan);
      if (value != first) put({Opcode::move, 0, first, value});
    }
    if (typed_sum) put({Opcode::move, 0, static_cast<Operand>(first + count - 1), constant(zero_of(zero))});
    put({Opcode::call, static_cast<std::uint8_t>(builtin), target, first, static_cast<std::uint16_t>(count)});
    return target;
  }

  // The sum of an empty list whose elements are of this type.
  Value zero_of(Type type) const {
    if (type == types::real) return Value::of_real(0);
    if (type == types::uint64) return Value::of_uint(0);
    return type == types::duration ? Value::of_duration(0) : Value::of_int(0);
  }

  Operand match(const Node& node, Operand target) {
    const Node& pattern = ast_->at(node.kids[1]);
    std::string error;
    auto regex = pattern.value.is(Kind::string) ? Regex::compile(pattern.value.text(), error) : nullptr;
    if (!regex) {
      if (pattern.value.is(Kind::string)) fail(node.kids[1], "FT-CEL-019", "not a regular expression of RE2: " + error);
      else return constant(error_value(ErrorCode::no_such_overload));
      return target;
    }
    program_.regexes.push_back(std::move(regex));
    put({Opcode::match, 0, target, emit(node.kids[0], target), 0, 0, static_cast<std::uint32_t>(program_.regexes.size() - 1)});
    return target;
  }

  Operand user_call(const Node& node, const UserFunction& function, Operand target) {
    std::vector<Local> arguments;
    for (std::size_t i = 0; i < node.kids.size(); ++i) {
      arguments.push_back({function.parameters[i].name, emit(node.kids[i], reserve())});
    }
    const std::size_t outer_first = std::exchange(first_local_, locals_.size());
    locals_.insert(locals_.end(), arguments.begin(), arguments.end());
    const Ast* outer_ast = std::exchange(ast_, function.body.get());
    const Functions* outer_functions = std::exchange(functions_, &function.calls);
    const bool outer_inside = std::exchange(inside_function_, true);
    emit_into(function.body->root, target);
    inside_function_ = outer_inside;
    functions_ = outer_functions;
    ast_ = outer_ast;
    locals_.resize(first_local_);
    first_local_ = outer_first;
    return target;
  }

  // --- macros ------------------------------------------------------------------------------------------

  void loop(const Node& node, Operand target) {
    const Operand base = reserve(loop_registers);
    const auto macro = static_cast<std::uint8_t>(node.macro);
    const Operand range = emit_table(node.kids[0], target, Access::scan);
    const std::uint32_t begin = put({Opcode::loop_begin, macro, base, range, static_cast<std::uint16_t>(node.var2.empty() ? 0 : 1)});
    const std::uint32_t next = put({Opcode::loop_next, macro, base, 0, static_cast<std::uint16_t>(node.var2.empty() ? 0 : 1)});
    const std::size_t height = locals_.size();
    locals_.push_back({node.var1, static_cast<Operand>(base + loop_first)});
    if (!node.var2.empty()) locals_.push_back({node.var2, static_cast<Operand>(base + loop_second)});
    const Operand place = reserve();
    std::uint32_t test = 0;
    const bool filtered = node.kids.size() == 3;
    if (filtered) test = put({Opcode::loop_test, macro, base, emit(node.kids[1], place), 0, next});
    put({loop_opcode(node.macro), macro, base, emit(node.kids.back(), place), 0, next});
    locals_.resize(height);
    if (filtered) program_.code[test].d = here();
    program_.code[begin].c = here();
    program_.code[next].c = here();
    program_.code[next].d = here() - next;
    put({Opcode::loop_end, macro, target, base});
  }

  static Opcode loop_opcode(Macro macro) {
    switch (macro) {
      case Macro::all: return Opcode::loop_all;
      case Macro::exists: return Opcode::loop_exists;
      case Macro::exists_one: return Opcode::loop_one;
      case Macro::filter: return Opcode::loop_filter;
      case Macro::map: return Opcode::loop_append;
      case Macro::transform_map: return Opcode::loop_put;
      case Macro::transform_map_entry: break;
    }
    return Opcode::loop_merge;
  }

  ProgramData& program_;
  const Environment& environment_;
  const Ast* ast_ = nullptr;
  const Functions* functions_ = nullptr;
  std::vector<Local> locals_;
  std::size_t first_local_ = 0;  // locals below belong to callers
  std::uint32_t next_register_ = 0;
  std::uint32_t most_registers_ = 0;
  bool fold_ = true;
  bool inside_function_ = false;
};

}  // namespace

std::shared_ptr<const ProgramData> generate(const Ast& ast, const CheckedTree& tree, const Environment& environment,
                                            std::string& error, NodeId& error_node, std::string& error_code) {
  auto program = std::make_shared<ProgramData>();
  program->types = environment.types();
  program->slot_count = environment.slot_count();
  program->result = ast.at(ast.root).type;
  Compiler compiler(*program, environment);
  compiler.run(ast, tree.functions, ast.root, true);
  if (compiler.failed()) {
    error = compiler.error_;
    error_node = compiler.error_node_;
    error_code = compiler.error_code_;
    return nullptr;
  }
  return program;
}

}  // namespace flowtank::expr
