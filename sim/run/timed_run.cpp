// SPDX-License-Identifier: Apache-2.0
// The words for how a timed run ended, and the run that nobody watches.
#include "sim/run/timed_run.hpp"

namespace flowtank {

std::string_view to_text(RunEnd end) {
  switch (end) {
    case RunEnd::quiet: return "nothing left to do";
    case RunEnd::horizon: return "horizon reached";
    case RunEnd::actions: return "limit of actions reached";
    case RunEnd::standstill: return "time stands still: a loop without a pause";
    case RunEnd::cancelled: return "interrupted";
    case RunEnd::stopped: return "stopped";
  }
  return "";
}

TimedRunResult timed_run(World& world, const TimedRunLimits& limits) {
  return timed_run(world, limits, [](World&) { return true; });
}

}  // namespace flowtank
