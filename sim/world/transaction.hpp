// SPDX-License-Identifier: Apache-2.0
// A running transaction: writes that are not visible yet, and for snapshot isolation what rows looked like
// at begin when others have changed them since. Locks are in the Store. No version numbers: a snapshot is
// the set of old contents that matter, so that equal situations are equal states.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sim/base/pool.hpp>

#include "sim/world/program.hpp"
#include "sim/world/store.hpp"

namespace flowtank {

class Transaction {
 public:
  struct Row {
    std::uint32_t table = 0;
    Cell row = 0;
    Word key = absent_word;
    bool present = false;
    std::uint32_t first = 0;  // of its columns in words
  };

  bool open = false;
  Isolation isolation = Isolation::read_committed;

  void begin(Isolation how) {
    open = true;
    isolation = how;
    clear_contents();
  }
  void clear() {
    open = false;
    clear_contents();
  }

  // The pending write of a row, or nullptr.
  const Row* find(std::uint32_t table, Cell row) const { return find_in(writes_, table, row); }
  const Row* find_old(std::uint32_t table, Cell row) const { return find_in(olds_, table, row); }
  std::span<const Word> columns(const Row& row, std::size_t count) const { return {words_.data() + row.first, count}; }

  // Adds or replaces the pending write of a row. Empty columns: the row is deleted.
  void write(std::uint32_t table, Cell row, Word key, std::span<const Word> columns) { put(writes_, table, row, key, columns); }
  void keep_old(std::uint32_t table, Cell row, Word key, std::span<const Word> columns) {
    if (find_old(table, row) == nullptr) put(olds_, table, row, key, columns);
  }
  const std::vector<Row>& writes() const { return writes_; }
  const std::vector<Row>& olds() const { return olds_; }
  // The pending writes (or the old contents) as one interned word and back, for explorations.
  Word pack(Pool& pool, const Store& store, bool olds) const;
  void unpack(Pool& pool, Store& store, Word writes, Word olds);

 private:
  static const Row* find_in(const std::vector<Row>& rows, std::uint32_t table, Cell row) {
    for (const Row& r : rows) {
      if (r.row == row && r.table == table) return &r;
    }
    return nullptr;
  }
  void put(std::vector<Row>& rows, std::uint32_t table, Cell row, Word key, std::span<const Word> columns);
  void clear_contents() {
    writes_.clear();
    olds_.clear();
    words_.clear();
  }

  std::vector<Row> writes_;
  std::vector<Row> olds_;
  std::vector<Word> words_;
};

}  // namespace flowtank
