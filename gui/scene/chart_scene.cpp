// SPDX-License-Identifier: Apache-2.0
// See chart_scene.hpp. Durations stand on a logarithmic axis of decades with 0 below them, numbers of copies on a linear one from 0.
#include "gui/scene/chart_scene.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gui/models/words.hpp"
#include "gui/scene/timeline_window.hpp"

namespace flowtank::gui {
namespace {

constexpr double chart_left = 64, chart_right = 190, chart_top = 30, chart_bottom = 24;
constexpr double chart_column = 6;

class ChartDrawing {
  Q_DECLARE_TR_FUNCTIONS(ChartDrawing)
 public:
  ChartDrawing(const RunReader& run, const Measures& measures, const ChartRequest& request, const TextMeasure& measure, ChartMemory& memory)
      : run_(run), measures_(measures), request_(request), measure_(measure), memory_(memory), in_(chart_left, chart_top, std::max(60.0, request.size.width() - chart_left - chart_right), std::max(40.0, request.size.height() - chart_top - chart_bottom)) {
    list_.size = QSizeF(chart_left + in_.width() + chart_right, chart_top + in_.height() + chart_bottom);
  }

  DisplayList draw() {
    faults();
    const bool drawn = request_.measure == Measure::backlog ? backlogs() : durations();
    if (!drawn) list_.text(in_, tr("no samples in this part of the run"), Role::dim, {12.5, false, false, false, TextAlign::centre});
    time_axis();
    violations();
    focus();
    places();
    return std::move(list_);
  }

 private:
  double x(std::int64_t position) const { return in_.left() + static_cast<double>(position - request_.from) * in_.width() / static_cast<double>(std::max<std::int64_t>(1, request_.to - request_.from)); }
  bool is_seen(std::int64_t position) const { return position >= request_.from && position < request_.to; }
  std::size_t columns() const { return static_cast<std::size_t>(std::max(1.0, in_.width() / chart_column)); }
  double x_of_column(std::size_t c) const { return in_.left() + (static_cast<double>(c) + 0.5) * in_.width() / static_cast<double>(columns()); }

  void time_axis() {
    TimelineWindow window;
    window.set_run(request_.from, std::max(request_.to - 1, request_.from + 1));
    window.set_pixels(in_.width());
    list_.line({in_.bottomLeft(), in_.bottomRight()}, Role::strong_line);
    for (const Tick& tick : ticks_of(window, run_.index().timed(), 100)) {
      if (!is_seen(tick.position)) continue;
      list_.line({{x(tick.position), in_.bottom()}, {x(tick.position), in_.bottom() + 4}}, Role::strong_line);
      list_.text(QRectF(x(tick.position) - 45, in_.bottom() + 5, 90, 15), text_of(tick.label), Role::dim, {10.5, false, true, false, TextAlign::centre});
    }
  }

  // What was down, hatched; other strikes as a line with their symbol above.
  void faults() {
    const TraceIndex& index = run_.index();
    list_.box(in_, Role::base, Role::line);
    for (const Span& down : index.downtimes()) {
      const double from = std::max(x(index.position(down.from)), in_.left());
      const double to = std::min(down.to == no_record ? in_.right() : x(index.position(down.to)), in_.right());
      if (to <= in_.left() || from >= in_.right()) continue;
      list_.hatch(QRectF(from, in_.top(), std::max(2.0, to - from), in_.height()), Role::fault);
    }
    // One a dozen pixels: more of them cannot be told apart.
    double last = -100;
    const auto& faults = index.faults();
    auto at = std::lower_bound(faults.begin(), faults.end(), request_.from, [&](RecordId id, std::int64_t p) { return index.position(id) < p; });
    while (at != faults.end() && is_seen(index.position(*at))) {
      const double here = x(index.position(*at));
      list_.line({{here, in_.top()}, {here, in_.bottom()}}, Role::fault, 1, Dash::dotted);
      if (here - last >= 18) {
        list_.symbol(symbol_at(*at), QPointF(here, in_.top() - 11), 14);
        list_.hit(QRectF(here - 9, in_.top() - 20, 18, 18), *at, text_of(run_.time(*at) + ": " + run_.sentence(*at)));
        last = here;
      }
      const std::int64_t next = request_.from + static_cast<std::int64_t>((here + 3 - in_.left()) / in_.width() * static_cast<double>(request_.to - request_.from));
      at = std::lower_bound(at + 1, faults.end(), next, [&](RecordId id, std::int64_t p) { return index.position(id) < p; });
    }
  }

