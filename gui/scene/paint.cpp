// SPDX-License-Identifier: Apache-2.0
// See paint.hpp. A function for each kind of item but boxes; the colour of a role is the theme's.
#include "gui/scene/paint.hpp"

#include <QFontDatabase>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace flowtank::gui {
namespace {

QPen pen_of(const Theme& theme, const Item& item) {
  QPen pen(item.stroke ? theme[*item.stroke] : QColor(Qt::transparent), item.width);
  if (!item.stroke) pen.setStyle(Qt::NoPen);
  if (item.dash == Dash::dashed) pen.setDashPattern({5, 3});
  if (item.dash == Dash::dotted) pen.setDashPattern({1.5, 3});
  pen.setCapStyle(Qt::FlatCap);
  pen.setJoinStyle(Qt::RoundJoin);
  return pen;
}

void arrow_head(QPainter& painter, QPointF from, QPointF tip, const QColor& colour, double width) {
  const QPointF along = tip - from;
  const double length = std::hypot(along.x(), along.y());
  if (length < 1) return;
  const QPointF unit = along / length, side(-unit.y(), unit.x());
  const double reach = 5 + 1.6 * width;
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawPolygon(QPolygonF({tip, tip - unit * reach + side * reach * 0.45, tip - unit * reach - side * reach * 0.45}));
}

void line(QPainter& painter, const Theme& theme, const Item& item) {
  if (item.points.size() < 2) return;
  painter.setPen(pen_of(theme, item));
  painter.setBrush(Qt::NoBrush);
  if (item.curved && item.points.size() == 4) {
    QPainterPath path(item.points[0]);
    path.cubicTo(item.points[1], item.points[2], item.points[3]);
    painter.drawPath(path);
  } else {
    painter.drawPolyline(item.points.data(), static_cast<int>(item.points.size()));
  }
  if (item.arrow) arrow_head(painter, item.points[item.points.size() - 2], item.points.back(), theme[*item.stroke], item.width);
}

void text(QPainter& painter, const Theme& theme, const Item& item) {
  const QFont font = font_of(item.style);
  painter.setFont(font);
  const int align = Qt::AlignVCenter | (item.style.align == TextAlign::centre ? Qt::AlignHCenter : item.style.align == TextAlign::right ? Qt::AlignRight : Qt::AlignLeft);
  if (item.style.plate) {
    const QRectF covered = QFontMetricsF(font).boundingRect(item.rect, align | Qt::TextDontClip, item.text).adjusted(-3, 0, 3, 0);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme[item.fill.value_or(Role::base)]);
    painter.drawRoundedRect(covered, 3, 3);
  }
  painter.setPen(theme[item.stroke.value_or(Role::text)]);
  painter.drawText(item.rect, align | Qt::TextDontClip, item.text);
}

void drum(QPainter& painter, const Theme& theme, const Item& item) {
  const QRectF r = item.rect;
  painter.setPen(pen_of(theme, item));
  painter.setBrush(theme[item.fill.value_or(Role::raised)]);
  QPainterPath body;
  if (item.arrow) {  // upright
    const double cap = 5;
    body.moveTo(r.left(), r.top() + cap);
    body.cubicTo(r.left(), r.top() - cap / 2, r.right(), r.top() - cap / 2, r.right(), r.top() + cap);
    body.lineTo(r.right(), r.bottom() - cap);
    body.cubicTo(r.right(), r.bottom() + cap / 2, r.left(), r.bottom() + cap / 2, r.left(), r.bottom() - cap);
    body.closeSubpath();
    painter.drawPath(body);
    painter.setBrush(Qt::NoBrush);
    QPainterPath rim(QPointF(r.left(), r.top() + cap));
    rim.cubicTo(r.left(), r.top() + 2.5 * cap, r.right(), r.top() + 2.5 * cap, r.right(), r.top() + cap);
    painter.drawPath(rim);
    return;
  }
  const double cap = 9;
  body.moveTo(r.left() + cap, r.top());
  body.lineTo(r.right() - cap, r.top());
  body.cubicTo(r.right() + cap / 2, r.top(), r.right() + cap / 2, r.bottom(), r.right() - cap, r.bottom());
  body.lineTo(r.left() + cap, r.bottom());
  body.cubicTo(r.left() - cap / 2, r.bottom(), r.left() - cap / 2, r.top(), r.left() + cap, r.top());
  painter.drawPath(body);
}

