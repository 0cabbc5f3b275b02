// SPDX-License-Identifier: Apache-2.0
// Every scenario of the repository, sampled: no strategy may see a failure of what an exploration of all orders proves, every
// failure replays, and nearly all failures that scenarios demand are found in a small budget. With FLOWTANK_TABLE set, says how many.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "tests/campaign/scenario_campaign.hpp"

namespace flowtank::campaign {
namespace {

using test::options;
using test::sample;

// What a scenario says of a property under exploration; nothing where it says PASS.
bool demands_failure(const Scenario& scenario, const std::string& property) {
  for (const Expectation& e : scenario.expectations) {
    if (e.property == property && e.driver == "check") return e.verdict == VerdictKind::fail;
  }
  for (const Expectation& e : scenario.expectations) {
    if (e.property == property && e.driver.empty()) return e.verdict == VerdictKind::fail;
  }
  return false;
}

struct Score {
  std::size_t demanded = 0;
  std::size_t found = 0;
  std::size_t false_alarms = 0;
};

void sample_all(Strategy strategy, std::uint64_t runs, Score& score) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FLOWTANK_SOURCE_DIR "/scenarios")) {
    const std::string file = entry.path().string();
    if (entry.path().extension() != ".json" || file.find("/schema/") != std::string::npos) continue;
    LoadOptions load;
    load.purpose = LoadPurpose::check;
    Diagnostics diagnostics;
    const auto scenario = load_scenario(file, load, diagnostics);
    if (!scenario) continue;  // what computes with a clock has no order of events to explore
    INFO(file << " by " << to_text(strategy));
    const Result result = sample(*scenario, options(strategy, runs, 2));
    for (const PropertyOutcome& property : result.properties) {
      if (property.verdict.goal) continue;
      const bool demanded = demands_failure(*scenario, property.verdict.property);
      const bool failed = property.verdict.kind == VerdictKind::fail;
      INFO(property.verdict.property);
      score.demanded += demanded ? 1 : 0;
      score.found += demanded && failed ? 1 : 0;
      score.false_alarms += failed && !demanded ? 1 : 0;
      CHECK_FALSE((failed && !demanded));
      if (failed) CHECK(property.witness != nullptr);
    }
  }
}

TEST_CASE("every_scenario.sampled_contradicts_no_proof_and_shows_nearly_every_demanded_failure") {
  for (const Strategy strategy : {Strategy::random, Strategy::pct, Strategy::portfolio}) {
    Score score;
    sample_all(strategy, 500, score);
    INFO(to_text(strategy) << ": " << score.found << " of " << score.demanded);
    CHECK(score.demanded > 80);
    CHECK(score.found * 100 >= score.demanded * 90);
    if (std::getenv("FLOWTANK_TABLE") != nullptr) std::printf("%s\n", fmt::format("{}: {} of {} in 500 runs", to_text(strategy), score.found, score.demanded).c_str());
  }
}

TEST_CASE("every_scenario.sampled_longer_shows_all_demanded_failures_but_one_at_most", "[.full]") {
  for (const Strategy strategy : {Strategy::random, Strategy::pct, Strategy::pos, Strategy::guided, Strategy::portfolio}) {
    Score score;
    sample_all(strategy, 10'000, score);
    INFO(to_text(strategy) << ": " << score.found << " of " << score.demanded);
    CHECK(score.found + 1 >= score.demanded);
    if (std::getenv("FLOWTANK_TABLE") != nullptr) std::printf("%s\n", fmt::format("{}: {} of {} in 10,000 runs", to_text(strategy), score.found, score.demanded).c_str());
  }
}

}  // namespace
}  // namespace flowtank::campaign
