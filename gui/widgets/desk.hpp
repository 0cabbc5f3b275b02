// SPDX-License-Identifier: Apache-2.0
// What every view is given when it is made: the session (jobs), the stage (what is shown, the focus) and the appearance.
// All outlive the views. Views know these three and no other view.
#pragma once

#include <QLabel>
#include <QString>
#include <QToolButton>
#include <QWidget>

#include <functional>

#include "gui/session/session.hpp"
#include "gui/session/stage.hpp"
#include "gui/widgets/appearance.hpp"

namespace flowtank::gui {

struct Desk {
  Session& session;
  Stage& stage;
  Appearance& appearance;
};

// A view that can be written as a picture.
class Picture {
 public:
  virtual ~Picture() = default;
  virtual QSizeF picture_size() const = 0;
  virtual void paint_picture(QPainter& painter) const = 0;
  virtual QString picture_name() const = 0;  // "sequence", for the file
};

// A label that shows what it is given as it is: names from files are never taken for mark-up. `role` as style sheets know it.
QLabel* plain_label(QWidget* parent, const char* role = "");

// What a picture shows, in words, for those who do not see it; assistive programs are told when it changes.
void say(QWidget& picture, const QString& description);

// A button that stays down, as tool rows have them.
QToolButton* toggle_button(const QString& text, const QString& tip, QWidget* parent);

// Does what is shown once more with these overrides added, on the file that it is of.
void run_again(const Desk& desk, const std::vector<std::string>& more);

// A row of controls above a view, in the colour of tool rows.
QWidget* tool_strip(const QList<QWidget*>& widgets, QWidget* parent);

}  // namespace flowtank::gui
