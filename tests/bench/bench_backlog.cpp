// SPDX-License-Identifier: Apache-2.0
// Queues that grow long and topics that grow wide, under every broker that ships: CPU time for each message that is published
// while 10^4 to 10^7 wait (--quick: fewer) and for each that is then handled, bytes for each that waits, 10 to 1,000
// consumers of one channel, idle and all at work, and 10 to 990 queues that each get a copy. A cost that grows with the
// number is quadratic behaviour. `bench_backlog WORD` measures only the figures whose name has the word.
//
// Bytes are all that the process has allocated, less the pool (contents: the payload, and what else is said in messages), less what
// the same run allocates when nobody subscribes; so capacity that nothing uses counts, and the clients' requests do not.
#include <malloc.h>

#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include <models/brokers/registry.hpp>

#include <cctype>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/bench/bench.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

using Overrides = std::vector<std::string>;
const std::string data_folder = FLOWTANK_SOURCE_DIR "/tests/bench/data/";

struct Loaded {
  std::optional<Scenario> scenario;
  std::unique_ptr<World> world;
};

// Without a World where the broker does not carry the scenario as it stands.
Loaded load(const std::string& path, Overrides overrides, const std::map<std::string, std::string>* files = nullptr) {
  LoadOptions options;
  options.overrides = std::move(overrides);
  options.files = files;
  Diagnostics diagnostics;
  Loaded loaded;
  loaded.scenario = load_scenario(path, options, diagnostics);
  if (loaded.scenario) loaded.world = make_world(*loaded.scenario->system, shipped_brokers(), Mode::timed, 1, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.severity == Severity::error) std::fprintf(stderr, "%s %s %s\n", d.code.c_str(), d.message.c_str(), d.hint.c_str());
  }
  return loaded;
}

// A block from mmap is counted with the padding of its alignment, which is megabytes: too much where few messages wait.
void count_to_the_byte(bool exactly) { mallopt(M_MMAP_MAX, exactly ? 0 : 65536); }

double allocated() {
  const struct mallinfo2 all = mallinfo2();
  return static_cast<double>(all.uordblks) + static_cast<double>(all.hblkhd);
}

