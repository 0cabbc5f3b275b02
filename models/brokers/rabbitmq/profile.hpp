// SPDX-License-Identifier: Apache-2.0
// What differs between RabbitMQ's releases, as questions: the rest of the model never compares a version number. Releases
// between two profiles behave like the earlier one. Source: rabbitmq.com, pages "quorum-queues" and "dlx" of each release.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flowtank::rabbitmq {

enum class Release : std::uint8_t { r3_10, r3_13, r4_0, r4_3 };

// "3.10", "3.13", "4.0", "4.3", or a full version ("3.10.8"); nothing before 3.10, or when it is no version.
std::optional<Release> release_of(std::string_view version);
std::string_view to_text(Release release);

struct Profile {
  Release release = Release::r4_0;

  // RMQ-QQ-LIMIT-3: of quorum queues without x-delivery-limit; -1: none.
  std::int64_t delivery_limit() const { return release >= Release::r4_0 ? 20 : -1; }
  // RMQ-QQ-LIMIT-3: does basic.nack with requeue count as a failed delivery?
  bool nack_counts() const { return release < Release::r4_3; }
  // RMQ-ACK-5: a quorum queue cancels the overdue consumer; else its channel is closed.
  bool cancels_overdue_consumer() const { return release >= Release::r4_3; }
  // RMQ-DLX-HDR-1.
  bool tells_last_death() const { return release >= Release::r3_13; }
  // RMQ-QQ-LIMIT-3: header x-acquired-count.
  bool tells_acquired_count() const { return release >= Release::r4_3; }
  // RMQ-QQ-DELAY-1.
  bool has_delayed_retry() const { return release >= Release::r4_3; }
  // RMQ-QQ-NOT: levels of priority in a quorum queue: 1, 2 (two of the higher for one of the lower), or 32.
  std::uint32_t quorum_levels() const { return release < Release::r4_0 ? 1 : release < Release::r4_3 ? 2 : 32; }
  // RMQ-SAC-1: a consumer of higher priority takes over in quorum queues.
  bool ranks_single_active() const { return release >= Release::r4_0; }
  // Headers x-death that a client sends itself are taken for deaths.
  bool believes_clients_deaths() const { return release < Release::r4_0; }
  // RMQ-HA-1: classic queues with mirrors went with 4.0.
  bool has_mirrors() const { return release < Release::r4_0; }
  // x-consumer-timeout of a queue.
  bool has_queue_timeout() const { return release >= Release::r3_13; }
  std::int64_t max_message_bytes() const { return release < Release::r4_0 ? 134'217'728 : 16'777'216; }
};

}  // namespace flowtank::rabbitmq
