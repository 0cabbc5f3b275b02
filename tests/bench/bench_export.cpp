// SPDX-License-Identifier: Apache-2.0
// What it costs to write a trace in the formats of viewers: megabytes of output for each CPU second, of the order/payment
// scenario with shipped models, from a trace in memory to a sink that counts. Diagrams are written without their limit.
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/reader.hpp>
#include <sim/world/trace_names.hpp>
#include <sim/world/world.hpp>

#include <models/brokers/registry.hpp>
#include <reports/export/export.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/bench.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

std::vector<std::byte> trace_of(const std::string& orders) {
  LoadOptions options;
  options.overrides = {"clients.shoppers.count=" + orders, "clients.shoppers.arrivals={\"every_ms\":0.1}", "faults=[]"};
  options.model_path = {FLOWTANK_SOURCE_DIR "/models/services"};
  Diagnostics diagnostics;
  const auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/order_payment.json", options, diagnostics);
  const auto world = scenario ? make_world(*scenario->system, shipped_brokers(), Mode::timed, 1, diagnostics) : nullptr;
  if (world == nullptr) {
    for (const Diagnostic& d : diagnostics.all()) std::fprintf(stderr, "%s %s\n", d.code.c_str(), d.message.c_str());
    std::exit(2);
  }
  TraceIdentity identity;
  identity.level = TraceLevel::normal;
  LiveTrace live(identity, names_of(*world), world->pool());
  Trace trace(TraceScope::of(TraceLevel::normal));
  trace.stream_to(&live);
  world->record_into(&trace, false);
  world->reset(1);
  while (world->advance(Time(std::int64_t{1} << 60))) {}
  world->record_into(nullptr);
  trace.finish();
  return live.file({});
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  const auto bytes = trace_of(std::to_string(options.size(60'000, 300)));
  Diagnostics diagnostics;
  const auto reader = TraceReader::of_bytes(bytes, "bench", diagnostics);
  if (reader == nullptr) return 2;
  bench::print_figure("export_records", static_cast<double>(reader->size()), "records");
  for (const std::string& name : reports::export_formats()) {
    reports::ExportOptions asked;
    asked.format = *reports::export_format_of(name);
    asked.limit = ~std::uint64_t{0};
    std::uint64_t written = 0;
    std::vector<double> rounds;
    for (int round = 0; round < options.rounds; ++round) {
      rounds.push_back(bench::per_cpu_second([&] {
        reports::Output out([](std::string_view text) {
          bench::keep(text.data());
          return true;
        });
        if (!reports::export_trace(*reader, asked, out, diagnostics)->whole) std::exit(3);
        written = out.bytes();
        return written;
      }));
    }
    std::string figure = "export_" + name;
    std::replace(figure.begin(), figure.end(), '-', '_');
    bench::print_figure(figure, bench::median(rounds) / 1e6, "MB/s");
    bench::print_figure(figure + "_bytes_a_record", static_cast<double>(written) / static_cast<double>(reader->size()), "bytes");
  }
  return 0;
}
