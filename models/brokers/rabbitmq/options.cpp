// SPDX-License-Identifier: Apache-2.0
// See options.hpp: types, ranges, and combinations that RabbitMQ refuses or that cannot mean what they seem to. A text that is not
// allowed is complained of and counts as the default.
#include "models/brokers/rabbitmq/options.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include <sim/world/system.hpp>

namespace flowtank::rabbitmq {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Reader {
 public:
  Reader(std::span<const Setting> settings, Scope scope, const Diagnostic& place, Diagnostics& diagnostics)
      : settings_(settings), scope_(scope), place_(place), diagnostics_(diagnostics) {}

  const Setting* written(std::string_view key) const {
    const auto found = std::find_if(settings_.begin(), settings_.end(), [&](const Setting& s) { return s.key == key; });
    return found == settings_.end() ? nullptr : &*found;
  }
  std::string text(std::string_view key) {
    const RabbitOption& option = *find_option(key, {scope_});
    const Setting* setting = written(key);
    return setting != nullptr && allowed(option, *setting) ? setting->text : std::string(option.preset);
  }
  std::int64_t whole(std::string_view key, std::int64_t otherwise) { return number(text(key)).value_or(otherwise); }
  bool flag(std::string_view key) { return text(key) == "true"; }

  void complain(std::string_view code, std::string_view key, std::string message, std::string hint, bool warning = false) {
    Diagnostic diagnostic = place_;
    const Setting* setting = written(key);
    diagnostic.code = code;
    if (warning) diagnostic.severity = Severity::warning;
    if (setting != nullptr && setting->where.line != 0) diagnostic.range = setting->where;
    diagnostic.message = std::move(message);
    diagnostic.hint = std::move(hint);
    diagnostics_.add(std::move(diagnostic));
  }

 private:
  bool allowed(const RabbitOption& option, const Setting& setting) {
    switch (option.type) {
      case OptionType::boolean:
        if (setting.text == "true" || setting.text == "false") return true;
        complain("FT-TYPE-001", setting.key, fmt::format("\"{}\" is true or false, not \"{}\"", setting.key, setting.text), "");
        return false;
      case OptionType::whole: {
        const auto value = number(setting.text);
        if (value && *value >= option.least && *value <= option.most) return true;
        const std::string unit = option.unit.empty() ? "" : fmt::format(" ({})", option.unit);
        complain(value ? "FT-RANGE-004" : "FT-TYPE-001", setting.key,
                 fmt::format("\"{}\"{} is a whole number from {} to {}, not \"{}\"", setting.key, unit, option.least, option.most, setting.text), "");
        return false;
      }
      case OptionType::choice: {
        const auto values = words(option.values, ' ');
        if (std::find(values.begin(), values.end(), setting.text) != values.end()) return true;
        complain("FT-TYPE-001", setting.key, fmt::format("\"{}\" cannot be \"{}\"", setting.key, setting.text), name_hint(setting.text, values, "Values"));
        return false;
      }
      case OptionType::text:
      case OptionType::list: return true;
    }
    return true;
  }

