// SPDX-License-Identifier: Apache-2.0
// Makes the runs of a campaign, one at a time, on one World with one checker: what a thread owns. The World is reset
// between runs, not rebuilt, unless what it remembers of contents has grown too large.
//
// Invariant: what a run adds to a tally is a function of (scenario, plan, number of the run, memory of its lane).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <sim/property/checker.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>

#include "sim/campaign/guided.hpp"
#include "sim/campaign/patience.hpp"
#include "sim/campaign/plan.hpp"
#include "sim/campaign/step_coverage.hpp"
#include "sim/campaign/tally.hpp"
#include "sim/campaign/walk.hpp"
#include "sim/campaign/world_walk.hpp"

namespace flowtank::campaign {

// An empty tally with a place for everything of the scenario.
Tally empty_tally(const Scenario& scenario);

class Runner {
 public:
  // The brokers of the scenario were made before (measure() gives the diagnostics). `scenario` and `registry` outlive it.
  // Where ends of runs are compared, it makes runs for that; left by `patience` meanwhile, it is not to be used.
  Runner(const Scenario& scenario, const BrokerRegistry& registry, const Plan& plan, Patience* patience = nullptr);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Makes run number `run` and adds it; what it learnt goes to `lesson`, if its strategy learns. False when it was left by
  // `patience` (nullptr: without end), or it met a state with too many actions (too_wide()): nothing was added, and what
  // learns from `memory` is to begin anew.
  bool run(std::uint64_t run, LaneMemory& memory, LaneLesson& lesson, Tally& tally, Patience* patience);
  // Adds what was noted over several runs: what triggered, which instructions were reached. Before a tally is used.
  void flush(Tally& tally);

  // The last run met a state with more enabled actions than a path can tell apart (65,535).
  bool too_wide() const { return too_wide_; }

  // A trial for measuring: random, not part of any campaign. `cut` when it went on after `most` actions or was left.
  struct Trial {
    std::uint64_t actions = 0;
    std::uint64_t chains = 0;
    bool cut = false;
  };
  Trial trial(std::uint64_t number, std::uint64_t most, Patience* patience);

  std::size_t memory_bytes() const;
  Checker& checker() { return *checker_; }
  const World& world() const { return *world_; }

 private:
  class Watch;
  bool timed() const { return has_time(plan_.strategy); }
  bool run_timed(std::uint64_t run, Tally& tally, Patience* patience);
  void listen();
  void build(Patience* patience);
  const System& system() const { return own_system_ ? *own_system_ : *scenario_.system; }
  void prime(Patience* patience);
  template <class Chooser>
  void drive(Chooser& chooser, Watch& watch, WalkEnd& end);
  void note_strikes(Tally& tally);
  void note_violations(std::uint64_t run, Tally& tally);
  void note_errors(std::uint64_t run, Tally& tally);

  const Scenario& scenario_;
  const BrokerRegistry& registry_;
  Plan plan_;
  std::unique_ptr<System> own_system_;          // of a swarm, whose runs differ in their faults
  std::unique_ptr<World> world_;
  std::unique_ptr<Checker> checker_;
  std::optional<WorldWalk> walk_;
  // Of timed runs: what they reached so far, and the records that say so. Nothing is recorded once everything was reached.
  StepCoverage coverage_;
  std::unique_ptr<Trace> records_;
  std::vector<std::size_t> first_instruction_;  // of each handler in Tally::reached
  std::vector<std::uint64_t> strikes_;          // of each fault before the run
  std::vector<Action> actions_;
  RandomChooser<WorldWalk> random_;
  PctChooser<WorldWalk> pct_;
  PosChooser<WorldWalk> pos_;
  GuidedChooser<WorldWalk> guided_;
  // Of the present run:
  struct Violation {
    bool any = false;
    bool at_rest = false;
    std::size_t actions = 0;  // after so many
  };
  std::vector<Violation> violations_;  // by property
  Path path_;
  bool too_wide_ = false;
  bool priming_ = false;
  std::size_t built_bytes_ = 0;  // of the World, when it was built
  Log log_;
  std::vector<std::uint64_t> features_;  // new ones
  std::size_t new_at_ = 0;               // actions to the last of them
};

// The seed of the World of a timed run.
std::uint64_t seed_of_timed_run(const Plan& plan, std::uint64_t run);

// Completes a plan by trial runs: how long runs are, how many chains they have, and the bound on actions. Nothing and
// diagnostics when the brokers cannot be made. Left by `patience`, the plan is no good for a campaign file.
std::optional<Plan> measure(const Scenario& scenario, const BrokerRegistry& registry, Plan plan, Diagnostics& diagnostics, Patience* patience = nullptr);

}  // namespace flowtank::campaign
