// SPDX-License-Identifier: Apache-2.0
// The verdicts of a snapshot as a table: verdict in words, property, strength, evidence. What a view draws beside the
// words (shape, bars) follows from the roles.
#pragma once

#include <QAbstractTableModel>
#include <QCoreApplication>

#include <memory>

#include "gui/session/snapshot.hpp"

namespace flowtank::gui {

class VerdictModel final : public QAbstractTableModel {
  Q_DECLARE_TR_FUNCTIONS(VerdictModel)
 public:
  enum Column { verdict, property, strength, evidence, columns };
  enum Role { kind_role = Qt::UserRole, strength_role };
  using QAbstractTableModel::QAbstractTableModel;

  void show(std::shared_ptr<const Snapshot> snapshot);
  // "1 fail, 2 pass, 1 inconclusive"; empty without verdicts.
  QString summary() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::shared_ptr<const Snapshot> snapshot_;
};

// How strong a verdict is, as filled bars: 3 proved, 2 tested, 1 observed, 0 none.
int bars_of(Strength strength);

}  // namespace flowtank::gui
