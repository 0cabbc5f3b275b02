// SPDX-License-Identifier: Apache-2.0
// RabbitMQ's keys: which there are, where each may stand, its default, its unit, its rules. Vectors and scenarios read the same table,
// and `flowtank explain` prints it. Reading never throws; all mistakes are reported at once, with the rule behind each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "models/brokers/product_options/option_text.hpp"
#include "models/brokers/rabbitmq/exchange.hpp"
#include "models/brokers/rabbitmq/queue_settings.hpp"

namespace flowtank {
struct Option;  // sim/world/system.hpp
}

namespace flowtank::rabbitmq {

// Where a key may stand: at the broker; at a channel, which is an exchange and who publishes to it; at a subscription, which is a
// queue and who consumes from it.
enum class Scope : std::uint8_t { broker = 1, exchange = 2, publisher = 4, queue = 8, consumer = 16 };

enum class OptionType : std::uint8_t { boolean, whole, text, choice, list };

struct RabbitOption {
  std::string_view key;
  Scope scope;
  OptionType type;
  std::string_view preset;     // default, as text; empty: none
  std::string_view unit;       // "ms", "bytes", "messages" or empty
  std::int64_t least = 0, most = 0;
  std::string_view values;     // choice: allowed words, separated by blanks
  std::string_view rules;      // ids; empty: accepted, without effect in the model
  std::string_view meaning;    // one sentence
};

std::span<const RabbitOption> options();
const RabbitOption* find_option(std::string_view key, std::initializer_list<Scope> scopes);
// Does the key decide something in a scenario, or in vectors only?
bool decides_in_scenarios(std::string_view key);

// Does RabbitMQ itself refuse a declaration for this complaint? Others are warnings of Flowtank's.
bool is_refused_by_broker(const Diagnostic& complaint);

using product_options::Setting;
using product_options::settings_of;
std::vector<std::string> words(std::string_view text, char by);

// RMQ-HA-4: cluster_partition_handling; pause_if_all_down is taken for ignore.
enum class PartitionHandling : std::uint8_t { ignore, pause_minority, autoheal };

struct BrokerSettings {
  Profile profile;
  std::int64_t nodes = 1;                          // own key
  std::int64_t consumer_timeout_ms = 1'800'000, channel_tick_interval_ms = 60'000;
  std::int64_t default_consumer_prefetch = 0;      // copies; 0: no limit (RMQ-QOS-2)
  std::int64_t quorum_cluster_size = 3;            // members
  std::int64_t max_message_size = 0;               // bytes; 0: that of the release (profile.hpp)
  PartitionHandling partition_handling = PartitionHandling::ignore;
  std::vector<std::string> queues;                 // own key `declare`: queues without consumers
};

struct ExchangeSettings {
  ExchangeType type = ExchangeType::fanout;
  std::string alternate_exchange;
  bool by_message_type = true;                     // own key `routing_key`: type or key
};

struct PublisherSettings {
  bool confirms = false, mandatory = false, persistent = false;
  std::int64_t expiration_ms = -1;                 // -1: its messages have no time to live of their own (RMQ-TTL-1)
  std::int64_t priority = -1;                      // -1: its messages have none (RMQ-PRIO-1)
  std::vector<std::int64_t> nodes;                 // own key `publisher_nodes`: where its instances connect, in turn
};

enum class OnError : std::uint8_t { requeue, nack, reject, retry };

struct ConsumerSettings {
  std::int64_t prefetch = 0, priority = 0;
  bool no_ack = false;
  OnError on_error = OnError::requeue;
  bool stops_when_closed = false;                  // own key `on.channel.closed`
  std::vector<std::int64_t> nodes;                 // own key `consumer_nodes`
};

// `place` goes into diagnostics of settings without a place of their own. Keys out of other scopes are unknown.
BrokerSettings read_broker(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics);
ExchangeSettings read_exchange(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics);
PublisherSettings read_publisher(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics);
QueueSettings read_queue(std::span<const Setting> settings, const Profile& profile, const Diagnostic& place, Diagnostics& diagnostics);
ConsumerSettings read_consumer(std::span<const Setting> settings, const BrokerSettings& broker, const Diagnostic& place, Diagnostics& diagnostics);

}  // namespace flowtank::rabbitmq
