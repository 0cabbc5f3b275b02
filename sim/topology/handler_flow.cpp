// SPDX-License-Identifier: Apache-2.0
// See handler_flow.hpp. A worklist over the instructions; certain facts shrink and possible facts grow, so it
// ends.
#include "sim/topology/handler_flow.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include <sim/expr/bytecode.hpp>
#include <sim/expr/host.hpp>

namespace flowtank::topology {

namespace {

using Tables = std::set<std::uint32_t>;

Tables both(const Tables& a, const Tables& b) {
  Tables out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

void meet(Facts& into, const Facts& from) {
  if (!into.reached) {
    into = from;
    return;
  }
  into.recorded = into.recorded && from.recorded;
  into.record_pending = into.record_pending && from.record_pending;
  into.serializable = into.serializable && from.serializable;
  into.looked = both(into.looked, from.looked);
  into.looked_then_wrote = both(into.looked_then_wrote, from.looked_then_wrote);
  into.committed.insert(from.committed.begin(), from.committed.end());
  into.pending.insert(from.pending.begin(), from.pending.end());
  into.published.insert(from.published.begin(), from.published.end());
  into.caused.insert(from.caused.begin(), from.caused.end());
}

void close_transaction(Facts& facts) {
  facts.in_transaction = false;
  facts.serializable = false;
  facts.transaction = none;
  facts.record_pending = false;
  facts.looked.clear();
  facts.looked_then_wrote.clear();
  facts.pending.clear();
}

// Does the condition hold when the count in `slot` is 0, whatever else? Nothing when it looks at more.
std::optional<bool> holds_at_zero(const expr::Program& condition, std::uint32_t slot) {
  if (condition.slots() != std::vector<std::uint32_t>{slot} || !condition.accesses().empty() || condition.tables_escape()) return std::nullopt;
  std::vector<Value> slots(std::max<std::size_t>(condition.data().slot_count, slot + std::size_t{1}));
  slots[slot] = Value::of_int(0);
  expr::EmptyHost host;
  Arena arena;
  const Value result = expr::evaluate(condition, slots, host, arena);
  if (!result.is(Kind::boolean)) return std::nullopt;
  return result.b;
}

}  // namespace

HandlerFlow::HandlerFlow(const System& system, std::uint32_t handler)
    : system_(&system), handler_(&system.handlers[handler]), program_(&handler_->program), locals_(system, *program_),
      guard_locals_(program_->locals.size(), false), facts_(program_->code.size()) {
  for (const UpdateSpec& update : program_->updates) {
    if (update.changed != none) guard_locals_[update.changed] = true;
  }
  for (const UpdateSpec& update : program_->updates) {
    if (update.changed != none && !(guards_itself(update) && keeps(update.table))) guard_locals_[update.changed] = false;
  }
  run();
}

bool HandlerFlow::guards_itself(const UpdateSpec& update) const {
  if (update.guard == none || update.table == none) return false;
  const ExpressionUse use = use_of(system_->expressions[update.guard]);
  const std::uint32_t record = system_->tables[update.table].record_type;
  return std::any_of(update.set.begin(), update.set.end(), [&](const Assignment& a) { return use.reads(record, a.column); });
}

bool HandlerFlow::row_of_message(const InsertSpec& insert) const {
  if (insert.columns.empty()) return false;
  if (locals_.follows_from_message(insert.columns[0])) return true;
  for (const auto& set : system_->tables[insert.table].unique) {
    const bool stable = std::all_of(set.begin(), set.end(), [&](std::uint32_t c) { return locals_.is_stable(insert.columns[c]); });
    const bool message = std::any_of(set.begin(), set.end(), [&](std::uint32_t c) { return locals_.follows_from_message(insert.columns[c]); });
    if (stable && message) return true;
  }
  return false;
}

bool HandlerFlow::recognises(const InsertSpec& insert) const {
  const bool notices = insert.on_conflict == OnConflict::error || insert.on_conflict == OnConflict::jump;
  return notices && keeps(insert.table) && row_of_message(insert);
}

std::vector<HandlerFlow::Way> HandlerFlow::ways_of_branch(std::uint32_t instruction) const {
  const Instruction& at = program_->code[instruction];
  Way yes{instruction + 1, false, false};
  Way no{at.a, false, false};
  const expr::Program& condition = system_->expressions[at.b];
  for (const std::uint32_t slot : condition.slots()) {
    if (slot < slot_local0 || slot - slot_local0 >= guard_locals_.size() || !guard_locals_[slot - slot_local0]) continue;
    const auto zero = holds_at_zero(condition, slot);
    // A condition over more than the count may well tell both apart: both ways get the benefit of the doubt.
    yes.first = !zero || !*zero;
    no.first = !zero || *zero;
  }
  return {yes, no};
}

std::vector<HandlerFlow::Way> HandlerFlow::ways(std::uint32_t instruction) const {
  const Instruction& at = program_->code[instruction];
  std::vector<Way> out;
  const std::uint32_t open = facts_[instruction].transaction;
  const std::uint32_t on_abort = open == none ? none : program_->transactions[open].on_abort;
  switch (at.op) {
    case Op::end:
    case Op::fail: return out;
    case Op::jump: return {{at.a, false, false}};
    case Op::branch: return ways_of_branch(instruction);
    case Op::loop_next: out.push_back({program_->eaches[at.a].past, false, false}); break;
    case Op::insert: {
      const InsertSpec& insert = program_->inserts[at.a];
      if (insert.on_conflict == OnConflict::jump && insert.target != none) out.push_back({insert.target, true, false});
      if (insert.on_conflict == OnConflict::error && on_abort != none) out.push_back({on_abort, true, false});
      break;
    }
    case Op::commit:
      if (on_abort != none) out.push_back({on_abort, true, false});
      break;
    case Op::publish:
      if (program_->publishes[at.a].on_error != none) out.push_back({program_->publishes[at.a].on_error, false, false});
      break;
    default: break;
  }
  if (instruction + 1 < program_->code.size()) out.push_back({instruction + 1, false, false});
  return out;
}

void HandlerFlow::look(ExprId expression, Facts& facts) const {
  if (expression == none || !facts.in_transaction || !facts.serializable) return;
  for (const expr::TableAccess& access : system_->expressions[expression].accesses()) {
    const auto table = static_cast<std::uint32_t>(access.table.u);
    if (keeps(table)) facts.looked.insert(table);
  }
}

void HandlerFlow::statement(const Instruction& at, Facts& facts) const {
  std::uint32_t table = none;
  bool row_of_it = false;
  if (at.op == Op::insert) {
    const InsertSpec& insert = program_->inserts[at.a];
    table = insert.table;
    row_of_it = row_of_message(insert);
    if (recognises(insert)) facts.record_pending = true;
  } else if (at.op == Op::update) {
    table = program_->updates[at.a].table;
  } else {
    table = program_->erases[at.a].table;
    row_of_it = locals_.follows_from_message(program_->erases[at.a].key);
  }
  if (keeps(table)) facts.pending.insert(table);
  if (row_of_it && facts.looked.count(table) != 0) facts.looked_then_wrote.insert(table);
}

Facts HandlerFlow::after(std::uint32_t instruction, const Way& way) const {
  const Instruction& at = program_->code[instruction];
  Facts facts = facts_[instruction];
  if (way.undone) {
    close_transaction(facts);
    return facts;
  }
  switch (at.op) {
    case Op::begin:
      close_transaction(facts);
      facts.in_transaction = true;
      facts.transaction = at.a;
      facts.serializable = program_->transactions[at.a].isolation == Isolation::serializable;
      break;
    case Op::branch:
    case Op::statement_let: look(at.b, facts); break;
    case Op::insert:
    case Op::update:
    case Op::erase: statement(at, facts); break;
    case Op::commit:
      facts.recorded = facts.recorded || facts.record_pending || !facts.looked_then_wrote.empty();
      facts.committed.insert(facts.pending.begin(), facts.pending.end());
      close_transaction(facts);
      break;
    case Op::rollback: close_transaction(facts); break;
    case Op::publish:
      if (way.to == instruction + 1) facts.published.insert(instruction);
      break;
    case Op::effect: facts.caused.insert(instruction); break;
    case Op::loop_next:
      // What a poller did for one element says nothing about the next.
      if (handler_->trigger == Trigger::poll) {
        facts.committed.clear();
        facts.published.clear();
        facts.caused.clear();
      }
      break;
    default: break;
  }
  if (way.first) (facts.in_transaction ? facts.record_pending : facts.recorded) = true;
  return facts;
}

void HandlerFlow::run() {
  if (facts_.empty()) return;
  facts_[0].reached = true;
  std::set<std::uint32_t> waiting{0};
  while (!waiting.empty()) {
    const std::uint32_t at = *waiting.begin();
    waiting.erase(waiting.begin());
    for (const Way& way : ways(at)) {
      if (way.to >= facts_.size()) continue;
      Facts next = facts_[way.to];
      meet(next, after(at, way));
      if (next == facts_[way.to]) continue;
      facts_[way.to] = std::move(next);
      waiting.insert(way.to);
    }
  }
}

bool HandlerFlow::recorded_later(std::uint32_t instruction, std::uint32_t except) const {
  // Greatest fixed point, from the end: true until some way reaches the commit without a record.
  std::vector<bool> later(facts_.size(), true);
  const auto makes_record = [&](std::uint32_t i) {
    const Instruction& at = program_->code[i];
    if (at.op == Op::insert) {
      const InsertSpec& insert = program_->inserts[at.a];
      return recognises(insert) || (insert.table != except && row_of_message(insert) && facts_[i].looked.count(insert.table) != 0);
    }
    if (at.op != Op::erase) return false;
    const EraseSpec& erase = program_->erases[at.a];
    return erase.table != except && locals_.follows_from_message(erase.key) && facts_[i].looked.count(erase.table) != 0;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (auto i = static_cast<std::uint32_t>(facts_.size()); i-- > 0;) {
      const Op op = program_->code[i].op;
      bool value = op == Op::rollback || op == Op::fail || op == Op::end || makes_record(i);
      if (!value && op != Op::commit) {
        const std::vector<Way> all = ways(i);
        value = std::all_of(all.begin(), all.end(), [&](const Way& way) { return way.undone || way.first || (way.to < later.size() && later[way.to]); });
      }
      changed = changed || value != later[i];
      later[i] = value;
    }
  }
  const std::vector<Way> all = ways(instruction);
  return std::all_of(all.begin(), all.end(), [&](const Way& way) { return way.undone || way.first || (way.to < later.size() && later[way.to]); });
}

}  // namespace flowtank::topology
