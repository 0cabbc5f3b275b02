// SPDX-License-Identifier: Apache-2.0
// See nats_driver.hpp: the frame, streams and consumers, time. Messages and connections are in nats_driver_messages.cpp,
// configurations in nats_driver_config.cpp.
#include "models/brokers/vectors/nats_driver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <models/brokers/nats_jetstream/subjects.hpp>
#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::uint64_t most_events = 1'000'000;  // a vector has hundreds

Observation seen(JsonNode node, std::string lane = "api") { return {std::move(node), std::move(lane), false}; }

JsonNode success() {
  JsonNode yes;
  yes.kind = JsonKind::boolean;
  yes.boolean = true;
  return yes;
}

}  // namespace

const std::map<std::string, NatsDriver::Handler, std::less<>>& NatsDriver::handlers() {
  using D = NatsDriver;
  static const std::map<std::string, Handler, std::less<>> all = {
      {"stream.create", &D::create_stream}, {"stream.purge", &D::purge}, {"stream.delete", &D::delete_stream},
      {"consumer.create", &D::create_consumer}, {"consumer.delete", &D::delete_consumer}, {"msg.delete", &D::delete_message},
      {"info", &D::info}, {"publish", &D::publish}, {"fetch", &D::fetch}, {"ack", &D::ack}, {"subscribe", &D::subscribe},
      {"collect", &D::collect}, {"connection.kill", &D::kill_connection}, {"connection.close", &D::kill_connection},
      {"wait", &D::wait}, {"broker.stop", &D::stop_server}, {"broker.kill", &D::stop_server}, {"broker.start", &D::start_server},
      {"broker.restart", &D::restart}, {"fault.power_loss", &D::lose_power},
  };
  return all;
}

std::string NatsDriver::play(const Step& step, bool, Out& out) {
  const auto handler = handlers().find(step.op);
  if (handler == handlers().end()) return fmt::format("op {}", to_text(node(step.op), 80));
  const bool reaches_nobody = step.op.starts_with("broker.") || step.op.starts_with("connection.") || step.op == "wait";
  if (is_down_ && !reaches_nobody) return "a call to a server that is down";
  std::string why = (this->*handler->second)(step.node, out);
  if (events_ > most_events) return "more happens than any vector needs";
  return why;
}

void NatsDriver::settle(const Step& step, const Step*) {
  if (step.op != "wait") run_for((step.op == "connection.kill" ? 100 : 60) * ms_ns);
}

nats::Stream* NatsDriver::find_stream(const JsonNode& step) {
  const auto found = streams_.find(text_of(step, "stream"));
  return found == streams_.end() ? nullptr : found->second.get();
}

nats::Consumer* NatsDriver::find_consumer(const JsonNode& step, nats::Stream*& stream) {
  stream = find_stream(step);
  if (stream == nullptr) return nullptr;
  const std::size_t at = stream->find_consumer(text_of(step, "consumer"));
  return at < stream->consumers().size() ? &stream->consumers()[at] : nullptr;
}

// ---- time ------------------------------------------------------------------------------------------------------

std::optional<std::int64_t> NatsDriver::next_event() const {
  std::optional<std::int64_t> least;
  const auto at = [&](std::optional<std::int64_t> time) {
    if (time && (!least || *time < *least)) least = time;
  };
  for (const auto& [name, stream] : streams_) {
    at(stream->next_age());
    for (const nats::Consumer& consumer : stream->consumers()) at(consumer.next_deadline());
  }
  for (const Pull& pull : pulls_) {
    if (!pull.over && !pull.one_shot) at(pull.until);
  }
  return least;
}

void NatsDriver::run_until(std::int64_t time) {
  pump();
  for (auto next = next_event(); next && *next <= time && ++events_ <= most_events; next = next_event()) {
    now_ = std::max(now_, *next);
    for (const auto& [name, stream] : streams_) {
      stream->expire(now_);  // expiry before delivery at the same instant
      for (nats::Consumer& consumer : stream->consumers()) consumer.expire(now_);
    }
    for (Pull& pull : pulls_) {
      if (pull.over || pull.one_shot || pull.until > now_) continue;
      pull.over = true;
      pull.got.push_back(seen(object({{"conn", node(pull.connection)}, {"status", node("408 Request Timeout")}}), pull.connection));
    }
    pump();
  }
  now_ = std::max(now_, time);
  for (const auto& [name, stream] : streams_) stream->expire(now_);
}

std::string NatsDriver::wait(const JsonNode& step, Out&) {
  const std::int64_t ms = whole_of(step, "ms", whole_of(step, "s", 0) * 1000);
  constexpr std::int64_t most_ms = std::int64_t{40} * 365 * 86'400'000;
  if (ms < 0 || ms > most_ms) return "a wait beyond 40 years";
  run_for(ms * ms_ns);
  return {};
}

// ---- streams and consumers -------------------------------------------------------------------------------------

