// SPDX-License-Identifier: Apache-2.0
// See layered_layout.hpp. One function a stage, in this order: cycles, ranks, stations, sweeps, places.
#include "gui/scene/layered_layout.hpp"

#include <algorithm>
#include <numeric>

namespace flowtank::gui {
namespace {

constexpr std::uint32_t nothing = 0xffffffffU;

// A node of the graph, or a station of a long edge.
struct Stop {
  std::uint32_t node = nothing;
  std::uint32_t rank = 0;
  double height = 12, width = 0;
  double y = 0;
  std::vector<std::uint32_t> before, after;  // stops on the neighbouring ranks
};

class Layout {
 public:
  Layout(const LayoutGraph& graph, const LayoutSpacing& spacing) : graph_(graph), spacing_(spacing) {}

  LayoutResult make() {
    break_cycles();
    rank();
    add_stops();
    order();
    place();
    return std::move(out_);
  }

 private:
  // Depth first in the order of the input; an edge to a node that is still open goes backwards.
  void break_cycles() {
    const std::size_t n = graph_.nodes.size();
    out_.reversed.assign(graph_.edges.size(), false);
    std::vector<std::vector<std::uint32_t>> out(n);
    for (std::uint32_t e = 0; e < graph_.edges.size(); ++e) out[graph_.edges[e].first].push_back(e);
    std::vector<std::uint8_t> state(n, 0);
    for (std::uint32_t start = 0; start < n; ++start) {
      if (state[start] != 0) continue;
      std::vector<std::pair<std::uint32_t, std::size_t>> stack{{start, 0}};
      state[start] = 1;
      while (!stack.empty()) {
        auto& [node, next] = stack.back();
        if (next == out[node].size()) {
          state[node] = 2;
          stack.pop_back();
          continue;
        }
        const std::uint32_t edge = out[node][next++];
        const std::uint32_t to = graph_.edges[edge].second;
        if (state[to] == 1) out_.reversed[edge] = true;
        if (state[to] != 0) continue;
        state[to] = 1;
        stack.emplace_back(to, 0);
      }
    }
  }

  std::pair<std::uint32_t, std::uint32_t> forward(std::size_t edge) const {
    const auto [from, to] = graph_.edges[edge];
    return out_.reversed[edge] ? std::pair(to, from) : std::pair(from, to);
  }

