// SPDX-License-Identifier: Apache-2.0
// See nats_driver.hpp: messages on their way, connections, and restarts of the server. A subscriber that is gone is noticed at
// once, as its socket closes; a pull request dies with its connection.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <models/brokers/nats_jetstream/subjects.hpp>
#include "models/brokers/vectors/nats_driver.hpp"
#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::int64_t most_ms = 86'400'000;

Observation seen(JsonNode node, std::string lane) { return {std::move(node), std::move(lane), false}; }
JsonNode number(std::uint64_t value) { return node(static_cast<std::int64_t>(value)); }

std::optional<std::uint64_t> whole_header(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The delay of "-NAK {"delay": ns}" or "-NAK 5s".
std::optional<std::int64_t> delay_of(std::string_view body) {
  std::string_view rest = body.substr(std::min<std::size_t>(body.size(), 4));
  const std::size_t digit = rest.find_first_of("0123456789");
  if (digit == std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data() + digit, rest.data() + rest.size(), value);
  if (error != std::errc() || value > most_ms * ms_ns * 365) return std::nullopt;
  if (rest.find('{') != std::string_view::npos) return value;
  const std::string_view unit(end, static_cast<std::size_t>(rest.data() + rest.size() - end));
  return value * (unit == "ms" ? ms_ns : unit == "s" ? nats::second_ns : unit == "m" ? 60 * nats::second_ns : 1);
}

}  // namespace

std::string NatsDriver::publish(const JsonNode& step, Out& out) {
  const std::string subject = text_of(step, "subject"), data = text_of(step, "data");
  if (!nats::is_subject(subject)) return "a publish to no subject";
  nats::Publish p;
  p.subject = pool_.intern_string(subject);
  p.body = pool_.intern_string(data);
  p.data_bytes = data.size();
  if (const JsonNode* headers = step.find("headers")) {
    p.header_bytes = 12;  // "NATS/1.0" and the empty line
    for (const JsonMember& m : headers->members) {
      const std::string value = text_of(*headers, m.key);
      p.header_bytes += m.key.size() + value.size() + 4;
      if (m.key == "Nats-Msg-Id") p.msg_id = pool_.intern_string(value);
      else if (m.key == "Nats-Expected-Stream") p.expected_stream = value;
      else if (m.key == "Nats-Expected-Last-Sequence") p.expected_last_seq = whole_header(value);
      else if (m.key == "Nats-Expected-Last-Subject-Sequence") p.expected_last_subject_seq = whole_header(value);
      else if (m.key == "Nats-Expected-Last-Msg-Id") p.expected_last_msg_id = pool_.intern_string(value);
      else if (m.key.starts_with("Nats-")) return fmt::format("header {}", to_text(node(m.key), 80));
    }
  }
  const auto found = std::find_if(streams_.begin(), streams_.end(), [&](const auto& entry) {
    const auto& subjects = entry.second->config().subjects;
    return std::any_of(subjects.begin(), subjects.end(), [&](const std::string& pattern) { return nats::matches(pattern, subject); });
  });
  if (found == streams_.end()) {  // JS-PUB-1
    out.push_back(seen(object({{"puback", null_node()}, {"status", node("503")}}), "api"));
    return {};
  }
  const nats::PubAck ack = found->second->publish(p, now_);
  JsonNode answer = object({{"stream", node(found->first)}, {"seq", number(ack.seq)}});
  if (ack.error) put(answer, "error", error_node(ack.error));
  if (ack.duplicate) {
    JsonNode yes;
    yes.kind = JsonKind::boolean;
    yes.boolean = true;
    put(answer, "duplicate", std::move(yes));
  }
  out.push_back(seen(object({{"puback", std::move(answer)}}), "api"));
  pump();
  return {};
}

// ---- deliveries ------------------------------------------------------------------------------------------------

JsonNode NatsDriver::message_node(const nats::Stream& stream, const nats::Delivered& d) const {
  const nats::Message* message = stream.find(d.stream_seq);
  const std::string_view data = message == nullptr ? std::string_view() : pool_.value(message->body).text();
  const std::string_view subject = message == nullptr ? std::string_view() : stream.subject_of(d.stream_seq);
  return object({{"subject", node(subject)}, {"data", node(data)}, {"delivered", number(d.count)}, {"stream_seq", number(d.stream_seq)},
                 {"consumer_seq", number(d.consumer_seq)}, {"pending", number(d.pending)}});
}

