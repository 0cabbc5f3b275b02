// SPDX-License-Identifier: Apache-2.0
// Replay and the timed driver on a shipped scenario: strict replay repeats, refuses what is not enabled, and
// says what is; lenient replay skips it and gives a log that replays strictly.
#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/run/replay.hpp>
#include <sim/run/timed_run.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank {
namespace {

Scenario shop(LoadPurpose purpose) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.purpose = purpose;
  auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json", options, diagnostics);
  REQUIRE(scenario);
  return std::move(*scenario);
}

std::unique_ptr<World> world_of(const Scenario& scenario, Mode mode) {
  Diagnostics diagnostics;
  auto world = make_world(*scenario.system, shipped_brokers(), mode, 1, diagnostics);
  REQUIRE(world);
  return world;
}

// Always the first enabled action, until nothing is left.
std::vector<LoggedAction> first_path(World& world) {
  std::vector<LoggedAction> log;
  std::vector<Action> actions;
  for (world.enabled(actions); !actions.empty(); world.enabled(actions)) {
    log.push_back(logged_action(world, actions.front()));
    world.apply(actions.front());
    actions.clear();
  }
  return log;
}

TEST_CASE("replay.strict_replay_ends_in_the_same_state") {
  const Scenario scenario = shop(LoadPurpose::check);
  auto first = world_of(scenario, Mode::explore);
  const auto log = first_path(*first);
  REQUIRE(log.size() > 10);
  auto second = world_of(scenario, Mode::explore);
  const Replayed replayed = replay_strictly(*second, log);
  CHECK(replayed.complete);
  CHECK(replayed.log == log);
  CHECK(second->fingerprint() == first->fingerprint());
}

TEST_CASE("replay.strict_replay_stops_at_what_is_not_enabled_and_says_what_is") {
  const Scenario scenario = shop(LoadPurpose::check);
  auto log = first_path(*world_of(scenario, Mode::explore));
  log.erase(log.begin() + 1);
  auto world = world_of(scenario, Mode::explore);
  const Replayed replayed = replay_strictly(*world, log);
  CHECK_FALSE(replayed.complete);
  CHECK(replayed.applied == 1);
  CHECK(replayed.error.find("action 2 of ") == 0);
  CHECK(replayed.error.find(log[1].text) != std::string::npos);
  REQUIRE(replayed.enabled.size() == 1);
}

TEST_CASE("replay.lenient_replay_gives_a_strict_log") {
  const Scenario scenario = shop(LoadPurpose::check);
  auto log = first_path(*world_of(scenario, Mode::explore));
  log.insert(log.begin() + 3, {"deliver nothing", 1});
  log.pop_back();
  auto world = world_of(scenario, Mode::explore);
  const Replayed lenient = replay_leniently(*world, log);
  CHECK(lenient.skipped == 1);
  auto again = world_of(scenario, Mode::explore);
  CHECK(replay_strictly(*again, lenient.log).complete);
  CHECK(again->fingerprint() == world->fingerprint());
}

TEST_CASE("timed_run.one_seed_is_one_run_and_a_reset_world_repeats_it") {
  const Scenario scenario = shop(LoadPurpose::run);
  auto world = world_of(scenario, Mode::timed);
  const TimedRunResult first = timed_run(*world, {});
  CHECK(first.end == RunEnd::quiet);
  CHECK(first.handled > 0);
  world->reset(1);
  CHECK(timed_run(*world, {}).fingerprint == first.fingerprint);
  world->reset(2);
  CHECK(timed_run(*world, {}).fingerprint != first.fingerprint);
}

TEST_CASE("timed_run.limits_end_it_and_are_named") {
  const Scenario scenario = shop(LoadPurpose::run);
  auto world = world_of(scenario, Mode::timed);
  CHECK(timed_run(*world, {Time::never(), 10}).end == RunEnd::actions);
  world->reset(1);
  CHECK(timed_run(*world, {Time(1'000'000), 0}).end == RunEnd::horizon);
  world->reset(1);
  CHECK(timed_run(*world, {Time::never(), 0, 3}).end == RunEnd::standstill);
  world->reset(1);
  CHECK(timed_run(*world, {}, [](World& w) { return w.actions() < 5; }).end == RunEnd::stopped);
  world->reset(1);
  std::atomic<bool> stop{true};
  TimedRunHooks hooks;
  hooks.cancelled = &stop;
  CHECK(timed_run(*world, {}, [](World&) { return true; }, hooks).end == RunEnd::cancelled);
}

TEST_CASE("world_builder.an_unknown_broker_is_a_diagnostic") {
  const Scenario scenario = shop(LoadPurpose::run);
  System system = *scenario.system;
  system.brokers[0].kind = "idael";
  Diagnostics diagnostics;
  CHECK(make_world(system, shipped_brokers(), Mode::timed, 1, diagnostics) == nullptr);
  REQUIRE(diagnostics.errors() == 1);
  CHECK(diagnostics.all()[0].hint.find("ideal") != std::string::npos);
}

}  // namespace
}  // namespace flowtank