std::string NatsDriver::create_stream(const JsonNode& step, Out& out) {
  const JsonNode* given = step.find("config");
  if (given == nullptr || !given->is(JsonKind::object)) return "a stream without a config";
  nats::StreamConfig config;
  nats::ApiError error;
  if (std::string why = read_config(*given, config, error); !why.empty()) return why;
  const auto known = streams_.find(config.name);
  if (!error) error = nats::check(config);
  if (!error && known != streams_.end() && !(known->second->config() == config)) error = {400, 10058, "stream name already in use with a different configuration"};
  for (const auto& [name, stream] : streams_) {
    if (error || name == config.name) continue;
    for (const std::string& a : stream->config().subjects) {
      for (const std::string& b : config.subjects) {
        if (nats::overlap(a, b)) error = {400, 10065, "subjects overlap with an existing stream"};
      }
    }
  }
  if (error) {
    out.push_back(seen(object({{"error", error_node(error)}})));
    return {};
  }
  if (known == streams_.end()) streams_.emplace(config.name, std::make_unique<nats::Stream>(pool_, config));
  out.push_back(seen(object({{"config", config_node(config)}})));
  return {};
}

std::string NatsDriver::create_consumer(const JsonNode& step, Out& out) {
  const JsonNode* given = step.find("config");
  if (given == nullptr || !given->is(JsonKind::object)) return "a consumer without a config";
  nats::ConsumerConfig config;
  nats::ApiError error;
  if (std::string why = read_config(*given, config, error); !why.empty()) return why;
  if (config.name.empty()) return "a consumer without a name";
  nats::Stream* stream = find_stream(step);
  if (stream == nullptr) error = {404, 10059, "stream not found"};
  if (!error) error = stream->add_consumer(config);
  if (error) {
    out.push_back(seen(object({{"error", error_node(error)}})));
    return {};
  }
  JsonNode node = object({{"created", success()}});
  put(node, "config", config_node(config));
  out.push_back(seen(std::move(node)));
  return {};
}

std::string NatsDriver::delete_consumer(const JsonNode& step, Out& out) {
  nats::Stream* stream = nullptr;
  if (find_consumer(step, stream) == nullptr) {
    out.push_back(seen(object({{"error", error_node({404, 10014, "consumer not found"})}})));
    return {};
  }
  const std::string name = text_of(step, "consumer");
  for (Pull& pull : pulls_) {
    if (pull.over || pull.consumer != name || pull.stream != stream->config().name) continue;
    pull.over = true;
    pull.got.push_back(seen(object({{"conn", node(pull.connection)}, {"status", node("409 Consumer Deleted")}}), pull.connection));
  }
  stream->delete_consumer(stream->find_consumer(name));
  out.push_back(seen(object({{"success", success()}})));
  return {};
}

std::string NatsDriver::delete_stream(const JsonNode& step, Out& out) {
  if (streams_.erase(text_of(step, "stream")) == 0) out.push_back(seen(object({{"error", error_node({404, 10059, "stream not found"})}})));
  else out.push_back(seen(object({{"success", success()}})));
  return {};
}

std::string NatsDriver::purge(const JsonNode& step, Out& out) {
  nats::Stream* stream = find_stream(step);
  if (stream == nullptr) return "a purge of no stream";
  const auto purged = static_cast<std::int64_t>(stream->purge());
  out.push_back(seen(object({{"success", success()}, {"purged", node(purged)}})));
  return {};
}

std::string NatsDriver::delete_message(const JsonNode& step, Out& out) {
  nats::Stream* stream = find_stream(step);
  if (stream == nullptr) return "a deletion in no stream";
  const auto seq = static_cast<std::uint64_t>(whole_of(step, "seq", whole_of(step, "stream_seq", 0)));
  const bool there = stream->find(seq) != nullptr;
  stream->remove(seq, nats::Gone::deleted);
  if (there) out.push_back(seen(object({{"success", success()}})));
  else if (stream->config().storage == nats::Storage::memory) out.push_back(seen(object({{"error", error_node({400, 10043, fmt::format("sequence {} not found", seq)})}})));
  else out.push_back(seen(object({{"error", error_node({500, 10057, seq > stream->last_seq() ? "stream store EOF" : "no message found"})}})));
  return {};
}

std::string NatsDriver::info(const JsonNode& step, Out& out) {
  nats::Stream* stream = nullptr;
  const nats::Consumer* consumer = find_consumer(step, stream);
  const auto number = [](std::uint64_t value) { return node(static_cast<std::int64_t>(value)); };
  if (stream == nullptr) {
    out.push_back(seen(object({{"error", error_node({404, 10059, "stream not found"})}})));
  } else if (step.find("consumer") == nullptr) {
    stream->expire(now_);
    const std::uint64_t first = stream->last_seq() == 0 ? 0 : stream->first_seq();
    out.push_back(seen(object({{"messages", number(stream->messages())}, {"first_seq", number(first)}, {"last_seq", number(stream->last_seq())},
                               {"bytes", number(stream->bytes())}, {"consumer_count", number(stream->consumers().size())}})));
  } else if (consumer == nullptr) {
    out.push_back(seen(object({{"error", error_node({404, 10014, "consumer not found"})}})));
  } else {
    const nats::Consumer::State& s = consumer->state();
    const auto pair = [&](std::uint64_t consumer_seq, std::uint64_t stream_seq) { return object({{"consumer_seq", number(consumer_seq)}, {"stream_seq", number(stream_seq)}}); };
    out.push_back(seen(object({{"num_ack_pending", number(s.pending.size())}, {"num_redelivered", number(s.again.size())}, {"num_waiting", number(0)},
                               {"num_pending", number(s.not_delivered)}, {"delivered", pair(s.next_consumer_seq - 1, s.next_stream_seq - 1)},
                               {"ack_floor", pair(s.floor_consumer_seq, s.floor_stream_seq)}})));
  }
  return {};
}

}  // namespace flowtank::vectors
