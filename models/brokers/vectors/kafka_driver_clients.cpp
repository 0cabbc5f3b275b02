// SPDX-License-Identifier: Apache-2.0
// Producers and consumers of KafkaDriver.
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
  const kafka::TxnError error = cluster_->end(producer->transaction, commit, clock_.now_ms());
  run_for(2 * kafka::Network::one_way_ms);
  producer->open = false;
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
      const kafka::TxnError error = cluster_->send_offset(producer->transaction, g, gp, offset);
      if (error == kafka::TxnError::fenced) answer = producer->broken = "FENCED";
      else if (error != kafka::TxnError::none) answer = "INVALID_TXN_STATE";
    }
  }
  out.push_back(result(answer));
  return {};
}

// ---- consumers ---------------------------------------------------------------------------------------------

std::string KafkaDriver::make_consumer(const JsonNode& step, Out& out) {
  Diagnostics diagnostics;
  std::string why;
  const auto profile = profile_of(step, why);
  if (!profile) return why;
  const kafka::ConsumerSettings settings = kafka::read_consumer(settings_of(step), *profile, broker_settings_, {}, diagnostics);
  if (!diagnostics.ok()) return refused(diagnostics, out);
  if (settings.group_id.empty()) return "a consumer without group.id";
  auto& consumer = consumers_[text_of(step, "consumer")];
  if (consumer) {
    consumer->kill();
    former_consumers_.push_back(std::move(consumer));
  }
  consumer = std::make_unique<kafka::GroupClient>(cells_, *network_, *service_, settings, ++readers_);
  return {};
}

kafka::GroupClient* KafkaDriver::find_consumer(const std::string& name, std::string& why) {
  const auto found = consumers_.find(name);
  if (found != consumers_.end()) return found->second.get();
  why = fmt::format("no consumer {}", to_text(node(name), 80));
  return nullptr;
}

std::string KafkaDriver::subscribe(const JsonNode& step, Out&) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  if (consumer == nullptr) return why;
  std::vector<std::uint32_t> topics;
  const auto add = [&](const JsonNode& name) {
    const auto topic = find_topic(object({{"topic", name}}), why);
    if (topic) topics.push_back(*topic);
  };
  if (const JsonNode* list = step.find("topics"); list != nullptr && list->is(JsonKind::array)) {
    for (const JsonNode& name : list->items) add(name);
  } else {
    add(node(text_of(step, "topic")));
  }
  return why.empty() ? consumer->subscribe(topics) : why;
}

Observation KafkaDriver::seen(const std::string& consumer, const kafka::ConsumerEvent& event) const {
  using Kind = kafka::ConsumerEvent::Kind;
  JsonNode told = object({{"consumer", node(consumer)}});
  const auto number = [&](std::uint32_t p) { return node(cluster_->partition(p).number); };
  switch (event.kind) {
    case Kind::assigned:
    case Kind::revoked: {
      put(told, "ev", node(event.kind == Kind::assigned ? "assigned" : "revoked"));
      std::vector<JsonNode> numbers;
      for (const std::uint32_t p : event.partitions) numbers.push_back(number(p));
      put(told, "partitions", node(std::move(numbers)));
      return {std::move(told), "callbacks of " + consumer, true};
    }
    case Kind::error:
      put(told, "ev", node("error"));
      put(told, "error", node(event.error));
      return {std::move(told), "callbacks of " + consumer, false};
    case Kind::message: break;
  }
  put(told, "ev", node("message"));
  put(told, "partition", number(event.partition));
  put(told, "offset", node(event.offset));
  put(told, "value", value_of(event.message));
  put(told, "key", key_of(event.message));
  put(told, "topic", node(cluster_->topic(cluster_->partition(event.partition).topic).name));
  return {std::move(told), fmt::format("messages of {} {}", consumer, event.partition), false};
}

std::string KafkaDriver::poll(const JsonNode& step, Out& out) {
  std::string why;
  std::vector<std::string> names;
  if (const JsonNode* list = step.find("consumers"); list != nullptr && list->is(JsonKind::array)) {
    for (const JsonNode& name : list->items) names.push_back(name.text);
  } else {
    names.push_back(text_of(step, "consumer"));
  }
  std::vector<kafka::GroupClient*> consumers;
  for (const std::string& name : names) {
    consumers.push_back(find_consumer(name, why));
    if (consumers.back() == nullptr) return why;
  }
  const std::int64_t most = whole_of(step, "max_messages", 0), timeout = std::clamp<std::int64_t>(whole_of(step, "timeout_ms", 1000), 0, std::int64_t{1} << 40);
  const std::int64_t until = clock_.now_ms() + timeout, slice = std::max<std::int64_t>(100, timeout / 5000);
  std::int64_t got = 0;
  while (!exhausted_) {
    for (std::size_t i = 0; i < consumers.size() && (most == 0 || got < most); ++i) {
      std::vector<kafka::ConsumerEvent> events;
      const std::int64_t wanted = most == 0 ? 500 : most - got;
      got += consumers[i]->poll(static_cast<std::uint32_t>(std::min<std::int64_t>(wanted, 1'000'000)), events);
      for (const kafka::ConsumerEvent& event : events) out.push_back(seen(names[i], event));
    }
    if ((most != 0 && got >= most) || clock_.now_ms() >= until) break;
    if (out.size() > 1'000'000) return "more than a million messages";
    run_until(clock_.next_ms(std::min(until, clock_.now_ms() + slice)));
  }
  return {};
}

