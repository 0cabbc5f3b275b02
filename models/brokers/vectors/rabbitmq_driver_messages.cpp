// SPDX-License-Identifier: Apache-2.0
// See rabbitmq_driver.hpp: what clients send and what they are told, as JSON. Properties that RabbitMQ does not look at are handed
// through as they were written.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/vectors/node.hpp"
#include "models/brokers/vectors/rabbitmq_driver.hpp"

namespace flowtank::vectors {
namespace {

bool flag_of(const JsonNode& step, std::string_view key, bool otherwise) {
  const JsonNode* value = step.find(key);
  return value != nullptr && value->is(JsonKind::boolean) ? value->boolean : otherwise;
}

JsonNode truth(bool value) {
  JsonNode out;
  out.kind = JsonKind::boolean;
  out.boolean = value;
  return out;
}

std::vector<std::string> texts_of(const JsonNode* list) {
  std::vector<std::string> out;
  if (list != nullptr && list->is(JsonKind::array)) {
    for (const JsonNode& item : list->items) out.push_back(item.text);
  }
  return out;
}

bool is_death_header(std::string_view name) {
  return name == "x-death" || name.starts_with("x-first-death-") || name.starts_with("x-last-death-");
}

JsonNode death_node(const rabbitmq::Death& death) {
  std::vector<JsonNode> keys;
  for (const std::string& key : death.routing_keys) keys.push_back(node(key));
  JsonNode out = object({});
  put(out, "count", node(static_cast<std::int64_t>(death.count)));
  put(out, "exchange", node(death.exchange));
  if (!death.original_expiration.empty()) put(out, "original-expiration", node(death.original_expiration));
  put(out, "queue", node(death.queue));
  put(out, "reason", node(rabbitmq::to_text(death.reason)));
  put(out, "routing-keys", node(std::move(keys)));
  put(out, "time", node("<timestamp>"));
  return out;
}

void put_circumstances(JsonNode& headers, std::string_view which, const std::optional<rabbitmq::Message::Circumstances>& what) {
  if (!what) return;
  put(headers, fmt::format("x-{}-death-exchange", which), node(what->exchange));
  put(headers, fmt::format("x-{}-death-queue", which), node(what->queue));
  put(headers, fmt::format("x-{}-death-reason", which), node(what->reason));
}

}  // namespace

rabbitmq::Message RabbitDriver::message_of(const JsonNode& step) {
  rabbitmq::Message message;
  Payload payload;
  if (const JsonNode* body = step.find("body")) payload.body = *body;
  const JsonNode* properties = step.find("properties");
  if (properties != nullptr && properties->is(JsonKind::object)) payload.properties = *properties;
  else payload.properties = object({});
  message.payload = payloads_.size();
  message.bytes = static_cast<std::uint64_t>(whole_of(step, "body_bytes", static_cast<std::int64_t>(payload.body.text.size())));
  message.exchange = text_of(step, "exchange");
  message.routing_key = text_of(step, "routing_key");
  const JsonNode& p = payload.properties;
  if (p.find("delivery_mode") != nullptr) message.delivery_mode = whole_of(p, "delivery_mode", 1);
  if (p.find("priority") != nullptr) message.priority = whole_of(p, "priority", 0);
  message.expiration = text_of(p, "expiration");
  const JsonNode* headers = p.find("headers") != nullptr ? p.find("headers") : step.find("headers");
  if (headers != nullptr && headers->is(JsonKind::object)) {
    for (const JsonMember& member : headers->members) {
      if (member.key == "CC") message.cc = texts_of(&member.value);    // RMQ-EX-6
      if (member.key == "BCC") message.bcc = texts_of(&member.value);
      const JsonNode& value = member.value;
      const char kind = value.is(JsonKind::null) ? 'V' : value.is(JsonKind::boolean) ? 't' : value.is(JsonKind::integer) ? 'I'
                        : value.is(JsonKind::real) ? 'd' : value.is(JsonKind::string) ? 'S' : 'x';
      message.headers.push_back({member.key, kind, value.is(JsonKind::string) ? value.text : to_text(value)});
      if (member.key == "x-death" && value.is(JsonKind::array)) {
        for (const JsonNode& death : value.items) {
          const auto reason = rabbitmq::death_reason(text_of(death, "reason"));
          if (!reason) continue;
          message.deaths.push_back({static_cast<std::uint64_t>(std::max<std::int64_t>(whole_of(death, "count", 1), 1)), text_of(death, "exchange"),
                                    text_of(death, "queue"), *reason, texts_of(death.find("routing-keys")), text_of(death, "original-expiration")});
        }
      }
    }
    if (headers->find("x-first-death-queue") != nullptr) {
      message.first_death = {text_of(*headers, "x-first-death-queue"), text_of(*headers, "x-first-death-reason"), text_of(*headers, "x-first-death-exchange")};
    }
    put(payload.properties, "headers", *headers);
  }
  payloads_.push_back(std::move(payload));
  return message;
}

JsonNode RabbitDriver::headers_of(const rabbitmq::ClientEvent& event) const {
  const rabbitmq::Message& message = *event.message;
  JsonNode headers = object({});
  if (const JsonNode* own = payloads_[message.payload].properties.find("headers")) {
    for (const JsonMember& member : own->members) {
      const bool is_gone = member.key == "BCC" || (member.key == "CC" && message.cc.empty()) || is_death_header(member.key);
      if (!is_gone) put(headers, member.key, member.value);  // RMQ-EX-6
    }
  }
  if (!message.deaths.empty()) {  // RMQ-DLX-HDR-1
    std::vector<JsonNode> deaths;
    for (const rabbitmq::Death& death : message.deaths) deaths.push_back(death_node(death));
    put(headers, "x-death", node(std::move(deaths)));
  }
  put_circumstances(headers, "first", message.first_death);
  put_circumstances(headers, "last", message.last_death);
  if (event.delivery_count) put(headers, "x-delivery-count", node(static_cast<std::int64_t>(*event.delivery_count)));
  if (event.acquired_count) put(headers, "x-acquired-count", node(static_cast<std::int64_t>(*event.acquired_count)));
  return headers;
}

void RabbitDriver::put_message(JsonNode& out, const rabbitmq::Message& message, bool) const {
  put(out, "exchange", node(message.exchange));
  put(out, "routing_key", node(message.routing_key));
  put(out, "body", payloads_[message.payload].body);
  for (const JsonMember& member : payloads_[message.payload].properties.members) {
    if (member.key == "headers" || (member.key == "expiration" && message.expiration.empty())) continue;  // RMQ-DLX-HDR-3
    put(out, member.key, member.value);
  }
}

void RabbitDriver::told(const rabbitmq::ClientEvent& event) {
  using Kind = rabbitmq::ClientEvent::Kind;
  const std::string channel = name_of(event.channel);
  JsonNode out = object({});
  if (!channel.empty()) put(out, "chan", node(channel));
  const auto tag = static_cast<std::int64_t>(event.tag);
  switch (event.kind) {
    case Kind::deliver:
    case Kind::get_ok:
      put(out, "ev", node(event.kind == Kind::deliver ? "deliver" : "get_ok"));
      if (event.kind == Kind::deliver) put(out, "consumer", node(event.consumer));
      put(out, "delivery_tag", node(tag));
      put(out, "redelivered", truth(event.redelivered));
      if (event.kind == Kind::get_ok) put(out, "messages_left", node(static_cast<std::int64_t>(event.left)));
      break;
    case Kind::get_empty: put(out, "ev", node("get_empty")); break;
    case Kind::returned:
      put(out, "ev", node("return"));
      put(out, "reply_code", node(event.code));
      put(out, "reply_text", node(event.text));
      break;
    case Kind::ack:
    case Kind::nack:
      put(out, "ev", node(event.kind == Kind::ack ? "confirm_ack" : "confirm_nack"));
      put(out, "tag", node(tag));
      break;
    case Kind::channel_closed:
      put(out, "ev", node("channel_closed"));
      put(out, "reply_code", node(event.code));
      put(out, "reply_text", node(event.text));
      put(out, "error", node(event.code));  // as passive declares have it
      put(out, "text", node(event.text));
      break;
    case Kind::consumer_cancelled:
      put(out, "ev", node("consumer_cancelled"));
      put(out, "consumer", node(event.consumer));
      break;
  }
  if (event.message != nullptr) {
    put_message(out, *event.message, true);
    JsonNode headers = headers_of(event);
    if (!headers.members.empty()) put(out, "headers", std::move(headers));
  }
  // What a publish does on other channels, and errors of it, were read by the next step that waits for something; so were its
  // confirms once a node has gone, since elections take their time.
  const bool of_publish = !publishes_on_.empty() && (channel != publishes_on_ || nodes_went_ || event.kind == Kind::channel_closed || event.kind == Kind::returned);
  told_.push_back({std::move(out), "channel " + channel, false, of_publish || to_node_});
}

// ---- publishing ------------------------------------------------------------------------------------------------

std::string RabbitDriver::publish(const JsonNode& step, Out&) {
  std::string why;
  const auto channel = channel_of(step, why);
  if (channel) server().publish(*channel, message_of(step), flag_of(step, "mandatory", false));
  return why;
}

std::string RabbitDriver::select_confirms(const JsonNode& step, Out&) {
  std::string why;
  if (const auto channel = channel_of(step, why)) server().select_confirms(*channel);
  return why;
}

std::string RabbitDriver::select_tx(const JsonNode& step, Out&) {
  std::string why;
  if (const auto channel = channel_of(step, why)) server().select_tx(*channel);
  return why;
}

std::string RabbitDriver::commit_tx(const JsonNode& step, Out&) {
  std::string why;
  if (const auto channel = channel_of(step, why)) server().end_tx(*channel, true);
  return why;
}

std::string RabbitDriver::roll_back_tx(const JsonNode& step, Out&) {
  std::string why;
  if (const auto channel = channel_of(step, why)) server().end_tx(*channel, false);
  return why;
}

// ---- consuming -------------------------------------------------------------------------------------------------

std::string RabbitDriver::qos(const JsonNode& step, Out&) {
  std::string why;
  const auto channel = channel_of(step, why);
  const std::int64_t prefetch = whole_of(step, "prefetch_count", 0);
  if (prefetch < 0 || prefetch > 65535) return "a prefetch beyond 16 bits";
  if (channel) server().qos(*channel, prefetch, flag_of(step, "global", false));
  return why;
}

std::string RabbitDriver::consume(const JsonNode& step, Out&) {
  std::string why;
  const auto channel = channel_of(step, why);
  if (!channel) return why;
  const JsonNode* arguments = step.find("arguments");
  const std::int64_t priority = arguments == nullptr ? 0 : whole_of(*arguments, "x-priority", 0);
  server().consume(*channel, text_of(step, "queue"), text_of(step, "consumer"), flag_of(step, "no_ack", false), flag_of(step, "exclusive", false), priority);
  return {};
}

std::string RabbitDriver::cancel(const JsonNode& step, Out&) {
  std::string why;
  if (const auto channel = channel_of(step, why)) server().cancel(*channel, text_of(step, "consumer"));
  return why;
}

std::string RabbitDriver::get(const JsonNode& step, Out&) {
  std::string why;
  if (const auto channel = channel_of(step, why)) server().get(*channel, text_of(step, "queue"), flag_of(step, "no_ack", false));
  return why;
}

std::string RabbitDriver::settle_delivery(const JsonNode& step, rabbitmq::Server::Settling how) {
  std::string why;
  const auto channel = channel_of(step, why);
  const std::int64_t tag = whole_of(step, "delivery_tag", 0);
  if (tag < 0) return "a delivery tag below 0";
  if (channel) server().settle(*channel, static_cast<std::uint64_t>(tag), how, flag_of(step, "multiple", false), flag_of(step, "requeue", true));
  return why;
}

std::string RabbitDriver::ack(const JsonNode& step, Out&) { return settle_delivery(step, rabbitmq::Server::Settling::ack); }
std::string RabbitDriver::nack(const JsonNode& step, Out&) { return settle_delivery(step, rabbitmq::Server::Settling::nack); }
std::string RabbitDriver::reject(const JsonNode& step, Out&) { return settle_delivery(step, rabbitmq::Server::Settling::reject); }

std::string RabbitDriver::recover(const JsonNode& step, Out&) {
  std::string why;
  if (const auto channel = channel_of(step, why)) server().recover(*channel, flag_of(step, "requeue", true));
  return why;
}

}  // namespace flowtank::vectors
