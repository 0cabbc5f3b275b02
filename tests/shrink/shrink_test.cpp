// SPDX-License-Identifier: Apache-2.0
// The shrinker on failures whose shortest story is known: V-13 and V-14 among forty orders and faults that do not
// matter, timed runs, ends of runs. Minimality is tested by leaving out; a shrinker that changes the
// property is planted and must be caught.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/shrink/log_shrinker.hpp>
#include <sim/shrink/scenario_tree.hpp>
#include <sim/shrink/shrink.hpp>

#include "tests/shrink/walk.hpp"

namespace flowtank {
namespace {

const std::string scenarios = FLOWTANK_SOURCE_DIR "/scenarios/";
const std::string charged_once = "charged at most once";

Scenario load(const std::string& file, const LoadOptions& options) {
  Diagnostics diagnostics;
  auto scenario = load_scenario(file, options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  return std::move(*scenario);
}

LoadOptions with(LoadPurpose purpose, std::vector<std::string> overrides = {}) {
  LoadOptions options;
  options.purpose = purpose;
  options.overrides = std::move(overrides);
  return options;
}

DecisionLog log_of(std::vector<LoggedAction> actions, const std::string& property) {
  DecisionLog log;
  log.driver = Driver::check;
  log.property = property;
  log.actions = std::move(actions);
  return log;
}

DecisionLog long_failure(const Scenario& scenario, std::size_t least) {
  for (std::uint64_t number = 1; number < 200; ++number) {
    if (auto walk = walks::failing_walk(scenario, shipped_brokers(), charged_once, number, least)) return log_of(std::move(*walk), charged_once);
  }
  FAIL("no walk fails late enough");
  return {};
}

Shrunk shrunk(const Scenario& scenario, const DecisionLog& log, const std::string& property, ShrinkOptions options) {
  Diagnostics diagnostics;
  auto result = shrink(scenario, shipped_brokers(), log, property, options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(result);
  CHECK(result->minimal);
  CHECK(violates(*result->scenario, shipped_brokers(), result->log, property));
  UNSCOPED_INFO(to_text(result->log) << result->scenario_text);
  return std::move(*result);
}

VerdictKind verdict_of(const Result& result, const std::string& property) {
  for (const PropertyOutcome& outcome : result.properties) {
    if (outcome.verdict.property == property) return outcome.verdict.kind;
  }
  FAIL("no property " + property);
  return VerdictKind::vacuous;
}

VerdictKind checked(const Scenario& scenario, const std::string& property) {
  Diagnostics diagnostics;
  const auto result = check_scenario(scenario, shipped_brokers(), {}, diagnostics);
  REQUIRE(result);
  return verdict_of(*result, property);
}

// The small scenario as a file beside the models, loaded as users would.
Scenario reloaded(const Shrunk& result, std::vector<std::string> overrides = {}) {
  const std::string file = scenarios + "shrunk-by-a-test.json";
  static std::map<std::string, std::string> files;
  files.clear();
  files[file] = result.scenario_text;
  for (const std::string& model : result.scenario->model_files) {
    std::ifstream in(model);
    files[model] = std::string(std::istreambuf_iterator<char>(in), {});
  }
  LoadOptions options = with(result.log.driver == Driver::run ? LoadPurpose::run : LoadPurpose::check, std::move(overrides));
  options.files = &files;
  return load(file, options);
}

void shrinks_to(bool crash, std::size_t least, const std::vector<std::string>& story) {
  const std::string file = scenarios + (crash ? "store-payment-without-inbox-crash.json" : "store-payment-without-inbox-duplicate.json");
  ShrinkOptions options;
  options.load = with(LoadPurpose::check, walks::forty_orders(crash));
  const Scenario scenario = load(file, options.load);
  const DecisionLog log = long_failure(scenario, least);
  CHECK(log.actions.size() >= least);
  const Shrunk result = shrunk(scenario, log, charged_once, options);
  CHECK(result.business == story);
  CHECK(result.faults == 1);
  CHECK(result.faults_before > 1);
  CHECK_FALSE(superfluous_action(*result.scenario, shipped_brokers(), result.log, charged_once));

  // As a file it loads, demands the FAIL, and nothing in it can go.
  const Scenario small = reloaded(result);
  CHECK(small.system->clients.size() == 1);
  CHECK(small.system->clients[0].count == 1);
  CHECK(small.system->faults.size() == 1);
  CHECK(small.properties.size() == 1);
  REQUIRE(small.expectations.size() == 1);
  CHECK(small.expectations[0].verdict == VerdictKind::fail);
  CHECK(violates(small, shipped_brokers(), result.log, charged_once));
  CHECK(checked(small, charged_once) == VerdictKind::fail);
  CHECK(checked(reloaded(result, {"faults=[]"}), charged_once) != VerdictKind::fail);
  CHECK(checked(reloaded(result, {"clients.shoppers.count=0"}), charged_once) != VerdictKind::fail);
}

TEST_CASE("shrink.a_duplicate_among_forty_orders_becomes_its_six_steps") {
  shrinks_to(false, 200, {"place", "relay", "charge", "duplicate", "ack", "charge"});
  shrinks_to(false, 700, {"place", "relay", "charge", "duplicate", "ack", "charge"});
}

TEST_CASE("shrink.a_crash_among_forty_orders_becomes_its_five_steps") {
  shrinks_to(true, 200, {"place", "relay", "charge", "crash", "charge"});
  shrinks_to(true, 700, {"place", "relay", "charge", "crash", "charge"});
}

TEST_CASE("shrink.the_log_alone_is_1_minimal") {
  ShrinkOptions options;
  options.load = with(LoadPurpose::check, walks::forty_orders(false));
  options.scenario = false;
  options.search_states = 2000;
  const Scenario scenario = load(scenarios + "store-payment-without-inbox-duplicate.json", options.load);
  const Shrunk result = shrunk(scenario, long_failure(scenario, 300), charged_once, options);
  CHECK(result.scenario_text.empty());
  CHECK(result.log.scenario == scenario.file);
  CHECK(result.log.overrides == options.load.overrides);
  CHECK(result.business == std::vector<std::string>{"place", "relay", "charge", "duplicate", "ack", "charge"});
  CHECK_FALSE(superfluous_action(scenario, shipped_brokers(), result.log, charged_once));
  CHECK(violates(scenario, shipped_brokers(), result.log, charged_once));
}

TEST_CASE("shrink.a_superfluous_action_is_noticed") {
  ShrinkOptions options;
  options.load = with(LoadPurpose::check, walks::forty_orders(false));
  const Scenario scenario = load(scenarios + "store-payment-without-inbox-duplicate.json", options.load);
  const DecisionLog log = long_failure(scenario, 200);
  CHECK(superfluous_action(scenario, shipped_brokers(), log, charged_once));
}

// A shrinker that takes any failure for the one it was given ends at another property; the judge sees it.
TEST_CASE("shrink.a_shrinker_that_changes_the_property_is_caught") {
  auto overrides = walks::forty_orders(false);
  overrides.push_back(R"(properties=[{"name":"charged at most once","for":"c in payment.charges","always":"c.times <= 1"},)"
                      R"({"name":"nothing is stored","for":"o in order.orders","always":"false"}])");
  overrides.push_back("expect={}");
  const LoadOptions options = with(LoadPurpose::check, overrides);
  const Scenario scenario = load(scenarios + "store-payment-without-inbox-duplicate.json", options);
  const DecisionLog log = long_failure(scenario, 200);
  using namespace shrinking;
  const auto shared = std::make_shared<const Scenario>(scenario);
  auto right = Stage::make(shared, shipped_brokers(), 1, charged_once);
  auto other = Stage::make(shared, shipped_brokers(), 1, "nothing is stored");
  REQUIRE(right);
  REQUIRE(other);
  std::string error;
  for (const bool planted : {false, true}) {
    auto trial = right->read(log.actions, error);
    REQUIRE(trial);
    LogShrinker shrinker;
    shrinker.oracle = [&](const std::vector<LogStep>& steps, bool rename) {
      Trial tried = right->attempt(steps, Moment::state, rename);
      return tried.fails || !planted ? tried : other->attempt(steps, Moment::state, rename);
    };
    shrinker.leave_out_steps(*trial);
    std::vector<LoggedAction> actions;
    for (const LogStep& step : trial->steps) actions.push_back(step.logged);
    CHECK(violates(scenario, shipped_brokers(), log_of(actions, ""), charged_once) == !planted);
  }
}

// What fails because nothing more happens: the lost intention of a crash between commit and publish (V-15).
TEST_CASE("shrink.an_end_that_is_wrong_stays_an_end") {
  ShrinkOptions options;
  options.load = with(LoadPurpose::check, {"check.clients.shoppers=3"});
  const std::string file = scenarios + "store-order-without-outbox-crash.json";
  const Scenario scenario = load(file, options.load);
  Diagnostics diagnostics;
  CheckOptions check;
  check.states = 300'000;
  const auto result = check_scenario(scenario, shipped_brokers(), check, diagnostics);
  REQUIRE(result);
  for (const PropertyOutcome& property : result->properties) {
    if (property.verdict.property != "every order is paid" || !property.witness) continue;
    const Shrunk small = shrunk(scenario, property.witness->log, property.verdict.property, options);
    CHECK(small.business == std::vector<std::string>{"place", "crash"});
    CHECK(reloaded(small).system->clients[0].count == 1);
    return;
  }
  FAIL("the check found no end");
}

DecisionLog timed_failure(const Scenario& scenario) {
  DecisionLog log;
  log.driver = Driver::run;
  log.seed = scenario.system->bounds.seed;
  return log;
}

TEST_CASE("shrink.a_timed_run_becomes_an_explored_story") {
  for (const bool crash : {false, true}) {
    ShrinkOptions options;
    options.load = with(LoadPurpose::run);
    const Scenario scenario = load(scenarios + (crash ? "store-payment-without-inbox-crash.json" : "store-payment-without-inbox-duplicate.json"), options.load);
    const Shrunk result = shrunk(scenario, timed_failure(scenario), charged_once, options);
    CHECK(result.log.driver == Driver::check);
    CHECK(result.actions_before > 200);
    CHECK(result.business == (crash ? std::vector<std::string>{"place", "relay", "charge", "crash", "charge"}
                                    : std::vector<std::string>{"place", "relay", "charge", "duplicate", "ack", "charge"}));
  }
}

// The evidence names a row of the event log, not the order: each request is tried alone.
TEST_CASE("shrink.the_failing_request_is_found_although_nothing_names_it") {
  for (const auto& [file, property] : {std::pair<std::string, std::string>("store/4-outbox-inbox.json", "the read model converges"),
                                       {"eshop/d01-crash-before-publish.json", "StockConfirmed is announced"}}) {
    ShrinkOptions options;
    options.load = with(LoadPurpose::run);
    const Scenario scenario = load(scenarios + file, options.load);
    const Shrunk result = shrunk(scenario, timed_failure(scenario), property, options);
    CHECK(result.actions_before > 500);
    CHECK(result.actions < 60);
    REQUIRE(result.scenario->system->clients.size() == 1);
    CHECK(result.scenario->system->clients[0].count == 1);
    CHECK_FALSE(superfluous_action(*result.scenario, shipped_brokers(), result.log, property));
  }
}

// A condition that does not hold before anything happened must not be shrunk to nothing happening.
TEST_CASE("shrink.somebody_must_have_asked_for_something") {
  ShrinkOptions options;
  options.load = with(LoadPurpose::run);
  const Scenario scenario = load(scenarios + "eshop/basket-of-the-user.json", options.load);
  const Shrunk result = shrunk(scenario, timed_failure(scenario), "the new basket survives", options);
  CHECK(result.actions > 0);
  CHECK_FALSE(result.scenario->system->clients.empty());
}

TEST_CASE("shrink.what_needs_time_is_shrunk_over_timed_runs") {
  ShrinkOptions options;
  options.load = with(LoadPurpose::run);
  const Scenario scenario = load(scenarios + "faults/delay.json", options.load);
  const std::string property = "orders are paid within two seconds";
  const Shrunk result = shrunk(scenario, timed_failure(scenario), property, options);
  CHECK(result.log.driver == Driver::run);
  CHECK_FALSE(result.note.empty());
  CHECK(result.actions < result.actions_before);
  const Scenario small = reloaded(result);
  CHECK(small.system->clients[0].count == 1);
  CHECK(violates(small, shipped_brokers(), result.log, property));
}

TEST_CASE("shrink.what_does_not_fail_is_refused") {
  ShrinkOptions options;
  options.load = with(LoadPurpose::check);
  const Scenario scenario = load(scenarios + "store-all-patterns.json", options.load);
  Diagnostics diagnostics;
  CHECK_FALSE(shrink(scenario, shipped_brokers(), log_of({}, charged_once), charged_once, options, diagnostics));
  CHECK(diagnostics.all().back().code == "FT-SHRINK-001");
  CHECK_FALSE(shrink(scenario, shipped_brokers(), log_of({}, "nothing"), "charged at mots once", options, diagnostics));
  CHECK(diagnostics.all().back().hint.find(charged_once) != std::string::npos);
  CHECK_FALSE(shrink(scenario, shipped_brokers(), log_of({{"send nobody 0", 1}}, charged_once), charged_once, options, diagnostics));
  CHECK(diagnostics.all().back().code == "FT-LOG-006");
}

TEST_CASE("shrink.out_of_time_gives_what_is_reached") {
  ShrinkOptions options;
  options.load = with(LoadPurpose::check, walks::forty_orders(false));
  options.out_of_time = [] { return true; };
  const Scenario scenario = load(scenarios + "store-payment-without-inbox-duplicate.json", options.load);
  const DecisionLog log = long_failure(scenario, 200);
  Diagnostics diagnostics;
  const auto result = shrink(scenario, shipped_brokers(), log, charged_once, options, diagnostics);
  REQUIRE(result);
  CHECK_FALSE(result->minimal);
  CHECK(violates(*result->scenario, shipped_brokers(), result->log, charged_once));
}

// The run of the log itself is left as well, and what is not known is not claimed.
TEST_CASE("shrink.out_of_time_within_the_first_run_is_refused_in_words") {
  ShrinkOptions options;
  options.load = with(LoadPurpose::run, {"clients.shoppers.count=1000000", "run.horizon_s=1000000"});
  const Scenario scenario = load(scenarios + "store-payment-without-inbox-duplicate.json", options.load);
  DecisionLog log;
  log.driver = Driver::run;
  int looks = 0;
  options.out_of_time = [&looks] { return ++looks > 3; };
  Diagnostics diagnostics;
  CHECK_FALSE(shrink(scenario, shipped_brokers(), log, charged_once, options, diagnostics));
  CHECK(diagnostics.all().back().message.find("time was up") == 0);
  CHECK(looks < 8);
}

TEST_CASE("scenario_tree.what_is_written_reads_the_same") {
  const std::string text = R"({"flowtank":1,"title":"a \"b\" \\ \u0001","list":[1,2.5,-3,true,null,[]],"deep":{"a":{"b":{"c":{}}}}})";
  Sources sources;
  Diagnostics diagnostics;
  const auto first = read_json(sources, sources.add("a", text), {}, diagnostics);
  REQUIRE(first);
  const auto again = read_json(sources, sources.add("b", shrinking::pretty_json(*first)), {}, diagnostics);
  REQUIRE(again);
  CHECK(shrinking::compact_json(*first) == shrinking::compact_json(*again));
}

}  // namespace
}  // namespace flowtank
