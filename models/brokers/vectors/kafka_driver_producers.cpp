// SPDX-License-Identifier: Apache-2.0
// Producers of KafkaDriver: sending, delivery reports and transactions, in the words of vectors.
#include <algorithm>

#include <fmt/format.h>

#include <models/brokers/kafka/partitioner.hpp>
#include "models/brokers/vectors/kafka_driver.hpp"
#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {

using kafka::nobody;
using kafka::no_offset;

// ---- producers ---------------------------------------------------------------------------------------------

std::string KafkaDriver::make_producer(const JsonNode& step, Out& out) {
  Diagnostics diagnostics;
  std::string why;
  const auto profile = profile_of(step, why);
  if (!profile) return why;
  const kafka::ProducerSettings settings = kafka::read_producer(settings_of(step), *profile, {}, diagnostics);
  if (!diagnostics.ok()) return refused(diagnostics, out);
  Producer& producer = producers_[text_of(step, "producer")];
  if (producer.client) {
    producer.client->kill();
    former_producers_.push_back(std::move(producer.client));
  }
  producer = {};
  producer.refreshed_ms = clock_.now_ms();
  producer.client = std::make_unique<kafka::ProducerClient>(*network_, settings, [&producer](const kafka::DeliveryReport& report) {
    producer.reports.push_back(report);
  });
  return {};
}

KafkaDriver::Producer* KafkaDriver::find_producer(const JsonNode& step, std::string& why) {
  const std::string name = text_of(step, "producer");
  const auto found = producers_.find(name);
  if (found != producers_.end() && found->second.client) return &found->second;
  why = fmt::format("no producer {}", to_text(node(name), 80));
  return nullptr;
}

std::string KafkaDriver::kill_producer(const JsonNode& step, Out&) {
  std::string why;
  Producer* producer = find_producer(step, why);
  if (producer == nullptr) return why;
  producer->client->kill();  // its requests on the way still take effect
  former_producers_.push_back(std::move(producer->client));
  producer->reports.clear();
  return {};
}

std::string KafkaDriver::close_producer(const JsonNode& step, Out& out) {
  std::string why;
  Producer* producer = find_producer(step, why);
  if (producer == nullptr) return why;
  if (why = flush(step, out); !why.empty()) return why;
  if (producer->transaction.id != 0 && producer->open) static_cast<void>(cluster_->end(producer->transaction, false, clock_.now_ms()));
  return kill_producer(step, out);
}

Word KafkaDriver::word_of(const JsonNode& step) {
  const JsonNode *key = step.find("key"), *value = step.find("value");
  const Word pair[] = {key == nullptr || key->is(JsonKind::null) ? Pool::of_null() : pool_.intern_string(text_of(step, "key")),
                       value == nullptr || value->is(JsonKind::null) ? Pool::of_null() : pool_.intern_string(text_of(step, "value"))};
  return pool_.intern_list(pair);
}

JsonNode KafkaDriver::value_of(Word message) const {
  const Value value = pool_.value(message).items()[1];
  return value.is(Kind::string) ? node(value.text()) : null_node();
}
JsonNode KafkaDriver::key_of(Word message) const {
  const Value key = pool_.value(message).items()[0];
  return key.is(Kind::string) ? node(key.text()) : null_node();
}

std::uint32_t KafkaDriver::choose_partition(Producer& producer, std::uint32_t topic, const JsonNode* key) {
  const kafka::ProducerSettings& settings = producer.client->settings();
  const auto& partitions = cluster_->topic(topic).partitions;
  // KF-PART-1: a producer learns of new partitions when its metadata are old.
  if (clock_.now_ms() - producer.refreshed_ms >= settings.metadata_max_age_ms) {
    producer.known_partitions.clear();
    producer.refreshed_ms = clock_.now_ms();
  }
  const auto known = producer.known_partitions.emplace(topic, partitions.size()).first->second;
  if (key != nullptr && !key->is(JsonKind::null) && kafka::goes_by_key(settings.partitioner)) {
    const std::string text = key->is(JsonKind::string) ? key->text : to_text(*key);
    return partitions[kafka::partition_of_key(settings.partitioner, text, known)];
  }
  if (!kafka::sticks_without_key(settings.partitioner) || producer.client->pending() == 0) ++producer.sticky;
  return partitions[producer.sticky % known];
}

