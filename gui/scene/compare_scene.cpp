// SPDX-License-Identifier: Apache-2.0
// See compare_scene.hpp. Each side is drawn by the same code over its own columns; overlaid, one side holds both runs.
#include "gui/scene/compare_scene.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "gui/models/words.hpp"

namespace flowtank::gui {
namespace {

constexpr double pair_height = 32, pair_gutter = 92, pair_middle = 138, pair_column = 96, pair_header = 40;

class CompareDrawing {
  Q_DECLARE_TR_FUNCTIONS(CompareDrawing)
 public:
  CompareDrawing(const RunReader& a, const RunReader& b, const Comparison& comparison, const CompareRequest& request, const TextMeasure& measure)
      : runs_{&a, &b}, comparison_(comparison), request_(request), measure_(measure), rows_(compare_rows(a, b, comparison, request)) {
    for (const int side : {0, 1}) choose_lanes(side);
    place();
  }

  CompareScene draw() {
    scene_.shown = rows_.size();
    scene_.list.size = QSizeF(width_, 12 + pair_height * static_cast<double>(std::max<std::size_t>(1, rows_.size())) + 12);
    scene_.header.size = QSizeF(width_, pair_header);
    bands();
    header();
    columns();
    for (const int side : {0, 1}) arrows(side);
    for (std::size_t i = 0; i < rows_.size(); ++i) row(i);
    describe();
    return std::move(scene_);
  }

 private:
  const AlignedRow& aligned(std::size_t i) const { return comparison_.rows[rows_[i]]; }
  RecordId record(std::size_t i, int side) const {
    const AlignedRow& r = aligned(i);
    return side == 0 ? (r.has_a() ? r.a : no_record) : (r.has_b() ? r.b : no_record);
  }
  const std::string& lane_name(int side, RecordId id) const { return runs_[side]->index().lanes().all()[runs_[side]->index().lane(id)].name; }
  double y(std::size_t i) const { return 12 + pair_height * (static_cast<double>(i) + 0.5); }
  bool is_first_difference(std::size_t i) const { return !comparison_.differences.empty() && rows_[i] == comparison_.differences.front(); }

  // Places in the order in which either run meets them, so that both sides have the same order.
  void choose_lanes(int side) {
    std::vector<std::string>& order = order_[request_.overlay ? 0 : side];
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      for (const int of : {0, 1}) {
        const RecordId id = record(i, of);
        if (id == no_record) continue;
        const std::string& name = lane_name(of, id);
        if (of != side && !request_.overlay && !has_lane(side, name)) continue;
        if (std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
      }
    }
    // Who asks stands first, what strikes last.
    const auto kind = [&](const std::string& name) {
      for (const RunReader* run : runs_) {
        for (const Lane& lane : run->index().lanes().all()) {
          if (lane.name == name) return lane.kind;
        }
      }
      return LaneKind::environment;
    };
    std::stable_partition(order.begin(), order.end(), [&](const std::string& name) { return kind(name) == LaneKind::client; });
    std::stable_partition(order.begin(), order.end(), [&](const std::string& name) { return kind(name) != LaneKind::environment; });
  }

  bool has_lane(int side, const std::string& name) const {
    const auto& lanes = runs_[side]->index().lanes().all();
    return std::any_of(lanes.begin(), lanes.end(), [&](const Lane& lane) { return lane.name == name; });
  }

