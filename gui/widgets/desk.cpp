// SPDX-License-Identifier: Apache-2.0
// See desk.hpp. What views have in common beside the three: a strip of tools above them.
#include "gui/widgets/desk.hpp"

#include <QHBoxLayout>

namespace flowtank::gui {

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
