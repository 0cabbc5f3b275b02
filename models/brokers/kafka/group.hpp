// SPDX-License-Identifier: Apache-2.0
// The coordinator of one consumer group: members, generation, rebalances, owners of partitions, and committed offsets
// (KF-REB-1..8, KF-OFF-1, KF-OFF-3, KF-TXN-4). It is Kafka's broker side; consumer clients (and the World's
// instances) are its callers. A member is named by its slot: the number of an instance, or of a consumer.
//
// Two ways to use it. A client protocol with time calls join, sync, heartbeat, leave and expire, as the vectors'
// clients do. A caller that takes a rebalance as one action calls join/leave/lose and then rebalance(), which
// runs the rounds and tells what is revoked and assigned.
//
// State: owner and commit by partition and a member's standing are hashed; generations and member ids
// grow without bound and are quiet, since only "current or stale" matters for what happens next.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <sim/world/cells.hpp>

#include "models/brokers/kafka/assignor.hpp"
#include "models/brokers/kafka/offset_cell.hpp"

namespace flowtank::kafka {

enum class GroupProtocol : std::uint8_t {
  eager,        // classic with range, roundrobin or sticky: everybody gives up everything first
  cooperative,  // classic with cooperative-sticky: only what moves is given up, in a second round
  consumer,     // KIP-848: the coordinator assigns, members reconcile one by one
};

enum class GroupError : std::uint8_t {
  none,
  illegal_generation,     // the member is known, its generation is old
  unknown_member_id,      // evicted or never joined
  rebalance_in_progress,
  fenced_instance_id,     // another member came with the same group.instance.id
  stale_member_epoch,     // KIP-848
};
std::string_view to_text(GroupError error);  // Kafka's name: "ILLEGAL_GENERATION"; "ok" for none

struct GroupSettings {
  Assignor assignor = Assignor::range;
  GroupProtocol protocol = GroupProtocol::eager;
  std::int64_t initial_delay_ms = 3000;       // group.initial.rebalance.delay.ms
  std::int64_t offsets_retention_ms = 10'080LL * 60'000;  // offsets.retention.minutes
};

// What a member says when it joins.
struct Joining {
  std::uint64_t topics = 1;                   // bit t: subscribes topic t of the group
  std::int64_t session_ms = 45'000;           // session.timeout.ms
  std::int64_t rebalance_ms = 300'000;        // max.poll.interval.ms
  bool is_static = false;                     // group.instance.id is set (KF-REB-7)
};

// Which life of a member acts: member id and generation as one number. Kept by the caller with the work it does (a
// delivery, a poll), and given back with a commit. 0 is none.
using Membership = std::uint64_t;  // life << 32 | generation
// The same life of a member: it was not evicted in between, and a commit with its present generation passes.
constexpr bool same_life(Membership a, Membership b) { return a >> 32 == b >> 32; }

class Group {
 public:
  // `topic_sizes`: partitions of each topic of the group, numbered through. `slots`: members that may exist at a time.
  void build(Cells& cells, std::uint64_t owner, const GroupSettings& settings, std::vector<std::uint32_t> topic_sizes,
             std::uint32_t slots);
  void add_slots(Cells& cells, std::uint32_t count);
  void add_topic(Cells& cells, std::uint32_t partitions);
  void grow_last_topic(Cells& cells, std::uint32_t partitions);
  // A subscription or a partition count changed: everybody has to join again (KF-REB-1).
  void disturb(Cells& cells, std::int64_t now_ms);
  const GroupSettings& settings() const { return settings_; }
  void use(const GroupSettings& settings) { settings_ = settings; }  // while the group is empty
  std::uint32_t partitions() const { return static_cast<std::uint32_t>(partitions_.size()); }
  std::uint32_t slots() const { return static_cast<std::uint32_t>(members_.size()); }

