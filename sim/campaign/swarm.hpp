// SPDX-License-Identifier: Apache-2.0
// Swarm: what a run is like is drawn before it begins, so that runs differ in kind and not only in luck (Groce et al.,
// 2012, "Swarm testing"). Which faults may strike, how eagerly, in bursts or alone, and which chains are slow. A fault
// that every run has hides what happens without it; one that strikes at every step hides what happens after it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/campaign/run_draws.hpp"

namespace flowtank::campaign {

class Swarm {
 public:
  // `faults`: how many the system has. Each is on in half of the runs; a strike is tried at one step of 2, 8, 32 or 128; in
  // half of the runs a strike makes more of them likely for eight steps; in half of the runs some chains are slow.
  void begin(const RunDraws& draws, std::uint32_t faults);

  bool on(std::uint32_t fault) const { return on_[fault] != 0; }
  bool any() const { return any_; }
  // Shall a fault strike at this step?
  bool strikes(std::uint64_t step, std::uint64_t draw) const {
    return draw < (step < burst_until_ ? burst_chance : chance_);
  }
  void struck(std::uint64_t step) {
    if (bursts_) burst_until_ = step + 1 + burst_steps;
  }
  // Does this chain, of which `key` is a number all along the run, act only now and then?
  bool slow(std::uint64_t key) const { return key < slow_; }
  bool any_slow() const { return slow_ != 0; }

  static constexpr std::uint64_t half = std::uint64_t{1} << 63;

 private:
  static constexpr std::uint64_t burst_chance = half;
  static constexpr std::uint64_t burst_steps = 8;

  std::vector<std::uint8_t> on_;
  bool any_ = false;
  bool bursts_ = false;
  std::uint64_t chance_ = 0;
  std::uint64_t slow_ = 0;
  std::uint64_t burst_until_ = 0;
};

// The faults among enabled actions from position `from` on: runs of equal fault, those that are on only.
struct FaultGroup {
  std::uint32_t fault;
  std::uint32_t begin;
  std::uint32_t end;
};

}  // namespace flowtank::campaign