  std::span<const Setting> settings_;
  Scope scope_;
  const Diagnostic& place_;
  Diagnostics& diagnostics_;
};

// RMQ-QQ-NOT and what else a declaration may not have.
void check_queue(const QueueSettings& q, const Profile& profile, Reader& reader) {
  if (q.is_quorum()) {
    for (const std::string_view key : {"durable", "exclusive", "auto_delete"}) {
      const bool wrong = key == "durable" ? !q.durable : key == "exclusive" ? q.exclusive : q.auto_delete;
      if (wrong) reader.complain("FT-RMQ-001", key, fmt::format("a quorum queue is durable, shared and stays: \"{}\" cannot be so (RMQ-QQ-NOT)", key), "Leave it out, or use a classic queue.");
    }
    if (q.overflow == Overflow::reject_publish_dlx) {
      reader.complain("FT-RMQ-002", "x-overflow", "quorum queues have no reject-publish-dlx (RMQ-QQ-NOT)", "Use reject-publish.");
    }
    if (reader.written("x-max-priority") != nullptr) {
      reader.complain("FT-RMQ-003", "x-max-priority", "quorum queues ignore x-max-priority (RMQ-QQ-NOT)", "From 4.0 they have priorities of their own.", true);
    }
  } else {
    for (const std::string_view key : {"x-delivery-limit", "x-delayed-retry-type"}) {
      if (reader.written(key) == nullptr) continue;
      reader.complain("FT-RMQ-004", key, fmt::format("classic queues count no deliveries: \"{}\" needs x-queue-type quorum (RMQ-REDEL-2)", key), "");
    }
  }
  if (q.has_dead_letter_key && !q.has_dead_letter_exchange) {
    reader.complain("FT-RMQ-005", "x-dead-letter-routing-key", "a routing key for dead letters, but no x-dead-letter-exchange (RMQ-DLX-1)", "Add \"x-dead-letter-exchange\": \"\" for the default exchange.");
  }
  if (q.at_least_once && (!q.is_quorum() || q.overflow != Overflow::reject_publish || !q.has_dead_letter_exchange)) {
    reader.complain("FT-RMQ-006", "x-dead-letter-strategy", "at-least-once needs a quorum queue with x-dead-letter-exchange and x-overflow reject-publish (RMQ-DLX-3)", "");
  }
  if (q.delayed_retry != DelayedRetry::disabled && !profile.has_delayed_retry()) {
    reader.complain("FT-RMQ-007", "x-delayed-retry-type", fmt::format("RabbitMQ {} has no delayed retry (RMQ-QQ-DELAY-1)", to_text(profile.release)), "It needs rabbitmq.version 4.3; before, use a wait queue with a TTL.");
  }
}

// RMQ-HA-1: the keys of mirror policies.
void read_mirrors(QueueSettings& q, const Profile& profile, Reader& reader) {
  const std::string mode = reader.text("ha-mode"), params = reader.text("ha-params");
  q.syncs_mirrors = reader.text("ha-sync-mode") == "automatic";
  q.promotes_unsynced = reader.text("ha-promote-on-failure") != "when-synced";
  if (mode.empty()) {
    for (const std::string_view key : {"ha-params", "ha-sync-mode", "ha-promote-on-failure", "ha-promote-on-shutdown"}) {
      if (reader.written(key) != nullptr) reader.complain("FT-RMQ-018", key, fmt::format("\"{}\" without ha-mode mirrors nothing (RMQ-HA-1)", key), "Add \"ha-mode\": \"all\".");
    }
    return;
  }
  if (!profile.has_mirrors()) {
    reader.complain("FT-RMQ-016", "ha-mode", fmt::format("RabbitMQ {} has no mirrored queues, they went with 4.0 (RMQ-HA-1)", to_text(profile.release)), "Set rabbitmq.version to 3.13 or 3.10, or use x-queue-type quorum.");
    return;
  }
  if (q.is_quorum() || q.exclusive) {
    reader.complain("FT-RMQ-017", "ha-mode", "quorum and exclusive queues are never mirrored: the policy decides nothing (RMQ-HA-1)", "Leave it out.", true);
    return;
  }
  const auto exactly = number(params);
  const auto names = static_cast<std::int64_t>(words(params, ',').size());
  q.ha_copies = mode == "all" ? 0 : mode == "exactly" ? exactly.value_or(0) : names;
  if (mode != "all" && q.ha_copies < 1) {
    reader.complain("FT-RMQ-018", "ha-params", fmt::format("ha-mode {} needs ha-params (RMQ-HA-1)", mode), mode == "exactly" ? "How many nodes have a copy: \"ha-params\": 2." : "The nodes, separated by commas.");
    q.ha_copies = 1;
  }
}

// Numbers of nodes, from 1, separated by commas.
std::vector<std::int64_t> numbers_of(Reader& reader, std::string_view key) {
  std::vector<std::int64_t> out;
  for (const std::string& word : words(reader.text(key), ',')) {
    const auto value = number(word);
    if (value && *value >= 1 && *value <= 9) out.push_back(*value);
    else reader.complain("FT-TYPE-001", key, fmt::format("\"{}\" is a list of nodes, numbers from 1 to 9, not \"{}\"", key, word), "For example \"1,3\".");
  }
  return out;
}

}  // namespace

bool is_refused_by_broker(const Diagnostic& complaint) {
  static constexpr std::string_view refused[] = {"FT-TYPE-001", "FT-RANGE-004", "FT-RMQ-004", "FT-RMQ-005"};
  return std::find(std::begin(refused), std::end(refused), complaint.code) != std::end(refused);
}

std::vector<std::string> words(std::string_view text, char by) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(by, at), text.size());
    std::string_view word = text.substr(at, end - at);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (!word.empty()) out.emplace_back(word);
    at = end + 1;
  }
  return out;
}

