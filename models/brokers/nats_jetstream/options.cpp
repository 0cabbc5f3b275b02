// SPDX-License-Identifier: Apache-2.0
// See options.hpp: the table of JetStream's keys with the defaults of the server 2.9, and what does not go together. Keys about
// bytes decide nothing in a scenario, whose messages have no size.
#include "models/brokers/nats_jetstream/options.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::nats {
namespace {

using product_options::OptionRow;
using product_options::Scope;
using product_options::Type;

constexpr std::int64_t most = 9'223'372'036'854'775'807;

constexpr OptionRow rows[] = {
    {"sync_interval", Scope::broker, Type::duration, "2m", "", 0, most, "", "JS-RAFT-1", "How long the file store may keep what it acknowledged from the disk; 0: each message is synced (sync always)."},
    {"retention", Scope::channel, Type::choice, "limits", "", 0, 0, "limits interest workqueue", "JS-RET-1 JS-RET-2 JS-RET-3", "When messages leave the stream: by limits, when all consumers have settled them, or when one has."},
    {"discard", Scope::channel, Type::choice, "old", "", 0, 0, "old new", "JS-RET-3", "At a limit: the oldest message goes, unread too, or the publish is refused."},
    {"discard_new_per_subject", Scope::channel, Type::boolean, "false", "", 0, 0, "", "JS-RET-3", "discard=new for max_msgs_per_subject too."},
    {"max_msgs", Scope::channel, Type::whole, "-1", "messages", -1, most, "", "JS-RET-3", "The stream holds at most so many; -1: no limit."},
    {"max_msgs_per_subject", Scope::channel, Type::whole, "-1", "messages", -1, most, "", "JS-RET-3", "Of one subject, which is the channel and the key; -1: no limit."},
    {"max_age", Scope::channel, Type::duration, "0", "", 0, most, "", "JS-RET-3", "Older messages go, unread too; 0: never. Timed runs only."},
    {"max_bytes", Scope::channel, Type::whole, "-1", "bytes", -1, most, "", "JS-RET-3", "The stream holds at most so many bytes.", true},
    {"max_msg_size", Scope::channel, Type::whole, "-1", "bytes", -1, most, "", "JS-RET-3", "Larger messages are refused.", true},
    {"storage", Scope::channel, Type::choice, "file", "", 0, 0, "file memory", "JS-RAFT-1", "memory: gone when the server restarts."},
    {"num_replicas", Scope::channel, Type::whole, "1", "", 1, 5, "", "JS-RAFT-1", "Servers that hold the stream; a publish is acknowledged by a majority."},
    {"duplicate_window", Scope::channel, Type::duration, "2m", "", 0, most, "", "JS-DEDUP-1", "How long a Nats-Msg-Id is remembered; an exploration never forgets one."},
    {"publish", Scope::publisher, Type::choice, "jetstream", "", 0, 0, "jetstream core", "JS-PUB-1", "jetstream: the publisher waits for the PubAck; core: it hears nothing. Flowtank's own key."},
    {"Nats-Msg-Id", Scope::publisher, Type::boolean, "false", "", 0, 0, "", "JS-DEDUP-1", "Publishes carry the id of the event, so that the stream knows repeated ones. Flowtank's own key for the header."},
    {"client", Scope::consumer, Type::choice, "pull", "", 0, 0, "pull push", "JS-PUSH-1 JS-FLOW-1", "pull: instances ask for messages; push: the server sends what there is to instances in turn. Flowtank's own key."},
    {"batch", Scope::consumer, Type::whole, "1", "messages", 1, 1'000'000, "", "JS-ACK-1", "A pull asks for so many; ack_wait runs for all of them from their delivery. Timed runs only. Flowtank's own key."},
    {"deliver_group", Scope::consumer, Type::boolean, "true", "", 0, 0, "", "JS-PUSH-1", "push: instances share the messages. false: one instance alone may subscribe. Flowtank's own form of the key."},
    {"on.error", Scope::consumer, Type::choice, "nak", "", 0, 0, "nak term wait", "JS-ACK-3 JS-ACK-4 JS-ACK-1", "What the client does when a handler fails: -NAK (with the handler's backoff as delay), +TERM, or nothing, so that ack_wait decides. Flowtank's own key."},
    {"in_progress", Scope::consumer, Type::boolean, "false", "", 0, 0, "", "JS-ACK-5", "The client sends +WPI while a handler works, so that ack_wait does not end meanwhile. Flowtank's own key."},
    {"ack_policy", Scope::consumer, Type::choice, "explicit", "", 0, 0, "none all explicit", "JS-ACK-1 JS-ACK-6", "What is settled by an ack: nothing waits for one, all up to the message, or the message alone."},
    {"ack_wait", Scope::consumer, Type::duration, "30s", "", 1, most, "", "JS-ACK-1", "Not settled for so long: delivered again, to whoever asks."},
    {"max_deliver", Scope::consumer, Type::whole, "-1", "", -1, most, "", "JS-MAXD-1 JS-MAXD-2", "Deliveries of a message at most; then it is given up in silence. -1: no limit."},
    {"backoff", Scope::consumer, Type::durations, "", "", 1, most, "", "JS-BACK-1", "Replaces ack_wait after the first delivery, the second, ...: \"1s, 5s\"; the last one repeats."},
    {"max_ack_pending", Scope::consumer, Type::whole, "1000", "messages", -1, most, "", "JS-FLOW-1", "So many delivered and not settled over all instances: then nobody gets more."},
    {"max_waiting", Scope::consumer, Type::whole, "512", "", 1, most, "", "JS-FLOW-1", "Pull requests that may wait.", true},
    {"deliver_policy", Scope::consumer, Type::choice, "all", "", 0, 0, "all new last last_per_subject by_start_sequence by_start_time", "JS-DLV-1", "Where a new consumer begins; a scenario's consumers are there before the first message.", true},
    {"replay_policy", Scope::consumer, Type::choice, "instant", "", 0, 0, "instant original", "", "original repeats the pace of the publishes.", true},
};

template <typename Enum>
Enum chosen(const product_options::Chosen& options, std::string_view key, std::initializer_list<std::pair<std::string_view, Enum>> words) {
  const std::string text = options.text(key);
  for (const auto& [word, value] : words) {
    if (word == text) return value;
  }
  return words.begin()->second;
}

StreamWiring read_stream(const product_options::Chosen& o, const Channel& channel) {
  StreamWiring w;
  StreamConfig& s = w.stream;
  s.name = channel.name;
  s.subjects = {channel.name + ".>"};
  s.retention = chosen<Retention>(o, "retention", {{"limits", Retention::limits}, {"interest", Retention::interest}, {"workqueue", Retention::workqueue}});
  s.discard = chosen<Discard>(o, "discard", {{"old", Discard::oldest}, {"new", Discard::newest}});
  s.storage = chosen<Storage>(o, "storage", {{"file", Storage::file}, {"memory", Storage::memory}});
  s.discard_new_per_subject = o.flag("discard_new_per_subject");
  s.max_msgs = o.whole("max_msgs", -1);
  s.max_msgs_per_subject = o.whole("max_msgs_per_subject", -1);
  s.max_age = o.whole("max_age");
  s.replicas = o.whole("num_replicas", 1);
  s.duplicate_window = o.whole("duplicate_window");
  if (o.written("duplicate_window") == nullptr && s.max_age > 0) s.duplicate_window = std::min(s.duplicate_window, s.max_age);
  w.waits_for_ack = o.text("publish") == "jetstream";
  w.sends_msg_id = o.flag("Nats-Msg-Id");
  w.sync_interval = o.whole("sync_interval");
  if (s.max_age > 0 && s.duplicate_window > s.max_age) {
    o.complain("FT-NATS-001", "duplicate_window", "duplicate_window is longer than max_age", "The server refuses this (error 10052, JS-DEDUP-1).");
  }
  if (s.discard_new_per_subject && (s.discard != Discard::newest || s.max_msgs_per_subject <= 0)) {
    o.complain("FT-NATS-002", "discard_new_per_subject", "discard_new_per_subject needs discard=new and max_msgs_per_subject", "The server refuses this (error 10052, JS-RET-3).");
  }
  if (w.sends_msg_id && s.duplicate_window == 0) o.complain("FT-NATS-003", "duplicate_window", "Nats-Msg-Id does nothing with duplicate_window=0", "See JS-DEDUP-1.");
  if (!w.waits_for_ack && s.discard == Discard::newest) {
    o.complain("FT-NATS-004", "publish", "publish=core never hears that discard=new refused a message", "It is lost; wait for the PubAck (JS-PUB-1, JS-RET-3).");
  }
  return w;
}

ConsumerWiring read_consumer(const product_options::Chosen& o, const std::string& name, const StreamConfig& stream, std::uint32_t instances) {
  ConsumerWiring w;
  ConsumerConfig& c = w.consumer;
  c.name = name;
  c.ack_policy = chosen<AckPolicy>(o, "ack_policy", {{"explicit", AckPolicy::explicit_}, {"none", AckPolicy::none}, {"all", AckPolicy::all}});
  c.ack_wait = o.whole("ack_wait");
  c.max_deliver = o.whole("max_deliver", -1);
  c.backoff = o.durations("backoff");
  c.max_ack_pending = c.ack_policy == AckPolicy::none ? 0 : o.whole("max_ack_pending", 1000);
  if (!c.backoff.empty()) c.ack_wait = c.backoff.front();  // JS-BACK-1
  if (o.text("client") == "push") c.deliver_subject = "deliver." + name;
  if (c.is_push()) c.max_waiting = 0;
  if (c.is_push() && o.flag("deliver_group")) c.deliver_group = name;
  w.batch = o.whole("batch", 1);
  w.on_error = chosen<OnError>(o, "on.error", {{"nak", OnError::nak}, {"term", OnError::terminate}, {"wait", OnError::wait}});
  w.in_progress = o.flag("in_progress");
  if (!c.backoff.empty() && static_cast<std::int64_t>(c.backoff.size()) > c.max_deliver) {
    o.complain("FT-NATS-010", "backoff", fmt::format("backoff has {} waits, max_deliver is {}", c.backoff.size(), c.max_deliver), "max_deliver must be at least the length of backoff (error 10116, JS-BACK-1).");
  }
  if (c.max_deliver == 0) o.complain("FT-NATS-011", "max_deliver", "max_deliver is 0: nothing would be delivered", "-1 is no limit (JS-MAXD-1).");
  if (stream.retention == Retention::workqueue && c.ack_policy != AckPolicy::explicit_) {
    o.complain("FT-NATS-012", "ack_policy", "a work queue needs ack_policy=explicit", "The server refuses this (error 10084 or 10098, JS-RET-1).");
  }
  if (c.ack_policy == AckPolicy::none && (o.written("max_deliver") != nullptr || o.written("backoff") != nullptr || o.written("ack_wait") != nullptr)) {
    o.complain("FT-NATS-013", o.written("ack_wait") != nullptr ? "ack_wait" : o.written("backoff") != nullptr ? "backoff" : "max_deliver", "ack_policy=none never delivers again, so this would decide nothing", "See JS-ACK-6.");
  }
  if (c.is_push() && c.deliver_group.empty() && instances > 1) {
    o.complain("FT-NATS-014", "deliver_group", fmt::format("{} instances would each be sent every message", instances), "Clients refuse a second subscription; use deliver_group (JS-PUSH-1).");
  }
  if (c.is_push() && o.written("batch") != nullptr) o.complain("FT-NATS-015", "batch", "a push consumer is sent what there is; batch is for client=pull", "max_ack_pending limits it (JS-PUSH-1, JS-FLOW-1).");
  if (!c.is_push() && o.written("deliver_group") != nullptr) o.complain("FT-NATS-016", "deliver_group", "deliver_group is for client=push", "Pulling instances share a consumer anyway (JS-PUSH-1).");
  return w;
}

}  // namespace

