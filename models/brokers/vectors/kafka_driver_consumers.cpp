// SPDX-License-Identifier: Apache-2.0
// Consumers of KafkaDriver: joining, polling, commits, and what their callbacks and messages look like in a vector.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/vectors/kafka_driver.hpp"
#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {

using kafka::nobody;
using kafka::no_offset;

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
