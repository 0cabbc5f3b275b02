// SPDX-License-Identifier: Apache-2.0
// See flights.hpp. An arrival names what it came from as its direct cause; a request that is answered flies back.
#include "gui/session/flights.hpp"

#include <algorithm>

namespace flowtank::gui {
namespace {

bool arrives(RecordKind kind) {
  switch (kind) {
    case RecordKind::command_received:
    case RecordKind::command_answered:
    case RecordKind::accepted:
    case RecordKind::delivered:
    case RecordKind::lost:
    case RecordKind::effect: return true;
    default: return false;
  }
}

}  // namespace

std::vector<Flight> flights_at(const RunReader& run, RecordId at, std::int64_t position) {
  std::vector<Flight> out;
  if (at >= run.size()) return out;
  const TraceIndex& index = run.index();
  const std::size_t end = std::min(run.size(), std::size_t{at} + 1 + flight_window);
  for (std::size_t next = std::size_t{at} + 1; next < end; ++next) {
    const auto id = static_cast<RecordId>(next);
    if (!arrives(index.kind(id))) continue;
    const Record r = run.raw(id);
    if (r.parent > at) continue;  // not sent yet, or no_record
    Flight flight{r.parent, id, index.position(r.parent), index.position(id)};
    flight.share = flight.end > flight.begin ? static_cast<double>(position - flight.begin) / static_cast<double>(flight.end - flight.begin)
                                             : static_cast<double>(at - flight.from) / static_cast<double>(flight.to - flight.from);
    flight.share = std::clamp(flight.share, 0.0, 1.0);
    flight.lost = r.kind == RecordKind::lost;
    flight.struck = r.other_parent < id && index.kind(r.other_parent) == RecordKind::fault;
    out.push_back(flight);
  }
  return out;
}

}  // namespace flowtank::gui
