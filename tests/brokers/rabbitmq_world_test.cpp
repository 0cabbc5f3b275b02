// SPDX-License-Identifier: Apache-2.0
// RabbitMQ behind the World's port, over every reachable state of small systems: what a crash gives back and what it takes, what a
// restart of the node loses, where rejected copies go, what a full queue does. Each rule is tried with something that must
// happen and something that must not.
#include <catch2/catch.hpp>

#include <algorithm>
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
constexpr const char* crash = R"({ "name": "f", "kind": "crash", "on": { "service": "worker" }, "budget": 1 })";
constexpr const char* error = R"({ "name": "f", "kind": "handler_error", "on": { "service": "worker" }, "budget": 1 })";
constexpr const char* restart = R"({ "name": "f", "kind": "power_loss", "on": { "broker": "bus" }, "budget": 1 })";
constexpr const char* expiry = R"({ "name": "f", "kind": "expiry", "on": { "broker": "bus" }, "budget": 1 })";

struct Seen {
  std::set<std::string> ends;     // rows at every end, as "a:1 d:2"
  std::set<std::string> actions;  // what was ever possible
  std::size_t states = 0;

  bool some_end_lacks(const std::string& job) const {
    return std::any_of(ends.begin(), ends.end(), [&](const std::string& end) { return end.find(job + ":") == std::string::npos; });
  }
  bool has(const std::string& action) const {
    return std::any_of(actions.begin(), actions.end(), [&](const std::string& a) { return a.find(action) != std::string::npos; });
  }
};

