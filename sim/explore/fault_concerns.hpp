// SPDX-License-Identifier: Apache-2.0
// What each kind of fault means to runs whose steps are taken early: nothing, an end of the run, an error in it, something about
// its publish, or a reason to leave nothing out. A kind that nobody has thought about here is of the last sort.
#pragma once

#include <cstdint>

#include <sim/world/system.hpp>

namespace flowtank::explore {

enum class Concern : std::uint8_t {
  none,        // strikes copies, timers, brokers or commits: never a run between two quiet steps, nor what they touch
  kills,       // ends all runs of an instance
  raises,      // ends one run
  publishes,   // strikes a run whose publish is on the way
  blocks,      // looks into runs in other ways, fences them, or shows old states of tables: no reduction
};

inline Concern concern(FaultKind kind) {
  switch (kind) {
    case FaultKind::delay:
    case FaultKind::duplicate:
    case FaultKind::loss:
    case FaultKind::reorder:
    case FaultKind::throttle:
    case FaultKind::unroutable:
    case FaultKind::queue_limit:
    case FaultKind::publish_delay:
    case FaultKind::poison:
    case FaultKind::slow:
    case FaultKind::timer_early:
    case FaultKind::timer_late:
    case FaultKind::timer_twice:
    case FaultKind::call_loss:
    case FaultKind::outage:
    case FaultKind::abort:             // strikes where the next step is a commit: never before a quiet step; of sets of runs
    case FaultKind::ambiguous_commit:  // fault_commit is a member (RunSets::is_of_runs)
      return Concern::none;
    case FaultKind::crash: return Concern::kills;
    case FaultKind::handler_error: return Concern::raises;
    case FaultKind::ambiguous_publish:
    case FaultKind::publish_loss:
    case FaultKind::wrong_key: return Concern::publishes;
    default: return Concern::blocks;
  }
}

/// Lasts beyond its budget: while it is open its budget is spent.
inline bool lasts(FaultKind kind) { return kind == FaultKind::partition || kind == FaultKind::read_only || kind == FaultKind::pause; }

}  // namespace flowtank::explore
