// SPDX-License-Identifier: Apache-2.0
// See timeline_view.hpp: painting. Columns are written into the rows of an image, one a pixel, so that a frame costs the
// same for a thousand and for ten million events; what follows from the focus was looked up when that changed.
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

#include <fmt/format.h>

#include <reports/text.hpp>

#include "gui/models/words.hpp"
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
  const auto outline = desk_.session.outline();
  if (outline != nullptr && outline->pieces.size() > 1) return paint_outline(painter, *outline);
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
  // Under the numbers of the story, so that they stay readable.
  if (desk_.stage.record() != no_record && x(focus_position()) >= names_width) {
    painter.setPen(QPen(theme[Role::accent], 2));
    painter.drawLine(QPointF(x(focus_position()), lanes_top()), QPointF(x(focus_position()), viewport()->height()));
  }
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
  // One column a pixel of the device.
  const double ratio = painter.device()->devicePixelRatioF();
  const QSize size = (QSizeF(in.size()) * ratio).toSize();
  std::vector<Column> columns(static_cast<std::size_t>(size.width()));
  density.columns(from, to, columns);
  QImage image(size, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  const QRgb fill = theme[colour].rgb(), fault = theme[Role::fault].rgb(), fail = theme[Role::fail].rgb();
  const int height = size.height(), foot_height = static_cast<int>(5 * ratio);
  std::vector<int> tops(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) tops[i] = height - static_cast<int>(height_of(columns[i].count, static_cast<unsigned>(height)));
  for (int y = 0; y < height; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (y < tops[i]) continue;
      const bool foot = y >= height - foot_height && columns[i].worst != Weight::ordinary;
      line[i] = !foot ? fill : columns[i].worst == Weight::violation ? fail : fault;
    }
  }
  image.setDevicePixelRatio(ratio);
  painter.drawImage(in.topLeft(), image);
}

// Chunk by chunk what there is, before any record was read.
void TimelineView::paint_outline(QPainter& painter, const Outline& outline) const {
  const Theme& theme = desk_.appearance.theme();
  const QRectF in(names_width, overview_height + ruler_height, viewport()->width() - names_width - 12, viewport()->height() - overview_height - 2 * ruler_height);
  const auto at = [&](std::int64_t position) { return in.left() + static_cast<double>(position) * in.width() / static_cast<double>(std::max<std::int64_t>(1, outline.last)); };
  std::vector<double> records(static_cast<std::size_t>(std::max(1.0, in.width())), 0.0);
  std::vector<Weight> worst(records.size(), Weight::ordinary);
  for (const Outline::Piece& piece : outline.pieces) {
    const auto first = static_cast<std::size_t>(std::clamp(at(piece.from) - in.left(), 0.0, static_cast<double>(records.size() - 1)));
    const auto last = static_cast<std::size_t>(std::clamp(at(piece.to) - in.left(), static_cast<double>(first), static_cast<double>(records.size() - 1)));
    for (std::size_t x = first; x <= last; ++x) {
      records[x] += static_cast<double>(piece.records) / static_cast<double>(last - first + 1);
      worst[x] = std::max(worst[x], piece.worst);
    }
  }
  const double most = std::max(1.0, *std::max_element(records.begin(), records.end()));
  for (std::size_t x = 0; x < records.size(); ++x) {
    const double height = in.height() * 0.8 * records[x] / most;
    painter.fillRect(QRectF(in.left() + static_cast<double>(x), in.bottom() - height, 1, height), theme[Role::accent]);
    if (worst[x] != Weight::ordinary) painter.fillRect(QRectF(in.left() + static_cast<double>(x), in.bottom() - 5, 1, 5), theme[worst[x] == Weight::violation ? Role::fail : Role::fault]);
  }
  painter.setFont(font_of({12.5, true}));
  painter.setPen(theme[Role::text]);
  painter.drawText(QRectF(11, 8, viewport()->width() - 22, 20), Qt::AlignVCenter, tr("%1 records: reading them…").arg(text_of(thousands(outline.records))));
  painter.setFont(font_of({11, false, true}));
  painter.setPen(theme[Role::dim]);
  painter.drawText(QRectF(in.left(), in.bottom() + 2, in.width(), ruler_height - 4), Qt::AlignRight | Qt::AlignVCenter, outline.timed ? text_of(time_text(outline.last)) : QString());
}

