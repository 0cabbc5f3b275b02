// SPDX-License-Identifier: Apache-2.0
// See timeline_view.hpp: painting. Columns are written into the rows of an image, one a pixel, so that a frame costs the
// same for a thousand and for ten million events.
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

#include <fmt/format.h>

#include <reports/text.hpp>

#include "gui/models/story_model.hpp"
#include "gui/scene/paint.hpp"
#include "gui/theme/symbols.hpp"
#include "gui/widgets/timeline_view.hpp"

namespace flowtank::gui {
namespace {

void hatched(QPainter& painter, const Theme& theme, const QRectF& in) {
  DisplayList list;
  list.hatch(in, Role::fault);
  paint(painter, theme, list);
}

}  // namespace

void TimelineView::paint_all(QPainter& painter) const {
  const Theme& theme = desk_.appearance.theme();
  painter.fillRect(viewport()->rect(), theme[Role::base]);
  if (index() == nullptr || lanes_.empty()) {
    painter.setPen(theme[Role::dim]);
    painter.drawText(viewport()->rect().adjusted(20, 10, -20, -10), Qt::AlignCenter | Qt::TextWordWrap, tr("The whole run over time is drawn here."));
    return;
  }
  painter.save();
  painter.setClipRect(QRect(0, lanes_top(), viewport()->width(), viewport()->height() - lanes_top()));
  painter.setPen(theme[Role::grid]);
  for (const Tick& tick : ticks_of(window_, index()->timed(), 110)) painter.drawLine(QPointF(x(tick.position), lanes_top()), QPointF(x(tick.position), viewport()->height()));
  for (std::size_t row = 0; row < lanes_.size(); ++row) paint_lane(painter, row);
  paint_steps(painter);
  painter.restore();
  paint_overview(painter);
  paint_ruler(painter);
  paint_focus(painter);
  if (hasFocus()) {
    painter.setPen(theme[Role::accent]);
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(viewport()->rect().adjusted(0, 0, -1, -1));
  }
}

void TimelineView::paint_columns(QPainter& painter, const LaneDensity& density, QRect in, Role colour, std::int64_t from, std::int64_t to) const {
  if (in.width() < 1 || in.height() < 1) return;
  const Theme& theme = desk_.appearance.theme();
  std::vector<Column> columns(static_cast<std::size_t>(in.width()));
  density.columns(from, to, columns);
  QImage image(in.size(), QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  const QRgb fill = theme[colour].rgb(), fault = theme[Role::fault].rgb(), fail = theme[Role::fail].rgb();
  const int height = in.height();
  std::vector<int> tops(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) tops[i] = height - static_cast<int>(height_of(columns[i].count, static_cast<unsigned>(height)));
  for (int y = 0; y < height; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (y < tops[i]) continue;
      const bool foot = y >= height - 5 && columns[i].worst != Weight::ordinary;
      line[i] = !foot ? fill : columns[i].worst == Weight::violation ? fail : fault;
    }
  }
  painter.drawImage(in.topLeft(), image);
}

void TimelineView::paint_lane(QPainter& painter, std::size_t row) const {
  const Theme& theme = desk_.appearance.theme();
  const std::uint16_t lane = lanes_[row];
  const int top = lanes_top() + static_cast<int>(row) * lane_height - verticalScrollBar()->value();
  const QRect all(0, top, viewport()->width(), lane_height);
  if (!all.intersects(viewport()->rect())) return;
  const Lane& l = index()->lanes().all()[lane];
  const bool in_past = std::any_of(past_.begin(), past_.end(), [&](RecordId id) { return index()->lane(id) == lane && !is_inner(index()->kind(id)); });
  const QRect in(names_width, top + 2, viewport()->width() - names_width, lane_height - 5);
  // Downtime is hatched until the instance is back.
  for (const Span& down : index()->downtimes()) {
    if (down.lane != lane) continue;
    const double from = x(index()->position(down.from)), to = down.to == no_record ? viewport()->width() : x(index()->position(down.to));
    if (to < names_width || from > viewport()->width()) continue;
    hatched(painter, theme, QRectF(std::max<double>(from, names_width), top + 3, to - std::max<double>(from, names_width), lane_height - 6));
  }
  const std::size_t count = index()->density(lane).count(window_.from(), window_.to());
  painter.save();
  painter.setClipRect(in.adjusted(0, -2, 0, 3), Qt::IntersectClip);
  if (static_cast<double>(count) > window_.pixels() / 3) paint_columns(painter, index()->density(lane), in, in_past ? Role::accent : Role::strong_line, window_.from(), window_.to());
  else paint_marks(painter, lane, in);
  painter.restore();
  painter.fillRect(QRect(0, top, names_width, lane_height), theme[Role::base]);
  if (in_past) painter.fillRect(QRect(0, top + 3, 4, lane_height - 6), theme[Role::accent]);
  const TextStyle style{12, in_past};
  painter.setFont(font_of(style));
  painter.setPen(theme[Role::text]);
  painter.drawText(QRect(11, top, names_width - 16, lane_height), Qt::AlignVCenter, painter.fontMetrics().elidedText(QString::fromStdString(l.name), Qt::ElideRight, names_width - 18));
  painter.setPen(theme[Role::grid]);
  painter.drawLine(0, top + lane_height - 1, viewport()->width(), top + lane_height - 1);
}

void TimelineView::paint_marks(QPainter& painter, std::uint16_t lane, QRect in) const {
  const Theme& theme = desk_.appearance.theme();
  const TraceIndex& run = *index();
  const auto in_past = [&](RecordId id) { return std::binary_search(past_.begin(), past_.end(), id); };
  // Handler runs.
  const double middle = in.center().y();
  const auto runs = run.runs(lane);
  for (std::size_t i = run.first_run(lane, window_.from()); i < runs.size() && run.position(runs[i].from) < window_.to(); ++i) {
    const Span& span = runs[i];
    if (span.to != no_record && run.position(span.to) < window_.from()) continue;
    const double from = x(run.position(span.from)), to = span.to == no_record ? viewport()->width() : x(run.position(span.to));
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme[in_past(span.from) ? Role::accent_tint : Role::dock_title]);
    painter.drawRoundedRect(QRectF(from, middle - 6, std::max(3.0, to - from), 12), 3, 3);
  }
  const LaneDensity& density = run.density(lane);
  const auto positions = density.positions();
  const auto first = static_cast<std::size_t>(std::lower_bound(positions.begin(), positions.end(), window_.from()) - positions.begin());
  for (std::size_t i = first; i < positions.size() && positions[i] < window_.to(); ++i) {
    const RecordId id = density.events()[i];
    const QPointF at(x(positions[i]), middle);
    const Weight weight = density.weights()[i];
    if (weight == Weight::violation) {
      draw_symbol(painter, theme, Symbol::fail, at, 14);
    } else if (weight == Weight::fault) {
      draw_symbol(painter, theme, run.kind(id) == RecordKind::crash ? Symbol::crash : Symbol::other_fault, at, 14);
    } else {
      const Role ink = in_past(id) ? Role::accent : Role::dim;
      const RecordKind kind = run.kind(id);
      const bool arrives = kind == RecordKind::delivered || kind == RecordKind::command_received || kind == RecordKind::command_sent;
      painter.setPen(kind == RecordKind::publish_try ? QPen(theme[ink], 0.4) : QPen(Qt::NoPen));
      painter.setBrush(kind == RecordKind::publish_try ? QBrush(Qt::NoBrush) : QBrush(theme[ink]));
      draw_symbol(painter, theme, arrives ? Symbol::arrival : kind == RecordKind::publish_try ? Symbol::publish : Symbol::square, at, 8);
    }
  }
}

