// SPDX-License-Identifier: Apache-2.0
// The replicas of a PartitionLog (KF-REPL-1..4). One packed word says who leads, who lags, who is down, who is out
// of the ISR and whose fetching is paused; it is 0 while no fault has struck, and then there is nothing else.
#include <bit>

#include "models/brokers/kafka/partition_log.hpp"

namespace flowtank::kafka {
namespace {

constexpr std::uint64_t leader_nobody = 255;
enum Field : unsigned { at_leader = 0, at_lagging = 8, at_dead = 16, at_out = 24, at_paused = 32 };

constexpr Replicas field(std::uint64_t state, Field at) { return static_cast<Replicas>(state >> at & 0xff); }
constexpr std::uint64_t with(std::uint64_t state, Field at, std::uint64_t value) {
  return (state & ~(std::uint64_t{0xff} << at)) | value << at;
}
constexpr Replicas bit(std::uint32_t replica) { return Replicas{1} << replica; }
constexpr std::uint32_t first_of(Replicas set) { return static_cast<std::uint32_t>(std::countr_zero(set)); }

}  // namespace

void PartitionLog::set_state(Cells& cells, std::uint64_t state) {
  const Offset before = least_in_sync_ == 0 ? no_offset : high_watermark(cells);
  cells.set(first_ + at_replicas, state);
  if (cells.tracking()) cells.set(replica_cell_, state);
  if (least_in_sync_ == 0) return;
  // KF-REPL-4 (KIP-966): while fewer than min.insync.replicas are in sync, the high watermark stays where it was.
  if (static_cast<std::uint32_t>(std::popcount(in_sync(cells))) >= least_in_sync_) {
    held_.clear(cells);
  } else if (held_.peek(cells) == no_offset) {
    held_.set(cells, before, base(cells));
  }
}

std::uint32_t PartitionLog::leader(const Cells& cells) const {
  if (cells.recording()) static_cast<void>(cells.get(replica_cell_));
  const Replicas code = field(cells.peek(first_ + at_replicas), at_leader);
  if (code == 0) return preferred_;
  return code == leader_nobody ? no_replica : code - 1;
}

Replicas PartitionLog::in_sync(const Cells& cells) const {
  return (bit(replicas_) - 1) & ~field(cells.peek(first_ + at_replicas), at_out);
}
Replicas PartitionLog::live(const Cells& cells) const {
  return (bit(replicas_) - 1) & ~field(cells.peek(first_ + at_replicas), at_dead);
}
bool PartitionLog::is_paused(const Cells& cells, std::uint32_t replica) const {
  return (field(cells.peek(first_ + at_replicas), at_paused) & bit(replica)) != 0;
}

Offset PartitionLog::end_of(const Cells& cells, std::uint32_t replica) const {
  const bool lags = (field(cells.peek(first_ + at_replicas), at_lagging) & bit(replica)) != 0;
  return lags ? ends_[replica].get(cells) : end(cells);
}

Offset PartitionLog::watermark_of_lagging(const Cells& cells) const {
  const std::uint64_t state = cells.peek(first_ + at_replicas);
  Offset mark = end(cells);
  for (Replicas late = field(state, at_lagging) & in_sync(cells); late != 0; late &= late - 1) {
    const Offset theirs = ends_[first_of(late)].get(cells);
    if (theirs < mark) mark = theirs;
  }
  const Offset held = held_.get(cells);
  return held != no_offset && held < mark ? held : mark;
}

void PartitionLog::lag(Cells& cells, std::uint32_t replica, Offset end) {
  const std::uint64_t state = cells.peek(first_ + at_replicas);
  ends_[replica].set(cells, end, base(cells));
  set_state(cells, with(state, at_lagging, field(state, at_lagging) | bit(replica)));
}

// Who lives, is not paused and knows a leader has all that the leader has, and is in sync.
void PartitionLog::catch_up(Cells& cells) {
  const std::uint32_t leads = leader(cells);
  std::uint64_t state = cells.peek(first_ + at_replicas);
  if (leads == no_replica) return;
  const Replicas well = live(cells) & (~field(state, at_paused) | bit(leads));
  for (Replicas late = field(state, at_lagging) & well; late != 0; late &= late - 1) ends_[first_of(late)].clear(cells);
  state = with(state, at_lagging, field(state, at_lagging) & ~well);
  set_state(cells, with(state, at_out, field(state, at_out) & ~well));
}

void PartitionLog::pause(Cells& cells, std::uint32_t replica) {
  const std::uint64_t state = cells.peek(first_ + at_replicas);
  if (replica == leader(cells) || is_paused(cells, replica)) return;
  set_state(cells, with(state, at_paused, field(state, at_paused) | bit(replica)));
  if ((field(state, at_lagging) & bit(replica)) == 0) lag(cells, replica, end(cells));
}

void PartitionLog::resume(Cells& cells, std::uint32_t replica) {
  const std::uint64_t state = cells.peek(first_ + at_replicas);
  set_state(cells, with(state, at_paused, field(state, at_paused) & ~bit(replica)));
  catch_up(cells);
}

void PartitionLog::drop_from_isr(Cells& cells, std::uint32_t replica) {
  const std::uint64_t state = cells.peek(first_ + at_replicas);
  if (replica == leader(cells)) return;
  set_state(cells, with(state, at_out, field(state, at_out) | bit(replica)));
}

bool PartitionLog::elect(Cells& cells, const Pool& pool, bool unclean) {
  if (leader(cells) != no_replica) return false;
  Replicas candidates = live(cells) & in_sync(cells);
  // KF-REPL-3: without a live in-sync replica nobody leads, or, unclean, anybody.
  const bool dirty = candidates == 0;
  if (dirty && !unclean) return false;
  if (dirty) candidates = live(cells);
  if (candidates == 0) return false;
  const std::uint32_t leads = (candidates & bit(preferred_)) != 0 ? preferred_ : first_of(candidates);
  std::uint64_t state = cells.peek(first_ + at_replicas);
  state = with(state, at_leader, leads == preferred_ ? 0 : leads + 1);
  if (dirty) state = with(state, at_out, (bit(replicas_) - 1) & ~bit(leads));  // it alone is the ISR
  set_state(cells, state);
  // What the new leader does not have is gone (KF-REPL-2): everybody else truncates to it.
  const Offset theirs = end_of(cells, leads);
  const bool lost = theirs < end(cells);
  if (lost) cut(cells, pool, theirs);
  catch_up(cells);
  return lost;
}

bool PartitionLog::kill(Cells& cells, const Pool& pool, std::uint32_t replica, bool unclean) {
  if ((live(cells) & bit(replica)) == 0) return false;
  const bool led = leader(cells) == replica;
  std::uint64_t state = cells.peek(first_ + at_replicas);
  if ((field(state, at_lagging) & bit(replica)) == 0) lag(cells, replica, end(cells));
  state = cells.peek(first_ + at_replicas);
  state = with(state, at_dead, field(state, at_dead) | bit(replica));
  if (led) state = with(state, at_leader, leader_nobody);
  // The last of the ISR stays in it, dead or alive.
  const Replicas others = in_sync(cells) & ~bit(replica) & ~field(state, at_dead);
  if (others != 0) state = with(state, at_out, field(state, at_out) | bit(replica));
  set_state(cells, state);
  return led && elect(cells, pool, unclean);
}

bool PartitionLog::revive(Cells& cells, const Pool& pool, std::uint32_t replica, bool unclean) {
  if ((live(cells) & bit(replica)) != 0) return false;
  std::uint64_t state = cells.peek(first_ + at_replicas);
  set_state(cells, with(state, at_dead, field(state, at_dead) & ~bit(replica)));
  const bool lost = elect(cells, pool, unclean);
  catch_up(cells);
  return lost;
}

void PartitionLog::lose_power(Cells& cells, const Pool& pool, Replicas lost, Offset flushed) {
  lost &= bit(replicas_) - 1;
  const bool led = leader(cells) != no_replica && (lost & bit(leader(cells))) != 0;
  for (Replicas set = lost; set != 0; set &= set - 1) {
    const std::uint32_t replica = first_of(set);
    const Offset theirs = end_of(cells, replica);
    lag(cells, replica, theirs < flushed ? theirs : flushed);
  }
  std::uint64_t state = cells.peek(first_ + at_replicas);
  state = with(state, at_dead, field(state, at_dead) | lost);
  if (led) state = with(state, at_leader, leader_nobody);
  if ((in_sync(cells) & ~field(state, at_dead)) != 0) state = with(state, at_out, field(state, at_out) | lost);
  set_state(cells, state);
  if (led) elect(cells, pool, false);
}

}  // namespace flowtank::kafka
