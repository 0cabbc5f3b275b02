// SPDX-License-Identifier: Apache-2.0
// See topology_scene.hpp. Edges are drawn before nodes, and the story numbers last, so that they are never covered.
#include "gui/scene/topology_scene.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "gui/models/words.hpp"

namespace flowtank::gui {
namespace {

class TopologyDrawing {
  Q_DECLARE_TR_FUNCTIONS(TopologyDrawing)
 public:
  TopologyDrawing(const TopologyPlan& plan, const RunReader* run, const TopologyRequest& request, const TextMeasure& measure)
      : plan_(plan), run_(run), request_(request), measure_(measure) {
    if (run == nullptr || request.focus >= run->size()) return;
    counts_ = counts_at(*run, run->settled(request.focus));
    before_ = request.focus == 0 ? counts_ : counts_at(*run, request.focus - 1);
    has_counts_ = run->reader().has_states();
    if (request.highlight_cause) find_path();
    for (const StoryRow& row : request.story) {
      if (row.record >= run->size()) continue;
      const int node = node_at(row.record);
      if (node >= 0) steps_[static_cast<std::uint32_t>(node)].push_back(&row);
    }
    for (const Span& down : run->index().downtimes()) {
      if (down.from <= request.focus && (down.to == no_record || down.to > request.focus)) ++down_[node_at(down.from)];
    }
  }

  DisplayList draw() {
    list_.size = plan_.layout.size;
    for (std::size_t e = 0; e < plan_.edges.size(); ++e) edge(e);
    for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) node(n);
    for (const auto& label : labels_) label();
    list_.description = tr("Topology with %1 nodes and %2 links.").arg(plan_.nodes.size()).arg(plan_.edges.size());
    return std::move(list_);
  }

 private:
  int node_at(RecordId id) const { return plan_.node_of(run_->index().lanes().all()[run_->index().lane(id)]); }

  void find_path() {
    for (const RecordId id : run_->past(request_.focus, 10'000)) {
      const RecordId cause = run_->cause(id);
      const int to = node_at(id), from = cause == no_record ? -1 : node_at(cause);
      if (to >= 0) path_nodes_.insert(static_cast<std::uint32_t>(to));
      if (from >= 0 && to >= 0 && from != to) path_.insert({static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to)});
    }
  }

  QRectF rect(std::uint32_t n) const { return plan_.rect(n); }

  void edge(std::size_t e) {
    const PlanEdge& edge = plan_.edges[e];
    const bool path = path_.contains({edge.from, edge.to});
    const Role ink = path ? Role::accent : Role::faint;
    const double width = path ? 3 : 1.4;
    const Dash dash = edge.waits && !path ? Dash::dashed : Dash::solid;
    QPointF middle;
    if (edge.from == edge.to) {
      const QRectF a = rect(edge.from);
      list_.curve(plan_.loop(edge.from), ink, width, dash, true);
      middle = QPointF(a.right(), a.top() - 24);
    } else {
      const std::vector<QPointF> stops = plan_.stops(e);
      for (std::size_t i = 0; i + 1 < stops.size(); ++i) list_.curve(plan_.link_curve(stops[i], stops[i + 1]), ink, width, dash, i + 2 == stops.size());
      const std::size_t at = (stops.size() - 1) / 2;
      middle = (stops[at] + stops[at + 1]) / 2;
    }
    if (edge.label.isEmpty()) return;
    const TextStyle style{11, path, false, true, plan_.down ? TextAlign::left : TextAlign::centre};
    const double room = 118;
    const QString words = fitted(edge.label, room, style, measure_);
    // Beside a link that goes down, above one that goes across: what moves along it stays to be seen.
    const QRectF place = plan_.down ? QRectF(middle.x() + 12, middle.y() - 8, room, 15) : QRectF(middle.x() - room / 2, middle.y() - 20, room, 15);
    // The last link's words belong to the picture, too.
    if (plan_.down) list_.size.setWidth(std::max(list_.size.width(), place.left() + measure_(words, style) + 10));
    labels_.emplace_back([this, place, words, path, style, full = edge.label] {
      list_.text(place, words, path ? Role::text : Role::dim, style);
      list_.hit(place, no_record, full);
    });
  }

