// SPDX-License-Identifier: Apache-2.0
// How long a handler can have a copy of a subscription in its hands before it settles it, from what the System says and from
// nothing else. Brokers ask it which deadlines of theirs can pass at all: an exploration has no time, and one that let every
// deadline pass would fail every consumer without an inbox, also those that take a millisecond.
#pragma once

#include <cstdint>

#include <sim/world/system.hpp>

namespace flowtank {

struct HandlingTime {
  // From the start of a handler to the step that settles, on its longest way: steps at their longest, each wait, timeouts of calls.
  // Saturates at Duration::infinite() (a Pareto distribution without a cap).
  Duration by_itself;
  // What faults add that let its service stand still or go slowly, each at its longest and once; pauses alone.
  Duration stands_still, paused;
  // It may last longer than that: locks, publishes whose answers are late, calls without a timeout, loops.
  bool waits_for_others = false;

  // Can a copy be held for longer than `deadline` without waiting for others?
  bool reaches(Duration deadline) const { return by_itself + stands_still > deadline; }
};

// The longest of all handlers that messages of this subscription start; all zero if there are none. A pure function.
HandlingTime handling_time(const System& system, std::uint32_t subscription);

}  // namespace flowtank
