// SPDX-License-Identifier: Apache-2.0
// Shows a display list, with a header that stays on top if there is one: scrolls, zooms about the cursor, says what is
// under the mouse, and calls back on a click. It holds no data and searches nothing.
#pragma once

#include <QAbstractScrollArea>

#include <functional>

#include "gui/scene/display_list.hpp"
#include "gui/widgets/appearance.hpp"

namespace flowtank::gui {

class SceneView final : public QAbstractScrollArea {
 public:
  explicit SceneView(const Appearance& appearance, QWidget* parent = nullptr);

  void show_list(DisplayList list, DisplayList header = {});
  const DisplayList& list() const { return list_; }
  const DisplayList& header() const { return header_; }
  void show_message(const QString& message);  // instead of a picture
  // Scrolls as little as needed; empty rectangles are ignored.
  void reveal(const QRectF& rect);
  void set_zoom(double zoom, QPointF about = {});
  double zoom() const { return zoom_; }
  // The largest zoom at which everything is seen, at most 1.
  void fit();
  void set_fitted(bool fitted);  // fits again at each new size

  std::function<void(const Hit&)> on_click;
  std::function<void(int key, Qt::KeyboardModifiers)> on_key;
  std::function<void()> on_resize;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool viewportEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  double header_height() const { return header_.size.height(); }
  QPointF offset() const;  // of the list's origin in the viewport
  QPointF to_scene(QPointF at) const;
  void set_bars();

  const Appearance& appearance_;
  DisplayList list_, header_;
  QString message_;
  double zoom_ = 1;
  bool fitted_ = false;
  QPoint pressed_;
  QPoint bars_at_press_;
  bool dragging_ = false;
};

}  // namespace flowtank::gui
