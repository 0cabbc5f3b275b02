// SPDX-License-Identifier: Apache-2.0
// The interpreter of bytecode.hpp: one switch, common cases in line, the rest in functions that are
// kept out of the loop. No recursion, no exceptions, no allocation outside the Arena.
#include <array>
#include <cstddef>
#include <new>

#include <sim/base/check.hpp>

#include "sim/expr/arithmetic.hpp"
#include "sim/expr/bytecode.hpp"
#include "sim/expr/containers.hpp"
#include "sim/expr/equality.hpp"
#include "sim/expr/loops.hpp"

namespace flowtank::expr {
namespace {

constexpr std::uint32_t local_registers = 32;

bool is_true(const Value& v) { return v.is(Kind::boolean) && v.b; }
bool is_false(const Value& v) { return v.is(Kind::boolean) && !v.b; }

// The field of a record or row whose type is known; also what happens when it turns out otherwise.
[[gnu::noinline]] Value slow_field(const Value& from, const Instruction& at, const Value& name, Context& context) {
  if (!is_row(from) || context.host.row_type(from) != at.c) return select_value(from, name, context);
  const Value value = context.host.field(from, at.b, context.arena);
  return value.is(Kind::absent) ? error_value(ErrorCode::no_such_field) : value;
}

// &&: false wins over everything, an error over true. Neither side is a plain decided case here.
[[gnu::noinline]] Value slow_merge(const Value& a, const Value& b, bool decisive) {
  const auto decides = [&](const Value& v) { return v.is(Kind::boolean) && v.b == decisive; };
  if (decides(a) || decides(b)) return Value::of_bool(decisive);
  if (a.is(Kind::boolean) && b.is(Kind::boolean)) return b;
  if (a.is(Kind::error)) return a;
  if (b.is(Kind::error)) return b;
  return error_value(ErrorCode::no_such_overload);
}

[[gnu::noinline]] Value slow_equal(const Value& a, const Value& b, bool negated, Context& context) {
  Value same = equal_values(a, b, context);
  if (negated && same.is(Kind::boolean)) same.b = !same.b;
  return same;
}

[[gnu::noinline]] Value make_list(std::span<const Value> items, Context& context) {
  if (const Value* error = first_error(items)) return *error;
  return context.made(context.arena.make_list(items));
}

[[gnu::noinline]] Value make_map(std::span<const Value> pairs, Context& context) {
  if (const Value* error = first_error(pairs)) return *error;
  return map_from_pairs(pairs, context);
}

template <typename Compare>
inline Value ordered(Operator op, const Value& a, const Value& b, Compare compare) {
  if (a.is(Kind::int64) && b.is(Kind::int64)) [[likely]] return Value::of_bool(compare(a.i, b.i));
  return compare_values(op, a, b);
}

inline Value equality(const Value& a, const Value& b, bool negated, Context& context) {
  if (a.kind == b.kind) {
    if (a.is(Kind::int64)) return Value::of_bool((a.i == b.i) != negated);
    if (a.is(Kind::string)) return Value::of_bool((a.text() == b.text()) != negated);
  }
  return slow_equal(a, b, negated, context);
}

Value run(const ProgramData& program, const Value* slots, Value* registers, Context& context) {
  const std::array<const Value*, 4> spaces = {registers, program.constants.data(), slots, slots};
  const auto at = [&](std::uint16_t operand) -> const Value& {
    return spaces[operand >> operand_bits][operand & (operand_limit - 1U)];
  };
  const Instruction* const code = program.code.data();
  for (const Instruction* in = code;; ++in) {
    Value& dst = registers[in->dst];
    switch (in->op) {
      case Opcode::ret: return at(in->a);
      case Opcode::move: dst = at(in->a); break;
      case Opcode::field: {
        const Value& from = at(in->a);
        if (from.is(Kind::record) && from.tag == in->c && in->b < from.object->size) [[likely]] {
          const Value& value = from.items()[in->b];
          dst = value.is(Kind::absent) ? error_value(ErrorCode::no_such_field) : value;
        } else {
          dst = slow_field(from, *in, program.constants[in->d], context);
        }
        break;
      }
      case Opcode::select: dst = select_value(at(in->a), program.constants[in->d], context); break;
      case Opcode::has: dst = has_value(at(in->a), program.constants[in->d], context); break;
      case Opcode::index: dst = index_value(at(in->a), at(in->b), context); break;
      case Opcode::in: {
        const Value& element = at(in->a);
        const Value& container = at(in->b);
        const bool plain = is_table(container) && (element.is(Kind::string) || element.is(Kind::int64));
        dst = plain ? Value::of_bool(context.host.contains(container, element)) : in_value(element, container, context);
        break;
      }
      case Opcode::equal: dst = equality(at(in->a), at(in->b), false, context); break;
      case Opcode::not_equal: dst = equality(at(in->a), at(in->b), true, context); break;
      case Opcode::less: dst = ordered(Operator::less, at(in->a), at(in->b), [](auto a, auto b) { return a < b; }); break;
      case Opcode::less_equal: dst = ordered(Operator::less_equal, at(in->a), at(in->b), [](auto a, auto b) { return a <= b; }); break;
      case Opcode::greater: dst = ordered(Operator::greater, at(in->a), at(in->b), [](auto a, auto b) { return a > b; }); break;
      case Opcode::greater_equal: dst = ordered(Operator::greater_equal, at(in->a), at(in->b), [](auto a, auto b) { return a >= b; }); break;
      case Opcode::add: dst = arithmetic(Operator::add, at(in->a), at(in->b), context); break;
      case Opcode::subtract: dst = arithmetic(Operator::subtract, at(in->a), at(in->b), context); break;
      case Opcode::multiply: dst = arithmetic(Operator::multiply, at(in->a), at(in->b), context); break;
      case Opcode::divide: dst = arithmetic(Operator::divide, at(in->a), at(in->b), context); break;
      case Opcode::modulo: dst = arithmetic(Operator::modulo, at(in->a), at(in->b), context); break;
      case Opcode::negate: dst = negate(at(in->a)); break;
      case Opcode::logical_not: {
        const Value& v = at(in->a);
        dst = v.is(Kind::boolean) ? Value::of_bool(!v.b) : no_overload(v);
        break;
      }
      case Opcode::and_skip:
        dst = at(in->a);
        if (is_false(dst)) in = code + in->c - 1;
        break;
      case Opcode::or_skip:
        dst = at(in->a);
        if (is_true(dst)) in = code + in->c - 1;
        break;
      case Opcode::and_merge: {
        const Value& b = at(in->a);
        dst = is_true(dst) && b.is(Kind::boolean) ? b : slow_merge(dst, b, false);
        break;
      }
      case Opcode::or_merge: {
        const Value& b = at(in->a);
        dst = is_false(dst) && b.is(Kind::boolean) ? b : slow_merge(dst, b, true);
        break;
      }
      case Opcode::jump: in = code + in->c - 1; break;
      case Opcode::branch: {
        const Value& condition = at(in->a);
        if (is_true(condition)) break;
        if (is_false(condition)) {
          in = code + in->c - 1;
        } else {
          dst = no_overload(condition);
          in = code + in->d - 1;
        }
        break;
      }
      case Opcode::list: dst = make_list({registers + in->a, in->b}, context); break;
      case Opcode::map: dst = make_map({registers + in->a, in->b}, context); break;
      case Opcode::call: dst = call_builtin(static_cast<Builtin>(in->n), {registers + in->a, in->b}, context); break;
      case Opcode::match: dst = match(*program.regexes[in->d], at(in->a), context); break;
      case Opcode::loop_end: dst = loop_result_of(static_cast<Macro>(in->n), registers + in->a, context); break;
      default: {
        // The instructions of loops work on the loop's registers, from dst on.
        const LoopTurn turn = loop_instruction(*in, &dst, at(in->a), context);
        if (turn == LoopTurn::jump) in = code + in->c - 1;
        if (turn == LoopTurn::leave) in = code + in->d - 1;
        break;
      }
    }
  }
}

}  // namespace

Value evaluate(const Program& program, std::span<const Value> slots, Host& host, Arena& arena, Budget budget) {
  const ProgramData& data = program.data();
  FLOWTANK_CHECK(slots.size() >= data.slot_count || data.slots.empty(), "evaluate: fewer slots than the environment declares");
  Context context{host, arena, *data.types, budget.steps};
  // Registers are written before they are read; no need to clear them.
  alignas(Value) std::array<std::byte, sizeof(Value) * local_registers> local;
  void* registers = local.data();
  if (data.registers > local_registers) {
    registers = arena.allocate(sizeof(Value) * data.registers);
    if (registers == nullptr) return error_value(ErrorCode::memory_exhausted);
  }
  const Value result = run(data, slots.data(), static_cast<Value*>(registers), context);
  if (context.exhausted != ErrorCode{}) [[unlikely]] return error_value(context.exhausted);
  // A slot or a field may be absent; as a result that is an error.
  if (result.is(Kind::absent)) [[unlikely]] return error_value(ErrorCode::no_such_field);
  return result;
}

}  // namespace flowtank::expr