void NatsDriver::route(const std::string& subject, const JsonNode& node_, const Handed* handed, const std::string* only_queue) {
  std::map<std::string, std::vector<std::pair<const std::string*, Subscription*>>> groups;
  const auto give = [&](const std::string& connection, Subscription& subscription) {
    JsonNode copy = node_;
    put(copy, "conn", node(connection));
    subscription.arrived.push_back(std::move(copy));
    if (handed != nullptr) connections_[connection].handed[handed->delivered.stream_seq] = *handed;
  };
  for (auto& [name, connection] : connections_) {
    for (Subscription& subscription : connection.subscriptions) {
      if (!nats::matches(subscription.subject, subject)) continue;
      if (!subscription.queue.empty()) groups[subscription.queue].emplace_back(&name, &subscription);
      else if (only_queue == nullptr || only_queue->empty()) give(name, subscription);
    }
  }
  for (auto& [queue, members] : groups) {
    if (only_queue != nullptr && *only_queue != queue) continue;
    const auto& [name, subscription] = members[turns_[queue]++ % members.size()];
    give(*name, *subscription);
  }
}

// JS-PUSH-1: without a subscriber nothing is sent.
bool NatsDriver::is_wanted(const nats::Consumer& consumer) const {
  const nats::ConsumerConfig& config = consumer.config();
  for (const auto& [name, connection] : connections_) {
    for (const Subscription& subscription : connection.subscriptions) {
      if (nats::matches(subscription.subject, config.deliver_subject) && subscription.queue == config.deliver_group) return true;
    }
  }
  return false;
}

void NatsDriver::advise(const nats::Stream& stream, const nats::Consumer& consumer, const std::vector<nats::Advisory>& advisories) {
  using Kind = nats::Advisory::Kind;
  for (const nats::Advisory& a : advisories) {
    const char* const event = a.kind == Kind::max_deliveries ? "MAX_DELIVERIES" : a.kind == Kind::nak ? "MSG_NAKED" : "MSG_TERMINATED";
    const char* const type = a.kind == Kind::max_deliveries ? "max_deliver" : a.kind == Kind::nak ? "nak" : "terminated";
    const std::string subject = fmt::format("$JS.EVENT.ADVISORY.CONSUMER.{}.{}.{}", event, stream.config().name, consumer.config().name);
    JsonNode body = object({{"type", node(fmt::format("io.nats.jetstream.advisory.v1.{}", type))}, {"stream", node(stream.config().name)},
                            {"consumer", node(consumer.config().name)}, {"stream_seq", number(a.stream_seq)}, {"deliveries", number(a.deliveries)}});
    if (a.kind != Kind::max_deliveries) put(body, "consumer_seq", number(a.consumer_seq));
    route(subject, object({{"subject", node(subject)}, {"advisory", std::move(body)}}), nullptr);
  }
}

void NatsDriver::hand_over(nats::Stream& stream, nats::Consumer& consumer, const nats::Delivered& delivered) {
  const Handed handed{stream.config().name, consumer.config().name, delivered};
  JsonNode message = message_node(stream, delivered);
  if (consumer.config().is_push()) return route(consumer.config().deliver_subject, message, &handed, &consumer.config().deliver_group);
  const auto mine = [&](const Pull& pull) { return !pull.over && pull.stream == handed.stream && pull.consumer == handed.consumer; };
  const auto found = std::find_if(pulls_.begin(), pulls_.end(), mine);
  put(message, "conn", node(found->connection));
  connections_[found->connection].handed[delivered.stream_seq] = handed;
  found->got.push_back(seen(std::move(message), found->connection));
  if (--found->left == 0) {
    found->over = true;
  } else {  // requests take turns
    Pull pull = std::move(*found);
    pulls_.erase(found);
    pulls_.push_back(std::move(pull));
  }
}

