// SPDX-License-Identifier: Apache-2.0
// Steps on the service's own tables: transactions and their statements. Steps for the case that a
// transaction cannot go on ("on_abort", "on_conflict") are lowered behind its commit, so that the straight
// way through a handler is straight in its program too.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/handler_builder.hpp"

namespace flowtank::loading {

namespace {

bool filled_by_database(const Table& table, std::size_t column) {
  return column == table.sequence || column == table.commit_order;
}

}  // namespace

void HandlerBuilder::begin_transaction(std::uint32_t step, Isolation isolation) {
  emit(Op::begin, step, add(program_.transactions, TransactionSpec{isolation, none}));
  transactions_.emplace_back();
  in_transaction_ = true;
}

void HandlerBuilder::finish_transaction() {
  in_transaction_ = false;
  TransactionScope scope = std::move(transactions_.back());
  transactions_.pop_back();
  const std::uint32_t step = program_.code.back().step;
  for (const Aside& aside : scope.asides) {
    scope.to_end.push_back(emit(Op::jump, step));
    aside.set_target(here());
    if (reading_.is_list(aside.steps, "steps")) steps(aside.steps);
  }
  land(scope.to_end);
}

void HandlerBuilder::transaction(Open& open) {
  const Place list = open.fields.list("transaction");
  const auto isolation = static_cast<Isolation>(open.fields.word("isolation", {"read_committed", "snapshot", "serializable"}, "Isolation levels", 0));
  const Place on_abort = open.fields.find("on_abort");
  if (in_transaction_) {
    reading_.error(codes::model_step_place, open.fields.place(), "a transaction inside of a transaction");
    return;
  }
  // A serializable transaction may run as one action, which is then its begin.
  const bool one_action = isolation == Isolation::serializable;
  const std::string label = open.label.empty() ? "transaction" : open.label;
  const std::uint32_t commit_step = step_index(open, one_action ? "commit" : label);
  std::uint32_t begin_step = extra_step(open, one_action ? label : "begin " + label, one_action && open.business);
  if (one_action) {
    program_.steps[begin_step].says = open.says;
    program_.steps[commit_step].label = "commit " + label;
    program_.steps[commit_step].business = false;
  }
  begin_transaction(begin_step, isolation);
  const auto spec = static_cast<std::uint32_t>(program_.transactions.size() - 1);
  if (on_abort) {
    transactions_.back().asides.push_back({[this, spec](std::uint32_t at) { program_.transactions[spec].on_abort = at; }, on_abort});
  }
  if (list) steps(list);
  emit(Op::commit, commit_step);
  finish_transaction();
}

void HandlerBuilder::begin_own(Open& open, const std::string& label) {
  if (in_transaction_) return;
  // It runs as one action, its begin: so the begin carries the label.
  open.own = true;
  begin_transaction(step_index(open, label), Isolation::serializable);
}

void HandlerBuilder::end_own(Open& open) {
  emit(Op::commit, extra_step(open, "commit " + program_.steps[open.index].label));
  finish_transaction();
}

std::uint32_t HandlerBuilder::statement_step(Open& open, const std::string& label) {
  return open.own ? extra_step(open, label) : step_index(open, label);
}

std::vector<ExprId> HandlerBuilder::row_columns(Open& open, const Place& row, std::uint32_t table) {
  const Table& into = builder_.system->tables[table];
  std::vector<ExprId> columns(into.columns.size(), none);
  Fields fields(reading_, row, "a row of " + into.name);
  if (!fields.valid()) return columns;
  std::vector<std::string> names;
  for (const Column& column : into.columns) names.push_back(column.name);
  for (const JsonMember& member : row.node->members) {
    const auto found = std::find(names.begin(), names.end(), member.key);
    if (found == names.end()) {
      reading_.error_at_key(codes::ref_column, row, member, "table " + into.name + " has no column " + in_quotes(member.key), name_hint(member.key, names, "Columns"));
      continue;
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    if (filled_by_database(into, index)) {
      reading_.error_at_key(codes::ref_column, row, member, "column " + in_quotes(member.key) + " is filled by the database", "Leave it out.");
      continue;
    }
    const expr::Type type = builder_.system->tables[table].columns[index].type;
    columns[index] = value(open, row.at(member), type, fmt::format("column {} of {}", member.key, into.name), true);
  }
  return columns;
}

void HandlerBuilder::insert(Open& open) {
  const std::uint32_t table = table_named(open, open.fields.require("insert"));
  const Place row = open.fields.require("row");
  if (table == none || !row) {
    open.fields.allow("on_conflict");
    return;
  }
  const bool own = !in_transaction_;
  const std::string label = "insert " + builder_.system->tables[table].name;
  begin_own(open, label);
  std::vector<ExprId> columns = row_columns(open, row, table);
  if (row.node->is(JsonKind::object) && !filled_by_database(builder_.system->tables[table], 0) &&
      !row.node->find(builder_.system->tables[table].columns[0].name)) {
    reading_.error(codes::key_missing, row, "the row has no key column " + in_quotes(builder_.system->tables[table].columns[0].name));
  }
  insert_row(open, table, label, std::move(columns));
  if (own) end_own(open);
}

void HandlerBuilder::insert_row(Open& open, std::uint32_t table, const std::string& label, std::vector<ExprId> columns) {
  InsertSpec spec;
  spec.table = table;
  spec.columns = std::move(columns);
  const auto index = static_cast<std::uint32_t>(program_.inserts.size());
  on_conflict(open, spec, index);
  program_.inserts.push_back(std::move(spec));
  emit(Op::insert, statement_step(open, label), index);
}

void HandlerBuilder::on_conflict(Open& open, InsertSpec& spec, std::uint32_t index_of_insert) {
  // An event's id follows from its cause, so handling a message again makes the same event again: its
  // outbox row is armed again.
  if (open.verb == "outbox") spec.on_conflict = OnConflict::update;
  const Place conflict = reading_.resolve(open.fields.find("on_conflict"));
  if (!conflict) return;
  if (conflict.node->is(JsonKind::array)) {
    spec.on_conflict = OnConflict::jump;
    transactions_.back().asides.push_back({[this, index_of_insert](std::uint32_t at) { program_.inserts[index_of_insert].target = at; }, conflict});
    return;
  }
  const auto word = reading_.word(conflict, {"error", "ignore", "update"}, "Allowed, beside a list of steps");
  constexpr OnConflict meanings[] = {OnConflict::error, OnConflict::ignore, OnConflict::update};
  if (word) spec.on_conflict = meanings[*word];
}

void HandlerBuilder::assignments(const Place& list, bool increment, std::uint32_t table, const expr::Environment& with_row, UpdateSpec& spec) {
  if (!list) return;
  const Table& of = builder_.system->tables[table];
  std::vector<std::string> names;
  for (const Column& column : of.columns) names.push_back(column.name);
  for (const JsonMember& member : list.node->members) {
    const auto found = std::find(names.begin(), names.end(), member.key);
    if (found == names.end()) {
      reading_.error_at_key(codes::ref_column, list, member, "table " + of.name + " has no column " + in_quotes(member.key), name_hint(member.key, names, "Columns"));
      continue;
    }
    const auto index = static_cast<std::uint32_t>(found - names.begin());
    if (filled_by_database(of, index)) {
      reading_.error_at_key(codes::ref_column, list, member, "column " + in_quotes(member.key) + " is filled by the database", "Leave it out.");
      continue;
    }
    if (index == 0) {
      reading_.error_at_key(codes::ref_column, list, member, "the key of a row cannot be changed", "Delete the row and insert another.");
      continue;
    }
    const Place place = list.at(member);
    const Compiled value = expressions_.value_of(place, with_row, of.columns[index].type, fmt::format("column {} of {}", member.key, of.name));
    if (increment && value && !builder_.types->fits(value.type, expr::types::int64)) {
      reading_.error(codes::type_expression, place, "\"add\" adds a whole number, but this is of type " + builder_.types->name(value.type));
    }
    spec.set.push_back({index, value.id, increment});
  }
}

void HandlerBuilder::update(Open& open) {
  const std::uint32_t table = table_named(open, open.fields.require("update"));
  const Place key = open.fields.require("key");
  const Place guard = open.fields.find("if");
  const Place set = open.fields.object("set");
  const Place add_to = open.fields.object("add");
  const Place changed = open.fields.find("changed");
  if (!set && !add_to) reading_.error(codes::key_missing, open.fields.place(), "an update needs \"set\" or \"add\"");
  if (table == none || !key) return;
  const bool own = !in_transaction_;
  const Table& of = builder_.system->tables[table];
  begin_own(open, "update " + of.name);
  UpdateSpec spec;
  spec.table = table;
  spec.key = value(open, key, of.columns[0].type, "the key of " + of.name, true);
  expr::Environment with_row = environment_;
  with_row.declare("row", builder_.types->record_type(of.record_type), slot_row);
  if (guard) spec.guard = expressions_.condition(guard, with_row).id;
  assignments(set, false, table, with_row, spec);
  assignments(add_to, true, table, with_row, spec);
  if (changed) {
    if (const auto name = reading_.text(changed)) spec.changed = declare_local(*name, expr::types::int64, changed);
  }
  emit(Op::update, statement_step(open, "update " + of.name), add(program_.updates, std::move(spec)));
  if (own) end_own(open);
}

void HandlerBuilder::erase(Open& open) {
  const std::uint32_t table = table_named(open, open.fields.require("delete"));
  const Place key = open.fields.require("key");
  if (table == none || !key) return;
  const bool own = !in_transaction_;
  const Table& of = builder_.system->tables[table];
  begin_own(open, "delete from " + of.name);
  const ExprId row = value(open, key, of.columns[0].type, "the key of " + of.name, true);
  emit(Op::erase, statement_step(open, "delete from " + of.name), add(program_.erases, EraseSpec{table, row}));
  if (own) end_own(open);
}

void HandlerBuilder::rollback(Open& open) {
  open.fields.boolean("rollback", true);
  if (!in_transaction_) {
    reading_.error(codes::model_step_place, open.fields.place(), "rollback outside of a transaction");
    return;
  }
  emit(Op::rollback, step_index(open, "roll back"));
  transactions_.back().to_end.push_back(emit(Op::jump, open.index));
}

}  // namespace flowtank::loading
