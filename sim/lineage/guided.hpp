// SPDX-License-Identifier: Apache-2.0
// Looks for a set of faults that breaks an outcome, led by how it came about: run once without faults, take the smallest
// cut of what was seen, run with it, learn from every run that still comes out well, until one does not or no cut is
// left. Then the system is safe within these faults, on one condition, which a verdict must name: what brought the
// outcome about once does so again whenever none of its causes is struck, and more faults never help.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sim/lineage/history.hpp"

namespace flowtank::lineage {

// What a run with some faults came to. The outcome is several goals together ("b has it", "c has it").
struct Run {
  bool violated = false;
  // How each goal came about; nothing for a goal that was not reached (though the run is not wrong).
  std::vector<std::optional<History::Event>> goals;
  History history;
};

struct GuidedOptions {
  std::size_t most_runs = 1'000'000;
  Allowed allowed;  // empty: every set is
};

struct GuidedVerdict {
  bool found = false;
  FaultSet faults;                // found: they break it; no smaller cut does
  std::vector<FaultSet> tried;    // in this order, the run without faults included
  bool exhausted = false;         // no cut is left: safe, see above
  bool vacuous = false;           // without faults no goal was reached: nothing can be learnt
  std::size_t runs() const { return tried.size(); }
};

GuidedVerdict guided_search(const std::function<Run(const FaultSet&)>& run, const GuidedOptions& options);

}  // namespace flowtank::lineage
