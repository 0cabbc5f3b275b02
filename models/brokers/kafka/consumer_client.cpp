// SPDX-License-Identifier: Apache-2.0
// See consumer_client.hpp: where reading begins, and the cells of positions.
#include "models/brokers/kafka/consumer_client.hpp"

#include <algorithm>

#include <sim/world/component.hpp>

namespace flowtank::kafka {

StartOffset start_offset(const Cells& cells, const PartitionLog& log, Offset committed, OffsetReset policy,
                         Isolation isolation) {
  // KF-OFF-1: a commit that is still in the log decides; KF-REPL-3, KF-RET-1: one beyond the end or before the start
  // is out of range.
  const bool in_range = committed >= log.start(cells) && committed <= log.end(cells);
  if (committed != no_offset && in_range) return {committed, false, false};
  switch (policy) {  // KF-OFF-3
    case OffsetReset::earliest: return {log.start(cells), false, true};
    case OffsetReset::latest: return {log.readable_end(cells, isolation), false, true};
    case OffsetReset::none: break;
  }
  return {std::max<Offset>(committed, 0), true, true};
}

void ReadPositions::build(Cells& cells, std::uint64_t owner, std::uint32_t partitions) {
  owner_ = owner;
  add_partitions(cells, partitions);
}

void ReadPositions::add_partitions(Cells& cells, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t p = slots_.size();
    Slot& slot = slots_.emplace_back();
    slot.position.build(cells, component_key(ComponentKind::broker_state, owner_, 2 * p));
    slot.stored.build(cells, component_key(ComponentKind::broker_state, owner_, 2 * p + 1));
  }
}

}  // namespace flowtank::kafka
