// SPDX-License-Identifier: Apache-2.0
// Static types of expressions. A Type is a small handle into a TypeTable, which interns list<T> and
// map<K, V> and knows the fields of record types. CEL is gradually typed: `dyn` fits everything and
// moves the check to the evaluation.
//
// Ownership: one TypeTable is shared by an Environment and all Programs compiled in it. Compiling may
// add types; evaluating only reads. Do not compile and evaluate over one table at the same time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank::expr {

enum class TypeKind : std::uint8_t {
  dyn, null, boolean, int64, uint64, real, string, bytes, timestamp, duration, type, list, map, record,
};

struct Type {
  std::uint32_t id = 0;
  friend bool operator==(Type, Type) = default;
};

namespace types {
inline constexpr Type dyn{0}, null{1}, boolean{2}, int64{3}, uint64{4}, real{5}, string{6}, bytes{7},
    timestamp{8}, duration{9}, type{10}, list_of_dyn{11}, map_of_dyn{12};
}

struct Field {
  std::string name;
  Type type;
};

// The shape of Kind::record values whose tag is the id of this type, and of rows of a table.
struct RecordType {
  std::string name;     // subject of messages: "rows of order.orders", "event OrderPlaced"
  bool plural = false;  // "rows ... have", "event ... has"
  std::vector<Field> fields;

  std::optional<std::uint32_t> find(std::string_view field) const;
};

class TypeTable {
 public:
  TypeTable();

  Type list(Type element);
  Type map(Type key, Type value);
  // Adds a record type; ids count from 0 in the order of adding. Field names must be unique (CHECK).
  Type add_record(RecordType record);

  TypeKind kind(Type type) const { return entries_[type.id].kind; }
  // Of a list: its element. Of a map: its value. Of a record: its id in first().
  Type element(Type type) const { return Type{entries_[type.id].second}; }
  Type key(Type type) const { return Type{entries_[type.id].first}; }
  std::uint32_t record_id(Type type) const { return entries_[type.id].first; }

  Type record_type(std::uint32_t record_id) const { return record_types_[record_id]; }
  const RecordType& record(std::uint32_t record_id) const { return records_[record_id]; }
  std::size_t record_count() const { return records_.size(); }

  // "list(int)", "map(string, dyn)", the name of a record.
  std::string name(Type type) const;
  // The smallest type that both fit: equal, or dyn (element by element in lists and maps).
  Type join(Type a, Type b);
  // Whether a value of static type `from` may be a value of type `to`. dyn and null fit everywhere:
  // a column may be null.
  bool fits(Type from, Type to) const;

 private:
  struct Entry {
    TypeKind kind;
    std::uint32_t first = 0;
    std::uint32_t second = 0;
  };
  Type intern(Entry entry);

  std::vector<Entry> entries_;
  std::vector<RecordType> records_;
  std::vector<Type> record_types_;
};

}  // namespace flowtank::expr
