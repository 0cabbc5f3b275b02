// SPDX-License-Identifier: Apache-2.0
// Replay finds an action by its description among those enabled in the same state; equal descriptions are
// told apart by their place in the documented order.
#include "sim/run/replay.hpp"

#include <fmt/format.h>

namespace flowtank {
namespace {

constexpr std::size_t most_shown = 20;

Replayed replay(World& world, const std::vector<LoggedAction>& log, const ReplayObserver& observer, bool strict) {
  FLOWTANK_CHECK(world.mode() == Mode::explore, "decision logs of actions are replayed without time");
  Replayed result;
  for (std::size_t i = 0; i < log.size(); ++i) {
    Action action;
    if (!find_enabled(world, log[i], action)) {
      if (!strict) {
        ++result.skipped;
        continue;
      }
      result.error = fmt::format("action {} of {} is not enabled: {}", i + 1, log.size(), log[i].text);
      if (log[i].occurrence > 1) result.error += fmt::format(" (occurrence {})", log[i].occurrence);
      std::vector<Action> actions;
      world.enabled(actions);
      for (const Action& other : actions) {
        if (result.enabled.size() == most_shown) break;
        result.enabled.push_back(world.describe(other));
      }
      return result;
    }
    result.log.push_back(strict ? log[i] : logged_action(world, action));
    if (observer) observer(world, action, i, false);
    world.apply(action);
    ++result.applied;
    if (observer) observer(world, action, i, true);
  }
  result.complete = result.applied == log.size();
  return result;
}

}  // namespace

LoggedAction logged_action(const World& world, const Action& action) {
  LoggedAction logged{world.describe(action), 1};
  std::vector<Action> actions;
  world.enabled(actions);
  for (const Action& other : actions) {
    if (other == action) return logged;
    if (world.describe(other) == logged.text) ++logged.occurrence;
  }
  check_failed(__FILE__, __LINE__, "the action is enabled", logged.text);
}

bool find_enabled(const World& world, const LoggedAction& logged, Action& out) {
  std::vector<Action> actions;
  world.enabled(actions);
  std::uint32_t occurrence = 0;
  for (const Action& action : actions) {
    if (world.describe(action) == logged.text && ++occurrence == logged.occurrence) {
      out = action;
      return true;
    }
  }
  return false;
}

Replayed replay_strictly(World& world, const std::vector<LoggedAction>& log, const ReplayObserver& observer) {
  return replay(world, log, observer, true);
}

Replayed replay_leniently(World& world, const std::vector<LoggedAction>& log, const ReplayObserver& observer) {
  return replay(world, log, observer, false);
}

}  // namespace flowtank
