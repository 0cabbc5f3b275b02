// SPDX-License-Identifier: Apache-2.0
// One order through an order service, a queue, a payment service and a queue back, with the classic
// patterns as switches: outbox and relay, inbox, and acknowledging after the commit.
// Every commit, publish, acknowledgement and relay step is a transition of its own, so that a crash can
// fall between any two; the bus may duplicate and lose a queued message. The shortest ways to a double
// charge or a forgotten order come out of it.
#pragma once

#include <sim/explore/copying_system.hpp>

namespace flowtank::explore::models {

struct OrderPipeline {
  enum class Order : std::uint8_t { none, placed, paid };
  struct State {
    Order order = Order::none;
    bool order_row = false;  // outbox of the order service
    std::uint8_t order_relay = 0;
    bool order_pending = false;  // publish not yet done, lost by a crash
    std::uint8_t placed = 0;     // copies of OrderPlaced
    bool payment_inbox = false;
    std::uint8_t charges = 0;
    bool payment_row = false;
    std::uint8_t payment_relay = 0;
    bool payment_pending = false;
    std::uint8_t completed = 0;  // copies of PaymentCompleted
    bool order_inbox = false;
    std::uint8_t applied = 0;
    std::uint8_t crashes = 0;
    std::uint8_t duplicates = 0;
    std::uint8_t losses = 0;
    bool unacked = false;
  };
  struct Switches {
    bool order_outbox = true;
    bool payment_outbox = true;
    bool payment_inbox = true;
    bool order_inbox = true;
    std::uint8_t crashes = 0;
    std::uint8_t duplicates = 0;
    std::uint8_t losses = 0;
  };
  Switches with;

  std::vector<State> initial() const {
    State state;
    state.crashes = with.crashes;
    state.duplicates = with.duplicates;
    state.losses = with.losses;
    return {state};
  }

  void successors(const State& state, std::vector<Successor<State>>& out) const {
    const auto step = [&](const char* label, auto change) {
      State next = state;
      change(next);
      out.push_back({label, next});
    };
    order_service(state, step);
    payment_service(state, step);
    faults(state, step);
  }

 private:
  template <class Step>
  void order_service(const State& state, const Step& step) const {
    if (state.order == Order::none) {
      step("place", [&](State& s) {
        s.order = Order::placed;
        (with.order_outbox ? s.order_row : s.order_pending) = true;
      });
    }
    if (state.order_pending) {
      step("publish OrderPlaced", [](State& s) {
        s.order_pending = false;
        ++s.placed;
      });
    }
    if (state.order_row && state.order_relay == 0) {
      step("relay OrderPlaced", [](State& s) {
        ++s.placed;
        s.order_relay = 1;
      });
    }
    if (state.order_relay == 1) {
      step("mark OrderPlaced sent", [](State& s) {
        s.order_row = false;
        s.order_relay = 0;
      });
    }
    if (state.completed != 0) {
      step("apply PaymentCompleted", [&](State& s) {
        if (!(with.order_inbox && s.order_inbox)) {
          s.order = Order::paid;
          ++s.applied;
          s.order_inbox = true;
        }
        --s.completed;
      });
    }
  }

  template <class Step>
  void payment_service(const State& state, const Step& step) const {
    if (state.placed != 0 && !state.unacked) {
      const bool seen = with.payment_inbox && state.payment_inbox;
      step(seen ? "recognise OrderPlaced" : "charge", [&](State& s) {
        s.unacked = true;
        if (!seen) {
          ++s.charges;
          s.payment_inbox = true;
          (with.payment_outbox ? s.payment_row : s.payment_pending) = true;
        }
      });
    }
    if (state.unacked && !state.payment_pending) {
      step("ack OrderPlaced", [](State& s) {
        --s.placed;
        s.unacked = false;
      });
    }
    if (state.payment_pending) {
      step("publish PaymentCompleted", [](State& s) {
        s.payment_pending = false;
        ++s.completed;
      });
    }
    if (state.payment_row && state.payment_relay == 0) {
      step("relay PaymentCompleted", [](State& s) {
        ++s.completed;
        s.payment_relay = 1;
      });
    }
    if (state.payment_relay == 1) {
      step("mark PaymentCompleted sent", [](State& s) {
        s.payment_row = false;
        s.payment_relay = 0;
      });
    }
  }

  template <class Step>
  void faults(const State& state, const Step& step) const {
    if (state.crashes != 0 && (state.order_pending || state.order_relay != 0)) {
      step("crash of the order service", [](State& s) {
        --s.crashes;
        s.order_pending = false;
        s.order_relay = 0;
      });
    }
    if (state.crashes != 0 && (state.unacked || state.payment_pending || state.payment_relay != 0)) {
      step("crash of the payment service", [](State& s) {
        --s.crashes;
        s.unacked = false;
        s.payment_pending = false;
        s.payment_relay = 0;
      });
    }
    if (state.duplicates != 0 && state.placed != 0) {
      step("duplicate OrderPlaced", [](State& s) { --s.duplicates, ++s.placed; });
    }
    if (state.duplicates != 0 && state.completed != 0) {
      step("duplicate PaymentCompleted", [](State& s) { --s.duplicates, ++s.completed; });
    }
    if (state.losses != 0 && state.placed != 0 && !state.unacked) {
      step("lose OrderPlaced", [](State& s) { --s.losses, --s.placed; });
    }
    if (state.losses != 0 && state.completed != 0) {
      step("lose PaymentCompleted", [](State& s) { --s.losses, --s.completed; });
    }
  }
};

}  // namespace flowtank::explore::models
