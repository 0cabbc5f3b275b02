// SPDX-License-Identifier: Apache-2.0
// The faults of a run as a table: each time one struck, when, what it did, and what came of it; then those of the scenario that
// never struck. What came of a strike is looked up when its row is first shown, so that a run with many faults costs nothing.
#pragma once

#include <QAbstractTableModel>

#include <map>
#include <vector>

#include "gui/session/stage.hpp"

namespace flowtank::gui {

class FaultModel final : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { fault, time, where, what, outcome, columns };
  // kind_role: FaultKind as a number; leads_role: is it on the causal path of the chosen violation?
  enum Role { kind_role = Qt::UserRole, record_role, leads_role, struck_role };
  explicit FaultModel(const Stage& stage, QObject* parent = nullptr);

  // Another run is in focus, or another verdict was chosen.
  void reset();
  bool is_of(const RunReader* run) const { return run == run_; }
  // No record where the fault never struck.
  RecordId record(int row) const;
  // Its name, as overrides know it.
  QString name(int row) const;
  // The row of a strike; -1 when it is none.
  int row_of(RecordId record) const;
  // "2 faults struck 3 times, 1 never struck"
  QString summary() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Idle {
    QString name, noun;
    FaultKind kind = FaultKind::delay;
  };
  QString came_of_it(RecordId record) const;
  QString look_what_came(RecordId record) const;
  FaultKind kind_of(RecordId record) const;

  const Stage& stage_;
  const RunReader* run_ = nullptr;
  std::vector<RecordId> strikes_;
  std::vector<Idle> idle_;
  std::vector<RecordId> past_;  // of the violation
  mutable std::map<RecordId, QString> came_;  // of the strikes that were shown
};

}  // namespace flowtank::gui
