// SPDX-License-Identifier: Apache-2.0
// The shapes that carry meaning beside colour: verdicts, faults, the numbered circles of a story, strength. One painter for
// all of them, so that tables, pictures and buttons show the same shape.
#pragma once

#include <QIcon>
#include <QPainter>

#include <cstdint>

#include <sim/property/spec.hpp>
#include <sim/world/system.hpp>

#include "gui/theme/theme.hpp"

namespace flowtank::gui {

enum class StepLook : std::uint8_t;

enum class Symbol : std::uint8_t {
  pass, fail, inconclusive, vacuous,                                             // verdicts
  duplicate, delay, loss, crash, partition, reorder, outage, error, other_fault,  // faults
  step_cause, step_beside, step_fault, step_violation,                           // numbered circles
  arrival, publish, square, lozenge,                                             // events in lanes
  open, run, stop, step_forward, step_back, check,                               // buttons
};

Symbol symbol_of(VerdictKind kind);
Symbol symbol_of(FaultKind kind);
Symbol symbol_of(StepLook look);  // a circle
Role text_role_of(VerdictKind kind);

// Into the square around `centre`; `text` is the number in a circle.
void draw_symbol(QPainter& painter, const Theme& theme, Symbol symbol, QPointF centre, double size, const QString& text = {});
// Three small bars, `filled` of them solid.
void draw_bars(QPainter& painter, const Theme& theme, int filled, QRectF in);
QIcon icon_of(const Theme& theme, Symbol symbol, int size = 16);

}  // namespace flowtank::gui
