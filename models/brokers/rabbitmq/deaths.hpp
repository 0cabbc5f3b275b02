// SPDX-License-Identifier: Apache-2.0
// Why a message was dead-lettered, how often, and whether it goes round in a circle: what the x-death header says
// (rabbitmq.com, page "dlx"). Invariant: one entry for each {queue, reason}, the newest first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank::rabbitmq {

enum class DeathReason : std::uint8_t { rejected, expired, maxlen, delivery_limit };  // RMQ-DLX-1
std::string_view to_text(DeathReason reason);
std::optional<DeathReason> death_reason(std::string_view name);

struct Death {
  std::uint64_t count = 1;
  std::string exchange;                    // to which it was published before it came to the queue
  std::string queue;
  DeathReason reason = DeathReason::rejected;
  std::vector<std::string> routing_keys;
  std::string original_expiration;         // empty: it had none
};

// RMQ-DLX-HDR-2: the same {queue, reason} again counts up and moves to the front; the rest stays that of the first.
void add_death(std::vector<Death>& deaths, Death death);
// RMQ-DLX-CYCLE-1: would reaching `queue` close a circle in which nobody rejected? `deaths` has the newest death already.
template <typename Deaths, typename QueueOf, typename IsRejected>
bool closes_circle(const Deaths& deaths, const QueueOf& is_queue, const IsRejected& is_rejected) {
  for (const auto& death : deaths) {
    if (is_rejected(death)) return false;  // RMQ-DLX-CYCLE-2
    if (is_queue(death)) return true;
  }
  return false;
}
bool closes_circle(const std::vector<Death>& deaths, std::string_view queue);

}  // namespace flowtank::rabbitmq
