// SPDX-License-Identifier: Apache-2.0
// JetStream and Redis Streams behind the World's port, over every reachable state of small systems and in virtual time: what a
// crash leads to, what time redelivers, what limits and faults take away. Each rule is tried with something that must happen and
// something that must not.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>

#include <models/brokers/nats_jetstream/nats_broker.hpp>
#include <models/brokers/redis_streams/redis_broker.hpp>
#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank {
namespace {

const BrokerRegistry& both() {
  static const BrokerRegistry registry = {nats::nats_broker(), redis::redis_broker()};
  return registry;
}

// A worker notes how often it did each job.
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

std::map<std::string, std::string> files_of(const std::string& broker, const std::string& fault, int jobs, int instances, const std::string& worker_with) {
  return {{"worker.json", worker}, {"desk.json", desk}, {"s.json", fmt::format(R"json({{
    "flowtank": 1, "title": "t",
    "brokers": {{ "bus": {{ {} }} }},
    "services": {{ "desk": {{ "use": "desk" }}, "worker": {{ "use": "worker", "instances": {} {} }} }},
    "clients": {{ "c": {{ "sends": "Order", "to": "desk", "count": {}, "arrivals": {{ "every_ms": 10 }}, "data": {{ "job": "=n == 0 ? 'a' : n == 1 ? 'b' : 'c'" }} }} }},
    "faults": [ {} ],
    "properties": [ {{ "name": "p", "for": "d in worker.done", "always": "d.times >= 0" }} ],
    "run": {{ "seed": 1, "horizon_s": 3600 }}
  }})json", broker, instances, worker_with, jobs, fault)}};
}

Scenario loaded(const std::map<std::string, std::string>& files, LoadPurpose purpose, Diagnostics& diagnostics) {
  LoadOptions options;
  options.purpose = purpose;
  options.files = &files;
  auto scenario = load_scenario("s.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message << " " << d.hint);
  REQUIRE(scenario.has_value());
  return std::move(*scenario);
}

std::string rows_of(World& world) {
  std::vector<Cell> rows;
  world.store().scan(0, rows);
  std::map<std::string, std::string> by_job;
  for (const Cell row : rows) by_job[to_text(world.pool().value(world.store().column(row, 0)))] = to_text(world.pool().value(world.store().column(row, 1)));
  std::string end;
  for (const auto& [job, times] : by_job) end += (end.empty() ? "" : " ") + job + ":" + times;
  return end;
}

struct Seen {
  std::set<std::string> ends;     // rows at every end, as "a:1 b:2"
  std::set<std::string> actions;  // what was ever possible
  std::set<std::string> rows;     // in every state
};

Seen explored(const std::map<std::string, std::string>& files) {
  Diagnostics diagnostics;
  const Scenario scenario = loaded(files, LoadPurpose::check, diagnostics);
  World world(*scenario.system, create_brokers(*scenario.system, both(), diagnostics), Mode::explore);
  Seen out;
  test::visit_all_states(world, [&](const std::vector<Action>& actions) {
    bool over = true;
    for (const Action& action : actions) {
      out.actions.insert(world.describe(action));
      over = over && is_fault(action.kind);
    }
    CHECK(world.recompute_fingerprint() == world.fingerprint());
    out.rows.insert(rows_of(world));
    if (over) out.ends.insert(rows_of(world));
    return true;
  });
  return out;
}

Seen explored(const std::string& broker, const std::string& fault, int jobs, int instances, const std::string& worker_with = "") {
  return explored(files_of(broker, fault, jobs, instances, worker_with));
}

// A timed run to its rest.
std::string ran(const std::string& broker, const std::string& fault, int jobs, int instances, const std::string& worker_with) {
  Diagnostics diagnostics;
  const auto files = files_of(broker, fault, jobs, instances, worker_with);
  const Scenario scenario = loaded(files, LoadPurpose::run, diagnostics);
  World world(*scenario.system, create_brokers(*scenario.system, both(), diagnostics), Mode::timed);
  world.reset(1);
  while (!world.at_rest() && world.advance(Time(3600 * std::int64_t{1'000'000'000}))) {}
  return rows_of(world);
}

using Ends = std::set<std::string>;
constexpr const char* crash = R"({ "kind": "crash", "on": { "service": "worker" }, "at": "any_step", "budget": 1, "nth": 2, "restart_after_ms": 100 })";
const std::string jetstream = R"("kind": "nats_jetstream", "channels": { "jobs": {} })";
const std::string streams = R"("kind": "redis_streams", "channels": { "jobs": {} })";

}  // namespace

// ---- both: nothing fails ---------------------------------------------------------------------------------------

TEST_CASE("nats_redis_world.without_faults_every_job_is_done_once") {
  for (const std::string& broker : {jetstream, streams}) {
    INFO(broker);
    CHECK(explored(broker, "", 2, 2).ends == Ends{"a:1 b:1"});
    CHECK(ran(broker, "", 3, 2, "") == "a:1 b:1 c:1");
  }
}

// A run holds the last bits of a sequence only. However many messages wait behind it, what is settled is what was handled.
TEST_CASE("nats_redis_world.a_long_queue_is_settled_message_by_message") {
  const std::string narrow = R"("kind": "nats_jetstream", "max_ack_pending": 5, "channels": { "jobs": {} })";  // waits for what is not settled
  for (const std::string& broker : {narrow, streams}) {
    INFO(broker);
    Diagnostics diagnostics;
    const auto files = files_of(broker, "", 200, 1, "");
    const Scenario scenario = loaded(files, LoadPurpose::check, diagnostics);
    World world(*scenario.system, create_brokers(*scenario.system, both(), diagnostics), Mode::explore);
    std::vector<Action> actions;
    std::size_t applied = 0;
    const auto next = [&] {  // what fills the queue comes first
      actions.clear();
      world.enabled(actions);
      const auto found = std::find_if(actions.begin(), actions.end(), [](const Action& action) { return action.kind != ActionKind::deliver; });
      return actions.empty() ? std::optional<Action>() : found == actions.end() ? actions.front() : *found;
    };
    for (auto action = next(); action && applied < 20'000; action = next()) {
      REQUIRE(world.apply(*action));
      ++applied;
    }
    CHECK(rows_of(world) == "a:1 b:1 c:198");
    CHECK(world.quiescent());
  }
}

TEST_CASE("nats_redis_world.copies_are_duplicated_lost_and_moved_by_faults") {
  for (const std::string& broker : {jetstream, streams}) {
    INFO(broker);
    CHECK(explored(broker, R"({ "kind": "duplicate", "budget": 1 })", 1, 1).ends == Ends{"a:1", "a:2"});
    CHECK(explored(broker, R"({ "kind": "loss", "budget": 1 })", 1, 1).ends == Ends{"", "a:1"});
    CHECK(explored(broker, R"({ "kind": "reorder", "budget": 1 })", 2, 1).ends == Ends{"a:1 b:1"});
  }
}

// ---- JetStream -------------------------------------------------------------------------------------------------

TEST_CASE("nats_world.a_crash_delivers_again_what_was_not_acknowledged") {
  CHECK(explored(jetstream, crash, 1, 2).ends == Ends{"a:1", "a:2"});
  // In time: the second step of the worker is the ack.
  CHECK(ran(jetstream, crash, 1, 1, "") == "a:2");
}

TEST_CASE("nats_world.max_deliver_gives_up_in_silence") {
  const std::string one = R"("kind": "nats_jetstream", "max_deliver": 1, "channels": { "jobs": {} })";
  const std::string two = R"("kind": "nats_jetstream", "max_deliver": 2, "channels": { "jobs": {} })";
  CHECK(explored(one, crash, 1, 1).ends == Ends{"", "a:1"});
  CHECK(explored(two, crash, 1, 1).ends == Ends{"a:1", "a:2"});
}

TEST_CASE("nats_world.ack_policy_none_loses_what_a_crash_interrupts") {
  CHECK(explored(R"("kind": "nats_jetstream", "ack_policy": "none", "channels": { "jobs": {} })", crash, 1, 1).ends == Ends{"", "a:1"});
}

TEST_CASE("nats_world.ack_wait_shorter_than_the_handler_delivers_twice") {
  const std::string with = R"(, "takes": { "constant_ms": 150 })";
  const auto broker = [](const std::string& more) { return R"("kind": "nats_jetstream", "channels": { "jobs": {} }, )" + more; };
  CHECK(ran(broker(R"("ack_wait": "200ms")"), "", 1, 2, with) == "a:2");
  CHECK(ran(broker(R"("ack_wait": "200ms", "in_progress": true)"), "", 1, 2, with) == "a:1");
  CHECK(ran(broker(R"("ack_wait": "10s")"), "", 1, 2, with) == "a:1");
  // A pull of several: those that wait in the client are delivered to others meanwhile.
  CHECK(ran(broker(R"("ack_wait": "400ms")"), "", 5, 2, with) == "a:1 b:1 c:3");
  const std::string hoarded = ran(broker(R"("ack_wait": "400ms", "batch": 3)"), "", 5, 2, with);
  INFO(hoarded);
  CHECK(hoarded.find("c:3") == std::string::npos);
}

TEST_CASE("nats_world.a_paused_worker_says_nothing_so_its_ack_wait_passes") {
  const std::string with = R"(, "takes": { "constant_ms": 150 })";
  const std::string broker = R"("kind": "nats_jetstream", "channels": { "jobs": {} }, "ack_wait": "1s", "in_progress": true)";
  const auto pause = [](int ms) { return fmt::format(R"({{ "name": "p", "kind": "pause", "on": {{ "service": "worker", "instance": 1 }}, "from_ms": 200, "length": {{ "constant_ms": {} }} }})", ms); };
  CHECK(ran(broker, pause(5000), 1, 2, with) == "a:2");
  CHECK(ran(broker, pause(500), 1, 2, with) == "a:1");
  CHECK(explored(broker, pause(5000), 1, 2, with).ends == Ends{"a:1", "a:2"});
  CHECK(explored(broker, pause(500), 1, 2, with).ends == Ends{"a:1"});
}

// JS-ACK-3: a -NAK with a delay lets those behind it go first, one without comes first.
TEST_CASE("nats_world.what_is_refused_with_a_backoff_is_overtaken") {
  const std::string error = R"({ "name": "e", "kind": "handler_error", "on": { "service": "worker" }, "at": "work", "budget": 1, "nth": 1 })";
  constexpr const char* desk_of_two = R"json({
    "flowtank": 1, "name": "desk",
    "commands": { "Order": { "key": "job", "fields": { "job": "string" } } },
    "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string" } } },
    "handlers": { "order": { "on": "Order", "steps": [ { "publish": "Job", "id": "1", "data": { "job": "a" } }, { "publish": "Job", "id": "2", "data": { "job": "b" } } ] } }
  })json";
  const auto overtaken = [&](int backoff, const std::string& fault) {
    auto files = files_of(jetstream, fault, 1, 1, fmt::format(R"(, "retry": {{ "attempts": 5, "backoff_ms": {} }})", backoff));
    files["desk.json"] = desk_of_two;
    const Seen seen = explored(files);
    CHECK(seen.ends == Ends{"a:1 b:1"});
    return seen.rows.count("b:1") != 0;
  };
  CHECK(overtaken(1000, error));
  CHECK_FALSE(overtaken(0, error));
  CHECK_FALSE(overtaken(1000, ""));
}

