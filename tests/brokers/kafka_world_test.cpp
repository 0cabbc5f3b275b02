// SPDX-License-Identifier: Apache-2.0
// Kafka behind the World's port, over every reachable state of small systems: what a rebalance hands out again and what it
// does not, where the partitions of a crashed instance go, what its own faults take away. The rules are KF-REB-2 to KF-REB-6,
// KF-RET-2 and KF-OFF-1 of the model; each is tried with something that must happen and something that must not.
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank {
namespace {

// Jobs a and d (of two partitions each has one) go to a log; a worker notes how often it did each, and who did it.
constexpr const char* worker = R"json({
  "flowtank": 1, "name": "worker",
  "commands": { "Order": { "key": "job", "fields": { "job": "string" } } },
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } } },
  "tables": { "done": { "key": "job", "columns": { "job": "string", "times": "int" } } },
  "handlers": { "work": { "on": "Job", "steps": [
    { "transaction": [
        { "insert": "done", "row": { "job": "=event.data.job", "times": 0 }, "on_conflict": "ignore" },
        { "update": "done", "key": "=event.data.job", "add": { "times": 1 } } ], "isolation": "serializable", "label": "work" },
    { "ack": true, "label": "ack" } ] } }
})json";
constexpr const char* desk = R"json({
  "flowtank": 1, "name": "desk",
  "commands": { "Order": { "key": "job", "fields": { "job": "string" } } },
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } } },
  "handlers": { "order": { "on": "Order", "steps": [ { "publish": "Job", "data": { "job": "=command.data.job" } } ] } }
})json";

struct Seen {
  std::set<std::string> ends;     // rows at every end, as "a:1 d:2"
  std::set<std::string> actions;  // what was ever possible
  std::size_t states = 0;
};

Seen explored(const std::string& broker, const std::string& fault, int jobs, int instances) {
  const std::map<std::string, std::string> files = {{"worker.json", worker}, {"desk.json", desk}, {"s.json", fmt::format(R"json({{
    "flowtank": 1, "title": "t",
    "brokers": {{ "bus": {{ "kind": "kafka", "enable.auto.commit": false, {} }} }},
    "services": {{ "desk": {{ "use": "desk" }}, "worker": {{ "use": "worker", "instances": {} }} }},
    "clients": {{ "c": {{ "sends": "Order", "to": "desk", "count": {}, "data": {{ "job": "=n == 0 ? 'a' : 'd'" }} }} }},
    "faults": [ {} ],
    "properties": [ {{ "name": "p", "for": "d in worker.done", "always": "d.times >= 0" }} ]
  }})json", broker, instances, jobs, fault)}};
  LoadOptions options;
  options.purpose = LoadPurpose::check;
  options.files = &files;
  Diagnostics diagnostics;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message << " " << d.hint);
  REQUIRE(loaded.has_value());
  World world(*loaded->system, create_brokers(*loaded->system, shipped_brokers(), diagnostics), Mode::explore);
  Seen out;
  test::visit_all_states(world, [&](const std::vector<Action>& actions) {
    ++out.states;
    bool over = true;
    for (const Action& action : actions) {
      out.actions.insert(world.describe(action));
      over = over && is_fault(action.kind);
    }
    if (!over) return true;
    std::vector<Cell> rows;
    world.store().scan(0, rows);
    std::map<std::string, std::string> by_job;
    for (const Cell row : rows) by_job[to_text(world.pool().value(world.store().column(row, 0)))] = to_text(world.pool().value(world.store().column(row, 1)));
    std::string end;
    for (const auto& [job, times] : by_job) end += (end.empty() ? "" : " ") + job + ":" + times;
    out.ends.insert(end);
    return true;
  });
  return out;
}

bool possible(const Seen& seen, const std::string& words) {
  for (const std::string& action : seen.actions) {
    if (action.find(words) != std::string::npos) return true;
  }
  return false;
}

