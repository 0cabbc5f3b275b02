// SPDX-License-Identifier: Apache-2.0
// What pictures are made of: density against counting, windows of time, layouts, colours.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "gui/scene/layered_layout.hpp"
#include "gui/scene/timeline_window.hpp"
#include "gui/session/density.hpp"
#include "gui/theme/theme.hpp"

namespace flowtank::gui {

namespace {

// A small generator of its own: tests are the same everywhere.
struct Draws {
  std::uint64_t state;
  std::uint64_t below(std::uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
  }
};

}  // namespace

TEST_CASE("density.columns_of_any_window_count_what_is_there") {
  Draws draws{42};
  std::vector<std::int64_t> positions;
  std::int64_t at = 0;
  for (int i = 0; i < 20'000; ++i) positions.push_back(at += static_cast<std::int64_t>(draws.below(10) == 0 ? draws.below(100'000) : draws.below(50)));
  std::vector<Weight> weights(positions.size(), Weight::ordinary);
  weights[777] = Weight::violation;
  weights[9'000] = Weight::fault;
  std::vector<std::uint32_t> events(positions.size());
  for (std::uint32_t i = 0; i < events.size(); ++i) events[i] = i;
  const LaneDensity density(positions, weights, events, 0, positions.back());
  // The whole run: every event is in exactly one column, and nothing bad is merged away.
  for (const std::size_t width : {1U, 7U, 640U, 1600U, 100'000U}) {
    std::vector<Column> columns(width);
    density.columns(0, positions.back() + 1, columns);
    std::size_t sum = 0;
    Weight worst = Weight::ordinary;
    std::size_t faults = 0;
    for (const Column& c : columns) {
      sum += c.count;
      worst = std::max(worst, c.worst);
      faults += c.worst == Weight::fault ? 1U : 0U;
    }
    CHECK(sum == positions.size());
    CHECK(worst == Weight::violation);
    if (width > 1) CHECK(faults == 1);
  }
  for (int i = 0; i < 200; ++i) {
    const auto from = static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(positions.back())));
    const auto to = from + 1 + static_cast<std::int64_t>(draws.below(i % 2 == 0 ? 500 : 5'000'000));
    const auto exact = static_cast<std::size_t>(std::count_if(positions.begin(), positions.end(), [&](std::int64_t p) { return p >= from && p < to; }));
    REQUIRE(density.count(from, to) == exact);
    std::vector<Column> columns(800);
    density.columns(from, to, columns);
    std::size_t sum = 0;
    for (const Column& c : columns) sum += c.count;
    // A bucket that straddles an end of the window is in it or not, as a whole.
    const auto slack = std::max<std::int64_t>(1, (to - from) / 800);
    CHECK(sum >= density.count(from + slack, to - slack));
    CHECK(sum <= density.count(from - slack, to + slack));
  }
}

TEST_CASE("density.height_grows_with_the_count_and_stays_in_the_lane") {
  unsigned before = 0;
  for (std::uint32_t count = 0; count < 5'000; ++count) {
    const unsigned height = height_of(count, 24);
    CHECK(height >= before);
    CHECK(height <= 24);
    before = height;
  }
  CHECK(height_of(0, 24) == 0);
  CHECK(height_of(0xffffffffU, 24) <= 24);
}

