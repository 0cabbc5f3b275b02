// SPDX-License-Identifier: Apache-2.0
// See type.hpp: interning of types, joins and assignability.
#include "sim/expr/type.hpp"

#include <utility>

#include <sim/base/check.hpp>

namespace flowtank::expr {

std::optional<std::uint32_t> RecordType::find(std::string_view field) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == field) return static_cast<std::uint32_t>(i);
  }
  return std::nullopt;
}

TypeTable::TypeTable() {
  for (auto kind = TypeKind::dyn; kind <= TypeKind::type;
       kind = static_cast<TypeKind>(static_cast<int>(kind) + 1)) {
    entries_.push_back({kind});
  }
  entries_.push_back({TypeKind::list, 0, types::dyn.id});
  entries_.push_back({TypeKind::map, types::dyn.id, types::dyn.id});
}

Type TypeTable::intern(Entry entry) {
  for (std::size_t i = types::list_of_dyn.id; i < entries_.size(); ++i) {
    const Entry& e = entries_[i];
    if (e.kind == entry.kind && e.first == entry.first && e.second == entry.second) {
      return Type{static_cast<std::uint32_t>(i)};
    }
  }
  entries_.push_back(entry);
  return Type{static_cast<std::uint32_t>(entries_.size() - 1)};
}

Type TypeTable::list(Type element) { return intern({TypeKind::list, 0, element.id}); }

Type TypeTable::map(Type key, Type value) { return intern({TypeKind::map, key.id, value.id}); }

Type TypeTable::add_record(RecordType record) {
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    FLOWTANK_CHECK(record.find(record.fields[i].name) == i, "two fields of one name in " + record.name);
  }
  const auto id = static_cast<std::uint32_t>(records_.size());
  records_.push_back(std::move(record));
  record_types_.push_back(intern({TypeKind::record, id, 0}));
  return record_types_.back();
}

std::string TypeTable::name(Type type) const {
  static constexpr std::string_view names[] = {
      "dyn",   "null_type", "bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration",
      "type",
  };
  switch (kind(type)) {
    case TypeKind::list: return "list(" + name(element(type)) + ")";
    case TypeKind::map: return "map(" + name(key(type)) + ", " + name(element(type)) + ")";
    case TypeKind::record: return record(record_id(type)).name;
    default: return std::string(names[static_cast<std::size_t>(kind(type))]);
  }
}

Type TypeTable::join(Type a, Type b) {
  if (a == b) return a;
  if (a == types::null) return b;
  if (b == types::null) return a;
  if (kind(a) == TypeKind::list && kind(b) == TypeKind::list) return list(join(element(a), element(b)));
  if (kind(a) == TypeKind::map && kind(b) == TypeKind::map) {
    return map(join(key(a), key(b)), join(element(a), element(b)));
  }
  return types::dyn;
}

bool TypeTable::fits(Type from, Type to) const {
  if (from == to || from == types::dyn || to == types::dyn || from == types::null) return true;
  if (kind(from) == TypeKind::list && kind(to) == TypeKind::list) return fits(element(from), element(to));
  if (kind(from) == TypeKind::map && kind(to) == TypeKind::map) {
    return fits(key(from), key(to)) && fits(element(from), element(to));
  }
  return false;
}

}  // namespace flowtank::expr
