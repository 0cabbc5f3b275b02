// SPDX-License-Identifier: Apache-2.0
// See run_history.hpp. Additions look at nothing, so they come from nothing, but whoever reads comes from all of them.
#include "sim/lineage/run_history.hpp"

#include <algorithm>

namespace flowtank::lineage {

namespace {

bool writes(Access access) { return access == Access::write || access == Access::add || access == Access::take; }

}  // namespace

void RunHistory::add(const Footprint& footprint, bool outcome) {
  const History::Event event = history_.add(History::Needs::all);
  std::vector<History::Event> causes;
  for (const Touch& touch : footprint) {
    if (touch.access == Access::add) continue;  // looks at nothing
    const auto found = writers_.find(touch.component);
    if (found != writers_.end()) causes.insert(causes.end(), found->second.begin(), found->second.end());
  }
  std::sort(causes.begin(), causes.end());
  causes.erase(std::unique(causes.begin(), causes.end()), causes.end());
  for (const History::Event cause : causes) {
    if (cause != event) history_.because_of(event, cause);
  }
  for (const Touch& touch : footprint) {
    if (!writes(touch.access)) continue;
    std::vector<History::Event>& writers = writers_[touch.component];
    if (touch.access == Access::write) writers.clear();
    if (writers.empty() || writers.back() != event) writers.push_back(event);
  }
  footprints_.push_back(footprint);
  if (outcome) outcomes_.push_back(event);
}

std::vector<bool> RunHistory::part_of_outcome() const {
  std::vector<bool> part(size(), false);
  History all = history_;
  const History::Event end = all.add(History::Needs::all);
  for (const History::Event outcome : outcomes_) all.because_of(end, outcome);
  for (const History::Event event : all.past(end)) {
    if (event != end) part[event] = true;
  }
  return part;
}

bool RunHistory::concerns(const Footprint& fault, std::size_t action) const {
  const Footprint& other = footprints_[action];
  for (const Touch& mine : fault) {
    for (const Touch& its : other) {
      if (mine.component != its.component) continue;
      if (writes(mine.access) || writes(its.access)) return true;
    }
  }
  return false;
}

}  // namespace flowtank::lineage
