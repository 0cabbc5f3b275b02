// SPDX-License-Identifier: Apache-2.0
// What a set of runs amounts to. Tallies of disjoint sets add up to that of their union, in any order: threads,
// shards, and what was made before and after a resume are the same thing. Everything printed of a campaign is a
// function of its tally.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/campaign/counts.hpp"
#include "sim/campaign/strategy.hpp"

namespace flowtank::campaign {

inline constexpr std::uint64_t no_run = ~std::uint64_t{0};

// Positions among the enabled actions, which are listed in an order that is a function of the state: exactly one run.
using Path = std::vector<std::uint16_t>;

struct PropertyTally {
  std::uint64_t failing = 0;        // runs that violate it
  std::uint64_t first = no_run;     // the lowest of them
  Path path;                        // of that run, to the violation
  bool at_rest = false;             // it is violated because nothing more happens
  bool triggered = false;
  std::uint64_t error_run = no_run; // the lowest run in which an expression had no value
  std::string error;
};

struct FaultTally {
  std::uint64_t runs = 0;     // in which it took effect
  std::uint64_t strikes = 0;
};

struct Tally {
  std::uint64_t runs = 0;
  // Runs, by Strategy; those of a swarm as the timed runs that they are.
  std::array<std::uint64_t, static_cast<std::size_t>(Strategy::lineage) + 1> by_strategy{};
  std::uint64_t rested = 0;    // runs that came to rest
  std::uint64_t cut = 0;       // runs that the bound on actions ended
  std::uint64_t actions = 0;
  std::uint64_t longest = 0;   // actions of a run
  std::vector<PropertyTally> properties;
  std::vector<FaultTally> faults;
  std::vector<bool> reached;   // instructions, all handlers one after the other
  Counts ends;                 // what runs came to (WorldWalk::end(); timed: fingerprints of runs)

  void clear();
  void merge(const Tally& other);
  std::size_t bytes() const { return ends.bytes(); }
};

// One line without control characters, for a campaign file; it says nothing that merge() does not need.
std::string to_text(const Tally& tally);
// Nothing when the text is none, or of another scenario (other numbers of properties, faults, instructions).
bool read_tally(std::string_view text, const Tally& like, Tally& out);

}  // namespace flowtank::campaign
