// SPDX-License-Identifier: Apache-2.0
// See sns_sqs_driver.hpp: queues and topics with their attributes, sends, batches, publishes and the functions that Lambda runs.
// Names of members are the vectors' own or AWS's, where both occur.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/vectors/node.hpp"
#include "models/brokers/vectors/sns_sqs_driver.hpp"

namespace flowtank::vectors {
namespace {

using sns_sqs::Json;
constexpr std::size_t no_limit = std::size_t{1} << 24;
constexpr std::int64_t most_body = 2'000'000, most_batch = 10;
constexpr auto queue_scopes = static_cast<std::uint8_t>(sns_sqs::Scope::queue), subscription_scopes = static_cast<std::uint8_t>(sns_sqs::Scope::subscription);

// What vectors may call a knob of the model, and what it is called here.
std::string key_named(const std::string& key) {
  static const std::map<std::string, std::string, std::less<>> names = {
      {"in_flight_cap", "in_flight_limit"}, {"InFlightLimit", "in_flight_limit"}, {"in_flight_max", "in_flight_limit"}, {"max_in_flight", "in_flight_limit"},
      {"maxReceiveCount", "RedrivePolicy.maxReceiveCount"}, {"deadLetterTargetArn", "RedrivePolicy.deadLetterTargetArn"}};
  const auto known = names.find(key);
  return known == names.end() ? key : known->second;
}

std::string name_in(const std::string& arn) { return arn.substr(arn.rfind(':') == std::string::npos ? 0 : arn.rfind(':') + 1); }

Json attributes_of(const JsonNode& step) {
  Json none;
  none.kind = Json::Kind::object;
  for (const std::string_view key : {"attributes", "MessageAttributes"}) {
    const JsonNode* found = step.find(key);
    if (found == nullptr || !found->is(JsonKind::object)) continue;
    if (auto json = sns_sqs::parse_json(to_text(*found, no_limit))) return *json;
  }
  return none;
}

std::string body_of(const JsonNode& step) {
  for (const std::string_view key : {"body", "MessageBody", "message", "Message"}) {
    const JsonNode* body = step.find(key);
    if (body == nullptr) continue;
    return body->is(JsonKind::string) ? body->text : to_text(*body, no_limit);
  }
  for (const std::string_view key : {"body_size", "body_bytes", "size"}) {
    if (step.find(key) != nullptr) return std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(whole_of(step, key, 0), 0, most_body)), 'x');
  }
  return {};
}

std::optional<std::string> optional_text(const JsonNode& step, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (step.find(key) != nullptr) return text_of(step, key);
  }
  return std::nullopt;
}

}  // namespace

void SnsSqsDriver::answer(const std::string& error, Out& out) {
  if (error.empty()) out.push_back({object({{"result", node("ok")}}), "result", false});
  else out.push_back({object({{"result", node(error)}, {"error", node(error)}}), "result", false});
}

// A call that was carried out; with its answer lost the caller sees a timeout.
void SnsSqsDriver::answer(const JsonNode& step, JsonNode seen, Out& out) {
  if (text_of(step, "fault") == "answer_lost") seen = object({{"result", node("timeout")}});
  out.push_back({std::move(seen), "result", false});
}

