// SPDX-License-Identifier: Apache-2.0
// Why an exploration of all orders is not cut into shards by its first decisions: what each shard would have to explore
// by itself is measured. Should this test fail because the parts have become small, --shard for exhaustive checks is worth building.
#include "tests/campaign/scenario_campaign.hpp"

#include <cstdio>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include <sim/explore/world_system.hpp>
#include <sim/property/checker.hpp>
#include <sim/run/world_builder.hpp>

namespace flowtank::campaign {
namespace {

using explore::Fingerprint;
using explore::WorldSystem;
using States = std::set<Fingerprint>;
using Actions = std::vector<flowtank::Action>;

// Everything that can be reached from where the system is; it is there again afterwards.
void reach(WorldSystem& system, States& seen) {
  if (!seen.insert(system.fingerprint()).second) return;
  Actions actions;
  system.enabled(actions);
  const auto here = system.mark();
  for (const flowtank::Action& action : actions) {
    system.apply(action);
    reach(system, seen);
    system.undo(here);
  }
}

// All ways to make `more` decisions from here, each handed to `take` while the system is at its end.
template <class Take>
void each_beginning(WorldSystem& system, int more, const Take& take) {
  if (more == 0) return take();
  Actions actions;
  system.enabled(actions);
  const auto here = system.mark();
  for (const flowtank::Action& action : actions) {
    system.apply(action);
    each_beginning(system, more - 1, take);
    system.undo(here);
  }
}

TEST_CASE("cut_exploration.by_first_decisions_would_leave_nearly_all_states_to_every_shard") {
  constexpr std::size_t shards = 4;
  constexpr std::size_t beginnings = 4 * shards;  // so that each shard has several
  const bool table = std::getenv("FLOWTANK_TABLE") != nullptr;
  if (table) std::printf("| scenario | states | cut by its first | smallest of 4 shards | largest | all together |\n|---|--:|--:|--:|--:|--:|\n");
  for (const char* name : {"store/1-naive.json", "store-payment-without-inbox-crash.json", "faults/cross-channel.json", "store-payment-without-inbox-duplicate.json"}) {
    INFO(name);
    const Scenario scenario = test::load(name);
    Diagnostics diagnostics;
    auto world = make_world(*scenario.system, shipped_brokers(), Mode::explore, 1, diagnostics);
    REQUIRE(world);
    Checker checker(*scenario.system, scenario.properties);
    checker.attach(*world);
    world->reset(1);
    checker.start(*world);
    WorldSystem system(*world, [&checker](World& w) { checker.after_action(w); });
    States all;
    reach(system, all);
    // So many decisions that there are enough beginnings; those that come to the same state are one, and dealt out in turn.
    int decisions = 0;
    for (States dealt; dealt.size() < beginnings && decisions < 20; ++decisions) {
      dealt.clear();
      each_beginning(system, decisions + 1, [&] { dealt.insert(system.fingerprint()); });
    }
    States dealt;
    std::size_t number = 0;
    std::vector<States> parts(shards);
    each_beginning(system, decisions, [&] {
      if (dealt.insert(system.fingerprint()).second) reach(system, parts[number++ % shards]);
    });
    std::size_t least = all.size(), most = 0, sum = 0;
    for (const States& part : parts) {
      least = std::min(least, part.size());
      most = std::max(most, part.size());
      sum += part.size();
    }
    CHECK(number >= beginnings);
    CHECK(most * 100 >= all.size() * 60);  // two machines or four: the slowest one saves little
    CHECK(sum >= 2 * all.size());
    if (table) {
      const auto share = [&all](std::size_t states) { return fmt::format("{} %", 100 * states / all.size()); };
      std::printf("%s\n", fmt::format("| {} | {} | {} decisions | {} | {} | {} |", name, all.size(), decisions, share(least), share(most), share(sum)).c_str());
    }
  }
}

}  // namespace
}  // namespace flowtank::campaign
