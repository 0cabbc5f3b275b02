// SPDX-License-Identifier: Apache-2.0
// Why the chosen verdict is what it is: one sentence that a person would say, the fault first with the question what would
// have been without it, the steps with their numbers, what was allowed, and what makes it pass. Each step is a link.
#pragma once

#include <QFrame>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QScrollArea>

#include "gui/models/story_model.hpp"
#include "gui/widgets/desk.hpp"

namespace flowtank::gui {

class CauseView final : public QScrollArea {
  Q_OBJECT
 public:
  explicit CauseView(const Desk& desk, QWidget* parent = nullptr);
  QListView& steps() { return *steps_; }
  QString headline() const { return headline_->text(); }
  QPushButton& repair_button() { return *repair_; }
  QPushButton& without_button() { return *without_; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh();
  void follow();
  void show_story(const VerdictEntry& entry);
  void show_without_story(const VerdictEntry* entry);
  void show_evidence(const reports::Story& story);
  void size_steps();
  Desk desk_;
  StoryModel model_;
  QLabel* headline_;
  QFrame* fault_;
  QLabel* fault_shape_;
  QLabel* fault_words_;
  QPushButton* without_;
  QListView* steps_;
  QLabel* evidence_;
  QLabel* notes_;
  QPushButton* repair_;
  bool following_ = false;
};

}  // namespace flowtank::gui