std::vector<sns_sqs::Setting> SnsSqsDriver::settings_of(const JsonNode& step, std::uint8_t scopes) const {
  std::vector<sns_sqs::Setting> settings;
  const auto add = [&](const std::string& key, const JsonNode& value) {
    std::string text = value.is(JsonKind::string) ? value.text : value.is(JsonKind::null) ? "" : to_text(value, no_limit);
    if (key == "RedrivePolicy" && scopes == queue_scopes) {
      const auto policy = sns_sqs::parse_json(text);
      if (const Json* target = policy ? policy->find("deadLetterTargetArn") : nullptr) {
        settings.push_back({"RedrivePolicy.deadLetterTargetArn", name_in(target->text), {}});
        const Json* count = policy->find("maxReceiveCount");
        if (count != nullptr) settings.push_back({"RedrivePolicy.maxReceiveCount", count->is(Json::Kind::string) ? count->text : sns_sqs::to_text(*count), {}});
        return;
      }
    }
    settings.push_back({key_named(key), std::move(text), {}});
  };
  if (const JsonNode* attributes = step.find("attributes"); attributes != nullptr && attributes->is(JsonKind::object)) {
    for (const JsonMember& member : attributes->members) {
      if (scopes != subscription_scopes || member.key != "RedrivePolicy") add(member.key, member.value);
    }
  }
  for (const JsonMember& member : step.members) {
    if (sns_sqs::find_option(key_named(member.key), scopes) != nullptr) add(member.key, member.value);
  }
  return settings;
}

// ---- queues ----------------------------------------------------------------------------------------------------

std::string SnsSqsDriver::create_queue(const JsonNode& step, Out& out) {
  const std::string error = account_.create_queue(text_of(step, "queue"), settings_of(step, queue_scopes), now_);
  answer(error, out);
  return current_step_ == 0 && !error.empty() ? "SQS refuses queue " + to_text(node(text_of(step, "queue")), 80) + ": " + error : "";
}

std::string SnsSqsDriver::set_attributes(const JsonNode& step, Out& out) {
  answer(account_.set_attributes(text_of(step, "queue"), settings_of(step, queue_scopes), now_), out);
  return {};
}

std::string SnsSqsDriver::delete_queue(const JsonNode& step, Out& out) {
  answer(account_.delete_queue(text_of(step, "queue")), out);
  return {};
}

sns_sqs::SendRequest SnsSqsDriver::send_request(const JsonNode& step) const {
  sns_sqs::SendRequest request;
  request.body = body_of(step);
  request.attributes = attributes_of(step);
  if (step.find("DelaySeconds") != nullptr) request.delay_s = whole_of(step, "DelaySeconds", -1);
  request.group = optional_text(step, {"MessageGroupId", "group"});
  request.dedup_id = optional_text(step, {"MessageDeduplicationId", "dedup_id"});
  return request;
}

std::string SnsSqsDriver::send(const JsonNode& step, Out& out) {
  const sns_sqs::SendAnswer sent = account_.send(text_of(step, "queue"), send_request(step), now_);
  if (!sent.error.empty()) {
    answer(sent.error, out);
    return {};
  }
  answer(step, object({{"result", node("ok")}, {"message_id", node(sent.id)}, {"MessageId", node(sent.id)}, {"SequenceNumber", node(sent.sequence_number)},
                       {"sequence_number", node(sent.sequence_number)}}), out);
  return {};
}

namespace {

// SQS-BATCH-1: the call succeeds, and each entry by itself.
JsonNode batch_answer(const std::vector<JsonNode>& good, const std::vector<JsonNode>& bad, const std::vector<JsonNode>& codes) {
  return object({{"result", node(bad.empty() ? "ok" : "partial")}, {"http_status", node(std::int64_t{200})}, {"status", node(std::int64_t{200})}, {"http", node(std::int64_t{200})},
                 {"successful", node(static_cast<std::int64_t>(good.size()))}, {"failed", node(static_cast<std::int64_t>(bad.size()))},
                 {"Successful", node(good)}, {"Failed", node(bad)}, {"codes", node(codes)}});
}

std::string wrong_batch(const JsonNode* entries) {
  if (entries == nullptr || !entries->is(JsonKind::array) || entries->items.empty()) return "EmptyBatchRequest";
  if (static_cast<std::int64_t>(entries->items.size()) > most_batch) return "TooManyEntriesInBatchRequest";
  std::vector<std::string> ids;
  for (const JsonNode& entry : entries->items) {
    if (auto id = optional_text(entry, {"Id", "id"})) ids.push_back(std::move(*id));
  }
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) != ids.end() ? "BatchEntryIdsNotDistinct" : "";
}

