// SPDX-License-Identifier: Apache-2.0
// The published cases of the order and payment store (V-11 to V-15, V-17) and the incidents of eShop: does
// check give the verdict, and does the shortest witness contain exactly the business actions that a person
// would tell? Each list is a story; machinery between its actions is not part of it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank {
namespace {

using Actions = std::vector<std::string>;

struct Checked {
  Scenario scenario;
  Result result;
};

Checked check(const std::string& name, std::vector<std::string> overrides = {}) {
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = std::move(overrides);
  Diagnostics diagnostics;
  auto scenario = load_scenario(std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/" + name + ".json", load, diagnostics);
  REQUIRE(scenario);
  auto result = check_scenario(*scenario, shipped_brokers(), CheckOptions{}, diagnostics);
  REQUIRE(result);
  return {std::move(*scenario), std::move(*result)};
}

const PropertyOutcome& outcome(const Result& result, const std::string& property) {
  for (const PropertyOutcome& candidate : result.properties) {
    if (candidate.verdict.property == property) return candidate;
  }
  FAIL("no property " << property);
  throw property;
}

Actions business(const PropertyOutcome& failed) {
  REQUIRE(failed.verdict.kind == VerdictKind::fail);
  REQUIRE(failed.witness);
  Actions out;
  for (const WitnessStep& step : failed.witness->steps) {
    if (!step.business.empty()) out.push_back(step.business);
  }
  return out;
}

void all_proved(const Result& result) {
  REQUIRE(result.complete);
  for (const PropertyOutcome& property : result.properties) {
    INFO(property.verdict.property);
    CHECK(property.verdict.kind == VerdictKind::pass);
    CHECK(property.verdict.strength == Strength::proved);
  }
}

}  // namespace

TEST_CASE("witness.v11_all_patterns_without_faults_are_proved") { all_proved(check("store-all-patterns").result); }

TEST_CASE("witness.v12_all_patterns_survive_a_crash_and_a_duplicate") {
  const Checked checked = check("store-all-patterns-crash-duplicate");
  all_proved(checked.result);
  for (const FaultOutcome& fault : checked.result.faults) CHECK(fault.took_effect);
}

TEST_CASE("witness.v13_a_duplicate_charges_twice_in_six_actions") {
  const Checked checked = check("store-payment-without-inbox-duplicate");
  CHECK(business(outcome(checked.result, "charged at most once")) == Actions{"place", "relay", "charge", "duplicate", "ack", "charge"});
}

TEST_CASE("witness.v13_with_an_inbox_is_proved") {
  all_proved(check("store-payment-without-inbox-duplicate", {"services.payment.with.consume=inbox"}).result);
}

TEST_CASE("witness.v14_a_crash_before_the_ack_charges_twice_in_five_actions") {
  const Checked checked = check("store-payment-without-inbox-crash");
  CHECK(business(outcome(checked.result, "charged at most once")) == Actions{"place", "relay", "charge", "crash", "charge"});
}

TEST_CASE("witness.v15_a_crash_after_the_commit_loses_the_order_in_two_actions") {
  const Checked checked = check("store-order-without-outbox-crash");
  CHECK(business(outcome(checked.result, "every order is paid")) == Actions{"place", "crash"});
}

TEST_CASE("witness.v17_a_loss_in_the_broker_takes_four_actions") {
  const Checked checked = check("store-broker-loses-one");
  CHECK(business(outcome(checked.result, "every order is paid")) == Actions{"place", "relay", "mark sent", "lose"});
}

TEST_CASE("witness.eshop_d01_is_a_crash_after_the_commit_of_stock_confirmed") {
  const Checked checked = check("eshop/d01-crash-before-publish");
  const Actions told = business(outcome(checked.result, "StockConfirmed is announced"));
  const Actions wanted{"set Submitted", "publish Submitted", "publish GracePeriodConfirmed", "set AwaitingValidation", "publish AwaitingValidation",
                       "check stock", "publish StockConfirmed", "set StockConfirmed", "crash", "set StockConfirmed"};
  CHECK(told == wanted);  // the last one finds the order StockConfirmed already and is ignored
}

TEST_CASE("witness.eshop_d05_ends_with_the_silent_cancellation") {
  const Checked checked = check("eshop/d05-silent-cancel");
  const Actions told = business(outcome(checked.result, "Cancelled is announced"));
  REQUIRE_FALSE(told.empty());
  CHECK(std::count(told.begin(), told.end(), "cancel in silence") == 1);
  CHECK(std::count(told.begin(), told.end(), "publish Cancelled") == 0);
}

TEST_CASE("readme.lists_every_scenario") {
  const std::string folder = std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/";
  std::ifstream in(folder + "README.md", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = std::filesystem::relative(entry.path(), folder).generic_string();
    if (entry.path().extension() != ".json" || path.starts_with("schema/")) continue;
    ++files;
    INFO(path);
    CHECK(text.find("(" + path + ")") != std::string::npos);
  }
  CHECK(files >= 40);
}

// The bound on the losses is what makes the control of D01 hold: it must be able to fail.
TEST_CASE("witness.eshop_d01_control_fails_with_as_many_losses_as_cycles") {
  const Checked checked = check("eshop/d01-first-hop-heals", {"faults.lose.budget=3"});
  CHECK(outcome(checked.result, "no order is stuck").verdict.kind == VerdictKind::fail);
}

}  // namespace flowtank
