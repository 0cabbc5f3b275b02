// SPDX-License-Identifier: Apache-2.0
// See loops.hpp. A table is iterated over its keys as the host lists them; rows are fetched one by one.
#include "sim/expr/loops.hpp"

#include "sim/expr/containers.hpp"

namespace flowtank::expr {
namespace {

// An empty list that append() grows.
constexpr Object empty_object{};

Value start_value(Macro macro) {
  switch (macro) {
    case Macro::all: return Value::of_bool(true);
    case Macro::exists: return Value::of_bool(false);
    case Macro::exists_one: return Value::of_int(0);
    default: return Value::of_object(Kind::list, &empty_object, 0);
  }
}

LoopTurn begin(const Instruction& in, Value* loop, const Value& range, Context& context) {
  loop[loop_result] = start_value(static_cast<Macro>(in.n));
  loop[loop_position] = Value::of_int(0);
  loop[loop_source] = range;
  loop[loop_source].tag = 0;
  if (range.is(Kind::list) || range.is(Kind::map)) return LoopTurn::next;
  if (is_table(range)) {
    loop[loop_table] = range;
    loop[loop_source] = context.made(context.host.keys(range, context.arena));
    if (loop[loop_source].is(Kind::list)) {
      loop[loop_source].tag = 1;  // marks keys of a table
      return LoopTurn::next;
    }
    loop[loop_result] = loop[loop_source];
    return LoopTurn::jump;
  }
  loop[loop_result] = no_overload(range);
  return LoopTurn::jump;
}

// in.b: two variables.
LoopTurn next(const Instruction& in, Value* loop, Context& context) {
  const Value& source = loop[loop_source];
  const std::int64_t position = loop[loop_position].i;
  if (position >= source.object->size) return LoopTurn::jump;
  if (!context.charge(in.d)) {
    loop[loop_result] = error_value(ErrorCode::steps_exhausted);
    return LoopTurn::jump;
  }
  const auto i = static_cast<std::size_t>(position);
  if (source.is(Kind::map)) {
    loop[loop_first] = source.pairs()[2 * i];
    if (in.b != 0) loop[loop_second] = source.pairs()[2 * i + 1];
  } else if (in.b == 0) {
    loop[loop_first] = source.items()[i];
  } else if (source.tag == 1) {
    loop[loop_first] = source.items()[i];
    loop[loop_second] = context.host.find(loop[loop_table], loop[loop_first]);
  } else {
    loop[loop_first] = Value::of_int(position);
    loop[loop_second] = source.items()[i];
  }
  loop[loop_position].i = position + 1;
  return LoopTurn::next;
}

// all: decisive is false; exists: true. A decisive predicate ends the loop, an error is kept until one
// comes.
LoopTurn decide(Value* loop, const Value& predicate, bool decisive) {
  if (predicate.is(Kind::boolean)) {
    if (predicate.b != decisive) return LoopTurn::jump;
    loop[loop_result] = predicate;
    return LoopTurn::next;
  }
  if (!loop[loop_result].is(Kind::error)) loop[loop_result] = no_overload(predicate);
  return LoopTurn::jump;
}

LoopTurn strict(Value* loop, const Value& error, LoopTurn turn) {
  loop[loop_result] = no_overload(error);
  return turn;
}

LoopTurn collect(Value* loop, const Value& item, Context& context) {
  if (item.is(Kind::error)) return strict(loop, item, LoopTurn::next);
  if (append(loop[loop_result], item, context)) return LoopTurn::jump;
  loop[loop_result] = error_value(ErrorCode::memory_exhausted);
  return LoopTurn::next;
}

LoopTurn merge(Value* loop, const Value& map, Context& context) {
  if (!map.is(Kind::map)) return strict(loop, map, LoopTurn::next);
  for (const Value& item : map.pairs()) {
    if (collect(loop, item, context) == LoopTurn::next) return LoopTurn::next;
  }
  return LoopTurn::jump;
}

}  // namespace

LoopTurn loop_instruction(const Instruction& in, Value* loop, const Value& operand, Context& context) {
  switch (in.op) {
    case Opcode::loop_begin: return begin(in, loop, operand, context);
    case Opcode::loop_next: return next(in, loop, context);
    case Opcode::loop_all: return decide(loop, operand, false);
    case Opcode::loop_exists: return decide(loop, operand, true);
    case Opcode::loop_one:
      if (!operand.is(Kind::boolean)) return strict(loop, operand, LoopTurn::next);
      loop[loop_result].i += operand.b ? 1 : 0;
      return LoopTurn::jump;
    case Opcode::loop_filter:
      if (!operand.is(Kind::boolean)) return strict(loop, operand, LoopTurn::next);
      return operand.b ? collect(loop, loop[loop_first], context) : LoopTurn::jump;
    case Opcode::loop_test:
      if (!operand.is(Kind::boolean)) return strict(loop, operand, LoopTurn::leave);
      return operand.b ? LoopTurn::next : LoopTurn::jump;
    case Opcode::loop_append: return collect(loop, operand, context);
    case Opcode::loop_put:
      if (operand.is(Kind::error)) return strict(loop, operand, LoopTurn::next);
      return collect(loop, loop[loop_first], context) == LoopTurn::jump ? collect(loop, operand, context) : LoopTurn::next;
    default: return merge(loop, operand, context);
  }
}

Value loop_result_of(Macro macro, const Value* loop, Context& context) {
  const Value& result = loop[loop_result];
  if (result.is(Kind::error)) return result;
  switch (macro) {
    case Macro::exists_one: return Value::of_bool(result.i == 1);
    case Macro::filter:
    case Macro::map: return finish_list(result);
    case Macro::transform_map:
    case Macro::transform_map_entry: return map_from_pairs(result.items(), context);
    default: return result;
  }
}

}  // namespace flowtank::expr
