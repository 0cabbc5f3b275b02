// SPDX-License-Identifier: Apache-2.0
// Kafka's transactions as services of a scenario use them, over every reachable state of small systems and in virtual time: a worker
// reads jobs and publishes results, a counter reads the results. What must be exactly once is counted, beside settings with
// which it is not (KF-TXN-1 to KF-TXN-4), and combinations that Kafka refuses are diagnosed.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/run/timed_run.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank {
namespace {

constexpr const char* desk = R"json({
  "flowtank": 1, "name": "desk",
  "commands": { "Order": { "key": "job", "fields": { "job": "string" } } },
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } } },
  "handlers": { "order": { "on": "Order", "steps": [ { "publish": "Job", "data": { "job": "=command.data.job" }, "confirm": CONFIRM } ] } }
})json";
constexpr const char* worker = R"json({
  "flowtank": 1, "name": "worker",
  "options": { "rest": { "type": "duration", "default": "0ms" } },
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } },
              "Result": { "channel": "results", "key": "job", "fields": { "job": "string" } } },
  "handlers": { "work": { "on": "Job", "steps": [
    { "publish": "Result", "data": { "job": "=event.data.job" }, "label": "publish" },
    { "wait": "=options.rest" },
    { "ack": true, "label": "ack" } ] } }
})json";
constexpr const char* counter = R"json({
  "flowtank": 1, "name": "counter",
  "events": { "Result": { "channel": "results", "key": "job", "fields": { "job": "string" } } },
  "tables": { "seen": { "key": "job", "columns": { "job": "string", "times": "int" } } },
  "handlers": { "count": { "on": "Result", "steps": [
    { "transaction": [
        { "insert": "seen", "row": { "job": "=event.data.job", "times": 0 }, "on_conflict": "ignore" },
        { "update": "seen", "key": "=event.data.job", "add": { "times": 1 } } ], "isolation": "serializable", "label": "count" } ] } }
})json";

struct Setting {
  std::string broker = R"("enable.auto.commit": false, "isolation.level": "read_committed",)";
  std::string results = R"("transactional.id": "${service}-${instance}")";
  std::string fault = {};
  std::string worker = {};  // more of the worker
  std::string jobs = "{}";  // the topic
  int count = 1;
  bool confirm = true;
};

constexpr const char* crash = R"({ "kind": "crash", "on": { "service": "worker" }, "at": "any_step", "budget": 1, "nth": 2, "restart_after_ms": 500 })";
constexpr const char* moved = R"({ "kind": "rebalance", "on": { "consumer": "worker" }, "budget": 1 })";
constexpr const char* late = R"({ "kind": "handler_error", "on": { "service": "worker" }, "at": "ack", "budget": 1 }, { "kind": "late_transaction_end", "budget": 1 })";
constexpr const char* plain = R"("enable.auto.commit": false,)";

std::shared_ptr<const System> load(const Setting& setting, Diagnostics& diagnostics, LoadPurpose purpose) {
  std::string first(desk);
  first.replace(first.find("CONFIRM"), 7, setting.confirm ? "true" : "false");
  const std::map<std::string, std::string> files = {{"worker.json", worker}, {"desk.json", first}, {"counter.json", counter}, {"s.json", fmt::format(R"json({{
    "flowtank": 1, "title": "t",
    "brokers": {{ "bus": {{ "kind": "kafka", {} "topics": {{ "jobs": {}, "results": {{ {} }} }} }} }},
    "services": {{ "desk": {{ "use": "desk" }}, "worker": {{ "use": "worker"{} }}, "counter": {{ "use": "counter" }} }},
    "clients": {{ "c": {{ "sends": "Order", "to": "desk", "count": {}, "arrivals": {{ "every_ms": 100 }}, "data": {{ "job": "=n == 0 ? 'a' : n == 1 ? 'd' : string(n)" }} }} }},
    "faults": [ {} ],
    "properties": [ {{ "name": "p", "for": "s in counter.seen", "always": "s.times >= 0" }} ]
  }})json", setting.broker, setting.jobs, setting.results, setting.worker, setting.count, setting.fault)}};
  LoadOptions options;
  options.purpose = purpose;
  options.files = &files;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  return loaded ? std::shared_ptr<const System>(loaded->system) : nullptr;
}

std::string rows(World& world) {
  std::vector<Cell> cells;
  world.store().scan(0, cells);
  std::map<std::string, std::string> by_job;
  for (const Cell row : cells) by_job[to_text(world.pool().value(world.store().column(row, 0)))] = to_text(world.pool().value(world.store().column(row, 1)));
  std::string end;
  for (const auto& [job, times] : by_job) end += (end.empty() ? "" : " ") + job + ":" + times;
  return end;
}

