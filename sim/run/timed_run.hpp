// SPDX-License-Identifier: Apache-2.0
// The timed driver: applies what the agenda offers, earliest first, until nothing is left, the horizon, a
// limit, or until somebody asks it to stop. It knows no property: whoever checks one passes a callable that
// is called after every action. Reads no clock: progress and cancelling come in from the face.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <sim/base/check.hpp>
#include <sim/base/time.hpp>
#include <sim/world/world.hpp>

namespace flowtank {

enum class RunEnd : std::uint8_t {
  quiet,      // nothing is left to do, ever
  horizon,    // more would happen after the horizon
  actions,    // TimedRunLimits::max_actions
  standstill, // TimedRunLimits::max_actions_at_once: a loop that takes no time
  cancelled,  // from outside
  stopped,    // by the observer
};
std::string_view to_text(RunEnd end);  // "nothing left to do", "horizon reached", ...

struct TimedRunLimits {
  Time horizon = Time::never();
  std::uint64_t max_actions = 0;  // 0: no limit
  // Actions at one instant of virtual time, 0: no limit. A retry without a pause would go on for ever.
  std::uint64_t max_actions_at_once = 1'000'000;
};

struct TimedRunHooks {
  const std::atomic<bool>* cancelled = nullptr;
  std::function<void(const World&)> progress;  // called every `progress_every` actions
  std::uint64_t progress_every = 1 << 16;
};

struct TimedRunResult {
  RunEnd end = RunEnd::quiet;
  Time time;                    // of the last action
  std::uint64_t actions = 0;    // applied in this run
  std::uint64_t handled = 0;    // messages settled by a handler run
  std::uint64_t fingerprint = 0;  // identifies the run
};

// `after_action(world)` gives true to go on. `world` was reset with the seed of the run and is in timed
// mode. Deterministic: a function of the System, the seed and the limits.
template <typename AfterAction>
TimedRunResult timed_run(World& world, const TimedRunLimits& limits, AfterAction&& after_action,
                         const TimedRunHooks& hooks = {}) {
  FLOWTANK_CHECK(world.timed(), "a timed run needs a World in timed mode");
  TimedRunResult result;
  const std::uint64_t before = world.actions();
  std::uint64_t until_poll = hooks.progress_every;
  Time instant = world.now();
  std::uint64_t at_once = 0;
  for (;;) {
    if (limits.max_actions != 0 && world.actions() - before >= limits.max_actions) {
      result.end = RunEnd::actions;
      break;
    }
    if (hooks.cancelled != nullptr && hooks.cancelled->load(std::memory_order_relaxed)) {
      result.end = RunEnd::cancelled;
      break;
    }
    if (!world.advance(limits.horizon)) {
      result.end = world.at_rest() ? RunEnd::quiet : RunEnd::horizon;
      break;
    }
    if (world.now() != instant) {
      instant = world.now();
      at_once = 0;
    } else if (++at_once == limits.max_actions_at_once) [[unlikely]] {
      after_action(world);
      result.end = RunEnd::standstill;
      break;
    }
    if (!after_action(world)) {
      result.end = RunEnd::stopped;
      break;
    }
    if (--until_poll == 0) {
      until_poll = hooks.progress_every;
      if (hooks.progress) hooks.progress(world);
    }
  }
  result.time = world.now();
  result.actions = world.actions() - before;
  result.handled = world.handled_messages();
  result.fingerprint = world.run_fingerprint();
  return result;
}

// Without an observer.
TimedRunResult timed_run(World& world, const TimedRunLimits& limits);

}  // namespace flowtank