constexpr const char* one = R"("topics": { "jobs": {} })";
constexpr const char* two = R"("topics": { "jobs": { "partitions": 2 } })";

}  // namespace

TEST_CASE("kafka_world.a_rebalance_repeats_what_the_evicted_member_holds_and_nothing_else") {
  const Seen seen = explored(two, R"({ "kind": "rebalance", "on": { "consumer": "worker" }, "budget": 1 })", 2, 2);
  CHECK(seen.ends == std::set<std::string>{"a:1 d:1", "a:2 d:1", "a:1 d:2"});
  CHECK(possible(seen, "rebalances worker"));
}

TEST_CASE("kafka_world.in_a_pool_a_rebalance_repeats_what_any_member_holds") {
  const Seen seen = explored(std::string(R"("client": "java_thread_pool", )") + two, R"({ "kind": "rebalance", "on": { "consumer": "worker" }, "budget": 1 })", 2, 2);
  CHECK(seen.ends.count("a:2 d:2") == 1);
}

TEST_CASE("kafka_world.the_partitions_of_a_crashed_instance_may_go_to_another_before_it_is_back") {
  const std::string crash = R"({ "kind": "crash", "on": { "service": "worker" }, "at": "any_step", "budget": 1 })";
  const Seen seen = explored(one, crash, 1, 2);
  CHECK(possible(seen, "ends the session of member 1"));
  CHECK(possible(seen, "gives member 1 of worker its partitions back"));
  CHECK(seen.ends == std::set<std::string>{"a:1", "a:2"});  // never lost
  const Seen alone = explored(one, crash, 1, 1);
  CHECK_FALSE(possible(alone, "ends the session"));
  CHECK(alone.ends == seen.ends);
}

TEST_CASE("kafka_world.a_rewind_leads_back_as_far_as_it_says") {
  const std::string back = R"({ "kind": "rewind", "on": { "consumer": "worker" }, "to": "back", "back": %d, "budget": 1 })";
  const auto by = [&](int n) { return explored(one, std::string(back).replace(back.find("%d"), 2, std::to_string(n)), 2, 1).ends; };
  const auto total_above = [](const std::set<std::string>& ends, const std::string& end) { return ends.count(end) == 1; };
  CHECK(total_above(by(1), "a:1 d:2"));
  CHECK_FALSE(total_above(by(1), "a:2 d:2"));
  CHECK(total_above(by(2), "a:2 d:2"));
}

TEST_CASE("kafka_world.compaction_takes_only_what_a_later_record_of_the_key_replaces") {
  const std::string fault = R"({ "kind": "compaction", "budget": 1 })";
  const Seen seen = explored(R"("topics": { "jobs": { "cleanup.policy": "compact" } })", fault, 2, 1);
  CHECK(seen.ends == std::set<std::string>{"a:1 d:1"});
  CHECK_FALSE(possible(seen, "is compacted"));
}

TEST_CASE("kafka_world.a_failover_loses_what_acks_and_replicas_allow") {
  const std::string fault = R"({ "kind": "failover", "lost": 2, "budget": 1 })";
  const auto ends = [&](const char* options) { return explored(options, fault, 1, 1).ends; };
  CHECK(ends(R"("acks": "1", "enable.idempotence": false, "replication.factor": 3, "topics": { "jobs": {} })") == std::set<std::string>{"", "a:1"});
  CHECK(ends(R"("acks": "all", "replication.factor": 3, "topics": { "jobs": {} })") == std::set<std::string>{"a:1"});
  CHECK(ends(R"("acks": "1", "enable.idempotence": false, "topics": { "jobs": {} })") == std::set<std::string>{"a:1"});
  // An unclean election takes what nobody has read, whatever acks says.
  CHECK(ends(R"("acks": "all", "unclean.leader.election.enable": true, "replication.factor": 3, "topics": { "jobs": {} })") == std::set<std::string>{"", "a:1"});
}

}  // namespace flowtank
