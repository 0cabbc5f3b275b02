// SPDX-License-Identifier: Apache-2.0
// See desk.hpp. What views have in common beside the three: labels, buttons, strips of tools, and running again.
#include "gui/widgets/desk.hpp"

#include <QAccessible>
#include <QHBoxLayout>

namespace flowtank::gui {

QLabel* plain_label(QWidget* parent, const char* role) {
  auto* label = new QLabel(parent);
  label->setTextFormat(Qt::PlainText);
  if (*role != 0) label->setProperty("role", role);
  return label;
}

void say(QWidget& picture, const QString& description) {
  if (picture.accessibleDescription() == description) return;
  picture.setAccessibleDescription(description);
  QAccessibleEvent event(&picture, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&event);
}

QToolButton* toggle_button(const QString& text, const QString& tip, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setText(text);
  button->setToolTip(tip);
  button->setAccessibleDescription(tip);
  button->setCheckable(true);
  button->setFocusPolicy(Qt::StrongFocus);
  return button;
}

void run_again(const Desk& desk, const std::vector<std::string>& more) {
  const auto shown = desk.stage.snapshot();
  if (shown == nullptr) return;
  JobRequest request;
  request.kind = shown->driver == Driver::check ? JobKind::check : JobKind::run;
  request.seed = shown->seed;
  request.horizon = shown->horizon;
  request.overrides = shown->asked;
  request.overrides.insert(request.overrides.end(), more.begin(), more.end());
  // Another file may have been opened since, and have errors.
  if (desk.session.is_of_file(shown.get())) desk.session.ask(std::move(request));
  else desk.session.open(QString::fromStdString(shown->file), std::move(request));
}

QWidget* tool_strip(const QList<QWidget*>& widgets, QWidget* parent) {
  auto* strip = new QWidget(parent);
  strip->setProperty("role", "strip");
  strip->setAttribute(Qt::WA_StyledBackground);
  auto* row = new QHBoxLayout(strip);
  row->setContentsMargins(6, 3, 6, 3);
  row->setSpacing(6);
  for (QWidget* widget : widgets) {
    if (widget == nullptr) row->addStretch(1);
    else row->addWidget(widget);
  }
  return strip;
}

}  // namespace flowtank::gui
