// SPDX-License-Identifier: Apache-2.0
// Drawing a placed diagram. Coordinates are written with one digit after the point; words are cut to the room they have, in
// characters of an assumed width, since nothing here can measure text. No colour is written: classes name the roles.
#include <algorithm>

#include <fmt/format.h>

#include "reports/html/diagram.hpp"
#include "reports/html/marks.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

constexpr double character = 6.2;  // of 11 px text
constexpr double radius = 11;
constexpr double band_half = 19;

std::string number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

double apart(double a, double b) { return a > b ? a - b : b - a; }

// The square root by Newton's method: what libm gives differs between machines.
double root(double square) {
  double value = square > 1 ? square : 1;
  for (int i = 0; i < 40; ++i) value = (value + square / value) / 2;
  return value;
}

std::size_t characters(double room) { return room < character ? 0 : static_cast<std::size_t>(room / character); }

// A message's name in `room` characters: without its key, then with the end that tells it from others.
std::string short_message(const std::string& name, std::size_t room) {
  if (width_of(name) <= room) return name;
  const std::string type = name.substr(0, name.find('('));
  if (width_of(type) <= room) return type;
  const bool plain = std::all_of(type.begin(), type.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!plain || room < 7) return shortened(type, room, "…");
  const std::size_t end = (room - 1) * 3 / 5;
  return type.substr(0, room - 1 - end) + "…" + type.substr(type.size() - end);
}

class Drawing {
 public:
  Drawing(Markup& to, const Diagram& diagram, const Story& story, const DiagramLook& look)
      : to_(to), diagram_(diagram), story_(story), look_(look) {
    const std::size_t lanes = std::max<std::size_t>(1, diagram.lanes.size());
    margin_ = look.narrow ? 26 : 56;
    spacing_ = lanes > 1 ? (look.width - 2 * margin_) / static_cast<double>(lanes - 1) : 0;
    upwards_ = look.narrow || spacing_ < 84;
    top_ = 34;
    if (upwards_) {
      std::size_t longest = 0;
      for (const Lane& lane : diagram.lanes) longest = std::max(longest, width_of(lane.name));
      top_ = 20 + character * static_cast<double>(std::min<std::size_t>(longest, most_upwards));
    }
  }

  void draw() {
    const double height = top_ + diagram_.height;
    to_.open("svg", {{"class", look_.narrow ? "diagram narrow" : "diagram wide"},
                     {"viewBox", fmt::format("0 0 {} {}", number(look_.width), number(height))},
                     {"width", number(look_.width)},
                     {"height", number(height)},
                     {"role", "group"},
                     {"aria-label", look_.title}});
    for (const DiagramBand& band : diagram_.bands) draw(band);
    for (std::size_t i = 0; i < diagram_.lanes.size(); ++i) lane(i, height);
    for (const DiagramEdge& edge : diagram_.edges) {
      if (!edge.cause) line(edge);
    }
    for (const DiagramEdge& edge : diagram_.edges) {
      if (edge.cause) line(edge);
    }
    for (const DiagramEdge& edge : diagram_.edges) label(edge);
    for (const DiagramBand& band : diagram_.bands) title(band);
    for (const DiagramNode& node : diagram_.nodes) draw(node);
    to_.close();
  }

 private:
  static constexpr std::size_t most_upwards = 16;

  double x_of(std::size_t lane) const { return diagram_.lanes.size() == 1 ? look_.width / 2 : margin_ + spacing_ * static_cast<double>(lane); }
  double y_of(const DiagramNode& node) const { return top_ + node.y; }

  void shape(std::string_view element, Attributes attributes) {
    to_.open(element, attributes);
    to_.close();
  }

