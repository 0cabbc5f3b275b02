// SPDX-License-Identifier: Apache-2.0
// A timed run of the order/payment topology with everything that can go wrong in it (duplicates, a crash, an error),
// recorded at a level of choice: what the tests of traces look at.
#pragma once

#include <memory>
#include <vector>

#include <sim/trace/writer.hpp>
#include <sim/world/trace_names.hpp>
#include <sim/world/world.hpp>

#include "tests/world/order_payment_system.hpp"

namespace flowtank::test {

inline std::shared_ptr<const System> troubled_system(std::uint64_t orders) {
  OrderPaymentOptions options;
  options.orders = orders;
  options.instances = 2;
  options.arrivals = Arrivals::constant;
  options.interval = Duration(700'000);
  options.latency = *Distribution::uniform(Duration(1'000'000), Duration(90'000'000));
  Fault twice;
  twice.name = "twice";
  twice.kind = FaultKind::duplicate;
  twice.when.chance = ~std::uint64_t{0} / 10;
  Fault error;
  error.name = "error";
  error.kind = FaultKind::handler_error;
  error.when.nth = 40;
  options.faults = {twice, error};
  return OrderPaymentSystem::build(options);
}

inline std::unique_ptr<World> world_of(const System& system) {
  Diagnostics diagnostics;
  return std::make_unique<World>(system, create_brokers(system, shipped_brokers(), diagnostics), Mode::timed);
}

inline TraceIdentity identity_of(TraceLevel level, std::uint64_t seed) {
  TraceIdentity identity;
  identity.scenario = {1, 2};
  identity.seed = seed;
  identity.level = level;
  return identity;
}

// Runs to the end with chunks going to `sink`; gives the footer's data.
inline TraceEnd run_into(World& world, TraceLevel level, ChunkSink& sink, std::uint64_t seed = 1) {
  Trace trace(TraceScope::of(level));
  trace.stream_to(&sink);
  world.record_into(&trace);
  world.reset(seed);
  while (world.advance(Time::never())) {}
  world.record_into(nullptr);
  trace.finish();
  return {world.run_fingerprint(), world.actions(), 0};
}

inline std::vector<std::byte> recorded_file(World& world, TraceLevel level, std::uint64_t seed = 1) {
  LiveTrace live(identity_of(level, seed), names_of(world), world.pool());
  const TraceEnd end = run_into(world, level, live, seed);
  return live.file(end);
}

}  // namespace flowtank::test
