// SPDX-License-Identifier: Apache-2.0
// Paints a display list with a theme onto anything that QPainter paints on: a widget, a PNG, an SVG, a PDF.
#pragma once

#include <QFont>
#include <QPainter>

#include "gui/scene/display_list.hpp"

namespace flowtank::gui {

// `clip` in the coordinates of the list: what lies outside is not painted. Empty: everything.
void paint(QPainter& painter, const Theme& theme, const DisplayList& list, QRectF clip = {});

QFont font_of(const TextStyle& style);
// By the fonts of the application.
double measure_by_font(const QString& text, const TextStyle& style);

}  // namespace flowtank::gui
