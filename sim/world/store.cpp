// SPDX-License-Identifier: Apache-2.0
// See store.hpp. Lists of present rows are quiet cells: undone with the rest, never part of the state.
#include "sim/world/store.hpp"

#include <algorithm>
#include <iterator>

#include "sim/world/component.hpp"

namespace flowtank {

Store::Store(const System& system, Pool& pool, Cells& cells) : system_(system), pool_(pool), cells_(cells) {
  tables_.resize(system.tables.size());
  for (std::uint32_t t = 0; t < tables_.size(); ++t) {
    tables_[t].claims.resize(system.tables[t].unique.size());
    tables_[t].head = cells.allocate(Cells::Holds::quiet, 0);
    tables_[t].count = cells.allocate(Cells::Holds::quiet, 0);
    tables_[t].keys_component = component_key(ComponentKind::table_keys, t, 0);
    const std::uint32_t filled[] = {system.tables[t].sequence, system.tables[t].commit_order};
    for (std::size_t c = 0; c < std::size(filled); ++c) {
      if (filled[c] == none) continue;
      tables_[t].counters[c] = cells.allocate(Cells::Holds::number, component_key(ComponentKind::table_keys, t, 1 + c));
    }
  }
}

void Store::clear() {
  owned_.clear();
  for (TableState& table : tables_) {
    table.index.clear();
    for (WordIndex& claim : table.claims) claim.clear();
  }
}

Cell Store::row(std::uint32_t table, Word key) {
  TableState& state = tables_[table];
  if (const Cell known = state.index.find(key)) return known;
  if (!cells_.tracking()) {
    const Cell at = cells_.allocate_untracked(first_column - 1 + system_.tables[table].columns.size());
    state.index.put(key, at);
    return at;
  }
  const Hash128 of = pool_.content(key);
  const Cell base = cells_.allocate(Cells::Holds::word, component_key(ComponentKind::row, table, of, 0));
  cells_.allocate(Cells::Holds::number, component_key(ComponentKind::row, table, of, 1));
  cells_.allocate(Cells::Holds::quiet, 0);
  cells_.allocate(Cells::Holds::quiet, 0);
  const std::size_t columns = system_.tables[table].columns.size();
  for (std::size_t c = 1; c < columns; ++c) {
    cells_.allocate(Cells::Holds::word, component_key(ComponentKind::row, table, of, 1 + c));
  }
  state.index.put(key, base);
  owned_.push_back({base, static_cast<Cell>(base + first_column - 1 + columns), table});
  return base;
}

std::uint32_t Store::table_of(Cell cell) const {
  const auto after = std::upper_bound(owned_.begin(), owned_.end(), cell, [](Cell c, const Owned& o) { return c < o.first; });
  if (after == owned_.begin()) return none;
  const Owned& owned = *(after - 1);
  return cell < owned.end ? owned.table : none;
}

void Store::note_absent(std::uint32_t table, Hash128 key) const {
  cells_.note_absent(component_key(ComponentKind::row, table, key, 0));
}

std::uint64_t Store::size(std::uint32_t table) const {
  cells_.note_scan(tables_[table].keys_component);
  return cells_.peek(tables_[table].count);
}

void Store::scan(std::uint32_t table, std::vector<Cell>& out) const {
  cells_.note_scan(tables_[table].keys_component);
  const std::size_t begin = out.size();
  for (std::uint64_t row = cells_.peek(tables_[table].head); row != 0; row = cells_.peek(static_cast<Cell>(row) + 2)) {
    out.push_back(static_cast<Cell>(row));
  }
  if (out.size() - begin < 2) return;
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), [&](Cell a, Cell b) {
    return compare(pool_.value(cells_.peek(a)), pool_.value(cells_.peek(b))) < 0;
  });
}

void Store::link(TableState& table, Cell row) {
  const std::uint64_t first = cells_.peek(table.head);
  cells_.set(row + 2, first);
  cells_.set(row + 3, 0);
  if (first != 0) cells_.set(static_cast<Cell>(first) + 3, row);
  cells_.set(table.head, row);
  cells_.set(table.count, cells_.peek(table.count) + 1);
}

void Store::unlink(TableState& table, Cell row) {
  const std::uint64_t next = cells_.peek(row + 2), previous = cells_.peek(row + 3);
  if (previous != 0) cells_.set(static_cast<Cell>(previous) + 2, next);
  else cells_.set(table.head, next);
  if (next != 0) cells_.set(static_cast<Cell>(next) + 3, previous);
  cells_.set(table.count, cells_.peek(table.count) - 1);
}

Cell Store::claim(std::uint32_t table, std::uint32_t which, std::span<const Word> columns) {
  Hash128 of{which + 1, 0};
  bool complete = true;
  for (const std::uint32_t column : system_.tables[table].unique[which]) {
    complete = complete && columns[column] != absent_word && columns[column] != Pool::of_null();
    of = combine(of, pool_.content(columns[column]));
  }
  if (!complete) return 0;  // a null is never equal to anything, as in SQL
  WordIndex& index = tables_[table].claims[which];
  const std::uint64_t key = of.lo | 1;
  if (const Cell known = index.find(key)) return known;
  // The owner follows from the rows, therefore quiet; the lock does not.
  const Cell base = cells_.allocate(Cells::Holds::quiet, 0);
  cells_.allocate(Cells::Holds::number, component_key(ComponentKind::unique_claim, table, of, 0));
  index.put(key, base);
  if (cells_.tracking()) owned_.push_back({base, base + 2, table});
  return base;
}

void Store::set_claims(std::uint32_t table, Cell row, Word owner) {
  const auto& unique = system_.tables[table].unique;
  if (unique.empty()) return;
  std::vector<Word> columns(system_.tables[table].columns.size());
  for (std::uint32_t c = 0; c < columns.size(); ++c) columns[c] = column(row, c);
  for (std::uint32_t which = 0; which < unique.size(); ++which) {
    if (const Cell at = claim(table, which, columns)) cells_.set(at, owner);
  }
}

void Store::put(std::uint32_t table, Cell row, std::span<const Word> columns) {
  const bool was = cells_.peek(row) != absent_word;
  if (was) set_claims(table, row, absent_word);
  cells_.set(row, columns[0]);
  for (std::uint32_t c = 1; c < columns.size(); ++c) set_column(row, c, columns[c]);
  if (!was) link(tables_[table], row);
  set_claims(table, row, columns[0]);
}

void Store::erase(std::uint32_t table, Cell row) {
  if (cells_.peek(row) == absent_word) return;
  set_claims(table, row, absent_word);
  unlink(tables_[table], row);
  cells_.set(row, absent_word);
  const std::size_t columns = system_.tables[table].columns.size();
  for (std::uint32_t c = 1; c < columns; ++c) set_column(row, c, absent_word);
}

std::size_t Store::memory_bytes() const {
  std::size_t total = 0;
  for (const TableState& table : tables_) total += table.index.memory_bytes();
  return total;
}

}  // namespace flowtank