JsonNode id_of(const JsonNode& entry, std::size_t position) {
  return node(optional_text(entry, {"Id", "id"}).value_or(std::to_string(position + 1)));
}

}  // namespace

std::string SnsSqsDriver::send_batch(const JsonNode& step, Out& out) {
  const JsonNode* entries = step.find("entries");
  if (entries == nullptr) entries = step.find("messages");
  if (const std::string error = wrong_batch(entries); !error.empty()) {
    answer(error, out);
    return {};
  }
  std::vector<JsonNode> good, bad, codes;
  for (std::size_t i = 0; i < entries->items.size(); ++i) {
    const JsonNode& entry = entries->items[i];
    sns_sqs::SendRequest request = send_request(entry);
    if (entry.is(JsonKind::string)) request.body = entry.text;
    const sns_sqs::SendAnswer sent = account_.send(text_of(step, "queue"), request, now_);
    (sent.error.empty() ? good : bad).push_back(id_of(entry, i));
    if (!sent.error.empty()) codes.push_back(node(sent.error));
  }
  answer(step, batch_answer(good, bad, codes), out);
  return {};
}

std::string SnsSqsDriver::remove_batch(const JsonNode& step, Out& out) {
  const JsonNode* entries = step.find("entries");
  if (entries == nullptr) entries = step.find("handles_of");
  if (const std::string error = wrong_batch(entries); !error.empty()) {
    answer(error, out);
    return {};
  }
  std::vector<JsonNode> good, bad, codes;
  for (std::size_t i = 0; i < entries->items.size(); ++i) {
    JsonNode entry = entries->items[i];
    if (entry.is(JsonKind::string)) entry = object({{"handle_of", node(entry.text)}});
    std::string why;
    const auto handle = handle_of(entry, why);
    if (!handle) return why;
    const std::string error = account_.remove(*handle, now_);
    (error.empty() ? good : bad).push_back(id_of(entry, i));
    if (!error.empty()) codes.push_back(node(error));
  }
  answer(step, batch_answer(good, bad, codes), out);
  return {};
}

std::string SnsSqsDriver::counts(const JsonNode& step, Out& out) {
  std::vector<std::string> names;
  if (const JsonNode* list = step.find("queues"); list != nullptr && list->is(JsonKind::array)) {
    for (const JsonNode& item : list->items) names.push_back(item.text);
  } else {
    names.push_back(text_of(step, "queue"));
  }
  JsonNode stored = object({}), visible = object({}), in_flight = object({}), delayed = object({});
  for (JsonNode* n : {&stored, &visible, &in_flight, &delayed}) n->kind = JsonKind::object;
  for (const std::string& name : names) {
    const sns_sqs::Counts c = account_.counts(name, now_);
    put(stored, name, node(static_cast<std::int64_t>(c.stored)));
    put(visible, name, node(static_cast<std::int64_t>(c.visible)));
    put(in_flight, name, node(static_cast<std::int64_t>(c.in_flight)));
    put(delayed, name, node(static_cast<std::int64_t>(c.delayed)));
  }
  out.push_back({object({{"counts", stored}, {"visible", visible}, {"in_flight", in_flight}, {"delayed", delayed}}), "counts", false});
  return {};
}

std::string SnsSqsDriver::purge(const JsonNode& step, Out& out) {
  answer(account_.purge(text_of(step, "queue"), now_), out);
  return {};
}

std::string SnsSqsDriver::redrive(const JsonNode& step, Out& out) {
  std::uint64_t moved = 0;
  const std::string from = optional_text(step, {"from", "source", "SourceArn", "queue", "dlq"}).value_or("");
  const std::string to = optional_text(step, {"to", "target", "destination", "DestinationArn"}).value_or("");
  const std::string error = account_.redrive(name_in(from), name_in(to), now_, moved);
  if (!error.empty()) answer(error, out);
  else answer(step, object({{"result", node("ok")}, {"moved", node(static_cast<std::int64_t>(moved))}}), out);
  return {};
}