  void place() {
    const std::size_t sides = request_.overlay ? 1 : 2;
    const double middle = request_.overlay ? 0 : pair_middle;
    const double room = (request_.width - middle) / static_cast<double>(sides) - pair_gutter;
    double needed = 0;
    for (std::size_t s = 0; s < sides; ++s) needed = std::max(needed, pair_column * static_cast<double>(std::max<std::size_t>(1, order_[s].size())));
    const double half = pair_gutter + std::max(room, needed);
    width_ = half * static_cast<double>(sides) + middle;
    left_[0] = 0;
    left_[1] = request_.overlay ? 0 : half + middle;
    half_ = half;
    for (std::size_t s = 0; s < sides; ++s) {
      column_[s] = (half - pair_gutter) / static_cast<double>(std::max<std::size_t>(1, order_[s].size()));
      for (std::size_t c = 0; c < order_[s].size(); ++c) x_[s][order_[s][c]] = left_[s] + pair_gutter + column_[s] * (static_cast<double>(c) + 0.5);
    }
    if (request_.overlay) {
      x_[1] = x_[0];
      column_[1] = column_[0];
    }
  }

  void bands() {
    DisplayList& list = scene_.list;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const QRectF band(0, y(i) - pair_height / 2, width_, pair_height);
      if (aligned(i).differs()) list.box(band, Role::unsure_tint, std::nullopt);
      if (static_cast<int>(rows_[i]) == request_.row) {
        if (!aligned(i).differs()) list.box(band, Role::accent_tint, std::nullopt);
        scene_.focus_row = band;
      }
    }
    if (!request_.overlay) list.box(QRectF(half_, 0, pair_middle, list.size.height()), Role::alternate, std::nullopt);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double top = y(i) - pair_height / 2;
      if (is_first_difference(i)) {
        list.line({{0, top}, {width_, top}}, Role::unsure, 2);
        list.line({{0, top + pair_height}, {width_, top + pair_height}}, Role::unsure, 2);
      }
      if (static_cast<int>(rows_[i]) == request_.row) {
        for (const double left : {left_[0], left_[1]}) list.box(QRectF(left, top, 4, pair_height), Role::accent, std::nullopt);
      }
    }
  }