// The story's numbers over the lanes, joined by the path of the cause.
void TimelineView::paint_steps(QPainter& painter) const {
  const VerdictEntry* verdict = desk_.stage.verdict_entry();
  if (verdict == nullptr || !verdict->story || verdict->run != desk_.stage.focus().current().run) return;
  const Theme& theme = desk_.appearance.theme();
  painter.setRenderHint(QPainter::Antialiasing);
  const auto place = [&](RecordId id) {
    const auto row = std::find(lanes_.begin(), lanes_.end(), index()->lane(id)) - lanes_.begin();
    return QPointF(x(index()->position(id)), lanes_top() + static_cast<double>(row) * lane_height - verticalScrollBar()->value() + lane_height / 2.0 - 1);
  };
  painter.setPen(QPen(theme[Role::accent], 1.6));
  for (const RecordId id : past_) {
    const RecordId cause = shown_->cause(id);
    if (cause == no_record || index()->lane(cause) == index()->lane(id)) continue;
    painter.drawLine(place(cause), place(id));
  }
  for (const StoryRow& row : story_rows(*verdict->story, shown_)) {
    if (row.record >= index()->size()) continue;
    const Symbol symbol = symbol_of(row.look);
    const QPointF at = place(row.record);
    if (at.x() > names_width - 8) draw_symbol(painter, theme, symbol, at, 17, QString::number(row.number));
  }
}

