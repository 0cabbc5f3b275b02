// SPDX-License-Identifier: Apache-2.0
// SNS and SQS behind the World's port: what scenarios see of timeouts, groups, dead letters, filters and duplicates, by
// exploration and in virtual time. Each rule is tried with something that must happen and something that must not; wrong
// attributes are diagnosed with the rule that they break.
#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank {
namespace {

// One order has several parts, which are announced one after the other.
constexpr const char* desk = R"json({
  "flowtank": 1, "name": "desk",
  "commands": { "Order": { "key": "job", "fields": { "job": "string", "parts": "int" } } },
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string", "part": "int" } } },
  "handlers": { "order": { "on": "Order", "steps": [
    { "for": "part", "in": "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25].filter(p, p <= command.data.parts)", "do": [
      { "publish": "Job", "id": "=command.data.job + string(part)", "data": { "job": "=command.data.job", "part": "=part" } } ] } ] } }
})json";
// Notes how often it did each part, and whether a part came after a later one of its job.
constexpr const char* worker = R"json({
  "flowtank": 1, "name": "worker",
  "events": { "Job": { "channel": "jobs", "key": "job", "fields": { "job": "string", "part": "int" } } },
  "tables": { "done": { "key": "part", "columns": { "part": "string", "times": "int" } },
              "jobs": { "key": "job", "columns": { "job": "string", "last": "int", "overtaken": "int" } } },
  "handlers": { "work": { "on": "Job", "steps": [
    { "transaction": [
        { "insert": "done", "row": { "part": "=event.data.job + string(event.data.part)", "times": 0 }, "on_conflict": "ignore" },
        { "update": "done", "key": "=event.data.job + string(event.data.part)", "add": { "times": 1 } },
        { "insert": "jobs", "row": { "job": "=event.data.job", "last": 0, "overtaken": 0 }, "on_conflict": "ignore" },
        { "update": "jobs", "key": "=event.data.job", "add": { "overtaken": "=event.data.part < row.last ? 1 : 0" }, "set": { "last": "=event.data.part > row.last ? event.data.part : row.last" } } ],
      "isolation": "serializable", "label": "work" },
    { "ack": true, "label": "ack" } ] } }
})json";

struct Setting {
  std::string bus{}, channel{}, subscription{}, service{}, faults{};
  int jobs = 2, instances = 2;
  const char* takes = "1";
  const char* horizon = "600";
};

std::string scenario_of(const Setting& s) {
  return fmt::format(R"json({{
    "flowtank": 1, "title": "t",
    "brokers": {{ "bus": {{ "kind": "sns_sqs"{}, "queues": {{ "jobs": {{ {} }}, "dead": {{}} }} }} }},
    "services": {{ "desk": {{ "use": "desk" }}, "worker": {{ "use": "worker", "instances": {}, "subscriptions": {{ "jobs": {{ {} }} }}, "takes": {{ "constant_ms": {} }}{} }} }},
    "clients": {{ "c": {{ "sends": "Order", "to": "desk", "count": 1, "data": {{ "job": "a", "parts": {} }} }} }},
    "faults": [ {} ],
    "properties": [ {{ "name": "once", "for": "d in worker.done", "always": "d.times <= 1" }},
                    {{ "name": "in order", "for": "j in worker.jobs", "always": "j.overtaken == 0" }},
                    {{ "name": "all", "for": "a in accepted.Job", "at_quiescence": "size(worker.done) == {}" }} ],
    "run": {{ "seed": 1, "horizon_s": {} }}
  }})json", s.bus.empty() ? "" : ", " + s.bus, s.channel, s.instances, s.subscription, s.takes, s.service, s.jobs, s.faults, s.jobs, s.horizon);
}

