// SPDX-License-Identifier: Apache-2.0
// See timeline_view.hpp: what follows the run, the mouse and the keys. timeline_paint.cpp paints.
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

#include <cmath>

#include <fmt/format.h>

#include <reports/text.hpp>

#include "gui/models/words.hpp"
#include "gui/widgets/timeline_view.hpp"

namespace flowtank::gui {

TimelineView::TimelineView(const Desk& desk, QWidget* parent) : QAbstractScrollArea(parent), desk_(desk) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Timeline"));
  viewport()->setMouseTracking(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &TimelineView::new_run);
  connect(&desk_.stage, &Stage::verdict_changed, this, [this] { viewport()->update(); });
  connect(&desk_.stage, &Stage::measures_changed, this, [this] { viewport()->update(); });
  connect(&desk_.session, &Session::outline_changed, this, [this] { viewport()->update(); });
  connect(&desk_.stage.focus(), &Focus::changed, this, &TimelineView::follow);
  connect(&desk_.appearance, &Appearance::changed, this, [this] { viewport()->update(); });
  new_run();
}

const TraceIndex* TimelineView::index() const { return desk_.stage.run() == nullptr ? nullptr : &desk_.stage.run()->index(); }

void TimelineView::new_run() {
  shown_ = desk_.stage.run();
  lanes_.clear();
  past_.clear();
  links_.clear();
  if (shown_ != nullptr) {
    const TraceIndex& run = shown_->index();
    row_of_lane_.assign(run.lanes().all().size(), no_lane);
    for (std::uint16_t lane = 0; lane < run.lanes().all().size(); ++lane) {
      if (run.density(lane).size() == 0) continue;
      row_of_lane_[lane] = static_cast<std::uint16_t>(lanes_.size());
      lanes_.push_back(lane);
    }
    in_past_.assign(run.lanes().all().size(), false);
    downtimes_.assign(run.lanes().all().size(), {});
    for (const Span& down : run.downtimes()) downtimes_[down.lane].push_back(down);
    window_.set_run(run.first_position(), run.last_position() + (run.last_position() - run.first_position()) / 50);
    window_.set_pixels(viewport()->width() - names_width);
  }
  set_bars();
  viewport()->update();
}

void TimelineView::follow() {
  if (desk_.stage.run() != shown_) new_run();
  if (shown_ == nullptr || desk_.stage.record() == no_record) return viewport()->update();
  find_path();
  // A cause in a long run is looked at from near by.
  const std::int64_t extent = window_.last() - window_.first();
  if (window_.shows_all() && shown_->size() > 3'000 && past_.size() > 1) {
    const std::int64_t begin = shown_->index().position(past_.front()), end = focus_position();
    const std::int64_t room = std::max((end - begin) / 4, extent / 400 + 5);
    window_.show(begin - room, end + room);
  }
  window_.reveal(focus_position());
  say(*this, QString::fromStdString(fmt::format("{}, {}: {}", shown_->time(desk_.stage.record()), shown_->where(desk_.stage.record()), shown_->sentence(desk_.stage.record()))));
  viewport()->update();
}

// Asked once a focus, not once a frame.
void TimelineView::find_path() {
  past_ = shown_->past(desk_.stage.record(), 2'000);
  links_.clear();
  in_past_.assign(in_past_.size(), false);
  for (const RecordId id : past_) {
    if (!is_inner(shown_->index().kind(id))) in_past_[shown_->index().lane(id)] = true;
    const RecordId cause = shown_->cause(id);
    if (cause != no_record && shown_->index().lane(cause) != shown_->index().lane(id)) links_.emplace_back(cause, id);
  }
}

std::int64_t TimelineView::focus_position() const { return desk_.stage.record() == no_record ? 0 : index()->position(desk_.stage.record()); }

void TimelineView::set_bars() {
  const int all = static_cast<int>(lanes_.size()) * lane_height;
  const int seen = std::max(0, viewport()->height() - lanes_top());
  verticalScrollBar()->setPageStep(seen);
  verticalScrollBar()->setSingleStep(lane_height);
  verticalScrollBar()->setRange(0, std::max(0, all - seen));
}

int TimelineView::lane_at(int y) const {
  if (y < lanes_top()) return -1;
  const int row = (y - lanes_top() + verticalScrollBar()->value()) / lane_height;
  return row < static_cast<int>(lanes_.size()) ? row : -1;
}

void TimelineView::paintEvent(QPaintEvent*) {
  QPainter painter(viewport());
  paint_all(painter);
}

void TimelineView::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  window_.set_pixels(viewport()->width() - names_width);
  set_bars();
}

