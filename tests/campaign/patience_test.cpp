// SPDX-License-Identifier: Apache-2.0
// Time, memory and Ctrl-C within one run: a run that is left counts as nothing, what was counted is what an undisturbed campaign
// counts, and --resume makes it again. Clocks are counters here; the scenarios have runs that would take minutes.
#include "tests/campaign/scenario_campaign.hpp"

namespace flowtank::campaign {
namespace {

using test::Folder;
using test::load;
using test::of;
using test::options;
using test::said;
using test::sample;

const std::string good = "store-all-patterns-crash-duplicate.json";
const std::vector<std::string> flood = {"check.clients.shoppers=1000000", "clients.shoppers.count=1000000", "run.horizon_s=1000000"};
const std::vector<std::string> crowd = {"check.clients.shoppers=20000", "clients.shoppers.count=20000", "run.horizon_s=1000000"};

Scenario loaded(const std::vector<std::string>& overrides, Strategy strategy) {
  return load(good, overrides, has_time(strategy) ? LoadPurpose::run : LoadPurpose::check);
}

constexpr Strategy all_that_sample[] = {Strategy::random, Strategy::pct, Strategy::pos, Strategy::guided, Strategy::portfolio, Strategy::timed, Strategy::swarm};

TEST_CASE("patience.time_ends_a_run_that_floods_and_the_campaign_is_inconclusive") {
  for (const Strategy strategy : all_that_sample) {
    for (const std::uint64_t runs : {std::uint64_t{0}, std::uint64_t{100}}) {
      INFO(to_text(strategy) << ", " << runs << " runs");
      const Scenario scenario = loaded(crowd, strategy);
      CampaignOptions wishes = options(strategy, runs);
      int looks = 0;
      wishes.limits.seconds = 5;
      wishes.hooks.seconds = [&looks] { return ++looks; };
      const Result result = sample(scenario, wishes);
      CHECK(result.campaign->runs == 0);
      CHECK(result.campaign->stopped == "out of time");
      for (const PropertyOutcome& property : result.properties) CHECK(property.verdict.kind == VerdictKind::inconclusive);
      CHECK(result.exit == ExitCode::inconclusive);
      CHECK(looks < 20);
    }
  }
}

TEST_CASE("patience.a_key_ends_a_run_that_floods") {
  for (const Strategy strategy : all_that_sample) {
    INFO(to_text(strategy));
    const Scenario scenario = loaded(crowd, strategy);
    CampaignOptions wishes = options(strategy, 100, 2);
    std::atomic<bool> pressed{false};
    std::atomic<int> looks{0};
    wishes.limits.seconds = 1'000'000;
    wishes.hooks.cancelled = &pressed;
    wishes.hooks.seconds = [&] {
      if (++looks == 40) pressed = true;
      return 0;
    };
    const Result result = sample(scenario, wishes);
    CHECK(result.interrupted);
    CHECK(result.campaign->runs == 0);
    CHECK(looks < 60);
  }
}

// The World itself grows beyond the limit before its first run is over: no crash, no swapping, and what there is in words.
TEST_CASE("patience.memory_ends_a_run_that_floods") {
  const Scenario scenario = loaded(flood, Strategy::timed);
  CampaignOptions wishes = options(Strategy::timed, 3);
  wishes.limits.memory = std::size_t{80} << 20;
  const Result result = sample(scenario, wishes);
  CHECK(result.campaign->runs == 0);
  CHECK(result.campaign->stopped == "80 MB of memory");
  CHECK(result.exit == ExitCode::inconclusive);
}

// Sessions that end in the middle of a run, again and again, each going on where the last one was.
TEST_CASE("patience.sessions_that_end_within_runs_add_up_to_the_undisturbed_campaign") {
  for (const Strategy strategy : all_that_sample) {
    INFO(to_text(strategy));
    const Scenario scenario = loaded({"check.clients.shoppers=8", "clients.shoppers.count=400"}, strategy);
    const std::string whole = said(scenario, sample(scenario, options(strategy, 120)));
    for (const unsigned threads : {1U, 2U}) {
      Folder folder;
      int sessions = 0;
      std::string now;
      for (bool done = false; !done && sessions < 2'000; ++sessions) {
        CampaignOptions wishes = options(strategy, 120, threads);
        wishes.file = folder / "a";
        std::atomic<int> looks{0};
        wishes.limits.seconds = 10 + 15 * sessions;  // the trial runs that measure a plan take a part of it
        wishes.hooks.seconds = [&looks] { return ++looks; };
        const Result result = sample(scenario, wishes);
        CHECK((result.campaign->stopped.empty() || result.campaign->stopped == "out of time"));
        done = result.campaign->stopped.empty();
        now = said(scenario, result);
      }
      CHECK(sessions > 1);
      CHECK(now == whole);
    }
  }
}

// A plan whose trial runs were left half way is kept by no file.
TEST_CASE("patience.a_file_is_not_begun_before_the_plan_is_measured") {
  const Scenario scenario = loaded(crowd, Strategy::pct);
  Folder folder;
  CampaignOptions wishes = options(Strategy::pct, 100);
  wishes.file = folder / "a";
  int looks = 0;
  wishes.limits.seconds = 2;
  wishes.hooks.seconds = [&looks] { return ++looks; };
  CHECK(sample(scenario, wishes).campaign->runs == 0);
  CHECK_FALSE(std::filesystem::exists(wishes.file));
}

}  // namespace
}  // namespace flowtank::campaign
