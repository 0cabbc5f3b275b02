// SPDX-License-Identifier: Apache-2.0
// What a queue was declared with, checked and with defaults filled in (see options.hpp). Times are milliseconds as RabbitMQ
// has them; -1 stands for "none" where none is possible.
#pragma once

#include <cstdint>
#include <string>

#include "models/brokers/rabbitmq/profile.hpp"

namespace flowtank::rabbitmq {

enum class QueueType : std::uint8_t { classic, quorum };
enum class Overflow : std::uint8_t { drop_head, reject_publish, reject_publish_dlx };
enum class DelayedRetry : std::uint8_t { disabled, all, failed, returned };

struct QueueSettings {
  QueueType type = QueueType::classic;
  bool durable = true, exclusive = false, auto_delete = false;
  std::int64_t message_ttl_ms = -1;        // x-message-ttl
  std::int64_t expires_ms = -1;            // x-expires
  std::int64_t max_length = -1, max_length_bytes = -1;
  Overflow overflow = Overflow::drop_head;
  bool has_dead_letter_exchange = false;
  std::string dead_letter_exchange;        // may be "", the default exchange
  bool has_dead_letter_key = false;
  std::string dead_letter_key;
  bool at_least_once = false;              // dead-letter-strategy
  std::int64_t delivery_limit = -1;        // quorum; -1: none
  bool single_active = false;
  std::int64_t max_priority = 0;           // classic
  DelayedRetry delayed_retry = DelayedRetry::disabled;
  std::int64_t delayed_retry_min_ms = 0, delayed_retry_max_ms = -1;
  std::int64_t consumer_timeout_ms = -1;   // x-consumer-timeout; -1: the broker's

  std::int64_t ha_copies = 1;              // ha-mode: nodes with a copy, 0: all; 1: no mirrors
  bool syncs_mirrors = false;              // ha-sync-mode automatic
  bool promotes_unsynced = true;           // ha-promote-on-failure always
  std::int64_t home_node = 0;              // from 1; 0: that of its first consumer

  bool is_quorum() const { return type == QueueType::quorum; }
};

}  // namespace flowtank::rabbitmq
