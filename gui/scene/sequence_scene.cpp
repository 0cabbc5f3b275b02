// SPDX-License-Identifier: Apache-2.0
// See sequence_scene.hpp. A cause is drawn down the column of where it was and then across, so that the thick path runs
// along columns as well as along arrows and long waits do not become long slanted lines.
#include "gui/scene/sequence_scene.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "gui/models/words.hpp"

namespace flowtank::gui {
namespace {

constexpr double row_height = 36;
constexpr double gutter = 158;      // event number and time
constexpr double least_column = 108;

class SequenceDrawing {
  Q_DECLARE_TR_FUNCTIONS(SequenceDrawing)
 public:
  SequenceDrawing(const RunReader& run, const SequenceRequest& request, const TextMeasure& measure)
      : run_(run), request_(request), measure_(measure), events_(sequence_events(run, request)) {
    for (const StoryRow& row : request.story) {
      if (row.record < run.size()) steps_[row.record] = &row;
    }
    if (request.focus < run.size()) past_ = run.past(request.focus, 10'000);
    choose_columns();
  }

  SequenceScene draw() {
    const double height = 14 + row_height * static_cast<double>(events_.size()) + 10;
    scene_.list.size = QSizeF(width_, height);
    scene_.header.size = QSizeF(width_, sequence_header_height);
    scene_.shown = events_.size();
    header();
    rows();
    columns(height);
    bars();
    for (std::size_t i = 0; i < events_.size(); ++i) arrow(i);
    for (std::size_t i = 0; i < events_.size(); ++i) event(i);
    describe();
    return std::move(scene_);
  }

 private:
  void choose_columns() {
    std::vector<bool> used(run_.index().lanes().all().size(), false);
    for (const RecordId id : events_) used[run_.index().lane(id)] = true;
    // Clients, services and channels in the order in which the story meets them: arrows then go right more often than left.
    std::vector<std::uint16_t> order;
    for (const RecordId id : events_) {
      const std::uint16_t lane = run_.index().lane(id);
      if (std::find(order.begin(), order.end(), lane) == order.end()) order.push_back(lane);
    }
    std::stable_partition(order.begin(), order.end(), [&](std::uint16_t lane) { return run_.index().lanes().all()[lane].kind == LaneKind::client; });
    std::stable_partition(order.begin(), order.end(), [&](std::uint16_t lane) { return run_.index().lanes().all()[lane].kind != LaneKind::environment; });
    const double count = std::max<double>(1, static_cast<double>(order.size()));
    column_ = std::max(least_column, (request_.width - gutter) / count);
    width_ = std::max(request_.width, gutter + column_ * count);
    for (std::size_t c = 0; c < order.size(); ++c) x_[order[c]] = gutter + column_ * (static_cast<double>(c) + 0.5);
    order_ = std::move(order);
  }

  double y(std::size_t row) const { return 14 + row_height * (static_cast<double>(row) + 0.5); }
  double x(RecordId id) const { return x_.at(run_.index().lane(id)); }
  bool in_past(RecordId id) const { return std::binary_search(past_.begin(), past_.end(), id); }
  const StoryRow* step(RecordId id) const {
    const auto found = steps_.find(id);
    return found == steps_.end() ? nullptr : found->second;
  }
  bool is_dim(RecordId id) const { return request_.focus < run_.size() && id > request_.focus; }
  StepLook look(RecordId id) const {
    if (const StoryRow* s = step(id)) return s->look;
    switch (weight_of(run_.index().kind(id))) {
      case Weight::fault: return StepLook::fault;
      case Weight::violation: return StepLook::violation;
      case Weight::ordinary: return in_past(id) ? StepLook::cause : StepLook::beside;
    }
    return StepLook::beside;
  }

  void header() {
    DisplayList& h = scene_.header;
    h.box(QRectF(0, 0, width_, sequence_header_height), Role::alternate, std::nullopt);
    h.text(QRectF(10, 20, 60, 16), tr("event"), Role::dim, {11});
    h.text(QRectF(70, 20, gutter - 84, 16), run_.index().timed() ? tr("time") : tr("order"), Role::dim, {11, false, false, false, TextAlign::right});
    for (const std::uint16_t lane : order_) {
      const Lane& l = run_.index().lanes().all()[lane];
      const double at = x_[lane];
      const TextStyle strong{12, true, false, false, TextAlign::centre}, faint{11, false, false, false, TextAlign::centre};
      h.text(QRectF(at - column_ / 2, 4, column_, 17), fitted(text_of(l.name), column_ - 8, strong, measure_), Role::text, strong);
      h.text(QRectF(at - column_ / 2, 20, column_, 16), fitted(text_of(l.what), column_ - 8, faint, measure_), Role::dim, faint);
      h.hit(QRectF(at - column_ / 2, 0, column_, sequence_header_height), no_record, text_of(l.name + ", " + l.what), lane);
    }
    h.line({{0, sequence_header_height - 0.5}, {width_, sequence_header_height - 0.5}}, Role::line);
  }

  void rows() {
    DisplayList& list = scene_.list;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const RecordId id = events_[i];
      const QRectF row(0, y(i) - row_height / 2, width_, row_height);
      const StepLook what = look(id);
      if (what == StepLook::fault) {
        list.box(row, Role::fault_tint, std::nullopt);
        list.hatch(row, Role::fault);
      } else if (what == StepLook::violation) {
        list.box(row, Role::fail_tint, std::nullopt);
      }
      if (id == request_.focus) {
        if (what != StepLook::violation && what != StepLook::fault) list.box(row, Role::accent_tint, std::nullopt);
        list.box(QRectF(0, row.y(), 4, row.height()), Role::accent, std::nullopt);
        list.line({{0, row.top()}, {width_, row.top()}}, Role::accent);
        list.line({{0, row.bottom()}, {width_, row.bottom()}}, Role::accent);
        scene_.focus_row = row;
        scene_.focus_mark = QRectF(std::max(0.0, x(id) - column_ * 0.9), row.y(), std::min(column_ * 1.8, width_), row.height());
      }
      const Role ink = is_dim(id) ? Role::faint : Role::text;
      const bool strong = step(id) != nullptr;
      list.text(QRectF(10, y(i) - 9, 60, 18), text_of("#" + thousands(id)), ink, {11.5, strong, true});
      list.text(QRectF(64, y(i) - 9, gutter - 78, 18), run_.index().timed() ? text_of(run_.time(id)) : QString(), is_dim(id) ? Role::faint : Role::dim, {11, false, true, false, TextAlign::right});
      list.hit(row, id, text_of(fmt::format("#{} {}: {}", id, run_.kind(id), run_.sentence(id))), run_.index().lane(id));
    }
  }