struct Seen {
  std::set<std::string> ends;     // how often each result was counted, at every end
  std::set<std::string> actions;  // what was ever possible
};

Seen explored(const Setting& setting) {
  Diagnostics diagnostics;
  const auto system = load(setting, diagnostics, LoadPurpose::check);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message << " " << d.hint);
  REQUIRE(system);
  World world(*system, create_brokers(*system, shipped_brokers(), diagnostics), Mode::explore);
  Seen out;
  test::visit_all_states(world, [&](const std::vector<Action>& actions) {
    bool over = true;
    for (const Action& action : actions) {
      out.actions.insert(world.describe(action));
      over = over && is_fault(action.kind);
    }
    if (over) out.ends.insert(rows(world));
    return true;
  });
  return out;
}

bool possible(const Seen& seen, const std::string& words) {
  return std::any_of(seen.actions.begin(), seen.actions.end(), [&](const std::string& action) { return action.find(words) != std::string::npos; });
}

// The rows at the end of one timed run of a minute, and when the last result was counted.
std::string played(const Setting& setting, double horizon_s = 60) {
  Diagnostics diagnostics;
  const auto system = load(setting, diagnostics, LoadPurpose::run);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message << " " << d.hint);
  REQUIRE(system);
  auto world = make_world(*system, shipped_brokers(), Mode::timed, 1, diagnostics);
  REQUIRE(world);
  world->reset(1);
  TimedRunLimits limits;
  limits.horizon = Time(static_cast<std::int64_t>(horizon_s * 1e9));
  timed_run(*world, limits);
  return rows(*world);
}

std::set<std::string> codes(const Setting& setting) {
  Diagnostics diagnostics;
  const auto system = load(setting, diagnostics, LoadPurpose::check);
  REQUIRE(system);
  static_cast<void>(create_brokers(*system, shipped_brokers(), diagnostics));
  std::set<std::string> out;
  for (const Diagnostic& d : diagnostics.all()) out.insert(d.code);
  return out;
}

using Ends = std::set<std::string>;

}  // namespace

TEST_CASE("kafka_transactions.a_crash_between_result_and_offset_is_exactly_once") {
  CHECK(explored({.fault = crash}).ends == Ends{"a:1"});
  CHECK(explored({.fault = crash, .worker = R"(, "instances": 2)", .jobs = R"({ "partitions": 2 })"}).ends == Ends{"a:1"});
  CHECK(explored({.fault = crash, .count = 2}).ends == Ends{"a:1 d:1"});
}

TEST_CASE("kafka_transactions.it_takes_all_three_settings") {
  CHECK(explored({.results = "", .fault = crash}).ends == Ends{"a:1", "a:2"});
  CHECK(explored({.broker = plain, .fault = crash}).ends == Ends{"a:1", "a:2"});  // an aborted result is read
  // The client commits offsets when it polls: what was committed as a result comes again with the next record.
  const Seen by_itself = explored({.broker = R"("isolation.level": "read_committed",)", .fault = crash, .count = 2});
  CHECK(by_itself.ends.count("a:2 d:1") == 1);
  CHECK(explored({.fault = crash, .count = 2}).ends.count("a:2 d:1") == 0);
}

TEST_CASE("kafka_transactions.an_error_aborts_and_the_next_try_counts") {
  const std::string error = R"({ "kind": "handler_error", "on": { "service": "worker" }, "at": "ack", "budget": 1 })";
  CHECK(explored({.fault = error}).ends == Ends{"a:1"});
  CHECK(explored({.broker = plain, .fault = error}).ends == Ends{"a:1", "a:2"});
  CHECK(played({.fault = error, .count = 3}) == "2:1 a:1 d:1");
  CHECK(explored({.results = "", .fault = error}).ends == Ends{"a:1", "a:2"});
}

TEST_CASE("kafka_transactions.a_zombie_commits_nothing") {
  const std::string two = R"(, "instances": 2)", parts = R"({ "partitions": 2 })";
  CHECK(explored({.fault = moved, .worker = two, .jobs = parts}).ends == Ends{"a:1"});
  CHECK(explored({.results = "", .fault = moved, .worker = two, .jobs = parts}).ends == Ends{"a:1", "a:2"});
  const Seen shared = explored({.results = R"("transactional.id": "one")", .fault = moved, .worker = two});  // fenced by the epoch
  CHECK(shared.ends == Ends{"a:1"});
  const std::string zombie = R"({ "kind": "zombie", "on": { "service": "worker" }, "at": "before_ack", "budget": 1 })";
  CHECK(explored({.fault = zombie}).ends == Ends{"a:1"});
  CHECK(explored({.results = "", .fault = zombie}).ends == Ends{"a:1", "a:2"});
}

