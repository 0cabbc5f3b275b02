// SPDX-License-Identifier: Apache-2.0
// Properties of the library over scenarios that really run: what runs make, send, apply and refuse reaches the
// rules. Each kind passes where it must and fails where a bug is planted; where both drivers can judge, both do.
#include "tests/property/scene.hpp"

namespace flowtank::testing {
namespace {

const std::string reorder = R"json({ "name": "late", "kind": "reorder", "on": { "channel": "things", "consumer": "sink" }, "delay": { "constant_ms": 500 }, "nth": 1, "budget": 1 })json";

void expect(const Scene& scene, const std::string& property, Driver driver, VerdictKind kind, const std::string& sentence = "") {
  INFO((driver == Driver::run ? "run" : "check"));
  const Verdict verdict = judge(scene, property, driver);
  INFO(verdict.note << " " << (verdict.evidence.empty() ? "" : verdict.evidence.front().sentence));
  CHECK(verdict.kind == kind);
  if (!sentence.empty() && !verdict.evidence.empty()) CHECK(verdict.evidence.front().sentence == sentence);
}
void expect_both(const Scene& scene, const std::string& property, VerdictKind kind, const std::string& sentence = "") {
  expect(scene, property, Driver::run, kind, sentence);
  expect(scene, property, Driver::check, kind, sentence);
}

}  // namespace

TEST_CASE("scenes.per_key_order_sees_a_late_event_applied") {
  const std::string property = R"({"name": "p", "use": "per_key_order", "consumer": "sink"})";
  Scene scene;
  expect_both(scene, property, VerdictKind::pass);
  scene.faults = reorder;
  expect_both(scene, property, VerdictKind::fail, "k: sink applied Made(k) after Made(k), although it was sent first");
  // Different keys have no order.
  scene.id = "'k' + string(n)";
  expect_both(scene, property, VerdictKind::vacuous);
}

TEST_CASE("scenes.per_key_order_forgives_what_changes_nothing") {
  const std::string property = R"({"name": "p", "use": "per_key_order", "consumer": "sink"})";
  Scene scene;
  scene.count = 3;
  scene.faults = reorder;
  scene.made = R"json({ "transaction": [ { "insert": "seen", "row": { "id": "=event.data.id", "n": -1 }, "on_conflict": "ignore" },
    { "update": "seen", "key": "=event.data.id", "if": "row.n < event.data.n", "set": { "n": "=event.data.n" } } ], "isolation": "serializable" })json";
  expect(scene, property, Driver::run, VerdictKind::pass);
  expect(scene, R"({"name": "p", "use": "per_key_order", "consumer": "sink", "applied": "handled"})", Driver::run, VerdictKind::fail);
}

TEST_CASE("scenes.per_key_order_by_a_number_in_the_event") {
  const std::string property = R"({"name": "p", "use": "per_key_order", "event": "Made", "by": "event.data.n", "consumer": "sink"})";
  Scene scene;
  expect(scene, property, Driver::run, VerdictKind::pass);
  scene.source = R"json({ "publish": "Made", "data": { "id": "=command.data.id", "n": "=10 - command.data.n" } })json";
  expect(scene, property, Driver::run, VerdictKind::fail, "k: sink applied Made(k) after Made(k), although it was numbered first");
}

TEST_CASE("scenes.causal_order_goes_over_services") {
  const std::string property = R"({"name": "p", "use": "causal_order"})";
  Scene scene;
  scene.count = 1;
  scene.middle = R"json({ "publish": "Told", "data": { "id": "=event.data.id" } })json";
  expect(scene, property, Driver::check, VerdictKind::fail, "k: sink applied Made(k) only after Told(k), which it caused (Made(k) -> Told(k))");
  scene.told = R"json({ "if": "!(event.data.id in db.seen)", "then": [ { "fail": "too early" } ] }, )json" + scene.told;
  expect(scene, property, Driver::check, VerdictKind::pass);
  expect(scene, property, Driver::run, VerdictKind::pass);
}

TEST_CASE("scenes.agreement_on_order_compares_services") {
  const std::string property = R"({"name": "p", "use": "agreement_on_order", "channel": "things"})";
  Scene scene;
  scene.mirror = true;
  expect_both(scene, property, VerdictKind::pass);
  scene.faults = reorder;
  expect_both(scene, property, VerdictKind::fail);
}

TEST_CASE("scenes.confluent_compares_ends") {
  const std::string property = R"({"name": "p", "use": "confluent", "tables": ["sink.seen"]})";
  Scene scene;
  scene.id = "'k' + string(n)";
  scene.made = R"json({ "insert": "seen", "row": { "id": "all", "n": "=event.data.n" }, "on_conflict": "update" })json";
  const Verdict wrong = judge(scene, property, Driver::check);
  REQUIRE(wrong.kind == VerdictKind::fail);
  CHECK(wrong.strength == Strength::proved);
  CHECK(wrong.evidence.front().sentence.starts_with("sink.seen[all] ends in two ways: n is "));
  expect(scene, property, Driver::run, VerdictKind::inconclusive);
  expect(scene, R"({"name": "p", "use": "confluent", "tables": ["sink.seen"], "ignore": ["sink.seen.n"]})", Driver::check, VerdictKind::pass);
  scene.made = R"json({ "insert": "seen", "row": { "id": "all", "n": 0 }, "on_conflict": "ignore" }, { "update": "seen", "key": "all", "add": { "n": "=event.data.n" } })json";
  expect(scene, property, Driver::check, VerdictKind::pass);
}

