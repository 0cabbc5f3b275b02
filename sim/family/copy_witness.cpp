// SPDX-License-Identifier: Apache-2.0
// See copy_witness.hpp. The path is applied action by action in a World with the fault; where two copies read alike,
// whichever is enabled is taken.
#include "sim/family/copy_witness.hpp"

#include <algorithm>

#include <sim/run/replay.hpp>
#include <sim/run/world_builder.hpp>

#include "sim/family/mapping.hpp"

namespace flowtank::family {

namespace {

class Retelling {
 public:
  Retelling(const Scenario& scenario, World& world, const Input& input, Hash128 message)
      : world_(world), watch_(*scenario.system), handling_(world, watch_), input_(input), message_(message) {
    world_.add_observer(&watch_);
    world_.add_observer(&changes_);
    world_.reset(scenario.system->bounds.seed);
    fault_ = static_cast<std::uint16_t>(scenario.system->faults.size() - 1);
  }

  bool run(const std::vector<LoggedAction>& path, const std::vector<std::uint32_t>& choices, Mapping& mapping) {
    for (const LoggedAction& logged : path) {
      Action action;
      if (!find(logged, action)) return false;
      if (!copied_ && is_delivery(action) && !copy_first(action)) return false;
      if (copied_ && is_delivery(action) && !find(logged, action)) return false;
      apply(action);
    }
    return copied_ && second(choices, mapping);
  }
  std::vector<LoggedAction> log;

 private:
  bool is_delivery(const Action& action) const {
    return action.kind == ActionKind::deliver && action.a == input_.subscription && world_.pool().content(action.word) == message_;
  }
  // The same action; of equal descriptions whichever there is.
  bool find(const LoggedAction& logged, Action& action) const {
    return find_enabled(world_, logged, action) || find_enabled(world_, {logged.text, 1}, action);
  }
  void apply(const Action& action) {
    log.push_back(logged_action(world_, action));
    world_.apply(action);
    watch_.action_over();
  }
  bool copy_first(const Action& delivery) {
    std::vector<Action> all;
    world_.enabled(all);
    for (const Action& action : all) {
      if (action.kind != ActionKind::fault_duplicate || action.fault != fault_ || action.a != delivery.a || action.b != delivery.b) continue;
      apply(action);
      copied_ = true;
      return true;
    }
    return false;
  }

  // Delivers a copy that is left and takes its handling to the end.
  bool second(const std::vector<std::uint32_t>& choices, Mapping& mapping) {
    std::vector<Action> all;
    world_.enabled(all, false);
    const auto delivery = std::find_if(all.begin(), all.end(), [this](const Action& action) { return is_delivery(action); });
    if (delivery == all.end()) return false;
    const std::vector<char> free = handling_.free_frames();
    changes_.seen = {};
    apply(*delivery);
    std::size_t chosen = 0;
    for (std::uint32_t steps = 0; steps < 2000; ++steps) {
      all.clear();
      handling_.own_actions(free, all);
      if (all.empty()) break;
      Action next = all.front();
      if (next.kind == ActionKind::step && std::count_if(all.begin(), all.end(), [&](const Action& a) { return a.kind == next.kind && a.a == next.a; }) > 1) {
        if (chosen == choices.size()) return false;
        next.choice = choices[chosen++];
      }
      apply(next);
    }
    return !mapping.nothing(changes_.seen);
  }

  struct Changes final : Observer {
    Consequences seen;
    std::uint32_t interests() const override { return static_cast<std::uint32_t>(Interest::events); }
    void row_changed(World&, std::uint32_t table, Word key, std::span<const Word> before, std::span<const Word> after) override {
      seen.rows.push_back({table, key, {before.begin(), before.end()}, {after.begin(), after.end()}});
    }
    void effect(World&, std::uint32_t effect, Word key, std::int64_t amount) override { seen.effects.push_back({effect, key, amount}); }
    void sent(World&, const Actor&, std::uint32_t, Word message) override { seen.sent.push_back(message); }
  };

  World& world_;
  Watch watch_;
  Changes changes_;
  Handling handling_;
  Input input_;
  Hash128 message_;
  std::uint16_t fault_ = 0;
  bool copied_ = false;
};

}  // namespace

bool show_second_copy(const Scenario& with_copy, const BrokerRegistry& registry, const std::vector<std::string>& ignore, const World& from,
                      const Input& input, const std::vector<std::uint32_t>& choices, std::vector<LoggedAction>& path, Diagnostics& diagnostics) {
  auto world = make_world(*with_copy.system, registry, Mode::explore, with_copy.system->bounds.seed, diagnostics);
  if (!world) return false;
  std::vector<std::string> unknown;
  Mapping mapping(*with_copy.system, ignore, unknown);
  Retelling retelling(with_copy, *world, input, from.pool().content(input.message));
  if (!retelling.run(path, choices, mapping)) return false;
  path = std::move(retelling.log);
  return true;
}

}  // namespace flowtank::family