Seen explored(const std::string& broker, const std::string& fault, int jobs = 2, int instances = 1, const std::string& of_worker = "") {
  const std::map<std::string, std::string> files = {{"worker.json", worker}, {"desk.json", desk}, {"s.json", fmt::format(R"json({{
    "flowtank": 1, "title": "t",
    "brokers": {{ "bus": {{ "kind": "rabbitmq", "exchanges": {{ "jobs": {{}} }}, {} }} }},
    "services": {{ "desk": {{ "use": "desk" }}, "worker": {{ "use": "worker", "instances": {} {} }} }},
    "clients": {{ "c": {{ "sends": "Order", "to": "desk", "count": {}, "data": {{ "job": "=n == 0 ? 'a' : 'd'" }} }} }},
    "faults": [ {} ],
    "properties": [ {{ "name": "p", "for": "d in worker.done", "always": "d.times >= 0" }} ]
  }})json", broker, instances, of_worker, jobs, fault)}};
  LoadOptions options;
  options.purpose = LoadPurpose::check;
  options.files = &files;
  Diagnostics diagnostics;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message << " " << d.hint);
  REQUIRE(loaded.has_value());
  World world(*loaded->system, create_brokers(*loaded->system, shipped_brokers(), diagnostics), Mode::explore);
  REQUIRE(diagnostics.ok());
  Seen out;
  test::visit_all_states(world, [&](const std::vector<Action>& actions) {
    ++out.states;
    bool over = true;
    for (const Action& action : actions) {
      out.actions.insert(world.describe(action));
      over = over && is_fault(action.kind);
    }
    if (!over) return true;
    std::string end;
    std::vector<Cell> rows;
    world.store().scan(0, rows);
    for (const Cell row : rows) {
      const Value job = world.pool().value(world.store().column(row, 0)), times = world.pool().value(world.store().column(row, 1));
      end += fmt::format("{}{}:{}", end.empty() ? "" : " ", job.text(), times.i);
    }
    out.ends.insert(end);
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("rabbitmq_world.without_faults_every_job_is_done_once") {
  for (const char* broker : {R"("nodes": 1)", R"("prefetch_count": 1)", R"("x-queue-type": "quorum")", R"("type": "direct", "confirm.select": true)", R"("no_ack": true)"}) {
    INFO(broker);
    CHECK(explored(broker, "", 2, 2).ends == std::set<std::string>{"a:1 d:1"});
  }
}

TEST_CASE("rabbitmq_world.a_crash_gives_back_what_was_not_acked") {
  const Seen acked = explored(R"("prefetch_count": 1)", crash);
  CHECK_FALSE(acked.some_end_lacks("a"));
  CHECK(acked.ends.count("a:2 d:1") == 1);  // done, not acked, done again
  const Seen no_ack = explored(R"("no_ack": true)", crash);
  CHECK(no_ack.some_end_lacks("a"));  // RMQ-ACK-3
  CHECK(no_ack.ends.count("a:2 d:1") == 0);
}

TEST_CASE("rabbitmq_world.a_restart_loses_what_is_not_on_disk") {
  CHECK(explored(R"("nodes": 1)", restart).some_end_lacks("a"));                                        // RMQ-DUR-1
  CHECK_FALSE(explored(R"("delivery_mode": 2)", restart).some_end_lacks("a"));
  CHECK(explored(R"("delivery_mode": 2, "durable": false)", restart).some_end_lacks("a"));
  CHECK_FALSE(explored(R"("x-queue-type": "quorum")", restart).some_end_lacks("a"));                     // RMQ-DUR-3
  CHECK(explored(R"("delivery_mode": 2)", restart).ends.count("a:2 d:1") == 1);                          // RMQ-DUR-2
}

namespace {

// One confirmed persistent queue on three nodes, whose home is node 1.
std::string cluster(const std::string& more, int delivery_mode = 2) {
  return fmt::format(R"("rabbitmq.version": "3.10", "nodes": 3, "confirm.select": true, "delivery_mode": {}, "home_node": 1, {})", delivery_mode, more);
}
std::string failover(const std::string& cause, int budget = 1) {
  return fmt::format(R"({{ "name": "f", "kind": "failover", "cause": "{}", "on": {{ "broker": "bus" }}, "budget": {} }})", cause, budget);
}

}  // namespace

TEST_CASE("rabbitmq_world.a_mirror_in_sync_takes_over_with_everything") {
  for (const char* cause : {"crash", "power"}) {
    const Seen once = explored(cluster(R"("ha-mode": "all")", 1), failover(cause));  // RMQ-HA-2
    CHECK_FALSE(once.some_end_lacks("a"));
    CHECK(once.ends.count("a:2 d:1") == 1);  // deliveries in the works come again
    CHECK(explored(cluster(R"("durable": true)", 1), failover(cause)).some_end_lacks("a"));  // no mirrors: RMQ-DUR-1
  }
}

TEST_CASE("rabbitmq_world.a_mirror_that_is_behind_loses_what_it_lacks") {
  const std::string two = R"("ha-mode": "exactly", "ha-params": "2")";
  CHECK_FALSE(explored(cluster(two), failover("crash")).some_end_lacks("a"));
  CHECK(explored(cluster(two), failover("crash", 2)).some_end_lacks("a"));  // RMQ-HA-3: the new mirror never got it
  CHECK_FALSE(explored(cluster(two + R"(, "ha-sync-mode": "automatic")"), failover("crash", 2)).some_end_lacks("a"));
  CHECK_FALSE(explored(cluster(two + R"(, "ha-promote-on-failure": "when-synced")"), failover("crash", 2)).some_end_lacks("a"));
  CHECK_FALSE(explored(cluster(R"("ha-mode": "all")"), failover("crash", 2)).some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.a_partition_makes_two_queues_and_healing_forgets_one") {
  const std::string mirrored = R"("ha-mode": "all", "cluster_partition_handling": "autoheal", )";
  const Seen apart = explored(cluster(mirrored + R"("publisher_nodes": "1", "consumer_nodes": "2")"), failover("partition"));
  CHECK(apart.some_end_lacks("a"));  // RMQ-HA-4: confirmed by the cut-off master alone
  CHECK(apart.has("heal the partition"));
  const Seen together = explored(cluster(mirrored + R"("publisher_nodes": "1", "consumer_nodes": "1")"), failover("partition"));
  CHECK_FALSE(together.some_end_lacks("a"));  // the side with all clients wins
  const Seen elsewhere = explored(cluster(mirrored + R"("publisher_nodes": "2", "consumer_nodes": "1")"), failover("partition"));
  CHECK_FALSE(elsewhere.some_end_lacks("a"));
  CHECK(elsewhere.ends.count("a:2 d:1") == 1);  // settled on the side that is forgotten
  const Seen stops = explored(cluster(R"("ha-mode": "all", "cluster_partition_handling": "pause_minority", "publisher_nodes": "1", "consumer_nodes": "2")"), failover("partition"));
  CHECK_FALSE(stops.some_end_lacks("a"));
  const Seen quorum = explored(cluster(R"("x-queue-type": "quorum", "publisher_nodes": "1", "consumer_nodes": "2")"), failover("partition"));
  CHECK_FALSE(quorum.some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.a_home_node_out_of_reach_takes_nothing_from_others") {
  const Seen apart = explored(cluster(R"("publisher_nodes": "2", "consumer_nodes": "1")"), failover("partition"));
  CHECK(apart.some_end_lacks("a"));  // RMQ-DUR-4: acknowledged and gone
  const Seen at_home = explored(cluster(R"("publisher_nodes": "1", "consumer_nodes": "2")"), failover("partition"));
  CHECK_FALSE(at_home.some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.without_confirms_the_newest_goes_with_its_node") {
  const std::string silent = R"("nodes": 3, "delivery_mode": 2, "confirm.select": )";
  CHECK(explored(silent + "false", failover("crash")).some_end_lacks("a"));  // RMQ-CONF-4
  CHECK_FALSE(explored(silent + "true", failover("crash")).some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.a_worker_may_stop_with_its_channel") {
  const std::string late = R"("consumer_timeout": 1800000, "on.channel.closed": )";
  const std::string slow = R"(, "takes": { "constant_ms": 2700000 })";
  CHECK(explored(late + R"("finish")", "", 1, 2, slow).ends.count("a:2") == 1);
  CHECK(explored(late + R"("stop")", "", 1, 2, slow).has("time out consumer"));
}

TEST_CASE("rabbitmq_world.a_rejected_copy_goes_where_dead_letters_go") {
  CHECK_FALSE(explored(R"("prefetch_count": 1)", error).some_end_lacks("a"));
  CHECK(explored(R"("on.error": "reject")", error).some_end_lacks("a"));  // RMQ-DLX-2
  const Seen loop = explored(R"("on.error": "reject", "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "wait",
    "declare": "wait x-message-ttl=50 x-dead-letter-exchange= x-dead-letter-routing-key=worker.jobs")", error);
  CHECK_FALSE(loop.some_end_lacks("a"));  // RMQ-DLX-CYCLE-2
  CHECK(loop.has("expire the head of wait"));
}

TEST_CASE("rabbitmq_world.a_dead_letter_keeps_the_key_that_it_was_published_with") {
  // RMQ-DLX-1, RMQ-DLX-HDR-3: what comes out of the wait queue has the key `wait`, which nothing binds in jobs.
  const std::string worker_rejects = R"("type": "direct", "on.error": "reject", "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "wait",)";
  CHECK(explored(worker_rejects + R"("declare": "wait x-message-ttl=50 x-dead-letter-exchange=jobs")", error).some_end_lacks("a"));
  CHECK_FALSE(explored(worker_rejects + R"("declare": "wait x-message-ttl=50 x-dead-letter-exchange=jobs x-dead-letter-routing-key=Job")", error).some_end_lacks("a"));
  // A fanout exchange asks for no key.
  CHECK_FALSE(explored(R"("on.error": "reject", "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "wait", "declare": "wait x-message-ttl=50 x-dead-letter-exchange=jobs")", error).some_end_lacks("a"));
  // Without a key of the queue it has its own, here and in the next queue.
  CHECK_FALSE(explored(R"("type": "direct", "on.error": "reject", "x-dead-letter-exchange": "jobs")", error).some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.a_handler_that_outlasts_consumer_timeout_is_overtaken") {
  const std::string long_one = R"(, "takes": { "constant_ms": 1200000 })";  // 20 minutes a step, 40 a copy
  const Seen late = explored(R"("prefetch_count": 1)", "", 1, 2, long_one);
  CHECK(late.has("time out consumer 1 of worker.jobs"));
  CHECK(late.ends == std::set<std::string>{"a:1", "a:2"});
  CHECK(explored(R"("x-queue-type": "quorum")", "", 1, 2, long_one).ends.count("a:2") == 1);
  CHECK(explored(R"("consumer_timeout": 0, "x-consumer-timeout": 60000)", "", 1, 2, long_one).ends.count("a:2") == 1);
  for (const char* in_time : {R"("consumer_timeout": 28800000)", R"("consumer_timeout": 0)", R"("no_ack": true)", R"("x-consumer-timeout": 28800000)"}) {
    INFO(in_time);
    CHECK_FALSE(explored(in_time, "", 1, 2, long_one).has("time out"));
  }
  CHECK_FALSE(explored(R"("prefetch_count": 1)", "", 1, 2).has("time out"));
}

TEST_CASE("rabbitmq_world.what_is_prefetched_waits_for_what_is_before_it") {
  const std::string twenty_minutes = R"(, "takes": { "constant_ms": 600000 })";
  CHECK_FALSE(explored(R"("prefetch_count": 1)", "", 2, 1, twenty_minutes).has("time out"));
  CHECK(explored(R"("prefetch_count": 2)", "", 2, 1, twenty_minutes).has("time out"));
  CHECK_FALSE(explored(R"("prefetch_count": 2)", "", 1, 1, twenty_minutes).has("time out"));  // there is only one
}

TEST_CASE("rabbitmq_world.a_pause_that_outlasts_consumer_timeout_gives_its_copies_to_others") {
  const std::string pause = R"({ "name": "f", "kind": "pause", "on": { "service": "worker" }, "from_ms": 10, "length": "5s" })";
  CHECK(explored(R"("consumer_timeout": 1000)", pause, 1, 2).ends.count("a:2") == 1);
  CHECK_FALSE(explored(R"("prefetch_count": 1)", pause, 1, 2).has("time out"));
}

TEST_CASE("rabbitmq_world.a_delayed_retry_lets_others_overtake") {
  const auto retried = [](int errors, const std::string& type) {
    return explored(R"("x-queue-type": "quorum", "rabbitmq.version": "4.3", "prefetch_count": 1, "x-delayed-retry-type": ")" + type + "\"",
                    fmt::format(R"({{ "name": "f", "kind": "handler_error", "on": {{ "service": "worker" }}, "budget": {} }})", errors));
  };
  const Seen once = retried(1, "all");  // RMQ-QQ-DELAY-1
  CHECK(once.has("end the delay of waiting copy 1 of worker.jobs"));
  CHECK_FALSE(once.some_end_lacks("a"));
  CHECK_FALSE(retried(1, "disabled").has("end the delay"));
  CHECK_FALSE(retried(1, "returned").has("end the delay"));  // a reject counts as failed
  // Two that wait equally long are ready in the order in which they came back; one that failed more often waits longer.
  CHECK_FALSE(retried(2, "all").has("waiting copy 2"));
  CHECK(retried(3, "all").has("waiting copy 2"));
}

TEST_CASE("rabbitmq_world.an_automatic_circle_is_cut") {
  // RMQ-DLX-CYCLE-1: expired in jobs, expired in wait, and so not in jobs again.
  const Seen cut = explored(R"("x-message-ttl": 50, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "wait",
    "declare": "wait x-message-ttl=50 x-dead-letter-exchange= x-dead-letter-routing-key=worker.jobs")", expiry);
  CHECK(cut.some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.a_delivery_limit_ends_redelivery") {
  CHECK(explored(R"("x-queue-type": "quorum", "x-delivery-limit": 0)", error).some_end_lacks("a"));  // RMQ-QQ-LIMIT-1
  CHECK_FALSE(explored(R"("x-queue-type": "quorum", "x-delivery-limit": 1)", error).some_end_lacks("a"));
  // RMQ-QQ-LIMIT-2: a crash is charged to what was only prefetched, too.
  CHECK(explored(R"("x-queue-type": "quorum", "x-delivery-limit": 0)", crash).ends.count("") == 1);
  // RMQ-QQ-LIMIT-3: from 4.3 a nack does not count.
  CHECK_FALSE(explored(R"("x-queue-type": "quorum", "x-delivery-limit": 0, "rabbitmq.version": "4.3", "on.error": "nack")", error).some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.a_full_queue_drops_its_head_or_refuses") {
  CHECK(explored(R"("x-max-length": 1, "prefetch_count": 1)", "", 3).some_end_lacks("a"));  // RMQ-LEN-1
  CHECK_FALSE(explored(R"("x-max-length": 2, "prefetch_count": 1)", "", 3).some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.a_queue_that_goes_with_its_last_consumer_takes_its_messages_along") {
  CHECK(explored(R"("auto_delete": true, "prefetch_count": 1)", crash).some_end_lacks("a"));  // RMQ-Q-3
  CHECK_FALSE(explored(R"("auto_delete": true, "prefetch_count": 1)", crash, 2, 2).some_end_lacks("a"));
}

TEST_CASE("rabbitmq_world.one_active_consumer_keeps_the_order") {
  const Seen two = explored(R"("x-single-active-consumer": true, "prefetch_count": 1)", crash, 2, 2);
  CHECK_FALSE(two.some_end_lacks("a"));
  CHECK_FALSE(two.some_end_lacks("d"));
}

TEST_CASE("rabbitmq_world.spring_keeps_a_failed_copy_and_tries_again") {
  const Seen retried = explored(R"("client": "spring", "on.error": "retry")", error);
  CHECK_FALSE(retried.some_end_lacks("a"));
}

}  // namespace flowtank
