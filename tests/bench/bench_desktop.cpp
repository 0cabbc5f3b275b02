// SPDX-License-Identifier: Apache-2.0
// What the desktop costs on a long run, without a screen: opening a trace until its first picture and until it is whole, memory
// an event, a frame of the timeline at every zoom, a step of scrubbing with all views seen, and the layout of 300 services.
// The windows of time are drawn with a fixed seed, half of them narrow, as people zoom. Times are CPU time.
#include <QApplication>
#include <QImage>
#include <QPainter>
#include <QTemporaryDir>
#include <QTest>

#include <models/brokers/registry.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/writer.hpp>
#include <sim/world/trace_names.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/scene/layered_layout.hpp"
#include "gui/session/jobs.hpp"
#include "gui/widgets/main_window.hpp"
#include "gui/widgets/timeline_view.hpp"
#include "tests/bench/bench.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;
using namespace flowtank::gui;

// A trace of at least so many records, of orders and payments over many clients' requests.
void write_trace(const std::string& path, std::uint64_t records) {
  LoadOptions options;
  options.overrides = {"clients.shoppers.count=10000000", "clients.shoppers.arrivals={\"every_ms\":0.1}", "faults=[]"};
  options.model_path = {FLOWTANK_SOURCE_DIR "/models/services"};
  Diagnostics diagnostics;
  const auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/order_payment.json", options, diagnostics);
  const auto world = scenario ? make_world(*scenario->system, shipped_brokers(), Mode::timed, 1, diagnostics) : nullptr;
  if (world == nullptr) std::exit(2);
  TraceIdentity identity;
  identity.level = TraceLevel::normal;
  std::string error;
  const auto writer = TraceWriter::create(path, identity, names_of(*world), world->pool(), error);
  if (writer == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    std::exit(2);
  }
  Trace trace(TraceScope::of(TraceLevel::normal));
  trace.stream_to(writer.get());
  world->record_into(&trace, false);
  world->reset(1);
  while (trace.size() < records && world->advance(Time(std::int64_t{1} << 60))) {}
  world->record_into(nullptr);
  trace.finish();
  if (writer->finish({world->run_fingerprint(), world->actions(), 0})) std::exit(2);
}

struct Draws {
  std::uint64_t state = 42;
  std::uint64_t below(std::uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
  }
};

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

// Milliseconds of the 95th percentile of a frame.
double frame_p95(MainWindow& window, const QSize& size, int frames) {
  TimelineView& timeline = window.timeline();
  timeline.setParent(nullptr);
  timeline.resize(size);
  timeline.show();
  TimelineWindow& seen = timeline.window_shown();
  QImage image(size, QImage::Format_ARGB32_Premultiplied);
  Draws draws;
  std::vector<double> costs;
  for (int i = 0; i < frames; ++i) {
    const std::int64_t extent = seen.last() - seen.first();
    // The whole run, or a part that is up to a million times narrower.
    std::int64_t width = extent;
    for (std::uint64_t halvings = i % 8 == 0 ? 0 : draws.below(20); halvings > 0 && width > 1000; --halvings) width /= 2;
    const auto from = seen.first() + static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, extent - width))));
    seen.show(from, from + width);
    const double before = bench::cpu_seconds();
    QPainter painter(&image);
    timeline.paint_picture(painter);
    painter.end();
    costs.push_back((bench::cpu_seconds() - before) * 1e3);
  }
  return percentile(costs, 0.95);
}

double scrub_p95(MainWindow& window, int steps) {
  Draws draws;
  std::vector<double> costs;
  for (int i = 0; i < steps; ++i) {
    FocusPoint point = window.stage().focus().current();
    point.record = static_cast<RecordId>(draws.below(window.stage().run()->size()));
    const double before = bench::cpu_seconds();
    window.stage().focus().glide(point);
    QCoreApplication::processEvents();
    costs.push_back((bench::cpu_seconds() - before) * 1e3);
  }
  return percentile(costs, 0.95);
}

// 300 services in domains of eight, a topic each, two subscriptions each.
double layout_ms() {
  LayoutGraph graph;
  for (int i = 0; i < 600; ++i) graph.nodes.emplace_back(156, 60);
  Draws draws;
  for (std::uint32_t i = 0; i < 300; ++i) {
    graph.edges.emplace_back(i, 300 + i);
    for (std::uint32_t k = 1; k <= 2; ++k) {
      const auto to = draws.below(100) < 85 ? i / 8 * 8 + static_cast<std::uint32_t>(draws.below(8)) : static_cast<std::uint32_t>(draws.below(300));
      graph.edges.emplace_back(300 + i, std::min<std::uint32_t>(to, 299));
    }
  }
  const double before = bench::cpu_seconds();
  bench::keep(layered_layout(graph, {}));
  return (bench::cpu_seconds() - before) * 1e3;
}

// First outline and whole snapshot, in seconds, and bytes an event of what is kept beside the mapped file.
void open_costs(const std::string& path) {
  const std::atomic<bool> cancelled = false;
  const double begin = bench::cpu_seconds();
  double first = 0;
  JobHooks hooks;
  hooks.cancelled = &cancelled;
  hooks.outline = [&](const std::shared_ptr<const Outline>&) { first = bench::cpu_seconds() - begin; };
  JobRequest request;
  request.file = path;
  const JobResult result = run_job(request, hooks);
  if (result.snapshot == nullptr) std::exit(2);
  const double whole = bench::cpu_seconds() - begin;
  const std::size_t events = result.snapshot->runs[0]->index->size();
  std::printf("a trace of %zu records\n", events);
  bench::print_figure("desktop_first_picture", first, "s");
  bench::print_figure("desktop_open_whole", whole, "s");
  bench::print_figure("desktop_index_bytes_an_event", static_cast<double>(result.snapshot->runs[0]->index->memory_bytes()) / static_cast<double>(events), "bytes");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("flowtank-bench"));
  bench::print_figure("desktop_layout_300_services", layout_ms(), "ms");
  QTemporaryDir folder;
  const std::string path = folder.filePath(QStringLiteral("long.ftrace")).toStdString();
  const std::uint64_t records = options.size<std::uint64_t>(10'000'000, 40'000);
  write_trace(path, records);
  open_costs(path);
  MainWindow window({FLOWTANK_SOURCE_DIR "/models/services"}, QString(), false);
  window.resize(1600, 1000);
  window.show();
  window.open_file(QString::fromStdString(path));
  if (!QTest::qWaitFor([&] { return !window.session().busy() && window.stage().run() != nullptr; }, 600'000)) return 2;
  bench::print_figure("desktop_scrub_p95", scrub_p95(window, options.size(200, 10)), "ms");
  bench::print_figure("desktop_frame_p95_1600x900", frame_p95(window, QSize(1600, 900), options.size(400, 10)), "ms");
  bench::print_figure("desktop_frame_p95_3840x2160", frame_p95(window, QSize(3840, 2160), options.size(200, 5)), "ms");
  // Its parent was taken away to be shown alone: the window must not find it dead.
  std::fflush(stdout);
  std::_Exit(0);
}
