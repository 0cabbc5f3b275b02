// SPDX-License-Identifier: Apache-2.0
// What fails in a scenario when all its states are searched by a system of the test's own: one that leaves out too much, to see
// whether comparisons and audits notice. Any System of sim/explore that is a WorldSystem will do.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/explore/breadth_first.hpp>
#include <sim/explore/world_system.hpp>
#include <sim/property/checker.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank::test {

/// The properties violated in some state or at some end, each name followed by ";", and whether every state was entered.
struct Violated {
  std::string names;
  bool complete = false;
};

/// Searches at most `max_states` states of the system that `make(world, after_action)` returns.
template <class Make>
Violated violated_in(const Scenario& scenario, std::uint64_t max_states, const Make& make) {
  Diagnostics diagnostics;
  const auto world = make_world(*scenario.system, shipped_brokers(), Mode::explore, scenario.system->bounds.seed, diagnostics);
  REQUIRE(world);
  Checker checker(*scenario.system, scenario.properties);
  checker.attach(*world);
  world->reset(scenario.system->bounds.seed);
  checker.start(*world);
  auto system = make(*world, std::function<void(World&)>([&checker](World& w) { checker.after_action(w); }));
  using System = decltype(system);
  std::vector<bool> seen(scenario.properties.size());
  using Question = explore::Property<System>;
  const std::vector<Question> asked = {Question::always("", [&](const System&) {
                                         for (const std::uint32_t p : checker.violated_by_action()) seen[p] = true;
                                         return true;
                                       }),
                                       Question::terminal("", [&](const System&) {
                                         for (const std::uint32_t p : checker.violated_at_quiescence(*world)) seen[p] = true;
                                         return true;
                                       })};
  explore::Options<System> options;
  options.max_states = max_states;
  options.stop_when_decided = false;
  Violated found;
  found.complete = explore::breadth_first(system, asked, options).complete;
  for (std::size_t p = 0; p < seen.size(); ++p) found.names += seen[p] ? scenario.properties[p].name + ";" : "";
  return found;
}

/// Says of an enabled action that it may be taken at once, alone.
using Rule = std::function<bool(const World&, const Action&)>;

/// A reduction by a rule that may be wrong; no rule: none.
class WronglyReduced : public explore::WorldSystem {
 public:
  WronglyReduced(World& world, std::function<void(World&)> after, Rule rule) : WorldSystem(world, std::move(after)), rule_(std::move(rule)) {}
  void enabled(std::vector<Action>& out) {
    const std::size_t begin = out.size();
    WorldSystem::enabled(out);
    for (std::size_t i = begin; rule_ && i < out.size(); ++i) {
      if (is_fault(out[i].kind) || !rule_(world(), out[i])) continue;
      out[begin] = out[i];
      out.resize(begin + 1);
      return;
    }
  }

 private:
  Rule rule_;
};

inline Violated violated_under(const Rule& rule, const Scenario& scenario, std::uint64_t max_states) {
  return violated_in(scenario, max_states, [&rule](World& world, std::function<void(World&)> after) { return WronglyReduced(world, std::move(after), rule); });
}

}  // namespace flowtank::test
