// SPDX-License-Identifier: Apache-2.0
// See symbols.hpp. Shapes are drawn in a square from -1 to 1, numbered circles and bars in pixels.
#include "gui/theme/symbols.hpp"

#include <QPainterPath>

#include <cmath>

#include "gui/session/story_rows.hpp"

namespace flowtank::gui {
namespace {

// A painter in unit coordinates with the pen of 1.5 px that all shapes share.
class Unit {
 public:
  Unit(QPainter& painter, QPointF centre, double size) : p(painter) {
    p.save();
    p.setRenderHint(QPainter::Antialiasing);
    p.translate(centre);
    p.scale(size / 2, size / 2);
    width_ = 3.0 / size;
  }
  ~Unit() { p.restore(); }
  void stroke(const QColor& colour, double times = 1, Qt::PenStyle style = Qt::SolidLine) {
    p.setPen(QPen(colour, width_ * times, style, Qt::RoundCap, Qt::RoundJoin));
    p.setBrush(Qt::NoBrush);
  }
  void fill(const QColor& colour) {
    p.setPen(Qt::NoPen);
    p.setBrush(colour);
  }
  void line(double a, double b, double c, double d) { p.drawLine(QPointF(a, b), QPointF(c, d)); }
  void cross(double r) {
    line(-r, -r, r, r);
    line(-r, r, r, -r);
  }
  QPainter& p;

