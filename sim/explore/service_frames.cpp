// SPDX-License-Identifier: Apache-2.0
// See service_frames.hpp: pollers have frames of their own, all other handlers of a service share its frames; a selector
// that names no service is about all.
#include "sim/explore/service_frames.hpp"

#include <algorithm>

namespace flowtank::explore {

std::vector<std::uint32_t> frames_of(const World& world, std::uint32_t h) {
  const Runs& runs = world.runs();
  const Handler& handler = world.system().handlers[h];
  std::vector<std::uint32_t> frames;
  for (std::uint32_t frame = 0; frame < runs.frame_count(); ++frame) {
    if (runs.service_of_frame(frame) != handler.service) continue;
    const std::uint32_t poller = runs.poller_of(frame);
    if (handler.trigger == Trigger::poll ? poller == h : poller == none) frames.push_back(frame);
  }
  return frames;
}

std::vector<std::size_t> most_locals(const System& system) {
  std::vector<std::size_t> locals(system.services.size(), 0);
  for (const Handler& handler : system.handlers) {
    if (handler.service != none) locals[handler.service] = std::max(locals[handler.service], handler.program.locals.size());
  }
  return locals;
}

std::vector<bool> services_struck(const System& system, const Fault& fault) {
  std::vector<FaultSelector> places = fault.also;
  places.push_back(fault.on);
  std::vector<bool> struck(system.services.size(), false);
  for (const FaultSelector& on : places) {
    for (std::uint32_t s = 0; s < struck.size(); ++s) struck[s] = struck[s] || on.service == none || on.service == s;
  }
  return struck;
}

}  // namespace flowtank::explore