void symbol(QPainter& painter, const Theme& theme, const Item& item) {
  painter.setPen(item.stroke ? QPen(theme[*item.stroke], 1.2) : QPen(Qt::NoPen));
  painter.setBrush(item.fill ? QBrush(theme[*item.fill]) : QBrush(Qt::NoBrush));
  if (item.symbol >= Symbol::arrival && item.symbol <= Symbol::lozenge) {
    // The pen is scaled with the unit square.
    if (item.stroke) painter.setPen(QPen(theme[*item.stroke], 2.8 / item.rect.width()));
  }
  draw_symbol(painter, theme, item.symbol, item.rect.center(), item.rect.width(), item.text);
}

void hatch(QPainter& painter, const Theme& theme, const Item& item) {
  painter.save();
  painter.setClipRect(item.rect, Qt::IntersectClip);
  QColor colour = theme[item.stroke.value_or(Role::fault)];
  colour.setAlpha(110);
  painter.setPen(QPen(colour, 1.5));
  const double step = 7;
  // Lines of all hatches meet: they start from the origin of the picture.
  const double first = std::floor((item.rect.left() - item.rect.bottom()) / step) * step;
  for (double c = first; c < item.rect.right() + item.rect.height() - item.rect.top(); c += step) {
    if (c + item.rect.bottom() < item.rect.left()) continue;
    if (c + item.rect.top() > item.rect.right()) break;
    painter.drawLine(QPointF(c + item.rect.top(), item.rect.top()), QPointF(c + item.rect.bottom(), item.rect.bottom()));
  }
  painter.restore();
}

bool outside(const Item& item, const QRectF& clip) {
  if (clip.isEmpty()) return false;
  if (item.kind != Item::Kind::line) return !item.rect.adjusted(-40, -10, 40, 10).intersects(clip) && item.kind != Item::Kind::text;
  QRectF bounds(item.points.front(), QSizeF(1, 1));
  for (const QPointF& p : item.points) bounds |= QRectF(p, QSizeF(1, 1));
  return !bounds.adjusted(-8, -8, 8, 8).intersects(clip);
}

}  // namespace

QFont font_of(const TextStyle& style) {
  static const QFont mono = [] {
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setStyleHint(QFont::Monospace);
    return font;
  }();
  QFont font = style.mono ? mono : QGuiApplication::font();
  // Sizes are stated for an interface of 13 pixels; who wants larger text gets it everywhere.
  const int interface = QGuiApplication::font().pixelSize();
  font.setPixelSize(std::max(8, static_cast<int>(std::lround(style.size * (interface > 0 ? interface : 13) / 13.0))));
  font.setWeight(style.bold ? QFont::DemiBold : QFont::Normal);
  return font;
}

double measure_by_font(const QString& text, const TextStyle& style) { return QFontMetricsF(font_of(style)).horizontalAdvance(text); }

void paint(QPainter& painter, const Theme& theme, const DisplayList& list, QRectF clip) {
  painter.setRenderHint(QPainter::Antialiasing);
  for (const Item& item : list.items) {
    if (outside(item, clip)) continue;
    switch (item.kind) {
      case Item::Kind::line: line(painter, theme, item); break;
      case Item::Kind::box:
        painter.setPen(pen_of(theme, item));
        painter.setBrush(item.fill ? QBrush(theme[*item.fill]) : QBrush(Qt::NoBrush));
        if (item.radius > 0) painter.drawRoundedRect(item.rect, item.radius, item.radius);
        else painter.drawRect(item.rect);
        break;
      case Item::Kind::drum: drum(painter, theme, item); break;
      case Item::Kind::text: text(painter, theme, item); break;
      case Item::Kind::symbol: symbol(painter, theme, item); break;
      case Item::Kind::hatch: hatch(painter, theme, item); break;
    }
  }
}

}  // namespace flowtank::gui