  void lane(std::size_t index, double height) {
    const Lane& lane = diagram_.lanes[index];
    const bool outside = lane.kind == LaneKind::client || lane.kind == LaneKind::effect;
    const double x = x_of(index);
    shape("line", {{"class", outside ? "lane outside" : lane.kind == LaneKind::channel ? "lane channel" : "lane"},
                   {"x1", number(x)}, {"x2", number(x)}, {"y1", number(top_ - 6)}, {"y2", number(height - 6)}});
    if (upwards_) to_.open("text", {{"class", "lane-name"}, {"transform", fmt::format("translate({} {}) rotate(-90)", number(x + 4), number(top_ - 12))}});
    else to_.open("text", {{"class", "lane-name middle"}, {"x", number(x)}, {"y", number(top_ - 14)}});
    const std::size_t room = upwards_ ? most_upwards : std::max<std::size_t>(4, characters(std::min(spacing_ == 0 ? look_.width : spacing_, 2 * margin_ + 20) - 8));
    to_.text(shortened(lane.name, room, "…"));
    if (width_of(lane.name) > room) to_.leaf("title", lane.name);
    to_.close();
  }

  void draw(const DiagramBand& band) {
    const double y = top_ + band.y;
    shape("rect", {{"class", band.mark == StoryMark::fault ? "band fault" : "band violation"},
                   {"x", "0"}, {"y", number(y - band_half)}, {"width", number(look_.width)}, {"height", number(2 * band_half)}});
    if (band.number != 0) {
      DiagramNode node;
      node.number = band.number;
      node.mark = band.mark;
      circle(node, look_.narrow ? 14 : 18, y);
    }
  }

  // The words of a band stand where no node of its line is.
  void title(const DiagramBand& band) {
    if (band.label.empty()) return;
    const double y = top_ + band.y;
    double from = band.number != 0 ? 36 : 6;
    double until = look_.width - 6;
    for (const DiagramNode& node : diagram_.nodes) {
      if (apart(node.y, band.y) > 1) continue;
      const double x = x_of(node.lane);
      if (x - from >= until - x) until = x - radius - 6;
      else from = x + radius + 6;
    }
    const std::size_t room = characters(until - from - 8);
    const std::string text = shortened(band.label, room, "…");
    if (text.size() < 3) return;
    plate(from, y, text, false);
    to_.leaf("text", {{"class", band.mark == StoryMark::fault ? "band-name fault" : "band-name violation"}, {"x", number(from + 4)}, {"y", number(y + 4)}}, text);
  }

  void plate(double x, double y, const std::string& text, bool middle) {
    const double width = (character - 0.4) * static_cast<double>(width_of(text)) + 8;
    shape("rect", {{"class", "plate"}, {"x", number(middle ? x - width / 2 : x)}, {"y", number(y - 8)}, {"width", number(width)}, {"height", "16"}, {"rx", "2"}});
  }

  void line(const DiagramEdge& edge) {
    const DiagramNode& from = diagram_.nodes[edge.from];
    const DiagramNode& until = diagram_.nodes[edge.to];
    std::string kind = edge.cause ? "edge cause" : edge.side ? "edge side" : "edge";
    if (until.mark == StoryMark::violation && edge.cause) kind += " last";
    const std::string names = fmt::format("{}-{}", from.number, until.number);
    const double x1 = x_of(from.lane), x2 = x_of(until.lane);
    const double y1 = y_of(from), y2 = y_of(until);
    if (from.lane == until.lane) {
      shape("line", {{"class", kind + " stay"}, {"data-edge", names}, {"x1", number(x1)}, {"y1", number(y1)}, {"x2", number(x2)}, {"y2", number(y2)}});
      return;
    }
    const double length = root((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1));
    const double ux = (x2 - x1) / length, uy = (y2 - y1) / length;
    const double gap = until.number != 0 ? radius + 2 : 5;
    const double tx = x2 - ux * gap, ty = y2 - uy * gap;
    shape("line", {{"class", kind}, {"data-edge", names}, {"x1", number(x1)}, {"y1", number(y1)}, {"x2", number(tx)}, {"y2", number(ty)}});
    const auto corner = [&](double side) {
      return fmt::format("{} {}", number(tx - ux * 9 - uy * side), number(ty - uy * 9 + ux * side));
    };
    shape("path", {{"class", kind + " head"}, {"d", fmt::format("M{} {}L{}L{}z", number(tx), number(ty), corner(4), corner(-4))}});
  }