TEST_CASE("nats_world.push_and_groups_deliver_everything_once") {
  CHECK(ran(R"("kind": "nats_jetstream", "client": "push", "channels": { "jobs": {} })", "", 3, 2, "") == "a:1 b:1 c:1");
  CHECK(ran(R"("kind": "nats_jetstream", "client": "push", "channels": { "jobs": {} })", crash, 1, 1, "") == "a:2");
}

TEST_CASE("nats_world.limits_drop_the_oldest_or_refuse_the_newest") {
  const auto limited = [](const std::string& discard) {
    return fmt::format(R"("kind": "nats_jetstream", "channels": {{ "jobs": {{ "max_msgs": 1, "discard": "{}" }} }})", discard);
  };
  const Seen old = explored(limited("old"), "", 2, 1), fresh = explored(limited("new"), "", 2, 1);
  CHECK(old.ends.count("b:1") == 1);    // a went unread
  CHECK(old.ends.count("a:1 b:1") == 1);
  CHECK(fresh.ends.count("b:1") == 0);
  CHECK(old.ends.count("") == 0);
}

TEST_CASE("nats_world.a_known_id_is_not_stored_again") {
  const std::string no_answer = R"({ "kind": "ambiguous_publish", "budget": 1 })";
  const auto ends = [&](const std::string& more) { return explored(R"("kind": "nats_jetstream", "channels": { "jobs": {} })" + more, no_answer, 1, 1).ends; };
  CHECK(ends("").count("a:2") == 1);  // who hears nothing publishes again
  CHECK(ends(R"(, "Nats-Msg-Id": true)") == Ends{"a:1"});
}

