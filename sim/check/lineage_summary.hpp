// SPDX-License-Identifier: Apache-2.0
// What a search led by lineage came to (sim/lineage makes it, reports show it): how many runs, up to how many faults every set
// was tried, and what that is conditional on.
#pragma once

#include <cstdint>
#include <string>

namespace flowtank {

struct LineageSummary {
  std::uint64_t runs = 0;       // with different faults, the ones without any included
  std::uint64_t actions = 0;    // in all of them
  std::uint64_t longest = 0;    // actions of one run
  std::uint64_t orders = 0;     // orders of events that each set of faults was tried in
  std::uint64_t places = 0;     // places of faults that were considered
  std::uint64_t without_effect = 0;  // of these: what the run came to does not depend on what they strike
  std::uint64_t known = 0;      // of these: led to a situation that another set had led to before
  std::uint64_t unending = 0;   // runs that were cut off
  std::uint32_t up_to = 0;      // every set of at most so many faults was tried
  std::uint32_t budget = 0;     // faults that the scenario allows in one run
  std::string stopped;          // why before all sets were tried; empty: they were
  bool decided = false;         // stopped, since every property had failed or its goal was reached: no more was wanted
  // Safe within the bounds that it was asked for?
  bool exhausted() const { return stopped.empty(); }
};

}  // namespace flowtank