std::optional<Result> driven(const Setting& setting, bool check, Diagnostics& diagnostics) {
  const std::map<std::string, std::string> files = {{"worker.json", worker}, {"desk.json", desk}, {"s.json", scenario_of(setting)}};
  LoadOptions options;
  options.purpose = check ? LoadPurpose::check : LoadPurpose::run;
  options.files = &files;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  if (!loaded) return std::nullopt;
  CheckOptions how;
  how.self_check = true;
  return check ? check_scenario(*loaded, shipped_brokers(), how, diagnostics) : run_scenario(*loaded, shipped_brokers(), RunOptions{}, diagnostics);
}

// "PASS PASS FAIL": once, in order, all.
std::string verdicts(const Setting& setting, bool check) {
  Diagnostics diagnostics;
  const auto result = driven(setting, check, diagnostics);
  INFO((diagnostics.all().empty() ? std::string() : diagnostics.all().front().message));
  REQUIRE(result);
  INFO(result->our_fault);
  CHECK(result->our_fault.empty());
  std::string out;
  for (const PropertyOutcome& outcome : result->properties) out += (out.empty() ? "" : " ") + std::string(to_text(outcome.verdict.kind));
  return out;
}
std::string explored(const Setting& setting) { return verdicts(setting, true); }
std::string timed(const Setting& setting) { return verdicts(setting, false); }

constexpr const char* crash = R"json({ "name": "crash", "kind": "crash", "on": { "service": "worker" }, "at": "work", "nth": 1, "budget": 1, "restart_after_ms": 100 })json";
constexpr const char* crash_late = R"json({ "name": "crash", "kind": "crash", "on": { "service": "worker" }, "at": "ack", "nth": 1, "budget": 1, "restart_after_ms": 100 })json";

std::string first_code(const Setting& setting) {
  Diagnostics diagnostics;
  const auto result = driven(setting, true, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.severity == Severity::error) return d.code;
  }
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.code == "FT-SQS-030") return d.code;
  }
  return result ? "" : "?";
}

}  // namespace

TEST_CASE("sns_sqs_world.a_standard_queue_keeps_no_order_and_a_fifo_queue_that_of_a_group") {
  CHECK(explored({}) == "PASS FAIL PASS");  // two pollers at once
  CHECK(explored({.bus = R"("FifoQueue": true)"}) == "PASS PASS PASS");
  CHECK(explored({.instances = 1}) == "PASS PASS PASS");
  CHECK(explored({.bus = R"("reorder": true)", .instances = 1}) == "PASS FAIL PASS");
}

TEST_CASE("sns_sqs_world.what_a_crashed_poller_held_comes_back_later_and_a_group_waits_for_it") {
  CHECK(explored({.faults = crash, .instances = 1}) == "PASS FAIL PASS");  // the second overtakes the first while it is hidden
  CHECK(explored({.bus = R"("FifoQueue": true)", .faults = crash, .instances = 1}) == "PASS PASS PASS");
  CHECK(timed({.faults = crash, .instances = 1}) == "PASS FAIL PASS");
  CHECK(timed({.bus = R"("FifoQueue": true)", .faults = crash, .instances = 1}) == "PASS PASS PASS");
  CHECK(explored({.faults = crash_late, .jobs = 1, .instances = 1}) == "FAIL PASS PASS");
}

TEST_CASE("sns_sqs_world.a_timeout_shorter_than_the_handling_has_it_handled_twice_unless_it_is_extended") {
  CHECK(timed({.jobs = 1, .takes = "40000"}) == "FAIL PASS INCONCLUSIVE");  // each run is late, so there is no end
  CHECK(explored({.jobs = 1, .takes = "40000"}) == "FAIL PASS PASS");
  CHECK(timed({.bus = R"("visibility_extension": 10)", .jobs = 1, .takes = "40000"}) == "PASS PASS PASS");
  CHECK(explored({.bus = R"("visibility_extension": 10)", .jobs = 1, .takes = "40000"}) == "PASS PASS PASS");
  CHECK(timed({.bus = R"("VisibilityTimeout": 300)", .jobs = 1, .takes = "40000"}) == "PASS PASS PASS");
  CHECK(explored({.jobs = 1, .takes = "1000"}) == "PASS PASS PASS");
}

