// SPDX-License-Identifier: Apache-2.0
// See transaction.hpp. The packed form is sorted by nothing but the order of the statements: two
// transactions that wrote the same rows in another order differ until they commit.
#include "sim/world/transaction.hpp"

namespace flowtank {

void Transaction::put(std::vector<Row>& rows, std::uint32_t table, Cell row, Word key, std::span<const Word> columns) {
  Row* at = nullptr;
  for (Row& r : rows) {
    if (r.row == row && r.table == table) at = &r;
  }
  if (at == nullptr) {
    rows.push_back({table, row, key, !columns.empty(), static_cast<std::uint32_t>(words_.size())});
    words_.insert(words_.end(), columns.begin(), columns.end());
    return;
  }
  if (!columns.empty() && !at->present) {
    at->first = static_cast<std::uint32_t>(words_.size());
    words_.resize(words_.size() + columns.size());
  }
  at->present = !columns.empty();
  for (std::size_t i = 0; i < columns.size(); ++i) words_[at->first + i] = columns[i];
}

Word Transaction::pack(Pool& pool, const Store& store, bool olds) const {
  const std::vector<Row>& rows = olds ? olds_ : writes_;
  if (rows.empty()) return absent_word;
  std::vector<Word> items;
  std::vector<Word> fields;
  for (const Row& row : rows) {
    fields = {Pool::of_int_small(row.table), row.key};
    if (row.present) {
      const auto values = columns(row, store.table(row.table).columns.size());
      // A column without a value is null inside the list, since absent has no place in one.
      for (const Word value : values) fields.push_back(value == absent_word ? Pool::of_null() : value);
    }
    items.push_back(pool.intern_list(fields));
  }
  return pool.intern_list(items);
}

void Transaction::unpack(Pool& pool, Store& store, Word writes, Word olds) {
  clear_contents();
  for (const bool old : {false, true}) {
    const Word packed = old ? olds : writes;
    if (packed == absent_word) continue;
    for (const Value& item : pool.value(packed).items()) {
      const auto fields = item.items();
      const auto table = static_cast<std::uint32_t>(fields[0].i);
      const Word key = pool.intern(fields[1]);
      std::vector<Word> columns;
      for (const Value& value : fields.subspan(2)) columns.push_back(pool.intern(value));
      put(old ? olds_ : writes_, table, store.row(table, key), key, columns);
    }
  }
}

}  // namespace flowtank
