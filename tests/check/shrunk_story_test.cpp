// SPDX-License-Identifier: Apache-2.0
// What reports tell of a failure that was shrunk: V-13 and V-14 among forty orders come out as their six and five steps in every
// report, told of the small scenario; where nobody shrank, the found run is told and the sentence says why.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/ci/findings.hpp>
#include <reports/compare/difference.hpp>
#include <reports/files.hpp>
#include <reports/html/report.hpp>
#include <sim/check/campaign_check.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/check/shrunk_story.hpp>

namespace flowtank {
namespace {

const std::string scenarios = FLOWTANK_SOURCE_DIR "/scenarios/";
const std::string charged_once = "charged at most once";
const std::vector<std::string> of_forty = {"clients.shoppers.count=40", "check.clients.shoppers=40"};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct Failing {
  LoadOptions load;
  Scenario scenario;
  Result result;
  std::string property = charged_once;

  PropertyOutcome& failure() {
    for (PropertyOutcome& outcome : result.properties) {
      if (outcome.verdict.property == property) return outcome;
    }
    FAIL("the property is there");
    return result.properties.front();
  }
  std::optional<Shrunk> shrunk(const std::function<bool()>& out_of_time = {}) {
    ShrinkOptions options;
    options.load = load;
    options.out_of_time = out_of_time;
    Diagnostics unread;
    REQUIRE(failure().witness);
    return shrink(scenario, shipped_brokers(), failure().witness->log, property, options, unread);
  }
  void keep(const Shrunk& small) { failure().shrunk = std::make_shared<const ShrunkOutcome>(shrunk_outcome(small, shipped_brokers(), property, {})); }
  reports::Story story() { return reports::tell(scenario, result, failure()); }
};

Scenario loaded(const std::string& name, const LoadOptions& load) {
  Diagnostics diagnostics;
  auto scenario = load_scenario(scenarios + name, load, diagnostics);
  REQUIRE(scenario);
  return std::move(*scenario);
}

Failing timed(const std::string& name, std::vector<std::string> overrides = of_forty, const std::string& property = charged_once) {
  LoadOptions load;
  load.purpose = LoadPurpose::run;
  load.overrides = std::move(overrides);
  Failing out{load, loaded(name, load), {}, property};
  Diagnostics diagnostics;
  RunOptions options;
  options.overrides = load.overrides;
  out.result = std::move(*run_scenario(out.scenario, shipped_brokers(), options, diagnostics));
  REQUIRE(out.failure().verdict.kind == VerdictKind::fail);
  return out;
}

Failing sampled(const std::string& name) {
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = of_forty;
  Failing out{load, loaded(name, load), {}, charged_once};
  Diagnostics diagnostics;
  CampaignOptions options;
  options.overrides = load.overrides;
  options.plan.strategy = Strategy::random;
  options.plan.runs = 20;
  out.result = std::move(*check_by_campaign(out.scenario, shipped_brokers(), options, diagnostics));
  REQUIRE(out.failure().verdict.kind == VerdictKind::fail);
  return out;
}

void tells(Failing& failing, const std::string& business, std::size_t steps) {
  const std::uint64_t found = failing.failure().witness->actions;
  CHECK(found > 20);
  const auto small = failing.shrunk();
  REQUIRE(small);
  failing.keep(*small);
  const reports::Story story = failing.story();
  CHECK(story.business.size() == steps);
  CHECK(story.minimal);
  CHECK_FALSE(story.shortest);
  CHECK(story.actions == small->actions);
  CHECK(has(story.headline, "o-1"));
  CHECK(story.origin.starts_with("Found for o-"));  // another order there
  CHECK(has(story.origin, fmt::format(" in a run of {} actions; shrunk to {}, of which people count {}.", found, small->actions, steps)));
  CHECK_FALSE(story.critical.empty());
  CHECK_FALSE(story.passes.empty());
  // Steps and records are of the small run.
  const ToldFailure told = told_failure(failing.scenario, failing.failure());
  CHECK(told.shrunk);
  CHECK(told.scenario.system->clients[0].count == 1);
  for (const reports::StoryStep& step : story.steps) CHECK((step.record == no_record || step.record < told.outcome.witness->trace.size()));

  reports::Aside aside;
  const std::string count = fmt::format("{} actions, {} business steps: {}", story.actions, steps, business);
  const std::string terminal = reports::terminal_text(failing.scenario, failing.result, aside, {});
  CHECK(has(terminal, "A minimal counterexample: "));
  CHECK(has(terminal, fmt::format("{} business steps: place, relay, charge,", steps)));
  CHECK(has(terminal, "Critical"));
  CHECK(has(terminal, "Passes"));
  CHECK_FALSE(has(terminal, "left out (--trace"));
  const std::string markdown = reports::markdown_report(failing.scenario, failing.result, aside);
  CHECK(has(markdown, count));
  const std::string json = reports::json_report(failing.scenario, failing.result, aside);
  CHECK(has(json, "\"told\": \"shrunk\""));
  CHECK(has(json, "\"explanation\""));
  CHECK(has(json, fmt::format("\"actions\": {}", found)));
  const std::string page = reports::html_report(failing.scenario, failing.result, {});
  CHECK(has(page, story.origin));
  CHECK(has(page, "A minimal counterexample: "));
  CHECK(has(page, "Space-time diagram"));
  CHECK(has(page, "State before and after"));
  CHECK(has(page, "Critical step"));
  CHECK(has(reports::junit_report(failing.scenario, failing.result, aside), story.steps.front().sentence) == !failing.result.expectations[failing.failure().verdict.index].met);
}

TEST_CASE("shrunk_story.a_duplicate_among_forty_orders_is_told_in_six_steps") {
  Failing run = timed("store-payment-without-inbox-duplicate.json");
  tells(run, "place, relay, charge, duplicate, ack, charge", 6);
  Failing campaign = sampled("store-payment-without-inbox-duplicate.json");
  tells(campaign, "place, relay, charge, duplicate, ack, charge", 6);
}

TEST_CASE("shrunk_story.a_crash_among_forty_orders_is_told_in_five_steps") {
  Failing run = timed("store-payment-without-inbox-crash.json");
  tells(run, "place, relay, charge, crash, charge", 5);
  CHECK(run.story().window_name == "commit-then-ack");
  Failing campaign = sampled("store-payment-without-inbox-crash.json");
  tells(campaign, "place, relay, charge, crash, charge", 5);
}

TEST_CASE("shrunk_story.is_the_same_every_time") {
  Failing one = sampled("store-payment-without-inbox-duplicate.json");
  Failing other = sampled("store-payment-without-inbox-duplicate.json");
  one.keep(*one.shrunk());
  other.keep(*other.shrunk());
  CHECK(reports::json_report(one.scenario, one.result, {}) == reports::json_report(other.scenario, other.result, {}));
  CHECK(reports::html_report(one.scenario, one.result, {}) == reports::html_report(other.scenario, other.result, {}));
}

TEST_CASE("shrunk_story.the_found_run_is_told_where_shrinking_was_cut_short") {
  Failing run = timed("store-payment-without-inbox-duplicate.json");
  const std::size_t steps = run.story().steps.size();
  CHECK(run.story().origin.empty());
  int asked = 0;
  const auto cut = run.shrunk([&asked] { return ++asked > 3; });
  REQUIRE(cut);
  CHECK(cut->cut_short);
  run.keep(*cut);
  run.failure().unshrunk = "shrinking ran out of time at 9 actions";
  CHECK(run.failure().shrunk->told == nullptr);
  const reports::Story story = run.story();
  CHECK(story.steps.size() == steps);
  CHECK_FALSE(story.minimal);
  CHECK(story.origin == fmt::format("Told as it was found, a run of {} actions; shrinking ran out of time at 9 actions.", run.failure().witness->actions));
  const std::string json = reports::json_report(run.scenario, run.result, {});
  CHECK(has(json, "\"told\": \"found\""));
  CHECK(has(json, "\"not_shrunk\": \"shrinking ran out of time at 9 actions\""));
}

TEST_CASE("shrunk_story.both_runs_can_be_replayed") {
  Failing run = timed("store-payment-without-inbox-crash.json");
  ShrunkOutcome small = shrunk_outcome(*run.shrunk(), shipped_brokers(), charged_once, {});
  small.counterexample = "x.run.shrunk.counterexample";
  run.failure().shrunk = std::make_shared<const ShrunkOutcome>(std::move(small));
  reports::Aside aside;
  aside.counterexamples[charged_once] = "x.run.counterexample";
  const auto files = reports::replay_files(run.failure(), aside);
  REQUIRE(files.size() == 2);
  CHECK(files[0].kind == reports::ReplayKind::shrunk);
  CHECK(files[0].file == "x.run.shrunk.counterexample");
  CHECK(files[1].kind == reports::ReplayKind::as_found);
  const std::string terminal = reports::terminal_text(run.scenario, run.result, aside, {});
  CHECK(has(terminal, "  Shrunk     flowtank replay x.run.shrunk.counterexample\n  As found   flowtank replay x.run.counterexample\n"));
  run.result.expectations[run.failure().verdict.index].met = false;
  const auto findings = reports::findings_of(run.scenario, run.result, aside);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].command == "flowtank replay x.run.shrunk.counterexample");
  CHECK(has(findings[0].message, "in a run of "));
  CHECK(findings[0].steps.size() == run.story().steps.size());
}

