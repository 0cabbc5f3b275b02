// SPDX-License-Identifier: Apache-2.0
// Swarm and walks on a small system with faults: every subset of faults comes up, bursts and rare strikes both occur, faults
// strike early, late and at rest, and a run without its draws' neighbours is the same.
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include <sim/campaign/walk.hpp>

#include "tests/campaign/threads_model.hpp"

namespace flowtank::campaign {
namespace {

using test::Nobody;

// Twenty steps, and two faults with three strikes each that are possible at any time.
class Struck {
 public:
  struct Action {
    std::uint32_t what = 0;  // 0: a step; 1, 2: a strike of that fault
    friend bool operator==(const Action&, const Action&) = default;
  };
  struct Mark {
    std::size_t size = 0;
  };
  std::size_t initial_count() const { return 1; }
  void enter_initial(std::size_t) { history_.clear(); }
  void enabled(std::vector<Action>& out) const {
    if (count(0) < 20) out.push_back({0});
    for (std::uint32_t f = 1; f <= 2; ++f) {
      if (count(f) < 3) out.push_back({f});
    }
  }
  void apply(const Action& action) { history_.push_back(action.what); }
  Mark mark() const { return {history_.size()}; }
  void undo(const Mark& mark) { history_.resize(mark.size); }
  explore::Fingerprint fingerprint() const { return history_.size(); }
  void encode(std::vector<std::byte>&) const {}
  std::string describe(const Action& action) const { return std::to_string(action.what); }
  std::uint32_t fault_of(const Action& action) const { return action.what == 0 ? no_fault : action.what - 1; }

  std::size_t count(std::uint32_t what) const { return static_cast<std::size_t>(std::count(history_.begin(), history_.end(), what)); }
  const std::vector<std::uint32_t>& history() const { return history_; }

 private:
  std::vector<std::uint32_t> history_;
};
static_assert(explore::TransitionSystem<Struck>);

struct Seen {
  std::map<std::pair<bool, bool>, std::uint64_t> subsets;  // which faults struck
  std::uint64_t bursts = 0;      // runs in which two strikes came next to each other
  std::set<std::size_t> single;  // where the only strike of a run was
  std::uint64_t at_rest = 0;     // runs with a strike after the last step
};

template <class Chooser>
Seen see(Chooser& chooser, std::uint64_t runs) {
  Struck system;
  Seen seen;
  std::vector<Struck::Action> actions;
  Nobody nobody;
  for (std::uint64_t run = 0; run < runs; ++run) {
    system.enter_initial(0);
    const RunDraws draws(11, run);
    chooser.begin(draws, 2);
    const WalkEnd end = walk(system, chooser, actions, 1'000, nobody);
    CHECK(end.rested);
    ++seen.subsets[{system.count(1) != 0, system.count(2) != 0}];
    const auto& history = system.history();
    bool burst = false;
    for (std::size_t i = 1; i < history.size(); ++i) burst = burst || (history[i - 1] != 0 && history[i] != 0 && i < 20);
    seen.bursts += burst ? 1 : 0;
    if (system.count(1) + system.count(2) == 1) {
      seen.single.insert(static_cast<std::size_t>(std::find_if(history.begin(), history.end(), [](std::uint32_t w) { return w != 0; }) - history.begin()));
    }
    seen.at_rest += history.back() != 0 ? 1 : 0;
  }
  return seen;
}

void check_variety(const Seen& seen, std::uint64_t runs) {
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) CHECK(seen.subsets.at({a, b}) > runs / 50);
  }
  CHECK(seen.bursts > runs / 50);
  for (std::size_t at = 0; at <= 20; ++at) {
    INFO(at);
    CHECK(seen.single.count(at) == 1);
  }  // before any step, between any two, after the last
  CHECK(seen.at_rest > 0);
}

TEST_CASE("swarm.makes_runs_with_every_subset_of_faults_in_bursts_and_alone") {
  RandomChooser<Struck> random;
  check_variety(see(random, 20'000), 20'000);
}

TEST_CASE("swarm.plans_strikes_of_pct_at_every_step") {
  PctChooser<Struck> pct(3, 20);
  check_variety(see(pct, 4'000), 4'000);
}

TEST_CASE("walk.is_cut_at_its_bound_and_says_so") {
  Struck system;
  RandomChooser<Struck> random;
  std::vector<Struck::Action> actions;
  Nobody nobody;
  const RunDraws draws(1, 0);
  random.begin(draws, 2);
  const WalkEnd end = walk(system, random, actions, 5, nobody);
  CHECK(end.cut);
  CHECK_FALSE(end.rested);
  CHECK(end.actions == 5);
}

TEST_CASE("run_draws.of_neighbouring_runs_are_different_and_repeat") {
  const RunDraws a(1, 7), b(1, 8), again(1, 7), other(2, 7);
  CHECK(a.step(3) == again.step(3));
  CHECK(a.plan(1, 2) == again.plan(1, 2));
  CHECK(a.step(3) != b.step(3));
  CHECK(a.step(3) != a.step(4));
  CHECK(a.step(3) != other.step(3));
  CHECK(a.key(5) != a.key(5, 1));
}

}  // namespace
}  // namespace flowtank::campaign
