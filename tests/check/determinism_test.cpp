// SPDX-License-Identifier: Apache-2.0
// Two runs of one seed are the same record by record; runs of two seeds are told apart, and where.
#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/check/determinism.hpp>

namespace flowtank {
namespace {

Scenario load(const char* file) {
  Diagnostics diagnostics;
  auto scenario = load_scenario(std::string(FLOWTANK_SOURCE_DIR "/scenarios/") + file, {}, diagnostics);
  REQUIRE(scenario);
  return std::move(*scenario);
}

}  // namespace

TEST_CASE("determinism.one_seed_gives_one_run") {
  for (const char* file : {"store/4-outbox-inbox.json", "faults/crash-any-step.json"}) {
    Diagnostics diagnostics;
    const auto runs = run_twice(load(file), shipped_brokers(), {}, diagnostics);
    REQUIRE(runs);
    CHECK(runs->same());
    CHECK(runs->records > 100);
  }
}

TEST_CASE("determinism.a_difference_is_found_and_placed") {
  const Scenario scenario = load("store/4-outbox-inbox.json");
  Diagnostics diagnostics;
  RunOptions options;
  options.keep_trace = true;
  options.seed = 1;
  auto first = run_scenario(scenario, shipped_brokers(), options, diagnostics);
  options.seed = 2;
  auto second = run_scenario(scenario, shipped_brokers(), options, diagnostics);
  REQUIRE((first && second));
  const TwoRuns runs = compare_runs(std::move(*first), std::move(*second));
  CHECK_FALSE(runs.same());
  REQUIRE(runs.difference);
  CHECK(runs.difference->record < runs.records);
  CHECK_FALSE(runs.difference->fields.empty());
}

TEST_CASE("determinism.two_results_are_compared_in_all_that_users_see") {
  Diagnostics diagnostics;
  LoadOptions load_options;
  load_options.purpose = LoadPurpose::check;
  const auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/scenarios/store-payment-without-inbox-duplicate.json", load_options, diagnostics);
  REQUIRE(scenario);
  const auto ask = [&] { return *check_scenario(*scenario, shipped_brokers(), {}, diagnostics); };
  const Result first = ask();
  CHECK(first_difference(first, ask()) == "");
  const auto found = [&](auto&& change) {
    Result second = ask();
    change(second);
    return first_difference(first, second);
  };
  CHECK(found([](Result& r) { r.properties[0].verdict.kind = VerdictKind::pass; }) == "verdict of \"charged at most once\": FAIL, then PASS");
  CHECK(found([](Result& r) { r.properties[1].verdict.note += "!"; }).starts_with("note of "));
  CHECK(found([](Result& r) { ++r.counts.states; }).starts_with("states: "));
  CHECK(found([](Result& r) { ++r.faults[0].states; }).starts_with("states after fault 0: "));
  CHECK(found([](Result& r) { r.properties.pop_back(); }).starts_with("properties: 4, then 3"));
  CHECK(found([](Result& r) { r.properties[0].witness = nullptr; }).starts_with("counterexample of "));
  CHECK(found([](Result& r) { r.exit = ExitCode::our_fault; }) == "exit code: 0, then 3");
}

}  // namespace flowtank
