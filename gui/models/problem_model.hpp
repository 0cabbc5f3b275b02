// SPDX-License-Identifier: Apache-2.0
// The diagnostics of a file as a table, in the order of the file: all of them at once, as the command line prints them.
#pragma once

#include <QAbstractTableModel>
#include <QCoreApplication>

#include <sim/base/diagnostic.hpp>

namespace flowtank::gui {

class ProblemModel final : public QAbstractTableModel {
  Q_DECLARE_TR_FUNCTIONS(ProblemModel)
 public:
  enum Column { severity, position, pointer, message, suggestion, code, columns };
  enum Role { severity_role = Qt::UserRole };
  using QAbstractTableModel::QAbstractTableModel;

  void show(const Diagnostics& diagnostics);
  const Diagnostics& diagnostics() const { return diagnostics_; }
  // What to write instead of the text at the problem ("orders"); empty when the hint names nothing.
  QString replacement(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  Diagnostics diagnostics_;
};

// The name in a hint such as: Did you mean "orders"?
QString suggested_name(const std::string& hint);

}  // namespace flowtank::gui
