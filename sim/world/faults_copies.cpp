// SPDX-License-Identifier: Apache-2.0
// Faults of copies on their way to a consumer, and of the queues that hold them. Invariant: with a queue limit every
// copy is counted once when it is stored and once when it meets its end.
#include <algorithm>

#include "sim/world/faults.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

enum Policy : std::uint32_t { reject, drop_new, block };  // queue_limit
enum Publisher : std::uint32_t { drop, refuse };          // unroutable

}  // namespace

CopyFate Faults::fate_of_copy(World& world, std::uint32_t subscription, Word message) {
  CopyFate fate;
  const Subscription& s = system_.subscriptions[subscription];
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    switch (system_.faults[f].kind) {
      case FaultKind::unroutable:
      case FaultKind::queue_limit: fate.lost = drops(world, f, subscription, message) || fate.lost; break;
      case FaultKind::delay:
      case FaultKind::duplicate:
      case FaultKind::loss:
      case FaultKind::reorder:
        if (!world.timed() || !selects(world, f, s.channel, s.service, message) || !due(world, f, message, places_[subscription])) break;
        took_effect(world, f);
        noted_about(world, message);
        fate_in_time(world, f, message, fate);
        break;
      case FaultKind::throttle: {
        if (!world.timed() || !open(f) || !selects(world, f, s.channel, s.service, message)) break;
        const Time passes = std::max(world.now(), next_free_[f]);
        next_free_[f] = passes + system_.faults[f].with.interval;
        fate.delay += passes - world.now();
        break;
      }
      default: break;
    }
  }
  if (any_room_fault_) cells_.add(depths_[subscription], 1 + std::uint64_t{fate.duplicates});
  return fate;
}

void Faults::fate_in_time(World& world, std::uint32_t f, Word message, CopyFate& fate) {
  const Duration delay = length(world, f, message);
  switch (system_.faults[f].kind) {
    case FaultKind::loss: fate.lost = true; break;
    case FaultKind::reorder:
      fate.reordered = true;
      fate.delay += delay;
      break;
    case FaultKind::duplicate:
      ++fate.duplicates;
      fate.duplicate_fault = static_cast<std::uint16_t>(f);
      fate.duplicate_gap = delay;
      break;
    default: fate.delay += delay; break;
  }
}

// Does the missing binding, or the full queue, drop this copy?
bool Faults::drops(World& world, std::uint32_t f, std::uint32_t subscription, Word message) {
  const Fault& fault = system_.faults[f];
  const Subscription& s = system_.subscriptions[subscription];
  if (fault.kind == FaultKind::queue_limit) {
    if (fault.with.policy != drop_new || !full(world, f, subscription, message)) return false;
  } else if (!open(f) || !selects(world, f, s.channel, s.service, message)) {
    return false;
  }
  noted(world, f);
  noted_about(world, message);
  if (fault.kind == FaultKind::unroutable && fault.with.limit != 0) {
    const std::uint64_t dropped = cells_.get(counts_[f]) + 1;
    cells_.set(counts_[f], dropped);
    if (dropped == fault.with.limit) window_over(world, f);
  }
  return true;
}

bool Faults::full(const World& world, std::uint32_t f, std::uint32_t subscription, Word message) const {
  const Subscription& s = system_.subscriptions[subscription];
  if (system_.faults[f].when.budget == 0) return false;  // switched off
  return cells_.get(depths_[subscription]) >= system_.faults[f].with.limit && selects(world, f, s.channel, s.service, message);
}

Room Faults::room_of(const World& world, std::uint32_t channel, Word message) const {
  Room room = Room::free;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind == FaultKind::queue_limit && fault.with.policy != drop_new) {
      for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
        if (system_.subscriptions[s].channel != channel || !full(world, f, s, message)) continue;
        room = fault.with.policy == block ? Room::wait : std::max(room, Room::refuse);
      }
    } else if (fault.kind == FaultKind::unroutable && fault.with.policy == refuse && open(f)) {
      bool routed = false, missing = false;
      for (const Subscription& s : system_.subscriptions) {
        if (s.channel != channel) continue;
        (selects(world, f, channel, s.service, message) ? missing : routed) = true;
      }
      if (missing && !routed) room = std::max(room, Room::refuse);
    }
  }
  return room;
}

bool Faults::waits(const World& world, std::uint32_t channel, Word message) const {
  if (room_of(world, channel, message) != Room::wait) return false;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind == FaultKind::queue_limit && fault.with.policy == block && fault.when.budget != 0) ++strikes_[f];
  }
  return true;
}

// As room_of(), and what is refused is counted.
Room Faults::room_in(World& world, std::uint32_t channel, Word message) {
  const Room room = room_of(world, channel, message);
  if (room == Room::free) return room;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind == FaultKind::unroutable && fault.with.policy == refuse && open(f) && room == Room::refuse) {
      noted(world, f);
      noted_about(world, message);
      if (fault.with.limit == 0) continue;
      cells_.set(counts_[f], cells_.get(counts_[f]) + 1);
      if (cells_.get(counts_[f]) == fault.with.limit) window_over(world, f);
    }
    if (fault.kind != FaultKind::queue_limit || fault.with.policy != (room == Room::wait ? block : reject)) continue;
    for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
      if (system_.subscriptions[s].channel != channel || !full(world, f, s, message)) continue;
      noted(world, f);
      noted_about(world, message);
      break;
    }
  }
  return room;
}

void Faults::leave_queue(World& world, std::uint32_t subscription) {
  // What a broker handed out again after an acknowledgement that it did not hear may end twice.
  if (cells_.get(depths_[subscription]) != 0) cells_.take(depths_[subscription]);
  if (blocked_.empty()) return;
  const auto waiting = std::move(blocked_);
  blocked_.clear();
  for (const auto& [action, epoch] : waiting) world.offer(Duration{}, action, epoch);
}

}  // namespace flowtank
