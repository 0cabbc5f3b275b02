// SPDX-License-Identifier: Apache-2.0
// Queues that grow long and topics that grow wide, under every broker that ships: CPU time for each message that is published
// while 10^4 to 10^7 wait (--quick: fewer) and for each that is then handled, bytes for each that waits, and the same with
// 1,000 partitions read by 1,000 consumers. A cost that grows with the number is quadratic behaviour.
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include <models/brokers/registry.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/bench.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

struct Loaded {
  std::optional<Scenario> scenario;
  std::unique_ptr<World> world;
};

// Without a World where the broker does not carry the scenario as it stands.
Loaded load(std::vector<std::string> overrides) {
  LoadOptions options;
  options.overrides = std::move(overrides);
  Diagnostics diagnostics;
  Loaded loaded;
  loaded.scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/backlog.json", options, diagnostics);
  if (loaded.scenario) loaded.world = make_world(*loaded.scenario->system, shipped_brokers(), Mode::timed, 1, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.severity == Severity::error) std::fprintf(stderr, "%s %s %s\n", d.code.c_str(), d.message.c_str(), d.hint.c_str());
  }
  return loaded;
}

void grow(const std::string& kind, std::uint64_t messages) {
  const Loaded loaded = load({"brokers.bus.kind=" + kind, "clients.people.count=" + std::to_string(messages)});
  if (!loaded.world) return;
  World& world = *loaded.world;
  world.reset(1);
  const std::size_t before = world.memory_bytes(), words_before = world.pool().memory_bytes();
  const double start = bench::cpu_seconds();
  while (world.advance(Time::start() + Duration(static_cast<std::int64_t>(messages) * 1'000 + 1'000'000))) {}
  const double grown = bench::cpu_seconds();
  const auto count = static_cast<double>(messages);
  const std::size_t words = world.pool().memory_bytes() - words_before;
  const std::uint64_t handled = world.handled_messages();  // the commands are, and a few jobs
  const std::uint64_t waits = 2 * messages - handled;
  const auto waiting = static_cast<double>(waits);
  const std::uint64_t until = handled + std::min<std::uint64_t>(waits, 20'000);
  const std::size_t bytes = world.memory_bytes() - before - words;
  while (world.handled_messages() < until && world.advance(Time(std::int64_t{1} << 60))) {}
  const double drained = static_cast<double>(world.handled_messages() - handled);
  const std::string name = "backlog_" + kind + "_" + std::to_string(messages);
  bench::print_figure(name + "_publish", 1e9 * (grown - start) / count, "ns/message");
  bench::print_figure(name + "_handle", drained > 0 ? 1e9 * (bench::cpu_seconds() - grown) / drained : 0, "ns/message");
  bench::print_figure(name + "_bytes", static_cast<double>(bytes) / waiting, "bytes/waiting message");
  bench::print_figure(name + "_payload", static_cast<double>(words) / waiting, "bytes/waiting message");
}

void widen(const std::string& kind, std::uint64_t messages, std::uint64_t width) {
  std::vector<std::string> overrides{"brokers.bus.kind=" + kind, "clients.people.count=" + std::to_string(messages),
                                     "services.worker.instances=" + std::to_string(width), "clients.people.arrivals={\"every_us\":100}"};
  if (kind == "kafka") overrides.push_back("brokers.bus.channels.jobs.partitions=" + std::to_string(width));
  const Loaded loaded = load(overrides);
  if (!loaded.world) return;
  World& world = *loaded.world;
  world.reset(1);
  const double start = bench::cpu_seconds();
  while (world.handled_messages() < 2 * messages && world.advance(Time(std::int64_t{1} << 60))) {}
  bench::print_figure("wide_" + kind + "_" + std::to_string(width), 1e9 * (bench::cpu_seconds() - start) / static_cast<double>(messages), "ns/message");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  const std::uint64_t most = options.size<std::uint64_t>(10'000'000, 10'000);
  for (const BrokerKind& kind : shipped_brokers()) {
    const std::string name(kind.name);
    for (std::uint64_t messages = 10'000; messages <= most; messages *= 10) grow(name, messages);
    const std::uint64_t wide = options.size<std::uint64_t>(200'000, 2'000);
    for (const std::uint64_t width : {10, 100, 1'000}) widen(name, wide, width);
  }
  return 0;
}