  void header() {
    DisplayList& h = scene_.header;
    h.box(QRectF(0, 0, width_, pair_header), Role::alternate, std::nullopt);
    const TextStyle strong{12, true, false, false, TextAlign::centre}, faint{11, false, false, false, TextAlign::centre}, letter{15, true};
    const int sides = request_.overlay ? 1 : 2;
    for (int s = 0; s < sides; ++s) {
      h.text(QRectF(left_[s] + 12, 10, 60, 20), request_.overlay ? QStringLiteral("A+B") : s == 0 ? QStringLiteral("A") : QStringLiteral("B"), Role::text, letter);
      for (const std::string& name : order_[s]) {
        const double at = x_[s].at(name);
        const auto& lanes = runs_[s]->index().lanes().all();
        const auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& l) { return l.name == name; });
        h.text(QRectF(at - column_[s] / 2, 4, column_[s], 17), fitted(text_of(name), column_[s] - 8, strong, measure_), Role::text, strong);
        if (lane != lanes.end()) h.text(QRectF(at - column_[s] / 2, 20, column_[s], 16), fitted(text_of(lane->what), column_[s] - 8, faint, measure_), Role::dim, faint);
      }
    }
    if (!request_.overlay) {
      h.text(QRectF(half_, 4, pair_middle, 17), tr("aligned by cause"), Role::text, strong);
      h.text(QRectF(half_, 20, pair_middle, 16), tr("event A : event B"), Role::dim, faint);
    }
    h.line({{0, pair_header - 0.5}, {width_, pair_header - 0.5}}, Role::line);
  }

  void columns() {
    const int sides = request_.overlay ? 1 : 2;
    for (int s = 0; s < sides; ++s) {
      for (const auto& [name, at] : x_[s]) scene_.list.line({{at, 4}, {at, scene_.list.size.height() - 4}}, Role::line, 1.2);
    }
  }

  // From the nearest cause that is drawn.
  void arrows(int side) {
    std::map<RecordId, std::size_t> drawn;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (record(i, side) != no_record) drawn[record(i, side)] = i;
    }
    for (const auto& [id, i] : drawn) {
      // Laid over each other equal events are drawn once.
      if (request_.overlay && side == 1 && aligned(i).side == AlignedRow::Side::both) continue;
      const RecordId cause = runs_[side]->nearest_cause(id, [&](RecordId at) { return drawn.contains(at); });
      if (cause == no_record) continue;
      const std::size_t from = drawn.at(cause);
      const double x0 = x_[side].at(lane_name(side, cause)), x1 = x_[side].at(lane_name(side, id));
      const bool differs = aligned(i).differs();
      const Role ink = differs ? (runs_[side]->index().kind(id) == RecordKind::violated ? Role::fail : Role::accent) : Role::faint;
      const double wide = differs ? 2.4 : 1.2;
      const double top = y(from), bottom = y(i), turn = std::max(top, bottom - pair_height * 0.35);
      if (x0 == x1) {
        scene_.list.line({{x0, top}, {x1, bottom}}, ink, wide);
        continue;
      }
      if (turn > top + 1) scene_.list.line({{x0, top}, {x0, turn}}, ink, wide);
      scene_.list.line({{x0, turn}, {x1 + (x1 > x0 ? -8 : 8), bottom}}, ink, wide, Dash::solid, true);
    }
  }

  void row(std::size_t i) {
    for (const int side : {0, 1}) {
      const bool once = request_.overlay && side == 1 && aligned(i).side == AlignedRow::Side::both;
      if (record(i, side) != no_record && !once) event(i, side);
      else if (!request_.overlay && aligned(i).differs()) missing(i, side);
    }
    if (!request_.overlay) pair(i);
    left_out(i);
  }

  void event(std::size_t i, int side) {
    const RunReader& run = *runs_[side];
    const RecordId id = record(i, side);
    const RecordKind kind = run.index().kind(id);
    const double at = x_[side].at(lane_name(side, id));
    const bool differs = aligned(i).differs();
    const Weight weight = weight_of(kind);
    DisplayList& list = scene_.list;
    const QRectF half(left_[side], y(i) - pair_height / 2, half_, pair_height);
    const QString sentence = text_of(run.sentence(id));
    list.hit(half, id, text_of(fmt::format("{} #{} ", side == 0 ? "A" : "B", id)) + sentence, static_cast<std::uint16_t>(side));
    if (!request_.overlay || side == 0 || record(i, 0) == no_record) {
      list.text(QRectF(left_[side] + 10, y(i) - 9, pair_gutter - 18, 18), run.index().timed() ? text_of(run.time(id)) : text_of("#" + thousands(id)), differs ? Role::text : Role::dim, {11, false, true});
    }
    std::string words = run.sentence(id);
    const std::string who = run.where(id) + " ";
    if (words.starts_with(who)) words.erase(0, who.size());
    if (request_.overlay && aligned(i).side != AlignedRow::Side::both) words = (side == 0 ? "A: " : "B: ") + words;
    const Role ink = weight == Weight::violation ? Role::fail_text : weight == Weight::fault ? Role::fault_text : aligned(i).moved() ? Role::dim : Role::text;
    label(i, side, at, text_of(words), ink, differs || weight != Weight::ordinary);
    if (weight == Weight::violation) list.symbol(Symbol::fail, QPointF(at, y(i)), 16);
    else if (differs) list.symbol(Symbol::lozenge, QPointF(at, y(i)), 15, {}, Role::unsure, Role::base);
    else if (weight == Weight::fault) list.symbol(Symbol::other_fault, QPointF(at, y(i)), 15);
    else list.symbol(Symbol::square, QPointF(at, y(i)), 9, {}, std::nullopt, aligned(i).moved() ? Role::faint : Role::dim);
  }

  void label(std::size_t i, int side, double at, const QString& words, Role ink, bool strong) {
    TextStyle style{11.5, strong, false, true, TextAlign::left};
    const double right = left_[side] + half_ - at - 20, left = at - left_[side] - pair_gutter - 6;
    const bool to_right = right >= std::min(left, measure_(words, style) + 8);
    const double room = to_right ? right : left;
    if (room < 24) return;
    if (!to_right) style.align = TextAlign::right;
    const QRectF in(to_right ? at + 14 : at - 14 - room, y(i) - 9, room, 18);
    scene_.list.text(in, fitted(words, room - 4, style, measure_), ink, style);
    const bool focus = static_cast<int>(rows_[i]) == request_.row;
    scene_.list.items.back().fill = aligned(i).differs() ? Role::unsure_tint : focus ? Role::accent_tint : Role::base;
  }

  // A dashed lozenge where the partner would be.
  void missing(std::size_t i, int side) {
    const RecordId other = record(i, 1 - side);
    if (other == no_record) return;
    const auto found = x_[side].find(lane_name(1 - side, other));
    const QString words = side == 0 ? tr("not in A") : tr("not in B");
    if (found == x_[side].end()) {
      scene_.list.text(QRectF(left_[side] + pair_gutter, y(i) - 9, 200, 18), words, Role::dim, {11.5});
      return;
    }
    const double at = found->second, r = 7;
    scene_.list.line({{at, y(i) - r}, {at + r, y(i)}, {at, y(i) + r}, {at - r, y(i)}, {at, y(i) - r}}, Role::dim, 1.2, Dash::dashed);
    label(i, side, at, words, Role::dim, false);
  }

  // What stands between the sides.
  void pair(std::size_t i) {
    const AlignedRow& r = aligned(i);
    const TextStyle style{11, false, true, false, TextAlign::centre};
    const QRectF in(half_ + 4, y(i) - 9, pair_middle - 8, 18);
    DisplayList& list = scene_.list;
    if (is_first_difference(i)) {
      list.box(QRectF(half_, y(i) - pair_height / 2, pair_middle, pair_height), Role::unsure, std::nullopt);
      list.symbol(Symbol::lozenge, QPointF(half_ + 16, y(i)), 11, {}, Role::on_fill, Role::on_fill);
      list.text(in.adjusted(20, 0, 0, 0), tr("first divergence"), Role::on_fill, {11.5, true, false, false, TextAlign::centre});
      return;
    }
    const auto number = [](RecordId id) { return id == no_record ? QStringLiteral("–") : QString::number(id); };
    list.text(in, number(r.a) + QStringLiteral(" : ") + number(r.b), r.differs() ? Role::text : Role::dim, style);
    if (r.moved()) list.hit(in, no_record, tr("The same event, in another order"));
    const Role ink = r.differs() ? Role::unsure : Role::faint;
    if (r.has_a()) list.line({{half_ + 6, y(i)}, {half_ + 24, y(i)}}, ink, 1.5, r.moved() ? Dash::dotted : Dash::solid);
    if (r.has_b()) list.line({{half_ + pair_middle - 24, y(i)}, {half_ + pair_middle - 6, y(i)}}, ink, 1.5, r.moved() ? Dash::dotted : Dash::solid);
  }

  // How many rows are not drawn before this one.
  void left_out(std::size_t i) {
    const std::size_t gap = i == 0 ? rows_[0] : rows_[i] - rows_[i - 1] - 1;
    if (gap == 0) return;
    const double at = y(i) - pair_height / 2;
    std::vector<QPointF> zigzag;
    for (double x = half_ * 0.5 - 20; x <= half_ * 0.5 + 20; x += 5) zigzag.emplace_back(x, at + (zigzag.size() % 2 == 0 ? -2.5 : 2.5));
    scene_.list.line(std::move(zigzag), Role::faint, 1.2);
    TextStyle style{11, false, false, true, TextAlign::centre};
    const double centre = request_.overlay ? half_ * 0.5 + 90 : half_ + pair_middle / 2;
    scene_.list.text(QRectF(centre - 66, at - 7, 132, 14), gap == 1 ? tr("1 row left out") : tr("%1 rows left out").arg(text_of(thousands(gap))), Role::dim, style);
    scene_.list.items.back().fill = request_.overlay ? Role::base : Role::alternate;
  }

  void describe() {
    scene_.list.description = tr("%1 events are equal, %2 are only in A, %3 only in B. %4")
                                  .arg(comparison_.matched)
                                  .arg(comparison_.only_a)
                                  .arg(comparison_.only_b)
                                  .arg(difference_words(*runs_[0], *runs_[1], comparison_));
  }

  const RunReader* runs_[2];
  const Comparison& comparison_;
  const CompareRequest& request_;
  const TextMeasure& measure_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::string> order_[2];
  std::map<std::string, double> x_[2];
  double left_[2] = {0, 0}, column_[2] = {pair_column, pair_column};
  double half_ = 0, width_ = 0;
  CompareScene scene_;
};

}  // namespace

