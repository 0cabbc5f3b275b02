// SPDX-License-Identifier: Apache-2.0
// The compiled form: a flat array of 16-byte instructions over registers. An operand is 16 bits: two
// for the space (register, constant, slot) and 14 for the index, so that constants and variables are
// used where they are. Types speed nothing up here except record fields; every instruction tests the
// kinds it meets, because values of dyn and errors can be anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <sim/base/value.hpp>

#include "sim/expr/functions.hpp"
#include "sim/expr/program.hpp"

namespace flowtank::expr {

enum class Opcode : std::uint8_t {
  ret,          // a
  move,         // dst = a
  field,        // dst = a.field b; c: record id, d: constant with the name
  select,       // dst = a.name; d: constant with the name
  has,          // dst = has(a.name); d likewise
  index,        // dst = a[b]
  in,           // dst = a in b
  equal, not_equal, less, less_equal, greater, greater_equal,  // dst = a op b
  add, subtract, multiply, divide, modulo,                     // dst = a op b
  negate,       // dst = -a
  logical_not,  // dst = !a
  and_skip,     // if a is false: dst = false, jump to c; else dst = a
  or_skip,      // if a is true: dst = true, jump to c; else dst = a
  and_merge,    // dst = dst && a, with absorption of errors
  or_merge,     // dst = dst || a
  jump,         // to c
  branch,       // a true: go on; false: jump to c; else: dst = error, jump to d
  list,         // dst = [registers a ... a + b - 1]
  map,          // dst = {registers a ... a + b - 1 in pairs}
  call,         // dst = builtin n (registers a ... a + b - 1)
  match,        // dst = a matches regexes[d]
  loop_begin,   // registers of the loop from dst; over a; n: Macro; b: two variables; error: jump to c
  loop_next,    // next element or jump to c; d: steps of one turn
  loop_all, loop_exists,  // take predicate a; jump to c to go on, or fall out
  loop_one,     // likewise
  loop_filter,  // predicate a: keep the element
  loop_test,    // a true: go on; false: jump to c; else: the loop ends (d) with an error
  loop_append,  // element a; jump to c
  loop_put,     // value a under the key in the first variable; jump to c
  loop_merge,   // the pairs of map a; jump to c
  loop_end,     // dst = result of the loop at register a; n: Macro
};

// Registers of a loop, from its base.
enum LoopRegister : std::uint16_t { loop_source, loop_position, loop_result, loop_first, loop_second, loop_table, loop_registers };

struct Instruction {
  Opcode op = Opcode::ret;
  std::uint8_t n = 0;
  std::uint16_t dst = 0;
  std::uint16_t a = 0;
  std::uint16_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t d = 0;
};
static_assert(sizeof(Instruction) == 16);

inline constexpr std::uint16_t operand_bits = 14;
inline constexpr std::uint16_t operand_limit = 1U << operand_bits;
inline constexpr std::uint16_t constant_space = 1U << operand_bits;
inline constexpr std::uint16_t slot_space = 2U << operand_bits;

struct ProgramData {
  std::vector<Instruction> code;
  std::vector<Value> constants;
  std::vector<std::unique_ptr<Regex>> regexes;
  Arena arena;  // of the constants
  std::uint32_t registers = 0;
  std::uint32_t slot_count = 0;
  std::shared_ptr<const TypeTable> types;
  Type result;
  std::vector<TableAccess> accesses;
  bool tables_escape = false;
  std::vector<std::uint32_t> slots;
};

}  // namespace flowtank::expr
