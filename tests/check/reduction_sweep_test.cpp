// SPDX-License-Identifier: Apache-2.0
// The World's reduction against no reduction, on every shipped scenario that is small enough: the same verdict of
// the same strength for every property, witnesses of the same length, the same steps never reached, the same faults
// in effect. That the comparison would see a rule that leaves out too much, wrong_reduction_test.cpp shows.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

#include "tests/check/same_result.hpp"

namespace flowtank {
namespace {

using test::difference;

constexpr std::uint64_t small_enough = 30'000;

std::vector<std::string> shipped_scenarios() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FLOWTANK_SOURCE_DIR "/scenarios")) {
    const std::string file = entry.path().string();
    if (entry.path().extension() == ".json" && file.find("/schema/") == std::string::npos) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  return files;
}


std::optional<Result> check(const std::string& file, bool reduce, const std::vector<std::string>& overrides = {}, bool by_runs = false) {
  Diagnostics diagnostics;
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = overrides;
  const auto scenario = load_scenario(file, load, diagnostics);
  if (!scenario) return std::nullopt;  // it cannot be checked: made for runs
  CheckOptions options;
  options.states = small_enough;
  options.reduce = reduce;
  options.reduce_runs = by_runs;
  return check_scenario(*scenario, shipped_brokers(), options, diagnostics);
}

}  // namespace

TEST_CASE("reduction.every_small_scenario_gives_the_verdicts_of_an_unreduced_check") {
  std::size_t compared = 0, smaller = 0;
  std::uint64_t states = 0, reduced_states = 0, by_runs_states = 0;
  for (const std::string& file : shipped_scenarios()) {
    const auto plain = check(file, false);
    if (!plain || (!plain->complete && plain->limit == explore::Limit::states)) continue;
    const auto reduced = check(file, true);
    const auto by_runs = check(file, true, {}, true);
    REQUIRE(reduced);
    REQUIRE(by_runs);
    ++compared;
    if (plain->complete && reduced->complete && by_runs->complete) {
      by_runs_states += by_runs->counts.states;
      states += plain->counts.states;
      reduced_states += reduced->counts.states;
      smaller += reduced->counts.states < plain->counts.states ? 1 : 0;
    }
    const std::string what = difference(*plain, *reduced) + difference(*plain, *by_runs);
    if (!what.empty()) {
      CAPTURE(file, what);
      CHECK(what.empty());
    }
  }
  CAPTURE(compared, smaller, states, reduced_states, by_runs_states);
  CHECK(compared > 50);
  CHECK(smaller > compared / 4);
  CHECK(reduced_states < states);
  CHECK(by_runs_states < reduced_states);
}

// More clients, more faults: the variants in which runs of different orders meet.
TEST_CASE("reduction.variants_with_more_orders_and_faults_agree") {
  const std::string folder = FLOWTANK_SOURCE_DIR "/scenarios/";
  const std::vector<std::pair<std::string, std::vector<std::string>>> variants = {
      {"store-all-patterns.json", {"clients.shoppers.count=2", "check.clients.shoppers=2"}},
      {"store-payment-without-inbox-crash.json", {"check.clients.shoppers=2"}},
      {"store-payment-without-inbox-duplicate.json", {"check.clients.shoppers=2"}},
      {"store-order-without-outbox-crash.json", {"services.order.with.publish=outbox"}},
      {"store-payment-without-inbox-crash.json", {"services.payment.with.consume=inbox"}},
      {"store-payment-without-inbox-crash.json", {"faults.crash.at=any_step", "faults.crash.budget=2"}},
  };
  for (const auto& [name, overrides] : variants) {
    const auto plain = check(folder + name, false, overrides);
    if (!plain || plain->limit == explore::Limit::states) continue;
    const auto reduced = check(folder + name, true, overrides);
    REQUIRE(reduced);
    CAPTURE(name, overrides);
    CHECK(difference(*plain, *reduced) == "");
    const auto by_runs = check(folder + name, true, overrides, true);
    REQUIRE(by_runs);
    CHECK(difference(*plain, *by_runs) == "");
  }
}

TEST_CASE("reduction.says_what_it_left_out_and_why_it_could_not") {
  const auto plain = check(FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json", false);
  const auto reduced = check(FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json", true);
  REQUIRE(plain);
  REQUIRE(reduced);
  CHECK(plain->reduction.empty());
  CHECK(reduced->reduction == "steps that nobody else can notice taken at once");
  CHECK(reduced->counts.states < plain->counts.states);
  const auto twin = check(FLOWTANK_SOURCE_DIR "/tests/check/data/order_payment/twin.json", true, {"clients.shoppers.count=1"}, true);
  REQUIRE(twin);
  CHECK(twin->reduction == "steps that nobody else can notice taken at once, runs that nobody can meet go on alone");
  const auto listening = check(FLOWTANK_SOURCE_DIR "/scenarios/faults/poison.json", true, {}, true);
  REQUIRE(listening);
  CHECK(listening->reduction.find("not by runs: the property") != std::string::npos);
  const auto lasting = check(FLOWTANK_SOURCE_DIR "/scenarios/faults/partition.json", true);
  REQUIRE(lasting);
  CHECK(lasting->reduction.find("not reduced: the fault") == 0);
}

}  // namespace flowtank
