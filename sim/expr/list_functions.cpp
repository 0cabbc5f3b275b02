// SPDX-License-Identifier: Apache-2.0
// Flowtank's functions over lists and tables: rows, sum, min, max, sort, distinct. All are pure and
// deterministic: rows come sorted by key, sort is stable, distinct keeps first occurrences.
#include <algorithm>
#include <vector>

#include "sim/expr/arithmetic.hpp"
#include "sim/expr/containers.hpp"
#include "sim/expr/equality.hpp"
#include "sim/expr/functions.hpp"

namespace flowtank::expr {
namespace {

Value rows(const Value& table, Context& context) {
  if (is_table(table)) {
    const Value out = context.made(context.host.rows(table, context.arena));
    if (out.is(Kind::list) && !context.charge(out.object->size)) return context.fail(ErrorCode::steps_exhausted);
    return out;
  }
  if (!table.is(Kind::map)) return no_overload(table);
  if (!context.charge(table.object->size)) return context.fail(ErrorCode::steps_exhausted);
  std::vector<Value> values;
  const auto pairs = table.pairs();
  for (std::size_t i = 1; i < pairs.size(); i += 2) values.push_back(pairs[i]);
  return context.made(context.arena.make_list(values));
}

// `zero` is the sum of no elements: int 0 unless the compiler knows the type better.
Value sum(std::span<const Value> items, Value zero, Context& context) {
  Value total = items.empty() ? zero : items[0];
  if (!is_number(total) && !total.is(Kind::duration)) return no_overload(total);
  for (std::size_t i = 1; i < items.size(); ++i) {
    total = arithmetic(Operator::add, total, items[i], context);
    if (total.is(Kind::error)) return total;
  }
  return total;
}

Value extreme(Builtin builtin, std::span<const Value> items, Context& context) {
  if (items.empty()) return context.fail(ErrorCode::empty_list);
  const Operator better = builtin == Builtin::min ? Operator::less : Operator::greater;
  Value best = items[0];
  for (const Value& item : items) {
    const Value wins = compare_values(better, item, best);
    if (wins.is(Kind::error)) return wins;
    if (wins.b) best = item;
  }
  return best;
}

Value sorted(std::span<const Value> items, Context& context) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto order = order_of(items[0], items[i]);
    if (!order) return no_overload(items[i]);
    // NaN has no place in an order.
    if (*order == Order::unordered) return context.fail(ErrorCode::no_such_overload);
  }
  std::vector<Value> out(items.begin(), items.end());
  std::stable_sort(out.begin(), out.end(), [](const Value& a, const Value& b) {
    const auto order = order_of(a, b);
    return order && *order == Order::less;
  });
  return context.made(context.arena.make_list(out));
}

Value distinct(std::span<const Value> items, Context& context) {
  struct Hashed {
    std::uint64_t hash;
    std::size_t index;
  };
  std::vector<Hashed> hashed;
  for (std::size_t i = 0; i < items.size(); ++i) hashed.push_back({equality_hash(items[i], context), i});
  std::sort(hashed.begin(), hashed.end(), [](const Hashed& a, const Hashed& b) { return a.hash != b.hash ? a.hash < b.hash : a.index < b.index; });
  std::vector<bool> repeated(items.size());
  for (std::size_t first = 0; first < hashed.size(); ++first) {
    if (repeated[hashed[first].index]) continue;
    for (std::size_t other = first + 1; other < hashed.size() && hashed[other].hash == hashed[first].hash; ++other) {
      const Value same = equal_values(items[hashed[first].index], items[hashed[other].index], context);
      if (same.is(Kind::error)) return same;
      if (same.b) repeated[hashed[other].index] = true;
    }
  }
  std::vector<Value> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!repeated[i]) out.push_back(items[i]);
  }
  return context.made(context.arena.make_list(out));
}

}  // namespace

Value call_list_builtin(Builtin builtin, std::span<const Value> arguments, Context& context) {
  if (builtin == Builtin::rows) return rows(arguments[0], context);
  const bool extremes = builtin == Builtin::min || builtin == Builtin::max;
  if (extremes && arguments.size() > 1) return extreme(builtin, arguments, context);
  if (!arguments[0].is(Kind::list)) return no_overload(arguments[0]);
  const auto items = arguments[0].items();
  if (!context.charge(items.size() * (builtin == Builtin::sort ? 4 : 1))) return context.fail(ErrorCode::steps_exhausted);
  if (extremes) return extreme(builtin, items, context);
  switch (builtin) {
    case Builtin::sum: return sum(items, arguments.size() > 1 ? arguments[1] : Value::of_int(0), context);
    case Builtin::sort: return sorted(items, context);
    default: return distinct(items, context);
  }
}

}  // namespace flowtank::expr
