// SPDX-License-Identifier: Apache-2.0
// See expression_use.hpp. Locals are followed to a fixed point: a local is stable as long as nothing that is
// ever assigned to it speaks against it.
#include "sim/topology/expression_use.hpp"

#include <algorithm>
#include <set>

#include <sim/expr/bytecode.hpp>
#include <sim/expr/host.hpp>

namespace flowtank::topology {

namespace {

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

bool ExpressionUse::reads(std::uint32_t record, std::uint32_t field) const {
  return std::binary_search(fields.begin(), fields.end(), std::pair(record, field));
}

ExpressionUse use_of(const expr::Program& program) {
  ExpressionUse use;
  const expr::ProgramData& data = program.data();
  const auto name = [&](std::uint32_t constant) { return std::string(data.constants[constant].text()); };
  for (const expr::Instruction& at : data.code) {
    switch (at.op) {
      case expr::Opcode::field: use.fields.emplace_back(at.c, at.b); break;
      case expr::Opcode::select: use.names.push_back(name(at.d)); break;
      case expr::Opcode::has: use.tested.push_back(name(at.d)); break;
      default: break;
    }
  }
  sort_unique(use.fields);
  sort_unique(use.names);
  sort_unique(use.tested);
  return use;
}

bool uses_whole_message(const expr::Program& program, std::uint32_t message, std::uint32_t data) {
  constexpr auto input = static_cast<std::uint16_t>(expr::slot_space | slot_input);
  std::size_t data_taken = 0;
  std::size_t data_used = 0;
  for (const expr::Instruction& at : program.data().code) {
    const bool by_field = at.op == expr::Opcode::field || at.op == expr::Opcode::select || at.op == expr::Opcode::has;
    if ((at.a == input && !by_field) || at.b == input) return true;
    if (at.op == expr::Opcode::field && at.c == message && at.b == field_data) ++data_taken;
    if ((at.op == expr::Opcode::field && at.c == data) || at.op == expr::Opcode::has) ++data_used;
  }
  return data_taken > data_used;
}

namespace {

class Lister {
 public:
  Lister(const Program& program, std::vector<Site>& out) : program_(program), out_(out) {}

  void list(std::uint32_t number) {
    number_ = number;
    const Instruction& at = program_.code[number];
    switch (at.op) {
      case Op::let:
      case Op::read:
      case Op::statement_let:
      case Op::loop_start: add(at.b, Role::local, at.a); break;
      case Op::branch: add(at.b, Role::condition); break;
      case Op::make_event: event(program_.events[at.b]); break;
      case Op::choose:
        for (const ExprId option : program_.chooses[at.a].options) add(option, Role::local, program_.chooses[at.a].local);
        break;
      case Op::insert: columns(program_.inserts[at.a]); break;
      case Op::update: update(program_.updates[at.a]); break;
      case Op::erase: add(program_.erases[at.a].key, Role::key); break;
      case Op::publish: add(program_.publishes[at.a].event, Role::published); break;
      case Op::effect: effect(program_.effects[at.a]); break;
      case Op::call:
        for (const ExprId field : program_.calls[at.a].fields) add(field, Role::sent);
        break;
      case Op::reply: add(program_.replies[at.a].value, Role::other); break;
      case Op::set_timer:
      case Op::cancel_timer:
        add(program_.timers[at.a].key, Role::key);
        add(program_.timers[at.a].after_ms, Role::other);
        break;
      case Op::fail: add(program_.fails[at.a].reason, Role::other); break;
      default: break;
    }
  }

 private:
  void add(ExprId expression, Role role, std::uint32_t detail = none) {
    if (expression != none) out_.push_back({expression, number_, role, detail});
  }
  void event(const EventSpec& spec) {
    for (const ExprId field : spec.fields) add(field, Role::sent);
    add(spec.id, Role::sent);
    add(spec.key, Role::key);
  }
  void columns(const InsertSpec& spec) {
    for (std::uint32_t i = 0; i < spec.columns.size(); ++i) add(spec.columns[i], Role::column, i);
  }
  void update(const UpdateSpec& spec) {
    add(spec.key, Role::key);
    add(spec.guard, Role::guard);
    for (const Assignment& assignment : spec.set) add(assignment.value, Role::assigned, assignment.column);
  }
  void effect(const EffectSpec& spec) {
    add(spec.key, Role::key);
    add(spec.amount, Role::other);
    add(spec.idempotency_key, Role::other);
  }

