// SPDX-License-Identifier: Apache-2.0
// An idempotent producer gives a batch up while its request is still on the way (V-25; Apache Kafka issue KAFKA-14397). If it
// then counts from zero again under the same epoch, the broker takes one batch for the other. The broker keeps the
// epoch and the next sequence number of the producer, appends what is next, acknowledges what it has (a duplicate),
// and refuses an older epoch and a gap (rules KF-IDEM-1, KF-IDEM-2).
#pragma once

#include <sim/explore/copying_system.hpp>

#include <fmt/format.h>

namespace flowtank::explore::models {

struct ProducerReset {
  static constexpr unsigned records = 3;
  enum Fate : std::uint8_t { waiting, sent, acknowledged, given_up };
  struct Request {  // there is one a record; epoch 0: not under way
    std::uint8_t epoch = 0;
    std::uint8_t sequence = 0;
  };
  struct State {
    std::array<std::uint8_t, records> fate{};
    std::array<Request, records> requests{};
    std::array<std::uint8_t, records> log{};  // record number + 1; 0: not there
    std::uint8_t length = 0;
    std::uint8_t producer_epoch = 1;
    std::uint8_t producer_next = 0;
    std::uint8_t broker_epoch = 1;
    std::uint8_t broker_next = 0;
    std::uint8_t timeouts = 0;
  };
  bool bumps_epoch = false;

  std::vector<State> initial() const { return {State{}}; }

  void successors(const State& s, std::vector<Successor<State>>& out) const {
    for (unsigned r = 0; r < records; ++r) {
      if (s.fate[r] == waiting && (r == 0 || s.fate[r - 1] != waiting)) {
        State next = s;
        next.fate[r] = sent;
        next.requests[r] = {s.producer_epoch, next.producer_next++};
        out.push_back({fmt::format("send {}", r), next});
      }
      if (s.fate[r] == sent && s.timeouts == 0) out.push_back({fmt::format("give up {}", r), given_up_on(s, r)});
      if (s.requests[r].epoch != 0) out.push_back({fmt::format("arrive {}", r), arrived(s, r)});
    }
  }

  // Each acknowledged record is in the log exactly once, and they are in the order of their sending.
  static bool as_acknowledged(const State& s) {
    unsigned last = 0;
    for (unsigned r = 0; r < records; ++r) {
      unsigned times = 0, at = 0;
      for (unsigned i = 0; i < s.length; ++i) {
        if (s.log[i] != r + 1) continue;
        ++times;
        at = i + 1;
      }
      if (s.fate[r] != acknowledged) continue;
      if (times != 1 || at < last) return false;
      last = at;
    }
    return true;
  }

 private:
  State given_up_on(State next, unsigned r) const {
    next.fate[r] = given_up;
    ++next.timeouts;
    if (bumps_epoch) ++next.producer_epoch;
    next.producer_next = 0;
    // What was sent after it goes again under new numbers; the old requests are still on their way only of `r`.
    for (unsigned later = r + 1; later < records; ++later) {
      if (next.fate[later] == sent) next.requests[later] = {next.producer_epoch, next.producer_next++};
    }
    return next;
  }

  static State arrived(State next, unsigned r) {
    const Request request = std::exchange(next.requests[r], {});
    const auto answered = [&next, r] {
      if (next.fate[r] == sent) next.fate[r] = acknowledged;
    };
    if (request.epoch < next.broker_epoch) return next;  // fenced
    if (request.epoch > next.broker_epoch) {
      if (request.sequence != 0) return again(next, r, request);
      next.broker_epoch = request.epoch;
      next.broker_next = 0;
    }
    if (request.sequence < next.broker_next) {
      answered();  // it has that one, it believes
    } else if (request.sequence == next.broker_next) {
      next.log[next.length++] = static_cast<std::uint8_t>(r + 1);
      ++next.broker_next;
      answered();
    } else {
      return again(next, r, request);  // out of order: the client sends it again
    }
    return next;
  }
  static State again(State next, unsigned r, Request request) {
    next.requests[r] = request;
    return next;
  }
};

}  // namespace flowtank::explore::models
