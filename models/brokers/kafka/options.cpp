// SPDX-License-Identifier: Apache-2.0
// See options.hpp: which key decides what, and the combinations that Kafka's clients refuse.
#include "models/brokers/kafka/options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/kafka/option_reader.hpp"

namespace flowtank::kafka {
namespace {

// The profile that the settings ask for, before anything else is read: defaults depend on it.
ClientProfile profile_of(std::span<const Setting> settings, ClientProfile otherwise) {
  for (const Setting& setting : settings) {
    if (setting.key != "client") continue;
    if (const auto named = client_profile(setting.text)) return *named;
  }
  return otherwise;
}

bool is_librdkafka(ClientProfile profile) {
  return profile == ClientProfile::librdkafka || profile == ClientProfile::store_after_processing;
}

// Java's long class names are understood too.
std::string short_name(std::string name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return name;
  name = name.substr(dot + 1);
  if (name == "RangeAssignor") return "range";
  if (name == "RoundRobinAssignor") return "roundrobin";
  if (name == "StickyAssignor") return "sticky";
  if (name == "CooperativeStickyAssignor") return "cooperative-sticky";
  return name;
}

}  // namespace

std::string_view to_text(ClientProfile profile) {
  switch (profile) {
    case ClientProfile::java: return "java";
    case ClientProfile::java_thread_pool: return "java_thread_pool";
    case ClientProfile::librdkafka: return "librdkafka";
    case ClientProfile::store_after_processing: return "store_after_processing";
  }
  return "";
}

std::optional<ClientProfile> client_profile(std::string_view name) {
  for (const ClientProfile profile : {ClientProfile::java, ClientProfile::java_thread_pool, ClientProfile::librdkafka,
                                      ClientProfile::store_after_processing}) {
    if (to_text(profile) == name) return profile;
  }
  return std::nullopt;
}

BrokerSettings read_broker(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics) {
  OptionReader read(settings, Scope::broker, false, place, diagnostics);
  read.unknown_keys();
  BrokerSettings b;
  b.brokers = read.whole({"brokers"});
  b.default_replication_factor = read.whole({"default.replication.factor"});
  b.default_partitions = read.whole({"num.partitions"});
  b.min_insync_replicas = read.whole({"min.insync.replicas"});
  b.unclean_leader_election = read.flag("unclean.leader.election.enable");
  b.replica_lag_time_max_ms = read.whole({"replica.lag.time.max.ms"});
  b.eligible_leader_replicas = read.flag("eligible.leader.replicas.enable");
  b.broker_session_timeout_ms = read.whole({"broker.session.timeout.ms"});
  b.group_initial_rebalance_delay_ms = read.whole({"group.initial.rebalance.delay.ms"});
  b.group_min_session_timeout_ms = read.whole({"group.min.session.timeout.ms"});
  b.group_max_session_timeout_ms = read.whole({"group.max.session.timeout.ms"});
  b.group_consumer_session_timeout_ms = read.whole({"group.consumer.session.timeout.ms"});
  b.group_consumer_heartbeat_interval_ms = read.whole({"group.consumer.heartbeat.interval.ms"});
  b.offsets_retention_minutes = read.whole({"offsets.retention.minutes"});
  b.producer_id_expiration_ms = read.whole({"producer.id.expiration.ms"});
  b.transaction_max_timeout_ms = read.whole({"transaction.max.timeout.ms"});
  b.transaction_check_interval_ms = read.whole({"transaction.abort.timed.out.transaction.cleanup.interval.ms"});
  b.transaction_version = read.whole({"transaction.version"});
  b.log_retention_check_interval_ms = read.whole({"log.retention.check.interval.ms"});
  b.flush_interval_ms = read.whole({"log.flush.interval.ms"});
  b.flush_interval_messages = read.whole({"log.flush.interval.messages"});
  b.os_flush_ms = read.whole({"os.flush.ms"});
  if (b.group_min_session_timeout_ms > b.group_max_session_timeout_ms) {
    read.complain("FT-KAFKA-001", read.written("group.min.session.timeout.ms"), "group.min.session.timeout.ms is more than group.max.session.timeout.ms", "See KF-REB-6.");
  }
  return b;
}

TopicSettings read_topic(std::span<const Setting> settings, const BrokerSettings& broker, const Diagnostic& place,
                         Diagnostics& diagnostics) {
  OptionReader read(settings, Scope::topic, false, place, diagnostics);
  read.unknown_keys();
  TopicSettings t;
  t.partitions = read.written("partitions") != nullptr ? read.whole({"partitions"}) : broker.default_partitions;
  t.replication_factor = read.whole({"replication.factor"}, broker.default_replication_factor);
  const auto policy = words(read.text({"cleanup.policy"}), ',');
  t.compact = std::find(policy.begin(), policy.end(), "compact") != policy.end();
  t.remove = std::find(policy.begin(), policy.end(), "delete") != policy.end();
  t.retention_ms = read.whole({"retention.ms"});
  t.retention_bytes = read.whole({"retention.bytes"});
  t.segment_ms = read.whole({"segment.ms"});
  t.segment_bytes = read.whole({"segment.bytes"});
  t.delete_retention_ms = read.whole({"delete.retention.ms"});
  t.min_cleanable_dirty_ratio = read.real("min.cleanable.dirty.ratio");
  t.max_message_bytes = read.whole({"max.message.bytes"});
  t.min_insync_replicas = read.written("min.insync.replicas") != nullptr ? read.whole({"min.insync.replicas"}) : broker.min_insync_replicas;
  t.unclean_leader_election =
      read.written("unclean.leader.election.enable") != nullptr ? read.flag("unclean.leader.election.enable") : broker.unclean_leader_election;
  if (t.min_insync_replicas > t.replication_factor && read.written("min.insync.replicas") != nullptr) {
    read.complain("FT-KAFKA-002", read.written("min.insync.replicas"),
                  fmt::format("min.insync.replicas is {}, but there are {} replicas: acks=all would always be refused", t.min_insync_replicas, t.replication_factor),
                  "See KF-PROD-1.");
  }
  if (broker.brokers != 0 && t.replication_factor > broker.brokers) {
    read.complain("FT-KAFKA-003", read.written("replication.factor"),
                  fmt::format("{} replicas do not fit {} brokers", t.replication_factor, broker.brokers), "See KF-REPL-1.");
  }
  return t;
}

namespace {

// KF-IDEM-2: settings that contradict idempotence turn it off, unless it was asked for: then they are refused.
void check_idempotence(OptionReader& read, ProducerSettings& p) {
  const Setting* asked = read.written("enable.idempotence");
  const bool explicitly = (asked != nullptr && asked->text == "true") || !p.transactional_id.empty();
  if (!p.transactional_id.empty() && asked != nullptr && asked->text == "false") {
    read.complain("FT-KAFKA-010", asked, "a producer with transactional.id needs enable.idempotence=true", "See KF-TXN-1.");
    return;
  }
  if (!p.transactional_id.empty()) p.idempotent = true;
  if (!p.idempotent) return;
  const struct { bool wrong; std::string_view key; std::string_view needs; } needs[] = {
      {p.acks != Acks::all, "acks", "acks=all"},
      {p.max_in_flight > 5, "max.in.flight.requests.per.connection", "at most 5 requests in flight"},
      {p.retries == 0, "retries", "retries > 0"},
  };
  for (const auto& need : needs) {
    const Setting* written = read.written({need.key, need.key == "acks" ? "request.required.acks" : need.key == "retries" ? "message.send.max.retries" : "max.in.flight"});
    if (!need.wrong) continue;
    if (explicitly && written != nullptr) {
      read.complain("FT-KAFKA-011", written, fmt::format("enable.idempotence=true needs {}", need.needs), "Kafka's clients refuse this (KF-IDEM-1, KF-IDEM-2).");
    } else if (explicitly) {
      if (need.key == "acks") p.acks = Acks::all;
      if (need.key == "retries") p.retries = 2147483647;
      if (need.key.starts_with("max")) p.max_in_flight = 5;
    } else {
      p.idempotent = false;
    }
  }
}

}  // namespace

ProducerSettings read_producer(std::span<const Setting> settings, ClientProfile client, const Diagnostic& place,
                               Diagnostics& diagnostics) {
  ProducerSettings p;
  p.client = profile_of(settings, client);
  const bool librdkafka = is_librdkafka(p.client);
  OptionReader read(settings, Scope::producer, librdkafka, place, diagnostics);
  read.unknown_keys();
  static_cast<void>(read.text({"client"}));
  const std::string acks = read.text({"acks", "request.required.acks"});
  p.acks = acks == "0" ? Acks::none : acks == "1" ? Acks::leader : Acks::all;
  p.idempotent = read.flag("enable.idempotence");
  p.retries = read.whole({"retries", "message.send.max.retries"});
  p.max_in_flight = read.whole({"max.in.flight.requests.per.connection", "max.in.flight"});
  p.delivery_timeout_ms = read.whole({"delivery.timeout.ms", "message.timeout.ms"});
  p.request_timeout_ms = read.whole({"request.timeout.ms"});
  p.linger_ms = read.whole({"linger.ms", "queue.buffering.max.ms"});
  p.batch_bytes = read.whole({"batch.size"});
  p.batch_records = read.whole({"batch.num.messages"});
  p.retry_backoff_ms = read.whole({"retry.backoff.ms"});
  p.retry_backoff_max_ms = read.whole({"retry.backoff.max.ms"});
  p.max_block_ms = read.whole({"max.block.ms"});
  p.max_request_size = read.whole({"max.request.size"});
  p.transactional_id = read.text({"transactional.id"});
  p.transaction_timeout_ms = read.whole({"transaction.timeout.ms"});
  p.metadata_max_age_ms = read.whole({"metadata.max.age.ms"});
  const std::string partitioner = read.text({"partitioner"});
  p.partitioner = partitioner == "murmur2" ? Partitioner::murmur2 : partitioner == "murmur2_random" ? Partitioner::murmur2_random
                  : partitioner == "consistent" ? Partitioner::consistent : partitioner == "random" ? Partitioner::random
                                                                                                    : Partitioner::consistent_random;
  check_idempotence(read, p);
  // Java refuses at construction; librdkafka has no such rule.
  const Setting* delivery = read.written("delivery.timeout.ms");
  if (!librdkafka && p.delivery_timeout_ms < p.linger_ms + p.request_timeout_ms) {
    if (delivery != nullptr && (read.written("request.timeout.ms") != nullptr || read.written("linger.ms") != nullptr)) {
      read.complain("FT-KAFKA-012", delivery, "delivery.timeout.ms is less than linger.ms + request.timeout.ms", "Kafka's Java producer refuses this (KF-PROD-4).");
    } else {
      p.request_timeout_ms = std::max<std::int64_t>(p.delivery_timeout_ms - p.linger_ms, 1);
    }
  }
  return p;
}

namespace {

void read_strategy(OptionReader& read, ConsumerSettings& c) {
  auto names = words(read.text({"partition.assignment.strategy"}), ',');
  const std::string first = names.empty() ? "range" : names.front();
  c.assignor = first == "roundrobin" ? Assignor::roundrobin : first == "sticky" ? Assignor::sticky
               : first == "cooperative-sticky" ? Assignor::cooperative_sticky : Assignor::range;
  // KF-REB-2: all named strategies must be cooperative, else the group is eager.
  const bool cooperative = std::all_of(names.begin(), names.end(), [](const std::string& name) { return name == "cooperative-sticky"; });
  c.protocol = cooperative ? GroupProtocol::cooperative : GroupProtocol::eager;
  if (read.text({"group.protocol"}) == "consumer") c.protocol = GroupProtocol::consumer;
}

void check_sessions(OptionReader& read, const ConsumerSettings& c, const BrokerSettings& broker) {
  const Setting* session = read.written("session.timeout.ms");
  if (c.protocol == GroupProtocol::consumer) {
    // KF-REB-8: these are the coordinator's business there.
    for (const std::string_view key : {"session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"}) {
      if (const Setting* written = read.written(key)) {
        read.complain("FT-KAFKA-020", written, fmt::format("{} cannot be set with group.protocol=consumer", key), "It is the broker's there (KF-REB-8).");
      }
    }
    return;
  }
  if (session != nullptr && (c.session_timeout_ms < broker.group_min_session_timeout_ms || c.session_timeout_ms > broker.group_max_session_timeout_ms)) {
    read.complain("FT-KAFKA-021", session,
                  fmt::format("session.timeout.ms is {}; the broker allows {} to {}", c.session_timeout_ms, broker.group_min_session_timeout_ms, broker.group_max_session_timeout_ms),
                  "See group.min.session.timeout.ms and group.max.session.timeout.ms (KF-REB-6).");
  }
  if (c.heartbeat_interval_ms >= c.session_timeout_ms) {
    read.complain("FT-KAFKA-022", read.written({"heartbeat.interval.ms", "session.timeout.ms"}), "heartbeat.interval.ms must be less than session.timeout.ms", "See KF-REB-6.");
  }
}

}  // namespace

ConsumerSettings read_consumer(std::span<const Setting> settings, ClientProfile client, const BrokerSettings& broker,
                               const Diagnostic& place, Diagnostics& diagnostics) {
  ConsumerSettings c;
  c.client = profile_of(settings, client);
  std::vector<Setting> own(settings.begin(), settings.end());
  for (Setting& setting : own) {
    if (setting.key != "partition.assignment.strategy") continue;
    std::string shortened;
    for (const std::string& name : words(setting.text, ',')) shortened += (shortened.empty() ? "" : ",") + short_name(name);
    setting.text = shortened;
  }
  const bool librdkafka = is_librdkafka(c.client);
  OptionReader read(own, Scope::consumer, librdkafka, place, diagnostics);
  read.unknown_keys();
  static_cast<void>(read.text({"client"}));
  c.group_id = read.text({"group.id"});
  c.group_instance_id = read.text({"group.instance.id"});
  c.commit.automatic = read.flag("enable.auto.commit");
  c.commit.interval_ms = read.whole({"auto.commit.interval.ms"});
  if (librdkafka && read.written("enable.auto.offset.store") != nullptr) {
    c.client = read.flag("enable.auto.offset.store") ? ClientProfile::librdkafka : ClientProfile::store_after_processing;
  }
  c.commit.profile = c.client;
  const std::string reset = read.text({"auto.offset.reset"});
  c.reset = reset == "earliest" || reset == "smallest" || reset == "beginning" ? OffsetReset::earliest
            : reset == "none" || reset == "error" ? OffsetReset::none : OffsetReset::latest;
  const std::string on_error = read.text({"on.error"});
  c.goes_on_after_error = on_error.empty() ? c.client != ClientProfile::java : on_error == "continue";
  c.isolation = read.text({"isolation.level"}) == "read_committed" ? Isolation::read_committed : Isolation::read_uncommitted;
  c.session_timeout_ms = read.whole({"session.timeout.ms"});
  c.heartbeat_interval_ms = read.whole({"heartbeat.interval.ms"});
  c.max_poll_interval_ms = read.whole({"max.poll.interval.ms"});
  c.max_poll_records = read.whole({"max.poll.records"});
  c.fetch_min_bytes = read.whole({"fetch.min.bytes"});
  c.fetch_max_wait_ms = read.whole({"fetch.max.wait.ms"});
  c.max_partition_fetch_bytes = read.whole({"max.partition.fetch.bytes"});
  c.metadata_max_age_ms = read.whole({"metadata.max.age.ms"});
  read_strategy(read, c);
  check_sessions(read, c, broker);
  if (c.protocol == GroupProtocol::consumer) {
    c.session_timeout_ms = broker.group_consumer_session_timeout_ms;
    c.heartbeat_interval_ms = broker.group_consumer_heartbeat_interval_ms;
  }
  if (!c.group_instance_id.empty() && c.group_id.empty()) {
    read.complain("FT-KAFKA-023", read.written("group.instance.id"), "group.instance.id needs group.id", "See KF-REB-7.");
  }
  return c;
}

}  // namespace flowtank::kafka
