// SPDX-License-Identifier: Apache-2.0
// The whole run over time: an overview with the window that is seen, a ruler, and a lane for each place. Zoomed out a lane is
// columns of density with the worst thing of each at its foot, and a line for what waits in a channel; zoomed in it is marks and
// bars of handler runs. What a frame costs is bounded by pixels, never by events. While a trace is read, its outline is drawn.
#pragma once

#include <QAbstractScrollArea>
#include <QImage>

#include "gui/scene/timeline_window.hpp"
#include "gui/widgets/desk.hpp"

namespace flowtank::gui {

class TimelineView final : public QAbstractScrollArea, public Picture {
  Q_OBJECT
 public:
  explicit TimelineView(const Desk& desk, QWidget* parent = nullptr);

  TimelineWindow& window_shown() { return window_; }
  std::size_t lanes_shown() const { return lanes_.size(); }
  QSizeF picture_size() const override { return viewport()->size(); }
  void paint_picture(QPainter& painter) const override { paint_all(painter); }
  QString picture_name() const override { return QStringLiteral("timeline"); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool viewportEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  static constexpr int names_width = 124, overview_height = 46, ruler_height = 24, lane_height = 27;
  void new_run();
  void follow();
  void set_bars();
  const TraceIndex* index() const;
  int lanes_top() const { return overview_height + ruler_height; }
  std::int64_t focus_position() const;
  double x(std::int64_t position) const { return names_width + window_.x_of(position); }
  int lane_at(int y) const;
  void set_focus_at(QPointF at, bool glide);

  void paint_all(QPainter& painter) const;
  void paint_overview(QPainter& painter) const;
  void paint_outline(QPainter& painter, const Outline& outline) const;
  void paint_downtimes(QPainter& painter, std::uint16_t lane, int top) const;
  void paint_backlog(QPainter& painter, std::uint16_t lane, QRect in) const;
  void find_path();
  void paint_ruler(QPainter& painter) const;
  void paint_lane(QPainter& painter, std::size_t row) const;
  void paint_columns(QPainter& painter, const LaneDensity& density, QRect in, Role colour, std::int64_t from, std::int64_t to) const;
  void paint_marks(QPainter& painter, std::uint16_t lane, QRect in) const;
  void paint_steps(QPainter& painter) const;
  void paint_focus(QPainter& painter) const;

  Desk desk_;
  TimelineWindow window_;
  std::vector<std::uint16_t> lanes_;  // those that have events
  std::vector<std::uint32_t> past_;      // of the focus
  std::vector<bool> in_past_;            // by lane
  std::vector<std::pair<RecordId, RecordId>> links_;  // causes and effects of the past that are in different lanes
  std::vector<std::vector<Span>> downtimes_;          // by lane
  std::vector<std::uint16_t> row_of_lane_;
  const RunReader* shown_ = nullptr;
  enum class Drag : std::uint8_t { none, focus, overview, pan };
  Drag drag_ = Drag::none;
  QPoint pressed_;
};

}  // namespace flowtank::gui