// Runs until the last message is published; the bytes that the run keeps beside its contents.
double fill(World& world, std::uint64_t messages) {
  const double before = allocated() - static_cast<double>(world.pool().memory_bytes());
  while (world.advance(Time::start() + Duration(static_cast<std::int64_t>(messages) * 1'000 + 1'000'000))) {}
  return allocated() - static_cast<double>(world.pool().memory_bytes()) - before;
}

// What the run of so many messages keeps when no queue takes them.
double alone(std::uint64_t messages, const std::string& job) {
  static std::map<std::pair<std::uint64_t, std::string>, double> known;
  const auto [at, is_new] = known.try_emplace({messages, job}, 0);
  if (!is_new) return at->second;
  const Loaded loaded = load(data_folder + "backlog_alone.json", {"clients.people.count=" + std::to_string(messages), "clients.people.data={\"job\":\"" + job + "\"}"});
  loaded.world->reset(1);
  return at->second = fill(*loaded.world, messages);
}

void grow(const std::string& figure, Overrides overrides, std::uint64_t messages, const std::string& job) {
  overrides.push_back("clients.people.count=" + std::to_string(messages));
  overrides.push_back("clients.people.data={\"job\":\"" + job + "\"}");
  count_to_the_byte(messages <= 1'000'000);
  const double beside = alone(messages, job);
  const Loaded loaded = load(data_folder + "backlog.json", overrides);
  if (!loaded.world) return;
  World& world = *loaded.world;
  world.reset(1);
  const std::size_t words_before = world.pool().memory_bytes();
  const double start = bench::cpu_seconds();
  const double bytes = fill(world, messages) - beside;
  const double grown = bench::cpu_seconds();
  const auto words = static_cast<double>(world.pool().memory_bytes() - words_before);
  const std::uint64_t handled = world.handled_messages();  // the commands are, and a few jobs
  const std::uint64_t waits = 2 * messages - handled;
  const auto waiting = static_cast<double>(waits);
  const std::uint64_t until = handled + std::min<std::uint64_t>(waits, 20'000);
  while (world.handled_messages() < until && world.advance(Time(std::int64_t{1} << 60))) {}
  const double drained = static_cast<double>(world.handled_messages() - handled);
  const std::string name = "backlog_" + figure + "_" + std::to_string(messages);
  bench::print_figure(name + "_publish", 1e9 * (grown - start) / static_cast<double>(messages), "ns/message");
  bench::print_figure(name + "_handle", drained > 0 ? 1e9 * (bench::cpu_seconds() - grown) / drained : 0, "ns/message");
  bench::print_figure(name + "_bytes", bytes / waiting, "bytes/waiting message");
  bench::print_figure(name + "_payload", words / waiting, "bytes/waiting message");
}

double handle_all(World& world, std::uint64_t commands, std::uint64_t jobs) {
  world.reset(1);
  const double start = bench::cpu_seconds();
  while (world.handled_messages() < commands + jobs && world.advance(Time(std::int64_t{1} << 60))) {}
  return 1e9 * (bench::cpu_seconds() - start) / static_cast<double>(world.handled_messages() - commands);
}

// `busy`: each consumer works so long at a message that nine tenths of them are at work all the time; else a handful is.
void widen(const std::string& kind, std::uint64_t messages, std::uint64_t width, bool busy) {
  Overrides overrides{"brokers.bus.kind=" + kind, "clients.people.count=" + std::to_string(messages),
                      "services.worker.instances=" + std::to_string(width), "clients.people.arrivals={\"every_us\":100}"};
  if (kind == "kafka") overrides.push_back("brokers.bus.channels.jobs.partitions=" + std::to_string(width));
  // One at a time for each key on some brokers: each consumer can have a key of its own.
  overrides.push_back("clients.people.data={\"job\":\"=string(n % 10000)\"}");
  if (busy) overrides.push_back("services.worker.takes={\"constant_us\":" + std::to_string(width * 90) + "}");
  const Loaded loaded = load(data_folder + "backlog.json", overrides);
  if (!loaded.world) return;
  const double cost = handle_all(*loaded.world, messages, messages);
  bench::print_figure((busy ? "busy_" : "wide_") + kind + "_" + std::to_string(width), cost, "ns/message");
}

std::string text_of(const std::string& name) {
  std::ifstream in(data_folder + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Every message is published once and handled by as many services as there are queues (or consumer groups).
void fan_out(const std::string& kind, std::uint64_t handled, std::uint64_t queues) {
  std::string services = R"("desk": { "use": "desk" })";
  for (std::uint64_t i = 0; i < queues; ++i) services += ", \"worker" + std::to_string(i) + R"(": { "use": "worker", "takes": { "constant_us": 1 } })";
  const std::uint64_t messages = handled / queues;
  const std::map<std::string, std::string> files = {
      {"desk.json", text_of("desk.json")}, {"worker.json", text_of("worker.json")}, {"s.json", R"({ "flowtank": 1, "title": "Many queues",
      "brokers": { "bus": { "kind": ")" + kind + R"(", "channels": { "jobs": {} } } }, "services": { )" + services + R"( },
      "clients": { "people": { "sends": "Order", "to": "desk", "count": )" + std::to_string(messages) + R"x(, "arrivals": { "every_us": 100 },
      "data": { "job": "=string(n % 1000)" } } }, "run": { "seed": 1, "horizon_s": 100000000 } })x"}};
  const Loaded loaded = load("s.json", {}, &files);
  if (!loaded.world) return;
  bench::print_figure("queues_" + kind + "_" + std::to_string(queues), handle_all(*loaded.world, messages, handled), "ns/message");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string word = argc > 1 && std::isalpha(static_cast<unsigned char>(argv[argc - 1][0])) != 0 ? argv[--argc] : "";
  const bench::Options options = bench::start(argc, argv);
  const auto wanted = [&](const std::string& name) { return name.find(word) != std::string::npos; };
  const std::uint64_t most = options.size<std::uint64_t>(10'000'000, 10'000), wide = options.size<std::uint64_t>(200'000, 2'000);
  for (const BrokerKind& kind : shipped_brokers()) {
    const std::string name(kind.name);
    for (std::uint64_t messages = 10'000; messages <= most; messages *= 10) {
      if (wanted("backlog_" + name)) grow(name, {"brokers.bus.kind=" + name}, messages, "=string(n % 1000)");
    }
    for (const std::uint64_t width : {std::uint64_t{10}, std::uint64_t{100}, std::uint64_t{1'000}}) {
      if (wanted("wide_" + name)) widen(name, wide, width, false);
      if (wanted("busy_" + name)) widen(name, wide, width, true);
      if (wanted("queues_" + name)) fan_out(name, wide, std::min<std::uint64_t>(width, 990));  // a scenario has 1,000 services at most
    }
  }
  // Where products keep more for a message than in their simplest queue; a key for each message makes as many lanes or groups.
  const std::pair<std::string, Overrides> others[] = {
      {"ideal_keys", {"brokers.bus.kind=ideal"}},
      {"rabbitmq_quorum", {"brokers.bus.kind=rabbitmq", "brokers.bus.x-queue-type=quorum"}},
      {"sns_sqs_fifo", {"brokers.bus.kind=sns_sqs", "brokers.bus.FifoQueue=true"}},
      {"sns_sqs_fifo_keys", {"brokers.bus.kind=sns_sqs", "brokers.bus.FifoQueue=true"}},
      {"nats_jetstream_push", {"brokers.bus.kind=nats_jetstream", "brokers.bus.client=push"}},
      {"nats_jetstream_msg_id", {"brokers.bus.kind=nats_jetstream", "brokers.bus.Nats-Msg-Id=true"}},
      {"redis_streams_claims", {"brokers.bus.kind=redis_streams", "brokers.bus.client=group_with_claim"}},
  };
  for (const auto& [name, overrides] : others) {
    for (std::uint64_t messages = 10'000; messages <= std::min<std::uint64_t>(most, 1'000'000); messages *= 10) {
      if (wanted("backlog_" + name)) grow(name, overrides, messages, name.ends_with("_keys") ? "=string(n)" : "=string(n % 1000)");
    }
  }
  return 0;
}