std::vector<std::uint32_t> compare_rows(const RunReader& a, const RunReader& b, const Comparison& comparison, const CompareRequest& request) {
  const auto& rows = comparison.rows;
  const auto wanted = [&](std::uint32_t i) {
    const AlignedRow& row = rows[i];
    if (row.differs() || static_cast<int>(i) == request.row) return true;
    if (request.hide_matched) {
      // What stands right beside a difference says where it is.
      const auto near = [&](std::uint32_t other) { return other < rows.size() && rows[other].differs(); };
      return near(i + 1) || (i > 0 && near(i - 1));
    }
    if (request.key.empty()) return true;
    return (row.has_a() && a.key(row.a) == request.key) || (row.has_b() && b.key(row.b) == request.key);
  };
  // As many before the row in focus as after it, as far as there are; looking far away has an end.
  const std::size_t middle = request.row < 0 ? (comparison.differences.empty() ? 0 : comparison.differences.front()) : std::min(static_cast<std::size_t>(request.row), rows.empty() ? 0 : rows.size() - 1);
  const std::size_t farthest = request.key.empty() ? 100'000 : 20'000;  // a key is looked up in the trace
  std::vector<std::uint32_t> before, out;
  for (std::size_t i = middle, looked = 0; i-- > 0 && before.size() < request.most_rows / 2 && looked < farthest; ++looked) {
    if (wanted(static_cast<std::uint32_t>(i))) before.push_back(static_cast<std::uint32_t>(i));
  }
  out.assign(before.rbegin(), before.rend());
  for (std::size_t i = middle, looked = 0; i < rows.size() && out.size() < request.most_rows && looked < farthest; ++i, ++looked) {
    if (wanted(static_cast<std::uint32_t>(i))) out.push_back(static_cast<std::uint32_t>(i));
  }
  return out;
}

