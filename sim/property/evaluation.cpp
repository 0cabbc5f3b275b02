// SPDX-License-Identifier: Apache-2.0
// See evaluation.hpp. The host of properties is the World's own, with a listener in front of it.
#include "sim/property/evaluation.hpp"

#include <array>

#include <sim/expr/program.hpp>
#include <sim/world/world.hpp>

#include "sim/property/spec.hpp"

namespace flowtank {
namespace {

constexpr std::uint32_t everybody = 0xffffffffU;

bool uses_tables(const expr::Program& program) { return !program.accesses().empty() || program.tables_escape(); }

bool can_be_key(const Value& key) { return key.kind != Kind::absent && key.kind != Kind::external && key.kind != Kind::error; }

}  // namespace

void Dependencies::read_row(std::uint32_t table, Word key, Word subject) {
  if (whole_[table]) return;
  if (key == subject) {
    own_[table] = true;
    return;
  }
  rows_[table] = true;
  const std::uint64_t row = identity(table, key);
  const std::uint32_t first = first_.find(row);
  if (first == everybody) return;
  std::uint32_t readers = 0;
  for (std::uint32_t at = first; at != 0; at = readers_[at - 1].next) {
    if (readers_[at - 1].subject == subject) return;
    ++readers;
  }
  if (subject == absent_word || readers == most_readers) {
    first_.put(row, everybody);
    return;
  }
  readers_.push_back({subject, first});
  first_.put(row, static_cast<std::uint32_t>(readers_.size()));
}

void Dependencies::changed_elsewhere(std::uint32_t table, Word key, Dirty& dirty) const {
  if (whole_[table]) {
    dirty.all = true;
  } else if (!dirty.all) {
    const std::uint32_t first = first_.find(identity(table, key));
    if (first == everybody) {
      dirty.all = true;
      return;
    }
    for (std::uint32_t at = first; at != 0; at = readers_[at - 1].next) dirty.add(readers_[at - 1].subject);
  }
}

void Dependencies::clear() {
  whole_.assign(whole_.size(), false);
  own_.assign(own_.size(), false);
  rows_.assign(rows_.size(), false);
  first_.clear();
  readers_.clear();
}

// Passes every read on to the World and notes it.
class ReadingHost final : public expr::Host {
 public:
  ReadingHost(World& world, Evaluation& evaluation, Word subject)
      : world_(world), store_(world, nullptr), evaluation_(evaluation), subject_(subject) {}

  Value find(const Value& table, const Value& key) override {
    note_row(table, key);
    return store_.find(table, key);
  }
  bool contains(const Value& table, const Value& key) override {
    note_row(table, key);
    return store_.contains(table, key);
  }
  std::int64_t size(const Value& table) override {
    note_table(table);
    return store_.size(table);
  }
  Value rows(const Value& table, Arena& arena) override {
    note_table(table);
    return store_.rows(table, arena);
  }
  Value keys(const Value& table, Arena& arena) override {
    note_table(table);
    return store_.keys(table, arena);
  }
  // A row comes from find, rows or a slot, all of which are known to be read.
  Value field(const Value& row, std::uint32_t field, Arena& arena) override { return store_.field(row, field, arena); }
  std::uint32_t row_type(const Value& row) override { return store_.row_type(row); }

 private:
  void note_row(const Value& table, const Value& key) {
    const auto t = static_cast<std::uint32_t>(table.u);
    note(t);
    if (!can_be_key(key)) return;
    Word word = world_.pool().find(key);
    if (word == absent_word) word = world_.pool().intern(key);
    evaluation_.dependencies_.read_row(t, word, subject_);
  }
  void note_table(const Value& table) {
    const auto t = static_cast<std::uint32_t>(table.u);
    note(t);
    evaluation_.dependencies_.read_table(t);
  }
  void note(std::uint32_t table) {
    evaluation_.read_tables_ = true;
    if (!evaluation_.read_rows_) evaluation_.read_rows_ = world_.store().size(table) != 0;
  }

  World& world_;
  StoreHost store_;
  Evaluation& evaluation_;
  Word subject_;
};

Value Evaluation::evaluate(World& world, ExprId expression, const Value& item, const Value& key, Word subject) {
  const expr::Program& program = system_.expressions[expression];
  std::array<Value, property_slots> slots;
  slots[slot_item] = item;
  slots[slot_key_of_item] = key;
  if (!uses_tables(program)) {
    StoreHost host(world, nullptr);
    return expr::evaluate(program, slots, host, arena_);
  }
  ReadingHost host(world, *this, subject);
  return expr::evaluate(program, slots, host, arena_);
}

void Evaluation::watch(World& world, ExprId expression) const {
  if (expression == none) return;
  for (const expr::TableAccess& access : system_.expressions[expression].accesses()) {
    const auto table = static_cast<std::uint32_t>(access.table.u);
    if (system_.tables[table].role == TableRole::observation) world.watch(table);
  }
}

}  // namespace flowtank
