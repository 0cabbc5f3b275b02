// SPDX-License-Identifier: Apache-2.0
// The choosers on models whose answer is known: bugs of depth d are hit as often as the theory promises, races are
// sampled evenly, feedback opens what luck does not, and a run is a function of its draws.
#include <catch2/catch.hpp>

#include <map>

#include <sim/campaign/guided.hpp>
#include <sim/campaign/statistics.hpp>
#include <sim/campaign/walk.hpp>
#include <sim/property/proportion.hpp>

#include "tests/campaign/threads_model.hpp"

namespace flowtank::campaign {
namespace {

using test::Constraint;
using test::Lock;
using test::Nobody;
using test::Threads;

constexpr std::uint64_t seeds = 10'000;

template <class S, class Chooser, class Hit>
std::uint64_t hits(S& system, Chooser& chooser, std::uint64_t runs, const Hit& hit, std::uint64_t seed = 1) {
  std::vector<typename S::Action> actions;
  Nobody nobody;
  std::uint64_t count = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    system.enter_initial(0);
    const RunDraws draws(seed, run);
    chooser.begin(draws, 0);
    const WalkEnd end = walk(system, chooser, actions, 10'000, nobody);
    REQUIRE(end.rested);
    count += hit(system) ? 1 : 0;
  }
  return count;
}

struct Bug {
  const char* name;
  std::uint32_t depth;
  std::vector<Constraint> constraints;
};

// Four threads of five steps. Each constraint is one more point at which the schedule must turn.
const std::vector<Bug>& bugs() {
  static const std::vector<Bug> all{
      {"depth 1: any order", 1, {}},
      {"depth 2: the first thread is over before the second begins", 2, {{0, 4, 1, 0}}},
      {"depth 3: all of one thread between two steps of another", 3, {{0, 2, 1, 0}, {1, 4, 0, 3}}},
      {"depth 3: three threads one after the other", 3, {{0, 4, 1, 0}, {1, 4, 2, 0}}},
      {"depth 4: one thread inside another inside a third", 4, {{0, 2, 1, 0}, {1, 2, 2, 0}, {2, 4, 1, 3}}},
      {"depth 4: a thread cut in two places", 4, {{0, 1, 1, 0}, {1, 1, 0, 2}, {0, 3, 1, 2}}},
  };
  return all;
}

TEST_CASE("pct.hits_bugs_of_depth_d_as_often_as_promised") {
  constexpr std::uint32_t threads = 4, steps = 5;
  for (const Bug& bug : bugs()) {
    Threads system(threads, steps, bug.constraints);
    PctChooser<Threads> pct(bug.depth, threads * steps);
    const std::uint64_t found = hits(system, pct, seeds, [](const Threads& s) { return s.failed(); });
    const double bound = pct_bound(threads, threads * steps, bug.depth);
    const Interval measured = wilson_interval(found, seeds, *normal_quantile(0.99));
    INFO(bug.name << ": " << found << " of " << seeds << ", promised " << bound * static_cast<double>(seeds));
    CHECK(measured.high >= bound);
    CHECK(found > 0);
  }
}

TEST_CASE("pct.with_too_little_depth_misses_what_needs_more") {
  // Two turns are needed between interior steps; without a change point no schedule of pct has them.
  Threads system(4, 5, bugs()[2].constraints);
  PctChooser<Threads> shallow(1, 20);
  CHECK(hits(system, shallow, seeds, [](const Threads& s) { return s.failed(); }) == 0);
}

TEST_CASE("pct.beats_random_walks_where_one_thread_must_wait_long") {
  // Thirty steps of one thread between two of another: a walk that tosses coins never gets there.
  const std::vector<Constraint> bug{{0, 10, 1, 0}, {1, 29, 0, 11}};
  Threads system(2, 30, bug);
  PctChooser<Threads> pct(3, 60);
  const std::uint64_t by_pct = hits(system, pct, seeds, [](const Threads& s) { return s.failed(); });
  CHECK(wilson_interval(by_pct, seeds, *normal_quantile(0.99)).high >= pct_bound(2, 60, 3));
  CHECK(by_pct > 20);
}

TEST_CASE("random.takes_each_of_the_enabled_actions_alike_where_none_is_slow") {
  // The first action of the runs in which no chain is slow.
  Threads system(4, 1, {});
  std::map<std::uint32_t, std::uint64_t> first;
  RandomChooser<Threads> chooser;
  std::vector<Threads::Action> actions;
  system.enabled(actions);
  for (std::uint64_t run = 0; run < 40'000; ++run) {
    const RunDraws draws(3, run);
    chooser.begin(draws, 0);
    ++first[static_cast<std::uint32_t>(chooser.choose(system, actions, actions.size(), 0))];
  }
  // Slow chains are drawn alike for all, so all come first equally often over all runs.
  for (const auto& [action, count] : first) {
    INFO(action);
    const Interval interval = wilson_interval(count, 40'000, *normal_quantile(0.999));
    CHECK(interval.low <= 0.25);
    CHECK(interval.high >= 0.25);
  }
}

TEST_CASE("pos.orders_a_race_of_single_events_both_ways_equally_often") {
  // Two threads of one step each race; however long the others are, either comes first in half of the runs.
  class Race : public Threads {
   public:
    using Threads::Threads;
    std::uint64_t place(const Action& action) const { return action.thread; }
  };
  Race system(3, 1, {{0, 0, 1, 0}});
  PosChooser<Race> pos;
  const std::uint64_t found = hits(system, pos, seeds, [](const Race& s) { return s.failed(); });
  const Interval interval = wilson_interval(found, seeds, *normal_quantile(0.999));
  CHECK(interval.low <= 0.5);
  CHECK(interval.high >= 0.5);
}

TEST_CASE("choosers.are_functions_of_seed_and_number_of_the_run") {
  Threads a(4, 5, bugs()[2].constraints);
  Threads b(4, 5, bugs()[2].constraints);
  const auto failed = [](const Threads& s) { return s.failed(); };
  RandomChooser<Threads> first, second;
  PosChooser<Threads> third, fourth;
  hits(a, first, 100, failed, 9);  // what was made before changes nothing
  CHECK(hits(a, first, 3000, failed, 5) == hits(b, second, 3000, failed, 5));
  CHECK(hits(a, third, 3000, failed, 5) == hits(b, fourth, 3000, failed, 5));
}

// Runs of one lane on a model, with feedback; the number of the first run that opens the lock.
std::uint64_t first_open(bool guided, std::uint64_t runs) {
  Lock lock(4, 12, 40);
  GuidedChooser<Lock> chooser(3, 40);
  LaneMemory memory;
  std::vector<Lock::Action> actions;
  struct Watch {
    LaneMemory& memory;
    Log log;
    std::size_t new_at = 0;
    bool before(const Lock& lock, std::span<const Lock::Action> enabled, std::size_t chosen) {
      log.push_back(lock.identity(enabled[chosen]));
      return true;
    }
    void after(const Lock& lock) {
      if (memory.features.add(lock.feature())) new_at = log.size();
    }
    void at_rest(const Lock&) {}
  };
  for (std::uint64_t run = 0; run < runs; ++run) {
    lock.enter_initial(0);
    const RunDraws draws(1, run);
    const LaneMemory nothing;
    chooser.begin(draws, 0, guided ? memory : nothing);
    Watch watch{memory, {}};
    walk(lock, chooser, actions, 1'000, watch);
    if (lock.open()) return run;
    watch.log.resize(watch.new_at);
    if (watch.new_at != 0) learn(memory, {{}, {watch.log}});
  }
  return runs;
}

TEST_CASE("guided.opens_step_by_step_what_luck_does_not") {
  constexpr std::uint64_t runs = 20'000;
  CHECK(first_open(true, runs) < runs);
  CHECK(first_open(false, runs) == runs);
}

}  // namespace
}  // namespace flowtank::campaign
