// SPDX-License-Identifier: Apache-2.0
// Latency, staleness and backlog of a timed run as three small charts with the same axis of time. Lines differ by dash pattern
// and name, not by colour alone; faults are hatched. The numbers come along as data for the script and as a table.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/html/marks.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

constexpr double width = 340, height = 190;
constexpr double left = 46, right = 252, top = 12, bottom = 160;
constexpr std::size_t table_rows = 12;
constexpr std::ptrdiff_t most_points = 30;

struct Chart {
  std::string id, title, what, unit, empty;
  const std::vector<SeriesLine>& lines;
};

std::string shown(double value) {
  if (value < 0) return "";
  if (value == static_cast<double>(static_cast<std::uint64_t>(value)) && value < 1e15) return thousands(static_cast<std::uint64_t>(value));
  return value < 10 ? fmt::format("{:.2f}", value) : value < 100 ? fmt::format("{:.1f}", value) : thousands(static_cast<std::uint64_t>(value + 0.5));
}

// 1, 2 or 5 times a power of ten, at least `value`.
double round_up(double value) {
  double power = 1;
  while (power * 10 <= value) power *= 10;
  while (power > value && power > 1e-6) power /= 10;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    if (factor * power >= value) return factor * power;
  }
  return value;
}

class Draw {
 public:
  Draw(Markup& to, const Scenario& scenario, const RunSeries& series, const Chart& chart) : to_(to), scenario_(scenario), series_(series), chart_(chart) {
    for (const SeriesLine& line : chart.lines) {
      for (const double value : line.values) most_ = std::max(most_, value);
    }
    highest_ = most_;
    most_ = round_up(std::max(most_, 1e-3));
  }

  void draw() {
    to_.open("figure", {{"class", "chart"}, {"id", chart_.id}});
    to_.open("p", {{"class", "chart-title"}, {"id", chart_.id + "-title"}});
    to_.leaf("b", chart_.title);
    to_.text(" " + chart_.what);
    to_.close();
    if (highest_ <= 0) {
      to_.leaf("p", {{"class", "note"}}, chart_.empty);
    } else {
      picture();
      table();
    }
    to_.close();
  }

 private:
  double x_of(Time time) const {
    const double share = static_cast<double>(time.nanoseconds()) / static_cast<double>(std::max<std::int64_t>(1, series_.end.nanoseconds()));
    return left + (right - left) * std::clamp(share, 0.0, 1.0);
  }
  double x_of(std::size_t stretch) const { return left + (right - left) * (static_cast<double>(stretch) + 0.5) / static_cast<double>(series_points); }
  double y_of(double value) const { return bottom - (bottom - top) * std::clamp(value / most_, 0.0, 1.0); }

  void shape(std::string_view element, Attributes attributes) {
    to_.open(element, attributes);
    to_.close();
  }
  void words(std::string_view kind, double x, double y, std::string_view text) {
    to_.leaf("text", {{"class", std::string(kind)}, {"x", fmt::format("{:.1f}", x)}, {"y", fmt::format("{:.1f}", y)}}, text);
  }

