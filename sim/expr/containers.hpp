// SPDX-License-Identifier: Apache-2.0
// Lists, maps, records, rows and tables: building them and reading from them. Tables and rows answer
// through the host.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <sim/base/value.hpp>

#include "sim/expr/context.hpp"

namespace flowtank::expr {

inline bool has_fields(const Value& v) { return v.is(Kind::record) || is_row(v); }

// The record type of a record or row; nullptr when it is unknown.
const RecordType* record_type(const Value& value, Context& context);
// Field i of a record or row; absent when it was never set.
Value load_field(const Value& value, std::uint32_t i, Context& context);

// Lookup with CEL's equality of numeric keys; nullptr when there is none.
const Value* find_in_map(const Value& map, const Value& key);
const Value* find_text_in_map(const Value& map, std::string_view key);
// A row, or absent.
Value find_in_table(const Value& table, const Value& key, Context& context);

Value index_value(const Value& container, const Value& key, Context& context);
// container.name and has(container.name). A field of a record or row counts as set when it is not null
// (as for messages of CEL); a key of a map when it is there, whatever its value.
Value select_value(const Value& container, const Value& name, Context& context);
Value has_value(const Value& container, const Value& name, Context& context);
// element in container
Value in_value(const Value& element, const Value& container, Context& context);
Value size_value(const Value& value, Context& context);
Value concat_lists(const Value& a, const Value& b, Context& context);

// A map from key, value, key, value, ... in any order. Errors: duplicate keys, keys of other kinds.
Value map_from_pairs(std::span<const Value> pairs, Context& context);

// An error among the values, or nullptr.
const Value* first_error(std::span<const Value> values);

// Appends to a list that a loop builds. The list's tag is its capacity until finish_list().
bool append(Value& list, const Value& item, Context& context);
Value finish_list(Value list);

}  // namespace flowtank::expr
