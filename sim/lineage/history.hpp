// SPDX-License-Identifier: Apache-2.0
// How an outcome came about, and which faults would have prevented it. A history is the happens-before graph of one run as
// far as the outcome goes: each event needs all of its causes or any one of them, and names the faults that would have
// kept it from happening. A cut is a set of faults after which no way to the outcome is left; the minimal cuts are what
// is worth trying (lineage-driven fault injection; Alvaro, Rosen, Hellerstein 2015).
//
// Invariant: events are added after their causes or before them, in any order, but never in a cycle (CHECK).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace flowtank::lineage {

using Fault = std::uint32_t;          // an index of whoever lists the faults
using FaultSet = std::vector<Fault>;  // ascending, without repetition

// Which sets can happen at all (budgets; one crash a node): asked for sets of any size; what it refuses, it refuses with
// more faults in it, too.
using Allowed = std::function<bool(const FaultSet&)>;

FaultSet joined(const FaultSet& a, const FaultSet& b);
bool contains(const FaultSet& all, const FaultSet& part);
// Keeps the sets that contain no other; by size, then by the faults.
void keep_minimal(std::vector<FaultSet>& sets);

class History {
 public:
  using Event = std::uint32_t;
  enum class Needs : std::uint8_t { all, any };  // without causes: `all` happens by itself, `any` never

  Event add(Needs needs, std::vector<Fault> prevented_by = {});
  void because_of(Event event, Event cause);
  std::size_t size() const { return needs_.size(); }

  // The minimal sets of faults that prevent the event, of those that are allowed; empty when none does. `complete` becomes
  // false when there were more than `most` sets on the way.
  std::vector<FaultSet> minimal_cuts(Event event, const Allowed& allowed, bool& complete, std::size_t most = 100'000) const;

  // Everything that the event came from, itself included, ascending.
  std::vector<Event> past(Event event) const;
  const std::vector<Fault>& prevented_by(Event event) const { return prevented_by_[event]; }

 private:
  std::vector<Needs> needs_;
  std::vector<std::vector<Event>> causes_;
  std::vector<std::vector<Fault>> prevented_by_;
};

}  // namespace flowtank::lineage