void TimelineView::wheelEvent(QWheelEvent* event) {
  const double about = event->position().x() - names_width;
  if ((event->modifiers() & Qt::ShiftModifier) != 0) window_.pan(-event->angleDelta().y() / 2.0);
  else if ((event->modifiers() & Qt::ControlModifier) != 0 || event->position().x() > names_width) window_.zoom(std::pow(0.9985, event->angleDelta().y()), about);
  else return QAbstractScrollArea::wheelEvent(event);
  viewport()->update();
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
  pressed_ = event->pos();
  if (index() == nullptr || event->position().x() < names_width) return;
  if (event->button() == Qt::MiddleButton) drag_ = Drag::pan;
  else if (event->position().y() < overview_height) drag_ = Drag::overview;
  else drag_ = Drag::focus;
  mouseMoveEvent(event);
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
  if (index() == nullptr) return;
  if (drag_ == Drag::pan) {
    window_.pan(pressed_.x() - event->pos().x());
    pressed_ = event->pos();
    viewport()->update();
  } else if (drag_ == Drag::overview) {
    const double share = (event->position().x() - names_width) / window_.pixels();
    const auto centre = window_.first() + static_cast<std::int64_t>(share * static_cast<double>(window_.last() - window_.first()));
    const std::int64_t width = window_.to() - window_.from();
    window_.show(centre - width / 2, centre - width / 2 + width);
    viewport()->update();
  } else if (drag_ == Drag::focus) {
    set_focus_at(event->position(), true);
  }
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
  if (drag_ == Drag::focus) set_focus_at(event->position(), false);
  drag_ = Drag::none;
}

// The event of the lane under the mouse that is nearest; of any lane on the ruler.
void TimelineView::set_focus_at(QPointF at, bool glide) {
  const TraceIndex& run = *index();
  const int row = lane_at(static_cast<int>(pressed_.y()));
  const LaneDensity& density = row < 0 ? run.whole() : run.density(lanes_[static_cast<std::size_t>(row)]);
  const std::int64_t position = window_.position_at(at.x() - names_width);
  const auto positions = density.positions();
  if (positions.empty()) return;
  auto found = std::lower_bound(positions.begin(), positions.end(), position);
  if (found == positions.end() || (found != positions.begin() && position - *(found - 1) < *found - position)) --found;
  FocusPoint point = desk_.stage.focus().current();
  point.record = density.events()[static_cast<std::size_t>(found - positions.begin())];
  point.lane = no_lane;
  if (glide) desk_.stage.focus().glide(point);
  else desk_.stage.focus().set(point);
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
  const double centre = desk_.stage.record() == no_record || index() == nullptr ? window_.pixels() / 2 : window_.x_of(focus_position());
  switch (event->key()) {
    case Qt::Key_W:
    case Qt::Key_Plus: window_.zoom(0.7, centre); break;
    case Qt::Key_S:
    case Qt::Key_Minus: window_.zoom(1 / 0.7, centre); break;
    case Qt::Key_A: window_.pan(-window_.pixels() / 8); break;
    case Qt::Key_D: window_.pan(window_.pixels() / 8); break;
    case Qt::Key_Home: window_.fit(); break;
    case Qt::Key_Z:
      if (past_.size() > 1) window_.show(index()->position(past_.front()) - 10, focus_position() + (focus_position() - index()->position(past_.front())) / 8 + 10);
      break;
    case Qt::Key_Up: verticalScrollBar()->setValue(verticalScrollBar()->value() - lane_height); break;
    case Qt::Key_Down: verticalScrollBar()->setValue(verticalScrollBar()->value() + lane_height); break;
    default: return QAbstractScrollArea::keyPressEvent(event);
  }
  viewport()->update();
}

bool TimelineView::viewportEvent(QEvent* event) {
  if (event->type() != QEvent::ToolTip || index() == nullptr) return QAbstractScrollArea::viewportEvent(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const int row = lane_at(help->pos().y());
  if (row < 0 || help->pos().x() < names_width) {
    QToolTip::hideText();
    return true;
  }
  const std::uint16_t lane = lanes_[static_cast<std::size_t>(row)];
  const LaneDensity& density = index()->density(lane);
  const double at = help->pos().x() - names_width;
  const std::int64_t from = window_.position_at(at - 4), to = std::max(window_.position_at(at + 4), from + 1);
  const std::size_t count = density.count(from, to);
  std::string text = fmt::format("{}: {} here", index()->lanes().all()[lane].name, reports::counted(count, "event"));
  if (count > 0 && count <= 4) {
    const auto positions = density.positions();
    const auto first = static_cast<std::size_t>(std::lower_bound(positions.begin(), positions.end(), from) - positions.begin());
    for (std::size_t i = first; i < first + count; ++i) text += fmt::format("\n#{} {}", density.events()[i], shown_->sentence(density.events()[i]));
  }
  if (const auto measures = desk_.stage.measures_so_far()) {
    if (const Series* backlog = measures->backlog_of(lane)) text += fmt::format("\nbacklog {}", levels_of(*backlog, from, to, 1).front());
  }
  QToolTip::showText(help->globalPos(), tip_of(QString::fromStdString(text)), this);
  return true;
}

void TimelineView::focusInEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusInEvent(event);
  viewport()->update();
}

void TimelineView::focusOutEvent(QFocusEvent* event) {
  QAbstractScrollArea::focusOutEvent(event);
  viewport()->update();
}

}  // namespace flowtank::gui
