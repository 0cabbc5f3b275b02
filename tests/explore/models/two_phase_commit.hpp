// SPDX-License-Identifier: Apache-2.0
// Two-phase commit over a set of messages that is never emptied, so loss and duplication of messages
// are included (after Gray and Lamport, 2006). The coordinator may be seeded with a bug: it commits
// although one participant has not answered.
#pragma once

#include "tests/explore/models/abstract_commit.hpp"

#include <fmt/format.h>

namespace flowtank::explore::models {

template <std::size_t N>
struct TwoPhaseCommit {
  enum class Coordinator : std::uint8_t { init, committed, aborted };
  struct State {
    std::array<Participant, N> participants{};
    Coordinator coordinator = Coordinator::init;
    std::array<bool, N> heard{};     // the coordinator has received Prepared(i)
    std::array<bool, N> prepared{};  // Prepared(i) was sent
    bool commit = false;             // Commit was sent
    bool abort = false;              // Abort was sent
  };
  bool forgets_one = false;  // the seeded bug

  std::vector<State> initial() const { return {State{}}; }

  void successors(const State& state, std::vector<Successor<State>>& out) const {
    if (state.coordinator == Coordinator::init) {
      coordinate(state, out);
    }
    for (std::size_t i = 0; i < N; ++i) {
      participate(state, i, out);
    }
  }

 private:
  void coordinate(const State& state, std::vector<Successor<State>>& out) const {
    std::size_t heard = 0;
    for (const bool one : state.heard) {
      heard += one ? 1 : 0;
    }
    if (heard + (forgets_one ? 1 : 0) >= N) {
      State next = state;
      next.coordinator = Coordinator::committed;
      next.commit = true;
      out.push_back({"coordinator commits", next});
    }
    State aborted = state;
    aborted.coordinator = Coordinator::aborted;
    aborted.abort = true;
    out.push_back({"coordinator aborts", aborted});
    for (std::size_t i = 0; i < N; ++i) {
      if (state.prepared[i]) {
        State next = state;
        next.heard[i] = true;
        out.push_back({fmt::format("coordinator receives Prepared({})", i), next});
      }
    }
  }
  void participate(const State& state, std::size_t i, std::vector<Successor<State>>& out) const {
    const auto become = [&](const char* verb, Participant status) {
      State next = state;
      next.participants[i] = status;
      next.prepared[i] = next.prepared[i] || status == Participant::prepared;
      out.push_back({fmt::format("participant {} ", i) + verb, next});
    };
    if (state.participants[i] == Participant::working) {
      become("prepares", Participant::prepared);
      become("aborts by itself", Participant::aborted);
    }
    if (state.commit) {
      become("learns Commit", Participant::committed);
    }
    if (state.abort) {
      become("learns Abort", Participant::aborted);
    }
  }
};

}  // namespace flowtank::explore::models
