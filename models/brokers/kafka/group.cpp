// SPDX-License-Identifier: Apache-2.0
// See group.hpp: members, rounds and the checks of the coordinator.
#include "models/brokers/kafka/group.hpp"

#include <algorithm>
#include <limits>

#include <sim/world/component.hpp>

namespace flowtank::kafka {
namespace {

constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t cell_of(std::int64_t ms) { return static_cast<std::uint64_t>(ms) + 1; }
constexpr std::int64_t ms_of(std::uint64_t cell) { return static_cast<std::int64_t>(cell) - 1; }

}  // namespace

std::string_view to_text(GroupError error) {
  switch (error) {
    case GroupError::none: return "ok";
    case GroupError::illegal_generation: return "ILLEGAL_GENERATION";
    case GroupError::unknown_member_id: return "UNKNOWN_MEMBER_ID";
    case GroupError::rebalance_in_progress: return "REBALANCE_IN_PROGRESS";
    case GroupError::fenced_instance_id: return "FENCED_INSTANCE_ID";
    case GroupError::stale_member_epoch: return "STALE_MEMBER_EPOCH";
  }
  return "";
}

// ---- building ----------------------------------------------------------------------------------------------

void Group::build(Cells& cells, std::uint64_t owner, const GroupSettings& settings, std::vector<std::uint32_t> topic_sizes,
                  std::uint32_t slots) {
  key_ = owner;
  settings_ = settings;
  phase_ = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, key_, 1));
  generation_ = cells.allocate(Cells::Holds::quiet, 0);
  round_start_ = cells.allocate(Cells::Holds::quiet, 0);
  round_from_ = cells.allocate(Cells::Holds::quiet, 0);
  round_until_ = cells.allocate(Cells::Holds::quiet, 0);
  empty_since_ = cells.allocate(Cells::Holds::quiet, 0);
  for (const std::uint32_t size : topic_sizes) add_topic(cells, size);
  add_slots(cells, slots);
}

void Group::add_slots(Cells& cells, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t slot = members_.size();
    Member& member = members_.emplace_back();
    member.standing = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, key_, 0x100000000ULL + slot));
    member.id = cells.allocate(Cells::Holds::quiet, 0);
    member.epoch = cells.allocate(Cells::Holds::quiet, 0);
    member.deadline = cells.allocate(Cells::Holds::quiet, 0);
  }
}

void Group::add_partition(Cells& cells) {
  const std::uint64_t p = partitions_.size(), field = 0x200000000ULL + 4 * p;
  Partition& partition = partitions_.emplace_back();
  partition.owner = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, key_, field));
  partition.target = cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, key_, field + 1));
  partition.committed.build(cells, component_key(ComponentKind::broker_state, key_, field + 2));
}

void Group::add_topic(Cells& cells, std::uint32_t partitions) {
  topic_sizes_.push_back(0);
  grow_last_topic(cells, partitions);
}

void Group::grow_last_topic(Cells& cells, std::uint32_t partitions) {
  for (; topic_sizes_.back() < partitions; ++topic_sizes_.back()) add_partition(cells);
}

// ---- members -----------------------------------------------------------------------------------------------

std::uint32_t Group::member_count(const Cells& cells) const {
  std::uint32_t count = 0;
  for (const Member& member : members_) count += cells.get(member.standing) != absent ? 1 : 0;
  return count;
}

Membership Group::membership(const Cells& cells, std::uint32_t slot) const {
  const Member& member = members_[slot];
  if (cells.get(member.standing) == absent) return 0;
  return cells.peek(member.id) << 32 | cells.peek(member.epoch);
}

bool Group::has_joined(const Cells& cells, std::uint32_t slot) const {
  return cells.peek(members_[slot].standing) == joined;
}

bool Group::all_joined(const Cells& cells) const {
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    const std::uint64_t standing = cells.peek(member.standing);
    return standing == absent || standing == joined;
  });
}

void Group::everybody_joins(Cells& cells) {
  for (const Member& member : members_) {
    if (cells.peek(member.standing) != absent) cells.set(member.standing, joined);
  }
}