void TimelineView::paint_lane(QPainter& painter, std::size_t row) const {
  const Theme& theme = desk_.appearance.theme();
  const std::uint16_t lane = lanes_[row];
  const int top = lanes_top() + static_cast<int>(row) * lane_height - verticalScrollBar()->value();
  const QRect all(0, top, viewport()->width(), lane_height);
  if (!all.intersects(viewport()->rect())) return;
  const Lane& l = index()->lanes().all()[lane];
  const bool in_past = in_past_[lane];
  const QRect in(names_width, top + 2, viewport()->width() - names_width, lane_height - 5);
  paint_downtimes(painter, lane, top);
  const std::size_t count = index()->density(lane).count(window_.from(), window_.to());
  painter.save();
  painter.setClipRect(in.adjusted(0, -2, 0, 3), Qt::IntersectClip);
  if (static_cast<double>(count) > window_.pixels() / 3) paint_columns(painter, index()->density(lane), in, in_past ? Role::accent : Role::strong_line, window_.from(), window_.to());
  else paint_marks(painter, lane, in);
  paint_backlog(painter, lane, in);
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

// Hatched until the instance is back; what is narrower than a few pixels is one.
void TimelineView::paint_downtimes(QPainter& painter, std::uint16_t lane, int top) const {
  const std::vector<Span>& all = downtimes_[lane];
  const auto after = [&](const Span& down) { return down.to != no_record && index()->position(down.to) < window_.from(); };
  double drawn = -1;
  for (auto down = std::partition_point(all.begin(), all.end(), after); down != all.end() && index()->position(down->from) < window_.to(); ++down) {
    const double from = std::max<double>(x(index()->position(down->from)), names_width);
    const double to = down->to == no_record ? viewport()->width() : std::min<double>(x(index()->position(down->to)), viewport()->width());
    if (to < drawn + 1) continue;
    hatched(painter, desk_.appearance.theme(), QRectF(from, top + 3, std::max(3.0, to - from), lane_height - 6));
    drawn = std::max(from + 3, to);
  }
}

// A line with a casing, so that it is seen over columns; each lane has its own scale.
void TimelineView::paint_backlog(QPainter& painter, std::uint16_t lane, QRect in) const {
  const auto measures = desk_.stage.measures_so_far();
  const Series* backlog = measures == nullptr ? nullptr : measures->backlog_of(lane);
  if (backlog == nullptr || in.width() < 8) return;
  const std::vector<std::int64_t> levels = levels_of(*backlog, window_.from(), window_.to(), static_cast<std::size_t>(in.width() / 2));
  const std::int64_t most = *std::max_element(levels.begin(), levels.end());
  if (most == 0) return;
  QPolygonF line;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double y = in.bottom() - 1 - static_cast<double>(levels[i]) / static_cast<double>(most) * (in.height() - 4);
    if (!line.isEmpty() && line.back().y() != y) line << QPointF(in.left() + 2 * static_cast<double>(i), line.back().y());
    if (line.isEmpty() || line.back().y() != y || i + 1 == levels.size()) line << QPointF(in.left() + 2 * static_cast<double>(i), y);
  }
  const Theme& theme = desk_.appearance.theme();
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(theme[Role::base], 3.5));
  painter.drawPolyline(line);
  painter.setPen(QPen(theme[Role::unsure_text], 1.5));
  painter.drawPolyline(line);
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
  const std::vector<StoryRow>& story = desk_.stage.story_here();
  if (story.empty()) return;
  const Theme& theme = desk_.appearance.theme();
  painter.setRenderHint(QPainter::Antialiasing);
  const auto place = [&](RecordId id) {
    const std::uint16_t row = row_of_lane_[index()->lane(id)];
    return QPointF(x(index()->position(id)), lanes_top() + static_cast<double>(row) * lane_height - verticalScrollBar()->value() + lane_height / 2.0 - 1);
  };
  painter.setPen(QPen(theme[Role::accent], 1.6));
  for (const auto& [cause, id] : links_) {
    if (row_of_lane_[index()->lane(cause)] != no_lane && row_of_lane_[index()->lane(id)] != no_lane) painter.drawLine(place(cause), place(id));
  }
  for (const StoryRow& row : story) {
    if (row.record >= index()->size() || row_of_lane_[index()->lane(row.record)] == no_lane) continue;
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
  double last = -100;
  for (const RecordId id : index()->violations()) {
    const double at = std::min(whole_x(index()->position(id)), width - 8.0);
    if (at - last < 6) continue;  // drawn over each other they are one
    draw_symbol(painter, theme, Symbol::fail, QPointF(last = at, overview_height - 9), 12);
  }
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
