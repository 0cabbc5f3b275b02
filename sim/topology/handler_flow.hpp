// SPDX-License-Identifier: Apache-2.0
// What is certain and what is possible at each instruction of a handler: is a transaction open, has a record
// been made by which a second handling of the same message is recognised, what has been committed, what has
// been published. Static: every branch is taken to be possible, except that of an update's `changed` count,
// which tells a first handling from a second one. "Certain" means on every way there, "possible" on some.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include <sim/world/system.hpp>

#include "sim/topology/expression_use.hpp"

namespace flowtank::topology {

struct Facts {
  bool reached = false;
  bool in_transaction = false;
  bool serializable = false;
  std::uint32_t transaction = none;   // of Program::transactions, while one is open
  // Certain.
  bool recorded = false;              // a record of this message is committed
  bool record_pending = false;        // ... is made in the open transaction
  std::set<std::uint32_t> looked;     // tables read in the open serializable transaction
  std::set<std::uint32_t> looked_then_wrote;  // of those, tables that then got or lost the message's row
  // Possible.
  std::set<std::uint32_t> committed;  // durable tables changed by a committed transaction
  std::set<std::uint32_t> pending;    // ... by the open one
  std::set<std::uint32_t> published;  // instructions that published
  std::set<std::uint32_t> caused;     // instructions that caused an effect

  friend bool operator==(const Facts&, const Facts&) = default;
};

class HandlerFlow {
 public:
  HandlerFlow(const System& system, std::uint32_t handler);

  const Locals& locals() const { return locals_; }
  // Before the instruction runs.
  const Facts& at(std::uint32_t instruction) const { return facts_[instruction]; }
  // A record is made on every way from this statement to the commit of its transaction; what is looked up in
  // `except` and written there does not count.
  bool recorded_later(std::uint32_t instruction, std::uint32_t except) const;
  // The update cannot take effect a second time: its guard looks at a column that it changes.
  bool guards_itself(const UpdateSpec& update) const;
  // The insert fails or jumps when the same message is handled again.
  bool recognises(const InsertSpec& insert) const;

 private:
  struct Way {
    std::uint32_t to = none;
    bool undone = false;   // the open transaction is rolled back
    bool first = false;    // only a first handling goes here
  };
  std::vector<Way> ways(std::uint32_t instruction) const;
  std::vector<Way> ways_of_branch(std::uint32_t instruction) const;
  Facts after(std::uint32_t instruction, const Way& way) const;
  void statement(const Instruction& at, Facts& facts) const;
  void look(ExprId expression, Facts& facts) const;
  bool keeps(std::uint32_t table) const { return table != none && system_->tables[table].durable; }
  bool row_of_message(const InsertSpec& insert) const;
  void run();

  const System* system_;
  const Handler* handler_;
  const Program* program_;
  Locals locals_;
  std::vector<bool> guard_locals_;  // counts of guarded updates, and of nothing else
  std::vector<Facts> facts_;
};

}  // namespace flowtank::topology
