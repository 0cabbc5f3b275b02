// SPDX-License-Identifier: Apache-2.0
// The views that are tables: verdicts, events, the state at the focus, problems. Each shows a model; those of a run follow
// the focus and set it.
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTableView>
#include <QToolButton>
#include <QUndoStack>

#include "gui/models/event_model.hpp"
#include "gui/models/problem_model.hpp"
#include "gui/models/state_model.hpp"
#include "gui/models/verdict_model.hpp"
#include "gui/widgets/desk.hpp"

namespace flowtank::gui {

// A table as all of them look here: rows of 25, no grid across, whole rows selected.
QTableView* plain_table(QAbstractItemModel* model, QWidget* parent);

class VerdictsView final : public QWidget {
  Q_OBJECT
 public:
  explicit VerdictsView(const Desk& desk, QWidget* parent = nullptr);
  QTableView& table() { return *table_; }

 private:
  void show_snapshot();
  void show_choice();
  Desk desk_;
  VerdictModel model_;
  QTableView* table_;
  QLabel* summary_;
  bool following_ = false;
};

class EventsView final : public QWidget {
  Q_OBJECT
 public:
  explicit EventsView(const Desk& desk, QWidget* parent = nullptr);
  QLineEdit& filter() { return *filter_; }
  EventModel& model() { return model_; }
  QTableView& table() { return *table_; }
  // Changes of the filter, typing at once being one.
  QUndoStack& edits() { return edits_; }
  // What stands beside the filter: how many events it leaves, or why it cannot be understood.
  QString said() const { return said_->text(); }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void filter_changed(const QString& text);
  void follow();
  void say();
  Desk desk_;
  EventModel model_;
  QTableView* table_;
  QLineEdit* filter_;
  QLabel* said_;
  QUndoStack edits_;
  QString filtered_;          // as the last edit left it
  bool following_ = false;
};

class StateView final : public QWidget {
  Q_OBJECT
 public:
  explicit StateView(const Desk& desk, QWidget* parent = nullptr);
  StateModel& model() { return model_; }

 private:
  void refresh();
  void choose(int store);
  Desk desk_;
  StateAt state_;
  StateModel model_;
  QTableView* table_;
  QComboBox* stores_;
  QLabel* changes_;
  QToolButton* follow_;
  QLabel* empty_;
};

// All problems of the file, with the text and the places in it.
class ProblemsView final : public QWidget {
  Q_OBJECT
 public:
  explicit ProblemsView(const Desk& desk, QWidget* parent = nullptr);
  ProblemModel& model() { return model_; }
  QTableView& table() { return *table_; }
  QPlainTextEdit& text() { return *text_; }
  void next(int direction);

 private:
  void refresh();
  void go_to(int row);
  void underline();
  Desk desk_;
  ProblemModel model_;
  QTableView* table_;
  QPlainTextEdit* text_;
  QLabel* summary_;
};

}  // namespace flowtank::gui
