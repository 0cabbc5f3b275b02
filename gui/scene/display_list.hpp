// SPDX-License-Identifier: Apache-2.0
// What a picture consists of, before anybody paints it: lines, boxes, texts, symbols, in the order of painting, coloured by
// meaning (Role) and not by colour, with the places that can be clicked. Pictures are compared, tested and exported as
// this list. Invariant: it depends on the data and on a measure of text alone, never on a widget, screen or font.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QString>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sim/trace/record.hpp>

#include "gui/theme/symbols.hpp"

namespace flowtank::gui {

enum class Dash : std::uint8_t { solid, dashed, dotted };
enum class TextAlign : std::uint8_t { left, centre, right };

struct TextStyle {
  double size = 12;      // pixels
  bool bold = false;
  bool mono = false;
  bool plate = false;    // on a plate of the background, so that lines never cross it
  TextAlign align = TextAlign::left;
};

struct Item {
  enum class Kind : std::uint8_t { line, box, drum, text, symbol, hatch };
  Kind kind = Kind::line;
  std::vector<QPointF> points;        // line
  QRectF rect;
  std::optional<Role> fill, stroke;
  double width = 1;
  double radius = 0;                  // box
  Dash dash = Dash::solid;
  bool arrow = false;                 // line: a head at its end
  bool curved = false;                // line: four points of a cubic
  QString text;
  TextStyle style;
  Symbol symbol = Symbol::square;
};

// A place that says something and leads somewhere.
struct Hit {
  QRectF rect;
  RecordId record = no_record;
  std::uint16_t lane = 0xffff;
  QString tip;
};

struct DisplayList {
  QSizeF size;
  std::vector<Item> items;
  std::vector<Hit> hits;
  QString description;  // for those who do not see it

  void line(std::vector<QPointF> points, Role stroke, double width = 1, Dash dash = Dash::solid, bool arrow = false);
  void curve(std::vector<QPointF> four, Role stroke, double width, Dash dash, bool arrow);
  void box(QRectF rect, std::optional<Role> fill, std::optional<Role> stroke, double width = 1, double radius = 0, Dash dash = Dash::solid);
  void drum(QRectF rect, bool upright, Role fill, Role stroke, double width = 1);
  void hatch(QRectF rect, Role stroke);
  void text(QRectF in, const QString& words, Role role, TextStyle style = {});
  void symbol(Symbol symbol, QPointF centre, double across, const QString& number = {}, std::optional<Role> stroke = {}, std::optional<Role> fill = {});
  void hit(QRectF rect, RecordId record, const QString& tip, std::uint16_t lane = 0xffff);
  // The topmost place at a point.
  const Hit* at(QPointF point) const;
};

// Width of a text in pixels; pictures that are compared use measure_by_count.
using TextMeasure = std::function<double(const QString&, const TextStyle&)>;
double measure_by_count(const QString& text, const TextStyle& style);
// Cut to `width`, with an ellipsis.
QString fitted(const QString& text, double width, const TextStyle& style, const TextMeasure& measure);

// One item a line, for goldens.
std::string to_text(const DisplayList& list);

}  // namespace flowtank::gui