  // ---- owners and members ------------------------------------------------------------------------
  std::uint32_t owner(const Cells& cells, std::uint32_t p) const {
    return static_cast<std::uint32_t>(cells.get(partitions_[p].owner)) - 1;  // nobody when 0
  }
  bool is_member(const Cells& cells, std::uint32_t slot) const { return cells.get(members_[slot].standing) != 0; }
  std::uint32_t member_count(const Cells& cells) const;
  // Does this member own the partition in the coordinator's view?
  bool owns(const Cells& cells, std::uint32_t slot, std::uint32_t p) const { return owner(cells, p) == slot; }
  Membership membership(const Cells& cells, std::uint32_t slot) const;

  // ---- committed offsets (KF-OFF-1) --------------------------------------------------------------
  [[gnu::always_inline]] Offset committed(const Cells& cells, std::uint32_t p) const {
    return partitions_[p].committed.get(cells);
  }
  // The check of every commit (KF-REB-5, KF-TXN-4). A Membership of the present life passes.
  GroupError check_commit(const Cells& cells, std::uint32_t slot, Membership membership) const;
  // Stores; the caller has checked. Rewinding is allowed.
  [[gnu::always_inline]] void commit(Cells& cells, std::uint32_t p, Offset offset, Offset base) {
    partitions_[p].committed.set(cells, offset, base);
  }
  void rebase(Cells& cells, std::uint32_t p, Offset base) { partitions_[p].committed.rebase(cells, base); }
  // KF-OFF-3: the group has been empty for offsets.retention.minutes: commits are forgotten. True when it was so.
  bool expire_offsets(Cells& cells, std::int64_t now_ms);

  // ---- a rebalance as one action -----------------------------------------------------------------
  // A member appears (join), says good-bye (leave), or is lost to the coordinator (crash after its session; a
  // poll gap: lose). None of them moves partitions yet, but leave and lose free what the member owned.
  void join(Cells& cells, std::uint32_t slot, const Joining& joining, std::int64_t now_ms);
  void leave(Cells& cells, std::uint32_t slot, std::int64_t now_ms);  // static members do not leave (KF-REB-7)
  void lose(Cells& cells, std::uint32_t slot, std::int64_t now_ms);
  // Would a rebalance now move or assign something?
  bool wants_rebalance(const Cells& cells) const;
  // All rounds of it, every present member answering: revoked(slot, partition) before any partition moves (the
  // member may commit in it: KF-REB-3), then assigned(slot, partition). Eager: everything is revoked from
  // everybody; cooperative and consumer: only what moves.
  template <typename Revoked, typename Assigned>
  void rebalance(Cells& cells, std::int64_t now_ms, Revoked&& revoked, Assigned&& assigned);

  // ---- the protocol with time --------------------------------------------------------------------
  enum class Phase : std::uint64_t { empty = 0, preparing, completing, stable };
  Phase phase(const Cells& cells) const { return static_cast<Phase>(cells.peek(phase_)); }
  std::uint64_t generation(const Cells& cells) const { return cells.peek(generation_); }
  // join() also starts or goes on with a round. Is the round complete (all members joined and the initial delay over,
  // or the rebalance timeout over)?
  bool round_is_ready(const Cells& cells, std::int64_t now_ms) const;
  std::int64_t round_deadline_ms(const Cells& cells) const;  // when round_is_ready() must be asked at the latest
  // Ends the joining: who has not joined (by join()) is out, the generation grows, owners are decided. Cooperative: what must first
  // be revoked stays with its owner, which finds it in to_revoke().
  void complete_round(Cells& cells, std::int64_t now_ms);
  void synced(Cells& cells, std::int64_t now_ms);  // the leader has distributed the assignment
  // Partitions of this member that the target gives to another.
  std::vector<std::uint32_t> to_revoke(const Cells& cells, std::uint32_t slot) const;
  // Revoked by the client: nobody owns them now; the client joins again (cooperative) or heartbeats (consumer).
  void give_up(Cells& cells, std::uint32_t slot, std::uint32_t p);
  // Partitions that are free and meant for this member; they are its own afterwards (KIP-848 heartbeat).
  std::vector<std::uint32_t> take_over(Cells& cells, std::uint32_t slot);
  std::vector<std::uint32_t> owned(const Cells& cells, std::uint32_t slot) const;
  GroupError heartbeat(Cells& cells, std::uint32_t slot, Membership membership, std::int64_t now_ms);
  bool has_joined(const Cells& cells, std::uint32_t slot) const;  // in the round that runs
  // Members whose session is over are lost. The next such time, or never (max).
  void expire_members(Cells& cells, std::int64_t now_ms);
  std::int64_t next_expiry_ms(const Cells& cells) const;
  // A static member is back: it keeps its partitions without a rebalance (KF-REB-7). The older life is fenced.
  bool returns(Cells& cells, std::uint32_t slot, const Joining& joining, std::int64_t now_ms);

