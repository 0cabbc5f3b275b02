// SPDX-License-Identifier: Apache-2.0
// What a trace costs: handled messages per CPU second of the order/payment scenario with shipped models, without a trace
// and with each level, in memory and streamed into encoded chunks; bytes of a record; opening a long trace, reading
// records at random, and states by lookup. Ratios are to the run without a trace.
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/file_records.hpp>
#include <sim/trace/reader.hpp>
#include <sim/world/trace_names.hpp>
#include <sim/world/world.hpp>

#include <models/brokers/registry.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/bench.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

std::unique_ptr<World> load(const std::string& orders, std::optional<Scenario>& scenario) {
  LoadOptions options;
  options.overrides = {"clients.shoppers.count=" + orders, "clients.shoppers.arrivals={\"every_ms\":0.1}", "faults=[]"};
  options.model_path = {FLOWTANK_SOURCE_DIR "/models/services"};
  Diagnostics diagnostics;
  scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/order_payment.json", options, diagnostics);
  std::unique_ptr<World> world;
  if (scenario) world = make_world(*scenario->system, shipped_brokers(), Mode::timed, 1, diagnostics);
  if (world != nullptr) return world;
  for (const Diagnostic& d : diagnostics.all()) std::fprintf(stderr, "%s %s\n", d.code.c_str(), d.message.c_str());
  std::exit(2);
}

std::uint64_t run(World& world, Trace* trace) {
  world.record_into(trace, false);
  world.reset(1);
  while (world.advance(Time(std::int64_t{1} << 60))) {}
  world.record_into(nullptr);
  return world.handled_messages();
}

struct Nowhere final : ChunkSink {
  explicit Nowhere(const Pool& pool) : encoder(pool) {}
  void chunk(const RawChunk& chunk) override { bytes += encoder.encode(chunk).size(); }
  ChunkEncoder encoder;
  std::size_t bytes = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  std::optional<Scenario> scenario;
  const auto world = load(std::to_string(options.size(100'000, 500)), scenario);
  const auto kept = [&](TraceScope scope) {
    return [&world, scope] {
      Trace trace(scope);
      return bench::per_cpu_second([&] { return run(*world, &trace); });
    };
  };
  const auto streamed = [&](TraceLevel level) {
    return [&world, level] {
      Nowhere sink(world->pool());
      Trace trace(TraceScope::of(level));
      trace.stream_to(&sink);
      return bench::per_cpu_second([&] {
        const std::uint64_t handled = run(*world, &trace);
        trace.finish();
        return handled;
      });
    };
  };
  TraceScope story = TraceScope::story();
  story.sentences = false;
  const auto samples = bench::run_interleaved({{"off", [&] { return bench::per_cpu_second([&] { return run(*world, nullptr); }); }},
                                               {"outcome", kept(TraceScope::of(TraceLevel::outcome))},
                                               {"normal", kept(TraceScope::of(TraceLevel::normal))},
                                               {"story", kept(story)},
                                               {"outcome_streamed", streamed(TraceLevel::outcome)},
                                               {"normal_streamed", streamed(TraceLevel::normal)},
                                               {"full_streamed", streamed(TraceLevel::full)}},
                                              options.rounds);
  bench::print_figure("trace_off", samples[0].value(), "messages/s");
  const char* names[] = {"", "trace_outcome", "trace_normal", "trace_story", "trace_outcome_streamed", "trace_normal_streamed", "trace_full_streamed"};
  for (std::size_t i = 1; i < samples.size(); ++i) bench::print_figure(names[i], samples[i].value(), "messages/s", bench::ratio(samples[i], samples[0]), "trace_off");

  for (const TraceLevel level : {TraceLevel::outcome, TraceLevel::normal, TraceLevel::full}) {
    TraceIdentity identity;
    identity.level = level;
    LiveTrace live(identity, names_of(*world), world->pool());
    Trace trace(TraceScope::of(level));
    trace.stream_to(&live);
    const double messages = static_cast<double>(run(*world, &trace));
    trace.finish();
    const auto bytes = live.file({});
    Diagnostics diagnostics;
    const auto reader = TraceReader::of_bytes(bytes, "bench", diagnostics);
    double payload = 0;
    for (std::uint32_t value = 1; value <= reader->values(); ++value) payload += static_cast<double>(reader->value_bytes(value).size());
    const std::string name(to_text(level));
    if (reader->size() == 0) {  // nothing failed, so the outcome is no record
      bench::print_figure("trace_" + name + "_bytes", static_cast<double>(bytes.size()), "bytes");
      continue;
    }
    const auto records = static_cast<double>(reader->size());
    bench::print_figure("trace_" + name + "_bytes_a_record", (static_cast<double>(bytes.size()) - payload) / records, "bytes");
    bench::print_figure("trace_" + name + "_payload_a_record", payload / records, "bytes");
    bench::print_figure("trace_" + name + "_bytes_a_message", static_cast<double>(bytes.size()) / messages, "bytes");
    bench::print_figure("trace_" + name + "_records_a_message", records / messages, "records");
    const double opened = bench::per_cpu_second([&] {
      for (int i = 0; i < 200; ++i) TraceReader::of_bytes(bytes, "bench", diagnostics);
      return std::uint64_t{200};
    });
    bench::print_figure("trace_" + name + "_open_us", 1e6 / opened, "us");
    const FileRecords contents(*reader);
    std::uint64_t at = 1;
    const double looked = bench::per_cpu_second([&] {
      for (int i = 0; i < 20'000; ++i) {
        at = mix64(at);
        static_cast<void>(contents[at % reader->size()]);
      }
      return std::uint64_t{20'000};
    });
    bench::print_figure("trace_" + name + "_lookups", looked, "records/s");
    if (level != TraceLevel::full) continue;
    const std::size_t states = options.size<std::size_t>(50, 2);
    std::size_t keyframes = 0;
    for (const ChunkPlace& place : reader->chunks()) keyframes += place.keyframe ? 1 : 0;
    const double looked_up = bench::per_cpu_second([&] {
      for (std::size_t i = 0; i < states; ++i) {
        at = mix64(at);
        static_cast<void>(reader->state_at(static_cast<RecordId>(at % reader->size())));
      }
      return std::uint64_t{states};
    });
    bench::print_figure("trace_full_keyframes", static_cast<double>(keyframes), "of " + std::to_string(reader->chunks().size()) + " chunks");
    bench::print_figure("trace_full_state_ms", 1e3 / looked_up, "ms");
  }
  return 0;
}