  Symbol symbol_at(RecordId id) const {
    const auto kind = run_.raw(id);
    const auto& kinds = run_.system().faults;
    return kind.place < kinds.size() ? symbol_of(kinds[kind.place].kind) : Symbol::other_fault;
  }

  void violations() {
    const auto& all = run_.index().violations();
    double last = -100;
    for (auto at = all.begin(); at != all.end(); ++at) {
      const std::int64_t position = run_.index().position(*at);
      if (!is_seen(position) || x(position) - last < 10) continue;
      last = x(position);
      list_.symbol(Symbol::fail, QPointF(last, in_.bottom() - 9), 13);
      list_.hit(QRectF(last - 8, in_.bottom() - 17, 16, 16), *at, text_of(run_.sentence(*at)));
    }
  }

  void focus() {
    if (request_.focus >= run_.size()) return;
    const std::int64_t position = run_.index().position(request_.focus);
    if (!is_seen(position)) return;
    list_.line({{x(position), in_.top()}, {x(position), in_.bottom()}}, Role::accent, 2);
  }

  // ---- durations ----------------------------------------------------------------------------------
  bool durations() {
    const auto all = series_of(measures_, request_.measure);
    if (request_.series >= all.size()) return false;
    const Series& series = *all[request_.series];
    remember(series);
    const std::vector<QuantileColumn>& columns_of = memory_.columns;
    std::int64_t least = 0, most = 0;
    bool any = false;
    for (const QuantileColumn& c : columns_of) {
      any = any || c.count != 0;
      for (const std::int64_t value : {c.p50, c.p95, c.p99}) {
        if (c.count == 0 || value <= 0) {
          zero_ = zero_ || c.count != 0;
          continue;
        }
        least = least == 0 ? value : std::min(least, value);
        most = std::max(most, value);
      }
    }
    if (!any) return false;
    if (most == 0) least = most = 1'000'000;  // all took no time: the axis needs some decade
    decades(least, most);
    struct Line {
      const char* name;
      std::int64_t QuantileColumn::*value;
      Dash dash;
      double width;
    };
    const QuantileColumn& over_all = memory_.over_all;
    double label = in_.top() - 20;
    for (const Line& line : {Line{"p99", &QuantileColumn::p99, Dash::solid, 1.8}, Line{"p95", &QuantileColumn::p95, Dash::dashed, 1.6}, Line{"p50", &QuantileColumn::p50, Dash::dotted, 1.8}}) {
      std::vector<QPointF> points;
      for (std::size_t c = 0; c < columns_of.size(); ++c) {
        if (columns_of[c].count != 0) points.emplace_back(x_of_column(c), y_log(columns_of[c].*line.value));
      }
      if (points.size() == 1) points.push_back(points.front() + QPointF(chart_column, 0));
      list_.line(std::move(points), Role::text, line.width, line.dash);
      label += 17;
      name_line(label, line.dash, QString::fromLatin1(line.name), text_of(time_text(over_all.*line.value)));
    }
    list_.text(QRectF(in_.right() + 12, label + 20, chart_right - 16, 15), text_of(fmt::format("{} samples{}", thousands(over_all.count), memory_.thinned ? ", thinned" : "")), Role::dim, {10.5});
    list_.description = tr("%1, %2 samples: median %3, 95 percent below %4, 99 percent below %5.")
                            .arg(text_of(series.name))
                            .arg(over_all.count)
                            .arg(text_of(time_text(over_all.p50)), text_of(time_text(over_all.p95)), text_of(time_text(over_all.p99)));
    return true;
  }

