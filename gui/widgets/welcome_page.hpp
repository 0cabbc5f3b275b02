// SPDX-License-Identifier: Apache-2.0
// The first thing that is seen: five examples that run at once and stop at what they show, open and drop, recent files, and
// what the four verdicts mean. Nothing here needs a network.
#pragma once

#include <QListView>
#include <QScrollArea>
#include <QStringList>

#include <functional>

#include "gui/widgets/appearance.hpp"

namespace flowtank::gui {

class ExampleList;

class WelcomePage final : public QScrollArea {
  Q_OBJECT
 public:
  WelcomePage(Appearance& appearance, QString scenarios, QWidget* parent = nullptr);

  void show_recent(const QStringList& files);
  QListView& examples() { return *examples_; }

  std::function<void(int)> on_example;          // index into examples()
  std::function<void(const QString&)> on_recent;
  std::function<void()> on_open;

 private:
  void build();
  Appearance& appearance_;
  QString scenarios_;
  QStringList recent_;
  QListView* examples_ = nullptr;
};

}  // namespace flowtank::gui