 private:
  double width_;
};

QPolygonF octagon(double r) {
  QPolygonF shape;
  for (int i = 0; i < 8; ++i) {
    const double angle = (i + 0.5) * 3.14159265358979 / 4;
    shape << QPointF(r * std::cos(angle), r * std::sin(angle));
  }
  return shape;
}

void draw_verdict(Unit& u, const Theme& theme, Symbol symbol) {
  const QColor on = theme[Role::base];
  if (symbol == Symbol::pass) {
    u.fill(theme[Role::pass]);
    u.p.drawEllipse(QPointF(), 0.95, 0.95);
    u.stroke(on, 1.2);
    u.p.drawPolyline(QPolygonF({{-0.42, 0.02}, {-0.1, 0.36}, {0.45, -0.34}}));
  } else if (symbol == Symbol::fail) {
    u.fill(theme[Role::fail]);
    u.p.drawPolygon(octagon(1));
    u.stroke(theme.is_dark() ? theme[Role::on_fill] : on, 1.2);
    u.cross(0.34);
  } else if (symbol == Symbol::inconclusive) {
    u.fill(theme[Role::unsure]);
    u.p.drawPolygon(QPolygonF({{0, -1}, {1, 0}, {0, 1}, {-1, 0}}));
    u.stroke(theme[Role::on_fill].lightness() > 128 ? theme[Role::text] : theme[Role::on_fill], 1.1);
    QPainterPath mark(QPointF(-0.26, -0.22));
    mark.cubicTo(-0.26, -0.6, 0.3, -0.6, 0.28, -0.22);
    mark.cubicTo(0.26, 0, 0, -0.02, 0, 0.22);
    u.p.drawPath(mark);
    u.line(0, 0.5, 0, 0.52);
  } else {
    u.stroke(theme[Role::vacuous], 1, Qt::DotLine);
    u.p.drawEllipse(QPointF(), 0.85, 0.85);
    u.stroke(theme[Role::vacuous]);
    u.line(-0.5, 0.5, 0.5, -0.5);
  }
}

void draw_fault(Unit& u, const Theme& theme, Symbol symbol) {
  const QColor line = theme[Role::fault_text], solid = theme[Role::fault];
  u.stroke(line);
  switch (symbol) {
    case Symbol::duplicate:
      u.p.drawRect(QRectF(-0.8, -0.8, 1.1, 1.1));
      u.fill(solid);
      u.p.drawRect(QRectF(-0.25, -0.25, 1.05, 1.05));
      return;
    case Symbol::delay:
      u.p.drawEllipse(QPointF(), 0.8, 0.8);
      u.p.drawPolyline(QPolygonF({{0, -0.5}, {0, 0.05}, {0.4, 0.25}}));
      return;
    case Symbol::loss:
      u.stroke(line, 1, Qt::DotLine);
      u.p.drawRect(QRectF(-0.85, -0.55, 1.7, 1.1));
      u.stroke(line, 1.2);
      u.cross(0.4);
      return;
    case Symbol::crash:
      u.p.drawRoundedRect(QRectF(-0.7, -0.6, 1.4, 1.2), 0.25, 0.25);
      u.stroke(line, 1.4);
      u.line(-0.95, 0.85, 0.95, -0.85);
      return;
    case Symbol::partition:
      u.p.drawRect(QRectF(-0.95, -0.45, 0.6, 0.9));
      u.p.drawRect(QRectF(0.35, -0.45, 0.6, 0.9));
      u.p.drawPolyline(QPolygonF({{0.12, -0.9}, {-0.14, -0.35}, {0.14, 0.1}, {-0.1, 0.9}}));
      return;
    case Symbol::reorder:
      u.p.drawPolyline(QPolygonF({{-0.9, -0.5}, {-0.4, -0.5}, {0.4, 0.5}, {0.9, 0.5}}));
      u.p.drawPolyline(QPolygonF({{-0.9, 0.5}, {-0.4, 0.5}, {0.4, -0.5}, {0.9, -0.5}}));
      u.p.drawPolyline(QPolygonF({{0.6, 0.22}, {0.92, 0.5}, {0.6, 0.78}}));
      u.p.drawPolyline(QPolygonF({{0.6, -0.78}, {0.92, -0.5}, {0.6, -0.22}}));
      return;
    case Symbol::outage:
      u.p.drawEllipse(QPointF(), 0.8, 0.8);
      u.stroke(line, 1.8);
      u.line(-0.45, 0, 0.45, 0);
      return;
    case Symbol::error:
      u.p.drawPolygon(QPolygonF({{0, -0.85}, {0.9, 0.7}, {-0.9, 0.7}}));
      u.line(0, -0.3, 0, 0.2);
      u.line(0, 0.44, 0, 0.46);
      return;
    default:
      u.p.drawPolygon(QPolygonF({{0, -0.85}, {0.85, 0}, {0, 0.85}, {-0.85, 0}}));
      u.line(0, -0.35, 0, 0.12);
      u.line(0, 0.4, 0, 0.42);
      return;
  }
}

void draw_step(QPainter& painter, const Theme& theme, Symbol symbol, QPointF centre, double size, const QString& text) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  const bool ring = symbol == Symbol::step_beside;
  const QColor fill = symbol == Symbol::step_fault ? theme[Role::fault] : symbol == Symbol::step_violation ? theme[Role::fail] : theme[Role::accent];
  painter.setPen(ring ? QPen(theme[Role::accent], 1.5) : QPen(theme[Role::base], 1));
  painter.setBrush(ring ? theme[Role::base] : fill);
  painter.drawEllipse(centre, size / 2, size / 2);
  QFont font = painter.font();
  font.setPixelSize(static_cast<int>(size * (text.size() > 1 ? 0.55 : 0.64)));
  font.setBold(true);
  painter.setFont(font);
  painter.setPen(ring ? theme[Role::text] : symbol == Symbol::step_cause ? theme[Role::on_accent] : theme[Role::on_fill]);
  painter.drawText(QRectF(centre.x() - size, centre.y() - size, 2 * size, 2 * size), Qt::AlignCenter, text);
  painter.restore();
}

void draw_button(Unit& u, const Theme& theme, Symbol symbol) {
  const QColor ink = theme[Role::text];
  u.stroke(ink);
  switch (symbol) {
    case Symbol::open:
      u.p.drawPolyline(QPolygonF({{-0.85, 0.6}, {-0.85, -0.6}, {-0.25, -0.6}, {-0.05, -0.35}, {0.65, -0.35}, {0.65, -0.1}}));
      u.p.drawPolygon(QPolygonF({{-0.85, 0.65}, {-0.5, -0.1}, {0.95, -0.1}, {0.6, 0.65}}));
      return;
    case Symbol::run:
      u.fill(ink);
      u.p.drawPolygon(QPolygonF({{-0.5, -0.75}, {0.75, 0}, {-0.5, 0.75}}));
      return;
    case Symbol::stop:
      u.fill(ink);
      u.p.drawRect(QRectF(-0.6, -0.6, 1.2, 1.2));
      return;
    case Symbol::step_forward:
    case Symbol::step_back:
      if (symbol == Symbol::step_back) u.p.scale(-1, 1);
      u.fill(ink);
      u.p.drawPolygon(QPolygonF({{-0.6, -0.65}, {0.35, 0}, {-0.6, 0.65}}));
      u.p.drawRect(QRectF(0.45, -0.65, 0.25, 1.3));
      return;
    default:  // check
      u.p.drawEllipse(QPointF(0, -0.6), 0.25, 0.25);
      u.p.drawEllipse(QPointF(-0.6, 0.55), 0.25, 0.25);
      u.p.drawEllipse(QPointF(0.6, 0.55), 0.25, 0.25);
      u.line(-0.12, -0.38, -0.48, 0.32);
      u.line(0.12, -0.38, 0.48, 0.32);
      return;
  }
}

}  // namespace