void NatsDriver::pump_consumer(nats::Stream& stream, nats::Consumer& consumer) {
  const std::string name = consumer.config().name;
  const auto taker = [&] {
    if (consumer.config().is_push()) return is_wanted(consumer);
    return std::any_of(pulls_.begin(), pulls_.end(), [&](const Pull& p) { return !p.over && p.stream == stream.config().name && p.consumer == name; });
  };
  while (taker() && ++events_ < 1'000'000) {
    std::vector<nats::Advisory> advisories;
    // The message of an acknowledge-nothing consumer may leave the stream as it is sent.
    const auto delivered = consumer.next(stream, now_, advisories, [&](const nats::Delivered& d) { hand_over(stream, consumer, d); });
    advise(stream, consumer, advisories);
    if (!delivered) break;
  }
  for (Pull& pull : pulls_) {
    if (pull.over || !pull.one_shot || pull.stream != stream.config().name || pull.consumer != name) continue;
    pull.over = true;
    pull.got.push_back(seen(object({{"conn", node(pull.connection)}, {"status", node("408 Request Timeout")}}), pull.connection));
  }
}

void NatsDriver::pump() {
  for (const auto& [name, stream] : streams_) {
    for (std::size_t i = 0; i < stream->consumers().size(); ++i) pump_consumer(*stream, stream->consumers()[i]);
  }
}

std::string NatsDriver::fetch(const JsonNode& step, Out& out) {
  nats::Stream* stream = nullptr;
  const nats::Consumer* consumer = find_consumer(step, stream);
  const std::string connection = text_of(step, "conn", "main");
  const std::int64_t expires_ms = whole_of(step, "expires_ms", 0), batch = std::max<std::int64_t>(whole_of(step, "batch", 1), 1);
  if (expires_ms < 0 || expires_ms > most_ms || batch > 1'000'000) return "a fetch beyond a day or a million";
  const JsonNode* no_wait = step.find("no_wait");
  const bool at_once = no_wait != nullptr && no_wait->boolean;
  if (expires_ms == 0 && !at_once) return "a fetch that waits for ever";
  const auto refuse = [&](std::string status) { out.push_back(seen(object({{"conn", node(connection)}, {"status", node(status)}}), connection)); };
  if (consumer == nullptr) {  // nobody answers
    run_for(expires_ms * ms_ns);
    return {};
  }
  const nats::ConsumerConfig& config = consumer->config();
  if (config.is_push()) {
    refuse("409 Consumer is push based");
    return {};
  }
  if (config.max_batch > 0 && batch > config.max_batch) {
    refuse(fmt::format("409 Exceeded MaxRequestBatch of {}", config.max_batch));
    return {};
  }
  if (config.max_expires > 0 && expires_ms * ms_ns > config.max_expires) {
    refuse(fmt::format("409 Exceeded MaxRequestExpires of {}ms", config.max_expires / ms_ns));
    return {};
  }
  if (static_cast<std::int64_t>(pulls_.size()) >= config.max_waiting) {  // JS-FLOW-1
    refuse("409 Exceeded MaxWaiting");
    return {};
  }
  if (at_once && expires_ms == 0 && consumer->state().not_delivered == 0 && consumer->state().redeliver.empty()) {
    refuse("404 No Messages");
    return {};
  }
  Pull pull;
  pull.connection = connection;
  pull.stream = stream->config().name;
  pull.consumer = config.name;
  pull.left = static_cast<std::uint64_t>(batch);
  pull.until = now_ + expires_ms * ms_ns;
  pull.one_shot = at_once && expires_ms == 0;
  pulls_.push_back(std::move(pull));
  const std::int64_t until = now_ + expires_ms * ms_ns;
  pump();
  const auto over = [&] { return std::all_of(pulls_.begin(), pulls_.end(), [](const Pull& p) { return p.over; }); };
  while (!over() && now_ < until && events_ < 1'000'000) run_until(std::min(until, std::max(next_event().value_or(until), now_ + 1)));
  for (Pull& done : pulls_) {
    for (Observation& observation : done.got) out.push_back(std::move(observation));
  }
  pulls_.clear();
  return {};
}