void Group::watch(Cells& cells, std::uint32_t slot, std::int64_t now_ms) {
  cells.set(members_[slot].deadline, cell_of(now_ms + members_[slot].joining.session_ms));
}

// KF-REB-1: a round begins; whoever is a member has to join again.
void Group::open_round(Cells& cells, std::int64_t now_ms, bool was_empty) {
  if (phase(cells) == Phase::preparing) {
    const std::uint64_t start = cells.peek(round_start_);
    if (start == 0 || settings_.initial_delay_ms == 0) return;
    // Another member came within the initial delay: one more delay after this one.
    const std::int64_t since = now_ms - ms_of(start), delay = settings_.initial_delay_ms;
    const std::int64_t until = std::min(ms_of(start) + (since / delay + 2) * delay, ms_of(cells.peek(round_until_)));
    cells.set(round_from_, std::max(cells.peek(round_from_), cell_of(until)));
    return;
  }
  std::int64_t longest = 0;
  for (const Member& member : members_) {
    if (cells.peek(member.standing) == absent) continue;
    longest = std::max(longest, member.joining.rebalance_ms);
    if (cells.peek(member.standing) == current) cells.set(member.standing, stale);
  }
  cells.set(phase_, static_cast<std::uint64_t>(Phase::preparing));
  cells.set(round_start_, was_empty ? cell_of(now_ms) : 0);
  cells.set(round_from_, cell_of(was_empty ? now_ms + settings_.initial_delay_ms : now_ms));
  cells.set(round_until_, cell_of(now_ms + std::max(longest, was_empty ? settings_.initial_delay_ms : 0)));
}

void Group::membership_changed(Cells& cells, std::int64_t now_ms, bool was_empty) {
  if (settings_.protocol != GroupProtocol::consumer) return open_round(cells, now_ms, was_empty);
  // KF-REB-8: the coordinator assigns at once; members learn of it by heartbeats.
  cells.set(phase_, static_cast<std::uint64_t>(Phase::stable));
  cells.set(generation_, cells.peek(generation_) + 1);
  find_target(cells);
}

void Group::join(Cells& cells, std::uint32_t slot, const Joining& joining, std::int64_t now_ms) {
  Member& member = members_[slot];
  const bool was_empty = phase(cells) == Phase::empty, is_new = cells.peek(member.standing) == absent;
  member.joining = joining;
  if (is_new) {
    cells.set(member.id, cells.peek(member.id) + 1);
    cells.set(empty_since_, 0);
  }
  cells.set(member.standing, settings_.protocol == GroupProtocol::consumer ? current : joined);
  watch(cells, slot, now_ms);
  if (settings_.protocol == GroupProtocol::consumer && !is_new) return;
  if (is_new || phase(cells) != Phase::preparing) membership_changed(cells, now_ms, was_empty);
  if (settings_.protocol != GroupProtocol::consumer) cells.set(member.standing, joined);
}

void Group::remove(Cells& cells, std::uint32_t slot) {
  cells.set(members_[slot].standing, absent);
  cells.set(members_[slot].deadline, 0);
  for (const Partition& partition : partitions_) {
    if (cells.peek(partition.owner) == slot + 1) cells.set(partition.owner, 0);
  }
}

void Group::lose(Cells& cells, std::uint32_t slot, std::int64_t now_ms) {
  if (cells.peek(members_[slot].standing) == absent) return;
  remove(cells, slot);
  if (member_count(cells) == 0) {
    cells.set(phase_, static_cast<std::uint64_t>(Phase::empty));
    cells.set(empty_since_, cell_of(now_ms));
    for (const Partition& partition : partitions_) cells.set(partition.target, 0);
    return;
  }
  membership_changed(cells, now_ms, false);
}

void Group::leave(Cells& cells, std::uint32_t slot, std::int64_t now_ms) {
  // KF-REB-7: close() of a static member does not leave; its session decides.
  if (!members_[slot].joining.is_static) lose(cells, slot, now_ms);
}

