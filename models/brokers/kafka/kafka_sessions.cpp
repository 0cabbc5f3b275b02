// SPDX-License-Identifier: Apache-2.0
// See kafka_broker.hpp: heartbeats of members whose process stands still for a while (KF-REB-6), in timed runs. A live process sends
// one each heartbeat.interval.ms whatever its handlers do; one that stands still sends none, and when its session is over the rest
// of the group goes on without it. A rebalance of an eager group waits for everybody who counts as alive (KF-REB-2), so a session
// that is shorter than the pauses can keep a whole group joining. Only Systems with pauses have such watches: others cost nothing.
#include <algorithm>

#include "models/brokers/kafka/kafka_broker.hpp"

namespace flowtank::kafka {

void KafkaBroker::watch_heartbeats(World& world) {
  const bool may_stand_still = std::any_of(system_.faults.begin(), system_.faults.end(), [](const Fault& fault) { return fault.kind == FaultKind::pause; });
  if (!world.timed() || !may_stand_still) return;
  for (std::uint32_t g = 0; g < readers_.size(); ++g) {
    for (std::uint32_t slot = 0; slot < readers_[g].members.size(); ++slot) {
      world.offer(Duration(wiring_of(g).consumer.heartbeat_interval_ms * 1'000'000), own(heartbeat, g, slot));
    }
  }
}

void KafkaBroker::beat(World& world, std::uint32_t reader, std::uint32_t slot) {
  Member& member = readers_[reader].members[slot];
  const bool counts_as_alive = cluster_->group(readers_[reader].group).is_member(world.cells(), slot);
  const std::int64_t now = now_ms(world);
  if (world.faults().paused(member.instance)) {
    const bool is_over = counts_as_alive && now - member.last_heartbeat_ms >= member.joining.session_ms;
    if (is_over) evict(world, reader, slot);
    member.must_rejoin = member.must_rejoin || is_over || !counts_as_alive;
  } else if (world.faults().is_up(member.instance)) {
    member.last_heartbeat_ms = now;
    // The answer to its heartbeat tells it that it is thrown out, or that a rebalance waits for it.
    if (member.must_rejoin) world.offer(Duration{}, own(rejoin, reader, slot));
    member.must_rejoin = false;
    offer_round(world, reader);
  }
  world.offer(Duration(wiring_of(reader).consumer.heartbeat_interval_ms * 1'000'000), own(heartbeat, reader, slot));
}

// Nothing would come of it but the next one.
bool KafkaBroker::beat_is_idle(const World& world, std::uint32_t reader, std::uint32_t slot) const {
  const Member& member = readers_[reader].members[slot];
  if (world.faults().paused(member.instance)) return !cluster_->group(readers_[reader].group).is_member(world.cells(), slot);
  return world.faults().down(member.instance) || (!member.must_rejoin && world.cells().peek(readers_[reader].round) == 0);
}

// KF-REB-2: a member that stands still cannot join; until its session is over everybody waits for it.
bool KafkaBroker::somebody_stands_still(const World& world, std::uint32_t reader) const {
  const Reader& r = readers_[reader];
  for (std::uint32_t slot = 0; slot < r.members.size(); ++slot) {
    if (world.faults().paused(r.members[slot].instance) && cluster_->group(r.group).is_member(world.cells(), slot)) return true;
  }
  return false;
}

}  // namespace flowtank::kafka
