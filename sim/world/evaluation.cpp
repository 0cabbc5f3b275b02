// SPDX-License-Identifier: Apache-2.0
// See evaluation.hpp: what expressions read of tables and rows, each read through the Store's accessors with the
// transaction laid over it.
#include "sim/world/evaluation.hpp"

#include <algorithm>

#include <sim/expr/program.hpp>

#include "sim/world/world.hpp"

namespace flowtank {

Word row_word(World& world, std::uint32_t table, std::span<const Word> columns) {
  constexpr std::size_t few = 16;
  Word small[few];
  std::vector<Word> many(columns.size() > few ? columns.size() : 0);
  const std::span<Word> fields(columns.size() > few ? many.data() : small, columns.size());
  for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = columns[i] == absent_word ? Pool::of_null() : columns[i];
  return world.pool().intern_record(world.system().tables[table].record_type, fields);
}

Cell StoreHost::locate(std::uint32_t table, const Value& key) const {
  const Word word = world_.pool().find(key);
  if (word != absent_word) return world_.store().find(table, word);
  // Nobody has ever seen such a content: there is no cell to read, but the row's absence was looked at.
  if (world_.cells().recording()) world_.store().note_absent(table, Pool::content_of(key));
  return 0;
}

bool StoreHost::present(std::uint32_t table, Cell row) const {
  if (row == 0) return false;
  if (transaction_ != nullptr) {
    if (const auto* pending = transaction_->find(table, row)) return pending->present;
    if (const auto* old = transaction_->find_old(table, row)) return old->present;
  }
  return world_.store().present(row);
}

Value StoreHost::find(const Value& table, const Value& key) {
  const auto t = static_cast<std::uint32_t>(table.u);
  const Cell row = locate(t, key);
  return present(t, row) ? row_handle(t, row) : Value{};
}

bool StoreHost::contains(const Value& table, const Value& key) {
  const auto t = static_cast<std::uint32_t>(table.u);
  return present(t, locate(t, key));
}

void StoreHost::scan(std::uint32_t table, std::vector<Cell>& out) const {
  world_.store().scan(table, out);
  if (transaction_ == nullptr || (transaction_->writes().empty() && transaction_->olds().empty())) return;
  // Lay the transaction over what is committed.
  for (const auto* rows : {&transaction_->olds(), &transaction_->writes()}) {
    for (const Transaction::Row& r : *rows) {
      if (r.table == table && std::find(out.begin(), out.end(), r.row) == out.end()) out.push_back(r.row);
    }
  }
  std::erase_if(out, [&](Cell row) { return !present(table, row); });
  std::sort(out.begin(), out.end(), [&](Cell a, Cell b) {
    auto key = [&](Cell row) {
      for (const auto* rows : {&transaction_->writes(), &transaction_->olds()}) {
        for (const Transaction::Row& r : *rows) {
          if (r.table == table && r.row == row) return world_.pool().value(r.key);
        }
      }
      return world_.pool().value(world_.cells().peek(row));
    };
    return compare(key(a), key(b)) < 0;
  });
}

std::int64_t StoreHost::size(const Value& table) {
  const auto t = static_cast<std::uint32_t>(table.u);
  if (transaction_ == nullptr || (transaction_->writes().empty() && transaction_->olds().empty())) {
    return static_cast<std::int64_t>(world_.store().size(t));
  }
  std::vector<Cell> cells;
  scan(t, cells);
  return static_cast<std::int64_t>(cells.size());
}

Value StoreHost::rows(const Value& table, Arena& arena) {
  const auto t = static_cast<std::uint32_t>(table.u);
  auto& [cells, values] = world_.scan_scratch();
  cells.clear();
  scan(t, cells);
  values.clear();
  for (const Cell cell : cells) values.push_back(row_handle(t, cell));
  return arena.make_list(values);
}

Value StoreHost::keys(const Value& table, Arena& arena) {
  const auto t = static_cast<std::uint32_t>(table.u);
  auto& [cells, values] = world_.scan_scratch();
  cells.clear();
  scan(t, cells);
  values.clear();
  for (const Cell cell : cells) values.push_back(field(row_handle(t, cell), 0, arena));
  return arena.make_list(values);
}

Value StoreHost::field(const Value& row, std::uint32_t field, Arena&) {
  const Word word = field_word(row, field);
  return word == absent_word ? Value::of_null() : world_.pool().value(word);
}

Word StoreHost::field_word(const Value& row, std::uint32_t field) const {
  const auto table = static_cast<std::uint32_t>(row.u >> 32);
  const auto cell = static_cast<Cell>(row.u);
  const std::size_t count = world_.store().table(table).columns.size();
  const Transaction::Row* over = nullptr;
  if (transaction_ != nullptr) {
    over = transaction_->find(table, cell);
    if (over == nullptr) over = transaction_->find_old(table, cell);
  }
  return over != nullptr ? (over->present ? transaction_->columns(*over, count)[field] : absent_word)
                         : world_.store().column(cell, field);
}

std::uint32_t StoreHost::row_type(const Value& row) {
  return world_.system().tables[static_cast<std::uint32_t>(row.u >> 32)].record_type;
}

}  // namespace flowtank