// SQS-LAMBDA-1: a batch of up to 10 is handled; an error returns all of it, or what the function reports. `fail`: bodies that fail;
// `report`: bodies that it reports, if it reports at all.
std::string SnsSqsDriver::invoke_lambda(const JsonNode& step, Out& out) {
  const auto listed = [&](std::string_view key, const std::string& body) {
    const JsonNode* list = step.find(key);
    return list != nullptr && list->is(JsonKind::array) && std::any_of(list->items.begin(), list->items.end(), [&](const JsonNode& item) { return item.is(JsonKind::string) && item.text == body; });
  };
  sns_sqs::ReceiveRequest request;
  request.most = std::clamp<std::int64_t>(whole_of(step, "batch", most_batch), 1, most_batch);
  const sns_sqs::ReceiveAnswer batch = account_.receive(text_of(step, "queue"), request, now_);
  const bool reports = step.find("report") != nullptr;
  bool failed = false;
  std::vector<JsonNode> processed;
  for (const sns_sqs::Received& received : batch.messages) {
    if (listed("fail", received.message.body)) failed = true;
    else processed.push_back(node(received.message.body));
  }
  for (const sns_sqs::Received& received : batch.messages) {
    const bool returns = reports ? listed("report", received.message.body) : failed;
    if (returns) account_.change_visibility(received.handle, 0, now_);
    else account_.remove(received.handle, now_);
  }
  answer(step, object({{"result", node(failed && !reports ? "error" : "ok")}, {"processed", node(std::move(processed))}}), out);
  return {};
}

// ---- topics ----------------------------------------------------------------------------------------------------

std::string SnsSqsDriver::create_topic(const JsonNode& step, Out& out) {
  const JsonNode* attributes = step.find("attributes");
  const auto flag = [&](std::string_view key) { return text_of(step, key) == "true" || (attributes != nullptr && text_of(*attributes, key) == "true"); };
  answer(topics_.create_topic(text_of(step, "topic"), flag("FifoTopic") || flag("fifo"), flag("ContentBasedDeduplication")), out);
  return {};
}

std::string SnsSqsDriver::subscribe(const JsonNode& step, Out& out) {
  const std::string protocol = text_of(step, "protocol", text_of(step, "Protocol", "sqs"));
  const bool is_http = protocol == "http" || protocol == "https";
  sns_sqs::RetrySchedule schedule = is_http ? sns_sqs::RetrySchedule::of_http() : sns_sqs::RetrySchedule{};
  const JsonNode* policy = step.find("DeliveryPolicy");
  if (policy != nullptr && policy->find("healthyRetryPolicy") != nullptr) policy = policy->find("healthyRetryPolicy");
  if (policy != nullptr && is_http) {
    schedule.at_once = whole_of(*policy, "numNoDelayRetries", 0);
    schedule.at_least = whole_of(*policy, "numMinDelayRetries", 0);
    schedule.at_most = whole_of(*policy, "numMaxDelayRetries", 0);
    schedule.least_s = whole_of(*policy, "minDelayTarget", 20);
    schedule.most_s = whole_of(*policy, "maxDelayTarget", 20);
    schedule.backoffs = whole_of(*policy, "numRetries", 3) - schedule.at_once - schedule.at_least - schedule.at_most;
    schedule.linear = text_of(*policy, "backoffFunction", "linear") != "exponential";
  }
  const JsonNode* redrive = step.find("RedrivePolicy");
  const JsonNode* attributes = step.find("attributes");
  if (redrive == nullptr && attributes != nullptr) redrive = attributes->find("RedrivePolicy");
  std::string dead;
  if (redrive != nullptr) {
    const auto json = sns_sqs::parse_json(redrive->is(JsonKind::string) ? redrive->text : to_text(*redrive, no_limit));
    const Json* target = json ? json->find("deadLetterTargetArn") : nullptr;
    dead = target == nullptr ? "" : name_in(target->text);
  }
  const std::string error = topics_.subscribe(text_of(step, "topic"), text_of(step, "subscription", text_of(step, "endpoint")), name_in(text_of(step, "endpoint", text_of(step, "queue"))), is_http,
                                              schedule, settings_of(step, subscription_scopes), dead, now_);
  answer(error, out);
  return current_step_ == 0 && !error.empty() ? "SNS refuses a subscription: " + error : "";
}