  void rank() {
    const std::size_t n = graph_.nodes.size();
    out_.ranks.assign(n, 0);
    std::vector<std::uint32_t> waiting(n, 0);
    std::vector<std::vector<std::uint32_t>> next(n);
    for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
      const auto [from, to] = forward(e);
      if (from == to) continue;
      next[from].push_back(to);
      ++waiting[to];
    }
    std::vector<std::uint32_t> ready;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (waiting[i] == 0) ready.push_back(i);
    }
    for (std::size_t at = 0; at < ready.size(); ++at) {
      for (const std::uint32_t to : next[ready[at]]) {
        out_.ranks[to] = std::max(out_.ranks[to], out_.ranks[ready[at]] + 1);
        if (--waiting[to] == 0) ready.push_back(to);
      }
    }
    // Who has nothing before it stands just before what it leads to.
    std::vector<bool> has_before(n, false);
    for (std::size_t e = 0; e < graph_.edges.size(); ++e) has_before[forward(e).second] = true;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (has_before[i] || next[i].empty()) continue;
      std::uint32_t least = nothing;
      for (const std::uint32_t to : next[i]) least = std::min(least, out_.ranks[to]);
      out_.ranks[i] = least - 1;
    }
  }

  void add_stops() {
    std::uint32_t ranks = 0;
    for (std::uint32_t i = 0; i < graph_.nodes.size(); ++i) {
      stops_.push_back({i, out_.ranks[i], graph_.nodes[i].height(), graph_.nodes[i].width(), 0, {}, {}});
      ranks = std::max(ranks, out_.ranks[i] + 1);
    }
    chains_.resize(graph_.edges.size());
    for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
      const auto [from, to] = forward(e);
      if (from == to) continue;
      std::uint32_t last = from;
      for (std::uint32_t r = out_.ranks[from] + 1; r < out_.ranks[to]; ++r) {
        const auto station = static_cast<std::uint32_t>(stops_.size());
        stops_.push_back({nothing, r, 14, 0, 0, {}, {}});
        join(last, station);
        chains_[e].push_back(station);
        last = station;
      }
      join(last, to);
    }
    layers_.resize(ranks);
    for (std::uint32_t s = 0; s < stops_.size(); ++s) layers_[stops_[s].rank].push_back(s);
  }

  void join(std::uint32_t a, std::uint32_t b) {
    stops_[a].after.push_back(b);
    stops_[b].before.push_back(a);
  }

  std::size_t crossings() const {
    std::vector<std::size_t> place(stops_.size());
    for (const auto& layer : layers_) {
      for (std::size_t i = 0; i < layer.size(); ++i) place[layer[i]] = i;
    }
    std::size_t count = 0;
    for (const auto& layer : layers_) {
      std::vector<std::pair<std::size_t, std::size_t>> edges;
      for (const std::uint32_t s : layer) {
        for (const std::uint32_t to : stops_[s].after) edges.emplace_back(place[s], place[to]);
      }
      std::sort(edges.begin(), edges.end());
      // Inversions of the second ends: insertion into a Fenwick tree of the next layer.
      std::size_t most = 0;
      for (const auto& edge : edges) most = std::max(most, edge.second + 1);
      std::vector<std::size_t> tree(most + 1, 0);
      std::size_t seen = 0;
      for (std::size_t i = 0; i < edges.size();) {
        std::size_t end = i;
        while (end < edges.size() && edges[end].first == edges[i].first) ++end;
        for (std::size_t k = i; k < end; ++k) {
          std::size_t smaller = 0;
          for (std::size_t at = edges[k].second + 1; at > 0; at -= at & (~at + 1)) smaller += tree[at];
          count += seen - smaller;
        }
        for (std::size_t k = i; k < end; ++k, ++seen) {
          for (std::size_t at = edges[k].second + 1; at < tree.size(); at += at & (~at + 1)) ++tree[at];
        }
        i = end;
      }
    }
    return count;
  }

  void order() {
    std::size_t best_count = crossings();
    auto best = layers_;
    constexpr int sweeps = 24;
    for (int sweep = 0; sweep < sweeps && best_count != 0; ++sweep) {
      const bool down = sweep % 2 == 0;
      for (std::size_t i = 1; i < layers_.size(); ++i) sort_layer(down ? i : layers_.size() - 1 - i, down);
      const std::size_t now = crossings();
      if (now >= best_count) continue;
      best_count = now;
      best = layers_;
    }
    layers_ = std::move(best);
    out_.crossings = best_count;
  }

  void sort_layer(std::size_t layer, bool down) {
    std::vector<double> place(stops_.size(), 0);
    for (const auto& l : layers_) {
      for (std::size_t i = 0; i < l.size(); ++i) place[l[i]] = static_cast<double>(i);
    }
    std::vector<double> wish(stops_.size(), 0);
    for (const std::uint32_t s : layers_[layer]) {
      const auto& others = down ? stops_[s].before : stops_[s].after;
      wish[s] = others.empty() ? place[s] : std::accumulate(others.begin(), others.end(), 0.0, [&](double sum, std::uint32_t o) { return sum + place[o]; }) / static_cast<double>(others.size());
    }
    std::stable_sort(layers_[layer].begin(), layers_[layer].end(), [&](std::uint32_t a, std::uint32_t b) { return wish[a] < wish[b]; });
  }

  // Stacks each layer, then pulls it towards its neighbours without changing the order.
  void place() {
    for (auto& layer : layers_) {
      double y = 0;
      for (const std::uint32_t s : layer) {
        stops_[s].y = y + stops_[s].height / 2;
        y += stops_[s].height + spacing_.between_nodes;
      }
    }
    for (int round = 0; round < 12; ++round) {
      for (std::size_t i = 0; i < layers_.size(); ++i) pull(round % 2 == 0 ? i : layers_.size() - 1 - i, round % 2 == 0);
    }
    double top = 0, bottom = 0;
    bool first = true;
    for (const Stop& stop : stops_) {
      top = first ? stop.y - stop.height / 2 : std::min(top, stop.y - stop.height / 2);
      bottom = first ? stop.y + stop.height / 2 : std::max(bottom, stop.y + stop.height / 2);
      first = false;
    }
    std::vector<double> x(layers_.size(), 0);
    double at = spacing_.margin;
    for (std::size_t r = 0; r < layers_.size(); ++r) {
      double widest = 0;
      for (const std::uint32_t s : layers_[r]) widest = std::max(widest, stops_[s].width);
      x[r] = at + widest / 2;
      at += widest + spacing_.between_ranks;
    }
    const double shift = spacing_.margin - top;
    for (std::uint32_t i = 0; i < graph_.nodes.size(); ++i) out_.centres.emplace_back(x[stops_[i].rank], stops_[i].y + shift);
    for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
      std::vector<QPointF> route;
      for (const std::uint32_t s : chains_[e]) route.emplace_back(x[stops_[s].rank], stops_[s].y + shift);
      if (out_.reversed[e]) std::reverse(route.begin(), route.end());
      out_.routes.push_back(std::move(route));
    }
    out_.size = QSizeF(std::max(0.0, at - spacing_.between_ranks) + spacing_.margin, bottom - top + 2 * spacing_.margin);
  }

  void pull(std::size_t layer, bool down) {
    auto& stops = layers_[layer];
    if (stops.empty()) return;
    std::vector<double> wish;
    for (const std::uint32_t s : stops) {
      const auto& near = down ? stops_[s].before : stops_[s].after;
      const auto& others = near.empty() ? (down ? stops_[s].after : stops_[s].before) : near;
      double sum = 0;
      for (const std::uint32_t o : others) sum += stops_[o].y;
      wish.push_back(others.empty() ? stops_[s].y : sum / static_cast<double>(others.size()));
    }
    // Blocks of stops that touch move to the mean of what they wish.
    struct Block {
      double sum = 0;  // of wishes less offsets
      std::size_t count = 0, begin = 0;
      double y() const { return sum / static_cast<double>(count); }
    };
    std::vector<Block> blocks;
    std::vector<double> offset(stops.size(), 0);
    for (std::size_t i = 0; i < stops.size(); ++i) {
      blocks.push_back({wish[i], 1, i});
      while (blocks.size() > 1) {
        Block& last = blocks.back();
        Block& before = blocks[blocks.size() - 2];
        const std::size_t end = last.begin - 1;
        const double gap = (stops_[stops[end]].height + stops_[stops[last.begin]].height) / 2 + spacing_.between_nodes;
        const double start = offset[end] + gap;
        if (before.y() + start <= last.y()) break;
        for (std::size_t k = last.begin; k <= i; ++k) offset[k] += start;
        before.sum += last.sum - start * static_cast<double>(last.count);
        before.count += last.count;
        blocks.pop_back();
      }
    }
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const std::size_t end = b + 1 < blocks.size() ? blocks[b + 1].begin : stops.size();
      for (std::size_t k = blocks[b].begin; k < end; ++k) stops_[stops[k]].y = blocks[b].y() + offset[k];
    }
  }

  const LayoutGraph& graph_;
  const LayoutSpacing& spacing_;
  LayoutResult out_;
  std::vector<Stop> stops_;
  std::vector<std::vector<std::uint32_t>> chains_;  // by edge, from its forward end
  std::vector<std::vector<std::uint32_t>> layers_;
};

}  // namespace

LayoutResult layered_layout(const LayoutGraph& graph, const LayoutSpacing& spacing) { return Layout(graph, spacing).make(); }

}  // namespace flowtank::gui