const product_options::Product& product() {
  static constexpr product_options::Product jetstream{"JetStream", "FT-NATS-030", rows};
  return jetstream;
}

Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics) {
  Wiring wiring;
  const std::vector<Option>& far = system.brokers[broker].options;
  product_options::check(product(), far, {Scope::broker, Scope::channel, Scope::publisher, Scope::consumer}, diagnostics);
  for (std::uint32_t c = 0; c < system.channels.size(); ++c) {
    const Channel& channel = system.channels[c];
    if (channel.broker != broker) continue;
    product_options::check(product(), channel.options, {Scope::channel, Scope::publisher}, diagnostics);
    StreamWiring stream = read_stream(product_options::Chosen(product(), channel.options, far, diagnostics), channel);
    stream.channel = c;
    wiring.streams.push_back(std::move(stream));
  }
  for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
    const Subscription& subscription = system.subscriptions[s];
    if (system.channels[subscription.channel].broker != broker) continue;
    product_options::check(product(), subscription.options, {Scope::consumer}, diagnostics);
    const auto stream = std::find_if(wiring.streams.begin(), wiring.streams.end(), [&](const StreamWiring& w) { return w.channel == subscription.channel; });
    const std::string name = subscription.group.empty() ? system.services[subscription.service].name : subscription.group;
    const product_options::Chosen options(product(), subscription.options, far, diagnostics);
    ConsumerWiring consumer = read_consumer(options, name, stream->stream, system.services[subscription.service].instances);
    consumer.subscription = s;
    consumer.stream = static_cast<std::uint32_t>(stream - wiring.streams.begin());
    for (const ConsumerWiring& other : wiring.consumers) {
      if (other.stream != consumer.stream) continue;
      if (other.consumer.name == name) {
        options.complain("FT-NATS-020", "client", fmt::format("two subscriptions of channel \"{}\" share the consumer \"{}\"", system.channels[subscription.channel].name, name), "Give them groups of their own; a consumer of several services is not modelled (JS-FLOW-1).");
      } else if (stream->stream.retention == Retention::workqueue) {
        options.complain("FT-NATS-021", "client", fmt::format("channel \"{}\" is a work queue and has more than one consumer", system.channels[subscription.channel].name), "The server refuses the second (error 10099, JS-RET-1); use retention=interest or limits.");
      }
    }
    wiring.consumers.push_back(std::move(consumer));
  }
  return wiring;
}

}  // namespace flowtank::nats