TEST_CASE("timeline_window.zooming_keeps_the_point_under_the_cursor") {
  TimelineWindow window;
  window.set_run(0, 4'000'000'000);
  window.set_pixels(1000);
  for (const double x : {0.0, 250.0, 999.0}) {
    window.fit();
    for (int i = 0; i < 20; ++i) {
      const double before = static_cast<double>(window.position_at(x));
      const double pixel = static_cast<double>(window.to() - window.from()) / window.pixels();
      window.zoom(0.6, x);
      CHECK(std::abs(static_cast<double>(window.position_at(x)) - before) <= 2 * pixel + 2);
      CHECK(window.from() >= 0);
      CHECK(window.to() <= 4'000'000'001);
    }
    CHECK(window.to() - window.from() >= 10);
    for (int i = 0; i < 60; ++i) window.zoom(1.9, x);
    CHECK(window.shows_all());
  }
}

TEST_CASE("timeline_window.what_is_revealed_is_seen") {
  TimelineWindow window;
  window.set_run(0, 1'000'000);
  window.set_pixels(800);
  window.show(100, 2'000);
  for (const std::int64_t position : {0L, 500'000L, 999'999L, 150L}) {
    window.reveal(position);
    CHECK(window.from() <= position);
    CHECK(position < window.to());
    CHECK(window.to() - window.from() == 1'900);
  }
}

TEST_CASE("timeline_window.ticks_are_round_and_few") {
  TimelineWindow window;
  window.set_run(0, 120'000'000'000);
  window.set_pixels(1200);
  const auto ticks = ticks_of(window, true, 110);
  REQUIRE(ticks.size() >= 5);
  CHECK(ticks.size() <= 12);
  CHECK(ticks[0].label == "0 s");
  CHECK(ticks[1].label == "20 s");
}

TEST_CASE("layout.boxes_of_a_rank_do_not_touch_and_the_same_graph_gives_the_same_picture") {
  Draws draws{7};
  LayoutGraph graph;
  for (int i = 0; i < 60; ++i) graph.nodes.emplace_back(120, 40 + static_cast<double>(draws.below(60)));
  for (int i = 0; i < 110; ++i) graph.edges.emplace_back(static_cast<std::uint32_t>(draws.below(60)), static_cast<std::uint32_t>(draws.below(60)));
  const LayoutResult one = layered_layout(graph, {}), two = layered_layout(graph, {});
  CHECK(one.centres == two.centres);
  for (std::size_t a = 0; a < graph.nodes.size(); ++a) {
    for (std::size_t b = a + 1; b < graph.nodes.size(); ++b) {
      if (one.ranks[a] != one.ranks[b]) continue;
      CHECK(std::abs(one.centres[a].y() - one.centres[b].y()) >= (graph.nodes[a].height() + graph.nodes[b].height()) / 2);
    }
  }
  for (std::size_t e = 0; e < graph.edges.size(); ++e) {
    const auto [from, to] = graph.edges[e];
    if (from == to) continue;
    CHECK((one.reversed[e] ? one.ranks[from] > one.ranks[to] : one.ranks[from] < one.ranks[to]));
  }
}

TEST_CASE("layout.a_chain_goes_left_to_right_without_crossings") {
  LayoutGraph graph;
  for (int i = 0; i < 4; ++i) graph.nodes.emplace_back(100, 40);
  graph.edges = {{0, 1}, {1, 2}, {2, 3}, {3, 1}};
  const LayoutResult layout = layered_layout(graph, {});
  CHECK(layout.crossings == 0);
  CHECK(layout.centres[0].x() < layout.centres[1].x());
  CHECK(layout.centres[2].x() < layout.centres[3].x());
  CHECK(layout.reversed[3]);
}

TEST_CASE("layout.three_hundred_services_and_hostile_graphs_are_laid_out") {
  LayoutGraph graph;
  for (int i = 0; i < 600; ++i) graph.nodes.emplace_back(100, 40);
  for (std::uint32_t i = 0; i < 300; ++i) {
    graph.edges.emplace_back(i, 300 + i);
    for (std::uint32_t k = 1; k <= 2; ++k) graph.edges.emplace_back(300 + i, i / 8 * 8 + (i + k) % 8);
  }
  CHECK(layered_layout(graph, {}).centres.size() == 600);
  CHECK(layered_layout({}, {}).centres.empty());
  LayoutGraph loops;
  loops.nodes = {{10, 10}};
  loops.edges = {{0, 0}, {0, 0}};
  CHECK(layered_layout(loops, {}).centres.size() == 1);
}

TEST_CASE("theme.every_text_holds_its_contrast") {
  for (const Theme* theme : {&Theme::light(), &Theme::dark()}) {
    for (const Role text : {Role::text, Role::dim, Role::accent, Role::fail_text, Role::pass_text, Role::unsure_text, Role::fault_text}) {
      INFO(static_cast<int>(text) << (theme->is_dark() ? " dark" : " light"));
      CHECK(contrast((*theme)[text], (*theme)[Role::base]) >= 4.5);
      CHECK(contrast((*theme)[text], (*theme)[Role::accent_tint]) >= 4.5);
    }
    CHECK(contrast((*theme)[Role::fail_text], (*theme)[Role::fail_tint]) >= 4.5);
    CHECK(contrast((*theme)[Role::fault_text], (*theme)[Role::fault_tint]) >= 4.5);
    CHECK(contrast((*theme)[Role::pass_text], (*theme)[Role::pass_tint]) >= 4.5);
    CHECK(contrast((*theme)[Role::unsure_text], (*theme)[Role::unsure_tint]) >= 4.5);
    CHECK(contrast((*theme)[Role::on_accent], (*theme)[Role::accent]) >= 4.5);
    CHECK(contrast((*theme)[Role::on_fill], (*theme)[Role::fault]) >= 4.5);
    CHECK(contrast((*theme)[Role::on_fill], (*theme)[Role::fail]) >= 4.5);
  }
}

namespace {

// As somebody without one kind of cones sees a colour (Viénot, Brettel and Mollon 1999, in linear light).
struct Seen {
  double r, g, b;
};
Seen seen_by(const QColor& colour, int deficiency) {
  const auto linear = [](double x) { return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4); };
  const double r = linear(colour.redF()), g = linear(colour.greenF()), b = linear(colour.blueF());
  const double l = 17.8824 * r + 43.5161 * g + 4.11935 * b, m = 3.45565 * r + 27.1554 * g + 3.86714 * b, s = 0.0299566 * r + 0.184309 * g + 1.46709 * b;
  const double l2 = deficiency == 0 ? 2.02344 * m - 2.52581 * s : l;
  const double m2 = deficiency == 1 ? 0.494207 * l + 1.24827 * s : m;
  const double s2 = deficiency == 2 ? -0.395913 * l + 0.801109 * m : s;
  return {0.0809444479 * l2 - 0.130504409 * m2 + 0.116721066 * s2, -0.0102485335 * l2 + 0.0540193266 * m2 - 0.113614708 * s2, -0.000365296938 * l2 - 0.00412161469 * m2 + 0.693511405 * s2};
}

}  // namespace

TEST_CASE("theme.the_three_layers_of_meaning_differ_for_everybody") {
  for (const Theme* theme : {&Theme::light(), &Theme::dark()}) {
    const Role meanings[] = {Role::accent, Role::fail, Role::fault, Role::pass};
    for (int deficiency = 0; deficiency < 3; ++deficiency) {
      for (const Role a : meanings) {
        for (const Role b : meanings) {
          if (a >= b) continue;
          const Seen x = seen_by((*theme)[a], deficiency), y = seen_by((*theme)[b], deficiency);
          const double distance = std::sqrt((x.r - y.r) * (x.r - y.r) + (x.g - y.g) * (x.g - y.g) + (x.b - y.b) * (x.b - y.b));
          INFO(static_cast<int>(a) << " and " << static_cast<int>(b) << ", deficiency " << deficiency << (theme->is_dark() ? " dark" : " light"));
          CHECK(distance > 0.04);
        }
      }
    }
  }
}

}  // namespace flowtank::gui
