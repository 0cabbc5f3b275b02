// SPDX-License-Identifier: Apache-2.0
// See equality.hpp. Recursion is bounded by max_value_depth, work by the step budget.
#include "sim/expr/equality.hpp"

#include <bit>

#include <sim/base/hash.hpp>

#include "sim/expr/containers.hpp"

namespace flowtank::expr {
namespace {

Order order_int(std::int64_t a, std::int64_t b) { return a < b ? Order::less : (a > b ? Order::greater : Order::equal); }
Order order_uint(std::uint64_t a, std::uint64_t b) { return a < b ? Order::less : (a > b ? Order::greater : Order::equal); }
Order order_real(double a, double b) {
  if (a < b) return Order::less;
  if (a > b) return Order::greater;
  return a == b ? Order::equal : Order::unordered;
}
Order order_text(std::string_view a, std::string_view b) {
  const int c = a.compare(b);
  return c < 0 ? Order::less : (c > 0 ? Order::greater : Order::equal);
}
Order flip(Order order) {
  return order == Order::less ? Order::greater : (order == Order::greater ? Order::less : order);
}

// An int or uint against a double is compared as doubles, as the reference implementations do: beyond
// 2^53 neighbours become equal.
Order order_numbers(const Value& a, const Value& b) {
  if (a.kind == b.kind) {
    if (a.is(Kind::int64)) return order_int(a.i, b.i);
    return a.is(Kind::uint64) ? order_uint(a.u, b.u) : order_real(a.d, b.d);
  }
  if (b.is(Kind::real)) return order_real(a.is(Kind::int64) ? static_cast<double>(a.i) : static_cast<double>(a.u), b.d);
  if (a.is(Kind::real)) return flip(order_numbers(b, a));
  if (a.is(Kind::uint64)) return flip(order_numbers(b, a));
  return a.i < 0 ? Order::less : order_uint(static_cast<std::uint64_t>(a.i), b.u);
}

enum class Same : std::uint8_t { no, yes, failed };

struct Comparison {
  Context& context;

  Same compare(const Value& a, const Value& b, std::uint32_t depth) {
    if (depth > max_value_depth) {
      context.out_of(ErrorCode::nesting_too_deep);
      return Same::failed;
    }
    if (!context.charge(1)) return Same::failed;
    if (is_number(a) && is_number(b)) return equal_numbers(a, b) ? Same::yes : Same::no;
    if (is_table(a) || is_table(b)) return tables(a, b, depth);
    if (has_fields(a) || has_fields(b)) return records(a, b, depth);
    if (a.kind != b.kind) return Same::no;
    switch (a.kind) {
      case Kind::null: return Same::yes;
      case Kind::boolean: return a.b == b.b ? Same::yes : Same::no;
      case Kind::timestamp: return a.i == b.i && a.tag == b.tag ? Same::yes : Same::no;
      case Kind::duration: return a.i == b.i ? Same::yes : Same::no;
      case Kind::string:
      case Kind::bytes:
      case Kind::type: return a.text() == b.text() ? Same::yes : Same::no;
      case Kind::list: return lists(a.items(), b.items(), depth);
      case Kind::map: return maps(a, b, depth);
      default: return Same::failed;
    }
  }

  Same lists(std::span<const Value> a, std::span<const Value> b, std::uint32_t depth) {
    if (a.size() != b.size()) return Same::no;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (const Same s = compare(a[i], b[i], depth + 1); s != Same::yes) return s;
    }
    return Same::yes;
  }

  Same maps(const Value& a, const Value& b, std::uint32_t depth) {
    if (a.object->size != b.object->size) return Same::no;
    const auto pairs = a.pairs();
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
      const Value* other = find_in_map(b, pairs[i]);
      if (other == nullptr) return Same::no;
      if (const Same s = compare(pairs[i + 1], *other, depth + 1); s != Same::yes) return s;
    }
    return Same::yes;
  }

