// SPDX-License-Identifier: Apache-2.0
// What differs between two snapshots beside their events, as a table of two sides: verdicts of each property, then brokers,
// options, seeds. Rows that are equal say so; those that differ come with a sign, never with a colour alone.
#pragma once

#include <QAbstractTableModel>

#include <memory>
#include <vector>

#include "gui/session/snapshot.hpp"

namespace flowtank::gui {

class DifferenceModel final : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { what, left, right, sign, columns };
  // kind_*: VerdictKind as a number, invalid where the cell is no verdict.
  enum Role { differs_role = Qt::UserRole, kind_role };
  using QAbstractTableModel::QAbstractTableModel;

  // Either may be nullptr: then there is nothing to compare.
  void show(std::shared_ptr<const Snapshot> a, std::shared_ptr<const Snapshot> b);
  // "1 of 3 verdicts differs, 2 options differ"
  QString summary() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Row {
    QString what, left, right;
    int left_kind = -1, right_kind = -1;
    bool differs() const { return left != right; }
  };
  void add_verdicts(const Snapshot& a, const Snapshot& b);
  void add_options(const Snapshot& a, const Snapshot& b);

  std::vector<Row> rows_;
  std::size_t verdicts_ = 0;
};

// "kafka", "kafka and sqs"; empty for a trace alone. Of a snapshot, for titles.
QString brokers_of(const Snapshot& snapshot);

}  // namespace flowtank::gui
