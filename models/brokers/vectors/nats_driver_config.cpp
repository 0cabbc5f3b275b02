// SPDX-License-Identifier: Apache-2.0
// Configurations of JetStream's API: JSON in, JSON out, with what the server fills in. A key that the model does not
// have, unless it is switched off, makes a vector one that cannot be played, since nobody knows what it would decide.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "models/brokers/vectors/nats_driver.hpp"
#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

template <typename Enum, std::size_t Count>
using Words = std::array<std::pair<std::string_view, Enum>, Count>;

constexpr Words<nats::Retention, 3> retentions = {{{"limits", nats::Retention::limits}, {"interest", nats::Retention::interest}, {"workqueue", nats::Retention::workqueue}}};
constexpr Words<nats::Discard, 2> discards = {{{"old", nats::Discard::oldest}, {"new", nats::Discard::newest}}};
constexpr Words<nats::Storage, 2> storages = {{{"file", nats::Storage::file}, {"memory", nats::Storage::memory}}};
constexpr Words<nats::AckPolicy, 3> ack_policies = {{{"none", nats::AckPolicy::none}, {"all", nats::AckPolicy::all}, {"explicit", nats::AckPolicy::explicit_}}};
constexpr Words<nats::DeliverPolicy, 6> deliver_policies = {{{"all", nats::DeliverPolicy::all}, {"last", nats::DeliverPolicy::last}, {"new", nats::DeliverPolicy::fresh},
                                                            {"by_start_sequence", nats::DeliverPolicy::by_start_sequence},
                                                            {"by_start_time", nats::DeliverPolicy::by_start_time},
                                                            {"last_per_subject", nats::DeliverPolicy::last_per_subject}}};

template <typename Enum, std::size_t Count>
bool choose(const Words<Enum, Count>& words, const std::string& text, Enum& out, nats::ApiError& error) {
  for (const auto& [word, value] : words) {
    if (word == text) {
      out = value;
      return true;
    }
  }
  error = {400, 10025, "invalid JSON"};
  return false;
}

template <typename Enum, std::size_t Count>
JsonNode word_of(const Words<Enum, Count>& words, Enum value) {
  for (const auto& [word, v] : words) {
    if (v == value) return node(word);
  }
  return null_node();
}

JsonNode flag(bool value) {
  JsonNode n;
  n.kind = JsonKind::boolean;
  n.boolean = value;
  return n;
}

// Words about a stream or a consumer, which decide nothing.
bool is_remark(std::string_view key) { return key == "description" || key == "metadata" || key == "name" || key == "sample_freq"; }

// What the model does not have, switched off: false, nothing, 0. It is then as if it had not been written.
bool is_off(const JsonMember& member) {
  static constexpr std::string_view switches[] = {"allow_direct", "mirror_direct", "sealed", "deny_delete", "deny_purge", "allow_rollup_hdrs", "no_ack", "mem_storage",
                                                  "direct", "inactive_threshold", "flow_control", "idle_heartbeat", "headers_only", "rate_limit_bps"};
  if (std::find(std::begin(switches), std::end(switches), member.key) == std::end(switches)) return false;
  const JsonNode& v = member.value;
  return v.is(JsonKind::null) || (v.is(JsonKind::boolean) && !v.boolean) || (v.is(JsonKind::integer) && v.integer == 0);
}

std::string not_played(const JsonMember& member, std::string_view what) {
  return fmt::format("{} of a {}: {}", to_text(node(member.key), 80), what, to_text(member.value, 80));
}

void default_limit(std::int64_t& limit) { limit = limit == 0 ? -1 : limit; }

}  // namespace

JsonNode error_node(const nats::ApiError& error) {
  return object({{"code", node(std::int64_t{error.code})}, {"err_code", node(std::int64_t{error.err_code})}, {"description", node(error.description)}});
}

std::string read_config(const JsonNode& config, nats::StreamConfig& c, nats::ApiError& error) {
  c.name = text_of(config, "name");
  bool has_window = false;
  for (const JsonMember& m : config.members) {
    const std::int64_t whole = m.value.is(JsonKind::integer) ? m.value.integer : 0;
    if (m.key == "subjects") {
      for (const JsonNode& subject : m.value.items) c.subjects.push_back(subject.text);
    } else if (m.key == "retention") {
      if (!choose(retentions, m.value.text, c.retention, error)) return {};
    } else if (m.key == "discard") {
      if (!choose(discards, m.value.text, c.discard, error)) return {};
    } else if (m.key == "storage") {
      if (!choose(storages, m.value.text, c.storage, error)) return {};
    } else if (m.key == "discard_new_per_subject") {
      c.discard_new_per_subject = m.value.boolean;
    } else if (m.key == "max_consumers") {
      c.max_consumers = whole;
    } else if (m.key == "max_msgs") {
      c.max_msgs = whole;
    } else if (m.key == "max_bytes") {
      c.max_bytes = whole;
    } else if (m.key == "max_msgs_per_subject") {
      c.max_msgs_per_subject = whole;
    } else if (m.key == "max_msg_size") {
      c.max_msg_size = whole;
    } else if (m.key == "max_age") {
      c.max_age = whole;
    } else if (m.key == "duplicate_window") {
      c.duplicate_window = whole;
      has_window = whole != 0;
    } else if (m.key == "num_replicas") {
      c.replicas = whole == 0 ? 1 : whole;
    } else if (!is_remark(m.key) && !is_off(m)) {
      return not_played(m, "stream");
    }
  }
  if (c.subjects.empty()) c.subjects.push_back(c.name);
  for (std::int64_t* limit : {&c.max_consumers, &c.max_msgs, &c.max_bytes, &c.max_msgs_per_subject, &c.max_msg_size}) default_limit(*limit);
  if (!has_window) c.duplicate_window = c.max_age > 0 && c.max_age < 120 * nats::second_ns ? c.max_age : 120 * nats::second_ns;  // JS-KNOBS
  if (c.replicas > 1) error = {500, 10074, "replicas > 1 not supported in non-clustered mode"};
  return {};
}