bool Group::returns(Cells& cells, std::uint32_t slot, const Joining& joining, std::int64_t now_ms) {
  Member& member = members_[slot];
  const bool known = cells.peek(member.standing) != absent && member.joining.is_static && joining.is_static;
  if (!known) {
    join(cells, slot, joining, now_ms);
    return false;
  }
  cells.set(member.id, cells.peek(member.id) + 1);  // KF-REB-7: the older life is fenced
  const bool undisturbed = phase(cells) == Phase::stable && member.joining.topics == joining.topics;
  member.joining = joining;
  watch(cells, slot, now_ms);
  if (!undisturbed) join(cells, slot, joining, now_ms);
  return undisturbed;
}

void Group::disturb(Cells& cells, std::int64_t now_ms) {
  if (phase(cells) != Phase::empty) membership_changed(cells, now_ms, false);
}

// ---- rounds ------------------------------------------------------------------------------------------------

void Group::find_target(Cells& cells) {
  std::vector<std::uint32_t> members, owners;
  std::vector<std::uint64_t> topics;
  for (std::uint32_t slot = 0; slot < slots(); ++slot) {
    if (cells.get(members_[slot].standing) == absent) continue;
    members.push_back(slot);
    topics.push_back(members_[slot].joining.topics);
  }
  for (const Partition& partition : partitions_) owners.push_back(static_cast<std::uint32_t>(cells.get(partition.owner)) - 1);
  // KIP-848's uniform assignor keeps what it can.
  const Assignor assignor = settings_.protocol == GroupProtocol::consumer ? Assignor::sticky : settings_.assignor;
  const std::vector<std::uint32_t> target = assign(assignor, {members, topics, topic_sizes_, owners});
  for (std::uint32_t p = 0; p < partitions(); ++p) cells.set(partitions_[p].target, std::uint64_t{target[p] + 1});
}

bool Group::wants_rebalance(const Cells& cells) const {
  if (phase(cells) == Phase::preparing) return true;
  if (phase(cells) == Phase::empty) return false;
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [&](const Partition& p) { return cells.get(p.owner) != cells.get(p.target); });
}

bool Group::round_is_ready(const Cells& cells, std::int64_t now_ms) const {
  if (phase(cells) != Phase::preparing || now_ms < ms_of(cells.peek(round_from_))) return false;
  return all_joined(cells) || now_ms >= ms_of(cells.peek(round_until_));
}

std::int64_t Group::round_deadline_ms(const Cells& cells) const {
  if (phase(cells) != Phase::preparing) return never_ms;
  return ms_of(cells.peek(all_joined(cells) ? round_from_ : round_until_));
}

void Group::complete_round(Cells& cells, std::int64_t now_ms) {
  for (std::uint32_t slot = 0; slot < slots(); ++slot) {
    // Whoever did not join again is out; a static member may be away (KF-REB-7).
    if (cells.peek(members_[slot].standing) == stale && !members_[slot].joining.is_static) remove(cells, slot);
  }
  cells.set(generation_, cells.peek(generation_) + 1);
  cells.set(round_start_, 0);
  if (member_count(cells) == 0) {
    cells.set(phase_, static_cast<std::uint64_t>(Phase::empty));
    cells.set(empty_since_, cell_of(now_ms));
    return;
  }
  cells.set(phase_, static_cast<std::uint64_t>(Phase::completing));
  for (std::uint32_t slot = 0; slot < slots(); ++slot) {
    if (cells.peek(members_[slot].standing) == absent) continue;
    if (cells.peek(members_[slot].standing) == joined) {
      cells.set(members_[slot].epoch, cells.peek(generation_));
      watch(cells, slot, now_ms);
    }
    cells.set(members_[slot].standing, current);
  }
  find_target(cells);
  for (const Partition& partition : partitions_) {
    // KF-REB-2: eager members have given up everything; cooperative ones keep what moves until they have revoked it.
    const std::uint64_t from = cells.peek(partition.owner);
    if (from == 0 || settings_.protocol == GroupProtocol::eager) cells.set(partition.owner, cells.peek(partition.target));
  }
}

void Group::synced(Cells& cells, std::int64_t now_ms) {
  static_cast<void>(now_ms);
  if (phase(cells) == Phase::completing) cells.set(phase_, static_cast<std::uint64_t>(Phase::stable));
}

