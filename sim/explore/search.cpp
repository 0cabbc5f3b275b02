// SPDX-License-Identifier: Apache-2.0
// Names of what searches report; see search.hpp.
#include "sim/explore/search.hpp"

namespace flowtank::explore {

std::string_view name_of(Limit limit) {
  switch (limit) {
    case Limit::none: return "none";
    case Limit::states: return "states";
    case Limit::depth: return "depth";
    case Limit::memory: return "memory";
    case Limit::time: return "time";
    case Limit::cancelled: return "cancelled";
    case Limit::branching: return "branching";
    case Limit::decided: return "decided";
    case Limit::fault: return "fault";
  }
  return "unknown";
}

std::string_view name_of(PropertyKind kind) {
  switch (kind) {
    case PropertyKind::always: return "always";
    case PropertyKind::sometimes: return "sometimes";
    case PropertyKind::terminal: return "terminal";
    case PropertyKind::transition: return "transition";
  }
  return "unknown";
}

}  // namespace flowtank::explore