  void columns(double height) {
    for (const std::uint16_t lane : order_) {
      const LaneKind kind = run_.index().lanes().all()[lane].kind;
      const bool outside = kind == LaneKind::client || kind == LaneKind::effect || kind == LaneKind::environment;
      scene_.list.line({{x_[lane], 4}, {x_[lane], height - 4}}, Role::line, kind == LaneKind::channel ? 2 : 1.2, outside ? Dash::dashed : Dash::solid);
    }
  }

  // Handler runs that have events here.
  void bars() {
    std::map<std::pair<std::uint16_t, std::size_t>, std::pair<std::size_t, std::size_t>> rows;  // lane, run -> first and last row
    for (std::size_t i = 0; i < events_.size(); ++i) {
      // The last run of this lane that began before the event and has not ended before it.
      const RecordId id = events_[i];
      const std::uint16_t lane = run_.index().lane(id);
      const auto runs = run_.index().runs(lane);
      auto at = std::upper_bound(runs.begin(), runs.end(), id, [](RecordId r, const Span& span) { return r < span.from; });
      for (int looked = 0; at != runs.begin() && looked < 64; ++looked) {
        --at;
        if (at->to != no_record && at->to < id) continue;
        const auto found = rows.try_emplace({lane, static_cast<std::size_t>(at - runs.begin())}, i, i).first;
        found->second.second = i;
        break;
      }
    }
    for (const auto& [number, span] : rows) {
      const double at = x_.at(number.first);
      scene_.list.box(QRectF(at - 5, y(span.first) - 12, 10, y(span.second) - y(span.first) + 24), Role::raised, Role::strong_line, 1, 3);
    }
  }

  // The nearest cause that is drawn.
  std::size_t shown_cause(RecordId id) const {
    const RecordId at = run_.nearest_cause(id, [this](RecordId cause) { return std::binary_search(events_.begin(), events_.end(), cause); });
    if (at != no_record) return static_cast<std::size_t>(std::lower_bound(events_.begin(), events_.end(), at) - events_.begin());
    return events_.size();
  }

