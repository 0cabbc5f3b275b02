// SPDX-License-Identifier: Apache-2.0
// What came of what in a log: its steps are replayed once with a trace, and each is put into the group of the
// request, tick or fault that it came from. Groups are what the shrinker removes first; the steps that concern what
// is violated are what it tries first.
#pragma once

#include <string>
#include <vector>

#include <sim/world/broker.hpp>

#include "sim/shrink/stage.hpp"

namespace flowtank::shrinking {

struct Causes {
  // Steps that speak of the violated key, what they came from, and all faults; and the same without the faults that
  // struck something else. Empty when the violation has no key.
  std::vector<bool> about_it;
  std::vector<bool> about_it_closely;
  // For each thing that a request is about (an order), at most 64: its steps, those of nobody, and faults. One of them may be
  // enough in a scenario with one request.
  std::vector<std::vector<bool>> about_each;
};

// Fills LogStep::group of `trial`, whose steps replay strictly in the scenario of `stage` and violate its property.
Causes find_causes(const Stage& stage, const BrokerRegistry& registry, Trial& trial, Moment moment);

}  // namespace flowtank::shrinking