std::string KafkaDriver::commit(const JsonNode& step, Out& out) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  if (consumer == nullptr) return why;
  std::vector<JsonNode> offsets;
  if (const JsonNode* list = step.find("offsets"); list != nullptr && list->is(JsonKind::array)) offsets = list->items;
  else if (step.find("offset") != nullptr) offsets.push_back(step);
  if (offsets.empty()) {
    out.push_back(result(consumer->commit()));
    return {};
  }
  std::string answer = "ok";
  for (const JsonNode& item : offsets) {
    JsonNode place = item;
    if (place.find("topic") == nullptr) put(place, "topic", node(text_of(step, "topic", cluster_->topics() == 1 ? cluster_->topic(0).name : "")));
    const auto p = find_partition(place, why);
    if (!p) return why;
    const std::string one = consumer->commit(*p, whole_of(item, "offset", 0));
    if (one != "ok") answer = one;
  }
  out.push_back(result(answer));
  return {};
}

std::string KafkaDriver::store_offsets(const JsonNode& step, Out& out) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  if (consumer == nullptr) return why;
  if (step.find("offset") == nullptr) {
    consumer->processed_all();
  } else {
    const auto p = find_partition(step, why);
    if (!p) return why;
    consumer->processed(*p, whole_of(step, "offset", 0));
  }
  out.push_back(result("ok"));
  return {};
}

std::string KafkaDriver::seek(const JsonNode& step, Out&) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  const auto p = find_partition(step, why);
  if (consumer == nullptr || !p) return why;
  consumer->seek(*p, whole_of(step, "offset", 0));
  return {};
}

std::string KafkaDriver::position(const JsonNode& step, Out& out) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  const auto p = find_partition(step, why);
  if (consumer == nullptr || !p) return why;
  out.push_back({object({{"position", node(consumer->position(*p))}}), "result", false});
  return {};
}

std::string KafkaDriver::assignment(const JsonNode& step, Out& out) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  if (consumer == nullptr) return why;
  std::vector<JsonNode> numbers;
  for (const std::uint32_t p : consumer->assigned()) numbers.push_back(node(cluster_->partition(p).number));
  out.push_back({object({{"consumer", node(text_of(step, "consumer"))}, {"assignment", node(std::move(numbers))}}), "result", false});
  return {};
}

std::string KafkaDriver::close_consumer(const JsonNode& step, Out& out) {
  std::string why;
  const std::string name = text_of(step, "consumer");
  kafka::GroupClient* consumer = find_consumer(name, why);
  if (consumer == nullptr) return why;
  std::vector<kafka::ConsumerEvent> events;
  consumer->close(events);
  for (const kafka::ConsumerEvent& event : events) out.push_back(seen(name, event));
  return {};
}

std::string KafkaDriver::kill_consumer(const JsonNode& step, Out&) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  if (consumer == nullptr) return why;
  consumer->kill();
  return {};
}

std::string KafkaDriver::stop_consumer(const JsonNode& step, Out&) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  if (consumer != nullptr) consumer->stop(true);
  return why;
}

std::string KafkaDriver::resume_consumer(const JsonNode& step, Out&) {
  std::string why;
  kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
  if (consumer != nullptr) consumer->stop(false);
  return why;
}

std::string KafkaDriver::committed(const JsonNode& step, Out& out) {
  std::string why;
  const std::vector<std::uint32_t> partitions = partitions_meant(step, why);
  if (!why.empty()) return why;
  std::string group = text_of(step, "group");
  if (group.empty() && step.find("consumer") != nullptr) {
    const kafka::GroupClient* consumer = find_consumer(text_of(step, "consumer"), why);
    if (consumer == nullptr) return why;
    group = consumer->settings().group_id;
  }
  const std::uint32_t* g = cluster_->find_group(group);
  std::vector<JsonNode> offsets;
  for (const std::uint32_t p : partitions) {
    const std::uint32_t gp = g == nullptr ? nobody : cluster_->in_group(*g, p);
    const kafka::Offset offset = gp == nobody ? no_offset : cluster_->group(*g).committed(cells_, gp);
    offsets.push_back(object({{"partition", node(cluster_->partition(p).number)}, {"offset", node(offset)}}));
  }
  out.push_back({object({{"committed", node(std::move(offsets))}}), "result", false});
  return {};
}

}  // namespace flowtank::vectors