  void arrow(std::size_t row) {
    const RecordId id = events_[row];
    connect(row, shown_cause(id));
    // A second cause: the fault that made it possible, the earlier write.
    const Record r = run_.raw(id);
    if (r.other_parent >= id || r.parent >= id) return;
    const auto found = std::lower_bound(events_.begin(), events_.end(), r.other_parent);
    if (found != events_.end() && *found == r.other_parent) connect(row, static_cast<std::size_t>(found - events_.begin()));
  }

  void connect(std::size_t row, std::size_t cause) {
    if (cause >= row) return;
    const RecordId id = events_[row], from = events_[cause];
    const bool path = in_past(id) && in_past(from);
    const bool violation = look(id) == StepLook::violation && path;
    const Role ink = violation ? Role::fail : path ? Role::accent : Role::faint;
    const double width = path ? 3 : 1.2;
    const double top = y(cause), bottom = y(row);
    const double x0 = x(from), x1 = x(id);
    if (x0 == x1) {
      scene_.list.line({{x0, top}, {x1, bottom}}, ink, width);
      return;
    }
    const double turn = std::max(top, bottom - row_height * 0.3);
    if (turn > top + 1) scene_.list.line({{x0, top}, {x0, turn}}, ink, width);
    const double gap = x1 > x0 ? -8 : 8;
    scene_.list.line({{x0, turn}, {x1 + gap, bottom}}, ink, width, Dash::solid, true);
    const QString label = text_of(run_.message(id));
    if (label.isEmpty()) return;
    const TextStyle style{10.5, path, false, true, TextAlign::centre};
    const double room = std::abs(x1 - x0) - 22;
    const double middle = (x0 + x1) / 2, slope = (turn + bottom) / 2 - 12;
    scene_.list.text(QRectF(middle - room / 2, slope - 7, room, 14), fitted(label, room, style, measure_), is_dim(id) ? Role::faint : Role::text, style);
  }

  void event(std::size_t row) {
    const RecordId id = events_[row];
    const QPointF at(x(id), y(row));
    const StepLook what = look(id);
    const StoryRow* s = step(id);
    const Role ink = is_dim(id) ? Role::faint : in_past(id) ? Role::accent : Role::dim;
    if (what == StepLook::fault) scene_.list.box(QRectF(at.x() - 11, at.y() - 11, 22, 22), Role::fault_tint, Role::fault, 1.5, 4);
    if (what == StepLook::fault) scene_.list.symbol(fault_symbol(id), at, 15);
    else if (what == StepLook::violation && s == nullptr) scene_.list.symbol(Symbol::fail, at, 17);
    else if (s == nullptr) scene_.list.symbol(mark_of(run_.index().kind(id)), at, 9, {}, ink, ink);
    if (s != nullptr) {
      const Symbol circle = symbol_of(what);
      const QPointF place = what == StepLook::fault ? at - QPointF(24, 0) : at;
      scene_.list.symbol(circle, place, 20, QString::number(s->number));
    }
    label(row, what, s);
  }

  static Symbol mark_of(RecordKind kind) {
    switch (kind) {
      case RecordKind::command_sent:
      case RecordKind::command_received:
      case RecordKind::delivered: return Symbol::arrival;
      case RecordKind::publish_try: return Symbol::publish;
      case RecordKind::lost:
      case RecordKind::dead_lettered: return Symbol::lozenge;
      default: return Symbol::square;
    }
  }

  Symbol fault_symbol(RecordId id) const {
    const Record r = run_.raw(id);
    const auto& faults = run_.system().faults;
    if (r.kind == RecordKind::fault && r.place < faults.size()) return symbol_of(faults[r.place].kind);
    return r.kind == RecordKind::crash ? Symbol::crash : r.kind == RecordKind::lost ? Symbol::loss : Symbol::other_fault;
  }

