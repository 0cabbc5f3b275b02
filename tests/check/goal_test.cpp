// SPDX-License-Identifier: Apache-2.0
// Goals ("sometimes"): reached with a witness, proved to be out of reach, undecided, vacuous; and a run that does not
// get there says nothing.
#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>

namespace flowtank {
namespace {

const std::string store = FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json";

Scenario load(LoadPurpose purpose, const std::string& goal, std::vector<std::string> overrides = {}) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.purpose = purpose;
  options.overrides = std::move(overrides);
  options.overrides.push_back("properties=[" + goal + "]");
  options.overrides.push_back("expect={}");
  auto scenario = load_scenario(store, options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  return std::move(*scenario);
}

Result checked(const std::string& goal, std::vector<std::string> overrides = {}, const CheckOptions& options = {}) {
  const Scenario scenario = load(LoadPurpose::check, goal, std::move(overrides));
  Diagnostics diagnostics;
  auto result = check_scenario(scenario, shipped_brokers(), options, diagnostics);
  REQUIRE(result);
  CHECK(result->our_fault == "");
  return std::move(*result);
}

Result ran(const std::string& goal, std::vector<std::string> overrides = {}) {
  const Scenario scenario = load(LoadPurpose::run, goal, std::move(overrides));
  Diagnostics diagnostics;
  auto result = run_scenario(scenario, shipped_brokers(), {}, diagnostics);
  REQUIRE(result);
  return std::move(*result);
}

const std::string can_be_paid = R"({"name":"g","for":"o in order.orders","sometimes":"o.status == 'paid'"})";
const std::string can_be_lost = R"({"name":"g","for":"o in order.orders","sometimes":"o.status == 'lost'"})";
const std::string two_orders = R"({"name":"g","sometimes":"size(order.orders) == 2"})";

TEST_CASE("goal.what_is_reachable_passes_with_a_shortest_way_there") {
  const Result result = checked(can_be_paid);
  const PropertyOutcome& goal = result.properties[0];
  CHECK(goal.verdict.kind == VerdictKind::pass);
  CHECK(goal.verdict.strength == Strength::proved);
  CHECK(goal.verdict.note == "reached: o-1");
  REQUIRE(goal.witness);
  CHECK(goal.witness->steps.back().business == "paid");
  CHECK(result.exit == ExitCode::ok);
  CHECK(ran(can_be_paid).properties[0].verdict.kind == VerdictKind::pass);
  CHECK(ran(can_be_paid).properties[0].verdict.strength == Strength::observed);
}

TEST_CASE("goal.what_no_state_has_fails_only_when_all_were_seen") {
  const Result result = checked(can_be_lost);
  CHECK(result.properties[0].verdict.kind == VerdictKind::fail);
  CHECK(result.properties[0].verdict.strength == Strength::proved);
  CHECK_FALSE(result.properties[0].verdict.evidence.empty());
  CHECK_FALSE(result.properties[0].witness);
  CHECK(result.exit == ExitCode::not_met);
  CheckOptions few;
  few.states = 10;
  CHECK(checked(can_be_lost, {}, few).properties[0].verdict.kind == VerdictKind::inconclusive);
  const Result run = ran(can_be_lost);
  CHECK(run.properties[0].verdict.kind == VerdictKind::inconclusive);
  CHECK(run.exit == ExitCode::inconclusive);
}

TEST_CASE("goal.without_quantifier_it_is_about_the_whole") {
  CHECK(checked(two_orders).properties[0].verdict.kind == VerdictKind::fail);
  CHECK(checked(two_orders, {"check.clients.shoppers=2"}).properties[0].verdict.kind == VerdictKind::pass);
}

TEST_CASE("goal.without_rows_it_is_vacuous") {
  CHECK(checked(can_be_paid, {"check.clients.shoppers=0"}).properties[0].verdict.kind == VerdictKind::vacuous);
}

// A fault that never struck makes every proof void; what was reached was reached all the same.
TEST_CASE("goal.a_fault_without_effect_takes_nothing_from_it") {
  const std::string never = R"(faults=[{"name":"dup","kind":"duplicate","on":{"channel":"orders","consumer":"payment","where":"event.key == 'nobody'"}}])";
  CHECK(checked(can_be_paid, {never}).properties[0].verdict.kind == VerdictKind::pass);
}

}  // namespace
}  // namespace flowtank