BrokerSettings read_broker(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader reader(settings, Scope::broker, place, diagnostics);
  BrokerSettings broker;
  broker.profile.release = release_of(reader.text("rabbitmq.version")).value_or(Release::r4_0);
  broker.nodes = reader.whole("nodes", 1);
  broker.consumer_timeout_ms = reader.whole("consumer_timeout", 0);
  broker.channel_tick_interval_ms = reader.whole("channel_tick_interval", 60'000);
  broker.default_consumer_prefetch = reader.whole("default_consumer_prefetch", 0);
  broker.quorum_cluster_size = reader.whole("quorum_cluster_size", 3);
  broker.max_message_size = reader.whole("max_message_size", 0);
  reader.text("heartbeat");
  const std::string handling = reader.text("cluster_partition_handling");
  if (handling == "pause_minority") broker.partition_handling = PartitionHandling::pause_minority;
  else if (handling == "autoheal") broker.partition_handling = PartitionHandling::autoheal;
  else if (handling == "pause_if_all_down") reader.complain("FT-RMQ-019", "cluster_partition_handling", "pause_if_all_down is not modelled and counts as ignore (RMQ-HA-4)", "Use pause_minority or autoheal.", true);
  if (const Setting* queues = reader.written("declare")) broker.queues = words(queues->text, ',');
  return broker;
}

ExchangeSettings read_exchange(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader reader(settings, Scope::exchange, place, diagnostics);
  ExchangeSettings exchange;
  exchange.type = exchange_type(reader.text("type")).value_or(ExchangeType::fanout);
  exchange.alternate_exchange = reader.text("alternate-exchange");
  exchange.by_message_type = reader.text("routing_key") == "type";
  return exchange;
}

PublisherSettings read_publisher(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader reader(settings, Scope::publisher, place, diagnostics);
  PublisherSettings publisher;
  publisher.confirms = reader.flag("confirm.select");
  publisher.mandatory = reader.flag("mandatory");
  publisher.persistent = reader.whole("delivery_mode", 1) == 2;
  publisher.expiration_ms = reader.whole("expiration", -1);
  publisher.priority = reader.whole("priority", -1);
  publisher.nodes = numbers_of(reader, "publisher_nodes");
  if (publisher.mandatory && !publisher.confirms) {
    reader.complain("FT-RMQ-008", "mandatory", "without confirm.select nobody waits for what is returned: mandatory decides nothing (RMQ-CONF-2)", "Add \"confirm.select\": true.", true);
  }
  return publisher;
}

QueueSettings read_queue(std::span<const Setting> settings, const Profile& profile, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader reader(settings, Scope::queue, place, diagnostics);
  QueueSettings q;
  q.type = reader.text("x-queue-type") == "quorum" ? QueueType::quorum : QueueType::classic;
  q.durable = reader.flag("durable");
  q.exclusive = reader.flag("exclusive");
  q.auto_delete = reader.flag("auto_delete");
  q.message_ttl_ms = reader.whole("x-message-ttl", -1);
  q.expires_ms = reader.whole("x-expires", -1);
  q.max_length = reader.whole("x-max-length", -1);
  q.max_length_bytes = reader.whole("x-max-length-bytes", -1);
  const std::string overflow = reader.text("x-overflow");
  q.overflow = overflow == "reject-publish" ? Overflow::reject_publish : overflow == "reject-publish-dlx" ? Overflow::reject_publish_dlx : Overflow::drop_head;
  q.has_dead_letter_exchange = reader.written("x-dead-letter-exchange") != nullptr;
  q.dead_letter_exchange = reader.text("x-dead-letter-exchange");
  q.has_dead_letter_key = reader.written("x-dead-letter-routing-key") != nullptr;
  q.dead_letter_key = reader.text("x-dead-letter-routing-key");
  q.at_least_once = reader.text("x-dead-letter-strategy") == "at-least-once";
  // RMQ-QQ-LIMIT-3
  q.delivery_limit = reader.whole("x-delivery-limit", profile.delivery_limit());
  q.single_active = reader.flag("x-single-active-consumer");
  q.max_priority = q.is_quorum() ? 0 : reader.whole("x-max-priority", 0);
  const std::string delayed = reader.text("x-delayed-retry-type");
  q.delayed_retry = delayed == "all" ? DelayedRetry::all : delayed == "failed" ? DelayedRetry::failed : delayed == "returned" ? DelayedRetry::returned : DelayedRetry::disabled;
  q.delayed_retry_min_ms = reader.whole("x-delayed-retry-min", 1000);
  q.delayed_retry_max_ms = reader.whole("x-delayed-retry-max", -1);
  q.consumer_timeout_ms = reader.whole("x-consumer-timeout", -1);
  q.home_node = reader.whole("home_node", 0);
  read_mirrors(q, profile, reader);
  check_queue(q, profile, reader);
  if (q.is_quorum() && q.overflow == Overflow::reject_publish_dlx) q.overflow = Overflow::drop_head;
  return q;
}

ConsumerSettings read_consumer(std::span<const Setting> settings, const BrokerSettings& broker, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader reader(settings, Scope::consumer, place, diagnostics);
  ConsumerSettings consumer;
  const bool spring = reader.text("client") == "spring";
  consumer.prefetch = reader.whole("prefetch_count", spring ? 250 : broker.default_consumer_prefetch);
  consumer.no_ack = reader.flag("no_ack");
  consumer.priority = reader.whole("x-priority", 0);
  const std::string on_error = reader.text("on.error");
  consumer.on_error = on_error == "nack" ? OnError::nack : on_error == "reject" ? OnError::reject : on_error == "retry" ? OnError::retry : OnError::requeue;
  consumer.stops_when_closed = reader.text("on.channel.closed") == "stop";
  consumer.nodes = numbers_of(reader, "consumer_nodes");
  if (consumer.no_ack && (reader.written("on.error") != nullptr || reader.written("prefetch_count") != nullptr)) {
    reader.complain("FT-RMQ-009", reader.written("on.error") != nullptr ? "on.error" : "prefetch_count",
                    "with no_ack there is nothing to settle and no prefetch (RMQ-ACK-3)", "Leave one of them out.");
  }
  return consumer;
}

}  // namespace flowtank::rabbitmq
