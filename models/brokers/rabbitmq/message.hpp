// SPDX-License-Identifier: Apache-2.0
// An AMQP 0-9-1 message as RabbitMQ sees it: what routing, expiry and dead-lettering read and rewrite. Body and other properties
// stay with whoever published (`payload`). A message in a queue never changes; its dead letter is another one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/brokers/rabbitmq/deaths.hpp"
#include "models/brokers/rabbitmq/exchange.hpp"

namespace flowtank::rabbitmq {

struct Message {
  std::uint64_t payload = 0;                 // publisher's own
  std::uint64_t bytes = 0;                   // of the body
  std::string exchange, routing_key;
  std::vector<std::string> cc, bcc;          // RMQ-EX-6; bcc is empty once routed
  std::vector<Header> headers;               // scalar ones, for headers exchanges
  std::optional<std::int64_t> priority, delivery_mode;
  std::string expiration;                    // empty: none
  std::vector<Death> deaths;
  struct Circumstances {
    std::string queue, reason, exchange;
  };
  std::optional<Circumstances> first_death, last_death;

  std::vector<std::string> keys() const {
    std::vector<std::string> all{routing_key};
    all.insert(all.end(), cc.begin(), cc.end());
    return all;
  }
};

}  // namespace flowtank::rabbitmq