  void node(std::uint32_t n) {
    const PlanNode& node = plan_.nodes[n];
    const QRectF r = rect(n);
    const bool in_path = path_nodes_.contains(n);
    const bool focused = run_ != nullptr && request_.focus < run_->size() && node_at(request_.focus) == static_cast<int>(n);
    const bool violated = focused && (run_->index().kind(request_.focus) == RecordKind::violated || is_violation_step());
    const bool found = !request_.search.isEmpty() && node.name.contains(request_.search, Qt::CaseInsensitive);
    const bool down = down_.contains(static_cast<int>(n));
    const Role edge = violated ? Role::fail : down ? Role::fault : in_path || found ? Role::accent : Role::strong_line;
    const double width = in_path || found || violated || down ? 2 : 1.2;
    const Role fill = violated ? Role::fail_tint : Role::raised;
    if (focused) list_.box(r.adjusted(-4, -4, 4, 4), std::nullopt, Role::accent, 1, 8, Dash::dotted);
    switch (node.kind) {
      case LaneKind::client: list_.box(r, fill, edge, width, r.height() / 2); break;
      case LaneKind::channel: list_.drum(r, false, fill, edge, width); break;
      case LaneKind::effect: list_.box(r, fill, edge, width, 4, Dash::dashed); break;
      default: list_.box(r, fill, edge, width, 7); break;
    }
    if (down) list_.hatch(r, Role::fault);
    list_.hit(r, no_record, node.name + (node.subtitle.isEmpty() ? QString() : QStringLiteral(": ") + node.subtitle), lane_of(node));
    words(node, r, down);
    numbers(n, r);
  }

  bool is_violation_step() const {
    return std::any_of(request_.story.begin(), request_.story.end(), [&](const StoryRow& row) { return row.record == request_.focus && row.look == StepLook::violation; });
  }

  std::uint16_t lane_of(const PlanNode& node) const { return run_ == nullptr ? no_lane : run_->index().lanes().find(node.kind, node.index); }

  void words(const PlanNode& node, const QRectF& r, bool down) {
    const TextStyle strong{12.5, true, false, false, TextAlign::centre}, faint{11, false, false, false, TextAlign::centre};
    const double room = r.width() - 16;
    QString second = node.subtitle;
    if (node.kind == LaneKind::client && node.index < counts_.sent.size() && has_counts_) second = tr("client, %1 sent").arg(counts_.sent[node.index]);
    if (down) second = tr("crashed");
    const double top = node.kind == LaneKind::client || node.kind == LaneKind::effect ? r.center().y() - 17 : r.top() + 6;
    list_.text(QRectF(r.left() + 8, top, room, 17), fitted(node.name, room, strong, measure_), Role::text, strong);
    list_.text(QRectF(r.left() + 8, top + 17, room, 15), fitted(second, room, faint, measure_), down ? Role::fault_text : Role::dim, faint);
    if (node.kind == LaneKind::instance && !node.tables.empty()) tables(node, r);
    if (node.kind == LaneKind::channel) queues(node, r);
  }

