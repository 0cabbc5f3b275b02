// SPDX-License-Identifier: Apache-2.0
// Campaigns on scenarios: verdicts of every kind, the same bytes on any number of threads, limits that end in words,
// and witnesses that replay.
#include "tests/campaign/scenario_campaign.hpp"

namespace flowtank::campaign {
namespace {

using test::load;
using test::of;
using test::options;
using test::said;
using test::sample;

const std::string good = "store-all-patterns-crash-duplicate.json";
const std::string bad = "store-payment-without-inbox-crash.json";

TEST_CASE("campaign.says_tested_and_a_bound_where_no_run_fails") {
  const Scenario scenario = load(good);
  const Result result = sample(scenario, options(Strategy::random, 2'000));
  const Verdict& verdict = of(result, "charged at most once").verdict;
  CHECK(verdict.kind == VerdictKind::pass);
  CHECK(verdict.strength == Strength::tested);
  CHECK(verdict.note == "no violation in 2,000 independent runs: p <= 0.002 at 95 %");
  CHECK(result.faults[0].took_effect);
  CHECK(result.faults[1].took_effect);
  CHECK(result.campaign->ends > 1);
  // The scenario demands a proof: samples fall short of one, and contradict nothing.
  CHECK(result.exit == ExitCode::inconclusive);
}

TEST_CASE("campaign.takes_the_lowest_failing_run_as_witness_and_replays_it") {
  const Scenario scenario = load(bad);
  const Result result = sample(scenario, options(Strategy::random, 500));
  const PropertyOutcome& failed = of(result, "charged at most once");
  REQUIRE(failed.verdict.kind == VerdictKind::fail);
  CHECK(failed.verdict.strength == Strength::tested);
  REQUIRE(failed.witness);
  REQUIRE_FALSE(failed.verdict.evidence.empty());
  CHECK(result.exit == ExitCode::ok);
  Diagnostics diagnostics;
  const auto replayed = replay_scenario(scenario, shipped_brokers(), failed.witness->log, {}, diagnostics);
  REQUIRE(replayed);
  CHECK(of(*replayed, "charged at most once").verdict.kind == VerdictKind::fail);
  // A campaign that ends right after this run finds it, one that ends right before it does not.
  const std::uint64_t first = result.campaign->properties[failed.verdict.index].first;
  CHECK(of(sample(scenario, options(Strategy::random, first + 1)), "charged at most once").verdict.kind == VerdictKind::fail);
  if (first != 0) CHECK(of(sample(scenario, options(Strategy::random, first)), "charged at most once").verdict.kind != VerdictKind::fail);
}

TEST_CASE("campaign.meets_a_demand_for_a_failure_by_a_counterexample_that_replays") {
  // Demanded is a FAIL that is proved: one history is enough for that.
  const Result result = sample(load("store/1-naive.json"), options(Strategy::random, 500));
  CHECK(result.exit == ExitCode::ok);
}

// Violated before anything happened, by no run afterwards: still a counterexample, an empty one.
TEST_CASE("campaign.judges_the_initial_state") {
  const std::string never_empty = R"(properties=[{"name":"never empty","always":"size(order.orders) > 0"}])";
  const std::string empty_once = R"(properties=[{"name":"empty once","sometimes":"size(order.orders) == 0"}])";
  const Scenario fails = load("store-all-patterns.json", {never_empty, "expect={}"});
  const Scenario passes = load("store-all-patterns.json", {empty_once, "expect={}"});
  for (const Strategy strategy : {Strategy::random, Strategy::pct, Strategy::pos, Strategy::guided, Strategy::portfolio, Strategy::timed}) {
    INFO(to_text(strategy));
    const Result failed = sample(fails, options(strategy, 20));
    CHECK(of(failed, "never empty").verdict.kind == VerdictKind::fail);
    CHECK(of(sample(passes, options(strategy, 20)), "empty once").verdict.kind == VerdictKind::pass);
    if (strategy == Strategy::timed) continue;
    REQUIRE(of(failed, "never empty").witness);
    CHECK(of(failed, "never empty").witness->steps.empty());
  }
}

TEST_CASE("campaign.gives_the_same_bytes_on_any_number_of_threads") {
  for (const Strategy strategy : {Strategy::random, Strategy::pct, Strategy::pos, Strategy::guided, Strategy::portfolio}) {
    INFO(to_text(strategy));
    for (const std::string& name : {good, bad, std::string("faults/timer-race.json")}) {
      const Scenario scenario = load(name);
      const std::string one = said(scenario, sample(scenario, options(strategy, 700, 1)));
      CHECK(said(scenario, sample(scenario, options(strategy, 700, 2))) == one);
      CHECK(said(scenario, sample(scenario, options(strategy, 700, 5))) == one);
    }
  }
}

TEST_CASE("campaign.compares_the_ends_of_all_runs_alike_on_every_thread") {
  const std::string one_end = R"(properties=[{"name":"one end","use":"confluent","tables":["order.orders"]}])";
  const Scenario scenario = load("store-order-without-outbox-crash.json", {one_end, "expect={}"});
  const Result result = sample(scenario, options(Strategy::random, 600, 1));
  const PropertyOutcome& failed = of(result, "one end");
  CHECK(failed.verdict.kind == VerdictKind::fail);
  REQUIRE_FALSE(failed.verdict.evidence.empty());
  for (const unsigned threads : {2U, 5U}) CHECK(said(scenario, sample(scenario, options(Strategy::random, 600, threads))) == said(scenario, result));
}

TEST_CASE("campaign.of_runs_that_learn_prints_no_bound") {
  const Scenario scenario = load(good);
  const Result guided = sample(scenario, options(Strategy::guided, 300));
  CHECK(of(guided, "charged at most once").verdict.note == "no violation in 300 runs, which depend on each other: no bound");
  CHECK(said(scenario, guided).find("95 %") == std::string::npos);
  // Of a portfolio only the random half counts.
  const Result mixed = sample(scenario, options(Strategy::portfolio, 800));
  CHECK(mixed.campaign->independent == 400);
  CHECK(of(mixed, "charged at most once").verdict.note.find("400 of them random and independent: p <= 0.008 at 95 %") != std::string::npos);
}

TEST_CASE("campaign.pct_states_its_chance") {
  const Scenario scenario = load(good);
  const Result result = sample(scenario, options(Strategy::pct, 200));
  REQUIRE(result.campaign->pct);
  CHECK(result.campaign->pct->depth == 3);
  CHECK(result.campaign->pct->chance == pct_bound(result.campaign->pct->chains, result.campaign->pct->steps, 3));
  CHECK(said(scenario, result).find("a bug of depth 3") != std::string::npos);
}

TEST_CASE("campaign.is_vacuous_where_a_fault_never_took_effect_in_any_run") {
  const Scenario scenario = load(good);
  // Too few for the swarm to have tried both faults.
  const Result result = sample(scenario, options(Strategy::random, 1));
  const bool both = result.faults[0].took_effect && result.faults[1].took_effect;
  CHECK_FALSE(both);
  const Verdict& verdict = of(result, "charged at most once").verdict;
  CHECK(verdict.kind == VerdictKind::vacuous);
  CHECK(verdict.note.find("never took effect") != std::string::npos);
}

TEST_CASE("campaign.that_is_cut_short_is_inconclusive_and_says_what_it_covered") {
  const Scenario scenario = load(good);
  CampaignOptions small = options(Strategy::random, 100'000);
  small.limits.memory = 1;
  const Result result = sample(scenario, small);
  const Verdict& verdict = of(result, "charged at most once").verdict;
  CHECK(verdict.kind == VerdictKind::inconclusive);
  CHECK(result.exit == ExitCode::inconclusive);
  CHECK(result.campaign->runs > 0);
  CHECK(result.campaign->runs < 100'000);
  CHECK(verdict.note.find("1 byte of memory: no violation in") == 0);

  std::atomic<bool> stop{true};
  CampaignOptions interrupted = options(Strategy::random, 100'000);
  interrupted.hooks.cancelled = &stop;
  const Result stopped = sample(scenario, interrupted);
  CHECK(stopped.interrupted);
  CHECK(of(stopped, "charged at most once").verdict.kind == VerdictKind::inconclusive);

  double now = 0;
  CampaignOptions timed = options(Strategy::random, 0);
  timed.limits.seconds = 5;
  timed.hooks.seconds = [&now] { return now += 0.5; };
  const Result in_time = sample(scenario, timed);
  CHECK(in_time.campaign->runs > 0);
  CHECK(in_time.campaign->stopped.empty());  // until then is what was asked for
}

TEST_CASE("campaign.with_runs_that_do_not_come_to_rest_says_nothing_of_the_end") {
  const Scenario scenario = load(good);
  CampaignOptions short_runs = options(Strategy::random, 300);
  short_runs.plan.most_actions = 10;
  const Result result = sample(scenario, short_runs);
  CHECK(result.campaign->cut > 0);
  CHECK(of(result, "every order is paid").verdict.kind == VerdictKind::inconclusive);
}

TEST_CASE("campaign.of_timed_runs_is_judged_as_runs_are_and_its_witness_is_a_seed") {
  // The duplicate strikes the seventh order in every run.
  const Scenario scenario = load("store-payment-without-inbox-duplicate.json", {}, LoadPurpose::run);
  const Result result = sample(scenario, options(Strategy::timed, 200, 2));
  CHECK(result.driver == Driver::run);
  const PropertyOutcome& failed = of(result, "charged at most once");
  CHECK(failed.verdict.kind == VerdictKind::fail);
  CHECK(failed.verdict.strength == Strength::tested);
  REQUIRE(failed.witness);
  CHECK(failed.witness->log.driver == Driver::run);
  Diagnostics diagnostics;
  const auto replayed = replay_scenario(scenario, shipped_brokers(), failed.witness->log, {}, diagnostics);
  REQUIRE(replayed);
  CHECK(of(*replayed, "charged at most once").verdict.kind == VerdictKind::fail);
  CHECK(result.exit == ExitCode::ok);
  CHECK(of(result, "every order is paid").verdict.note == "no violation in 200 independent runs: p <= 0.02 at 95 %");
  CHECK(said(scenario, sample(scenario, options(Strategy::timed, 200, 1))) == said(scenario, result));
}

TEST_CASE("campaign.refuses_plans_that_make_no_sense") {
  const Scenario scenario = load(good);
  Diagnostics diagnostics;
  CampaignOptions cut = options(Strategy::guided, 100);
  cut.plan.shards = 3;
  CHECK_FALSE(check_by_campaign(scenario, shipped_brokers(), cut, diagnostics));
  REQUIRE(diagnostics.errors() == 1);
  CHECK(diagnostics.all()[0].code == "FT-CAM-003");
}

}  // namespace
}  // namespace flowtank::campaign