  void picture() {
    to_.open("svg", {{"viewBox", fmt::format("0 0 {} {}", width, height)}, {"width", fmt::format("{}", width)}, {"height", fmt::format("{}", height)}, {"role", "img"}, {"tabindex", "0"}, {"aria-labelledby", chart_.id + "-title " + chart_.id + "-most"}, {"data-chart", chart_.id}});
    for (const FaultSpan& span : series_.spans) {
      const double from = x_of(span.from);
      to_.open("rect", {{"class", "span"}, {"x", fmt::format("{:.1f}", from)}, {"y", fmt::format("{}", top)}, {"width", fmt::format("{:.1f}", std::max(2.0, x_of(span.until) - from))}, {"height", fmt::format("{}", bottom - top)}});
      to_.leaf("title", span_words(span));
      to_.close();
    }
    for (int i = 0; i <= 4; ++i) {
      const double value = most_ * i / 4;
      shape("line", {{"class", i == 0 ? "axis" : "grid"}, {"x1", fmt::format("{}", left)}, {"x2", fmt::format("{}", right)}, {"y1", fmt::format("{:.1f}", y_of(value))}, {"y2", fmt::format("{:.1f}", y_of(value))}});
      const bool whole = !chart_.unit.empty() || value == static_cast<double>(static_cast<std::uint64_t>(value));
      if (i % 2 == 0 && whole) words("tick end", left - 6, y_of(value) + 4, shown(value) + (i == 4 && !chart_.unit.empty() ? " " + chart_.unit : ""));
    }
    for (int i = 0; i <= 4; ++i) {
      const Time at(static_cast<std::int64_t>(static_cast<double>(series_.end.nanoseconds()) / 4 * i));
      if (i % 2 == 0) words("tick middle", x_of(at), bottom + 18, i == 0 ? "0" : format_seconds(at, series_.end.nanoseconds() < 10'000'000'000 ? 2 : 0));
    }
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) line(i);
    names();
    shape("line", {{"class", "cursor"}, {"x1", "0"}, {"x2", "0"}, {"y1", fmt::format("{}", top)}, {"y2", fmt::format("{}", bottom)}});
    to_.close();
    to_.leaf("p", {{"class", "note readout"}, {"id", chart_.id + "-most"}, {"aria-live", "polite"}}, most_words());
  }

  std::string span_words(const FaultSpan& span) const {
    const auto& faults = scenario_.system->faults;
    const std::string what = span.fault < faults.size() ? printable(faults[span.fault].name) : std::string("an instance is down");
    return fmt::format("{}: {}{}", what, format_seconds(span.from, 3), span.until > span.from ? " to " + format_seconds(span.until, 3) : "");
  }

  std::string most_words() const {
    std::string text = "Highest:";
    for (const SeriesLine& line : chart_.lines) {
      text += fmt::format("{} {} {}{}", &line == &chart_.lines.front() ? "" : ",", line.name, shown(std::max(0.0, *std::max_element(line.values.begin(), line.values.end()))), chart_.unit.empty() ? "" : " " + chart_.unit);
    }
    return text + ".";
  }

  void line(std::size_t index) {
    std::string path;
    bool pen_down = false;
    const std::vector<double>& values = chart_.lines[index].values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] < 0) continue;  // nothing was measured: the line goes on to the next value
      path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", x_of(i), y_of(values[i]));
      pen_down = true;
    }
    shape("path", {{"class", fmt::format("curve d{}", index)}, {"d", path}});
    // Few values are points: a line between two of them would claim more than was measured.
    const auto measured = std::count_if(values.begin(), values.end(), [](double value) { return value >= 0; });
    for (std::size_t i = 0; measured <= most_points && i < values.size(); ++i) {
      if (values[i] >= 0) shape("circle", {{"class", "point"}, {"cx", fmt::format("{:.1f}", x_of(i))}, {"cy", fmt::format("{:.1f}", y_of(values[i]))}, {"r", "2.5"}});
    }
  }

  // At the right end, pushed apart so that none covers another.
  void names() {
    std::vector<std::pair<double, std::size_t>> at;
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) {
      const auto& values = chart_.lines[i].values;
      double last = 0;
      for (const double value : values) last = value >= 0 ? value : last;
      at.emplace_back(y_of(last), i);
    }
    std::sort(at.begin(), at.end());
    for (std::size_t i = 1; i < at.size(); ++i) at[i].first = std::max(at[i].first, at[i - 1].first + 13);
    const double over = at.back().first - bottom;
    for (std::size_t i = at.size(); i-- > 0;) {
      const double lowest = i + 1 == at.size() ? bottom : at[i + 1].first - 13;
      if (over > 0) at[i].first = std::min(at[i].first, lowest);
    }
    for (const auto& [y, i] : at) {
      shape("line", {{"class", fmt::format("curve d{}", i)}, {"x1", fmt::format("{}", right + 3)}, {"x2", fmt::format("{}", right + 15)}, {"y1", fmt::format("{:.1f}", y)}, {"y2", fmt::format("{:.1f}", y)}});
      const std::string& name = chart_.lines[i].name;
      to_.open("text", {{"class", "name"}, {"x", fmt::format("{}", right + 18)}, {"y", fmt::format("{:.1f}", y + 4)}});
      to_.text(shortened(name, 11, "…"));
      if (width_of(name) > 11) to_.leaf("title", name);
      to_.close();
    }
  }

  void table() {
    to_.open("details");
    to_.leaf("summary", "Numbers");
    to_.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", chart_.title + " as numbers"}});
    to_.open("table", {{"class", "rows"}});
    to_.open("thead");
    to_.open("tr");
    to_.leaf("th", {{"scope", "col"}}, "until");
    for (const SeriesLine& line : chart_.lines) to_.leaf("th", {{"scope", "col"}}, line.name);
    to_.close();
    to_.close();
    to_.open("tbody");
    const std::size_t step = series_points / table_rows;
    for (std::size_t row = 0; row < table_rows; ++row) {
      to_.open("tr");
      const Time until(static_cast<std::int64_t>(static_cast<double>(series_.end.nanoseconds()) / table_rows * static_cast<double>(row + 1)));
      to_.leaf("td", {{"class", "number"}}, format_seconds(until, 3));
      for (const SeriesLine& line : chart_.lines) {
        const auto from = line.values.begin() + static_cast<std::ptrdiff_t>(row * step);
        const double most = *std::max_element(from, from + static_cast<std::ptrdiff_t>(step));
        to_.leaf("td", {{"class", "number"}}, most < 0 ? "" : shown(most) + (chart_.unit.empty() ? "" : " " + chart_.unit));
      }
      to_.close();
    }
    to_.close();
    to_.close();
    to_.close();
    to_.close();
  }

  Markup& to_;
  const Scenario& scenario_;
  const RunSeries& series_;
  const Chart& chart_;
  double most_ = 0, highest_ = 0;
};

