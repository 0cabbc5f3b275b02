// SPDX-License-Identifier: Apache-2.0
// How an evaluation reads the World. A table and a row are external values: a handle that only the
// host understands. Everything an expression learns about tables goes through this interface and
// nothing else does, so that the host can record footprints: key present, key absent, scan, size.
//
// A host must be deterministic: equal reads in an equal state give identical values, and rows and
// keys come in the order of flowtank::compare() of the keys.
#pragma once

#include <cstdint>

#include <sim/base/value.hpp>

#include "sim/expr/type.hpp"

namespace flowtank::expr {

// The tag of external values.
enum class ExternalKind : std::uint32_t { table = 1, row = 2 };

inline Value table_value(std::uint64_t handle) {
  return Value::of_external(static_cast<std::uint32_t>(ExternalKind::table), handle);
}
inline Value row_value(std::uint64_t handle) {
  return Value::of_external(static_cast<std::uint32_t>(ExternalKind::row), handle);
}
inline bool is_table(const Value& v) {
  return v.is(Kind::external) && v.tag == static_cast<std::uint32_t>(ExternalKind::table);
}
inline bool is_row(const Value& v) {
  return v.is(Kind::external) && v.tag == static_cast<std::uint32_t>(ExternalKind::row);
}

struct Host {
  virtual ~Host() = default;

  // The row of `key` (an external row), or absent. `key` is any CEL value: a key of a kind the table
  // does not use is simply absent; 1u and 1.0 find the row of 1 if find() is given them, because the
  // evaluator normalises numeric keys to int64 when they have that value.
  virtual Value find(const Value& table, const Value& key) = 0;
  // As find, but only whether there is one (a smaller footprint).
  virtual bool contains(const Value& table, const Value& key) = 0;
  virtual std::int64_t size(const Value& table) = 0;
  // A list of external rows, or of keys, sorted by key; a scan. Absent when the arena is full.
  virtual Value rows(const Value& table, Arena& arena) = 0;
  virtual Value keys(const Value& table, Arena& arena) = 0;
  // The field at a position of the row's record type. Absent or null when it was never set.
  virtual Value field(const Value& row, std::uint32_t field, Arena& arena) = 0;
  // The record id (TypeTable) of a row. Needed only where its type is not known statically.
  virtual std::uint32_t row_type(const Value& row) = 0;
};

// A host without tables, for expressions over plain values.
struct EmptyHost final : Host {
  Value find(const Value&, const Value&) override { return {}; }
  bool contains(const Value&, const Value&) override { return false; }
  std::int64_t size(const Value&) override { return 0; }
  Value rows(const Value&, Arena& arena) override { return arena.make_list({}); }
  Value keys(const Value&, Arena& arena) override { return arena.make_list({}); }
  Value field(const Value&, std::uint32_t, Arena&) override { return {}; }
  std::uint32_t row_type(const Value&) override { return 0xffffffffU; }
};

}  // namespace flowtank::expr
