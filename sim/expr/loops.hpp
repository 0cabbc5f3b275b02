// SPDX-License-Identifier: Apache-2.0
// The loop instructions of macros. A loop owns six registers (LoopRegister); its result register holds
// what has been computed so far: a bool, a count, a growing list, or the error that ended it.
#pragma once

#include <cstdint>

#include <sim/base/value.hpp>

#include "sim/expr/ast.hpp"
#include "sim/expr/bytecode.hpp"
#include "sim/expr/context.hpp"

namespace flowtank::expr {

enum class LoopTurn : std::uint8_t {
  next,   // the instruction behind
  jump,   // to c
  leave,  // to d
};

// op: loop_begin ... loop_merge. `loop` points to the loop's registers.
LoopTurn loop_instruction(const Instruction& instruction, Value* loop, const Value& operand, Context& context);

// What the macro gives when the loop is over.
Value loop_result_of(Macro macro, const Value* loop, Context& context);

}  // namespace flowtank::expr