  void remember(const Series& series) {
    if (memory_.series == &series && memory_.from == request_.from && memory_.to == request_.to && memory_.columns.size() == columns()) return;
    memory_ = {&series, request_.from, request_.to, {}, quantiles_in(series, request_.from, request_.to), false};
    memory_.columns = quantiles_of(series, request_.from, request_.to, columns(), memory_.thinned);
  }

  // No time at all has no logarithm: it stands at the foot, below the decades.
  double y_log(std::int64_t value) const {
    if (value <= 0) return in_.bottom() - 1;
    const double share = (std::log10(static_cast<double>(std::max<std::int64_t>(1, value))) - low_) / (high_ - low_);
    return foot() - std::clamp(share, 0.0, 1.0) * (foot() - in_.top());
  }

  void decades(std::int64_t least, std::int64_t most) {
    low_ = std::floor(std::log10(static_cast<double>(least)));
    high_ = std::max(low_ + 1, std::ceil(std::log10(static_cast<double>(most) * 1.02)));
    if (zero_) list_.text(QRectF(2, in_.bottom() - 12, chart_left - 8, 16), QStringLiteral("0"), Role::dim, {10.5, false, true, false, TextAlign::right});
    const int step = std::max(1, static_cast<int>(std::ceil((high_ - low_) * 22 / in_.height())));
    for (double decade = low_; decade <= high_; decade += step) {
      const double y = foot() - (decade - low_) / (high_ - low_) * (foot() - in_.top());
      list_.line({{in_.left(), y}, {in_.right(), y}}, Role::grid);
      list_.text(QRectF(2, y - 8, chart_left - 8, 16), decade_words(decade), Role::dim, {10.5, false, true, false, TextAlign::right});
    }
  }

  double foot() const { return zero_ ? in_.bottom() - std::max(20.0, in_.height() * 0.12) : in_.bottom(); }

  // "10 ms"
  static QString decade_words(double decade) {
    static constexpr const char* units[] = {"ns", "µs", "ms", "s"};
    const int power = static_cast<int>(decade);
    const int unit = std::clamp(power / 3, 0, 3);
    return QStringLiteral("%1 %2").arg(static_cast<qint64>(std::llround(std::pow(10.0, power - 3 * unit)))).arg(QString::fromUtf8(units[unit]));
  }

