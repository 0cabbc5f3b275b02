// SPDX-License-Identifier: Apache-2.0
// The World's reduction against no reduction on scenarios drawn at random, in which services interact: shared rows, transfers,
// pollers, retries without bound, several brokers, crashes at any step. And whether that comparison bites: wrong rules
// that look right are put in its place, and each must lose or invent violations of some of these scenarios.
#include <cstdlib>
#include <optional>
#include <string>

#include <sim/check/scenario_check.hpp>

#include "tests/check/drawn_scenarios.hpp"
#include "tests/check/same_result.hpp"
#include "tests/check/wrong_reduction.hpp"

namespace flowtank {
namespace {

Scenario load(const drawn::Files& files) {
  Diagnostics diagnostics;
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  auto scenario = load_scenario(files.scenario(), load, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  return std::move(*scenario);
}

enum class By : std::uint8_t { none, steps, runs };

Result check(const Scenario& scenario, std::uint64_t states, By by, unsigned threads = 1) {
  Diagnostics diagnostics;
  CheckOptions options;
  options.states = states;
  options.reduce = by != By::none;
  options.reduce_runs = by == By::runs;
  options.threads = threads;
  auto result = check_scenario(scenario, shipped_brokers(), options, diagnostics);
  REQUIRE(result);
  return std::move(*result);
}

struct Compared {
  std::size_t whole = 0, smaller = 0, failing = 0;
  std::uint64_t states = 0, reduced = 0, by_runs = 0;
};

Compared compare(std::uint64_t first, std::uint64_t count, std::uint64_t states) {
  Compared all;
  for (std::uint64_t number = first; number < first + count; ++number) {
    const drawn::Files files(number);
    const Scenario scenario = load(files);
    const Result plain = check(scenario, states, By::none);
    if (!plain.complete && plain.limit == explore::Limit::states) continue;
    const Result reduced = check(scenario, states, By::steps);
    const Result by_runs = check(scenario, states, By::runs);
    CAPTURE(number);
    CHECK(test::difference(plain, reduced) == "");
    CHECK(test::difference(plain, by_runs) == "");
    for (const PropertyOutcome& property : plain.properties) all.failing += property.verdict.kind == VerdictKind::fail ? 1 : 0;
    if (!plain.complete || !reduced.complete) continue;
    ++all.whole;
    all.smaller += reduced.counts.states < plain.counts.states ? 1 : 0;
    all.states += plain.counts.states;
    all.reduced += reduced.counts.states;
    all.by_runs += by_runs.counts.states;
    if (number % 8 != 0) continue;
    const Result threaded = check(scenario, states, By::runs, 2);
    CHECK(test::difference(plain, threaded) == "");
    CHECK(threaded.counts.states == by_runs.counts.states);
    CHECK(threaded.counts.transitions == by_runs.counts.transitions);
    CHECK(threaded.counts.depth == by_runs.counts.depth);
  }
  return all;
}

using test::Rule;

// The properties violated in some state or at some end; nothing when there are too many states.
std::optional<std::string> violated(const Scenario& scenario, const Rule& rule) {
  auto found = test::violated_under(rule, scenario, 8'000);
  return found.complete ? std::optional(std::move(found.names)) : std::nullopt;
}

// Drawn scenarios that are small, and what fails in them.
struct Sample {
  std::vector<std::pair<Scenario, std::string>> all;
  explicit Sample(std::uint64_t count) {
    for (std::uint64_t number = 0; number < count; ++number) {
      const drawn::Files files(number);
      Scenario scenario = load(files);
      if (auto plain = violated(scenario, {})) all.emplace_back(std::move(scenario), std::move(*plain));
    }
  }
  std::size_t changed(const Rule& rule) const {
    std::size_t changes = 0;
    for (const auto& [scenario, plain] : all) changes += violated(scenario, rule) != plain ? 1 : 0;
    return changes;
  }
};

Op next_op(const World& world, const Action& action) {
  return action.kind == ActionKind::step ? world.runs().instruction(action.a).op : Op::choose;
}

}  // namespace

TEST_CASE("reduction.drawn_scenarios_give_the_verdicts_of_an_unreduced_check") {
  const Compared all = compare(0, 150, 12'000);
  CAPTURE(all.whole, all.smaller, all.failing, all.states, all.reduced, all.by_runs);
  CHECK(all.whole > 30);
  CHECK(all.failing > 30);
  CHECK(all.smaller > all.whole / 2);
  CHECK(all.reduced < all.states * 2 / 3);
  CHECK(all.by_runs <= all.reduced);
}

TEST_CASE("reduction.drawn_scenarios_of_lone_runs_give_the_verdicts_of_an_unreduced_check") {
  const Compared all = compare(drawn::lone_from, 60, 12'000);
  CAPTURE(all.whole, all.smaller, all.failing, all.states, all.reduced, all.by_runs);
  CHECK(all.failing > 10);
  CHECK(all.by_runs < all.reduced * 2 / 3);
}

// By name: minutes. FLOWTANK_DRAWN says how many, FLOWTANK_DRAWN_FROM where they start.
TEST_CASE("reduction.many_drawn_scenarios_give_the_verdicts_of_an_unreduced_check", "[.]") {
  const char* const asked = std::getenv("FLOWTANK_DRAWN");
  const char* const from = std::getenv("FLOWTANK_DRAWN_FROM");
  const Compared all = compare(from == nullptr ? 1'000 : std::strtoull(from, nullptr, 10), asked == nullptr ? 1'000 : std::strtoull(asked, nullptr, 10), 40'000);
  WARN(all.whole << " whole, " << all.smaller << " smaller, " << all.failing << " properties fail, " << all.states << " states, reduced " << all.reduced << ", by runs " << all.by_runs);
  CHECK(all.whole > 0);
}

TEST_CASE("reduction.wrong_rules_would_be_noticed_in_drawn_scenarios") {
  const Sample sample(100);
  REQUIRE(sample.all.size() > 20);
  // Every step at once; a transaction, though others look at its tables; a delivery, though others could come first.
  CHECK(sample.changed([](const World&, const Action& a) { return a.kind == ActionKind::step; }) > 0);
  CHECK(sample.changed([](const World& w, const Action& a) { return next_op(w, a) == Op::commit || next_op(w, a) == Op::begin; }) > 0);
  CHECK(sample.changed([](const World&, const Action& a) { return a.kind == ActionKind::deliver; }) > 0);
}

}  // namespace flowtank
