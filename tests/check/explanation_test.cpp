// SPDX-License-Identifier: Apache-2.0
// Critical steps and nearest passing runs of failures that are understood: the duplicate, the crash, the lost intention;
// and what is said when the budget does not suffice or every run fails.
#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <reports/story.hpp>
#include <sim/check/explanation.hpp>
#include <sim/check/scenario_check.hpp>

namespace flowtank {
namespace {

const std::string scenarios = FLOWTANK_SOURCE_DIR "/scenarios/";

struct Explained {
  Scenario scenario;
  Result result;
  const PropertyOutcome* property = nullptr;
  std::string step(std::size_t position) const {
    REQUIRE(position < property->witness->steps.size());
    const WitnessStep& step = property->witness->steps[position];
    return step.business.empty() ? step.action.text : step.business;
  }
  reports::Story story() const { return reports::tell(scenario, result, *property); }
};

Explained explained(const std::string& file, const std::string& property, ExplanationOptions options = {}, std::vector<std::string> overrides = {}) {
  Diagnostics diagnostics;
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = std::move(overrides);
  auto scenario = load_scenario(scenarios + file, load, diagnostics);
  REQUIRE(scenario);
  auto result = check_scenario(*scenario, shipped_brokers(), {}, diagnostics);
  REQUIRE(result);
  explain_failures(*scenario, shipped_brokers(), options, *result);
  Explained out{std::move(*scenario), std::move(*result), nullptr};
  for (const PropertyOutcome& outcome : out.result.properties) {
    if (outcome.verdict.property == property) out.property = &outcome;
  }
  REQUIRE(out.property);
  REQUIRE(out.property->explanation);
  return out;
}

TEST_CASE("explanation.a_duplicate_is_the_critical_step_and_without_it_the_run_passes") {
  const Explained e = explained("store-payment-without-inbox-duplicate.json", "charged at most once");
  const Explanation& found = *e.property->explanation;
  CHECK(found.decided);
  CHECK_FALSE(found.always);
  CHECK(e.step(found.critical) == "duplicate");
  REQUIRE(found.passes);
  CHECK(e.step(found.left_out) == "duplicate");
  CHECK(found.differs >= found.left_out);
  CHECK_FALSE(found.later);
  CHECK(e.story().critical.find("duplicate") != std::string::npos);
  CHECK(e.story().passes.starts_with("without action"));
}

TEST_CASE("explanation.a_crash_names_its_window") {
  const Explained e = explained("store-payment-without-inbox-crash.json", "charged at most once");
  CHECK(e.step(e.property->explanation->critical) == "crash");
  CHECK(e.step(e.property->explanation->left_out) == "crash");
  CHECK(e.story().window == "between commit and ack");
  CHECK(e.story().window_name == "commit-then-ack");
  const Explained lost = explained("store-order-without-outbox-crash.json", "every order is paid");
  CHECK(lost.step(lost.property->explanation->critical) == "crash");
  CHECK(lost.story().window_name == "commit-then-publish");
}

TEST_CASE("explanation.what_always_fails_has_no_critical_step") {
  const Explained e = explained("store-all-patterns.json", "nothing is stored", {},
                                {R"(properties=[{"name":"nothing is stored","for":"o in order.orders","always":"false"}])", "expect={}"});
  CHECK(e.property->explanation->decided);
  CHECK(e.property->explanation->always);
  CHECK_FALSE(e.property->explanation->passes);
}

TEST_CASE("explanation.a_small_budget_is_said") {
  ExplanationOptions few;
  few.states = 1;
  const Explained e = explained("store-payment-without-inbox-duplicate.json", "charged at most once", few);
  CHECK_FALSE(e.property->explanation->decided);
  CHECK(e.story().critical.starts_with("undecided"));
}

// Without a fault the order of events is at fault: what is left out comes later instead.
TEST_CASE("explanation.a_race_passes_when_something_comes_later") {
  const Explained e = explained("faults/cross-channel.json", "every paid order is shipped");
  CHECK(e.property->explanation->decided);
  CHECK(e.property->explanation->passes);
  CHECK(e.property->explanation->later);
  CHECK(e.story().passes.find("later") != std::string::npos);
}

}  // namespace
}  // namespace flowtank
