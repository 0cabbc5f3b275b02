// SPDX-License-Identifier: Apache-2.0
// From a scenario's text to exchanges and queues of RabbitMQ: complaints about several options together stand where one of them is
// written, and keys of one queue are no default of all. And virtual time: whom a consumer timeout takes what from, by release.
#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

namespace flowtank {
namespace {

// A job that begins with "slow" keeps its worker for a hundred seconds, any other for forty; done before that.
constexpr const char* worker = R"json({
  "flowtank": 1, "name": "worker",
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } } },
  "tables": { "done": { "key": "job", "columns": { "job": "string", "times": "int" } } },
  "handlers": { "work": { "on": "Job", "steps": [
    { "transaction": [
        { "insert": "done", "row": { "job": "=event.data.job", "times": 0 }, "on_conflict": "ignore" },
        { "update": "done", "key": "=event.data.job", "add": { "times": 1 } } ], "isolation": "serializable", "label": "work" },
    { "if": "event.data.job.startsWith('slow')", "then": [ { "wait": { "constant_ms": 100000 } } ], "else": [ { "wait": { "constant_ms": 40000 } } ] },
    { "ack": true, "label": "ack" } ] } }
})json";
constexpr const char* desk = R"json({
  "flowtank": 1, "name": "desk",
  "commands": { "Order": { "key": "job", "fields": { "job": "string" } } },
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } } },
  "handlers": { "order": { "on": "Order", "steps": [ { "publish": "Job", "data": { "job": "=command.data.job" } } ] } }
})json";

// Line 4 is the broker's, 5 the exchanges', 6 the worker's.
std::map<std::string, std::string> files(const std::string& broker, const std::string& exchange, const std::string& worker_has) {
  return {{"worker.json", worker}, {"desk.json", desk}, {"s.json", fmt::format(R"json({{
    "flowtank": 1, "title": "t",
    "brokers": {{ "bus": {{ "kind": "rabbitmq",
      {}
      "exchanges": {{ "jobs": {{ {} }} }} }} }},
    "services": {{ "desk": {{ "use": "desk" }}, "worker": {{ "use": "worker" {} }} }},
    "clients": {{ "c": {{ "sends": "Order", "to": "desk", "count": 2, "arrivals": {{ "every_ms": 50000 }}, "data": {{ "job": "=n == 0 ? 'slow' : 'brief'" }} }} }},
    "run": {{ "seed": 1, "horizon_s": 150 }}
  }})json", broker.empty() ? "" : broker + ",", exchange, worker_has)}};
}

std::unique_ptr<World> loaded(const std::map<std::string, std::string>& texts, std::optional<Scenario>& scenario, Diagnostics& diagnostics) {
  LoadOptions options;
  options.files = &texts;
  scenario = load_scenario("s.json", options, diagnostics);
  if (!scenario) return nullptr;
  auto brokers = create_brokers(*scenario->system, shipped_brokers(), diagnostics);
  if (!diagnostics.ok()) return nullptr;
  return std::make_unique<World>(*scenario->system, std::move(brokers), Mode::timed);
}

// "CODE line", the first one of a code.
std::string complaint(const std::string& broker, const std::string& exchange, const std::string& worker_has) {
  Diagnostics diagnostics;
  std::optional<Scenario> scenario;
  loaded(files(broker, exchange, worker_has), scenario, diagnostics);
  std::string out;
  for (const Diagnostic& d : diagnostics.all()) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", d.code, d.range.line);
  return out;
}

std::string rows_after(const std::string& broker, double seconds) {
  Diagnostics diagnostics;
  std::optional<Scenario> scenario;
  const auto texts = files(broker, "", R"(, "concurrency": 2)");
  const auto world = loaded(texts, scenario, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.message);
  REQUIRE(world != nullptr);
  world->reset(1);
  while (world->advance(Time(static_cast<std::int64_t>(seconds * 1e9)))) {}
  std::map<std::string, std::int64_t> times;
  std::vector<Cell> rows;
  world->store().scan(0, rows);
  for (const Cell row : rows) times[std::string(world->pool().value(world->store().column(row, 0)).text())] = world->pool().value(world->store().column(row, 1)).i;
  return fmt::format("brief:{} slow:{}", times["brief"], times["slow"]);
}

}  // namespace

