// SPDX-License-Identifier: Apache-2.0
// See display_list.hpp. Items are only appended, in the order in which they are painted.
#include "gui/scene/display_list.hpp"

#include <fmt/format.h>

namespace flowtank::gui {

void DisplayList::line(std::vector<QPointF> points, Role stroke, double width, Dash dash, bool arrow) {
  Item item;
  item.points = std::move(points);
  item.stroke = stroke;
  item.width = width;
  item.dash = dash;
  item.arrow = arrow;
  items.push_back(std::move(item));
}

void DisplayList::curve(std::vector<QPointF> four, Role stroke, double width, Dash dash, bool arrow) {
  line(std::move(four), stroke, width, dash, arrow);
  items.back().curved = true;
}

void DisplayList::box(QRectF rect, std::optional<Role> fill, std::optional<Role> stroke, double width, double radius, Dash dash) {
  Item item;
  item.kind = Item::Kind::box;
  item.rect = rect;
  item.fill = fill;
  item.stroke = stroke;
  item.width = width;
  item.radius = radius;
  item.dash = dash;
  items.push_back(std::move(item));
}

void DisplayList::drum(QRectF rect, bool upright, Role fill, Role stroke, double width) {
  box(rect, fill, stroke, width);
  items.back().kind = Item::Kind::drum;
  items.back().arrow = upright;
}

void DisplayList::hatch(QRectF rect, Role stroke) {
  box(rect, std::nullopt, stroke);
  items.back().kind = Item::Kind::hatch;
}

void DisplayList::text(QRectF in, const QString& words, Role role, TextStyle style) {
  Item item;
  item.kind = Item::Kind::text;
  item.rect = in;
  item.stroke = role;
  item.text = words;
  item.style = style;
  items.push_back(std::move(item));
}

void DisplayList::symbol(Symbol symbol, QPointF centre, double across, const QString& number, std::optional<Role> stroke, std::optional<Role> fill) {
  Item item;
  item.kind = Item::Kind::symbol;
  item.symbol = symbol;
  item.rect = QRectF(centre.x() - across / 2, centre.y() - across / 2, across, across);
  item.text = number;
  item.stroke = stroke;
  item.fill = fill;
  items.push_back(std::move(item));
}

void DisplayList::hit(QRectF rect, RecordId record, const QString& tip, std::uint16_t lane) { hits.push_back({rect, record, lane, tip}); }

const Hit* DisplayList::at(QPointF point) const {
  for (auto hit = hits.rbegin(); hit != hits.rend(); ++hit) {
    if (hit->rect.contains(point)) return &*hit;
  }
  return nullptr;
}

double measure_by_count(const QString& text, const TextStyle& style) {
  return static_cast<double>(text.size()) * style.size * (style.mono ? 0.6 : style.bold ? 0.58 : 0.54);
}

QString fitted(const QString& text, double width, const TextStyle& style, const TextMeasure& measure) {
  if (measure(text, style) <= width) return text;
  const QString dots = QStringLiteral("…");
  qsizetype low = 0, high = text.size();
  while (low < high) {
    const qsizetype middle = (low + high + 1) / 2;
    if (measure(text.left(middle) + dots, style) <= width) low = middle;
    else high = middle - 1;
  }
  return low == 0 ? QString() : text.left(low).trimmed() + dots;
}

std::string to_text(const DisplayList& list) {
  static constexpr const char* kinds[] = {"line", "box", "drum", "text", "symbol", "hatch"};
  std::string out = fmt::format("picture {:.0f} x {:.0f}\n", list.size.width(), list.size.height());
  for (const Item& item : list.items) {
    out += kinds[static_cast<std::size_t>(item.kind)];
    for (const QPointF& p : item.points) out += fmt::format(" {:.0f},{:.0f}", p.x(), p.y());
    if (item.points.empty()) out += fmt::format(" {:.0f},{:.0f} {:.0f}x{:.0f}", item.rect.x(), item.rect.y(), item.rect.width(), item.rect.height());
    if (item.fill) out += fmt::format(" fill {}", static_cast<int>(*item.fill));
    if (item.stroke) out += fmt::format(" stroke {}", static_cast<int>(*item.stroke));
    if (item.kind == Item::Kind::symbol) out += fmt::format(" symbol {}", static_cast<int>(item.symbol));
    if (item.arrow) out += " arrow";
    if (!item.text.isEmpty()) out += " \"" + item.text.toStdString() + "\"";
    out += "\n";
  }
  return out;
}

}  // namespace flowtank::gui
