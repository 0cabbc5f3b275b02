// SPDX-License-Identifier: Apache-2.0
// The consumers of one queue: whose turn it is, who has reached its prefetch, who alone is active. Turns are a ring; a consumer that
// has no room leaves it and joins at its end once it has (RMQ-RR-1). Order in the ring is state, hashed by position.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <sim/world/cells.hpp>

namespace flowtank::rabbitmq {

inline constexpr std::uint32_t nobody = 0xffffffff;

struct ConsumerSpec {
  std::int64_t prefetch = 0;   // unsettled copies at most; 0: no limit (RMQ-QOS-2)
  std::int64_t priority = 0;   // x-priority
  bool no_ack = false;         // settled when sent, prefetch ignored (RMQ-ACK-3)
};

class Consumers {
 public:
  void build(Cells& cells, std::uint64_t owner, bool single_active, bool ranks_single_active);
  // A consumer that is not there yet; numbers are never used again.
  std::uint32_t add(Cells& cells, const ConsumerSpec& spec);

  void join(Cells& cells, std::uint32_t consumer);
  void leave(Cells& cells, std::uint32_t consumer);
  bool joined(const Cells& cells, std::uint32_t consumer) const { return cells.peek(all_[consumer].state) != absent; }
  std::uint32_t count(const Cells& cells) const;

  // Who is sent the next copy; nobody when none has room. `room`: what else may keep one from taking more.
  std::uint32_t next(Cells& cells, const std::function<bool(std::uint32_t)>& room);
  void sent(Cells& cells, std::uint32_t consumer);
  // One copy less is with it. It may have left meanwhile.
  void settled(Cells& cells, std::uint32_t consumer);
  // Something else than its prefetch kept it from taking more, and does not any longer.
  void wake(Cells& cells, std::uint32_t consumer);
  std::uint64_t held(const Cells& cells, std::uint32_t consumer) const { return cells.peek(all_[consumer].held); }
  const ConsumerSpec& spec(std::uint32_t consumer) const { return all_[consumer].spec; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(all_.size()); }
  std::uint32_t active(const Cells& cells) const { return static_cast<std::uint32_t>(cells.peek(active_)) - 1; }

 private:
  static constexpr std::uint64_t absent = 0, in_ring = 1, blocked = 2;
  struct Consumer {
    ConsumerSpec spec;
    Cell held = 0, state = 0, joined_at = 0, next = 0, previous = 0;
  };
  bool has_room(const Cells& cells, const Consumer& c) const {
    return c.spec.no_ack || c.spec.prefetch == 0 || static_cast<std::int64_t>(cells.peek(c.held)) < c.spec.prefetch;
  }
  void into_ring(Cells& cells, std::uint32_t consumer);
  void out_of_ring(Cells& cells, std::uint32_t consumer);
  void choose_active(Cells& cells);
  void hash(Cells& cells) const;

  std::vector<Consumer> all_;
  std::uint64_t owner_ = 0;
  bool single_active_ = false, ranks_ = false;
  bool rank_differently_ = false;  // not all have one priority
  Cell head_ = 0, tail_ = 0;   // consumer + 1
  Cell active_ = 0;            // RMQ-SAC-1: consumer + 1
  Cell joins_ = 0;             // how many ever joined
  Cell order_ = 0;             // hashed: the ring by position
};

}  // namespace flowtank::rabbitmq