void TimelineView::paint_overview(QPainter& painter) const {
  const Theme& theme = desk_.appearance.theme();
  const int width = viewport()->width();
  painter.fillRect(QRect(0, 0, width, overview_height), theme[Role::alternate]);
  painter.setFont(font_of({12, true}));
  painter.setPen(theme[Role::text]);
  painter.drawText(QRect(11, 4, names_width - 14, 18), Qt::AlignVCenter, tr("Whole run"));
  painter.setFont(font_of({11, false, true}));
  painter.setPen(theme[Role::dim]);
  const std::string said = index()->timed() ? fmt::format("{} · {}", thousands(index()->size()), time_text(index()->last_position())) : reports::counted(index()->size(), "event");
  painter.drawText(QRect(11, 22, names_width - 14, 16), Qt::AlignVCenter, painter.fontMetrics().elidedText(QString::fromStdString(said), Qt::ElideRight, names_width - 16));
  const QRect in(names_width, 4, width - names_width, overview_height - 8);
  paint_columns(painter, index()->whole(), in, Role::accent, window_.first(), window_.last() + 1);
  const auto whole_x = [&](std::int64_t position) { return names_width + static_cast<double>(position - window_.first()) / static_cast<double>(window_.last() + 1 - window_.first()) * window_.pixels(); };
  for (const RecordId id : index()->violations()) draw_symbol(painter, theme, Symbol::fail, QPointF(std::min(whole_x(index()->position(id)), width - 8.0), overview_height - 9), 12);
  if (!window_.shows_all()) {
    painter.setPen(QPen(theme[Role::accent], 1.5));
    QColor veil = theme[Role::accent];
    veil.setAlpha(36);
    painter.setBrush(veil);
    const double from = whole_x(window_.from()), to = whole_x(window_.to());
    painter.drawRect(QRectF(from, 1.5, std::max(5.0, to - from), overview_height - 3));
  }
  painter.setPen(theme[Role::line]);
  painter.drawLine(0, overview_height - 1, width, overview_height - 1);
}

void TimelineView::paint_ruler(QPainter& painter) const {
  const Theme& theme = desk_.appearance.theme();
  painter.fillRect(QRect(0, overview_height, viewport()->width(), ruler_height), theme[Role::alternate]);
  painter.setFont(font_of({11, false, true}));
  for (const Tick& tick : ticks_of(window_, index()->timed(), 110)) {
    painter.setPen(theme[Role::dim]);
    painter.drawText(QRectF(x(tick.position) + 4, overview_height, 120, ruler_height), Qt::AlignVCenter, QString::fromStdString(tick.label));
    painter.setPen(theme[Role::strong_line]);
    painter.drawLine(QPointF(x(tick.position), overview_height + ruler_height - 6), QPointF(x(tick.position), overview_height + ruler_height));
  }
  painter.setPen(theme[Role::line]);
  painter.drawLine(0, lanes_top() - 1, viewport()->width(), lanes_top() - 1);
}

void TimelineView::paint_focus(QPainter& painter) const {
  if (desk_.stage.record() == no_record) return;
  const Theme& theme = desk_.appearance.theme();
  const double at = x(focus_position());
  if (at < names_width || at > viewport()->width()) return;
  painter.setPen(QPen(theme[Role::accent], 2));
  painter.drawLine(QPointF(at, lanes_top()), QPointF(at, viewport()->height()));
  painter.setFont(font_of({11.5, true, true}));
  const QString words = QString::fromStdString(shown_->time(desk_.stage.record()));
  const double width = painter.fontMetrics().horizontalAdvance(words) + 14;
  const QRectF plate(std::clamp(at - width / 2, static_cast<double>(names_width), viewport()->width() - width), overview_height + 2, width, ruler_height - 4);
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme[Role::accent]);
  painter.drawRoundedRect(plate, 4, 4);
  painter.setPen(theme[Role::on_accent]);
  painter.drawText(plate, Qt::AlignCenter, words);
}

}  // namespace flowtank::gui