  void tables(const PlanNode& node, const QRectF& r) {
    const std::size_t shown = std::min<std::size_t>(node.tables.size(), 6);
    const QRectF drum(r.left() + 10, r.top() + 42, r.width() - 20, 12 + 18.0 * static_cast<double>(shown));
    list_.drum(drum, true, Role::base, Role::line);
    for (std::size_t i = 0; i < shown; ++i) {
      const std::uint32_t t = node.tables[i];
      const QRectF line(drum.left() + 8, drum.top() + 9 + 18.0 * static_cast<double>(i), drum.width() - 16, 16);
      const auto& tables = system().tables;
      list_.text(line, name_of(tables[t].name), Role::dim, {11, false, true});
      if (!has_counts_ || t >= counts_.rows.size()) continue;
      const bool changed = counts_.rows[t] != before_.rows[t];
      const QString number = changed ? QStringLiteral("%1 → %2").arg(before_.rows[t]).arg(counts_.rows[t]) : QString::number(counts_.rows[t]);
      list_.text(line, number, changed ? Role::unsure_text : Role::text, {11, changed, true, false, TextAlign::right});
    }
  }

  void queues(const PlanNode& node, const QRectF& r) {
    const std::size_t shown = std::min<std::size_t>(node.subscriptions.size(), 5);
    for (std::size_t i = 0; i < shown; ++i) {
      const std::uint32_t s = node.subscriptions[i];
      const QRectF line(r.left() + 14, r.top() + 40 + 22.0 * static_cast<double>(i), r.width() - 28, 18);
      const std::uint64_t waiting = s < counts_.backlog.size() ? counts_.backlog[s] : 0;
      const std::uint32_t service = system().subscriptions[s].service;
      const QString who = service < system().services.size() ? name_of(system().services[service].name) : name_of(system().subscriptions[s].group);
      const double cells = 66;
      const TextStyle style{11};
      list_.text(QRectF(line.left(), line.top(), line.width() - cells - 4, 18), fitted(who, line.width() - cells - 6, style, measure_), Role::dim, style);
      for (std::uint64_t c = 0; c < 4; ++c) {
        const QRectF cell(line.right() - cells + 12.0 * static_cast<double>(c), line.center().y() - 4.5, 9, 9);
        const bool full = c < waiting;
        list_.box(cell, full ? std::optional(Role::accent) : std::nullopt, full ? Role::accent : Role::faint, 1, 1.5);
      }
      list_.text(QRectF(line.right() - 18, line.top(), 18, 18), has_counts_ ? QString::number(waiting) : QString(), waiting > 0 ? Role::text : Role::dim, {11, waiting > 0, true, false, TextAlign::right});
    }
  }

  // Circles along the upper edge; at most six, the last ones.
  void numbers(std::uint32_t n, const QRectF& r) {
    const auto found = steps_.find(n);
    if (found == steps_.end()) return;
    const auto& rows = found->second;
    const std::size_t first = rows.size() > 6 ? rows.size() - 6 : 0;
    for (std::size_t i = first; i < rows.size(); ++i) {
      const StoryRow& row = *rows[i];
      const QPointF at(r.left() + 12 + 22.0 * static_cast<double>(i - first), r.top() - 3);
      const Symbol symbol = symbol_of(row.look);
      labels_.emplace_back([this, symbol, at, &row] {
        list_.symbol(symbol, at, 19, QString::number(row.number));
        list_.hit(QRectF(at.x() - 10, at.y() - 10, 20, 20), row.record, row.sentence);
      });
    }
  }

  const System& system() const { return run_->system(); }

  const TopologyPlan& plan_;
  const RunReader* run_;
  const TopologyRequest& request_;
  const TextMeasure& measure_;
  StateCounts counts_, before_;
  bool has_counts_ = false;
  std::set<std::pair<std::uint32_t, std::uint32_t>> path_;
  std::set<std::uint32_t> path_nodes_;
  std::map<std::uint32_t, std::vector<const StoryRow*>> steps_;
  std::map<int, int> down_;
  std::vector<std::function<void()>> labels_;  // over everything else
  DisplayList list_;
};

}  // namespace

DisplayList topology_scene(const TopologyPlan& plan, const RunReader* run, const TopologyRequest& request, const TextMeasure& measure) {
  if (run == nullptr) return {};
  return TopologyDrawing(plan, run, request, measure).draw();
}

}  // namespace flowtank::gui
