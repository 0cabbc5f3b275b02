// SPDX-License-Identifier: Apache-2.0
// The twin of peers/order_payment.pml is that system: as many reachable states as SPIN stores without reduction, and the same
// verdicts, right and wrong. So a time to proof compares two ways to search, not two problems.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank {
namespace {

Result checked(std::vector<std::string> overrides, bool reduce = false) {
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = std::move(overrides);
  Diagnostics diagnostics;
  const auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/twin/twin.json", load, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.message);
  REQUIRE(scenario);
  CheckOptions options;
  options.reduce = reduce;
  auto result = check_scenario(*scenario, shipped_brokers(), options, diagnostics);
  REQUIRE(result);
  return std::move(*result);
}

VerdictKind verdict(const Result& result, const std::string& property) {
  for (const PropertyOutcome& outcome : result.properties) {
    if (outcome.verdict.property == property) return outcome.verdict.kind;
  }
  FAIL("no property " + property);
  return VerdictKind::vacuous;
}

TEST_CASE("twin.has_as_many_states_as_the_model") {
  // "states, stored" of pan with -DNOREDUCE, IDEM=1, DUP=2, DROP=0, CRASH=2, less the one that it counts before its init.
  const std::vector<std::pair<std::string, std::uint64_t>> stored = {{"2", 6095}, {"3", 65946}};
  for (const auto& [orders, states] : stored) {
    const Result result = checked({"services.orders.with.count=" + orders});
    CHECK(result.complete);
    CHECK(result.counts.states == states - 1);
    CHECK(verdict(result, "charged at most once") == VerdictKind::pass);
    CHECK(verdict(result, "all paid") == VerdictKind::pass);
  }
}

TEST_CASE("twin.without_faults_has_as_many_states_as_the_model") {
  // The same with DUP=0 and CRASH=0, with DUP=2 alone, and with CRASH=2 alone; two orders.
  const std::string two = "services.orders.with.count=2", no_dup = "faults.dup.budget=0", no_crash = "faults.crash.budget=0";
  CHECK(checked({two, no_dup, no_crash}).counts.states == 42 - 1);
  CHECK(checked({two, no_crash}).counts.states == 649 - 1);
  CHECK(checked({two, no_dup}).counts.states == 557 - 1);
}

TEST_CASE("twin.charges_twice_where_the_model_does") {
  // SPIN finds the assertion of IDEM=0 violated; so does the twin.
  const Result wrong = checked({"services.orders.with.count=2", "services.payments.with.idempotent=false"});
  CHECK(verdict(wrong, "charged at most once") == VerdictKind::fail);
  const Result reduced = checked({"services.orders.with.count=2", "services.payments.with.idempotent=false"}, true);
  CHECK(verdict(reduced, "charged at most once") == VerdictKind::fail);
}

}  // namespace
}  // namespace flowtank
