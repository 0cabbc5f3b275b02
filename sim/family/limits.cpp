// SPDX-License-Identifier: Apache-2.0
// See limits.hpp. The World's own memory counts as well as that of the search.
#include "sim/family/limits.hpp"

#include <fmt/format.h>

#include <sim/base/thousands.hpp>

namespace flowtank::family {

explore::Options<explore::WorldSystem> search_options(const Scenario& scenario, const FamilyOptions& options, const World& world) {
  explore::Options<explore::WorldSystem> search;
  const CheckBounds& bounds = scenario.check;
  search.max_states = options.states.value_or(bounds.states != 0 ? bounds.states : default_family_states);
  if (options.depth) search.max_depth = *options.depth;
  else if (bounds.depth != 0) search.max_depth = bounds.depth;
  search.memory_limit = options.memory;
  search.stop_when_decided = false;
  search.progress = options.progress;
  search.cancelled = [cancelled = options.cancelled] { return cancelled != nullptr && cancelled->load(std::memory_order_relaxed); };
  search.out_of_time = [&world, &options] {
    return world.memory_bytes() > options.memory || (options.out_of_time && options.out_of_time());
  };
  return search;
}

Extent extent_of(const explore::Outcome<Action>& outcome, const FamilyOptions& options) {
  Extent extent;
  extent.counts = outcome;
  extent.complete = outcome.complete;
  extent.interrupted = options.cancelled != nullptr && options.cancelled->load(std::memory_order_relaxed);
  if (!outcome.complete) extent.limit_words = fmt::format("the limit of {}, after {} states", explore::name_of(outcome.limit), thousands(outcome.states));
  return extent;
}

}  // namespace flowtank::family
