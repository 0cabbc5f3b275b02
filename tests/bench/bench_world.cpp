// SPDX-License-Identifier: Apache-2.0
// Timed runs of the order/payment topology on the ideal broker, with outbox, relay and inbox: handled
// messages per CPU second in one long run (trace off and on), and whole runs of three orders, a new seed
// each, the World reset and not rebuilt (10 % sent twice, latency 1..100 ms), beside the hand-written loop
// of peers/runs_cpp.cpp, which has no interpreter, no databases and no brokers.
#include <sim/world/world.hpp>

#include <cstdio>
#include <string>

#include "tests/bench/bench.hpp"
#include "tests/bench/peer.hpp"
#include "tests/world/order_payment_system.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;
using test::OrderPaymentOptions;
using test::OrderPaymentSystem;

constexpr Time horizon(std::int64_t{1} << 60);

std::uint64_t run(World& world, std::uint64_t seed) {
  world.reset(seed);
  while (world.advance(horizon)) {}
  return world.handled_messages();
}

Fault sent_twice() {
  Fault f;
  f.name = "twice";
  f.kind = FaultKind::duplicate;
  f.on.channel = 0;
  f.when.chance = (std::uint64_t{1} << 63) / 5;  // 10 %
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  const auto uniform = *Distribution::uniform(Duration(1'000'000), Duration(100'000'000));

  OrderPaymentOptions lengthy;
  lengthy.orders = options.size<std::uint64_t>(200'000, 500);
  lengthy.arrivals = Arrivals::constant;
  lengthy.interval = Duration(100'000);
  lengthy.latency = uniform;
  lengthy.isolation = Isolation::serializable;
  const auto long_system = OrderPaymentSystem::build(lengthy);
  auto long_world = test::make_world(*long_system, Mode::timed);
  lengthy.isolation = Isolation::read_committed;
  const auto fine_system = OrderPaymentSystem::build(lengthy);
  auto fine_world = test::make_world(*fine_system, Mode::timed);

  OrderPaymentOptions brief;
  brief.orders = 3;
  brief.latency = uniform;
  brief.faults = {sent_twice()};
  const auto brief_system = OrderPaymentSystem::build(brief);
  auto brief_world = test::make_world(*brief_system, Mode::timed);

  const std::uint64_t seeds = options.size<std::uint64_t>(50'000, 200);
  Trace trace;
  std::uint64_t next_seed = 1;
  const auto samples = bench::run_interleaved(
      {{"serializable", [&] { return bench::per_cpu_second([&] { return run(*long_world, 1); }); }},
       {"read_committed", [&] { return bench::per_cpu_second([&] { return run(*fine_world, 1); }); }},
       {"traced", [&] {
          trace.clear();
          fine_world->record_into(&trace, false);
          const double rate = bench::per_cpu_second([&] { return run(*fine_world, 1); });
          fine_world->record_into(nullptr);
          return rate;
        }},
       {"runs", [&] {
          return bench::per_cpu_second([&] {
            for (std::uint64_t i = 0; i < seeds; ++i) run(*brief_world, next_seed++);
            return seeds;
          });
        }},
       {"runs_cpp", [&] {
          const auto peer = bench::run_peer(bench::peer_command("runs_cpp", "3 " + std::to_string(options.size(400'000, 2'000))));
          return bench::peer_figure(peer, "runs_per_s");
        }}},
      options.rounds);
  bench::print_figure("world_handled_serializable", samples[0].value(), "messages/s");
  bench::print_figure("world_handled", samples[1].value(), "messages/s");
  bench::print_figure("world_handled_traced", samples[2].value(), "messages/s", bench::ratio(samples[2], samples[1]), "world_handled");
  bench::print_figure("world_runs_3_orders", samples[3].value(), "runs/s", bench::ratio(samples[3], samples[4]), "runs_cpp");
  return 0;
}