// What the script shows under the pointer.
std::string data_of(const RunSeries& series, const std::vector<Chart>& charts) {
  nlohmann::ordered_json data{{"left", left}, {"right", right}, {"seconds", static_cast<double>(series.end.nanoseconds()) / 1e9}};
  for (const Chart& chart : charts) {
    if (chart.lines.empty()) continue;
    nlohmann::ordered_json lines = nlohmann::ordered_json::array();
    for (const SeriesLine& line : chart.lines) {
      nlohmann::ordered_json values = nlohmann::ordered_json::array();
      for (const double value : line.values) values.push_back(static_cast<double>(static_cast<std::int64_t>(value * 1000)) / 1000);
      lines.push_back({{"name", line.name}, {"values", std::move(values)}});
    }
    data["charts"][chart.id] = {{"unit", chart.unit}, {"lines", std::move(lines)}};
  }
  return data.dump();
}

}  // namespace

std::string charts(const Scenario& scenario, const RunSeries& series) {
  if (series.latency.empty() && series.staleness.empty()) return "";
  const std::vector<Chart> all = {
      {"latency", "Latency", "from a request until the last thing it led to has ended", "ms", "No request of a client was handled.", series.latency},
      {"staleness", "Staleness", "age of the oldest message that is not handled yet", "ms", "No message waited longer than a moment.", series.staleness},
      {"backlog", "Backlog", "messages that are not handled yet", "", "No message ever waited.", series.backlog}};
  Markup to;
  to.open("div", {{"class", "charts"}});
  for (const Chart& chart : all) Draw(to, scenario, series, chart).draw();
  to.close();
  std::vector<std::string> notes;
  if (series.requests != 0) notes.push_back(fmt::format("Latencies of {}.", counted(series.requests, "request")));
  if (series.more_lines != 0) notes.push_back(fmt::format("The {} that waited longest are shown; {} more are not.", series.staleness.size(), series.more_lines));
  if (series.more_spans != 0) notes.push_back(fmt::format("The first {} faults are hatched; {} more are not.", series.spans.size(), thousands(series.more_spans)));
  notes.push_back(fmt::format("Each point is the highest value of one of {} equal stretches of time.", series_points));
  to.open("p", {{"class", "note"}});
  for (const std::string& note : notes) to.text(note + " ");
  to.close();
  to.open("script", {{"type", "application/json"}, {"id", "chart-data"}});
  to.verbatim(inert_json(data_of(series, all)));
  to.close();
  return to.take();
}

}  // namespace flowtank::reports::html