std::string read_config(const JsonNode& config, nats::ConsumerConfig& c, nats::ApiError& error) {
  c.name = text_of(config, "durable_name", text_of(config, "name"));
  c.ack_wait = 0;
  c.max_ack_pending = c.max_waiting = c.max_deliver = 0;
  for (const JsonMember& m : config.members) {
    const std::int64_t whole = m.value.is(JsonKind::integer) ? m.value.integer : 0;
    if (m.key == "deliver_policy") {
      if (!choose(deliver_policies, m.value.text, c.deliver_policy, error)) return {};
    } else if (m.key == "ack_policy") {
      if (!choose(ack_policies, m.value.text, c.ack_policy, error)) return {};
    } else if (m.key == "opt_start_seq") {
      c.start_sequence = static_cast<std::uint64_t>(whole);
    } else if (m.key == "opt_start_time") {
      return "opt_start_time";
    } else if (m.key == "ack_wait") {
      c.ack_wait = whole;
    } else if (m.key == "max_deliver") {
      c.max_deliver = whole;
    } else if (m.key == "backoff") {
      for (const JsonNode& item : m.value.items) c.backoff.push_back(item.integer);
    } else if (m.key == "filter_subject") {
      c.filter_subject = m.value.text;
    } else if (m.key == "max_ack_pending") {
      c.max_ack_pending = whole;
    } else if (m.key == "max_waiting") {
      c.max_waiting = whole;
    } else if (m.key == "max_batch") {
      c.max_batch = whole;
    } else if (m.key == "max_expires") {
      c.max_expires = whole;
    } else if (m.key == "deliver_subject") {
      c.deliver_subject = m.value.text;
    } else if (m.key == "deliver_group") {
      c.deliver_group = m.value.text;
    } else if (m.key == "replay_policy" || m.key == "num_replicas") {
      const bool as_here = m.key == "replay_policy" ? m.value.text == "instant" : whole == 0 || whole == 1;
      if (!as_here) return not_played(m, "consumer");
    } else if (m.key != "durable_name" && !is_remark(m.key) && !is_off(m)) {
      return not_played(m, "consumer");
    }
  }
  // JS-KNOBS: what the server fills in.
  if (!c.backoff.empty()) c.ack_wait = c.backoff.front();
  if (c.ack_wait == 0) c.ack_wait = 30 * nats::second_ns;
  if (c.max_deliver == 0) c.max_deliver = -1;
  if (c.max_ack_pending == 0) c.max_ack_pending = c.ack_policy == nats::AckPolicy::none ? 0 : 1000;
  if (c.max_waiting == 0 && !c.is_push()) c.max_waiting = 512;
  return {};
}

JsonNode config_node(const nats::StreamConfig& c) {
  std::vector<JsonNode> subjects;
  for (const std::string& subject : c.subjects) subjects.push_back(node(subject));
  JsonNode n = object({{"name", node(c.name)}, {"subjects", node(std::move(subjects))}, {"retention", word_of(retentions, c.retention)},
                       {"max_consumers", node(c.max_consumers)}, {"max_msgs", node(c.max_msgs)}, {"max_bytes", node(c.max_bytes)}, {"max_age", node(c.max_age)},
                       {"max_msgs_per_subject", node(c.max_msgs_per_subject)}, {"max_msg_size", node(c.max_msg_size)}, {"discard", word_of(discards, c.discard)},
                       {"storage", word_of(storages, c.storage)}, {"num_replicas", node(c.replicas)}, {"duplicate_window", node(c.duplicate_window)}});
  for (const std::string_view off : {"allow_direct", "mirror_direct", "sealed", "deny_delete", "deny_purge", "allow_rollup_hdrs"}) put(n, off, flag(false));
  if (c.discard_new_per_subject) put(n, "discard_new_per_subject", flag(true));
  return n;
}

JsonNode config_node(const nats::ConsumerConfig& c) {
  JsonNode n = object({{"durable_name", node(c.name)}, {"deliver_policy", word_of(deliver_policies, c.deliver_policy)}, {"ack_policy", word_of(ack_policies, c.ack_policy)},
                       {"max_deliver", node(c.max_deliver)}, {"replay_policy", node("instant")}, {"num_replicas", node(std::int64_t{0})}});
  if (c.ack_policy != nats::AckPolicy::none) put(n, "ack_wait", node(c.ack_wait));
  if (c.max_ack_pending > 0) put(n, "max_ack_pending", node(c.max_ack_pending));
  if (c.start_sequence != 0) put(n, "opt_start_seq", node(static_cast<std::int64_t>(c.start_sequence)));
  if (!c.filter_subject.empty()) put(n, "filter_subject", node(c.filter_subject));
  if (c.is_push()) put(n, "deliver_subject", node(c.deliver_subject));
  else put(n, "max_waiting", node(c.max_waiting));
  if (!c.deliver_group.empty()) put(n, "deliver_group", node(c.deliver_group));
  if (c.max_batch != 0) put(n, "max_batch", node(c.max_batch));
  if (c.max_expires != 0) put(n, "max_expires", node(c.max_expires));
  if (!c.backoff.empty()) {
    std::vector<JsonNode> waits;
    for (const std::int64_t wait : c.backoff) waits.push_back(node(wait));
    put(n, "backoff", node(std::move(waits)));
  }
  return n;
}

}  // namespace flowtank::vectors