TEST_CASE("nats_world.a_failover_forgets_acks_a_power_loss_messages_a_rewind_repeats") {
  const std::string three = R"("kind": "nats_jetstream", "num_replicas": 3, "channels": { "jobs": {} })";
  CHECK(explored(three, R"({ "kind": "failover", "budget": 1 })", 1, 1).ends == Ends{"a:1", "a:2"});
  CHECK(explored(jetstream, R"({ "kind": "failover", "budget": 1 })", 1, 1).ends == Ends{"a:1"});
  CHECK(explored(jetstream, R"({ "kind": "power_loss", "budget": 1 })", 1, 1).ends == Ends{"", "a:1"});
  CHECK(explored(R"("kind": "nats_jetstream", "sync_interval": 0, "channels": { "jobs": {} })", R"({ "kind": "power_loss", "budget": 1 })", 1, 1).ends == Ends{"a:1"});
  CHECK(explored(jetstream, R"({ "kind": "rewind", "on": { "consumer": "worker" }, "budget": 1 })", 1, 1).ends == Ends{"a:1", "a:2"});
  CHECK(explored(R"("kind": "nats_jetstream", "channels": { "jobs": { "max_msgs": 100 } })", R"({ "kind": "expiry", "budget": 1 })", 1, 1).ends == Ends{"", "a:1"});
}

