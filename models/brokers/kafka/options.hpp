// SPDX-License-Identifier: Apache-2.0
// Kafka's own configuration keys: one table with scope, type, default, range, meaning and the rules (KF-...) that they
// decide, and typed settings read from it. Explanations for users are generated from the same table, so that
// what is documented is what is read. Unknown keys get the nearest name; combinations that Kafka's clients
// refuse are diagnosed with the rule. Reading never throws; all mistakes are reported at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "models/brokers/kafka/assignor.hpp"
#include "models/brokers/kafka/consumer_client.hpp"
#include "models/brokers/kafka/group.hpp"
#include "models/brokers/product_options/option_text.hpp"

namespace flowtank {
struct Option;  // sim/world/system.hpp
}

namespace flowtank::kafka {

// Where a key may stand. A key may have several scopes.
enum class Scope : std::uint8_t { broker = 1, topic = 2, producer = 4, consumer = 8 };
constexpr std::uint8_t operator|(Scope a, Scope b) { return static_cast<std::uint8_t>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b)); }

enum class OptionType : std::uint8_t { boolean, whole, real, text, choice, list };

struct KafkaOption {
  std::string_view key;
  std::uint8_t scopes;             // Scope bits
  OptionType type;
  std::string_view preset;         // default, as text; empty: none
  std::string_view librdkafka;     // default of librdkafka where it differs; empty: the same
  std::string_view unit;           // "ms", "bytes", "records", "min", "s" or empty
  std::int64_t least = 0;          // whole: range
  std::int64_t most = 0;
  std::string_view values;         // choice, list: allowed values, separated by blanks
  std::string_view rules;          // ids, separated by blanks; empty: accepted, without effect in the model
  std::string_view meaning;        // one sentence
};

// All keys, in the order of explanation: broker, topic, producer, consumer.
std::span<const KafkaOption> options();
const KafkaOption* find_option(std::string_view key, Scope scope);
// Does the key decide something in a scenario? Others are read, and recorded vectors play them, but services of a scenario send
// requests of one record that take no time, and replicas differ only where a fault makes them.
bool decides_in_scenarios(std::string_view key);

using product_options::Setting;
using product_options::settings_of;

enum class Acks : std::uint8_t { none, leader, all };
enum class Partitioner : std::uint8_t { murmur2, murmur2_random, consistent, consistent_random, random };

struct BrokerSettings {
  std::int64_t brokers = 0;                       // own key; 0: as many as the largest replication factor
  std::int64_t default_replication_factor = 1, default_partitions = 1;
  std::int64_t min_insync_replicas = 1;
  bool unclean_leader_election = false;
  std::int64_t replica_lag_time_max_ms = 30'000;
  bool eligible_leader_replicas = false;          // KIP-966 (KF-REPL-4)
  std::int64_t broker_session_timeout_ms = 9'000; // until a dead leader is replaced
  std::int64_t group_initial_rebalance_delay_ms = 3000;
  std::int64_t group_min_session_timeout_ms = 6000, group_max_session_timeout_ms = 1'800'000;
  std::int64_t group_consumer_session_timeout_ms = 45'000, group_consumer_heartbeat_interval_ms = 5000;
  std::int64_t offsets_retention_minutes = 10'080;
  std::int64_t producer_id_expiration_ms = 86'400'000;
  std::int64_t transaction_max_timeout_ms = 900'000;
  std::int64_t transaction_check_interval_ms = 10'000;
  std::int64_t transaction_version = 0;           // from 2 on each transaction has an epoch of its own (KIP-890)
  std::int64_t log_retention_check_interval_ms = 300'000;
  std::int64_t flush_interval_ms = 0;             // log.flush.interval.ms; 0: left to the operating system
  std::int64_t flush_interval_messages = 0;       // 0: never by count
  std::int64_t os_flush_ms = 30'000;              // own key: how long the operating system may keep pages back
};

struct TopicSettings {
  std::int64_t partitions = 1;
  std::int64_t replication_factor = 1;
  bool compact = false, remove = true;            // cleanup.policy
  std::int64_t retention_ms = 604'800'000, retention_bytes = -1;
  std::int64_t segment_ms = 604'800'000, segment_bytes = 1'073'741'824;
  std::int64_t delete_retention_ms = 86'400'000;
  double min_cleanable_dirty_ratio = 0.5;
  std::int64_t min_insync_replicas = 1;
  bool unclean_leader_election = false;
  std::int64_t max_message_bytes = 1'048'588;
};

struct ProducerSettings {
  ClientProfile client = ClientProfile::java;     // own key `client`
  Acks acks = Acks::all;
  bool idempotent = true;
  std::int64_t retries = 2147483647;
  std::int64_t max_in_flight = 5;
  std::int64_t delivery_timeout_ms = 120'000, request_timeout_ms = 30'000;
  std::int64_t linger_ms = 0, batch_records = 10'000, batch_bytes = 16'384;
  std::int64_t retry_backoff_ms = 100, retry_backoff_max_ms = 1000, max_block_ms = 60'000;
  std::int64_t max_request_size = 1'048'576;
  std::string transactional_id;
  std::int64_t transaction_timeout_ms = 60'000;
  std::int64_t metadata_max_age_ms = 300'000;     // until new partitions are noticed
  Partitioner partitioner = Partitioner::murmur2;
};

struct ConsumerSettings {
  ClientProfile client = ClientProfile::java;     // own key `client`
  std::string group_id, group_instance_id;
  CommitRule commit;
  OffsetReset reset = OffsetReset::latest;
  bool goes_on_after_error = false;               // own key `on.error`: seek back, or take the next record
  Isolation isolation = Isolation::read_uncommitted;
  std::int64_t session_timeout_ms = 45'000, heartbeat_interval_ms = 3000, max_poll_interval_ms = 300'000;
  std::int64_t max_poll_records = 500;
  std::int64_t fetch_min_bytes = 1, fetch_max_wait_ms = 500, max_partition_fetch_bytes = 1'048'576;
  std::int64_t metadata_max_age_ms = 300'000;     // until new partitions are noticed
  Assignor assignor = Assignor::range;
  GroupProtocol protocol = GroupProtocol::eager;
};

// `file` and `pointer` go into the diagnostics. Settings out of another scope are unknown keys. `client` (java,
// librdkafka, ...) may be among the settings; `client` as argument is the profile when it is not.
BrokerSettings read_broker(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics);
TopicSettings read_topic(std::span<const Setting> settings, const BrokerSettings& broker, const Diagnostic& place, Diagnostics& diagnostics);
ProducerSettings read_producer(std::span<const Setting> settings, ClientProfile client, const Diagnostic& place, Diagnostics& diagnostics);
ConsumerSettings read_consumer(std::span<const Setting> settings, ClientProfile client, const BrokerSettings& broker,
                               const Diagnostic& place, Diagnostics& diagnostics);

// "java", "java_thread_pool", "librdkafka", "store_after_processing".
std::string_view to_text(ClientProfile profile);
std::optional<ClientProfile> client_profile(std::string_view name);

}  // namespace flowtank::kafka
