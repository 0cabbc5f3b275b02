// SPDX-License-Identifier: Apache-2.0
// The faults of the run as a view: when each struck, what it did and what came of it; a row leads to its event, a button runs
// the same again without it.
#pragma once

#include <QPushButton>
#include <QTableView>

#include <functional>

#include "gui/models/fault_model.hpp"
#include "gui/widgets/desk.hpp"

namespace flowtank::gui {

class FaultsView final : public QWidget {
  Q_OBJECT
 public:
  explicit FaultsView(const Desk& desk, QWidget* parent = nullptr);
  FaultModel& model() { return model_; }
  QTableView& table() { return *table_; }
  QToolButton& without_button() { return *without_; }
  QToolButton& compare_button() { return *compare_; }

  // Asked to compare the run with the one of these overrides.
  std::function<void(const std::vector<std::string>& overrides, const QString& words)> on_compare;

 private:
  void refresh();
  void follow();
  void show_choice();
  std::vector<std::string> without() const;
  Desk desk_;
  FaultModel model_;
  QTableView* table_;
  QToolButton* without_;
  QToolButton* compare_;
  QLabel* said_;
  bool following_ = false;
};

}  // namespace flowtank::gui
