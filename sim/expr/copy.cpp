// SPDX-License-Identifier: Apache-2.0
// See copy.hpp. One recursive copier, bounded in depth, with or without a host behind it.
#include "sim/expr/copy.hpp"

#include <utility>
#include <vector>

#include "sim/expr/error.hpp"
#include "sim/expr/host.hpp"

namespace flowtank::expr {
namespace {

// Copies the tree below a value; `source` (may be null) resolves external values.
struct Copier {
  struct Source {
    Host& host;
    const TypeTable& types;
  };
  Arena& arena;
  Source* source;

  Value copy(const Value& value, std::uint32_t depth) {
    if (depth > max_value_depth) return {};
    switch (value.kind) {
      case Kind::string:
      case Kind::bytes:
      case Kind::type:
      case Kind::error: return arena.make_text(value.kind, value.text(), value.tag);
      case Kind::list:
      case Kind::record: return items(value, value.items(), depth);
      case Kind::map: return items(value, value.pairs(), depth);
      case Kind::external: return source == nullptr ? value : external(value, depth);
      default: return value;
    }
  }

  Value items(const Value& value, std::span<const Value> from, std::uint32_t depth) {
    std::vector<Value> to;
    to.reserve(from.size());
    for (const Value& item : from) {
      to.push_back(copy(item, depth + 1));
      if (to.back().is(Kind::absent) && !item.is(Kind::absent)) return {};
    }
    return value.is(Kind::map) ? arena.make_map(to) : arena.make_items(value.kind, to, value.tag);
  }

  Value external(const Value& value, std::uint32_t depth) {
    if (is_table(value)) {
      const Value keys = source->host.keys(value, arena);
      if (!keys.is(Kind::list)) return {};
      std::vector<Value> pairs;
      for (const Value& key : keys.items()) {
        pairs.push_back(copy(key, depth + 1));
        pairs.push_back(copy(source->host.find(value, key), depth + 1));
      }
      return arena.make_map(pairs);
    }
    const std::uint32_t id = source->host.row_type(value);
    if (id >= source->types.record_count()) return {};
    std::vector<Value> fields;
    for (std::uint32_t i = 0; i < source->types.record(id).fields.size(); ++i) {
      fields.push_back(copy(source->host.field(value, i, arena), depth + 1));
    }
    return arena.make_items(Kind::record, fields, id);
  }
};

}  // namespace

Value copy_value(const Value& value, Arena& arena) { return Copier{arena, nullptr}.copy(value, 0); }

Value materialize(const Value& value, Host& host, Arena& arena, const TypeTable& types) {
  Copier::Source source{host, types};
  return Copier{arena, &source}.copy(value, 0);
}

}  // namespace flowtank::expr