 private:
  struct Member {
    Cell standing = no_cell;   // hashed: Standing
    Cell id = no_cell;         // quiet: number of its life, from 1
    Cell epoch = no_cell;      // quiet: generation it has learned of
    Cell deadline = no_cell;   // quiet: end of its session in ms + 1; 0: not watched
    Joining joining;
  };
  enum Standing : std::uint64_t { absent = 0, stale = 1, joined = 2, current = 3 };
  struct Partition {
    Cell owner = no_cell;      // hashed: slot + 1
    Cell target = no_cell;     // hashed: slot + 1
    OffsetCell committed;
  };
  void add_partition(Cells& cells);
  void find_target(Cells& cells);
  void everybody_joins(Cells& cells);
  void open_round(Cells& cells, std::int64_t now_ms, bool was_empty);
  void remove(Cells& cells, std::uint32_t slot);
  void membership_changed(Cells& cells, std::int64_t now_ms, bool was_empty);
  void watch(Cells& cells, std::uint32_t slot, std::int64_t now_ms);
  bool all_joined(const Cells& cells) const;

  std::uint64_t key_ = 0;
  GroupSettings settings_;
  std::vector<std::uint32_t> topic_sizes_;
  std::vector<Member> members_;
  std::vector<Partition> partitions_;
  Cell phase_ = no_cell;        // hashed
  Cell generation_ = no_cell;   // quiet
  Cell round_start_ = no_cell;  // quiet: when the first member of an empty group came (ms + 1); 0: no initial delay
  Cell round_from_ = no_cell;   // quiet: earliest end of the round (ms)
  Cell round_until_ = no_cell;  // quiet: latest end of the round (ms)
  Cell empty_since_ = no_cell;  // quiet: ms + 1; 0: not empty or never used
  std::vector<std::uint32_t> free_;  // of rebalance()
};

template <typename Revoked, typename Assigned>
void Group::rebalance(Cells& cells, std::int64_t now_ms, Revoked&& revoked, Assigned&& assigned) {
  everybody_joins(cells);
  find_target(cells);
  for (std::uint32_t p = 0; p < partitions(); ++p) {  // KF-REB-2: eager gives up all, the others what moves
    const std::uint64_t from = cells.peek(partitions_[p].owner), to = cells.peek(partitions_[p].target);
    if (from == 0 || (settings_.protocol != GroupProtocol::eager && from == to)) continue;
    revoked(static_cast<std::uint32_t>(from - 1), p);
    cells.set(partitions_[p].owner, 0);
  }
  free_.clear();
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    if (cells.peek(partitions_[p].owner) == 0 && cells.peek(partitions_[p].target) != 0) free_.push_back(p);
  }
  complete_round(cells, now_ms);
  synced(cells, now_ms);
  for (const std::uint32_t p : free_) {
    if (const std::uint32_t to = owner(cells, p); to != nobody) assigned(to, p);
  }
}

}  // namespace flowtank::kafka