  // Both must be fixed-shape values or maps; a map equals a record with the same fields.
  Same records(const Value& a, const Value& b, std::uint32_t depth) {
    if (a.is(Kind::map)) return records(b, a, depth);
    if (!has_fields(b) && !b.is(Kind::map)) return Same::no;
    const RecordType* left = record_type(a, context);
    if (left == nullptr) return Same::no;
    const std::size_t count = left->fields.size();
    const RecordType* right = b.is(Kind::map) ? nullptr : record_type(b, context);
    if (b.is(Kind::map) ? b.object->size != count : (right == nullptr || right->fields.size() != count)) return Same::no;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Value x = load_field(a, i, context);
      Value y;
      if (right == left) {
        y = load_field(b, i, context);
      } else if (right != nullptr) {
        const auto index = right->find(left->fields[i].name);
        if (!index) return Same::no;
        y = load_field(b, *index, context);
      } else {
        const Value* found = find_text_in_map(b, left->fields[i].name);
        if (found == nullptr) return Same::no;
        y = *found;
      }
      if (x.is(Kind::absent) || y.is(Kind::absent)) {
        if (x.kind != y.kind) return Same::no;
      } else if (const Same s = compare(x, y, depth + 1); s != Same::yes) {
        return s;
      }
    }
    return Same::yes;
  }

  // A table against a table or a map: the same keys with equal rows.
  Same tables(const Value& a, const Value& b, std::uint32_t depth) {
    if (!is_table(a)) return tables(b, a, depth);
    if (is_table(b) && a.u == b.u) return Same::yes;
    if (!is_table(b) && !b.is(Kind::map)) return Same::no;
    const std::int64_t count = is_table(b) ? context.host.size(b) : static_cast<std::int64_t>(b.object->size);
    if (context.host.size(a) != count) return Same::no;
    const Value keys = context.host.keys(a, context.arena);
    if (!keys.is(Kind::list)) {
      context.out_of(ErrorCode::memory_exhausted);
      return Same::failed;
    }
    for (const Value& key : keys.items()) {
      const Value* in_map = is_table(b) ? nullptr : find_in_map(b, key);
      const Value other = is_table(b) ? find_in_table(b, key, context) : (in_map != nullptr ? *in_map : Value());
      if (other.is(Kind::absent)) return Same::no;
      if (const Same s = compare(context.host.find(a, key), other, depth + 1); s != Same::yes) return s;
    }
    return Same::yes;
  }
};

std::uint64_t hash_value(const Value& v, Context& context, std::uint32_t depth) {
  const auto real_bits = [](double d) { return mix64(std::bit_cast<std::uint64_t>(d == 0 ? 0.0 : d)); };
  if (depth > max_value_depth || !context.charge(1)) return 0;
  switch (v.kind) {
    case Kind::int64: return real_bits(static_cast<double>(v.i));
    case Kind::uint64: return real_bits(static_cast<double>(v.u));
    case Kind::real: return v.d != v.d ? 1 : real_bits(v.d);
    case Kind::null: return 2;
    case Kind::boolean: return v.b ? 3 : 4;
    case Kind::timestamp: return mix64(v.u ^ v.tag);
    case Kind::duration: return mix64(v.u + 5);
    case Kind::string:
    case Kind::bytes:
    case Kind::type: return hash_bytes(v.text()).lo;
    case Kind::list: {
      std::uint64_t h = v.object->size;
      for (const Value& item : v.items()) h = mix64(h * 31 + hash_value(item, context, depth + 1));
      return h;
    }
    default: return 6;  // maps and records: rare as elements; compared one by one
  }
}

}  // namespace

bool equal_numbers(const Value& a, const Value& b) { return order_numbers(a, b) == Order::equal; }

Value equal_values(const Value& a, const Value& b, Context& context) {
  if (a.is(Kind::error)) return a;
  if (b.is(Kind::error)) return b;
  switch (Comparison{context}.compare(a, b, 0)) {
    case Same::no: return Value::of_bool(false);
    case Same::yes: return Value::of_bool(true);
    case Same::failed: break;
  }
  return context.fail(context.exhausted == ErrorCode{} ? ErrorCode::no_such_overload : context.exhausted);
}

std::optional<Order> order_of(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return order_numbers(a, b);
  if (a.kind != b.kind) return std::nullopt;
  switch (a.kind) {
    case Kind::boolean: return order_int(a.b, b.b);
    case Kind::string:
    case Kind::bytes: return order_text(a.text(), b.text());
    case Kind::duration: return order_int(a.i, b.i);
    case Kind::timestamp: return a.i != b.i ? order_int(a.i, b.i) : order_uint(a.tag, b.tag);
    default: return std::nullopt;
  }
}

std::uint64_t equality_hash(const Value& value, Context& context) { return hash_value(value, context, 0); }

}  // namespace flowtank::expr
