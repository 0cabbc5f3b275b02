// SPDX-License-Identifier: Apache-2.0
// Takes the argument of run_sets.hpp literally: in every state of an unreduced search, for every set that would be taken there and
// every action outside of it, both orders are tried and compared. Where this holds in all states of a scenario, the
// reduction is sound for it by induction over the length of paths; comparing verdicts alone would notice far less.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <models/brokers/registry.hpp>
#include <sim/check/watched_tables.hpp>
#include <sim/explore/breadth_first.hpp>
#include <sim/explore/run_sets.hpp>
#include <sim/explore/world_system.hpp>
#include <sim/property/checker.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank::test {

struct Audited {
  bool whole = false;            // every state was seen
  std::uint64_t states = 0;
  std::uint64_t sets = 0;        // looked at
  std::uint64_t comparisons = 0; // of two orders
  std::string broken;            // the first condition that does not hold, in words; empty: all hold
};

// Changes the set of some frames before it is audited: for rules that are wrong on purpose.
using Tamper = std::function<void(const World&, explore::Frames frames, const std::vector<Action>& enabled, std::vector<Action>& set)>;

class Audit {
 public:
  Audit(const Scenario& scenario, Tamper tamper) : scenario_(scenario), tamper_(std::move(tamper)), checker_(*scenario.system, scenario.properties) {
    Diagnostics diagnostics;
    world_ = make_world(*scenario.system, shipped_brokers(), Mode::explore, scenario.system->bounds.seed, diagnostics);
    checker_.attach(*world_);
    world_->reset(scenario.system->bounds.seed);
    checker_.start(*world_);
    sets_.emplace(*world_, watched_by(*scenario.system, scenario.properties));
  }

  Audited run(std::uint64_t states) {
    using explore::WorldSystem;
    WorldSystem system(*world_, [this](World& w) { checker_.after_action(w); });
    const std::vector<explore::Property<WorldSystem>> asked = {explore::Property<WorldSystem>::always("", [this](const WorldSystem&) {
      if (found_.broken.empty()) look();
      return true;
    })};
    explore::Options<WorldSystem> options;
    options.max_states = states;
    options.stop_when_decided = false;
    const auto outcome = explore::breadth_first(system, asked, options);
    found_.whole = outcome.complete;
    found_.states = outcome.states;
    return found_;
  }

 private:
  using Violated = std::vector<std::uint32_t>;

  Violated take(const Action& action) {
    world_->apply(action);
    checker_.after_action(*world_);
    return checker_.violated_by_action();
  }
  std::vector<Action> enabled() const {
    std::vector<Action> actions;
    world_->enabled(actions);
    return actions;
  }
  std::vector<Action> set_of(explore::Frames frames, const std::vector<Action>& actions) {
    std::vector<Action> set;
    sets_->set_of(*world_, [this](World& w) { checker_.after_action(w); }, frames, actions, 0, set) ? void() : set.clear();
    if (tamper_) tamper_(*world_, frames, actions, set);
    return set;
  }
  static bool has(const std::vector<Action>& set, const Action& action) { return std::find(set.begin(), set.end(), action) != set.end(); }
  static bool all_in(const Violated& some, const Violated& a, const Violated& b) {
    return std::all_of(some.begin(), some.end(), [&](std::uint32_t p) {
      return std::find(a.begin(), a.end(), p) != a.end() || std::find(b.begin(), b.end(), p) != b.end();
    });
  }
  void break_off(const char* why, const Action& member, const Action* other) {
    if (!found_.broken.empty()) return;
    found_.broken = std::string(why) + ": " + world_->describe(member) + (other != nullptr ? " | " + world_->describe(*other) : "");
  }

  void look() {
    const std::vector<Action> here = enabled();
    for (const explore::Frames& frames : sets_->groups()) {
      const std::vector<Action> set = set_of(frames, here);
      if (set.empty()) continue;
      ++found_.sets;
      if (is_fault(set.front().kind)) break_off("the key is a fault", set.front(), nullptr);
      for (const Action& other : here) {
        if (!has(set, other)) compare(frames, set, other);
      }
    }
  }

  // s -other-> s1: the set is still one there, no larger; and each member gives, before other, what it gives after.
  void compare(explore::Frames frames, const std::vector<Action>& set, const Action& other) {
    const World::Mark here = world_->mark();
    const Violated seen_other = take(other);
    const std::vector<Action> there = enabled();
    const std::vector<Action> later = set_of(frames, there);
    if (later.empty() || later.front() != set.front()) break_off("another action ends the set", set.front(), &other);
    for (const Action& member : later) {
      if (!has(set, member)) break_off("another action makes the set larger", member, &other);
    }
    struct After {
      Action member;
      uint128 state;
      Violated seen;
    };
    std::vector<After> after;
    for (const Action& member : set) {
      if (!has(there, member)) {
        if (!is_fault(member.kind)) break_off("another action disables the run's own", member, &other);
        continue;
      }
      const World::Mark between = world_->mark();
      const Violated seen = take(member);
      after.push_back({member, world_->fingerprint(), seen});
      world_->undo(between);
    }
    world_->undo(here);
    for (const After& expected : after) {
      ++found_.comparisons;
      const Violated seen_member = take(expected.member);
      bool same = false;
      const World::Mark between = world_->mark();
      // A fault may name a copy by another position once a copy before it is gone.
      for (const Action& then : enabled()) {
        if (then.kind != other.kind || then.fault != other.fault || then.a != other.a || then.word != other.word) continue;
        if (then.choice != other.choice && !is_fault(other.kind)) continue;
        const Violated seen = take(then);
        if (world_->fingerprint() == expected.state) {
          same = true;
          if (!all_in(expected.seen, seen_member, seen) || !all_in(seen_other, seen_member, seen)) break_off("a violation is seen in one order only", expected.member, &other);
        }
        world_->undo(between);
        if (same) break;
      }
      world_->undo(here);
      if (!same) break_off("the two orders differ", expected.member, &other);
    }
  }

  const Scenario& scenario_;
  Tamper tamper_;
  std::unique_ptr<World> world_;
  Checker checker_;
  std::optional<explore::RunSets> sets_;
  Audited found_;
};

inline Audited audit(const Scenario& scenario, std::uint64_t states, Tamper tamper = {}) { return Audit(scenario, std::move(tamper)).run(states); }

}  // namespace flowtank::test
