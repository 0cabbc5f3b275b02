// SPDX-License-Identifier: Apache-2.0
// See scene_view.hpp. Only what intersects the visible part is painted; places that can be clicked come from the list.
#include "gui/widgets/scene_view.hpp"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

#include "gui/models/words.hpp"
#include "gui/scene/paint.hpp"
#include "gui/widgets/desk.hpp"

namespace flowtank::gui {

SceneView::SceneView(const Appearance& appearance, QWidget* parent) : QAbstractScrollArea(parent), appearance_(appearance) {
  setFocusPolicy(Qt::StrongFocus);
  viewport()->setMouseTracking(true);
  horizontalScrollBar()->setSingleStep(20);
  verticalScrollBar()->setSingleStep(20);
}

void SceneView::show_list(DisplayList list, DisplayList header) {
  list_ = std::move(list);
  header_ = std::move(header);
  message_.clear();
  say(*this, list_.description);
  if (fitted_) fit();
  set_bars();
  viewport()->update();
}

void SceneView::show_message(const QString& message) {
  list_ = {};
  header_ = {};
  message_ = message;
  say(*this, message);
  set_bars();
  viewport()->update();
}

void SceneView::set_bars() {
  const QSizeF all(std::max(list_.size.width(), header_.size.width()) * zoom_, list_.size.height() * zoom_);
  const QSize seen = viewport()->size() - QSize(0, static_cast<int>(header_height()));
  horizontalScrollBar()->setPageStep(seen.width());
  verticalScrollBar()->setPageStep(seen.height());
  horizontalScrollBar()->setRange(0, std::max(0, static_cast<int>(std::ceil(all.width())) - seen.width()));
  verticalScrollBar()->setRange(0, std::max(0, static_cast<int>(std::ceil(all.height())) - seen.height()));
}

QPointF SceneView::offset() const {
  const double free_x = viewport()->width() - list_.size.width() * zoom_, free_y = viewport()->height() - header_height() - list_.size.height() * zoom_;
  const double x = fitted_ && free_x > 0 ? free_x / 2 : -horizontalScrollBar()->value();
  const double y = fitted_ && free_y > 0 ? free_y / 2 : -verticalScrollBar()->value();
  return QPointF(x, y + header_height());
}

QPointF SceneView::to_scene(QPointF at) const { return (at - offset()) / zoom_; }

void SceneView::reveal(const QRectF& rect) {
  if (rect.isEmpty()) return;
  const double top = rect.top() * zoom_, bottom = rect.bottom() * zoom_;
  QScrollBar* bar = verticalScrollBar();
  const double room = std::min(60.0, bar->pageStep() / 4.0);
  if (top < bar->value() + room) bar->setValue(static_cast<int>(top - room));
  else if (bottom > bar->value() + bar->pageStep() - room) bar->setValue(static_cast<int>(bottom - bar->pageStep() + room));
  // Sideways only where it fits: a whole row is seen as it is.
  QScrollBar* across = horizontalScrollBar();
  const double left = rect.left() * zoom_, right = rect.right() * zoom_;
  if (right - left > across->pageStep()) return;
  if (left < across->value()) across->setValue(static_cast<int>(left));
  else if (right > across->value() + across->pageStep()) across->setValue(static_cast<int>(right - across->pageStep()));
}

void SceneView::set_zoom(double zoom, QPointF about) {
  zoom = std::clamp(zoom, 0.2, 4.0);
  if (zoom == zoom_) return;
  const QPointF point = to_scene(about);
  zoom_ = zoom;
  set_bars();
  horizontalScrollBar()->setValue(static_cast<int>(point.x() * zoom_ - about.x()));
  verticalScrollBar()->setValue(static_cast<int>(point.y() * zoom_ - about.y() + header_height()));
  viewport()->update();
}

void SceneView::fit() {
  if (list_.size.isEmpty()) return;
  const double wide = (viewport()->width() - 8) / list_.size.width(), high = (viewport()->height() - 8 - header_height()) / list_.size.height();
  zoom_ = std::clamp(std::min({wide, high, 1.15}), 0.2, 1.15);
  set_bars();
  viewport()->update();
}

void SceneView::set_fitted(bool fitted) {
  fitted_ = fitted;
  if (fitted) fit();
}

void SceneView::paintEvent(QPaintEvent*) {
  QPainter painter(viewport());
  const Theme& theme = appearance_.theme();
  painter.fillRect(viewport()->rect(), theme[Role::base]);
  if (!message_.isEmpty()) {
    painter.setPen(theme[Role::dim]);
    painter.drawText(viewport()->rect().adjusted(24, 16, -24, -16), Qt::AlignCenter | Qt::TextWordWrap, message_);
  }
  painter.save();
  painter.translate(offset());
  painter.scale(zoom_, zoom_);
  const QRectF seen(to_scene(QPointF(0, header_height())), QSizeF(viewport()->size()) / zoom_);
  paint(painter, theme, list_, seen);
  painter.restore();
  if (header_height() > 0) {
    painter.save();
    painter.translate(-horizontalScrollBar()->value(), 0);
    painter.fillRect(QRectF(horizontalScrollBar()->value(), 0, viewport()->width(), header_height()), theme[Role::alternate]);
    paint(painter, theme, header_);
    painter.restore();
  }
  if (hasFocus()) {
    painter.setPen(QPen(theme[Role::accent], 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(viewport()->rect()).adjusted(0.5, 0.5, -0.5, -0.5));
  }
}

void SceneView::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  if (fitted_) fit();
  set_bars();
  if (on_resize) on_resize();
}

void SceneView::mousePressEvent(QMouseEvent* event) {
  pressed_ = event->pos();
  bars_at_press_ = {horizontalScrollBar()->value(), verticalScrollBar()->value()};
  dragging_ = false;
}

void SceneView::mouseMoveEvent(QMouseEvent* event) {
  const Hit* hit = list_.at(to_scene(event->position()));
  viewport()->setCursor(hit != nullptr && hit->record != no_record ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if ((event->buttons() & Qt::LeftButton) == 0) return;
  const QPoint moved = event->pos() - pressed_;
  if (!dragging_ && moved.manhattanLength() < 6) return;
  dragging_ = true;
  horizontalScrollBar()->setValue(bars_at_press_.x() - moved.x());
  verticalScrollBar()->setValue(bars_at_press_.y() - moved.y());
}

void SceneView::mouseReleaseEvent(QMouseEvent* event) {
  if (dragging_ || event->button() != Qt::LeftButton) return;
  const Hit* hit = list_.at(to_scene(event->position()));
  if (hit != nullptr && on_click) on_click(*hit);
}

void SceneView::wheelEvent(QWheelEvent* event) {
  if ((event->modifiers() & Qt::ControlModifier) == 0) return QAbstractScrollArea::wheelEvent(event);
  fitted_ = false;
  set_zoom(zoom_ * std::pow(1.0015, event->angleDelta().y()), event->position());
}

void SceneView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_W:
    case Qt::Key_Plus: fitted_ = false; return set_zoom(zoom_ * 1.2, viewport()->rect().center());
    case Qt::Key_S:
    case Qt::Key_Minus: fitted_ = false; return set_zoom(zoom_ / 1.2, viewport()->rect().center());
    case Qt::Key_Home: return fit();
    case Qt::Key_A: return horizontalScrollBar()->setValue(horizontalScrollBar()->value() - 80);
    case Qt::Key_D: return horizontalScrollBar()->setValue(horizontalScrollBar()->value() + 80);
    default: break;
  }
  if (on_key) on_key(event->key(), event->modifiers());
  else QAbstractScrollArea::keyPressEvent(event);
}

bool SceneView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const bool in_header = help->pos().y() < header_height();
    const Hit* hit = in_header ? header_.at(QPointF(help->pos()) + QPointF(horizontalScrollBar()->value(), 0)) : list_.at(to_scene(help->pos()));
    if (hit != nullptr && !hit->tip.isEmpty()) QToolTip::showText(help->globalPos(), tip_of(hit->tip), this);
    else QToolTip::hideText();
    return true;
  }
  return QAbstractScrollArea::viewportEvent(event);
}

void SceneView::focusInEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusInEvent(event);
  viewport()->update();
}

void SceneView::focusOutEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusOutEvent(event);
  viewport()->update();
}

}  // namespace flowtank::gui
