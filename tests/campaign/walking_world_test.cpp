// SPDX-License-Identifier: Apache-2.0
// A World that only goes forward keeps its cells and transactions in another form than one that is explored, so both walk side by
// side: the same draws must give the same enabled actions in the same words, the same violations and the same end, in
// every scenario of the repository and whatever was walked before.
#include <filesystem>

#include <sim/campaign/runner.hpp>
#include <sim/run/world_builder.hpp>

#include "tests/campaign/scenario_campaign.hpp"

namespace flowtank::campaign {
namespace {

struct Walked {
  std::vector<std::size_t> enabled;       // how many, at each step
  std::vector<std::string> actions;       // chosen, in words
  std::vector<std::uint64_t> identities;  // of all that was enabled
  std::vector<std::pair<std::size_t, std::uint32_t>> violations;  // after so many actions, a property
  std::uint64_t end = 0;
  friend bool operator==(const Walked&, const Walked&) = default;
};

class Walker {
 public:
  Walker(const Scenario& scenario, bool forward) : checker_(*scenario.system, scenario.properties), faults_(static_cast<std::uint32_t>(scenario.system->faults.size())) {
    Diagnostics diagnostics;
    world_ = forward ? make_walking_world(*scenario.system, shipped_brokers(), diagnostics)
                     : make_world(*scenario.system, shipped_brokers(), Mode::explore, scenario.system->bounds.seed, diagnostics);
    REQUIRE(world_);
    CHECK(world_->cells().tracking() != forward);
    checker_.attach(*world_);
    walk_.emplace(*world_, checker_);
  }

  Walked run(std::uint64_t number) {
    Walked seen;
    struct Watch {
      Walker& walker;
      Walked& seen;
      bool before(const WorldWalk& walk, std::span<const Action> enabled, std::size_t chosen) {
        seen.enabled.push_back(enabled.size());
        seen.actions.push_back(walk.world().describe(enabled[chosen]));
        for (const Action& action : enabled) seen.identities.push_back(walk.identity(action) ^ walk.chain(action) ^ walk.place(action));
        seen.identities.push_back(walk.feature());
        return true;
      }
      void after(const WorldWalk&) {
        for (const std::uint32_t p : walker.checker_.violated_by_action()) seen.violations.emplace_back(seen.actions.size(), p);
      }
      void at_rest(const WorldWalk&) {
        for (const std::uint32_t p : walker.checker_.violated_at_quiescence(*walker.world_)) seen.violations.emplace_back(seen.actions.size(), p);
      }
    } watch{*this, seen};
    walk_->restart();
    const RunDraws draws(1, number);
    chooser_.begin(draws, faults_);
    walk(*walk_, chooser_, actions_, 2'000, watch);
    seen.end = walk_->end();
    return seen;
  }

 private:
  std::unique_ptr<World> world_;
  Checker checker_;
  std::uint32_t faults_;
  std::optional<WorldWalk> walk_;
  RandomChooser<WorldWalk> chooser_;
  std::vector<Action> actions_;
};

TEST_CASE("walking_world.does_what_the_explored_world_does_in_every_scenario") {
  std::size_t scenarios = 0, failing = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FLOWTANK_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".json" || entry.path().string().find("/schema/") != std::string::npos) continue;
    INFO(entry.path().string());
    LoadOptions options;
    options.purpose = LoadPurpose::check;
    Diagnostics diagnostics;
    const auto scenario = load_scenario(entry.path().string(), options, diagnostics);
    if (!scenario) continue;  // what computes with a clock has no order of events to explore
    ++scenarios;
    Walker explored(*scenario, false), walked(*scenario, true), fresh(*scenario, true);
    for (std::uint64_t run = 0; run < 30; ++run) {
      INFO("run " << run);
      const Walked theirs = explored.run(run);
      const Walked ours = walked.run(run);
      failing += ours.violations.empty() ? 0 : 1;
      REQUIRE(ours.actions == theirs.actions);
      REQUIRE(ours.enabled == theirs.enabled);
      REQUIRE(ours.identities == theirs.identities);
      REQUIRE(ours.violations == theirs.violations);
      REQUIRE(ours.end == theirs.end);
      // Whatever was walked before.
      if (run == 29) CHECK(fresh.run(run) == ours);
    }
  }
  CHECK(scenarios > 90);
  CHECK(failing > 100);
}

}  // namespace
}  // namespace flowtank::campaign
