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

}  // namespace flowtank
