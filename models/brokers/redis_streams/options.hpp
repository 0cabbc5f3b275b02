// SPDX-License-Identifier: Apache-2.0
// Redis' keys in scenarios: those of redis.conf stand at the broker, arguments of XADD at a channel, arguments of XREADGROUP
// and XAUTOCLAIM at a subscription. What the client does beside calling Redis has keys of Flowtank's own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/brokers/product_options/product_options.hpp"
#include "models/brokers/redis_streams/durability.hpp"

namespace flowtank::redis {

const product_options::Product& product();

enum class OnError : std::uint8_t { leave, retry };

// A channel: its stream.
struct StreamWiring {
  std::uint32_t channel = none;
  Trimming trimming;
};

// A subscription: its group, and the client of each instance.
struct GroupWiring {
  std::uint32_t subscription = none;
  std::uint32_t stream = 0;              // of the wiring
  std::string name;
  bool claims = false;                   // own key `client`
  std::uint64_t count = 1;
  bool no_ack = false;
  bool reads_history = false;            // own key `start.from`
  OnError on_error = OnError::leave;
  std::int64_t min_idle_ms = 60'000;
  std::int64_t claim_interval_ms = 10'000;
};

struct Wiring {
  bool appendonly = false;
  Fsync appendfsync = Fsync::everysec;
  std::int64_t replicas = 0;             // own key
  std::vector<StreamWiring> streams;
  std::vector<GroupWiring> groups;
};
// All mistakes at once.
Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics);

}  // namespace flowtank::redis
