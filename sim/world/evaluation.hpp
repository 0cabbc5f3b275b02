// SPDX-License-Identifier: Apache-2.0
// How expressions see the World: tables and rows of the Store, with the pending writes of a transaction
// laid over them and, under snapshot isolation, what others have changed since hidden. Every read goes
// through the Store's accessors, so that footprints are complete.
#pragma once

#include <span>

#include <sim/base/value.hpp>
#include <sim/expr/host.hpp>

#include "sim/world/store.hpp"
#include "sim/world/transaction.hpp"

namespace flowtank {

class World;

// A row as a value of expressions: its table and cells.
inline Value row_handle(std::uint32_t table, Cell row) {
  return expr::row_value(static_cast<std::uint64_t>(table) << 32 | row);
}

// The row as a record word; columns without a value become null.
Word row_word(World& world, std::uint32_t table, std::span<const Word> columns);

class StoreHost final : public expr::Host {
 public:
  StoreHost(const World& world, const Transaction* transaction) : world_(world), transaction_(transaction) {}

  Value find(const Value& table, const Value& key) override;
  bool contains(const Value& table, const Value& key) override;
  std::int64_t size(const Value& table) override;
  Value rows(const Value& table, Arena& arena) override;
  Value keys(const Value& table, Arena& arena) override;
  Value field(const Value& row, std::uint32_t field, Arena& arena) override;
  std::uint32_t row_type(const Value& row) override;
  // As field(), as a word; absent when the column has no value.
  Word field_word(const Value& row, std::uint32_t field) const;

 private:
  bool present(std::uint32_t table, Cell row) const;
  Cell locate(std::uint32_t table, const Value& key) const;
  void scan(std::uint32_t table, std::vector<Cell>& out) const;

  const World& world_;
  const Transaction* transaction_;
};

}  // namespace flowtank