TEST_CASE("sns_sqs_world.a_pause_as_long_as_the_timeout_lets_it_pass_also_where_pollers_extend_it") {
  const auto pause = [](int ms) { return fmt::format(R"json({{ "name": "p", "kind": "pause", "on": {{ "service": "worker" }}, "from_ms": 1, "length": {{ "constant_ms": {} }} }})json", ms); };
  CHECK(explored({.faults = pause(60'000), .jobs = 1}) == "FAIL PASS PASS");
  CHECK(explored({.bus = R"("visibility_extension": 10)", .faults = pause(60'000), .jobs = 1}) == "FAIL PASS PASS");
  CHECK(explored({.faults = pause(5'000), .jobs = 1}) == "PASS PASS PASS");
  CHECK(explored({.bus = R"("VisibilityTimeout": 300)", .faults = pause(60'000), .jobs = 1}) == "PASS PASS PASS");
  const std::string slow = R"json({ "name": "s", "kind": "slow", "on": { "service": "worker" }, "factor": 20, "from_ms": 0, "length": { "constant_ms": 600000 } })json";
  CHECK(explored({.faults = slow, .jobs = 1, .takes = "2000"}) == "FAIL PASS PASS");
  CHECK(explored({.bus = R"("visibility_extension": 10)", .faults = slow, .jobs = 1, .takes = "2000"}) == "PASS PASS PASS");
}

// A failed handling comes back after its backoff, and others are handled meanwhile.
TEST_CASE("sns_sqs_world.what_is_released_with_a_backoff_is_overtaken") {
  const std::string error = R"json({ "name": "e", "kind": "handler_error", "on": { "service": "worker" }, "at": "work", "budget": 1, "nth": 1 })json";
  const auto with = [&](const char* backoff, bool fifo) {
    return Setting{.bus = std::string(R"("on_error": "release")") + (fifo ? R"(, "FifoQueue": true)" : ""), .service = fmt::format(R"(, "retry": {{ "attempts": 0, "backoff_ms": {} }})", backoff), .faults = error, .instances = 1};
  };
  CHECK(explored(with("1000", false)) == "PASS FAIL PASS");
  CHECK(timed(with("1000", false)) == "PASS FAIL PASS");
  CHECK(explored(with("0", false)) == "PASS PASS PASS");
  CHECK(explored(with("1000", true)) == "PASS PASS PASS");
}

TEST_CASE("sns_sqs_world.a_lost_answer_makes_a_second_message_in_a_standard_queue_only") {
  const std::string lost = R"json({ "name": "lost", "kind": "ambiguous_publish", "on": { "channel": "jobs" }, "budget": 1 })json";
  CHECK(explored({.faults = lost, .jobs = 1}) == "FAIL PASS PASS");
  CHECK(explored({.bus = R"("FifoQueue": true)", .faults = lost, .jobs = 1}) == "PASS PASS PASS");
  CHECK(explored({.bus = R"("FifoQueue": true, "MessageDeduplicationId": "content")", .faults = lost, .jobs = 1}) == "PASS PASS PASS");
  CHECK(explored({.bus = R"("FifoQueue": true, "MessageDeduplicationId": "attempt", "max_attempts": 1)", .faults = lost, .jobs = 1}) == "FAIL PASS PASS");
  CHECK(explored({.bus = R"("max_attempts": 1, "FifoQueue": true)", .faults = lost, .jobs = 1}) == "PASS PASS PASS");
}

TEST_CASE("sns_sqs_world.exhausted_messages_go_to_the_dead_letters_and_let_the_group_go_on") {
  const std::string poison = R"json({ "name": "poison", "kind": "poison", "on": { "service": "worker", "where": "event.data.part == 1" } })json";
  const Setting fifo{.bus = R"("FifoQueue": true, "VisibilityTimeout": 5)", .channel = R"("RedrivePolicy": "{\"maxReceiveCount\": 2, \"deadLetterTargetArn\": \"dead\"}")", .faults = poison};
  CHECK(timed(fifo) == "PASS PASS FAIL");  // part 2 is done, part 1 is not
  CHECK(explored(fifo) == "PASS PASS FAIL");
  Setting without = fifo;
  without.channel = "";
  CHECK(timed(without) == "VACUOUS VACUOUS INCONCLUSIVE");  // the group is blocked for ever (SQS-FIFO-3)
}

TEST_CASE("sns_sqs_world.a_filter_policy_keeps_messages_from_a_queue") {
  CHECK(timed({.subscription = R"("FilterPolicy": "{\"part\": [{\"numeric\": [\">\", 0]}]}")"}) == "PASS PASS PASS");
  CHECK(timed({.subscription = R"("FilterPolicy": "{\"part\": [2]}")"}) == "PASS PASS FAIL");
  CHECK(timed({.subscription = R"("FilterPolicy": "{\"job\": [\"a\"]}", "FilterPolicyScope": "MessageBody")"}) == "PASS PASS PASS");
  CHECK(timed({.subscription = R"("FilterPolicy": "{\"type\": [\"Other\"]}")"}) == "VACUOUS VACUOUS FAIL");
}

TEST_CASE("sns_sqs_world.retention_takes_what_nobody_reads_in_time") {
  // Twenty-five messages of five seconds each at one poller: the last waits for longer than a minute.
  CHECK(timed({.bus = R"("MessageRetentionPeriod": 60)", .jobs = 25, .instances = 1, .takes = "5000", .horizon = "1000"}) == "PASS PASS FAIL");
  CHECK(timed({.jobs = 25, .instances = 1, .takes = "5000", .horizon = "1000"}) == "PASS PASS PASS");
  const std::string expiry = R"json({ "name": "old", "kind": "expiry", "on": { "channel": "jobs" }, "lost": 1 })json";
  CHECK(explored({.faults = expiry, .jobs = 1}) == "PASS PASS FAIL");
}

TEST_CASE("sns_sqs_world.the_limit_in_flight_and_delays_only_slow_down") {
  CHECK(timed({.bus = R"("in_flight_limit": 1)", .jobs = 20, .instances = 4, .takes = "1500"}) == "PASS PASS PASS");
  CHECK(explored({.bus = R"("in_flight_limit": 1)"}) == "PASS PASS PASS");
  CHECK(timed({.bus = R"("DelaySeconds": 10)", .jobs = 5, .instances = 1}) == "PASS PASS PASS");
  CHECK(timed({.bus = R"("DelaySeconds": 10, "FifoQueue": true)", .jobs = 5}) == "PASS PASS PASS");
  CHECK(explored({.bus = R"("DelaySeconds": 10)", .instances = 1}) == "PASS FAIL PASS");  // delays end in any order
}

TEST_CASE("sns_sqs_world.the_chaos_knobs_show_what_a_standard_queue_may_do") {
  CHECK(explored({.bus = R"("dup_probability": 0.5)", .jobs = 1}) == "FAIL PASS PASS");
  CHECK(timed({.bus = R"("dup_probability": 1)", .jobs = 1}) == "FAIL PASS PASS");
  CHECK(timed({.jobs = 1}) == "PASS PASS PASS");
}

TEST_CASE("sns_sqs_world.faults_of_copies_strike_queues_as_they_strike_others") {
  const auto copy = [](const char* kind) { return fmt::format(R"json({{ "name": "f", "kind": "{}", "on": {{ "channel": "jobs" }}, "budget": 1 }})json", kind); };
  const std::string deadline = R"json({ "name": "f", "kind": "ack_deadline", "on": { "service": "worker" }, "budget": 1 })json";
  CHECK(explored({.faults = copy("duplicate"), .jobs = 1}) == "FAIL PASS PASS");
  CHECK(explored({.faults = copy("loss"), .jobs = 1}) == "PASS PASS FAIL");
  CHECK(explored({.bus = R"("FifoQueue": true)", .faults = copy("reorder")}) == "PASS FAIL PASS");
  CHECK(explored({.bus = R"("FifoQueue": true)", .faults = deadline, .jobs = 1}) == "FAIL PASS PASS");
}

// Each message takes two seconds, and what is received together has one timeout.
TEST_CASE("sns_sqs_world.messages_of_one_receive_wait_for_each_other_while_their_timeout_runs") {
  const auto ten = [](const std::string& bus, const char* faults = "", int instances = 2) { return timed({.bus = bus, .faults = faults, .jobs = 10, .instances = instances, .takes = "1000"}); };
  CHECK(ten(R"("VisibilityTimeout": 5)").starts_with("PASS"));
  CHECK(ten(R"("VisibilityTimeout": 5, "MaxNumberOfMessages": 2)").starts_with("PASS"));
  CHECK(ten(R"("VisibilityTimeout": 5, "MaxNumberOfMessages": 10)").starts_with("FAIL"));  // SQS-VIS-1
  CHECK(ten(R"("VisibilityTimeout": 5, "MaxNumberOfMessages": 10, "visibility_extension": 2)") == "PASS PASS PASS");
  CHECK(ten(R"("VisibilityTimeout": 60, "MaxNumberOfMessages": 10)") == "PASS PASS PASS");
  CHECK(ten(R"("FifoQueue": true, "VisibilityTimeout": 60, "MaxNumberOfMessages": 10)") == "PASS PASS PASS");  // SQS-FIFO-2
  // A client that dies takes nothing with it: the rest of its receive is visible after the timeout.
  CHECK(ten(R"("MaxNumberOfMessages": 10)", crash, 1).ends_with("PASS"));
  CHECK(ten(R"("FifoQueue": true, "MaxNumberOfMessages": 10)", crash, 1) == "PASS PASS PASS");
  CHECK(ten(R"("MaxNumberOfMessages": 10, "in_flight_limit": 3)", "", 1) == "PASS PASS PASS");
}

TEST_CASE("sns_sqs_world.wrong_attributes_are_diagnosed_with_their_rule") {
  CHECK(first_code({.bus = R"("ContentBasedDeduplication": true)"}) == "FT-SQS-001");
  CHECK(first_code({.bus = R"("MessageGroupId": "all")"}) == "FT-SQS-001");
  CHECK(first_code({.bus = R"("FifoQueue": true, "reorder": true)"}) == "FT-SQS-002");
  CHECK(first_code({.bus = R"("FifoQueue": true, "FifoThroughputLimit": "perMessageGroupId")"}) == "FT-SQS-003");
  CHECK(first_code({.bus = R"("RedrivePolicy": "{}")"}) == "FT-SQS-004");
  CHECK(first_code({.subscription = R"("FilterPolicy": "{\"part\": [{\"like\": 1}]}")"}) == "FT-SQS-005");
  CHECK(first_code({.subscription = R"("FilterPolicyScope": "MessageBody")"}) == "FT-SQS-006");
  CHECK(first_code({.bus = R"("visibility_extension": 30)"}) == "FT-SQS-007");
  CHECK(first_code({.subscription = R"("FifoQueue": true)"}) == "FT-SQS-008");
  CHECK(first_code({.channel = R"("RedrivePolicy.maxReceiveCount": 3, "RedrivePolicy.deadLetterTargetArn": "nowhere")"}) == "FT-SQS-009");
  CHECK(first_code({.bus = R"("MaxNumberOfMessages": 11)"}) == "FT-RANGE-004");
  CHECK(first_code({.bus = R"("WaitTimeSeconds": 10)"}) == "FT-SQS-030");
  CHECK(first_code({.bus = R"("VisibilityTimeOut": 5)"}) == "FT-KEY-001");
  CHECK(first_code({.bus = R"("VisibilityTimeout": 43201)"}) == "FT-RANGE-004");
  CHECK(first_code({.bus = R"("FifoQueue": "maybe")"}) == "FT-TYPE-001");
  CHECK(first_code({.bus = R"("FifoQueue": true, "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId")"}) == "FT-SQS-030");
  CHECK(first_code({.bus = R"("FifoQueue": true, "DeduplicationScope": "messageGroup")"}) == "");
}

}  // namespace flowtank