  // ---- backlogs -----------------------------------------------------------------------------------
  bool backlogs() {
    const auto all = series_of(measures_, Measure::backlog);
    constexpr std::size_t most_lines = 6;
    std::int64_t most = 0;
    std::vector<std::pair<const Series*, std::vector<std::int64_t>>> lines;
    for (const Series* series : all) {
      auto levels = levels_of(*series, request_.from, request_.to, columns());
      most = std::max(most, *std::max_element(levels.begin(), levels.end()));
      lines.emplace_back(series, std::move(levels));
    }
    if (lines.empty()) return false;
    // The largest ones where there are too many.
    std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return *std::max_element(a.second.begin(), a.second.end()) > *std::max_element(b.second.begin(), b.second.end()); });
    const std::size_t left_out = lines.size() > most_lines ? lines.size() - most_lines : 0;
    lines.resize(lines.size() - left_out);
    most = std::max<std::int64_t>(1, most);
    const std::int64_t step = round_step(most);
    for (std::int64_t level = 0; level <= most; level += step) {
      const double y = y_linear(level, most);
      list_.line({{in_.left(), y}, {in_.right(), y}}, Role::grid);
      list_.text(QRectF(2, y - 8, chart_left - 8, 16), text_of(thousands(static_cast<std::uint64_t>(level))), Role::dim, {10.5, false, true, false, TextAlign::right});
    }
    double label = in_.top() - 18;
    QStringList said;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::vector<QPointF> points;
      double before = in_.bottom();
      for (std::size_t c = 0; c < lines[i].second.size(); ++c) {
        const double y = y_linear(lines[i].second[c], most);
        if (c != 0 && y != before) points.emplace_back(x_of_column(c) - chart_column / 2, before), points.emplace_back(x_of_column(c) - chart_column / 2, y);
        else points.emplace_back(x_of_column(c), y);
        before = y;
      }
      const Dash dash = i % 3 == 0 ? Dash::solid : i % 3 == 1 ? Dash::dashed : Dash::dotted;
      list_.line(std::move(points), i < 3 ? Role::unsure_text : Role::text, 1.6, dash);
      label = std::max(in_.top() - 4, label + 16);
      const std::int64_t highest = *std::max_element(lines[i].second.begin(), lines[i].second.end());
      name_line(label, dash, text_of(lines[i].first->name), text_of(fmt::format("{}", highest)));
      said << tr("%1 at most %2").arg(text_of(lines[i].first->name)).arg(highest);
    }
    if (left_out != 0) list_.text(QRectF(in_.right() + 12, in_.bottom() - 16, chart_right - 16, 15), tr("and %1 smaller ones").arg(left_out), Role::dim, {10.5});
    list_.description = tr("Copies that wait: %1.").arg(said.join(QStringLiteral(", ")));
    return true;
  }

  double y_linear(std::int64_t level, std::int64_t most) const { return in_.bottom() - static_cast<double>(level) / static_cast<double>(most) * (in_.height() - 4); }

  // Dash, name and number beside the chart.
  void name_line(double y, Dash dash, const QString& name, const QString& number) {
    const TextStyle bold{11, true}, plain{11, false, true};
    list_.line({{in_.right() + 8, y + 8}, {in_.right() + 26, y + 8}}, Role::text, 1.6, dash);
    const double room = chart_right - 32 - 6;
    const double wide = std::min(room - std::min(room * 0.5, measure_(number, plain) + 4), measure_(name, bold) + 8);
    list_.text(QRectF(in_.right() + 30, y, wide, 16), fitted(name, wide, bold, measure_), Role::text, bold);
    list_.text(QRectF(in_.right() + 30 + wide, y, room - wide, 16), fitted(number, room - wide, plain, measure_), Role::dim, plain);
    list_.hit(QRectF(in_.right() + 6, y, chart_right - 8, 16), no_record, name + QStringLiteral(": ") + number);
  }

  // A click goes to the event that is nearest.
  void places() {
    const auto positions = run_.index().whole().positions();
    const auto events = run_.index().whole().events();
    for (std::size_t c = 0; c < columns() && !positions.empty(); ++c) {
      const auto position = request_.from + static_cast<std::int64_t>((x_of_column(c) - in_.left()) / in_.width() * static_cast<double>(request_.to - request_.from));
      auto at = std::lower_bound(positions.begin(), positions.end(), position);
      if (at == positions.end()) --at;
      const double wide = in_.width() / static_cast<double>(columns());
      places_.push_back({QRectF(x_of_column(c) - wide / 2, in_.top(), wide, in_.height() - 18), events[static_cast<std::size_t>(at - positions.begin())], no_lane, {}});
    }
    // Under what was there before: symbols are found first.
    list_.hits.insert(list_.hits.begin(), places_.begin(), places_.end());
  }

  const RunReader& run_;
  const Measures& measures_;
  const ChartRequest& request_;
  const TextMeasure& measure_;
  ChartMemory& memory_;
  QRectF in_;
  double low_ = 0, high_ = 1;
  bool zero_ = false;
  std::vector<Hit> places_;
  DisplayList list_;
};

}  // namespace

std::vector<const Series*> series_of(const Measures& measures, Measure measure) {
  std::vector<const Series*> out;
  for (const Series& series : measures.series) {
    if (series.measure == measure) out.push_back(&series);
  }
  return out;
}

std::int64_t round_step(std::int64_t most) {
  std::int64_t step = 1;
  for (int i = 0; step * 4 < most && step < (std::int64_t{1} << 58); ++i) step = i % 3 == 1 ? step / 2 * 5 : step * 2;
  return step;
}

DisplayList chart_scene(const RunReader& run, const Measures& measures, const ChartRequest& request, const TextMeasure& measure, ChartMemory* memory) {
  ChartMemory own;
  return ChartDrawing(run, measures, request, measure, memory != nullptr ? *memory : own).draw();
}

}  // namespace flowtank::gui
