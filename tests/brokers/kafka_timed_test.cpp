// SPDX-License-Identifier: Apache-2.0
// Kafka in virtual time: when a poll is late, how a rebalance goes on, and when a run is over although watches are left. Each
// is tried where it must happen and where it must not.
#include <catch2/catch.hpp>

#include <map>
#include <string>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/run/timed_run.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank {
namespace {

constexpr const char* desk = R"json({
  "flowtank": 1, "name": "desk",
  "commands": { "Order": { "key": "job", "fields": { "job": "string" } } },
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } } },
  "handlers": { "order": { "on": "Order", "steps": [ { "publish": "Job", "data": { "job": "=command.data.job" } } ] } }
})json";

// Notes how often it did each job; `Hold` keeps the row of a job locked for a while.
constexpr const char* worker = R"json({
  "flowtank": 1, "name": "worker",
  "options": { "work": { "type": "duration", "default": "0ms" }, "hold": { "type": "duration", "default": "1ms" } },
  "commands": { "Hold": { "key": "job", "fields": { "job": "string" } } },
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } } },
  "tables": { "done": { "key": "job", "columns": { "job": "string", "times": "int" } } },
  "handlers": {
    "hold": { "on": "Hold", "steps": [ { "transaction": [
        { "insert": "done", "row": { "job": "=command.data.job", "times": 0 }, "on_conflict": "ignore" },
        { "wait": "=options.hold" } ], "label": "hold" } ] },
    "work": { "on": "Job", "steps": [
        { "wait": "=options.work" },
        { "transaction": [
            { "insert": "done", "row": { "job": "=event.data.job", "times": 0 }, "on_conflict": "ignore" },
            { "update": "done", "key": "=event.data.job", "add": { "times": 1 } } ], "label": "work" },
        { "ack": true, "label": "ack" } ] } }
})json";

struct Setting {
  std::string broker;   // options of the broker, each followed by a comma
  std::string with;     // options of the worker
  std::string clients;  // besides the orders, each followed by a comma
  std::string faults;
  int jobs = 1;
  int every_ms = 1000;
};

// One timed run; the rows at its end as "a:1 d:2", and why it ended.
class Played {
 public:
  explicit Played(const Setting& setting, double horizon_s) {
    const std::map<std::string, std::string> files = {{"worker.json", worker}, {"desk.json", desk}, {"s.json", fmt::format(R"json({{
      "flowtank": 1, "title": "t",
      "brokers": {{ "bus": {{ "kind": "kafka", {} "topics": {{ "jobs": {{ "partitions": 2 }} }} }} }},
      "services": {{ "desk": {{ "use": "desk" }}, "worker": {{ "use": "worker", "with": {{ {} }}, "instances": 2, "concurrency": 3 }} }},
      "clients": {{ {} "c": {{ "sends": "Order", "to": "desk", "count": {}, "arrivals": {{ "every_ms": {} }}, "start_ms": 1000, "data": {{ "job": "=n == 0 ? 'a' : n == 1 ? 'd' : n == 2 ? 'f' : 'g'" }} }} }},
      "faults": [ {} ]
    }})json", setting.broker, setting.with, setting.clients, setting.jobs, setting.every_ms, setting.faults)}};
    LoadOptions options;
    options.files = &files;
    Diagnostics diagnostics;
    const auto loaded = load_scenario("s.json", options, diagnostics);
    for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message << " " << d.hint);
    REQUIRE(loaded.has_value());
    auto world = make_world(*loaded->system, shipped_brokers(), Mode::timed, 1, diagnostics);
    REQUIRE(world);
    world->reset(1);
    TimedRunLimits limits;
    limits.horizon = Time(static_cast<std::int64_t>(horizon_s * 1e9));
    end = timed_run(*world, limits).end;
    std::vector<Cell> cells;
    world->store().scan(0, cells);
    std::map<std::string, std::string> by_job;
    for (const Cell row : cells) by_job[to_text(world->pool().value(world->store().column(row, 0)))] = to_text(world->pool().value(world->store().column(row, 1)));
    for (const auto& [job, times] : by_job) rows += (rows.empty() ? "" : " ") + job + ":" + times;
  }
  RunEnd end = RunEnd::quiet;
  std::string rows;
};

const std::string by_hand = R"("enable.auto.commit": false, )";
const std::string impatient = by_hand + R"("max.poll.interval.ms": 5000, )";
const std::string holding = R"("h": { "sends": "Hold", "to": "worker", "count": 1, "data": { "job": "a" } }, )";

}  // namespace

