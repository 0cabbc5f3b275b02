// SPDX-License-Identifier: Apache-2.0
// Five broadcast protocols whose verdicts are published (lineage-driven fault injection): the counts of all fault sets and
// of the violating ones, the minimal ones, and the guided search within its number of runs and never wrong.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/lineage/models/broadcast.hpp"

namespace flowtank::lineage {
namespace {

using models::Broadcast;
using models::Protocol;
using models::Rounds;

struct Enumerated {
  std::uint64_t sets = 0;
  std::vector<FaultSet> violating;
};

Enumerated enumerate(const Broadcast& model) {
  Enumerated all;
  model.each_fault_set([&](const FaultSet& faults) {
    ++all.sets;
    if (model.run(faults, false).violated) all.violating.push_back(faults);
  });
  return all;
}

GuidedVerdict guided(const Broadcast& model) {
  GuidedOptions options;
  options.allowed = [&](const FaultSet& faults) { return model.allowed(faults); };
  return guided_search([&](const FaultSet& faults) { return model.run(faults); }, options);
}

std::vector<std::string> names(const Broadcast& model, const FaultSet& faults) {
  std::vector<std::string> out;
  for (const Fault fault : faults) out.push_back(model.name(fault));
  std::sort(out.begin(), out.end());
  return out;
}

struct Case {
  const char* name;
  Rounds rounds;
  std::uint64_t sets;
  std::uint64_t violating;
  std::size_t most_runs;  // of the guided search; 0: not published
};

const Case cases[] = {
    {"simple 4/2/0", {Protocol::simple, 4, 2, 0}, 64, 32, 2},          {"simple 6/3/0", {Protocol::simple, 6, 3, 0}, 4096, 2048, 2},
    {"retry 6/3/0", {Protocol::retry, 6, 3, 0}, 4096, 0, 0},           {"retry 6/3/1", {Protocol::retry, 6, 3, 1}, 57088, 2048, 0},
    {"classic 5/3/0", {Protocol::classic, 5, 3, 0}, 4096, 512, 5},     {"classic 6/0/2", {Protocol::classic, 6, 0, 2}, 127, 0, 0},
    {"redundant 6/3/0", {Protocol::redundant, 6, 3, 0}, 4096, 0, 0},   {"redundant 6/3/1", {Protocol::redundant, 6, 3, 1}, 57088, 0, 0},
    {"ack 6/3/1", {Protocol::ack, 6, 3, 1}, 57088, 0, 0},
};

}  // namespace

TEST_CASE("broadcast.counts_and_verdicts_are_the_published_ones") {
  for (const Case& c : cases) {
    INFO(c.name);
    const Broadcast model(c.rounds);
    const Enumerated all = enumerate(model);
    CHECK(all.sets == c.sets);
    CHECK(all.violating.size() == c.violating);
    const GuidedVerdict verdict = guided(model);
    CHECK(verdict.found == (c.violating != 0));
    CHECK(verdict.exhausted == (c.violating == 0));
    CHECK_FALSE(verdict.vacuous);
    UNSCOPED_INFO(verdict.runs() << " runs");
    if (c.most_runs != 0) CHECK(verdict.runs() <= c.most_runs);
    if (!verdict.found) continue;
    // A smallest one of all.
    for (const FaultSet& set : all.violating) CHECK(set.size() >= verdict.faults.size());
    CHECK(std::find(all.violating.begin(), all.violating.end(), verdict.faults) != all.violating.end());
  }
}

TEST_CASE("broadcast.retry_4_2_1_takes_at_most_three_runs") {
  const Broadcast model({Protocol::retry, 4, 2, 1});
  const GuidedVerdict verdict = guided(model);
  CHECK(verdict.found);
  CHECK(verdict.runs() <= 3);
}

TEST_CASE("broadcast.minimal_fault_sets_are_the_published_ones") {
  const Broadcast simple({Protocol::simple, 4, 2, 0});
  CHECK(guided(simple).faults.size() == 1);
  const Broadcast retry({Protocol::retry, 6, 3, 1});
  const Enumerated all = enumerate(retry);
  std::vector<FaultSet> minimal = all.violating;
  keep_minimal(minimal);
  for (const FaultSet& set : minimal) {
    if (set.size() != 2) continue;
    const auto told = names(retry, set);
    CHECK(told[0] == "crash a in 2");
    CHECK((told[1] == "lose ab in 1" || told[1] == "lose ac in 1"));
  }
  CHECK(minimal.front().size() == 2);
  const Broadcast classic({Protocol::classic, 5, 3, 0});
  std::vector<FaultSet> three = enumerate(classic).violating;
  keep_minimal(three);
  REQUIRE(three.size() == 2);
  CHECK(names(classic, three[0]) == std::vector<std::string>{"lose ab in 1", "lose ca in 2", "lose cb in 2"});
  CHECK(names(classic, three[1]) == std::vector<std::string>{"lose ac in 1", "lose ba in 2", "lose bc in 2"});
}

// A protocol that loses one of its ways is no longer safe, and the search notices.
TEST_CASE("broadcast.a_dropped_way_is_noticed") {
  Rounds rounds{Protocol::redundant, 6, 3, 1};
  CHECK(guided(Broadcast(rounds)).exhausted);
  rounds.silent = 2;
  const Broadcast one_silent(rounds);
  CHECK(guided(one_silent).found == !enumerate(one_silent).violating.empty());
  CHECK(guided(one_silent).found);
}

// A history that does not say what prevents an event makes the search believe that it is safe: the enumeration shows that
// these tests would notice.
TEST_CASE("broadcast.a_history_that_hides_a_cause_is_noticed") {
  Rounds rounds{Protocol::simple, 6, 3, 0};
  rounds.forgotten = 0;
  const Broadcast lying(rounds);
  CHECK(guided(lying).exhausted);
  CHECK_FALSE(enumerate(lying).violating.empty());
}

TEST_CASE("broadcast.guided_agrees_with_enumeration_over_all_small_bounds") {
  for (const Protocol protocol : {Protocol::simple, Protocol::retry, Protocol::classic, Protocol::redundant, Protocol::ack}) {
    for (unsigned eot = 2; eot <= 5; ++eot) {
      for (unsigned eff = 1; eff <= 3; ++eff) {
        for (unsigned crashes = 0; crashes <= 2; ++crashes) {
          const Broadcast model({protocol, eot, eff, crashes});
          INFO(static_cast<int>(protocol) << " " << eot << "/" << eff << "/" << crashes);
          bool violating = false;
          model.each_fault_set([&](const FaultSet& faults) { violating = violating || model.run(faults, false).violated; });
          const GuidedVerdict verdict = guided(model);
          CHECK(verdict.found == violating);
          CHECK((verdict.exhausted || verdict.vacuous) == !violating);  // vacuous: too few rounds to store anything
        }
      }
    }
  }
}

TEST_CASE("history.cuts_of_all_and_any") {
  History history;
  const auto one = history.add(History::Needs::all, {0});
  const auto two = history.add(History::Needs::all, {1, 2});
  const auto either = history.add(History::Needs::any);
  history.because_of(either, one);
  history.because_of(either, two);
  const auto end = history.add(History::Needs::all, {7});
  history.because_of(end, either);
  bool complete = true;
  const auto any = [](const FaultSet&) { return true; };
  CHECK(history.minimal_cuts(end, any, complete) == std::vector<FaultSet>{{7}, {0, 1}, {0, 2}});
  const auto few = [](const FaultSet& faults) { return faults.size() < 2; };
  CHECK(history.minimal_cuts(end, few, complete) == std::vector<FaultSet>{{7}});
  CHECK(complete);
  CHECK(history.minimal_cuts(end, any, complete, 1).size() == 1);
  CHECK_FALSE(complete);
  CHECK(history.past(either) == std::vector<History::Event>{one, two, either});
}

}  // namespace flowtank::lineage
