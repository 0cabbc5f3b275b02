// SPDX-License-Identifier: Apache-2.0
// Kafka's keys: defaults, ranges, other clients' names, impossible combinations.
#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include <models/brokers/kafka/options.hpp>

namespace flowtank::kafka {
namespace {

std::string complaints(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics.all()) text += d.code + " " + d.message + (d.hint.empty() ? "" : " | " + d.hint) + "\n";
  return text;
}

std::string producer(std::vector<Setting> settings) {
  Diagnostics diagnostics;
  read_producer(settings, ClientProfile::java, {}, diagnostics);
  return complaints(diagnostics);
}
std::string consumer(std::vector<Setting> settings) {
  Diagnostics diagnostics;
  read_consumer(settings, ClientProfile::java, {}, {}, diagnostics);
  return complaints(diagnostics);
}

}  // namespace

TEST_CASE("kafka_options.defaults_are_those_of_the_product") {
  Diagnostics diagnostics;
  const ProducerSettings java = read_producer({}, ClientProfile::java, {}, diagnostics);
  CHECK(java.acks == Acks::all);
  CHECK(java.idempotent);
  CHECK(java.max_in_flight == 5);
  CHECK(java.delivery_timeout_ms == 120'000);
  CHECK(java.partitioner == Partitioner::murmur2);
  const ProducerSettings librdkafka = read_producer({}, ClientProfile::librdkafka, {}, diagnostics);
  CHECK_FALSE(librdkafka.idempotent);
  CHECK(librdkafka.max_in_flight == 1'000'000);
  CHECK(librdkafka.delivery_timeout_ms == 300'000);
  CHECK(librdkafka.partitioner == Partitioner::consistent_random);
  const ConsumerSettings consumer = read_consumer({}, ClientProfile::java, {}, {}, diagnostics);
  CHECK(consumer.protocol == GroupProtocol::eager);
  CHECK(consumer.assignor == Assignor::range);
  CHECK(consumer.reset == OffsetReset::latest);
  CHECK(consumer.isolation == Isolation::read_uncommitted);
  CHECK(consumer.session_timeout_ms == 45'000);
  CHECK(consumer.max_poll_records == 500);
  CHECK(consumer.commit.automatic);
  CHECK(consumer.commit.interval_ms == 5000);
  const TopicSettings topic = read_topic({}, {}, {}, diagnostics);
  CHECK(topic.retention_ms == 604'800'000);
  CHECK(topic.remove);
  CHECK_FALSE(topic.compact);
  CHECK(topic.min_insync_replicas == 1);
  CHECK(diagnostics.ok());
}

TEST_CASE("kafka_options.every_default_is_within_its_own_range") {
  std::set<std::string> seen;
  for (const KafkaOption& option : options()) {
    INFO(option.key);
    CHECK_FALSE(option.meaning.empty());
    CHECK(option.meaning.ends_with('.'));
    CHECK(option.scopes != 0);
    // A key may stand twice, for different scopes.
    for (const Scope scope : {Scope::broker, Scope::topic, Scope::producer, Scope::consumer}) {
      if ((option.scopes & static_cast<std::uint8_t>(scope)) == 0) continue;
      CHECK(seen.insert(std::string(option.key) + "/" + std::to_string(static_cast<int>(scope))).second);
      if (option.preset.empty()) continue;
      Diagnostics diagnostics;
      const std::vector<Setting> settings = {{std::string(option.key), std::string(option.preset), {}}};
      if (scope == Scope::broker) read_broker(settings, {}, diagnostics);
      if (scope == Scope::topic) read_topic(settings, {}, {}, diagnostics);
      if (scope == Scope::producer) read_producer(settings, ClientProfile::java, {}, diagnostics);
      if (scope == Scope::consumer) read_consumer(settings, ClientProfile::java, {}, {}, diagnostics);
      CHECK(complaints(diagnostics) == "");
    }
  }
}

TEST_CASE("kafka_options.unknown_keys_get_the_nearest_name_or_the_right_place") {
  CHECK(producer({{"enable.idempotense", "true", {}}}) ==
        "FT-KEY-001 Kafka has no option \"enable.idempotense\" for producers | Did you mean \"enable.idempotence\"?\n");
  CHECK(producer({{"isolation.level", "read_committed", {}}}) ==
        "FT-KEY-001 Kafka has no option \"isolation.level\" for producers | It is an option of consumers.\n");
}

TEST_CASE("kafka_options.values_are_checked_and_all_mistakes_are_reported") {
  CHECK(producer({{"acks", "2", {}}, {"retries", "-1", {}}, {"linger.ms", "soon", {}}, {"enable.idempotence", "yes", {}}}) ==
        "FT-TYPE-001 \"acks\" cannot be \"2\" | Did you mean \"0\"? Values: all, -1, 0, 1\n"
        "FT-TYPE-001 \"enable.idempotence\" is true or false, not \"yes\"\n"
        "FT-RANGE-004 \"retries\" is a whole number from 0 to 2147483647, not \"-1\"\n"
        "FT-TYPE-001 \"linger.ms\" (ms) is a whole number from 0 to 2147483647, not \"soon\"\n");
  CHECK(consumer({{"partition.assignment.strategy", "range,sticki", {}}}).starts_with("FT-TYPE-001 \"partition.assignment.strategy\" cannot be \"sticki\" | Did you mean \"sticky\"?"));
}

TEST_CASE("kafka_options.impossible_combinations_name_their_rule") {
  const auto has = [](const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; };
  CHECK(has(producer({{"enable.idempotence", "true", {}}, {"acks", "1", {}}}), "FT-KAFKA-011 enable.idempotence=true needs acks=all | Kafka's clients refuse this (KF-IDEM-1"));
  CHECK(has(producer({{"enable.idempotence", "true", {}}, {"max.in.flight.requests.per.connection", "6", {}}}), "at most 5 requests in flight"));
  CHECK(has(producer({{"enable.idempotence", "true", {}}, {"retries", "0", {}}}), "retries > 0"));
  CHECK(has(producer({{"transactional.id", "x", {}}, {"enable.idempotence", "false", {}}}), "FT-KAFKA-010"));
  CHECK(has(producer({{"transactional.id", "x", {}}, {"acks", "1", {}}}), "FT-KAFKA-011"));
  CHECK(has(producer({{"delivery.timeout.ms", "1000", {}}, {"request.timeout.ms", "2000", {}}}), "FT-KAFKA-012"));
  CHECK(has(consumer({{"group.protocol", "consumer", {}}, {"session.timeout.ms", "10000", {}}}), "FT-KAFKA-020"));
  CHECK(has(consumer({{"session.timeout.ms", "5000", {}}}), "FT-KAFKA-021"));
  CHECK(has(consumer({{"session.timeout.ms", "6000", {}}, {"heartbeat.interval.ms", "6000", {}}}), "FT-KAFKA-022"));
  CHECK(has(consumer({{"group.instance.id", "a", {}}}), "FT-KAFKA-023"));
  Diagnostics diagnostics;
  BrokerSettings broker;
  broker.brokers = 2;
  read_topic(std::vector<Setting>{{"replication.factor", "3", {}}, {"min.insync.replicas", "4", {}}}, broker, {}, diagnostics);
  CHECK(has(complaints(diagnostics), "FT-KAFKA-002"));
  CHECK(has(complaints(diagnostics), "FT-KAFKA-003"));
}

TEST_CASE("kafka_options.what_contradicts_idempotence_turns_it_off_silently") {  // KF-IDEM-2
  Diagnostics diagnostics;
  const std::vector<Setting> settings = {{"acks", "1", {}}};
  CHECK_FALSE(read_producer(settings, ClientProfile::java, {}, diagnostics).idempotent);
  CHECK(diagnostics.ok());
}

TEST_CASE("kafka_options.profiles_decide_defaults_and_commit_rules") {
  Diagnostics diagnostics;
  const std::vector<Setting> settings = {{"client", "librdkafka", {}}, {"enable.auto.offset.store", "false", {}}};
  const ConsumerSettings stored = read_consumer(settings, ClientProfile::java, {}, {}, diagnostics);
  CHECK(stored.client == ClientProfile::store_after_processing);
  CHECK(stored.commit.in_background());
  CHECK_FALSE(stored.commit.stores_at_hand_over());
  CHECK(stored.isolation == Isolation::read_committed);
  const std::vector<Setting> cooperative = {{"partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor", {}}};
  CHECK(read_consumer(cooperative, ClientProfile::java, {}, {}, diagnostics).protocol == GroupProtocol::cooperative);
  CHECK(complaints(diagnostics) == "");
}

TEST_CASE("kafka_options.those_that_only_vectors_play_are_keys_of_the_table") {
  std::set<std::string_view> idle;
  for (const KafkaOption& option : options()) {
    if (!decides_in_scenarios(option.key)) idle.insert(option.key);
  }
  CHECK(idle.size() == 24);  // as many as are listed: none is misspelt
  CHECK(decides_in_scenarios("max.poll.interval.ms"));
}

}  // namespace flowtank::kafka