TEST_CASE("kafka_timed.who_waits_for_a_lock_too_long_is_thrown_out") {  // KF-REB-4
  Setting setting{impatient, R"("hold": "60s")", holding, "", 1, 1000};
  CHECK(Played(setting, 6000).rows == "a:3");  // both wait too long and may not commit: it comes once more
  setting.with = R"("hold": "8s")";
  CHECK(Played(setting, 6000).rows == "a:2");  // the second one waits for what is left
  setting.with = R"("hold": "2s")";
  CHECK(Played(setting, 6000).rows == "a:1");
}

TEST_CASE("kafka_timed.who_works_too_long_is_thrown_out") {  // KF-REB-4
  CHECK(Played({impatient, R"("work": "4s")", "", "", 1, 1000}, 6000).rows == "a:1");
  const Played late({impatient, R"("work": "8s")", "", "", 1, 1000}, 40);
  CHECK(late.rows != "a:1");
  CHECK(late.rows.substr(0, 2) == "a:");
}

TEST_CASE("kafka_timed.a_rewind_does_not_stop_a_rebalance") {  // KF-REB-2, KF-OFF-1
  const Played played({by_hand, R"("work": "10s")", "",
                       R"({ "name": "r", "kind": "rebalance", "on": { "consumer": "worker" }, "from_ms": 9000 },
                          { "name": "w", "kind": "rewind", "on": { "channel": "jobs", "consumer": "worker" }, "to": "earliest", "from_ms": 14000 })", 4, 8000}, 6000);
  CHECK(played.rows.find("f:") != std::string::npos);
  CHECK(played.rows.find("g:") != std::string::npos);
  CHECK(played.end == RunEnd::quiet);
}

TEST_CASE("kafka_timed.a_run_is_over_when_only_watches_are_left") {
  // The poll is watched for five minutes; the horizon comes first.
  const Setting simple{by_hand, R"("work": "1s")", holding, "", 2, 1000};
  const Played over(simple, 120);
  CHECK(over.end == RunEnd::quiet);
  CHECK(over.rows == "a:1 d:1");
}

TEST_CASE("kafka_timed.a_run_is_not_over_while_something_would_change") {
  CHECK(Played({by_hand, R"("work": "100s")", "", "", 1, 1000}, 60).end == RunEnd::horizon);  // a record is handled
  const std::string crash = R"({ "name": "x", "kind": "crash", "on": { "service": "worker" }, "at": "work", "nth": 1, "restart_after_ms": 200000 })";
  CHECK(Played({by_hand, R"("work": "1s")", "", crash, 1, 1000}, 30).end == RunEnd::horizon);  // its session is open
  const std::string pause = R"({ "name": "x", "kind": "pause", "on": { "service": "worker" }, "from_ms": 1500, "length": "200s" })";
  CHECK(Played({by_hand, R"("work": "1s")", "", pause, 1, 1000}, 30).end == RunEnd::horizon);
  const std::string automatic = R"("enable.auto.commit": true, "auto.commit.interval.ms": 60000, )";
  CHECK(Played({automatic, "", "", "", 1, 1000}, 30).end == RunEnd::horizon);  // what is handled will be committed
  CHECK(Played({automatic, "", "", "", 1, 1000}, 300).end == RunEnd::quiet);
}

TEST_CASE("kafka_timed.a_key_that_decides_nothing_in_a_scenario_is_warned_of") {
  const auto warned = [](const std::string& key) {
    const std::map<std::string, std::string> files = {{"desk.json", desk}, {"s.json", fmt::format(R"json({{ "flowtank": 1, "title": "t",
      "brokers": {{ "bus": {{ "kind": "kafka", {} "topics": {{ "jobs": {{}} }} }} }}, "services": {{ "desk": {{ "use": "desk" }} }} }})json", key)}};
    LoadOptions options;
    options.files = &files;
    Diagnostics diagnostics;
    const auto loaded = load_scenario("s.json", options, diagnostics);
    REQUIRE(loaded.has_value());
    CHECK(make_world(*loaded->system, shipped_brokers(), Mode::timed, 1, diagnostics) != nullptr);
    std::size_t count = 0;
    for (const Diagnostic& d : diagnostics.all()) count += d.code == "FT-KAFKA-030" ? 1 : 0;
    return count;
  };
  CHECK(warned(R"("linger.ms": 5,)") == 1);
  CHECK(warned(R"("acks": "1",)") == 0);
}

}  // namespace flowtank