// A campaign file has no shrunk story: that is no difference of what the campaign came to.
TEST_CASE("shrunk_story.who_tells_it_shrunk_and_who_does_not_differ_in_nothing") {
  Failing failing = sampled("store-payment-without-inbox-duplicate.json");
  const std::string found = reports::json_report(failing.scenario, failing.result, {});
  failing.keep(*failing.shrunk());
  const std::string shrunk = reports::json_report(failing.scenario, failing.result, {});
  CHECK(found != shrunk);
  Diagnostics diagnostics;
  const auto difference = reports::diff_reports(found, "a", shrunk, "b", diagnostics);
  REQUIRE(difference);
  CHECK(difference->same());
}

// What needs time stays a timed run; it is told of the small scenario, too.
TEST_CASE("shrunk_story.a_failure_that_needs_time_is_told_small") {
  const std::string property = "orders are paid within two seconds";
  Failing run = timed("faults/delay.json", {}, property);
  const auto small = run.shrunk();
  REQUIRE(small);
  REQUIRE(small->log.driver == Driver::run);
  run.keep(*small);
  const reports::Story story = run.story();
  CHECK_FALSE(story.steps.empty());
  CHECK_FALSE(story.minimal);
  CHECK(has(story.origin, "it needs time"));
  CHECK(told_failure(run.scenario, run.failure()).scenario.system->clients[0].count == 1);
}

}  // namespace
}  // namespace flowtank
