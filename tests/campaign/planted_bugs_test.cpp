// SPDX-License-Identifier: Apache-2.0
// Which strategy finds which bug in how many runs. The bugs are weaknesses of shipped models and handlers of scenarios, each
// with a property that the exhaustive search is known to refute; nothing tells a strategy where to look. Some are made
// harder by more orders than the scenario asks for. With FLOWTANK_TABLE set, the table of sim/campaign/README.md is printed.
#include "tests/campaign/scenario_campaign.hpp"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

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
      {"two relays change the order", "patterns/two-relays.json", "changes are heard of in order"},
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
