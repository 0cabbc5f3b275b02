// SPDX-License-Identifier: Apache-2.0
// See containers.hpp. Maps are sorted by flowtank::compare() of their keys, so lookups are binary searches;
// a numeric key is looked up once as int and once as uint.
#include "sim/expr/containers.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "sim/expr/equality.hpp"
#include "sim/expr/utf8.hpp"

namespace flowtank::expr {
namespace {

// 2^63 as a double: the first value no int64 has.
constexpr double two_63 = 9223372036854775808.0;

// The same number as another kind of key, for maps whose keys are of that kind.
std::optional<Value> as_int(const Value& key) {
  if (key.is(Kind::int64)) return key;
  if (key.is(Kind::uint64) && key.u <= 0x7fffffffffffffffULL) return Value::of_int(static_cast<std::int64_t>(key.u));
  if (key.is(Kind::real) && key.d >= -two_63 && key.d < two_63) {
    const auto whole = static_cast<std::int64_t>(key.d);
    if (static_cast<double>(whole) == key.d) return Value::of_int(whole);
  }
  return std::nullopt;
}

std::optional<Value> as_uint(const Value& key) {
  if (key.is(Kind::uint64)) return key;
  if (key.is(Kind::int64) && key.i >= 0) return Value::of_uint(static_cast<std::uint64_t>(key.i));
  if (key.is(Kind::real) && key.d >= 0 && key.d < two_63 * 2) {
    const auto whole = static_cast<std::uint64_t>(key.d);
    if (static_cast<double>(whole) == key.d) return Value::of_uint(whole);
  }
  return std::nullopt;
}

const Value* find_exact(std::span<const Value> pairs, const Value& key) {
  std::size_t low = 0, high = pairs.size() / 2;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int c = compare(pairs[2 * middle], key);
    if (c == 0) return &pairs[2 * middle + 1];
    if (c < 0) low = middle + 1;
    else high = middle;
  }
  return nullptr;
}

bool is_key(const Value& key) {
  return key.is(Kind::boolean) || key.is(Kind::int64) || key.is(Kind::uint64) || key.is(Kind::string);
}

Value missing_key(const Value& key, Context& context) {
  if (key.is(Kind::string)) {
    std::string message = "no such key: '";
    return context.fail(ErrorCode::no_such_key, message.append(key.text().substr(0, 60)).append("'"));
  }
  if (key.is(Kind::int64)) return context.fail(ErrorCode::no_such_key, "no such key: " + std::to_string(key.i));
  return context.fail(ErrorCode::no_such_key);
}

Value missing_field(std::string_view name, Context& context) {
  return context.fail(ErrorCode::no_such_field, std::string("no such field: ").append(name.substr(0, 60)));
}

}  // namespace

const RecordType* record_type(const Value& value, Context& context) {
  const std::uint32_t id = value.is(Kind::record) ? value.tag : context.host.row_type(value);
  return id < context.types.record_count() ? &context.types.record(id) : nullptr;
}

Value load_field(const Value& value, std::uint32_t i, Context& context) {
  if (value.is(Kind::record)) return i < value.object->size ? value.items()[i] : Value();
  return context.host.field(value, i, context.arena);
}

const Value* find_in_map(const Value& map, const Value& key) {
  if (!is_number(key)) return is_key(key) ? find_exact(map.pairs(), key) : nullptr;
  if (const auto k = as_int(key)) {
    if (const Value* found = find_exact(map.pairs(), *k)) return found;
  }
  if (const auto k = as_uint(key)) return find_exact(map.pairs(), *k);
  return nullptr;
}

const Value* find_text_in_map(const Value& map, std::string_view key) {
  const auto pairs = map.pairs();
  std::size_t low = 0, high = pairs.size() / 2;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const Value& at = pairs[2 * middle];
    const int c = at.kind != Kind::string ? (at.kind < Kind::string ? -1 : 1) : at.text().compare(key);
    if (c == 0) return &pairs[2 * middle + 1];
    if (c < 0) low = middle + 1;
    else high = middle;
  }
  return nullptr;
}

Value find_in_table(const Value& table, const Value& key, Context& context) {
  if (key.is(Kind::string) || key.is(Kind::int64)) return context.host.find(table, key);
  if (is_number(key)) {
    const auto whole = as_int(key);
    return whole ? context.host.find(table, *whole) : (key.is(Kind::uint64) ? context.host.find(table, key) : Value());
  }
  return context.host.find(table, key);
}

Value index_value(const Value& container, const Value& key, Context& context) {
  if (container.is(Kind::error)) return container;
  if (key.is(Kind::error)) return key;
  if (container.is(Kind::list)) {
    const auto index = as_int(key);
    if (!index) return context.fail(is_number(key) ? ErrorCode::index_out_of_range : ErrorCode::no_such_overload);
    const auto items = container.items();
    if (index->i < 0 || static_cast<std::uint64_t>(index->i) >= items.size()) {
      return context.fail(ErrorCode::index_out_of_range, "index out of range: " + std::to_string(index->i) + " of " + std::to_string(items.size()));
    }
    return items[static_cast<std::size_t>(index->i)];
  }
  if (container.is(Kind::map)) {
    const Value* found = find_in_map(container, key);
    return found != nullptr ? *found : missing_key(key, context);
  }
  if (is_table(container)) {
    const Value row = find_in_table(container, key, context);
    return row.is(Kind::absent) ? missing_key(key, context) : row;
  }
  if (has_fields(container) && key.is(Kind::string)) return select_value(container, key, context);
  return no_overload(container, key);
}

