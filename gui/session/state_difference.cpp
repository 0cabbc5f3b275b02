// SPDX-License-Identifier: Apache-2.0
// See state_difference.hpp. Both sides are walked in the order of their first cells; equal rows are kept, so that a difference is
// seen among what agrees.
#include "gui/session/state_difference.hpp"

#include <algorithm>
#include <map>

namespace flowtank::gui {
namespace {

std::vector<StoreRow> held(const Store* store) {
  std::vector<StoreRow> rows;
  if (store == nullptr) return rows;
  for (const StoreRow& row : store->rows) {
    if (row.mark != RowMark::removed) rows.push_back({RowMark::same, row.cells, {}});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const StoreRow& x, const StoreRow& y) { return x.cells < y.cells; });
  return rows;
}

const std::string& first_cell(const StoreRow& row) {
  static const std::string nothing;
  return row.cells.empty() ? nothing : row.cells.front();
}

Store difference(const Store* a, const Store* b) {
  Store out = b != nullptr ? *b : *a;
  out.rows.clear();
  out.added = out.changed = out.removed = 0;
  const std::vector<StoreRow> left = held(a), right = held(b);
  std::size_t i = 0, j = 0;
  while (i < left.size() || j < right.size()) {
    const bool only_a = j == right.size() || (i < left.size() && first_cell(left[i]) < first_cell(right[j]));
    const bool only_b = !only_a && (i == left.size() || first_cell(right[j]) < first_cell(left[i]));
    StoreRow row = only_a ? left[i] : right[j];
    if (only_a) {
      row.mark = RowMark::removed;
      ++out.removed;
    } else if (only_b) {
      row.mark = RowMark::added;
      ++out.added;
    } else if (left[i].cells != right[j].cells) {
      row.mark = RowMark::changed;
      row.before = left[i].cells;
      ++out.changed;
    }
    i += only_b ? 0U : 1U;
    j += only_a ? 0U : 1U;
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace

std::vector<Store> differences_of(const StateAt& a, const StateAt& b) {
  std::map<std::pair<bool, std::string>, std::pair<const Store*, const Store*>> both;  // what is no table comes last
  for (const Store& store : a.stores) both[{store.table == none, store.name}].first = &store;
  for (const Store& store : b.stores) both[{store.table == none, store.name}].second = &store;
  std::vector<Store> out;
  for (const auto& [name, sides] : both) {
    Store store = difference(sides.first, sides.second);
    if (store.changes() != 0) out.push_back(std::move(store));
  }
  return out;
}

}  // namespace flowtank::gui