  void label(const DiagramEdge& edge) {
    if (edge.label.empty()) return;
    const DiagramNode& from = diagram_.nodes[edge.from];
    const DiagramNode& until = diagram_.nodes[edge.to];
    const double x1 = x_of(from.lane), x2 = x_of(until.lane);
    const std::size_t room = characters(apart(x1, x2) - 34);
    if (room < 4) return;
    const std::string text = short_message(edge.label, room);
    const double x = (x1 + x2) / 2, y = (y_of(from) + y_of(until)) / 2 - 1;
    plate(x, y, text, true);
    to_.open("text", {{"class", "message middle"}, {"x", number(x)}, {"y", number(y + 4)}});
    to_.text(text);
    if (text != edge.label) to_.leaf("title", edge.label);
    to_.close();
  }

  void draw(const DiagramNode& node) {
    const double x = x_of(node.lane), y = y_of(node);
    if (node.number == 0) {
      const bool effect = diagram_.lanes[node.lane].kind == LaneKind::effect;
      shape("rect", {{"class", effect ? "token effect" : "token"}, {"x", number(x - 4)}, {"y", number(y - 4)}, {"width", "8"}, {"height", "8"}});
      return;
    }
    circle(node, x, y);
    if (look_.narrow || node.label.empty() || node.mark == StoryMark::violation) return;
    const bool left = node.lane + 1 == diagram_.lanes.size() && diagram_.lanes.size() > 1;
    const double room = std::min(spacing_ == 0 ? look_.width / 2 : spacing_, 160.0) - radius - 12;
    const std::string text = shortened(node.label, characters(room), "…");
    if (text.size() < 3) return;
    const double at = left ? x - radius - 6 - character * static_cast<double>(width_of(text)) : x + radius + 6;
    plate(at - 4, y, text, false);
    to_.leaf("text", {{"class", "word"}, {"x", number(at)}, {"y", number(y + 4)}}, text);
  }

  void circle(const DiagramNode& node, double x, double y) {
    const auto step = std::find_if(story_.steps.begin(), story_.steps.end(), [&](const StoryStep& s) { return s.number == node.number; });
    const std::string said = step == story_.steps.end() ? "" : step->sentence;
    const std::string of = std::to_string(node.number);
    std::string kind = "node";
    if (node.mark == StoryMark::fault) kind += " fault";
    else if (node.mark == StoryMark::violation) kind += " violation";
    else if (node.cause) kind += " cause";
    to_.open("a", {{"class", kind}, {"id", look_.prefix + "-" + look_.part + of}, {"href", "#" + look_.prefix + "-s" + of}, {"data-step", of},
                   {"aria-label", "Step " + of + ": " + said}});
    to_.leaf("title", of + ". " + said);
    if (node.mark == StoryMark::violation) {
      const double c = radius * 0.4142;
      shape("path", {{"d", fmt::format("M{} {}h{}l{} {}v{}l-{} {}h-{}l-{} -{}v-{}z", number(x - c), number(y - radius), number(2 * c), number(radius - c), number(radius - c),
                                       number(2 * c), number(radius - c), number(radius - c), number(2 * c), number(radius - c), number(radius - c), number(2 * c))}});
    } else if (node.mark == StoryMark::fault) {
      shape("path", {{"d", fmt::format("M{} {}l{} {}l-{} {}l-{} -{}z", number(x), number(y - radius - 3), number(radius + 3), number(radius + 3), number(radius + 3),
                                       number(radius + 3), number(radius + 3), number(radius + 3))}});
    } else {
      shape("circle", {{"cx", number(x)}, {"cy", number(y)}, {"r", number(radius)}});
    }
    to_.leaf("text", {{"class", "middle"}, {"x", number(x)}, {"y", number(y + 4)}}, of);
    to_.close();
  }

  Markup& to_;
  const Diagram& diagram_;
  const Story& story_;
  const DiagramLook& look_;
  double margin_ = 0, spacing_ = 0, top_ = 0;
  bool upwards_ = false;
};

}  // namespace

void draw_diagram(Markup& to, const Diagram& diagram, const Story& story, const DiagramLook& look) { Drawing(to, diagram, story, look).draw(); }

}  // namespace flowtank::reports::html
