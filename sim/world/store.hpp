// SPDX-License-Identifier: Apache-2.0
// The databases: tables of rows, each row a component of its own, with row locks and unique claims. A
// table also has a key set, which only scans read. Rows come and go without changing the fingerprint of
// equal states (absent is zero); their cells are found through an append-only index.
#pragma once

#include <span>
#include <vector>

#include <sim/base/pool.hpp>

#include "sim/world/cells.hpp"
#include "sim/world/content_index.hpp"
#include "sim/world/system.hpp"
#include <sim/base/word_index.hpp>

namespace flowtank {

class Store {
 public:
  Store(const System& system, Pool& pool, Cells& cells);

  // The cells of a row: allocated if the key was never seen; present or not.
  Cell row(std::uint32_t table, Word key);
  // 0 when the key was never seen; that is a look at an absent row too.
  Cell find(std::uint32_t table, Word key) const {
    const Cell row = tables_[table].index.find(key);
    if (row == 0 && cells_.recording()) [[unlikely]] note_absent(table, pool_.content(key));
    return row;
  }
  // Puts the absence of a row that never was into the footprint, by the content of its key.
  void note_absent(std::uint32_t table, Hash128 key) const;

  bool present(Cell row) const { return row != 0 && cells_.get(row) != absent_word; }
  Word column(Cell row, std::uint32_t column) const {
    return cells_.get(column == 0 ? row : row + first_column - 1 + column);
  }
  // Rows present, in no particular order but a deterministic one.
  std::uint64_t size(std::uint32_t table) const;
  // Rows present, sorted by key. A scan of the key set.
  void scan(std::uint32_t table, std::vector<Cell>& out) const;

  // Makes the row present with these columns (column 0 is the key). Keeps the unique claims.
  void put(std::uint32_t table, Cell row, std::span<const Word> columns);
  void erase(std::uint32_t table, Cell row);
  void set_column(Cell row, std::uint32_t column, Word value) { cells_.set(row + first_column - 1 + column, value); }

  // Locks: the frame plus one, 0 = free.
  std::uint64_t lock_of(Cell row) const { return cells_.get(row + 1); }
  void lock(Cell row, std::uint64_t owner) { cells_.set(row + 1, owner); }

  // The claim of a set of unique columns (constraint `which` of the table) on these values: allocated on
  // first use. Its owner is the key of the row that has the values, 0 when free; its lock as above.
  Cell claim(std::uint32_t table, std::uint32_t which, std::span<const Word> columns);
  Word claim_owner(Cell claim) const { return cells_.get(claim); }

  // Numbers given away so far by a table's sequence (at insert) or log (at commit): part of the state, and not
  // given back by a rollback.
  enum class Counter : std::uint8_t { sequence, commit_order };
  std::uint64_t given(std::uint32_t table, Counter which) const { return cells_.get(counter(table, which)); }
  void give(std::uint32_t table, Counter which) { cells_.set(counter(table, which), given(table, which) + 1); }

  // Explorations: the table whose row, or whose claim of unique columns, the cell is part of; none if it is neither.
  std::uint32_t table_of(Cell cell) const;
  // The key set of a table as a component, for footprints.
  std::uint64_t keys_component(std::uint32_t table) const { return tables_[table].keys_component; }

  const Table& table(std::uint32_t table) const { return system_.tables[table]; }
  // Forgets all rows; the cells were truncated.
  void clear();
  std::size_t memory_bytes() const;

 private:
  // Layout of a row: key, lock, next, previous, columns 1...
  static constexpr Cell first_column = 4;
  struct TableState {
    ContentIndex index;
    std::vector<WordIndex> claims;
    Cell head = 0;   // quiet list of present rows
    Cell count = 0;  // quiet
    Cell counters[2] = {};  // by Counter; 0 where the table has none
    std::uint64_t keys_component = 0;
  };
  Cell counter(std::uint32_t table, Counter which) const { return tables_[table].counters[static_cast<std::size_t>(which)]; }
  void link(TableState& table, Cell row);
  void unlink(TableState& table, Cell row);
  void set_claims(std::uint32_t table, Cell row, Word owner);

  const System& system_;
  Pool& pool_;
  Cells& cells_;
  std::vector<TableState> tables_;
  struct Owned {
    Cell first, end;
    std::uint32_t table;
  };
  std::vector<Owned> owned_;  // explorations: cells of rows and claims, ascending
};

}  // namespace flowtank
