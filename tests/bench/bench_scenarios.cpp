// SPDX-License-Identifier: Apache-2.0
// Timed runs of a scenario file with the shipped models order and payment (outbox, relay, inbox) on the
// ideal broker and on every product (kafka with 12 partitions a topic; clients as they come): handled messages per CPU second in one long run, trace off and on, and whole runs of three
// orders (10 % sent twice, latency 1..100 ms), a new seed each, the World reset and not rebuilt, beside
// the hand-written loop of peers/runs_cpp.cpp. bench_world measures the same topology built in C++.
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include <models/brokers/registry.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/bench.hpp"
#include "tests/bench/peer.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

struct Loaded {
  Scenario scenario;
  std::unique_ptr<World> world;
};

Loaded load(std::vector<std::string> overrides) {
  LoadOptions options;
  options.overrides = std::move(overrides);
  options.model_path = {FLOWTANK_SOURCE_DIR "/models/services"};
  Diagnostics diagnostics;
  auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/order_payment.json", options, diagnostics);
  std::unique_ptr<World> world;
  if (scenario) world = make_world(*scenario->system, shipped_brokers(), Mode::timed, 1, diagnostics);
  if (world == nullptr) {
    for (const Diagnostic& d : diagnostics.all()) std::fprintf(stderr, "%s %s\n", d.code.c_str(), d.message.c_str());
    std::exit(2);
  }
  return {std::move(*scenario), std::move(world)};
}

std::uint64_t run(World& world, std::uint64_t seed) {
  world.reset(seed);
  while (world.advance(Time(std::int64_t{1} << 60))) {}
  return world.handled_messages();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  const std::string orders = std::to_string(options.size(200'000, 500));
  Loaded lengthy = load({"clients.shoppers.count=" + orders, "clients.shoppers.arrivals={\"every_ms\":0.1}", "faults=[]"});
  std::vector<std::string> kinds;
  std::vector<Loaded> products;
  for (const BrokerKind& kind : shipped_brokers()) {
    if (kind.name == "ideal") continue;
    kinds.emplace_back(kind.name);
    std::vector<std::string> overrides{"clients.shoppers.count=" + orders, "clients.shoppers.arrivals={\"every_ms\":0.1}", "faults=[]", "brokers.bus.kind=" + kinds.back()};
    if (kind.name == "kafka") overrides.insert(overrides.end(), {"brokers.bus.channels.orders.partitions=12", "brokers.bus.channels.payments.partitions=12"});
    products.push_back(load(overrides));
  }
  Loaded brief = load({});
  const std::uint64_t seeds = options.size<std::uint64_t>(50'000, 200);
  Trace trace;
  std::uint64_t next_seed = 1;
  const std::string peer = bench::peer_command("runs_cpp", "3 " + std::to_string(options.size(1'000'000, 1000)));
  std::vector<bench::Kernel> kernels =
      {{"handled", [&] { return bench::per_cpu_second([&] { return run(*lengthy.world, 1); }); }},
       {"traced", [&] {
          trace.clear();
          lengthy.world->record_into(&trace, false);
          const double rate = bench::per_cpu_second([&] { return run(*lengthy.world, 1); });
          lengthy.world->record_into(nullptr);
          return rate;
        }},
       {"runs", [&] {
          return bench::per_cpu_second([&] {
            for (std::uint64_t i = 0; i < seeds; ++i) run(*brief.world, next_seed++);
            return seeds;
          });
        }},
       {"peer", [&] { return bench::peer_figure(bench::run_peer(peer), "runs_per_s"); }}};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    kernels.push_back({kinds[i], [&products, i] { return bench::per_cpu_second([&] { return run(*products[i].world, 1); }); }});
  }
  const auto samples = bench::run_interleaved(kernels, options.rounds);
  bench::print_figure("models_handled", samples[0].value(), "messages/s");
  bench::print_figure("models_handled_traced", samples[1].value(), "messages/s", bench::ratio(samples[1], samples[0]), "models_handled");
  bench::print_figure("models_runs_3_orders", samples[2].value(), "runs/s", bench::ratio(samples[2], samples[3]), "runs_cpp");
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    bench::print_figure("models_handled_" + kinds[i], samples[4 + i].value(), "messages/s", bench::ratio(samples[4 + i], samples[0]), "models_handled");
  }
  return 0;
}
