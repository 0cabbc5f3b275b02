// SPDX-License-Identifier: Apache-2.0
// How a message of a log reaches a subscription: what its channel's latency and the faults make of it, from when on it may be handed
// out (timed), and which offer of the next one waits in the agenda. For products whose subscriptions read a log in order of
// sequences (JetStream, Redis Streams). Part of no state: explorations have no time.
#pragma once

#include <cstdint>
#include <deque>

#include <sim/world/world.hpp>

#include "models/brokers/floating/floating_copies.hpp"

namespace flowtank {

class LogArrivals {
 public:
  void clear() { *this = {}; }

  // A message was stored with the next sequence: counts the copies and sets duplicates and what was moved afloat. The caller takes
  // from its log what the fate says is lost or reordered.
  CopyFate arrive(World& world, const System& system, std::uint32_t subscription, std::uint64_t sequence, Word message, FloatingCopies& floating) {
    const CopyFate fate = world.faults().copy_fate(world, subscription, message);
    Duration delay = fate.delay;
    if (world.timed()) {
      static constexpr Purpose latency_purpose("channel.latency");
      const std::uint32_t latency = system.channels[system.subscriptions[subscription].channel].latency;
      if (latency != none) delay += world.sample(latency, latency_purpose, message, world.faults().place_of(subscription));
      if (delay > Duration{} || !ready_.empty()) {
        if (ready_.empty() || sequence < ready_from_) {
          ready_.clear();
          ready_from_ = sequence;
        }
        ready_.resize(sequence - ready_from_);  // a sequence that was lost is given again; some may be used up by what nobody keeps
        ready_.push_back((world.now() + delay).nanoseconds());
      }
    }
    world.copies_change(subscription, message, 1);
    for (std::uint32_t i = 0; i < fate.duplicates; ++i) {
      world.copies_change(subscription, message, 1);
      floating.add(world, message, 0, delay + fate.duplicate_gap);
    }
    if (fate.reordered && !fate.lost) floating.add(world, message, 0, delay);
    return fate;
  }
  Time ready_at(std::uint64_t sequence) const {
    if (sequence < ready_from_ || sequence - ready_from_ >= ready_.size()) return Time::start();
    return Time(ready_[sequence - ready_from_]);
  }
  // Everything well below was handed out.
  void handed_out(std::uint64_t sequence) {
    constexpr std::uint64_t still_asked_for = 64;
    for (; !ready_.empty() && ready_from_ + still_asked_for < sequence; ++ready_from_) ready_.pop_front();
  }

  // Is an offer of the next message at this time needed? Not while one that is as early waits.
  bool must_offer(Time when) {
    if (offered_ && offered_for_ <= when) return false;
    offered_ = true;
    offered_for_ = when;
    return true;
  }
  bool is_offered(Time until) const { return offered_ && offered_for_ <= until; }
  void offer_is_over() const { offered_ = false; }

 private:
  std::deque<std::int64_t> ready_;  // only where something delays: from when on sequences may be handed out (ns)
  std::uint64_t ready_from_ = 0;
  Time offered_for_ = Time::never();
  mutable bool offered_ = false;
};

}  // namespace flowtank
