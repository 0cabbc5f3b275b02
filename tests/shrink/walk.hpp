// SPDX-License-Identifier: Apache-2.0
// Long failing logs to shrink: a random walk in explore mode, a function of its number, that keeps one fault for late
// and stops where the property is violated. Shared by the tests and the benchmark of the shrinker.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/property/checker.hpp>
#include <sim/run/replay.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank::walks {

// The store with many orders and faults of which only the first matters. `crash`: V-14 instead of V-13.
inline std::vector<std::string> many_orders(bool crash, std::size_t orders) {
  const std::string relevant =
      crash ? R"({ "name": "crash", "kind": "crash", "on": { "service": "payment" }, "at": "ack", "budget": 1, "nth": 3, "restart_after_ms": 500 })"
            : R"({ "name": "dup", "kind": "duplicate", "on": { "channel": "orders", "consumer": "payment" }, "budget": 1, "nth": 7 })";
  return {"check={}", "clients.shoppers.count=" + std::to_string(orders),
          "faults=[" + relevant + R"(, { "name": "twice", "kind": "duplicate", "on": { "channel": "payments", "consumer": "order" }, "budget": 4 },)"
          R"( { "name": "order dies", "kind": "crash", "on": { "service": "order" }, "at": "place", "budget": 4, "restart_after_ms": 100 },)"
          R"( { "name": "unheard", "kind": "ambiguous_publish", "on": { "service": "payment" }, "budget": 3 } ])"};
}

inline std::vector<std::string> forty_orders(bool crash) { return many_orders(crash, 40); }

// Violates `property` after at least `least` actions; the fault number 0 does not strike before. Nothing when the walk ends
// before.
inline std::optional<std::vector<LoggedAction>> failing_walk(const Scenario& scenario, const BrokerRegistry& registry, const std::string& property,
                                                             std::uint64_t number, std::size_t least, std::size_t most = 20'000) {
  Diagnostics diagnostics;
  auto world = make_world(*scenario.system, registry, Mode::explore, 1, diagnostics);
  if (!world) return std::nullopt;
  Checker checker(*scenario.system, scenario.properties);
  checker.attach(*world);
  world->reset(1);
  checker.start(*world);
  std::uint64_t draws = number * 0x9e3779b97f4a7c15ULL + 1;
  const auto draw = [&draws](std::size_t below) {
    draws += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = draws;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((z ^ (z >> 31)) % below);
  };
  std::vector<LoggedAction> log;
  std::vector<Action> actions;
  while (log.size() < most) {
    actions.clear();
    world->enabled(actions);
    std::erase_if(actions, [&](const Action& action) {
      if (!is_fault(action.kind)) return action.kind == ActionKind::answer && action.choice == 1;
      return action.fault == 0 ? log.size() < least : draw(20) != 0;
    });
    if (actions.empty()) return std::nullopt;
    const Action action = actions[draw(actions.size())];
    log.push_back(logged_action(*world, action));
    world->apply(action);
    checker.after_action(*world);
    for (const std::uint32_t p : checker.violated_by_action()) {
      if (scenario.properties[p].name == property) return log.size() >= least ? std::optional(log) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace flowtank::walks
