// SPDX-License-Identifier: Apache-2.0
// Verdicts of the two drivers on small scenarios: each kind of verdict comes out, witnesses are shortest and
// replay, limits and faults without effect are said, and the exit code follows the expectations.
#include <catch2/catch.hpp>

#include <algorithm>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>

namespace flowtank {
namespace {

const std::string duplicate = FLOWTANK_SOURCE_DIR "/scenarios/store-payment-without-inbox-duplicate.json";
const std::string crash_duplicate = FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns-crash-duplicate.json";

Scenario load(const std::string& file, LoadPurpose purpose, std::vector<std::string> overrides = {}) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.purpose = purpose;
  options.overrides = std::move(overrides);
  auto scenario = load_scenario(file, options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  return std::move(*scenario);
}

Result check(const Scenario& scenario, const CheckOptions& options = {}) {
  Diagnostics diagnostics;
  auto result = check_scenario(scenario, shipped_brokers(), options, diagnostics);
  REQUIRE(result);
  CHECK(result->our_fault == "");
  return std::move(*result);
}

Result run(const Scenario& scenario, const RunOptions& options = {}) {
  Diagnostics diagnostics;
  auto result = run_scenario(scenario, shipped_brokers(), options, diagnostics);
  REQUIRE(result);
  CHECK(result->our_fault == "");
  return std::move(*result);
}

const PropertyOutcome& of(const Result& result, const std::string& name) {
  for (const PropertyOutcome& property : result.properties) {
    if (property.verdict.property == name) return property;
  }
  FAIL("no property " + name);
  return result.properties.front();
}

std::vector<std::string> business(const PropertyOutcome& property) {
  std::vector<std::string> labels;
  for (const WitnessStep& step : property.witness->steps) {
    if (!step.business.empty()) labels.push_back(step.business);
  }
  return labels;
}

TEST_CASE("run_scenario.is_over_when_only_watches_are_left") {
  // Kafka watches each handling for max.poll.interval.ms, five minutes; the horizon is two.
  const std::string all = FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json";
  const std::vector<std::string> on_kafka{"brokers.bus.kind=kafka", "services.payment.with.publish=inline"};
  const Result over = run(load(all, LoadPurpose::run, on_kafka));
  CHECK(of(over, "every order is paid").verdict.kind == VerdictKind::pass);
  // What would still change something keeps it open.
  std::vector<std::string> cut = on_kafka;
  cut.emplace_back("run.horizon_s=0.2");
  CHECK(of(run(load(all, LoadPurpose::run, cut)), "every order is paid").verdict.kind == VerdictKind::inconclusive);
}

TEST_CASE("check_scenario.finds_the_shortest_story_and_replays_it") {
  const Scenario scenario = load(duplicate, LoadPurpose::check);
  const Result result = check(scenario);
  const PropertyOutcome& failed = of(result, "charged at most once");
  CHECK(failed.verdict.kind == VerdictKind::fail);
  CHECK(failed.verdict.strength == Strength::proved);
  REQUIRE(failed.witness);
  REQUIRE_FALSE(failed.verdict.evidence.empty());
  CHECK(failed.verdict.evidence[0].key == "o-1");
  CHECK(failed.verdict.evidence[0].record < failed.witness->trace.size());
  // Place, relay, charge, the duplicate, and the second charge are among its business steps, once each.
  const auto labels = business(failed);
  CHECK(std::count(labels.begin(), labels.end(), "duplicate") == 1);
  CHECK(result.exit == ExitCode::ok);
  CHECK(result.faults[0].took_effect);
  CHECK(result.faults[0].states > 0);

  Diagnostics diagnostics;
  const auto replayed = replay_scenario(scenario, shipped_brokers(), failed.witness->log, {}, diagnostics);
  REQUIRE(replayed);
  CHECK(of(*replayed, "charged at most once").verdict.kind == VerdictKind::fail);
}

TEST_CASE("check_scenario.a_complete_exploration_proves") {
  const Result result = check(load(crash_duplicate, LoadPurpose::check));
  CHECK(result.complete);
  for (const PropertyOutcome& property : result.properties) {
    CHECK(property.verdict.kind == VerdictKind::pass);
    CHECK(property.verdict.strength == Strength::proved);
  }
  CHECK(result.exit == ExitCode::ok);
}

TEST_CASE("check_scenario.the_engine_checks_itself") {
  CheckOptions options;
  options.self_check = true;
  options.exact = true;
  const Scenario scenario = load(duplicate, LoadPurpose::check);
  CHECK(check(scenario, options).counts.states == check(scenario).counts.states);
}

TEST_CASE("check_scenario.limits_make_it_inconclusive") {
  const Scenario scenario = load(crash_duplicate, LoadPurpose::check);
  CheckOptions few;
  few.states = 100;
  CheckOptions shallow;
  shallow.depth = 5;
  CheckOptions no_time;
  no_time.out_of_time = [] { return true; };
  std::atomic<bool> stop{true};
  CheckOptions stopped;
  stopped.cancelled = &stop;
  for (const CheckOptions* options : {&few, &shallow, &no_time, &stopped}) {
    const Result result = check(scenario, *options);
    CHECK_FALSE(result.complete);
    CHECK(result.exit == ExitCode::inconclusive);
    for (const PropertyOutcome& property : result.properties) {
      CHECK(property.verdict.kind == VerdictKind::inconclusive);
      CHECK_FALSE(property.verdict.note.empty());
    }
  }
  CHECK(check(scenario, stopped).interrupted);
}

TEST_CASE("check_scenario.a_fault_that_cannot_strike_makes_it_vacuous") {
  const Scenario scenario = load(duplicate, LoadPurpose::check, {"faults.dup.on.where=event.key == 'nobody'", "services.payment.with.consume=inbox"});
  const Result result = check(scenario);
  for (const PropertyOutcome& property : result.properties) CHECK(property.verdict.kind == VerdictKind::vacuous);
  CHECK(result.exit == ExitCode::not_met);
}

// A message that can never be handled is tried for ever: no end violates the promise, the loop does.
TEST_CASE("check_scenario.a_promise_is_broken_by_a_loop") {
  const Scenario scenario = load(FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json", LoadPurpose::check,
                                 {R"(faults=[{"name":"bad","kind":"poison","on":{"service":"payment","event":"OrderPlaced"}}])", "expect={}",
                                  R"(properties=[{"name":"settled","for":"o in order.orders","eventually":"o.status == 'paid'"}])"});
  const Result result = check(scenario);
  CHECK(result.properties[0].verdict.kind == VerdictKind::fail);
  CHECK_FALSE(result.properties[0].verdict.evidence.empty());
  CHECK(result.exit == ExitCode::not_met);
}

// Faults that strike by themselves are switched off as all others are.
TEST_CASE("run_scenario.a_budget_of_nothing_switches_off_poison_and_full_queues") {
  for (const char* file : {"poison-control", "queue-limit-control"}) {
    INFO(file);
    const std::string path = FLOWTANK_SOURCE_DIR "/scenarios/faults/" + std::string(file) + ".json";
    const Scenario plain = load(path, LoadPurpose::run);
    const std::string name = plain.system->faults[0].name;
    const Result without = run(load(path, LoadPurpose::run, {"faults." + name + ".budget=0", "expect={}"}));
    CHECK(run(plain).faults[0].strikes > 0);
    CHECK(without.faults[0].strikes == 0);
    CHECK(without.run.fingerprint == run(load(path, LoadPurpose::run, {"faults=[]", "expect={}"})).run.fingerprint);
  }
}

TEST_CASE("run_scenario.observes_and_traces_what_fails") {
  const Scenario scenario = load(duplicate, LoadPurpose::run);
  const Result result = run(scenario);
  const PropertyOutcome& failed = of(result, "charged at most once");
  CHECK(failed.verdict.kind == VerdictKind::fail);
  CHECK(failed.verdict.strength == Strength::observed);
  REQUIRE(failed.witness);
  CHECK_FALSE(failed.witness->trace.empty());
  CHECK(result.faults[0].strikes == 1);
  CHECK(result.exit == ExitCode::ok);
  CHECK(run(scenario).run.fingerprint == result.run.fingerprint);
  Diagnostics diagnostics;
  const auto replayed = replay_scenario(scenario, shipped_brokers(), failed.witness->log, {}, diagnostics);
  REQUIRE(replayed);
  CHECK(replayed->run.fingerprint == result.run.fingerprint);
  CHECK(replayed->our_fault == "");
}

TEST_CASE("run_scenario.a_horizon_before_the_end_is_inconclusive") {
  RunOptions options;
  options.horizon = Time(50'000'000);
  const Result result = run(load(crash_duplicate, LoadPurpose::run, {"faults=[]"}), options);
  CHECK(result.run.end == RunEnd::horizon);
  CHECK(of(result, "every order is paid").verdict.kind == VerdictKind::inconclusive);
}

TEST_CASE("replay_scenario.a_log_that_does_not_fit_is_refused_in_words") {
  const Scenario scenario = load(duplicate, LoadPurpose::check);
  DecisionLog log;
  log.actions = {{"deliver a whale", 1}};
  Diagnostics diagnostics;
  CHECK_FALSE(replay_scenario(scenario, shipped_brokers(), log, {}, diagnostics));
  REQUIRE(diagnostics.errors() == 1);
  CHECK(diagnostics.all()[0].code == "FT-LOG-006");
  CHECK(diagnostics.all()[0].hint.find("send shoppers") != std::string::npos);
}

Result judged(VerdictKind kind, Strength strength, std::vector<Expectation> expectations) {
  Scenario scenario;
  scenario.expectations = std::move(expectations);
  Result result;
  result.driver = Driver::check;
  PropertyOutcome outcome;
  outcome.verdict.property = "p";
  outcome.verdict.kind = kind;
  outcome.verdict.strength = strength;
  result.properties.push_back(std::move(outcome));
  judge(scenario, result);
  return result;
}

Expectation expects(VerdictKind kind, Strength at_least = Strength{}, std::string driver = "") {
  Expectation e;
  e.property = "p";
  e.verdict = kind;
  e.at_least = at_least;
  e.driver = std::move(driver);
  return e;
}

TEST_CASE("judge.exit_codes_follow_the_expectations") {
  using enum VerdictKind;
  const Strength weak{};
  CHECK(judged(pass, Strength::proved, {}).exit == ExitCode::ok);
  CHECK(judged(fail, Strength::proved, {}).exit == ExitCode::not_met);
  CHECK(judged(vacuous, weak, {}).exit == ExitCode::not_met);
  CHECK(judged(inconclusive, weak, {}).exit == ExitCode::inconclusive);
  CHECK(judged(fail, Strength::proved, {expects(fail)}).exit == ExitCode::ok);
  CHECK(judged(pass, Strength::proved, {expects(fail)}).exit == ExitCode::not_met);
  CHECK(judged(vacuous, weak, {expects(vacuous)}).exit == ExitCode::ok);
  CHECK(judged(inconclusive, weak, {expects(inconclusive)}).exit == ExitCode::ok);
  CHECK(judged(pass, Strength::observed, {expects(pass, Strength::proved)}).exit == ExitCode::not_met);
  CHECK(judged(fail, Strength::proved, {expects(fail, weak, "run")}).exit == ExitCode::not_met);
  CHECK(judged(fail, Strength::proved, {expects(pass), expects(fail, weak, "check")}).exit == ExitCode::ok);
}

}  // namespace
}  // namespace flowtank