Value select_value(const Value& container, const Value& name, Context& context) {
  if (container.is(Kind::map)) {
    const Value* found = find_text_in_map(container, name.text());
    return found != nullptr ? *found : missing_key(name, context);
  }
  if (has_fields(container)) {
    const RecordType* type = record_type(container, context);
    const auto field = type != nullptr ? type->find(name.text()) : std::nullopt;
    if (field) {
      const Value value = load_field(container, *field, context);
      if (!value.is(Kind::absent)) return value;
    }
    return missing_field(name.text(), context);
  }
  if (is_table(container)) return index_value(container, name, context);
  return no_overload(container);
}

Value has_value(const Value& container, const Value& name, Context& context) {
  if (container.is(Kind::map)) return Value::of_bool(find_text_in_map(container, name.text()) != nullptr);
  if (has_fields(container)) {
    const RecordType* type = record_type(container, context);
    const auto field = type != nullptr ? type->find(name.text()) : std::nullopt;
    if (!field) return missing_field(name.text(), context);
    const Value value = load_field(container, *field, context);
    return Value::of_bool(!value.is(Kind::absent) && !value.is(Kind::null));
  }
  if (is_table(container)) return Value::of_bool(context.host.contains(container, name));
  return no_overload(container);
}

Value in_value(const Value& element, const Value& container, Context& context) {
  if (element.is(Kind::error)) return element;
  if (container.is(Kind::map)) return Value::of_bool(find_in_map(container, element) != nullptr);
  if (is_table(container)) {
    if (!is_number(element) || element.is(Kind::int64)) return Value::of_bool(context.host.contains(container, element));
    if (const auto whole = as_int(element)) return Value::of_bool(context.host.contains(container, *whole));
    return Value::of_bool(element.is(Kind::uint64) && context.host.contains(container, element));
  }
  if (!container.is(Kind::list)) return no_overload(container);
  if (!context.charge(container.object->size / 8)) return context.fail(ErrorCode::steps_exhausted);
  for (const Value& item : container.items()) {
    if (element.is(Kind::string)) {
      if (item.is(Kind::string) && item.text() == element.text()) return Value::of_bool(true);
      continue;
    }
    const Value same = equal_values(element, item, context);
    if (same.is(Kind::error)) return same;
    if (same.b) return same;
  }
  return Value::of_bool(false);
}

Value size_value(const Value& value, Context& context) {
  switch (value.kind) {
    case Kind::string:
      if (!context.charge(value.object->size / 64)) return context.fail(ErrorCode::steps_exhausted);
      return Value::of_int(utf8_count(value.text()));
    case Kind::bytes:
    case Kind::list:
    case Kind::map: return Value::of_int(value.object->size);
    case Kind::external: return is_table(value) ? Value::of_int(context.host.size(value)) : no_overload(value);
    default: return no_overload(value);
  }
}

Value concat_lists(const Value& a, const Value& b, Context& context) {
  const auto left = a.items(), right = b.items();
  if (!context.charge((left.size() + right.size()) / 8)) return context.fail(ErrorCode::steps_exhausted);
  const std::size_t size = left.size() + right.size();
  void* at = context.arena.allocate(sizeof(Object) + size * sizeof(Value));
  if (at == nullptr || size > 0xffffffffU) return context.out_of(ErrorCode::memory_exhausted);
  auto* object = new (at) Object{static_cast<std::uint32_t>(size), 0};
  auto* items = reinterpret_cast<Value*>(object + 1);
  std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), items));
  return Value::of_object(Kind::list, object);
}

Value map_from_pairs(std::span<const Value> pairs, Context& context) {
  const std::size_t count = pairs.size() / 2;
  if (!context.charge(count)) return context.fail(ErrorCode::steps_exhausted);
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_key(pairs[2 * i])) return no_overload(pairs[2 * i]);
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int c = compare(pairs[2 * a], pairs[2 * b]);
    return c != 0 ? c < 0 : a < b;
  });
  std::vector<Value> sorted;
  sorted.reserve(2 * count);
  for (const std::size_t i : order) {
    const Value& key = pairs[2 * i];
    // An int and the uint of the same value are one key.
    const bool twice = !sorted.empty() && (compare(sorted[sorted.size() - 2], key) == 0 ||
                       (key.is(Kind::uint64) && key.u <= 0x7fffffffffffffffULL &&
                        find_exact(sorted, Value::of_int(static_cast<std::int64_t>(key.u))) != nullptr));
    if (twice) return context.fail(ErrorCode::duplicate_key);
    sorted.push_back(key);
    sorted.push_back(pairs[2 * i + 1]);
  }
  return context.made(context.arena.make_map(sorted));
}

const Value* first_error(std::span<const Value> values) {
  for (const Value& v : values) {
    if (v.is(Kind::error)) return &v;
  }
  return nullptr;
}

bool append(Value& list, const Value& item, Context& context) {
  const std::uint32_t size = list.object->size;
  if (size == list.tag) {
    const std::uint32_t capacity = size == 0 ? 8 : size * 2;
    void* at = size >= 0x40000000U ? nullptr : context.arena.allocate(sizeof(Object) + capacity * sizeof(Value));
    if (at == nullptr) {
      context.out_of(ErrorCode::memory_exhausted);
      return false;
    }
    auto* bigger = new (at) Object{size, 0};
    std::copy(list.items().begin(), list.items().end(), reinterpret_cast<Value*>(bigger + 1));
    list = Value::of_object(Kind::list, bigger, capacity);
  }
  // The object belongs to this loop alone until finish_list().
  auto* object = const_cast<Object*>(list.object);
  reinterpret_cast<Value*>(object + 1)[size] = item;
  object->size = size + 1;
  return true;
}

Value finish_list(Value list) {
  list.tag = 0;
  return list;
}

}  // namespace flowtank::expr