std::string KafkaDriver::produce(const JsonNode& step, Out&) {
  std::string why;
  Producer* producer = find_producer(step, why);
  const auto topic = find_topic(step, why);
  if (producer == nullptr || !topic) return why;
  std::optional<std::uint32_t> partition;
  if (step.find("partition") != nullptr) {
    partition = find_partition(step, why);
    if (!partition) return why;
  } else {
    partition = choose_partition(*producer, *topic, step.find("key"));
  }
  const Word message = word_of(step);
  const std::int64_t bytes = whole_of(step, "bytes", static_cast<std::int64_t>(text_of(step, "key").size() + text_of(step, "value").size()) + 70);
  if (!producer->client->settings().transactional_id.empty() && !producer->open) {
    producer->reports.push_back({message, *partition, no_offset, producer->broken.empty() ? "INVALID_TXN_STATE" : producer->broken});
    return {};
  }
  producer->client->send(*partition, message, bytes);
  run_until(clock_.now_ms());
  return {};
}

std::string KafkaDriver::flush(const JsonNode& step, Out& out) {
  std::string why;
  Producer* producer = find_producer(step, why);
  if (producer == nullptr) return why;
  static_cast<void>(drain(*producer, whole_of(step, "timeout_ms", 60'000)));
  const std::string name = text_of(step, "producer");
  for (const kafka::DeliveryReport& report : std::exchange(producer->reports, {})) {
    JsonNode told = object({{"producer", node(name)}, {"ev", node("delivery_report")}, {"value", value_of(report.message)}, {"key", key_of(report.message)}});
    const std::uint32_t number = cluster_->partition(report.partition).number;
    put(told, "partition", node(number));
    if (report.error.empty()) put(told, "offset", node(report.offset));
    else put(told, "error", node(report.error));
    out.push_back({std::move(told), fmt::format("reports {} {}", name, report.partition), false});
  }
  return {};
}

// Runs until nothing is pending; the error of a record that failed.
std::string KafkaDriver::drain(Producer& producer, std::int64_t timeout_ms) {
  const std::int64_t until = clock_.now_ms() + std::max<std::int64_t>(timeout_ms, 0);
  producer.client->hurry();
  while (producer.client->pending() != 0 && clock_.now_ms() < until && !exhausted_) run_until(clock_.next_ms(until));
  return producer.client->take_failure();
}

// ---- transactions ------------------------------------------------------------------------------------------

std::string KafkaDriver::txn_init(const JsonNode& step, Out& out) {
  std::string why;
  Producer* producer = find_producer(step, why);
  if (producer == nullptr) return why;
  const kafka::ProducerSettings& settings = producer->client->settings();
  if (settings.transactional_id.empty()) {
    out.push_back(result("_NOT_CONFIGURED"));
    return {};
  }
  if (settings.transaction_timeout_ms > broker_settings_.transaction_max_timeout_ms) {  // KF-TXN-3
    out.push_back(result("INVALID_TRANSACTION_TIMEOUT"));
    return {};
  }
  if (const std::string refused = network_->refusal_of("InitProducerId"); !refused.empty()) {
    out.push_back(result(refused));
    return {};
  }
  producer->transaction = cluster_->init_transactions(settings.transactional_id, settings.transaction_timeout_ms, clock_.now_ms());
  producer->client->use_transaction(producer->transaction);
  producer->broken.clear();
  producer->open = false;
  out.push_back(result("ok"));
  return {};
}

std::string KafkaDriver::txn_begin(const JsonNode& step, Out& out) {
  std::string why;
  Producer* producer = find_producer(step, why);
  if (producer == nullptr) return why;
  if (producer->broken == "FENCED") {
    out.push_back(result("FENCED"));
  } else if (producer->transaction.id == 0 || producer->open) {
    out.push_back(result("INVALID_TXN_STATE"));
  } else {
    // The client alone knows of a begin; the coordinator learns of the transaction with its first record.
    producer->open = true;
    producer->broken.clear();
    static_cast<void>(producer->client->take_failure());
    const kafka::TxnError error = cluster_->begin(producer->transaction, clock_.now_ms());
    if (error == kafka::TxnError::fenced) producer->broken = "FENCED";
    out.push_back(result("ok"));
  }
  return {};
}

std::string KafkaDriver::end_transaction(const JsonNode& step, bool commit, Out& out) {
  std::string why;
  Producer* producer = find_producer(step, why);
  if (producer == nullptr) return why;
  if (!producer->open) {
    out.push_back(result(producer->broken == "FENCED" ? "FENCED" : "INVALID_TXN_STATE"));
    return {};
  }
  if (!commit) producer->client->drop_queued();
  const std::string failure = drain(*producer, producer->client->settings().max_block_ms);
  if (!failure.empty() && failure != "_PURGE_QUEUE") producer->broken = failure;
  if (commit && !producer->broken.empty()) {  // only an abort is possible now
    if (producer->broken == "FENCED") producer->open = false;
    out.push_back(result(producer->broken));
    return {};
  }
  if (const std::string refused = network_->refusal_of("EndTxn"); !refused.empty()) {
    producer->broken = same_name("FENCED", refused) ? "FENCED" : refused;
    out.push_back(result(producer->broken));
    return {};
  }
  if (const auto late = std::exchange(late_end_ms_, std::nullopt)) {
    clock_.after(*late, [this, who = producer->transaction, commit] { static_cast<void>(cluster_->end(who, commit, clock_.now_ms())); });
  }
  const kafka::TxnError error = cluster_->end(producer->transaction, commit, clock_.now_ms());
  run_for(2 * kafka::Network::one_way_ms);
  producer->open = false;
  if (error == kafka::TxnError::none && broker_settings_.transaction_version >= 2) {  // KIP-890: the answer carries the next epoch
    const kafka::ProducerSettings& settings = producer->client->settings();
    producer->transaction = cluster_->init_transactions(settings.transactional_id, settings.transaction_timeout_ms, clock_.now_ms());
    producer->client->use_transaction(producer->transaction);
  }
  producer->broken = error == kafka::TxnError::fenced ? "FENCED" : "";
  out.push_back(result(error == kafka::TxnError::none ? "ok" : error == kafka::TxnError::fenced ? "FENCED" : "INVALID_TXN_STATE"));
  return {};
}

std::string KafkaDriver::txn_commit(const JsonNode& step, Out& out) { return end_transaction(step, true, out); }
std::string KafkaDriver::txn_abort(const JsonNode& step, Out& out) { return end_transaction(step, false, out); }

std::string KafkaDriver::txn_offsets(const JsonNode& step, Out& out) {
  std::string why;
  Producer* producer = find_producer(step, why);
  if (producer == nullptr) return why;
  kafka::GroupClient* consumer = nullptr;
  std::vector<std::pair<std::uint32_t, kafka::Offset>> offsets;  // by partition of the group
  const std::string consumer_name = text_of(step, "consumer");
  if (!consumer_name.empty()) {
    consumer = find_consumer(consumer_name, why);
    if (consumer == nullptr) return why;
    offsets = consumer->positions_to_commit();
  }
  const std::uint32_t* named = cluster_->find_group(text_of(step, "group"));
  if (consumer == nullptr && named == nullptr) return fmt::format("no group {}", to_text(node(text_of(step, "group")), 80));
  const std::uint32_t g = consumer != nullptr ? consumer->group() : *named;
  if (const JsonNode* list = step.find("offsets"); list != nullptr && list->is(JsonKind::array)) {
    offsets.clear();
    for (const JsonNode& item : list->items) {
      JsonNode place = step;
      put(place, "partition", node(whole_of(item, "partition", 0)));
      const auto p = find_partition(place, why);
      if (!p) return why;
      offsets.emplace_back(cluster_->in_group(g, *p), whole_of(item, "offset", 0));
    }
  }
  // KF-TXN-4: the group is asked whether the member may still commit.
  const kafka::GroupError checked = consumer != nullptr ? consumer->check() : kafka::GroupError::none;
  std::string answer = "ok";
  if (const std::string refused = network_->refusal_of("TxnOffsetCommit"); !refused.empty()) {
    answer = producer->broken = refused;
  } else if (checked != kafka::GroupError::none) {
    answer = kafka::to_text(checked);
    producer->broken = answer;
  } else if (!producer->open) {
    answer = "INVALID_TXN_STATE";
  } else {
    for (const auto& [gp, offset] : offsets) {
      if (gp == nobody) return "offsets of a topic that the group does not read";
      kafka::TxnError error = cluster_->send_offset(producer->transaction, g, gp, offset);
      if (error == kafka::TxnError::not_open) {
        // The coordinator has ended it for whatever reason and knows of no begin: what comes next is a new one.
        static_cast<void>(cluster_->begin(producer->transaction, clock_.now_ms()));
        error = cluster_->send_offset(producer->transaction, g, gp, offset);
      }
      if (error == kafka::TxnError::fenced) answer = producer->broken = "FENCED";
      else if (error != kafka::TxnError::none) answer = "INVALID_TXN_STATE";
    }
  }
  out.push_back(result(answer));
  return {};
}

}  // namespace flowtank::vectors