TEST_CASE("scenes.no_acknowledged_loss_starts_with_the_answer") {
  const std::string property = R"({"name": "p", "use": "no_acknowledged_loss"})";
  Scene scene;
  expect_both(scene, property, VerdictKind::pass);
  scene.faults = R"json({ "name": "lost", "kind": "loss", "on": { "channel": "things" }, "nth": 1, "budget": 1 })json";
  expect_both(scene, property, VerdictKind::fail, "k: the producer of Made(k) was told that it is stored, but sink never got it");
  scene.source = R"json({ "publish": "Made", "confirm": false, "data": { "id": "=command.data.id", "n": "=command.data.n" } })json";
  expect_both(scene, property, VerdictKind::vacuous);
}

TEST_CASE("scenes.replay_is_silent_for_named_handlers") {
  const std::string property = R"({"name": "p", "use": "replay_is_silent", "handlers": ["sink.made"]})";
  Scene scene;
  expect_both(scene, property, VerdictKind::pass);
  scene.made = R"json({ "effect": "wave", "key": "=event.data.id" })json";
  expect_both(scene, property, VerdictKind::fail, "k: wave happened during the replay, when Made(k) was handled again");
}

TEST_CASE("scenes.idempotency_key_of_the_operation_not_of_the_event") {
  const std::string property = R"({"name": "p", "use": "idempotency_key", "effect": "wave"})";
  Scene scene;
  scene.made = R"json({ "effect": "wave", "key": "=event.data.id", "idempotency_key": "=event.data.id" })json";
  expect_both(scene, property, VerdictKind::pass);
  scene.made = R"json({ "effect": "wave", "key": "=event.data.id", "idempotency_key": "=event.id" })json";
  expect_both(scene, property, VerdictKind::fail);
}

TEST_CASE("scenes.dlq_empty_and_amplification_see_what_fails") {
  Scene scene;
  const std::string empty = R"({"name": "p", "use": "dlq_empty"})";
  const std::string few = R"({"name": "p", "use": "bounded_amplification", "of": "runs", "consumer": "sink", "at_most": 1.5})";
  expect_both(scene, empty, VerdictKind::pass);
  expect(scene, few, Driver::run, VerdictKind::pass);
  scene.handler = R"json("retry": { "attempts": 3, "backoff_ms": 10 },)json";
  scene.made = R"json({ "fail": "never" })json";
  expect_both(scene, empty, VerdictKind::fail);
  expect(scene, few, Driver::run, VerdictKind::fail);
  expect(scene, few, Driver::check, VerdictKind::inconclusive);
}

TEST_CASE("scenes.no_head_of_line_blocking_sees_who_waits") {
  const std::string property = R"({"name": "p", "use": "no_head_of_line_blocking", "within_s": 5})";
  Scene scene;
  scene.id = "'k' + string(n)";
  scene.made = R"json({ "if": "event.data.n == 0", "then": [ { "fail": "no" } ] })json";
  scene.handler = R"json("retry": { "attempts": 9, "backoff_ms": 2000 },)json";
  expect(scene, property, Driver::run, VerdictKind::pass);  // lanes for each key: only the failing one waits
  scene.made = R"json({ "if": "event.data.n == 0", "then": [ { "wait": { "constant_s": 9 } }, { "fail": "no" } ] })json";
  scene.handler = R"json("retry": { "attempts": 4, "backoff_ms": 0 },)json";
  scene.arrivals = R"json({ "every_ms": 9500 })json";
  expect(scene, property, Driver::run, VerdictKind::fail);
}

TEST_CASE("scenes.queues_have_bounds_that_are_proved") {
  Scene scene;
  scene.id = "'k' + string(n)";
  expect(scene, R"({"name": "p", "use": "bounded_queue", "at_most": 2})", Driver::check, VerdictKind::pass);
  expect(scene, R"({"name": "p", "use": "bounded_queue", "at_most": 1})", Driver::check, VerdictKind::fail);
  expect(scene, R"({"name": "p", "use": "bounded_queue", "at_most": 1})", Driver::run, VerdictKind::pass);
  const std::string drains = R"({"name": "p", "use": "backlog_drains", "below": 0})";
  expect_both(scene, drains, VerdictKind::vacuous);
  scene.faults = R"json({ "name": "c", "kind": "crash", "on": { "service": "sink" }, "restart_after_ms": 100, "nth": 1, "budget": 1 })json";
  expect_both(scene, drains, VerdictKind::pass);
  scene.made = R"json({ "fail": "for ever" })json";
  expect(scene, drains, Driver::check, VerdictKind::fail);
}

TEST_CASE("scenes.failure_isolation_of_the_other_service") {
  const std::string property = R"({"name": "p", "use": "failure_isolation", "for": "s in mirror.seen", "until": "s.n >= 0"})";
  Scene scene;
  scene.mirror = true;
  scene.count = 1;
  expect_both(scene, property, VerdictKind::vacuous);
  scene.faults = R"json({ "name": "c", "kind": "crash", "on": { "service": "sink" }, "restart_after_ms": 100, "nth": 1, "budget": 1 })json";
  expect_both(scene, property, VerdictKind::pass);
}

}  // namespace flowtank::testing
