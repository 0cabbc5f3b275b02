// SPDX-License-Identifier: Apache-2.0
// A payment completes after the order was given up (V-19): the saga's timer and the completion race. Whether the order
// service ignores the late completion or asks for the money back decides.
#pragma once

#include <sim/explore/copying_system.hpp>

namespace flowtank::explore::models {

struct LatePayment {
  enum Status : std::uint8_t { pending, paid, cancelled };
  struct State {
    std::uint8_t status = pending;
    std::uint8_t request = 1;     // to charge, in flight
    std::uint8_t completion = 0;  // in flight
    std::uint8_t refund = 0;      // request in flight
    std::uint8_t charged = 0;
    std::uint8_t refunded = 0;
    std::uint8_t timer = 1;       // armed
  };
  bool asks_for_refund = false;

  std::vector<State> initial() const { return {State{}}; }

  void successors(const State& s, std::vector<Successor<State>>& out) const {
    if (s.timer != 0 && s.status == pending) {
      State next = s;
      next.timer = 0;
      next.status = cancelled;
      out.push_back({"cancel", next});
    }
    if (s.request != 0) {
      State next = s;
      next.request = 0;
      next.charged = 1;
      next.completion = 1;
      out.push_back({"charge", next});
    }
    if (s.completion != 0) out.push_back({"complete", completed(s)});
    if (s.refund != 0) {
      State next = s;
      next.refund = 0;
      next.refunded = 1;
      out.push_back({"refund", next});
    }
  }

  static bool money_is_right(const State& s) { return s.status != cancelled || s.charged == s.refunded; }

 private:
  State completed(State next) const {
    next.completion = 0;
    if (next.status == pending) {
      next.status = paid;
      next.timer = 0;
    } else if (asks_for_refund) {
      next.refund = 1;
    }
    return next;
  }
};

}  // namespace flowtank::explore::models