Symbol symbol_of(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::pass: return Symbol::pass;
    case VerdictKind::fail: return Symbol::fail;
    case VerdictKind::inconclusive: return Symbol::inconclusive;
    case VerdictKind::vacuous: return Symbol::vacuous;
  }
  return Symbol::vacuous;
}

Symbol symbol_of(StepLook look) {
  switch (look) {
    case StepLook::cause: return Symbol::step_cause;
    case StepLook::beside: return Symbol::step_beside;
    case StepLook::fault: return Symbol::step_fault;
    case StepLook::violation: return Symbol::step_violation;
  }
  return Symbol::step_cause;
}

Role text_role_of(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::pass: return Role::pass_text;
    case VerdictKind::fail: return Role::fail_text;
    case VerdictKind::inconclusive: return Role::unsure_text;
    case VerdictKind::vacuous: return Role::dim;
  }
  return Role::text;
}

Symbol symbol_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::duplicate:
    case FaultKind::timer_twice: return Symbol::duplicate;
    case FaultKind::delay:
    case FaultKind::publish_delay:
    case FaultKind::throttle:
    case FaultKind::slow:
    case FaultKind::pause:
    case FaultKind::ack_deadline:
    case FaultKind::timer_early:
    case FaultKind::timer_late:
    case FaultKind::clock:
    case FaultKind::expiry: return Symbol::delay;
    case FaultKind::loss:
    case FaultKind::publish_loss:
    case FaultKind::call_loss:
    case FaultKind::call_no_answer:
    case FaultKind::ambiguous_publish:
    case FaultKind::lost_tail:
    case FaultKind::unroutable: return Symbol::loss;
    case FaultKind::crash:
    case FaultKind::zombie:
    case FaultKind::power_loss: return Symbol::crash;
    case FaultKind::partition: return Symbol::partition;
    case FaultKind::reorder:
    case FaultKind::rewind:
    case FaultKind::wrong_key: return Symbol::reorder;
    case FaultKind::outage:
    case FaultKind::read_only:
    case FaultKind::queue_limit: return Symbol::outage;
    case FaultKind::handler_error:
    case FaultKind::poison:
    case FaultKind::abort:
    case FaultKind::ambiguous_commit: return Symbol::error;
    default: return Symbol::other_fault;
  }
}

void draw_symbol(QPainter& painter, const Theme& theme, Symbol symbol, QPointF centre, double size, const QString& text) {
  if (symbol >= Symbol::step_cause && symbol <= Symbol::step_violation) return draw_step(painter, theme, symbol, centre, size, text);
  Unit u(painter, centre, size);
  if (symbol <= Symbol::vacuous) return draw_verdict(u, theme, symbol);
  if (symbol <= Symbol::other_fault) return draw_fault(u, theme, symbol);
  if (symbol >= Symbol::open) return draw_button(u, theme, symbol);
  // Events in lanes take the colours that the painter has.
  switch (symbol) {
    case Symbol::arrival: u.p.drawPolygon(QPolygonF({{-0.7, -0.8}, {0.9, 0}, {-0.7, 0.8}})); break;
    case Symbol::publish: u.p.drawPolyline(QPolygonF({{-0.7, 0.6}, {0, -0.7}, {0.7, 0.6}})); break;
    case Symbol::square: u.p.drawRect(QRectF(-0.7, -0.7, 1.4, 1.4)); break;
    default: u.p.drawPolygon(QPolygonF({{0, -1}, {1, 0}, {0, 1}, {-1, 0}})); break;
  }
}

void draw_bars(QPainter& painter, const Theme& theme, int filled, QRectF in) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing, false);
  painter.setPen(QPen(theme[Role::dim], 1));
  for (int i = 0; i < 3; ++i) {
    painter.setBrush(i < filled ? QBrush(theme[Role::dim]) : QBrush(Qt::NoBrush));
    painter.drawRect(QRectF(in.x() + i * 6, in.center().y() - 4, 4, 8));
  }
  painter.restore();
}

QIcon icon_of(const Theme& theme, Symbol symbol, int size) {
  QIcon icon;
  for (const int scale : {1, 2, 3}) {
    QPixmap picture(size * scale, size * scale);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    draw_symbol(painter, theme, symbol, QPointF(size * scale, size * scale) / 2, (size - 1) * scale);
    painter.end();
    picture.setDevicePixelRatio(scale);
    icon.addPixmap(picture);
  }
  return icon;
}

}  // namespace flowtank::gui