CompareScene compare_scene(const RunReader& a, const RunReader& b, const Comparison& comparison, const CompareRequest& request, const TextMeasure& measure) {
  if (comparison.rows.empty()) return {};
  return CompareDrawing(a, b, comparison, request, measure).draw();
}

QString difference_words(const RunReader& a, const RunReader& b, const Comparison& comparison) {
  if (comparison.differences.empty()) return comparison.moved == 0 ? CompareDrawing::tr("Nothing differs.") : CompareDrawing::tr("The same happens in both, in another order.");
  const AlignedRow& row = comparison.rows[comparison.differences.front()];
  const bool in_a = row.a != no_record;
  const RunReader& run = in_a ? a : b;
  const RecordId id = in_a ? row.a : row.b;
  std::string said = run.sentence(id);
  if (!said.empty() && said.back() == '.') said.pop_back();
  const QString when = run.index().timed() ? CompareDrawing::tr("At %1").arg(text_of(run.time(id))) : CompareDrawing::tr("At event %1").arg(text_of(thousands(id)));
  const QString here = in_a ? QStringLiteral("A") : QStringLiteral("B"), there = in_a ? QStringLiteral("B") : QStringLiteral("A");
  return CompareDrawing::tr("%1 in %2: %3. There is no such event in %4.").arg(when, here, text_of(said), there);
}

}  // namespace flowtank::gui
