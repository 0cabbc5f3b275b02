// SPDX-License-Identifier: Apache-2.0
// See redis_driver.hpp. A command takes a millisecond; the recorder of Redis paused hardly longer between two, so times that
// matter are waits of the vector.
#include "models/brokers/vectors/redis_driver.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

constexpr std::int64_t most_ms = std::int64_t{40} * 365 * 86'400'000;
constexpr std::size_t most_arguments = 100'000;

JsonNode node_of(const redis::Reply& reply) {
  using Kind = redis::Reply::Kind;
  switch (reply.kind) {
    case Kind::nil: return null_node();
    case Kind::integer: return node(reply.integer);
    case Kind::text: return node(reply.text);
    case Kind::error: return node("(error) " + reply.text);
    case Kind::list: {
      std::vector<JsonNode> items;
      for (const redis::Reply& item : reply.items) items.push_back(node_of(item));
      return node(std::move(items));
    }
  }
  return null_node();
}

}  // namespace

Observation RedisDriver::seen(const std::string& connection, const redis::Reply& reply) const {
  return {object({{"conn", node(connection)}, {"reply", node_of(reply)}}), connection, false};
}

void RedisDriver::collect() {
  for (redis::Answer& answer : server_.take_answers()) {
    blocked_[answer.connection] = false;
    replies_[answer.connection].push_back(std::move(answer.reply));
  }
}

void RedisDriver::run_until(std::int64_t time_ms) {
  while (server_.next_ms(time_ms + 1) <= time_ms) {
    now_ = std::max(now_, server_.next_ms(time_ms));
    server_.expire(now_);
    collect();
  }
  now_ = std::max(now_, time_ms);
  durability_.look(now_);
}

bool RedisDriver::wait_for(const std::string& connection) {
  while (replies_[connection].empty()) {
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    const std::int64_t next = server_.next_ms(never);
    if (!blocked_[connection] || next == never) return false;
    run_until(next);
  }
  return true;
}

void RedisDriver::restart(redis::Keyspace data) {
  server_.restart(std::move(data));
  replies_.clear();
  blocked_.clear();
}

std::string RedisDriver::command(const JsonNode& step, bool waits, Out& out) {
  const JsonNode* list = step.find("args");
  if (list == nullptr || !list->is(JsonKind::array) || list->items.empty() || list->items.size() > most_arguments) return "a command without a list of args";
  redis::Arguments arguments;
  for (const JsonNode& item : list->items) arguments.push_back(item.is(JsonKind::string) ? item.text : to_text(item));
  const std::string connection = text_of(step, "conn", "main");
  if (blocked_[connection]) return fmt::format("a command on connection {}, which is blocked", to_text(node(connection), 80));
  now_ += 1;
  auto reply = server_.execute(connection, arguments, now_);
  if (reply && reply->is_error() && reply->text.starts_with("ERR unknown command")) return fmt::format("command {}", to_text(node(arguments[0]), 80));
  if (server_.is_write(arguments)) durability_.wrote(server_.data(), now_);
  if (reply) replies_[connection].push_back(std::move(*reply));
  else blocked_[connection] = true;
  collect();
  if (!waits) return {};
  if (!wait_for(connection)) return "a reader that waits for ever";
  out.push_back(seen(connection, replies_[connection].front()));
  replies_[connection].erase(replies_[connection].begin());
  return {};
}

std::string RedisDriver::reply(const JsonNode& step, Out& out) {
  const std::string connection = text_of(step, "conn", "main");
  if (!wait_for(connection)) return "a reply that never comes";
  out.push_back(seen(connection, replies_[connection].front()));
  replies_[connection].erase(replies_[connection].begin());
  return {};
}

std::string RedisDriver::configure(const JsonNode& step) {
  const JsonNode* config = step.find("config");
  if (config == nullptr || !config->is(JsonKind::object)) return "broker.config without config";
  redis::DurabilitySettings settings = durability_.settings();
  for (const JsonMember& member : config->members) {
    const std::string value = text_of(*config, member.key);
    if (member.key == "appendonly") {
      settings.appendonly = value == "yes" || value == "true";
    } else if (member.key == "appendfsync" && (value == "always" || value == "everysec" || value == "no")) {
      settings.appendfsync = value == "always" ? redis::Fsync::always : value == "no" ? redis::Fsync::no : redis::Fsync::everysec;
    } else if (member.key == "save") {
      settings.save.clear();
      std::vector<std::int64_t> numbers;
      for (std::size_t at = 0; at < value.size();) {
        const std::size_t end = std::min(value.find(' ', at), value.size());
        if (const auto number = redis::parse_signed(std::string_view(value).substr(at, end - at))) numbers.push_back(*number);
        at = end + 1;
      }
      for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) settings.save.emplace_back(std::clamp<std::int64_t>(numbers[i], 0, 1'000'000'000), static_cast<std::uint64_t>(numbers[i + 1]));
    } else if (member.key == "replication.lag.ms") {
      settings.replication_lag_ms = std::clamp<std::int64_t>(whole_of(*config, member.key, 0), 0, most_ms);
    } else {
      return fmt::format("setting {}", to_text(node(member.key), 80));
    }
  }
  durability_.configure(std::move(settings));
  return {};
}

std::string RedisDriver::play(const Step& step, bool, Out& out) {
  const JsonNode& node_of_step = step.node;
  if (is_down_ && (step.op == "command" || step.op == "command.blocking" || step.op == "reply")) return "a call to a server that is down";
  if (step.op == "command") return command(node_of_step, true, out);
  if (step.op == "command.blocking") return command(node_of_step, false, out);
  if (step.op == "reply") return reply(node_of_step, out);
  if (step.op == "connection.kill" || step.op == "connection.close") {
    const std::string connection = text_of(node_of_step, "conn", "main");
    server_.disconnect(connection);  // RS-PEL-1: that is all that happens
    replies_.erase(connection);
    blocked_.erase(connection);
    return {};
  }
  if (step.op == "wait") {
    const std::int64_t ms = whole_of(node_of_step, "ms", whole_of(node_of_step, "s", 0) * 1000);
    if (ms < 0 || ms > most_ms) return "a wait beyond 40 years";
    run_until(now_ + ms);
    return {};
  }
  if (step.op == "broker.config" || step.op == "config") return configure(node_of_step);
  if (step.op == "broker.start") {
    is_down_ = false;
    return {};
  }
  if (step.op == "broker.stop" || step.op == "broker.kill") is_down_ = true;
  if (step.op == "broker.stop") {
    if (!durability_.settings().save.empty()) durability_.save(now_);
    restart(durability_.after_kill(now_));
    return {};
  }
  if (step.op == "broker.kill") {
    restart(durability_.after_kill(now_));
    return {};
  }
  if (step.op == "fault.power_loss") {
    restart(durability_.after_power_loss(now_));
    return {};
  }
  if (step.op == "fault.failover") {
    restart(durability_.after_failover(now_));
    return {};
  }
  return fmt::format("op {}", to_text(node(step.op), 80));
}

void RedisDriver::settle(const Step& step, const Step*) {
  if (step.op == "command.blocking" || step.op == "connection.kill") return run_until(now_ + 60);
  if (step.op.starts_with("broker.") || step.op.starts_with("fault.")) return run_until(now_ + 1000);
  run_until(now_ + 2);
}

}  // namespace flowtank::vectors
