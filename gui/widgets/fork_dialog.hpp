// SPDX-License-Identifier: Apache-2.0
// Asks which other action is to happen at the event in focus. What is possible is found beside the window; the choice becomes a
// branch that the session replays and that can be kept as a counterexample.
#pragma once

#include <QDialog>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>

#include <memory>

#include "gui/models/choice_model.hpp"
#include "gui/session/background.hpp"
#include "gui/widgets/desk.hpp"

namespace flowtank::gui {

class ForkDialog final : public QDialog {
  Q_OBJECT
 public:
  explicit ForkDialog(const Desk& desk, QWidget* parent = nullptr);
  ~ForkDialog() override;

  // Why the event in focus cannot be forked; empty when it can.
  static QString problem(const Desk& desk);
  bool busy() const { return work_.busy(); }
  ChoiceModel& model() { return model_; }
  QListView& list() { return *list_; }
  QPushButton& go_button() { return *go_; }
  // Makes the branch of the chosen action and closes.
  void go();

 private:
  void look();
  void show_choice();
  Desk desk_;
  ForkSource source_;
  std::shared_ptr<const Crossroads> crossroads_;
  ChoiceModel model_;
  QLabel *headline_, *said_;
  QLineEdit* filter_;
  QListView* list_;
  QPushButton* go_;
  Background work_;  // last: it ends before what it speaks to
};

}  // namespace flowtank::gui
