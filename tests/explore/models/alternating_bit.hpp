// SPDX-License-Identifier: Apache-2.0
// The alternating bit protocol over two lossy first-in-first-out queues (after Lamport's TLA+
// specification; Bartlett, Scantlebury, Wilkinson 1969). Two data values; queues are bounded by the
// boundary of the search, not by the model.
#pragma once

#include <sim/explore/copying_system.hpp>

#include <array>

namespace flowtank::explore::models {

/// A short queue of small numbers; cells past its length are zero, so equal queues have equal bytes.
struct ShortQueue {
  std::uint8_t length = 0;
  std::array<std::uint8_t, 3> items{};

  void push(unsigned item) { items[length++] = static_cast<std::uint8_t>(item); }
  void remove(std::size_t index) {
    for (std::size_t i = index; i + 1 < length; ++i) {
      items[i] = items[i + 1];
    }
    items[--length] = 0;
  }
};

struct AlternatingBit {
  struct State {
    std::uint8_t sent_bit = 0;
    std::uint8_t acked_bit = 0;
    std::uint8_t received_bit = 0;
    std::uint8_t sent = 0;
    std::uint8_t received = 0;
    ShortQueue messages;  // 2 * bit + datum
    ShortQueue acks;      // bit
  };

  std::vector<State> initial() const {
    std::vector<State> states;
    for (std::uint8_t bit = 0; bit < 2; ++bit) {
      for (std::uint8_t sent = 0; sent < 2; ++sent) {
        for (std::uint8_t received = 0; received < 2; ++received) {
          states.push_back({bit, bit, bit, sent, received, {}, {}});
        }
      }
    }
    return states;
  }

  void successors(const State& state, std::vector<Successor<State>>& out) const {
    if (state.acked_bit == state.sent_bit) {
      for (unsigned datum = 0; datum < 2; ++datum) {
        State next = state;
        next.sent = static_cast<std::uint8_t>(datum);
        next.sent_bit = static_cast<std::uint8_t>(1 - state.sent_bit);
        next.messages.push(2U * next.sent_bit + datum);
        out.push_back({"send new", next});
      }
    } else {
      State next = state;
      next.messages.push(2U * state.sent_bit + state.sent);
      out.push_back({"resend", next});
    }
    if (state.messages.length != 0) {
      State next = state;
      next.received_bit = state.messages.items[0] / 2;
      next.received = state.messages.items[0] % 2;
      next.messages.remove(0);
      out.push_back({"receive message", next});
    }
    State acking = state;
    acking.acks.push(state.received_bit);
    out.push_back({"send ack", acking});
    if (state.acks.length != 0) {
      State next = state;
      next.acked_bit = state.acks.items[0];
      next.acks.remove(0);
      out.push_back({"receive ack", next});
    }
    for (std::size_t i = 0; i < state.messages.length; ++i) {
      State next = state;
      next.messages.remove(i);
      out.push_back({"lose message", next});
    }
    for (std::size_t i = 0; i < state.acks.length; ++i) {
      State next = state;
      next.acks.remove(i);
      out.push_back({"lose ack", next});
    }
  }
};

}  // namespace flowtank::explore::models
