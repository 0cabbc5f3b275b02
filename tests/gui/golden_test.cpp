// SPDX-License-Identifier: Apache-2.0
// Pictures of two traces that are kept beside this file, as display lists in text: duplicate.ftrace, where a fault strikes, and
// control.ftrace, the same run without it. A picture that is meant to change is approved with FLOWTANK_APPROVE=1 and looked at.
#include <catch2/catch.hpp>

#include <QFile>

#include <fstream>
#include <sstream>

#include "gui/scene/chart_scene.hpp"
#include "gui/scene/compare_scene.hpp"
#include "gui/scene/sequence_scene.hpp"
#include "gui/scene/topology_scene.hpp"
#include "tests/gui/one_run.hpp"

namespace flowtank::gui {

namespace {

const std::string folder = std::string(FLOWTANK_SOURCE_DIR) + "/tests/gui/golden/";

void check_golden(const std::string& name, const std::string& text) {
  const std::string file = folder + name + ".txt";
  if (qEnvironmentVariableIsSet("FLOWTANK_APPROVE")) std::ofstream(file) << text;
  std::ifstream in(file);
  INFO("approve with FLOWTANK_APPROVE=1 if it is meant to differ: " << file);
  REQUIRE(in);
  std::istringstream now(text);
  std::string is, was;
  for (int line = 1;; ++line) {
    const bool more = static_cast<bool>(std::getline(now, is)), more_there = static_cast<bool>(std::getline(in, was));
    INFO("line " << line << "\nnow " << (more ? is : "the end") << "\nwas " << (more_there ? was : "the end"));
    REQUIRE(more == more_there);
    if (!more) return;
    REQUIRE(is == was);
  }
}

}  // namespace

TEST_CASE("golden.sequence_topology_and_charts_of_a_kept_trace_are_as_they_were") {
  const OneRun one(folder + "duplicate.ftrace");
  REQUIRE(one.result.snapshot != nullptr);
  Stage stage;
  stage.show(one.result.snapshot);
  const RunReader* run = stage.run();
  REQUIRE(run != nullptr);
  SequenceRequest sequence;
  sequence.focus = stage.record();
  check_golden("sequence", to_text(sequence_scene(*run, sequence, measure_by_count).list));
  sequence.show = SequenceShow::around;
  sequence.most_events = 24;
  check_golden("sequence-around", to_text(sequence_scene(*run, sequence, measure_by_count).list));
  for (const bool down : {false, true}) {
    const auto plan = plan_of(one.snapshot(), run, down);
    REQUIRE(plan != nullptr);
    TopologyRequest topology;
    topology.focus = stage.record();
    check_golden(down ? "topology-down" : "topology", to_text(topology_scene(*plan, run, topology, measure_by_count)));
  }
  const std::atomic<bool> never = false;
  const auto measures = measure_run(*run, never);
  ChartRequest chart;
  chart.to = run->index().last_position() + 1;
  chart.focus = stage.record();
  for (const auto& [measure, name] : {std::pair{Measure::latency, "chart-latency"}, {Measure::staleness, "chart-staleness"}, {Measure::backlog, "chart-backlog"}}) {
    chart.measure = measure;
    check_golden(name, to_text(chart_scene(*run, *measures, chart, measure_by_count)));
  }
}

TEST_CASE("golden.comparison_of_two_kept_traces_is_as_it_was") {
  const OneRun one(folder + "duplicate.ftrace"), two(folder + "control.ftrace");
  REQUIRE(one.result.snapshot != nullptr);
  REQUIRE(two.result.snapshot != nullptr);
  Diagnostics diagnostics;
  const auto a = RunReader::open(one.snapshot().runs[0], diagnostics), b = RunReader::open(two.snapshot().runs[0], diagnostics);
  const std::atomic<bool> never = false;
  const auto comparison = compare_runs(*a, *b, never);
  REQUIRE(comparison != nullptr);
  REQUIRE_FALSE(comparison->differences.empty());
  CompareRequest request;
  request.row = static_cast<int>(comparison->differences.front());
  request.most_rows = 30;
  check_golden("compare", to_text(compare_scene(*a, *b, *comparison, request, measure_by_count).list));
  request.overlay = true;
  check_golden("compare-overlay", to_text(compare_scene(*a, *b, *comparison, request, measure_by_count).list));
}

}  // namespace flowtank::gui
