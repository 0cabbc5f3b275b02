// SPDX-License-Identifier: Apache-2.0
// Which strategy finds which bug in how many runs. The bugs are weaknesses of shipped models and handlers of scenarios, each
// with a property that the exhaustive search is known to refute; nothing tells a strategy where to look. Some are made
// harder by more orders than the scenario asks for. Budgets are runs, of the exhaustive search states. With FLOWTANK_TABLE set, the
// table of sim/campaign/README.md is printed.
#include "tests/campaign/scenario_campaign.hpp"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include <sim/lineage/scenario_lineage.hpp>

namespace flowtank::campaign {
namespace {

using test::load;
using test::of;
using test::options;
using test::sample;

struct Planted {
  const char* what;
  const char* scenario;
  const char* property;
  std::vector<std::string> overrides = {};
  bool lineage = true;  // shown by faults where they hurt, or by one thing that comes late
};

const std::vector<Planted>& planted() {
  static const std::vector<Planted> all{
      {"no inbox, crash before the ack", "store-payment-without-inbox-crash.json", "charged at most once"},
      {"no inbox, duplicate, three orders", "store-payment-without-inbox-duplicate.json", "charged at most once", {"check.clients.shoppers=3"}},
      {"no outbox, crash between commit and publish", "store-order-without-outbox-crash.json", "every order is paid"},
      {"read, then write: an update is lost", "faults/lost-update.json", "the books agree with what was paid out"},
      {"write skew under snapshot isolation", "faults/write-skew.json", "both pockets together hold 100"},
      {"a zombie goes on after its copy was handed on", "faults/zombie.json", "charged at most once"},
      {"a timer races with a payment", "faults/timer-race.json", "a seat that was given free is not paid"},
      {"two channels, the later event first", "faults/cross-channel.json", "every paid order is shipped"},
      {"a cursor over a sequence skips a late commit", "patterns/d12-sequence-gap.json", "every change is announced"},
      {"two relays change the order", "patterns/two-relays.json", "changes are heard of in order", {}, false},
      {"a duplicate overwrites the newer version", "patterns/late-duplicate.json", "the copy converges"},
      {"a wrong partition key and a late copy", "faults/wrong-key.json", "the read model converges"},
  };
  return all;
}

struct Found {
  std::uint64_t failing = 0;
  std::uint64_t first = no_run;
};

Found search(const Scenario& scenario, const std::string& property, Strategy strategy, std::uint64_t runs) {
  const Result result = sample(scenario, options(strategy, runs, 2));
  const Verdict& verdict = of(result, property).verdict;
  const CampaignSummary::Property& seen = result.campaign->properties[verdict.index];
  CHECK((verdict.kind == VerdictKind::fail) == (seen.failing != 0));
  return {seen.failing, seen.failing != 0 ? seen.first : no_run};
}

bool fails(const std::optional<Result>& result, const std::string& property) {
  REQUIRE(result);
  return of(*result, property).verdict.kind == VerdictKind::fail;
}

// Of the two that decide by themselves: does so small a budget do?
bool explored(const Scenario& scenario, const std::string& property, std::uint64_t states) {
  CheckOptions options;
  options.states = states;
  Diagnostics diagnostics;
  return fails(check_scenario(scenario, shipped_brokers(), options, diagnostics), property);
}
bool led(const Scenario& scenario, const std::string& property, std::uint64_t runs) {
  lineage::LineageOptions options;
  options.most_runs = runs;
  Diagnostics diagnostics;
  return fails(lineage::lineage_check(scenario, shipped_brokers(), options, diagnostics), property);
}

// The smallest budget that does; `most` does. A budget that does not is below all that do.
template <class Does>
std::uint64_t smallest(std::uint64_t most, const Does& does) {
  std::uint64_t enough = 1;
  while (enough < most && !does(enough)) enough = std::min(most, 4 * enough);
  std::uint64_t less = enough / 4;
  while (less + 1 < enough) {
    const std::uint64_t middle = less + (enough - less) / 2;
    (does(middle) ? enough : less) = middle;
  }
  return enough;
}

TEST_CASE("planted_bugs.are_found_by_every_strategy_within_its_budget") {
  constexpr std::uint64_t runs = 2'000;
  const bool table = std::getenv("FLOWTANK_TABLE") != nullptr;
  if (table) std::printf("| bug | random | pct | pos | guided | portfolio |\n|---|--:|--:|--:|--:|--:|\n");
  for (const Planted& bug : planted()) {
    const Scenario scenario = load(bug.scenario, bug.overrides);
    std::string row = fmt::format("| {} |", bug.what);
    for (const Strategy strategy : {Strategy::random, Strategy::pct, Strategy::pos, Strategy::guided, Strategy::portfolio}) {
      const Found found = search(scenario, bug.property, strategy, runs);
      INFO(bug.what << " by " << to_text(strategy));
      CHECK(found.failing != 0);
      row += found.failing != 0 ? fmt::format(" {} ({}) |", found.first, found.failing) : std::string(" not found |");
    }
    if (table) std::printf("%s\n", row.c_str());
  }
}

// Neither is told where to look: the search knows the bounds of the scenario, lineage what a good run came from.
TEST_CASE("planted_bugs.are_found_by_the_exhaustive_search_and_by_lineage") {
  constexpr std::uint64_t states = 2'000'000;
  constexpr std::uint64_t runs = 2'000;
  const bool table = std::getenv("FLOWTANK_TABLE") != nullptr;
  if (table) std::printf("| bug | exhaustive: states | lineage: runs |\n|---|--:|--:|\n");
  for (const Planted& bug : planted()) {
    INFO(bug.what);
    const Scenario scenario = load(bug.scenario, bug.overrides);
    CHECK(explored(scenario, bug.property, states));
    CHECK(led(scenario, bug.property, runs) == bug.lineage);
    if (!table) continue;
    const std::uint64_t seen = smallest(states, [&](std::uint64_t most) { return explored(scenario, bug.property, most); });
    const std::string made = bug.lineage ? std::to_string(smallest(runs, [&](std::uint64_t most) { return led(scenario, bug.property, most); })) : "not found";
    std::printf("%s\n", fmt::format("| {} | {} | {} |", bug.what, seen, made).c_str());
  }
}

// In time a bug shows where the scenario's own latencies let it: so a table, and no demand but for those that strike in every run.
TEST_CASE("planted_bugs.in_time_are_found_where_latencies_let_them", "[.full]") {
  constexpr std::uint64_t runs = 2'000;
  const bool table = std::getenv("FLOWTANK_TABLE") != nullptr;
  if (table) std::printf("| bug | timed | swarm |\n|---|--:|--:|\n");
  std::size_t found_in_time = 0;
  for (const Planted& bug : planted()) {
    const Scenario scenario = load(bug.scenario, {}, LoadPurpose::run);
    std::string row = fmt::format("| {} |", bug.what);
    for (const Strategy strategy : {Strategy::timed, Strategy::swarm}) {
      const Found found = search(scenario, bug.property, strategy, runs);
      found_in_time += found.failing != 0 ? 1 : 0;
      row += found.failing != 0 ? fmt::format(" {} ({}) |", found.first, found.failing) : std::string(" not found |");
    }
    if (table) std::printf("%s\n", row.c_str());
  }
  CHECK(found_in_time >= 8);
}

TEST_CASE("planted_bugs.none_is_seen_where_the_weakness_is_repaired") {
  constexpr std::uint64_t runs = 2'000;
  const std::vector<std::pair<const char*, const char*>> repaired{
      {"faults/lost-update-control.json", "the books agree with what was paid out"},
      {"faults/write-skew-control.json", "both pockets together hold 100"},
      {"faults/timer-race-control.json", "a seat that was given free is not paid"},
      {"patterns/late-duplicate-control.json", "the copy converges"},
  };
  for (const auto& [name, property] : repaired) {
    const Scenario scenario = load(name);
    for (const Strategy strategy : {Strategy::random, Strategy::pct, Strategy::guided, Strategy::portfolio}) {
      INFO(name << " by " << to_text(strategy));
      const Result result = sample(scenario, options(strategy, runs, 2));
      CHECK(of(result, property).verdict.kind == VerdictKind::pass);
    }
  }
}

}  // namespace
}  // namespace flowtank::campaign
