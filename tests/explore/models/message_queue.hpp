// SPDX-License-Identifier: Apache-2.0
// Two producers, one first-in-first-out queue, two competing consumers (after the example of the
// FizzBee model checker). Each producer sends two numbered messages; a consumer takes the head.
#pragma once

#include <sim/explore/copying_system.hpp>

#include <fmt/format.h>

#include <array>

namespace flowtank::explore::models {

struct MessageQueue {
  static constexpr std::size_t producers = 2;
  static constexpr std::size_t consumers = 2;
  static constexpr std::uint8_t each = 2;
  static constexpr std::size_t total = producers * each;

  /// Messages in order; message n of producer p is 1 + p * each + n, zero past the end.
  struct List {
    std::uint8_t length = 0;
    std::array<std::uint8_t, total> items{};
  };
  struct State {
    std::array<std::uint8_t, producers> sent{};
    List queue;
    std::array<List, consumers> received{};
  };

  std::vector<State> initial() const { return {State{}}; }

  void successors(const State& state, std::vector<Successor<State>>& out) const {
    for (std::size_t p = 0; p < producers; ++p) {
      if (state.sent[p] < each) {
        State next = state;
        next.queue.items[next.queue.length++] = static_cast<std::uint8_t>(1 + p * each + state.sent[p]);
        ++next.sent[p];
        out.push_back({fmt::format("producer {} sends", p), next});
      }
    }
    for (std::size_t c = 0; c < consumers; ++c) {
      if (state.queue.length != 0 && state.received[c].length < total) {
        State next = state;
        List& list = next.received[c];
        list.items[list.length++] = state.queue.items[0];
        for (std::size_t i = 0; i + 1 < total; ++i) {
          next.queue.items[i] = state.queue.items[i + 1];
        }
        next.queue.items[total - 1] = 0;
        --next.queue.length;
        out.push_back({fmt::format("consumer {} takes", c), next});
      }
    }
  }
};

}  // namespace flowtank::explore::models
