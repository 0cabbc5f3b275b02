// SPDX-License-Identifier: Apache-2.0
// JetStream's keys in scenarios: those of a stream stand at a channel, those of a consumer at a subscription, and at the
// broker any of them as the default of all. Combinations that the server or its clients refuse are diagnosed with the rule.
#pragma once

#include <cstdint>
#include <vector>

#include "models/brokers/nats_jetstream/config.hpp"
#include "models/brokers/product_options/product_options.hpp"

namespace flowtank::nats {

const product_options::Product& product();

enum class OnError : std::uint8_t { nak, terminate, wait };

// A channel: its stream, and how services publish to it.
struct StreamWiring {
  std::uint32_t channel = none;
  StreamConfig stream;
  bool waits_for_ack = true;    // own key `publish`
  bool sends_msg_id = false;    // own key `Nats-Msg-Id`
  std::int64_t sync_interval = 120 * second_ns;  // ns; the server's default is 2 minutes (JS-RAFT-1); 0: each message is synced
};

// A subscription: its consumer, and the client that works for it.
struct ConsumerWiring {
  std::uint32_t subscription = none;
  std::uint32_t stream = 0;     // of the wiring
  ConsumerConfig consumer;
  std::int64_t batch = 1;       // own key: messages of one pull
  OnError on_error = OnError::nak;
  bool in_progress = false;     // own key: +WPI while a handler works
};

struct Wiring {
  std::vector<StreamWiring> streams;
  std::vector<ConsumerWiring> consumers;
};
// All mistakes at once.
Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics);

}  // namespace flowtank::nats