  // What happened, beside the column, without the name that is its title.
  void label(std::size_t row, StepLook what, const StoryRow* s) {
    const RecordId id = events_[row];
    const RecordKind kind = run_.index().kind(id);
    const bool told_by_arrow = kind == RecordKind::delivered || kind == RecordKind::command_received || kind == RecordKind::publish_try || kind == RecordKind::accepted;
    if (told_by_arrow && s == nullptr) return;
    std::string words = run_.sentence(id);
    const std::string who = run_.where(id) + " ";
    if (words.starts_with(who)) words.erase(0, who.size());
    if (what == StepLook::fault) words = "fault: " + words;
    const bool strong = what == StepLook::fault || what == StepLook::violation;
    const TextStyle style{11.5, strong, false, true, TextAlign::left};
    const Role ink = what == StepLook::fault ? Role::fault_text : what == StepLook::violation ? Role::fail_text : is_dim(id) ? Role::faint : Role::text;
    const double at = x(id), right = width_ - at - 26, left = at - gutter - 40;
    // On the side that the arrow does not come from, if there is room.
    const std::size_t cause = shown_cause(id);
    const bool comes_from_right = cause < row && x(events_[cause]) > at;
    const double wanted = measure_(text_of(words), style) + 8;
    const bool to_right = comes_from_right ? left < std::min(wanted, column_) : right >= std::min(wanted, column_ * 0.9) || right >= left;
    const std::optional<Role> plate = what == StepLook::fault ? Role::fault_tint : what == StepLook::violation ? Role::fail_tint : id == request_.focus ? Role::accent_tint : Role::base;
    if (to_right) {
      const double room = std::min(right, std::max(column_ * 1.6, 260.0));
      scene_.list.text(QRectF(at + 18, y(row) - 9, room, 18), fitted(text_of(words), room, style, measure_), ink, style);
    } else {
      TextStyle before = style;
      before.align = TextAlign::right;
      const double offset = what == StepLook::fault ? 40 : 18;
      const double room = std::min(left - offset + 18, std::max(column_ * 1.6, 260.0));
      scene_.list.text(QRectF(at - offset - room, y(row) - 9, room, 18), fitted(text_of(words), room, before, measure_), ink, before);
    }
    scene_.list.items.back().fill = plate;
  }

  void describe() {
    scene_.list.description = tr("Sequence of %1 events in %2 columns.").arg(events_.size()).arg(order_.size());
    if (request_.focus < run_.size()) {
      scene_.list.description += tr(" In focus: event %1, %2").arg(request_.focus).arg(text_of(run_.sentence(request_.focus)));
    }
  }

  const RunReader& run_;
  const SequenceRequest& request_;
  const TextMeasure& measure_;
  std::vector<RecordId> events_, past_;
  std::map<RecordId, const StoryRow*> steps_;
  std::map<std::uint16_t, double> x_;
  std::vector<std::uint16_t> order_;
  double column_ = least_column, width_ = 0;
  SequenceScene scene_;
};

}  // namespace

std::vector<RecordId> sequence_events(const RunReader& run, const SequenceRequest& request) {
  std::vector<RecordId> events;
  if (run.size() == 0) return events;
  const RecordId focus = request.focus < run.size() ? request.focus : 0;
  const auto add_all = [&](const std::vector<RecordId>& found) {
    for (const RecordId id : found) {
      if (!is_inner(run.index().kind(id)) || id == focus) events.push_back(id);
    }
  };
  if (request.show == SequenceShow::around) {
    // As many before as after.
    const auto all = run.index().whole().events();
    const auto at = static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), focus) - all.begin());
    const std::size_t half = request.most_events / 2;
    const std::size_t begin = at > half ? at - half : 0;
    const std::size_t end = std::min(all.size(), begin + request.most_events);
    events.assign(all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end));
    if (is_inner(run.index().kind(focus))) events.push_back(focus);
  } else if (request.show == SequenceShow::future) {
    add_all(run.future(focus, request.most_events * 4, 100'000));
  } else {
    std::vector<RecordId> roots{focus};
    for (const StoryRow& row : request.story) {
      if (row.record <= focus && row.record < run.size()) roots.push_back(row.record);
    }
    for (const RecordId root : roots) add_all(run.past(root, request.most_events * 4));
  }
  std::sort(events.begin(), events.end());
  events.erase(std::unique(events.begin(), events.end()), events.end());
  if (events.size() <= request.most_events) return events;
  // The nearest ones, and every step of the story.
  std::vector<RecordId> kept;
  const std::size_t cut = request.show == SequenceShow::future ? 0 : events.size() - request.most_events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool step = std::any_of(request.story.begin(), request.story.end(), [&](const StoryRow& row) { return row.record == events[i]; });
    if (step || (i >= cut && i < cut + request.most_events)) kept.push_back(events[i]);
  }
  return kept;
}

SequenceScene sequence_scene(const RunReader& run, const SequenceRequest& request, const TextMeasure& measure) { return SequenceDrawing(run, request, measure).draw(); }

}  // namespace flowtank::gui