std::string SnsSqsDriver::change_subscription(const JsonNode& step, Out& out) {
  std::vector<sns_sqs::Setting> settings = settings_of(step, subscription_scopes);
  if (const JsonNode* policy = step.find("policy")) settings.push_back({"FilterPolicy", policy->is(JsonKind::string) ? policy->text : to_text(*policy, no_limit), {}});
  answer(topics_.set_attributes(text_of(step, "subscription"), settings, now_), out);
  return {};
}

std::string SnsSqsDriver::unsubscribe(const JsonNode& step, Out& out) {
  answer(topics_.unsubscribe(text_of(step, "subscription")), out);
  return {};
}

std::string SnsSqsDriver::publish(const JsonNode& step, Out& out) {
  sns_sqs::PublishRequest request;
  request.body = body_of(step);
  request.attributes = attributes_of(step);
  request.group = optional_text(step, {"MessageGroupId", "group"});
  request.dedup_id = optional_text(step, {"MessageDeduplicationId", "dedup_id"});
  const sns_sqs::PublishAnswer published = topics_.publish(text_of(step, "topic"), request, now_);
  if (!published.error.empty()) {
    answer(published.error, out);
    return {};
  }
  std::vector<JsonNode> to;
  for (const std::string& subscription : published.delivered_to) to.push_back(node(subscription));
  answer(step, object({{"result", node("ok")}, {"delivered_to", node(std::move(to))}, {"message_id", node(published.id)}, {"MessageId", node(published.id)}}), out);
  return {};
}

std::string SnsSqsDriver::attempts(const JsonNode& step, Out& out) {
  const auto* times = topics_.attempts(text_of(step, "subscription"));
  if (times == nullptr) return "no subscription " + to_text(node(text_of(step, "subscription")), 80);
  std::vector<JsonNode> seconds;
  for (const std::int64_t t : *times) {
    JsonNode s = node(t / 1'000'000'000);
    if (t % 1'000'000'000 != 0) {
      s.kind = JsonKind::real;
      s.real = static_cast<double>(t / 1'000'000) / 1000;
    }
    seconds.push_back(std::move(s));
  }
  out.push_back({object({{"attempts", node(std::move(seconds))}, {"count", node(static_cast<std::int64_t>(times->size()))}}), "attempts", false});
  return {};
}

std::string SnsSqsDriver::endpoint_unavailable(const JsonNode& step, Out&) {
  const JsonNode* until = step.find("until");
  const JsonNode* length = step.find("for");
  constexpr double most_s = 1e9;
  const bool for_ever = until == nullptr && length == nullptr;
  const double seconds = for_ever ? most_s : until != nullptr ? until->real : static_cast<double>(now_) / 1e9 + length->real;
  if (!(seconds >= 0) || seconds > most_s) return "an unavailable endpoint beyond 30 years";
  topics_.make_unavailable(name_in(text_of(step, "queue", text_of(step, "endpoint", text_of(step, "subscription")))), static_cast<std::int64_t>(seconds * 1000) * 1'000'000);
  return {};
}

std::string SnsSqsDriver::endpoint_available(const JsonNode& step, Out&) {
  topics_.make_unavailable(name_in(text_of(step, "queue", text_of(step, "endpoint"))), now_);
  return {};
}

}  // namespace flowtank::vectors
