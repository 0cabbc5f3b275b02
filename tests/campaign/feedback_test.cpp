// SPDX-License-Identifier: Apache-2.0
// What feedback is worth: two-phase commit whose coordinator commits although one participant has not answered. That the
// silent one aborts by itself, after the coordinator has heard all others and before it gives up, is rare among schedules.
// Counted are different schedules that show it, of 1,000: feedback with pct against plain coin tosses.
#include <catch2/catch.hpp>

#include <set>

#include <sim/campaign/guided.hpp>
#include <sim/campaign/walk.hpp>
#include <sim/explore/copying_system.hpp>

#include "tests/explore/models/two_phase_commit.hpp"

namespace flowtank::campaign {
namespace {

constexpr std::size_t participants = 5;
constexpr std::uint64_t longest = 40;  // actions of a schedule
using Model = explore::models::TwoPhaseCommit<participants>;

// Feedback: who has got how far, but not who is who. What changes nothing is left out: a message heard again.
class Commit : public explore::CopyingSystem<Model> {
 public:
  using explore::CopyingSystem<Model>::CopyingSystem;

  void enabled(std::vector<Action>& out) {
    const std::size_t first = out.size();
    explore::CopyingSystem<Model>::enabled(out);
    const auto here = fingerprint();
    const Mark before = mark();
    const auto changes_nothing = [&](const Action& action) {
      apply(action);
      const bool same = fingerprint() == here;
      undo(before);
      return same;
    };
    out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), changes_nothing), out.end());
  }
  std::uint64_t feature() const {
    std::uint64_t sum = static_cast<std::uint64_t>(state().coordinator) + 1;
    for (std::size_t i = 0; i < participants; ++i) {
      sum += mix64(static_cast<std::uint64_t>(state().participants[i]) << 2 | (state().heard[i] ? 2U : 0U) | (state().prepared[i] ? 1U : 0U));
    }
    return sum;
  }
};

// Each enabled action alike.
class Coin {
 public:
  void begin(const RunDraws& draws) { draws_ = &draws; }
  bool wants_faults(std::uint64_t) const { return false; }
  std::size_t choose(const Commit&, std::span<const Commit::Action>, std::size_t plain, std::uint64_t step) const {
    return plain == 0 ? end_here : below(draws_->step(step), plain);
  }

 private:
  const RunDraws* draws_ = nullptr;
};

struct Watch {
  LaneMemory& memory;
  Log log;
  std::size_t new_at = 0;
  bool found = false;
  std::uint64_t schedule = 0;

  bool before(const Commit& system, std::span<const Commit::Action> enabled, std::size_t chosen) {
    if (found) return false;
    log.push_back(identity_of(system, enabled[chosen]));
    schedule = mix64(schedule + log.back());
    return true;
  }
  void after(const Commit& system) {
    if (memory.features.add(feature_of(system))) new_at = log.size();
    found = found || !explore::models::consistent(system.state().participants);
  }
  void at_rest(const Commit&) {}
};

std::size_t witnesses(bool feedback, std::uint64_t seed, std::uint64_t runs) {
  Commit system(Model{true});
  GuidedChooser<Commit> guided(3, longest);
  Coin coin;
  LaneMemory memory;
  std::vector<Commit::Action> actions;
  std::set<std::uint64_t> found;
  for (std::uint64_t run = 0; run < runs; ++run) {
    system.enter_initial(0);
    const RunDraws draws(seed, run);
    Watch watch{memory, {}};
    if (feedback) {
      guided.begin(draws, 0, memory);
      walk(system, guided, actions, longest, watch);
    } else {
      coin.begin(draws);
      walk(system, coin, actions, longest, watch);
    }
    if (watch.found) found.insert(watch.schedule);
    watch.log.resize(watch.new_at);
    if (watch.new_at != 0) learn(memory, {{}, {watch.log}});
  }
  return found.size();
}

TEST_CASE("guided.with_pct_sees_more_different_failures_of_two_phase_commit_than_coin_tosses") {
  constexpr std::uint64_t runs = 1'000, seeds = 10;
  std::size_t by_feedback = 0, by_coin = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    by_feedback += witnesses(true, seed, runs);
    by_coin += witnesses(false, seed, runs);
  }
  INFO("of 1,000 schedules: " << static_cast<double>(by_feedback) / seeds << " with feedback, " << static_cast<double>(by_coin) / seeds << " without");
  CHECK(by_feedback > by_coin + by_coin / 3);
}

}  // namespace
}  // namespace flowtank::campaign
