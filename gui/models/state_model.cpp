// SPDX-License-Identifier: Apache-2.0
// See state_model.hpp. Rows come sorted from the store; a changed cell shows what it was and what it is.
#include "gui/models/state_model.hpp"

#include <algorithm>

#include "gui/models/words.hpp"

namespace flowtank::gui {

QString sign_of(RowMark mark) {
  switch (mark) {
    case RowMark::added: return QStringLiteral("+");
    case RowMark::changed: return QStringLiteral("~");
    case RowMark::removed: return QStringLiteral("−");
    case RowMark::same: return {};
  }
  return {};
}

void StateModel::show(Store store) {
  beginResetModel();
  store_ = std::move(store);
  endResetModel();
}

int StateModel::first_change() const {
  const auto found = std::find_if(store_.rows.begin(), store_.rows.end(), [](const StoreRow& row) { return row.mark != RowMark::same; });
  return found == store_.rows.end() ? -1 : static_cast<int>(found - store_.rows.begin());
}

int StateModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(store_.rows.size()); }
int StateModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(store_.columns.size()) + 1; }

QVariant StateModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
  const StoreRow& row = store_.rows[static_cast<std::size_t>(index.row())];
  if (role == mark_role) return static_cast<int>(row.mark);
  if (index.column() == 0) return role == Qt::DisplayRole ? QVariant(sign_of(row.mark)) : QVariant();
  const auto cell = static_cast<std::size_t>(index.column() - 1);
  if (cell >= row.cells.size()) return {};
  const bool changed = cell < row.before.size() && row.before[cell] != row.cells[cell];
  if (role == cell_changed_role) return changed;
  const QString now = QString::fromStdString(row.cells[cell]);
  const QString said = changed ? QStringLiteral("%1 → %2").arg(QString::fromStdString(row.before[cell]), now) : now;
  if (role == Qt::ToolTipRole) return tip_of(said);
  return role == Qt::DisplayRole ? QVariant(said) : QVariant();
}

QVariant StateModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section >= columnCount()) return {};
  return section == 0 ? QString() : QString::fromStdString(store_.columns[static_cast<std::size_t>(section - 1)]);
}

}  // namespace flowtank::gui