std::string NatsDriver::ack(const JsonNode& step, Out& out) {
  const std::string connection = text_of(step, "conn", "main"), body = text_of(step, "body");
  const auto& handed = connections_[connection].handed;
  const auto found = handed.find(static_cast<std::uint64_t>(whole_of(step, "stream_seq", 0)));
  if (found == handed.end()) return "an ack of what the connection was never handed";
  const Handed what = found->second;
  const nats::Delivered& d = what.delivered;
  const auto stream = streams_.find(what.stream);
  std::vector<nats::Advisory> advisories;
  // The recorder asked for an answer to what settles, and did not to the rest.
  const bool asks = body.empty() || body == "+ACK" || body == "+OK" || body == "+TERM";
  if (stream != streams_.end() && stream->second->find_consumer(what.consumer) < stream->second->consumers().size()) {
    nats::Stream& s = *stream->second;
    nats::Consumer& c = s.consumers()[s.find_consumer(what.consumer)];
    if (body.empty() || body == "+ACK" || body == "+OK" || body.starts_with("+NXT")) {
      if (c.config().ack_policy == nats::AckPolicy::all) {
        const std::uint64_t floor = c.state().floor_stream_seq;
        if (c.acknowledge(d.stream_seq, d.consumer_seq)) {
          for (std::uint64_t seq = std::max(floor + 1, s.first_seq()); seq <= d.stream_seq; ++seq) s.settled(seq);
        }
      } else if (c.acknowledge(d.stream_seq, d.consumer_seq)) {
        s.settled(d.stream_seq);
      }
    } else if (body.starts_with("-NAK")) {
      c.refuse(d.stream_seq, d.consumer_seq, d.count, delay_of(body), now_, advisories);
    } else if (body == "+WPI") {
      c.progress(d.stream_seq, now_);
    } else if (body == "+TERM") {
      if (c.terminate(d.stream_seq, d.consumer_seq, d.count, advisories)) s.settled(d.stream_seq);
    }
    advise(s, c, advisories);
  }
  if (asks) out.push_back(seen(object({{"ack_reply", node("ok")}}), "api"));
  pump();
  return {};
}

// ---- connections -----------------------------------------------------------------------------------------------

std::string NatsDriver::subscribe(const JsonNode& step, Out&) {
  const std::string subject = text_of(step, "subject");
  if (!nats::is_pattern(subject)) return "a subscription to no subject";
  connections_[text_of(step, "conn", "main")].subscriptions.push_back({subject, text_of(step, "queue"), {}});
  pump();
  return {};
}

std::string NatsDriver::collect(const JsonNode& step, Out& out) {
  const std::int64_t ms = whole_of(step, "ms", 0);
  const JsonNode* names = step.find("conns");
  if (ms < 0 || ms > most_ms || names == nullptr || !names->is(JsonKind::array)) return "a collect without conns, or beyond a day";
  run_for(ms * ms_ns);
  for (const JsonNode& name : names->items) {
    for (Subscription& subscription : connections_[name.text].subscriptions) {
      for (JsonNode& arrived : subscription.arrived) out.push_back(seen(std::move(arrived), name.text));
      subscription.arrived.clear();
    }
  }
  return {};
}

std::string NatsDriver::kill_connection(const JsonNode& step, Out&) {
  connections_.erase(text_of(step, "conn", "main"));
  return {};
}

// Streams on disk come back with their consumers; those in memory do not.
std::string NatsDriver::restart(const JsonNode& step, Out&) {
  if (text_of(step, "op") == "broker.restart") is_down_ = false;
  std::erase_if(streams_, [](const auto& entry) { return entry.second->config().storage == nats::Storage::memory; });
  for (auto& [name, connection] : connections_) connection.subscriptions.clear();
  return {};
}

std::string NatsDriver::stop_server(const JsonNode& step, Out& out) {
  is_down_ = true;
  return restart(step, out);
}

std::string NatsDriver::start_server(const JsonNode&, Out&) {
  is_down_ = false;
  return {};
}

std::string NatsDriver::lose_power(const JsonNode& step, Out& out) {
  // JS-RAFT-1: written to disk every sync_interval; what came after the last time is gone, acknowledged or not.
  const std::int64_t interval = std::max<std::int64_t>(whole_of(step, "sync_interval_ms", 120'000), 1) * ms_ns;
  const std::int64_t synced = now_ / interval * interval;
  for (const auto& [name, stream] : streams_) {
    while (stream->messages() != 0 && stream->find(stream->last_seq()) != nullptr && stream->find(stream->last_seq())->time >= synced) stream->take_back_newest();
  }
  return restart(step, out);
}

}  // namespace flowtank::vectors