TEST_CASE("kafka_transactions.a_late_end_tears_the_next_transaction_apart") {
  const Seen torn = explored({.fault = late});
  CHECK(torn.ends == Ends{"", "a:1"});  // its result was aborted, its offset committed
  CHECK(possible(torn, "a late abort of worker-1 reaches the coordinator"));
  const Seen numbered = explored({.broker = R"("enable.auto.commit": false, "isolation.level": "read_committed", "transaction.version": 2,)", .fault = late});
  CHECK(numbered.ends == Ends{"a:1"});
  CHECK(possible(numbered, "a late abort of"));
  CHECK_FALSE(possible(explored({.results = "", .fault = late}), "reaches the coordinator"));
}

TEST_CASE("kafka_transactions.a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced") {
  const std::string slow = R"(, "with": { "rest": "70s" })";
  const Seen overdue = explored({.worker = slow});
  CHECK(possible(overdue, "aborts the transaction of worker-1, which takes too long"));
  CHECK(overdue.ends == Ends{"a:1"});
  CHECK(explored({.broker = plain, .worker = slow}).ends == Ends{"a:1", "a:2"});
  CHECK_FALSE(possible(explored({.worker = R"(, "with": { "rest": "50s" })"}), "aborts the transaction"));
  const std::string longer = R"("transactional.id": "${instance}", "transaction.timeout.ms": 80000)";
  CHECK_FALSE(possible(explored({.results = longer, .worker = slow}), "aborts the transaction"));
}

TEST_CASE("kafka_transactions.an_open_transaction_holds_back_readers_until_it_times_out") {
  // The worker dies with its transaction open and comes back much later; two other jobs are done by the other instance.
  const std::string dies = R"({ "kind": "crash", "on": { "service": "worker" }, "at": "ack", "nth": 1, "restart_after_ms": 500000 })";
  Setting setting{.fault = dies, .worker = R"(, "instances": 2)", .jobs = R"({ "partitions": 2 })", .count = 2};
  CHECK(played(setting, 50) == "");       // d is done, and stands behind the open transaction
  CHECK(played(setting, 100) == "a:1 d:1");
  setting.results += R"(, "transaction.timeout.ms": 10000)";
  CHECK(played(setting, 25) == "d:1");
  setting.broker = plain;
  setting.results = R"("transactional.id": "${service}-${instance}")";
  CHECK(played(setting, 25) == "a:1 d:1");  // read_uncommitted waits for nobody
}

TEST_CASE("kafka_transactions.a_poll_that_is_missed_repeats_the_record_only_where_a_handler_can_take_so_long") {
  const std::string slow = R"(, "with": { "rest": "301s" })", broker = R"("enable.auto.commit": false,)";
  const Seen missed = explored({.broker = broker, .results = "", .worker = slow});
  CHECK(possible(missed, "misses a poll of member 1 of worker"));
  CHECK(missed.ends == Ends{"a:1", "a:2"});
  CHECK_FALSE(possible(explored({.broker = broker, .results = "", .worker = R"(, "with": { "rest": "299s" })"}), "misses a poll"));
  CHECK_FALSE(possible(explored({.broker = R"("enable.auto.commit": false, "client": "java_thread_pool",)", .results = "", .worker = slow}), "misses a poll"));
  CHECK(explored({.results = R"("transactional.id": "${instance}", "transaction.timeout.ms": 900000)", .worker = slow}).ends == Ends{"a:1"});
}

TEST_CASE("kafka_transactions.impossible_combinations_are_refused") {
  CHECK(codes({}).empty());
  CHECK(codes({.results = R"("transactional.id": "x", "enable.idempotence": false)"}).count("FT-KAFKA-010") == 1);
  CHECK(codes({.results = R"("transactional.id": "x", "acks": "1")"}).count("FT-KAFKA-011") == 1);
  CHECK(codes({.results = R"("transactional.id": "x", "retries": 0)"}).count("FT-KAFKA-011") == 1);
  CHECK(codes({.results = R"("transactional.id": "x", "transaction.timeout.ms": 900001)"}).count("FT-KAFKA-014") == 1);
  CHECK(codes({.jobs = R"({ "transactional.id": "x" })", .confirm = false}).count("FT-KAFKA-013") == 1);
  CHECK(codes({.jobs = R"({ "transactional.id": "x" })"}).empty());
  CHECK(codes({.results = R"("transactional.id": "x")", .worker = R"(, "instances": 2)"}).count("FT-KAFKA-031") == 1);
  CHECK(codes({.worker = R"(, "instances": 2)"}).empty());
}
}  // namespace flowtank