std::vector<std::uint32_t> Group::to_revoke(const Cells& cells, std::uint32_t slot) const {
  std::vector<std::uint32_t> moving;
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    const std::uint64_t from = cells.get(partitions_[p].owner);
    if (from == slot + 1 && cells.get(partitions_[p].target) != from) moving.push_back(p);
  }
  return moving;
}

void Group::give_up(Cells& cells, std::uint32_t slot, std::uint32_t p) {
  if (cells.peek(partitions_[p].owner) == slot + 1) cells.set(partitions_[p].owner, 0);
}

std::vector<std::uint32_t> Group::take_over(Cells& cells, std::uint32_t slot) {
  std::vector<std::uint32_t> gained;
  if (cells.peek(members_[slot].standing) == absent || !to_revoke(cells, slot).empty()) return gained;
  cells.set(members_[slot].epoch, cells.peek(generation_));
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    if (cells.peek(partitions_[p].owner) != 0 || cells.peek(partitions_[p].target) != slot + 1) continue;
    cells.set(partitions_[p].owner, std::uint64_t{slot} + 1);
    gained.push_back(p);
  }
  return gained;
}

std::vector<std::uint32_t> Group::owned(const Cells& cells, std::uint32_t slot) const {
  std::vector<std::uint32_t> mine;
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    if (owner(cells, p) == slot) mine.push_back(p);
  }
  return mine;
}

// ---- checks ------------------------------------------------------------------------------------------------

GroupError Group::check_commit(const Cells& cells, std::uint32_t slot, Membership membership) const {
  const Member& member = members_[slot];
  if (cells.get(member.standing) == absent) return GroupError::unknown_member_id;
  const std::uint64_t life = membership >> 32, generation = membership & 0xffffffff;
  if (life != cells.peek(member.id)) {
    return member.joining.is_static && membership != 0 ? GroupError::fenced_instance_id : GroupError::unknown_member_id;
  }
  if (settings_.protocol == GroupProtocol::consumer) {
    return generation == cells.peek(member.epoch) ? GroupError::none : GroupError::stale_member_epoch;
  }
  if (generation != cells.peek(generation_)) return GroupError::illegal_generation;
  return phase(cells) == Phase::completing ? GroupError::rebalance_in_progress : GroupError::none;
}

GroupError Group::heartbeat(Cells& cells, std::uint32_t slot, Membership membership, std::int64_t now_ms) {
  GroupError error = check_commit(cells, slot, membership);
  if (error == GroupError::rebalance_in_progress) error = GroupError::none;  // completing: wait for the assignment
  if (error != GroupError::none) return error;
  watch(cells, slot, now_ms);
  return phase(cells) == Phase::preparing ? GroupError::rebalance_in_progress : GroupError::none;
}

void Group::expire_members(Cells& cells, std::int64_t now_ms) {
  for (std::uint32_t slot = 0; slot < slots(); ++slot) {
    const std::uint64_t deadline = cells.peek(members_[slot].deadline);
    if (cells.peek(members_[slot].standing) == joined) continue;  // it waits for an answer, and counts as alive
    if (deadline != 0 && now_ms >= ms_of(deadline)) lose(cells, slot, now_ms);  // KF-REB-6
  }
}

std::int64_t Group::next_expiry_ms(const Cells& cells) const {
  std::int64_t next = never_ms;
  for (const Member& member : members_) {
    if (cells.peek(member.deadline) != 0 && cells.peek(member.standing) != joined) next = std::min(next, ms_of(cells.peek(member.deadline)));
  }
  return next;
}

bool Group::expire_offsets(Cells& cells, std::int64_t now_ms) {
  const std::uint64_t since = cells.peek(empty_since_);
  if (since == 0 || now_ms - ms_of(since) < settings_.offsets_retention_ms) return false;
  cells.set(empty_since_, 0);
  bool any = false;
  for (Partition& partition : partitions_) {
    any = any || partition.committed.peek(cells) != no_offset;
    partition.committed.clear(cells);
  }
  return any;
}

}  // namespace flowtank::kafka