// ---- Redis -----------------------------------------------------------------------------------------------------

TEST_CASE("redis_world.without_a_claim_a_crash_leaves_its_entry_pending_for_ever") {
  CHECK(explored(streams, crash, 1, 2).ends == Ends{"", "a:1"});
  CHECK(ran(streams, crash, 2, 1, "").find("b:1") != std::string::npos);  // others go on
}

TEST_CASE("redis_world.a_claim_or_a_history_brings_it_back") {
  const std::string claim = R"("kind": "redis_streams", "client": "group_with_claim", "channels": { "jobs": {} })";
  const std::string history = R"("kind": "redis_streams", "start.from": "history", "channels": { "jobs": {} })";
  for (const std::string& broker : {claim, history}) {
    INFO(broker);
    CHECK(explored(broker, crash, 1, 2).ends == Ends{"a:1", "a:2"});
    CHECK(ran(broker, crash, 1, 1, "") == "a:2");
  }
}

TEST_CASE("redis_world.noack_loses_what_a_crash_interrupts") {
  CHECK(explored(R"("kind": "redis_streams", "NOACK": true, "channels": { "jobs": {} })", crash, 1, 1).ends == Ends{"", "a:1"});
}

TEST_CASE("redis_world.a_claim_before_the_handler_is_done_repeats_it") {
  const std::string with = R"(, "takes": { "constant_ms": 150 })";
  const auto broker = [](int idle) { return fmt::format(R"("kind": "redis_streams", "client": "group_with_claim", "min-idle-time": {}, "claim.interval": 50, "channels": {{ "jobs": {{}} }})", idle); };
  CHECK(ran(broker(200), "", 1, 2, with) == "a:2");
  CHECK(ran(broker(10'000), "", 1, 2, with) == "a:1");
}

TEST_CASE("redis_world.maxlen_drops_what_nobody_has_read") {
  const Seen seen = explored(R"("kind": "redis_streams", "channels": { "jobs": { "MAXLEN": 1 } })", "", 2, 1);
  CHECK(seen.ends.count("b:1") == 1);
  CHECK(seen.ends.count("a:1 b:1") == 1);
  CHECK(seen.ends.count("") == 0);
}

TEST_CASE("redis_world.a_failover_and_a_power_loss_take_writes_back") {
  const std::string replicated = R"("kind": "redis_streams", "replicas": 1, "client": "group_with_claim", "channels": { "jobs": {} })";
  CHECK(explored(replicated, R"({ "kind": "failover", "budget": 1 })", 1, 1).ends == Ends{"", "a:1", "a:2"});
  CHECK(explored(streams, R"({ "kind": "failover", "budget": 1 })", 1, 1).ends == Ends{"a:1"});
  const std::string synced = R"("kind": "redis_streams", "appendonly": "yes", "appendfsync": "always", "channels": { "jobs": {} })";
  CHECK(explored(streams, R"({ "kind": "power_loss", "budget": 1 })", 1, 1).ends == Ends{"", "a:1"});
  CHECK(explored(synced, R"({ "kind": "power_loss", "budget": 1 })", 1, 1).ends == Ends{"a:1"});
  CHECK(explored(streams, R"({ "kind": "rewind", "on": { "consumer": "worker" }, "budget": 1 })", 1, 1).ends == Ends{"a:1", "a:2"});
  CHECK(explored(R"("kind": "redis_streams", "channels": { "jobs": { "MAXLEN": 100 } })", R"({ "kind": "expiry", "budget": 1 })", 1, 1).ends == Ends{"", "a:1"});
}

// ---- options ---------------------------------------------------------------------------------------------------

TEST_CASE("nats_redis_options.what_does_not_go_together_is_diagnosed_with_its_rule") {
  const auto codes = [](const std::string& broker, int instances) {
    Diagnostics diagnostics;
    LoadOptions options;
    const auto files = files_of(broker, "", 1, instances, "");
    options.files = &files;
    const auto scenario = load_scenario("s.json", options, diagnostics);
    REQUIRE(scenario);
    create_brokers(*scenario->system, both(), diagnostics);
    std::string out;
    for (const Diagnostic& d : diagnostics.all()) {
      out += (out.empty() ? "" : " ") + std::string(d.code);
      CHECK((d.severity == Severity::warning || d.hint.find("-") != std::string::npos || d.code.starts_with("FT-TYPE") || d.code.starts_with("FT-RANGE") || d.code.starts_with("FT-KEY")));
    }
    return out;
  };
  const auto nats_with = [&](const std::string& options, const std::string& channel = "", int instances = 1) {
    return codes(R"("kind": "nats_jetstream", )" + options + (options.empty() ? "" : ", ") + R"("channels": { "jobs": { )" + channel + " } }", instances);
  };
  CHECK(nats_with("") == "");
  CHECK(nats_with(R"("ack_wait": 5000000000)") == "");
  CHECK(nats_with("", R"("max_age": "1s", "duplicate_window": "2s")") == "FT-NATS-001");
  CHECK(nats_with("", R"("max_age": "1s")") == "");  // the window follows
  CHECK(nats_with("", R"("discard_new_per_subject": true)") == "FT-NATS-002");
  CHECK(nats_with("", R"("Nats-Msg-Id": true, "duplicate_window": 0)") == "FT-NATS-003");
  CHECK(nats_with("", R"("publish": "core", "discard": "new")") == "FT-NATS-004");
  CHECK(nats_with(R"("backoff": "1s, 2s", "max_deliver": 1)") == "FT-NATS-010");
  CHECK(nats_with(R"("backoff": "1s, 2s")") == "FT-NATS-010");
  CHECK(nats_with(R"("backoff": "1s, 2s", "max_deliver": 2)") == "");
  CHECK(nats_with(R"("max_deliver": 0)") == "FT-NATS-011");
  CHECK(nats_with(R"("ack_policy": "all")", R"("retention": "workqueue")") == "FT-NATS-012");
  CHECK(nats_with(R"("ack_policy": "none", "ack_wait": "1s")") == "FT-NATS-013");
  CHECK(nats_with(R"("client": "push", "deliver_group": false)", "", 2) == "FT-NATS-014");
  CHECK(nats_with(R"("client": "push", "batch": 5)") == "FT-NATS-015");
  CHECK(nats_with(R"("deliver_group": true)") == "FT-NATS-016");
  CHECK(nats_with(R"("max_waiting": 5)") == "FT-NATS-030");
  CHECK(nats_with(R"("ack_weit": "1s")") == "FT-KEY-001");
  CHECK(nats_with(R"("ack_wait": "soon")") == "FT-TYPE-001");
  CHECK(nats_with(R"("ack_wait": "0s")") == "FT-RANGE-004");
  CHECK(nats_with(R"("retention": "forever")") == "FT-TYPE-001");

  const auto redis_with = [&](const std::string& options, const std::string& channel = "") {
    return codes(R"("kind": "redis_streams", )" + options + (options.empty() ? "" : ", ") + R"("channels": { "jobs": { )" + channel + " } }", 1);
  };
  CHECK(redis_with("") == "");
  CHECK(redis_with(R"("NOACK": true, "client": "group_with_claim")") == "FT-REDIS-001");
  CHECK(redis_with(R"("NOACK": true, "start.from": "history")") == "FT-REDIS-002");
  CHECK(redis_with(R"("min-idle-time": 5)") == "FT-REDIS-003");
  CHECK(redis_with(R"("appendfsync": "always")") == "FT-REDIS-004");
  CHECK(redis_with("", R"("trim": "~")") == "FT-REDIS-005");
  CHECK(redis_with(R"("BLOCK": 5)") == "FT-REDIS-030");
  CHECK(redis_with("", R"("MAXLEN": -1)") == "FT-RANGE-004");
  CHECK(redis_with(R"("appendonly": "maybe")") == "FT-TYPE-001");
}

// ---- a failure where the service tries for ever ----------------------------------------------------------------

namespace {

// When the job is done, in seconds of virtual time; -1: never.
double done_at(const std::string& broker, const std::string& worker_with, const char* fault) {
  Diagnostics diagnostics;
  const auto files = files_of(broker, fault, 1, 1, worker_with);
  const Scenario scenario = loaded(files, LoadPurpose::run, diagnostics);
  World world(*scenario.system, create_brokers(*scenario.system, both(), diagnostics), Mode::timed);
  world.reset(1);
  while (rows_of(world) != "a:1") {
    if (world.at_rest() || !world.advance(Time(3600 * std::int64_t{1'000'000'000}))) return -1;
  }
  return static_cast<double>(world.now().nanoseconds()) / 1e9;
}
constexpr const char* error_once = R"({ "kind": "handler_error", "on": { "service": "worker" }, "at": "work", "budget": 1, "nth": 1 })";
constexpr const char* for_ever = R"(, "retry": { "attempts": 0 })";

}  // namespace

TEST_CASE("nats_redis_world.what_a_client_does_about_a_failure_does_not_depend_on_counting_attempts") {
  for (const char* retry : {for_ever, R"(, "retry": { "attempts": 5 })"}) {
    INFO(retry);
    const auto nats_at = [&](const std::string& options) { return done_at(jetstream + options, retry, error_once); };
    CHECK(nats_at("") >= 0);
    CHECK(nats_at("") < 1);                                                                // JS-ACK-3: at once
    CHECK(nats_at(R"(, "on.error": "wait", "ack_wait": "7s")") >= 7);                      // JS-ACK-1
    CHECK(nats_at(R"(, "on.error": "wait", "ack_wait": "7s")") < 8);
    CHECK(nats_at(R"(, "on.error": "wait", "backoff": "2s, 9s", "max_deliver": 3)") >= 2);   // JS-BACK-1
    CHECK(nats_at(R"(, "on.error": "wait", "backoff": "2s, 9s", "max_deliver": 3)") < 3);
    CHECK(nats_at(R"(, "backoff": "2s, 9s", "max_deliver": 3)") < 1);                  // not applied to -NAK
    CHECK(nats_at(R"(, "on.error": "term")") == -1);                                       // JS-ACK-4
    CHECK(nats_at(R"(, "max_deliver": 1)") == -1);                                         // JS-MAXD-1, JS-MAXD-2
    CHECK(nats_at(R"(, "max_deliver": 2)") >= 0);
    CHECK(done_at(streams, retry, error_once) == -1);                                      // RS-PEL-1
    CHECK(done_at(streams + R"(, "on.error": "retry")", retry, error_once) >= 0);
    CHECK(done_at(streams + R"(, "client": "group_with_claim", "min-idle-time": 5000)", retry, error_once) >= 5);  // RS-CLAIM-3
  }
  // The handler's backoff is the delay of the -NAK.
  CHECK(done_at(jetstream, R"(, "retry": { "attempts": 0, "backoff_ms": 3000 })", error_once) >= 3);
}

TEST_CASE("nats_redis_world.a_failure_is_explored_as_its_client_settles_it") {
  CHECK(explored(jetstream, error_once, 1, 1, for_ever).ends == Ends{"a:1"});
  CHECK(explored(jetstream + R"(, "on.error": "term")", error_once, 1, 1, for_ever).ends.count("") == 1);
  CHECK(explored(jetstream + R"(, "max_deliver": 1)", error_once, 1, 1, for_ever).ends.count("") == 1);
  CHECK(explored(streams, error_once, 1, 1, for_ever).ends.count("") == 1);
  CHECK(explored(streams + R"(, "on.error": "retry")", error_once, 1, 1, for_ever).ends == Ends{"a:1"});
}

// Only what an instance can really hold for so long is delivered to another while it works.
TEST_CASE("nats_redis_world.deadlines_pass_at_work_only_where_a_handler_or_a_pause_can_last_so_long") {
  const auto pause = [](int ms) { return fmt::format(R"({{ "kind": "pause", "on": {{ "service": "worker" }}, "from_ms": 1, "length": {{ "constant_ms": {} }} }})", ms); };
  const std::string claims = streams + R"(, "client": "group_with_claim", "min-idle-time": 30000)";
  for (const std::string& broker : {jetstream, claims}) {
    INFO(broker);
    CHECK(explored(broker, pause(60'000), 1, 2).ends == Ends{"a:1", "a:2"});
    CHECK(explored(broker, pause(1'000), 1, 2).ends == Ends{"a:1"});
  }
}

}  // namespace flowtank
