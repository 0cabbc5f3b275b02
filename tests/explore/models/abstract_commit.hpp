// SPDX-License-Identifier: Apache-2.0
// What every commit protocol must refine: participants that never disagree (after Gray and Lamport,
// "Consensus on transaction commit", 2006). No messages: a participant sees all others.
#pragma once

#include <sim/explore/copying_system.hpp>

#include <array>

namespace flowtank::explore::models {

enum class Participant : std::uint8_t { working, prepared, committed, aborted };

template <std::size_t N>
bool consistent(const std::array<Participant, N>& participants) {
  bool committed = false;
  bool aborted = false;
  for (const Participant status : participants) {
    committed = committed || status == Participant::committed;
    aborted = aborted || status == Participant::aborted;
  }
  return !(committed && aborted);
}

template <std::size_t N>
struct AbstractCommit {
  using State = std::array<Participant, N>;

  std::vector<State> initial() const { return {State{}}; }

  void successors(const State& state, std::vector<Successor<State>>& out) const {
    using enum Participant;
    bool can_commit = true;
    bool none_committed = true;
    for (const Participant status : state) {
      can_commit = can_commit && (status == prepared || status == committed);
      none_committed = none_committed && status != committed;
    }
    for (std::size_t i = 0; i < N; ++i) {
      const auto become = [&](const char* label, Participant status) {
        State next = state;
        next[i] = status;
        out.push_back({std::string(label) + "(" + std::to_string(i) + ")", next});
      };
      if (state[i] == working) {
        become("prepare", prepared);
      }
      if (state[i] == prepared && can_commit) {
        become("commit", committed);
      }
      if ((state[i] == working || state[i] == prepared) && none_committed) {
        become("abort", aborted);
      }
    }
  }
};

}  // namespace flowtank::explore::models
