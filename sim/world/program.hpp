// SPDX-License-Identifier: Apache-2.0
// Handlers as data: a handler is a list of instructions. Visible instructions are the places where
// anything else may come in between (another handler, a crash, a timeout): each is one action of the
// World. Silent instructions run together with the visible one before them, since nobody can tell.
// A running handler is (program, position, locals): copyable, part of the state, shown to the user.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/base/time.hpp>

namespace flowtank {

// Index of a compiled expression in System::expressions.
using ExprId = std::uint32_t;
inline constexpr std::uint32_t none = 0xffffffffU;

enum class Op : std::uint8_t {
  // Silent.
  let,         // locals[a] = expression b
  make_event,  // locals[a] = new message from EventSpec b; its id derives from its cause
  jump,        // to instruction a
  branch,      // to instruction a unless expression b is true
  loop_start,  // locals[a] = list of expression b; locals[c] = position 0
  loop_next,   // EachSpec a: next element into its local, or jump past the loop
  // Visible.
  read,          // as let, but the expression reads tables outside a transaction
  choose,        // ChooseSpec a: an outcome that the environment decides
  begin,         // starts a transaction: TransactionSpec a
  statement_let, // as let, inside a transaction, reading tables: one statement
  insert,        // InsertSpec a
  update,        // UpdateSpec a
  erase,         // EraseSpec a
  commit,
  rollback,
  publish,       // PublishSpec a: request leaves, takes effect, answer is seen
  effect,        // EffectSpec a: irreversible
  call,          // CallSpec a: request leaves, takes effect in the callee, answer is seen
  reply,         // ReplySpec a
  settle,        // acknowledges the message being handled (b = 0) or refuses it (b = 1: requeue)
  set_timer,     // TimerSpec a
  cancel_timer,  // TimerSpec a
  wait,          // WaitSpec a
  fail,          // the handler gives up: FailSpec a
  end,           // always last; settles what is not settled yet
};
constexpr bool is_visible(Op op) { return op >= Op::read; }

struct Instruction {
  Op op = Op::end;
  std::uint32_t step = 0;  // index in Program::steps
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};

// What reports say about an instruction.
struct Step {
  std::string label;  // as the model names it ("commit order"), or a generated name ("insert orders")
  ExprId says = none; // optional sentence of the model's author, an expression giving a string
  bool business = false;  // a step users think in (place, charge): counted in shortest stories
  std::string file;
  SourceRange where;
  std::string pointer;  // JSON pointer of the step
};

enum class Isolation : std::uint8_t {
  read_committed,  // each statement sees what is committed; rows it writes are locked until the end
  snapshot,        // sees what was committed at begin; the first to update a row wins, the second aborts
  serializable,    // runs as one action
};

struct TransactionSpec {
  Isolation isolation = Isolation::read_committed;
  std::uint32_t on_abort = none;  // instruction to go to; none: the handler fails and is retried
};

enum class OnConflict : std::uint8_t {
  error,   // the transaction aborts, the handler fails
  ignore,  // the statement does nothing
  jump,    // the transaction rolls back and the handler goes on at `target`
  update,  // upsert: the given columns are written over
};

struct InsertSpec {
  std::uint32_t table = none;
  std::vector<ExprId> columns;  // by column; none leaves null
  OnConflict on_conflict = OnConflict::error;
  std::uint32_t target = none;
};

struct Assignment {
  std::uint32_t column = 0;
  ExprId value = none;   // may use the row's old columns through `row`
  bool increment = false;  // an `inc`: value is added, so that two increments commute
};

// Updates the row of `key` if it exists and `guard` (evaluated on the row, again after a lock wait)
// holds. The number of rows changed (0 or 1) goes to local `changed` unless that is none.
struct UpdateSpec {
  std::uint32_t table = none;
  ExprId key = none;
  ExprId guard = none;
  std::vector<Assignment> set;
  std::uint32_t changed = none;
};

struct EraseSpec {
  std::uint32_t table = none;
  ExprId key = none;
};

struct EventSpec {
  std::uint32_t message = none;  // MessageType
  std::vector<ExprId> fields;    // by field of the type
  ExprId id = none;              // none: derived from (cause, step, occurrence)
  ExprId key = none;             // none: the type's key field
};

struct ChooseSpec {
  std::uint32_t local = none;
  std::vector<ExprId> options;          // at least one
  std::vector<std::uint32_t> weights;   // same size; timed runs draw with these
};

struct EachSpec {
  std::uint32_t list_local = none;
  std::uint32_t position_local = none;
  std::uint32_t item_local = none;
  std::uint32_t past = none;  // instruction after the loop
};

struct PublishSpec {
  ExprId event = none;             // a message made by make_event or read from an outbox column
  std::uint32_t channel = none;    // none: the wiring's channel of the message's type
  bool confirm = true;             // false: fire and forget, the answer is never looked at
  std::uint32_t max_attempts = 0;  // of this publish when refused or unanswered; 0 = without limit
  Duration backoff;                // between attempts; timer class race
  std::uint32_t on_error = none;   // after the last attempt; none: the handler fails
  bool swallow = false;            // an error is taken for success
};

struct EffectSpec {
  std::uint32_t effect = none;
  ExprId key = none;              // business key
  ExprId amount = none;           // integer; none = 0
  ExprId idempotency_key = none;  // the receiver ignores a key that it has seen
};

struct CallSpec {
  std::uint32_t service = none;
  std::uint32_t message = none;  // command
  std::vector<ExprId> fields;
  std::uint32_t result = none;   // local: the reply's value, or null when the outcome stays unknown
  std::uint32_t outcome = none;  // local: "ok", "error", "timeout"
  Duration timeout;              // zero: waits for ever; timer class race
};

struct ReplySpec {
  ExprId value = none;
  bool ok = true;
};

struct TimerSpec {
  std::uint32_t timer = none;  // index in System::timers
  ExprId key = none;
  ExprId after_ms = none;
};

struct WaitSpec {
  std::uint32_t distribution = none;  // index in System::distributions
};

struct FailSpec {
  bool poison = false;  // not worth retrying: straight to the dead letters
  ExprId reason = none;
};

struct Program {
  std::vector<Instruction> code;
  std::vector<Step> steps;
  std::vector<std::string> locals;  // names by index
  std::vector<TransactionSpec> transactions;
  std::vector<InsertSpec> inserts;
  std::vector<UpdateSpec> updates;
  std::vector<EraseSpec> erases;
  std::vector<EventSpec> events;
  std::vector<ChooseSpec> chooses;
  std::vector<EachSpec> eaches;
  std::vector<PublishSpec> publishes;
  std::vector<EffectSpec> effects;
  std::vector<CallSpec> calls;
  std::vector<ReplySpec> replies;
  std::vector<TimerSpec> timers;
  std::vector<WaitSpec> waits;
  std::vector<FailSpec> fails;
};

}  // namespace flowtank