  const Program& program_;
  std::vector<Site>& out_;
  std::uint32_t number_ = 0;
};

}  // namespace

std::vector<Site> sites_of(const Program& program) {
  std::vector<Site> out;
  Lister lister(program, out);
  for (std::uint32_t i = 0; i < program.code.size(); ++i) lister.list(i);
  return out;
}

Locals::Locals(const System& system, const Program& program)
    : system_(&system), made_(program.locals.size()), values_(program.locals.size()), from_(program.locals.size()),
      stable_(program.locals.size(), true), repeatable_(program.locals.size(), true), from_message_(program.locals.size(), false) {
  for (const Site& site : sites_of(program)) {
    if (site.role == Role::local && site.detail != none) values_[site.detail].push_back(site.expression);
  }
  const auto vary = [&](std::uint32_t local) {
    if (local != none) stable_[local] = repeatable_[local] = false;
  };
  for (const Instruction& at : program.code) {
    switch (at.op) {
      case Op::make_event: made_[at.a].push_back(program.events[at.b].message); break;
      case Op::choose: vary(program.chooses[at.a].local); break;
      case Op::read:
      case Op::statement_let: stable_[at.a] = false; break;
      case Op::loop_next: {
        const EachSpec& each = program.eaches[at.a];
        if (each.item_local != none) from_[each.item_local].push_back(each.list_local);
        break;
      }
      case Op::call:
        vary(program.calls[at.a].result);
        vary(program.calls[at.a].outcome);
        break;
      case Op::update: vary(program.updates[at.a].changed); break;
      default: break;
    }
  }
  for (auto& made : made_) sort_unique(made);
  settle(program);
}

bool Locals::holds(const expr::Program& program, const std::vector<bool>& locals, bool rows_by_key) const {
  const bool tables = std::all_of(program.accesses().begin(), program.accesses().end(),
                                  [&](const expr::TableAccess& access) { return rows_by_key && access.access == expr::Access::key; });
  if (!tables || program.tables_escape()) return false;
  return std::all_of(program.slots().begin(), program.slots().end(), [&](std::uint32_t slot) {
    return slot == slot_input || (slot >= slot_local0 && slot - slot_local0 < locals.size() && locals[slot - slot_local0]);
  });
}

void Locals::settle(const Program& program) {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < program.locals.size(); ++i) {
      bool stable = stable_[i];
      bool repeatable = repeatable_[i];
      bool message = from_message_[i] || !made_[i].empty();  // an event's id follows from its cause
      for (const ExprId value : values_[i]) {
        const expr::Program& expression = system_->expressions[value];
        stable = stable && holds(expression, stable_, false);
        repeatable = repeatable && holds(expression, repeatable_, true);
        for (const std::uint32_t slot : expression.slots()) {
          message = message || slot == slot_input || (slot >= slot_local0 && from_message_[slot - slot_local0]);
        }
      }
      for (const std::uint32_t list : from_[i]) {
        stable = stable && stable_[list];
        repeatable = repeatable && repeatable_[list];
        message = message || from_message_[list];
      }
      changed = changed || stable != stable_[i] || repeatable != repeatable_[i] || message != from_message_[i];
      stable_[i] = stable;
      repeatable_[i] = repeatable;
      from_message_[i] = message;
    }
  }
}

bool Locals::is_stable(ExprId expression) const { return expression != none && holds(system_->expressions[expression], stable_, false); }
bool Locals::is_repeatable(ExprId expression) const { return expression != none && holds(system_->expressions[expression], repeatable_, true); }

bool Locals::follows_from_message(ExprId expression) const {
  if (!is_stable(expression)) return false;
  const auto& slots = system_->expressions[expression].slots();
  return std::any_of(slots.begin(), slots.end(), [&](std::uint32_t slot) {
    return slot == slot_input || (slot >= slot_local0 && from_message_[slot - slot_local0]);
  });
}

std::uint32_t Locals::plain_local(ExprId expression) const {
  if (expression == none) return none;
  const auto slot = system_->expressions[expression].plain_slot();
  return slot && *slot >= slot_local0 ? *slot - slot_local0 : none;
}

std::vector<std::uint32_t> Locals::tables_behind(ExprId expression) const {
  std::vector<std::uint32_t> out;
  std::set<std::uint32_t> seen;
  std::vector<std::uint32_t> waiting;
  const auto look = [&](ExprId id) {
    const expr::Program& program = system_->expressions[id];
    for (const expr::TableAccess& access : program.accesses()) out.push_back(static_cast<std::uint32_t>(access.table.u));
    for (const std::uint32_t slot : program.slots()) {
      if (slot >= slot_local0 && seen.insert(slot - slot_local0).second) waiting.push_back(slot - slot_local0);
    }
  };
  if (expression != none) look(expression);
  while (!waiting.empty()) {
    const std::uint32_t local = waiting.back();
    waiting.pop_back();
    if (local >= values_.size()) continue;
    for (const ExprId value : values_[local]) look(value);
    for (const std::uint32_t list : from_[local]) {
      if (seen.insert(list).second) waiting.push_back(list);
    }
  }
  sort_unique(out);
  return out;
}

}  // namespace flowtank::topology
