// SPDX-License-Identifier: Apache-2.0
// One store of a state as a table, with the sign of what changed in the first column: + added, ~ changed, - removed.
// Cells that changed say what they were.
#pragma once

#include <QAbstractTableModel>

#include "gui/session/state_at.hpp"

namespace flowtank::gui {

class StateModel final : public QAbstractTableModel {
 public:
  enum Role { mark_role = Qt::UserRole, cell_changed_role };
  using QAbstractTableModel::QAbstractTableModel;

  void show(Store store);
  const Store& store() const { return store_; }
  // The first row that changed; -1 when none did.
  int first_change() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  Store store_;
};

QString sign_of(RowMark mark);  // "+", "~", "-", ""

}  // namespace flowtank::gui
