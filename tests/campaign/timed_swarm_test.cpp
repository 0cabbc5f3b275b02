// SPDX-License-Identifier: Apache-2.0
// Swarm in time: each run has a part of the scenario's faults, drawn for itself; a run with faults off is the run of the scenario
// loaded with the overrides that say so; and what one fault hides of another is seen, as it is not without a swarm.
#include "tests/campaign/scenario_campaign.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <sim/campaign/fault_switches.hpp>
#include <sim/shrink/shrink.hpp>

namespace flowtank::campaign {
namespace {

using test::Folder;
using test::load;
using test::of;
using test::options;
using test::said;
using test::sample;

// The duplicate charges twice, if the order gets to the payment service at all: while every message is lost, nobody sees that.
const std::string naive = "store-payment-without-inbox-duplicate.json";
const std::string duplicate = R"({"name":"dup","kind":"duplicate","on":{"channel":"orders","consumer":"payment"},"budget":1,"nth":7})";
const std::string outage = R"({"name":"outage","kind":"loss","on":{"channel":"orders","consumer":"payment"},"every":1})";
const std::string masked = "faults=[" + duplicate + "," + outage + "]";
const std::string twice = "charged at most once";

Plan swarm_plan() {
  Plan plan;
  plan.strategy = Strategy::swarm;
  return plan;
}

TEST_CASE("timed_swarm.finds_what_one_fault_hides_of_another_and_timed_runs_do_not") {
  const Scenario scenario = load(naive, {masked, "expect={}"}, LoadPurpose::run);
  const Result without = sample(scenario, options(Strategy::timed, 2'000, 2));
  CHECK(of(without, twice).verdict.kind != VerdictKind::fail);
  const Result with = sample(scenario, options(Strategy::swarm, 100, 2));
  const PropertyOutcome& failed = of(with, twice);
  REQUIRE(failed.verdict.kind == VerdictKind::fail);
  CHECK(failed.verdict.strength == Strength::tested);
  CHECK(failed.verdict.note.find("which had these faults off: \"outage\"") != std::string::npos);
  const CampaignSummary::Property& seen = with.campaign->properties[failed.verdict.index];
  CHECK(seen.first < 20);
  CHECK(seen.failing > 5);  // a quarter of the runs have just the duplicate
  CHECK(seen.failing < 50);
}

TEST_CASE("timed_swarm.witness_holds_which_faults_were_off_and_replays_and_shrinks") {
  const Scenario scenario = load(naive, {masked, "expect={}"}, LoadPurpose::run);
  CampaignOptions wishes = options(Strategy::swarm, 60, 2);
  wishes.overrides = {masked, "expect={}"};
  const Result result = sample(scenario, wishes);
  REQUIRE(of(result, twice).witness);
  const DecisionLog& log = of(result, twice).witness->log;
  CHECK(log.driver == Driver::run);
  REQUIRE(log.overrides.size() == 3);
  CHECK(log.overrides.back() == "faults.1.budget=0");
  Diagnostics diagnostics;
  const auto written = parse_decision_log(to_text(log), "swarm.counterexample", diagnostics);
  REQUIRE(written);
  const Scenario as_logged = load(naive, written->overrides, LoadPurpose::run);
  CHECK(written->scenario_hash == fmt::format("{:016x}{:016x}", as_logged.content.hi, as_logged.content.lo));
  const auto replayed = replay_scenario(as_logged, shipped_brokers(), *written, {}, diagnostics);
  REQUIRE(replayed);
  CHECK(replayed->our_fault == "");  // the same fingerprint, among others
  CHECK(of(*replayed, twice).verdict.kind == VerdictKind::fail);
  ShrinkOptions less;
  less.load.purpose = LoadPurpose::run;
  less.load.overrides = written->overrides;
  const auto shrunk = shrink(as_logged, shipped_brokers(), *written, twice, less, diagnostics);
  REQUIRE(shrunk);
  CHECK(shrunk->actions < shrunk->actions_before);
  CHECK(shrunk->scenario_text.find("outage") == std::string::npos);
}

TEST_CASE("timed_swarm.gives_every_fault_half_of_the_runs_and_all_parts_of_them") {
  const Scenario scenario = load(naive, {"faults=[" + duplicate + "," + outage + R"(,{"name":"again","kind":"duplicate","on":{"channel":"payments"},"every":3}])"}, LoadPurpose::run);
  std::size_t parts[8] = {};
  constexpr std::uint64_t runs = 4'000;
  for (std::uint64_t run = 0; run < runs; ++run) {
    const std::vector<bool> on = faults_on(swarm_plan(), run, *scenario.system);
    REQUIRE(on.size() == 3);
    ++parts[(on[0] ? 1 : 0) + (on[1] ? 2 : 0) + (on[2] ? 4 : 0)];
  }
  const std::size_t first = parts[1] + parts[3] + parts[5] + parts[7], second = parts[2] + parts[3] + parts[6] + parts[7];
  CHECK(first > runs * 45 / 100);
  CHECK(first < runs * 55 / 100);
  CHECK(second > runs * 45 / 100);
  CHECK(second < runs * 55 / 100);
  for (const std::size_t part : parts) CHECK(part > runs / 25);  // a sixteenth at least, where coins of kinds never come to it
  // Kinds as a whole: both duplicates on or both off in three quarters of the runs, not in half.
  const std::size_t alike = parts[0] + parts[2] + parts[5] + parts[7];
  CHECK(alike > runs * 70 / 100);
  CHECK(alike < runs * 80 / 100);
  Plan timed;
  timed.strategy = Strategy::timed;
  CHECK(faults_on(timed, 5, *scenario.system) == std::vector<bool>(3, true));
}

TEST_CASE("timed_swarm.coins_are_keyed_by_names_so_that_one_more_fault_changes_none") {
  const Scenario two = load(naive, {masked}, LoadPurpose::run);
  const Scenario three = load(naive, {R"(faults=[{"name":"first","kind":"reorder","on":{"channel":"payments"},"nth":2},)" + duplicate + "," + outage + "]"}, LoadPurpose::run);
  for (std::uint64_t run = 0; run < 200; ++run) {
    const std::vector<bool> few = faults_on(swarm_plan(), run, *two.system);
    const std::vector<bool> more = faults_on(swarm_plan(), run, *three.system);
    CHECK(std::equal(few.begin(), few.end(), more.begin() + 1));
  }
}

// Over every scenario with faults of its own: what a run of a swarm adds to the tally is what the scenario loaded with the overrides
// says of itself, to the fingerprint of the run, and a fault that is off never strikes.
TEST_CASE("timed_swarm.run_is_the_run_of_the_scenario_with_these_overrides") {
  std::size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(FLOWTANK_SOURCE_DIR "/scenarios/faults")) {
    if (entry.path().extension() != ".json") continue;
    INFO(entry.path().string());
    const std::string file = "faults/" + entry.path().filename().string();
    const Scenario scenario = load(file, {}, LoadPurpose::run);
    if (scenario.system->faults.empty()) continue;
    const Plan plan = swarm_plan();
    Runner runner(scenario, shipped_brokers(), plan);
    for (std::uint64_t run = 0; run < 3; ++run) {
      const std::vector<bool> on = faults_on(plan, run, *scenario.system);
      Tally tally = empty_tally(scenario);
      LaneMemory memory;
      LaneLesson lesson;
      REQUIRE(runner.run(run, memory, lesson, tally, nullptr));
      const Scenario switched = load(file, overrides_of(on), LoadPurpose::run);
      CHECK(with_faults(scenario, on).content == switched.content);
      RunOptions as_run;
      as_run.seed = seed_of_timed_run(plan, run);
      as_run.trace_actions = 0;
      Diagnostics diagnostics;
      const auto alone = run_scenario(switched, shipped_brokers(), as_run, diagnostics);
      REQUIRE(alone);
      CHECK(tally.ends.sorted().front().first == alone->run.fingerprint);
      for (std::size_t p = 0; p < alone->properties.size(); ++p) {
        const Verdict& verdict = alone->properties[p].verdict;  // of a goal, runs that get there are counted
        CHECK((tally.properties[p].failing != 0) == (verdict.kind == (verdict.goal ? VerdictKind::pass : VerdictKind::fail)));
      }
      for (std::size_t f = 0; f < on.size(); ++f) {
        CHECK(tally.faults[f].strikes == alone->faults[f].strikes);
        if (!on[f]) CHECK(tally.faults[f].strikes == 0);
      }
      ++compared;
    }
  }
  CHECK(compared > 30);
}

TEST_CASE("timed_swarm.gives_the_same_bytes_on_any_threads_in_shards_and_after_a_torn_end") {
  const Scenario scenario = load(naive, {masked, "expect={}"}, LoadPurpose::run);
  const std::string whole = said(scenario, sample(scenario, options(Strategy::swarm, 300, 1)));
  CHECK(whole.find("each fault is off in half of the runs") != std::string::npos);
  CHECK(said(scenario, sample(scenario, options(Strategy::swarm, 300, 3))) == whole);
  Folder folder;
  std::vector<Record> records;
  std::vector<std::string> files;
  Diagnostics diagnostics;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    CampaignOptions part = options(Strategy::swarm, 300, 2);
    part.plan.shard = shard;
    part.plan.shards = 3;
    part.file = folder / std::to_string(shard);
    sample(scenario, part);
    std::filesystem::resize_file(part.file, std::filesystem::file_size(part.file) * 2 / 3);
    sample(scenario, part);
    files.push_back(part.file);
    records.push_back(*read_campaign_file(part.file, diagnostics));
  }
  const auto merged = merge_campaigns(scenario, shipped_brokers(), records, files, diagnostics);
  REQUIRE(merged);
  CHECK(said(scenario, *merged) == whole);
}

TEST_CASE("timed_swarm.of_a_scenario_without_faults_is_the_timed_campaign") {
  const Scenario scenario = load(naive, {"faults=[]", "expect={}"}, LoadPurpose::run);
  const Result swarm = sample(scenario, options(Strategy::swarm, 50));
  const Result timed = sample(scenario, options(Strategy::timed, 50));
  CHECK(swarm.campaign->ends == timed.campaign->ends);
  CHECK(swarm.campaign->actions == timed.campaign->actions);
  for (std::size_t p = 0; p < timed.properties.size(); ++p) CHECK(swarm.properties[p].verdict.kind == timed.properties[p].verdict.kind);
}

}  // namespace
}  // namespace flowtank::campaign
