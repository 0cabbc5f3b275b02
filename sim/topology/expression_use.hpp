// SPDX-License-Identifier: Apache-2.0
// What the expressions of handlers look at, read off their compiled form: fields of records, tables, and
// where a local value comes from. Static, so it may name more than one evaluation reads, never less, with
// one exception that callers know: a record used whole is not a read of its fields.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sim/expr/program.hpp>
#include <sim/world/system.hpp>

namespace flowtank::topology {

struct ExpressionUse {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> fields;  // record id, field; ascending, no duplicates
  std::vector<std::string> names;   // fields read by name, of a value whose type is not known
  std::vector<std::string> tested;  // names in has(...)

  bool reads(std::uint32_t record, std::uint32_t field) const;
};
ExpressionUse use_of(const expr::Program& program);

// Whether the message in slot_input, or its data, is used whole: passed on, compared, put into a list. Then all of
// its fields count as read. `message` and `data` are the record ids of the message type.
bool uses_whole_message(const expr::Program& program, std::uint32_t message, std::uint32_t data);

// What an expression is for.
enum class Role : std::uint8_t {
  local,      // let, read, list of a loop, outcome of a choice: the value goes to locals[Site::detail]
  condition,  // branch
  key,        // of a row, event, effect or timer
  column,     // Site::detail = column, of an insert
  assigned,   // Site::detail = column, of an update
  guard,      // of an update
  sent,       // field or id of an event or command
  published,  // the message that a publish sends
  other,
};

struct Site {
  ExprId expression = none;
  std::uint32_t instruction = 0;
  Role role = Role::other;
  std::uint32_t detail = none;
};
// All expressions of a handler, in the order of its instructions; the author's sentences ("says") are none.
std::vector<Site> sites_of(const Program& program);

// Where the locals of a handler come from.
class Locals {
 public:
  Locals(const System& system, const Program& program);

  // Message types that make_event puts into the local.
  const std::vector<std::uint32_t>& made(std::uint32_t local) const { return made_[local]; }
  // Tables whose content may be in the value of the expression, directly or through locals; ascending.
  std::vector<std::uint32_t> tables_behind(ExprId expression) const;
  // The value is the same each time the same message is handled: it depends on the message, constants and
  // what follows from them, and on nothing else (tables, attempt, instance, now, choices, answers of calls).
  bool is_stable(ExprId expression) const;
  // As is_stable, but rows that are found by their key may be looked at: the value is the same each time unless
  // such a row has changed.
  bool is_repeatable(ExprId expression) const;
  // Stable, and does depend on the message.
  bool follows_from_message(ExprId expression) const;
  // When the expression is a local and nothing else: which.
  std::uint32_t plain_local(ExprId expression) const;

 private:
  void settle(const Program& program);
  bool holds(const expr::Program& program, const std::vector<bool>& locals, bool rows_by_key) const;

  const System* system_;
  std::vector<std::vector<std::uint32_t>> made_;
  std::vector<std::vector<ExprId>> values_;      // assigned to each local
  std::vector<std::vector<std::uint32_t>> from_;  // locals whose elements it holds (loops)
  std::vector<bool> stable_;
  std::vector<bool> repeatable_;
  std::vector<bool> from_message_;
};

}  // namespace flowtank::topology
