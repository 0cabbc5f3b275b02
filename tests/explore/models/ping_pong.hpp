// SPDX-License-Identifier: Apache-2.0
// Two actors count up in turns over a network that may lose and may duplicate (after the example of
// the Stateright model checker). A duplicating network keeps what it delivers and remembers the last
// delivery as part of the state; an ignored message is no transition.
#pragma once

#include <sim/explore/copying_system.hpp>

#include <fmt/format.h>

namespace flowtank::explore::models {

struct PingPong {
  struct State {
    std::uint8_t a = 0;
    std::uint8_t b = 0;
    std::uint8_t last = 0;    // last delivery: 0 none, 1 + 2v for Ping(v), 2 + 2v for Pong(v)
    std::uint8_t unused = 0;  // keeps the bytes free of padding
    std::uint32_t pings = 1;  // bit v: Ping(v) is in the network
    std::uint32_t pongs = 0;
  };
  bool lossy = false;
  bool duplicating = false;

  std::vector<State> initial() const { return {State{}}; }

  void successors(const State& state, std::vector<Successor<State>>& out) const {
    for (unsigned v = 0; v < 31; ++v) {
      deliver(state, v, out);
      if (lossy && in(state.pings, v)) {
        State next = state;
        next.pings &= ~bit(v);
        out.push_back({fmt::format("drop Ping({})", v), next});
      }
      if (lossy && in(state.pongs, v)) {
        State next = state;
        next.pongs &= ~bit(v);
        out.push_back({fmt::format("drop Pong({})", v), next});
      }
    }
  }

 private:
  static std::uint32_t bit(unsigned v) { return std::uint32_t{1} << v; }
  static bool in(std::uint32_t set, unsigned v) { return (set & bit(v)) != 0; }

  void deliver(const State& state, unsigned v, std::vector<Successor<State>>& out) const {
    if (in(state.pings, v) && state.b == v) {
      State next = state;
      ++next.b;
      next.pongs |= bit(v);
      if (duplicating) {
        next.last = static_cast<std::uint8_t>(1 + 2 * v);
      } else {
        next.pings &= ~bit(v);
      }
      out.push_back({fmt::format("deliver Ping({})", v), next});
    }
    if (in(state.pongs, v) && state.a == v) {
      State next = state;
      ++next.a;
      if (duplicating) {
        next.last = static_cast<std::uint8_t>(2 + 2 * v);
      } else {
        next.pongs &= ~bit(v);
      }
      next.pings |= bit(v + 1);
      out.push_back({fmt::format("deliver Pong({})", v), next});
    }
  }
};

}  // namespace flowtank::explore::models