TEST_CASE("rabbitmq_wiring.a_complaint_of_several_options_stands_at_one_of_them") {
  CHECK(complaint("", R"("type": "direct", "routing_key": "key")", "") == "FT-RMQ-010 5");
  CHECK(complaint(R"("type": "direct", "routing_key": "key")", "", "") == "FT-RMQ-010 4");
  CHECK(complaint("", "", R"(, "instances": 2, "subscriptions": { "jobs": { "exclusive": true } })") == "FT-RMQ-011 6");
  CHECK(complaint(R"("exclusive": true)", "", R"(, "instances": 2)") == "FT-RMQ-011 4");
  CHECK(complaint(R"("declare": "x-message-ttl=3")", "", "") == "FT-RMQ-012 4");
  CHECK(complaint(R"("declare": "worker.jobs durable=true")", "", "") == "FT-RMQ-013 4");
  CHECK(complaint(R"("declare": "spare")", "", R"(, "subscriptions": { "jobs": { "queue": "spare" } })") == "FT-RMQ-013 4");
  CHECK(complaint("", "", R"(, "subscriptions": { "jobs": { "x-dead-letter-exchange": "nowhere" } })") == "FT-RMQ-014 6");
  CHECK(complaint("", "", R"(, "subscriptions": { "jobs": { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "nobody" } })") == "FT-RMQ-014 6");
  CHECK(complaint(R"("declare": "wait x-dead-letter-exchange=nowhere")", "", "") == "FT-RMQ-014 4");
  CHECK(complaint(R"("declare": "wait x-message-ttl=soon")", "", "") == "FT-TYPE-001 4");
  CHECK(complaint("", R"("alternate-exchange": "nowhere")", "") == "FT-RMQ-014 5");
  CHECK(complaint("", R"("type": "headers")", "") == "FT-RMQ-015 5");
}

TEST_CASE("rabbitmq_wiring.a_queue_and_its_bindings_are_no_default_of_all") {
  CHECK(complaint(R"("queue": "mine")", "", "") == "FT-RMQ-021 4");
  CHECK(complaint(R"("binding": "Job")", "", "") == "FT-RMQ-021 4");
  CHECK(complaint(R"("declare": "wait binding=Job")", "", "") == "FT-RMQ-021 4");
  CHECK(complaint("", "", R"(, "subscriptions": { "jobs": { "queue": "mine", "binding": "Job" } })").empty());
}

// The slow copy is there from second 0 on, the brief one from second 50 to 90; the timeout of the first is over in second 60 to 70.
TEST_CASE("rabbitmq_wiring.from_4_3_a_quorum_queue_takes_only_what_timed_out") {
  const std::string timeout = R"("prefetch_count": 2, "consumer_timeout": 60000, "channel_tick_interval": 10000)";
  const std::string quorum = timeout + R"(, "x-queue-type": "quorum")";
  CHECK(rows_after(timeout, 120) == "brief:2 slow:2");                                       // RMQ-ACK-5: the channel is closed
  CHECK(rows_after(quorum + R"(, "rabbitmq.version": "4.0")", 120) == "brief:2 slow:2");
  CHECK(rows_after(quorum + R"(, "rabbitmq.version": "4.3")", 120) == "brief:1 slow:2");     // its consumer is cancelled
  CHECK(rows_after(timeout + R"(, "rabbitmq.version": "4.3")", 120) == "brief:2 slow:2");    // a classic queue's channel is still closed
  CHECK(rows_after(R"("prefetch_count": 2, "rabbitmq.version": "4.3", "x-queue-type": "quorum")", 120) == "brief:1 slow:1");
}

}  // namespace flowtank
