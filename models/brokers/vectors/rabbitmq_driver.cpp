// SPDX-License-Identifier: Apache-2.0
// See rabbitmq_driver.hpp: the frame, connections, nodes and topology. Messages and consumers are in rabbitmq_driver_messages.cpp.
#include "models/brokers/vectors/rabbitmq_driver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

constexpr std::uint64_t most_events = 3'000'000;
constexpr std::int64_t most_ms = std::int64_t{40} * 365 * 86'400'000;
constexpr std::uint32_t most_nodes = 9;

bool flag_of(const JsonNode& step, std::string_view key, bool otherwise) {
  const JsonNode* value = step.find(key);
  return value != nullptr && value->is(JsonKind::boolean) ? value->boolean : otherwise;
}

// The first number of a text like "RabbitMQ 3.10.8".
std::string_view version_in(std::string_view text) {
  const std::size_t first = text.find_first_of("0123456789");
  if (first == std::string_view::npos) return {};
  const std::size_t end = text.find_first_not_of("0123456789.", first);
  return text.substr(first, end == std::string_view::npos ? end : end - first);
}

char kind_of(const JsonNode& value) {
  switch (value.kind) {
    case JsonKind::null: return 'V';
    case JsonKind::boolean: return 't';
    case JsonKind::integer: return 'I';
    case JsonKind::real: return 'd';
    case JsonKind::string: return 'S';
    default: return 'x';
  }
}

}  // namespace

const std::map<std::string, RabbitDriver::Handler, std::less<>>& RabbitDriver::handlers() {
  using D = RabbitDriver;
  static const std::map<std::string, Handler, std::less<>> all = {
      {"broker.config", &D::configure}, {"connect", &D::connect}, {"channel.open", &D::open_channel}, {"channel.close", &D::close_channel},
      {"connection.close", &D::close_connection}, {"connection.kill", &D::close_connection},
      {"exchange.declare", &D::declare_exchange}, {"exchange.delete", &D::delete_exchange}, {"exchange.bind", &D::bind_exchange},
      {"queue.declare", &D::declare_queue}, {"queue.delete", &D::delete_queue}, {"queue.purge", &D::purge_queue},
      {"queue.bind", &D::bind}, {"queue.unbind", &D::unbind}, {"queue.counts", &D::counts},
      {"confirm.select", &D::select_confirms}, {"publish", &D::publish},
      {"tx.select", &D::select_tx}, {"tx.commit", &D::commit_tx}, {"tx.rollback", &D::roll_back_tx},
      {"qos", &D::qos}, {"consume", &D::consume}, {"cancel", &D::cancel}, {"get", &D::get},
      {"ack", &D::ack}, {"nack", &D::nack}, {"reject", &D::reject}, {"recover", &D::recover},
      {"broker.stop", &D::stop_node}, {"broker.kill", &D::kill_node}, {"broker.start", &D::start_node}, {"wait", &D::wait},
  };
  return all;
}

RabbitDriver::RabbitDriver(const Script& vector) {
  settings_.profile.release = rabbitmq::release_of(version_in(vector.version)).value_or(rabbitmq::Release::r4_0);
  for (const auto* steps : {&vector.setup, &vector.steps}) {
    for (const Step& step : *steps) {
      settings_.nodes = static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole_of(step.node, "node", 1), settings_.nodes, most_nodes));
    }
  }
}

RabbitDriver::~RabbitDriver() = default;

rabbitmq::Server& RabbitDriver::server() {
  if (server_ == nullptr) {
    server_ = std::make_unique<rabbitmq::Server>(clock_, settings_, [this](const rabbitmq::ClientEvent& event) { told(event); });
  }
  return *server_;
}

std::string RabbitDriver::play(const Step& step, bool, std::vector<Observation>& out) {
  const auto handler = handlers().find(step.op);
  if (handler == handlers().end()) return fmt::format("op {}", to_text(node(step.op), 80));
  // How long the recorder let things settle.
  to_node_ = step.op.starts_with("broker.") && step.op != "broker.config";
  nodes_went_ = nodes_went_ || to_node_;
  pause_ms_ = to_node_ ? 3000 : step.op == "connection.kill" ? 600 : step.op == "broker.config" ? 0 : 60;
  publishes_on_ = step.op == "publish" ? text_of(step.node, "chan") : std::string();
  std::string why = (this->*handler->second)(step.node, out);
  if (!why.empty()) return why;
  run_for(pause_ms_);
  if (exhausted_) return "more happens than any vector needs";
  out.insert(out.end(), told_.begin(), told_.end());
  told_.clear();
  return {};
}

void RabbitDriver::settle(const Step&, const Step*) {}

// The recorder read what came on other channels only at steps that wait for an answer.
bool RabbitDriver::collects(const Step& step) const {
  static constexpr std::string_view silent[] = {"publish", "connect", "channel.open", "queue.counts", "queue.declare", "exchange.declare", "queue.bind", "qos"};
  return !step.op.starts_with("broker.") && std::find(std::begin(silent), std::end(silent), step.op) == std::end(silent);
}

void RabbitDriver::run_for(std::int64_t ms) {
  if (!clock_.run_until(std::min(clock_.now_ms() + ms, most_ms), most_events)) exhausted_ = true;
}

std::string RabbitDriver::wait(const JsonNode& step, Out&) {
  const std::int64_t ms = whole_of(step, "ms", whole_of(step, "s", 0) * 1000);
  if (ms < 0 || ms > most_ms) return "a wait beyond 40 years";
  pause_ms_ = ms;
  return {};
}

std::string RabbitDriver::configure(const JsonNode& step, Out&) {
  const JsonNode* inner = step.find("config");
  const JsonNode& config = inner != nullptr && inner->is(JsonKind::object) ? *inner : step;
  rabbitmq::ServerSettings& settings = server_ != nullptr ? server_->settings() : settings_;
  const std::pair<std::string_view, std::int64_t*> known[] = {
      {"consumer_timeout", &settings.consumer_timeout_ms}, {"channel_tick_interval", &settings.channel_tick_interval_ms},
      {"default_consumer_prefetch", &settings.default_consumer_prefetch}, {"max_message_size", &settings.max_message_bytes},
      {"quorum_cluster_size", &settings.quorum_cluster_size}};
  for (const JsonMember& member : config.members) {
    const bool of_the_step = &config == &step && (member.key == "n" || member.key == "op" || member.key == "note");
    if (of_the_step) continue;
    const std::string_view key = std::string_view(member.key).ends_with("_ms") ? std::string_view(member.key).substr(0, member.key.size() - 3) : member.key;
    const auto found = std::find_if(std::begin(known), std::end(known), [&](const auto& one) { return one.first == key; });
    if (found == std::end(known) || !member.value.is(JsonKind::integer)) return fmt::format("setting {}", to_text(node(member.key), 80));
    *found->second = std::clamp<std::int64_t>(member.value.integer, 0, most_ms);
  }
  return {};
}

// ---- connections, nodes ----------------------------------------------------------------------------------------

std::string RabbitDriver::connect(const JsonNode& step, Out&) {
  std::uint32_t at = 1;
  while (at < server().nodes() && !server().node_is_up(at)) ++at;
  const auto connection = server().connect(static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole_of(step, "node", at), 0, most_nodes)));
  if (!connection) return "a connection to a node that is down";
  connections_[text_of(step, "conn")] = *connection;
  return {};
}

std::string RabbitDriver::open_channel(const JsonNode& step, Out&) {
  const auto connection = connections_.find(text_of(step, "conn"));
  if (connection == connections_.end()) return fmt::format("no connection {}", to_text(node(text_of(step, "conn")), 80));
  const rabbitmq::ChannelId channel = server().open(connection->second);
  channels_[text_of(step, "chan")] = channel;
  if (flag_of(step, "confirm_select", false)) server().select_confirms(channel);
  return {};
}

std::string RabbitDriver::close_channel(const JsonNode& step, Out&) {
  std::string why;
  if (const auto channel = channel_of(step, why)) server().close_channel(*channel);
  return why;
}

std::string RabbitDriver::close_connection(const JsonNode& step, Out&) {
  const auto connection = connections_.find(text_of(step, "conn"));
  if (connection == connections_.end()) return fmt::format("no connection {}", to_text(node(text_of(step, "conn")), 80));
  server().close_connection(connection->second);
  return {};
}

std::string RabbitDriver::stop_node(const JsonNode& step, Out&) {
  server().stop_node(static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole_of(step, "node", 1), 0, most_nodes)), false);
  return {};
}

std::string RabbitDriver::kill_node(const JsonNode& step, Out&) {
  server().stop_node(static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole_of(step, "node", 1), 0, most_nodes)), true);
  return {};
}

std::string RabbitDriver::start_node(const JsonNode& step, Out&) {
  server().start_node(static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole_of(step, "node", 1), 0, most_nodes)));
  return {};
}

std::optional<rabbitmq::ChannelId> RabbitDriver::channel_of(const JsonNode& step, std::string& why) const {
  const auto found = channels_.find(text_of(step, "chan"));
  if (found != channels_.end()) return found->second;
  why = fmt::format("no channel {}", to_text(node(text_of(step, "chan")), 80));
  return std::nullopt;
}

rabbitmq::ChannelId RabbitDriver::some_channel(const JsonNode& step, std::string& why) {
  if (step.find("chan") != nullptr) {
    return channel_of(step, why).value_or(rabbitmq::ChannelId{});
  }
  const auto by_name = connections_.find(text_of(step, "via", text_of(step, "conn")));
  if (by_name != connections_.end()) return server().open(by_name->second);
  std::uint32_t at = 1;
  while (at < server().nodes() && !server().node_is_up(at)) ++at;
  const auto own = server().connect(at);
  if (own) return server().open(*own);
  why = "no node is up";
  return {};
}

std::string RabbitDriver::name_of(rabbitmq::ChannelId channel) const {
  for (const auto& [name, id] : channels_) {
    if (id == channel) return name;
  }
  return {};
}

// ---- topology --------------------------------------------------------------------------------------------------

std::string RabbitDriver::declare_exchange(const JsonNode& step, Out&) {
  std::string why;
  const rabbitmq::ChannelId channel = some_channel(step, why);
  if (!why.empty()) return why;
  rabbitmq::Exchange exchange;
  const auto type = rabbitmq::exchange_type(text_of(step, "type", "direct"));
  if (!type) return fmt::format("exchange type {}", to_text(node(text_of(step, "type")), 80));
  exchange.type = *type;
  exchange.durable = flag_of(step, "durable", true);
  exchange.auto_delete = flag_of(step, "auto_delete", false);
  exchange.internal = flag_of(step, "internal", false);
  exchange.alternate = text_of(step, "alternate_exchange");
  if (const JsonNode* arguments = step.find("arguments"); arguments != nullptr) exchange.alternate = text_of(*arguments, "alternate-exchange", exchange.alternate);
  server().declare_exchange(channel, text_of(step, "exchange"), exchange, flag_of(step, "passive", false));
  return {};
}

std::string RabbitDriver::delete_exchange(const JsonNode& step, Out&) {
  std::string why;
  const rabbitmq::ChannelId channel = some_channel(step, why);
  if (why.empty()) server().delete_exchange(channel, text_of(step, "exchange"));
  return why;
}

std::string RabbitDriver::declare_queue(const JsonNode& step, Out&) {
  std::string why;
  const rabbitmq::ChannelId channel = some_channel(step, why);
  if (!why.empty()) return why;
  rabbitmq::QueueDeclaration declaration;
  declaration.name = text_of(step, "queue");
  declaration.passive = flag_of(step, "passive", false);
  std::vector<rabbitmq::Setting> settings;
  const auto add = [&](std::string_view key, bool otherwise) {
    settings.push_back({std::string(key), flag_of(step, key, otherwise) ? "true" : "false", {}});
  };
  add("durable", false);
  add("exclusive", false);
  add("auto_delete", false);
  const JsonNode* arguments = step.find("arguments");
  if (arguments != nullptr && arguments->is(JsonKind::object)) {
    for (const JsonMember& member : arguments->members) {
      // Policies have the same keys without the prefix.
      const bool is_policy = rabbitmq::find_option("x-" + member.key, {rabbitmq::Scope::queue}) != nullptr;
      settings.push_back({is_policy ? "x-" + member.key : member.key, text_of(*arguments, member.key), {}});
      declaration.arguments[settings.back().key] = fmt::format("'{}' of type '{}'", settings.back().text, member.value.is(JsonKind::string) ? "longstr" : "signedint");
    }
  }
  Diagnostics diagnostics;
  declaration.settings = rabbitmq::read_queue(settings, settings_.profile, {}, diagnostics);
  const auto refused = std::find_if(diagnostics.all().begin(), diagnostics.all().end(), rabbitmq::is_refused_by_broker);
  if (!declaration.passive && refused != diagnostics.all().end()) server().refuse_declaration(channel, declaration.name, refused->message);
  else server().declare_queue(channel, declaration);
  return {};
}

std::string RabbitDriver::delete_queue(const JsonNode& step, Out&) {
  std::string why;
  const rabbitmq::ChannelId channel = some_channel(step, why);
  if (why.empty()) server().delete_queue(channel, text_of(step, "queue"), flag_of(step, "if_unused", false), flag_of(step, "if_empty", false));
  return why;
}

std::string RabbitDriver::purge_queue(const JsonNode& step, Out&) {
  std::string why;
  const rabbitmq::ChannelId channel = some_channel(step, why);
  if (why.empty()) server().purge_queue(channel, text_of(step, "queue"));
  return why;
}

std::optional<rabbitmq::Binding> RabbitDriver::binding_of(const JsonNode& step, bool to_exchange) const {
  rabbitmq::Binding binding;
  binding.to_exchange = to_exchange;
  binding.destination = text_of(step, to_exchange ? "destination" : "queue");
  binding.key = text_of(step, "routing_key");
  const JsonNode* arguments = step.find("arguments");
  if (arguments == nullptr || !arguments->is(JsonKind::object)) return binding;
  for (const JsonMember& member : arguments->members) {
    binding.arguments.push_back({member.key, kind_of(member.value), member.value.is(JsonKind::string) ? member.value.text : to_text(member.value)});
  }
  return binding;
}

std::string RabbitDriver::bind(const JsonNode& step, Out&) {
  std::string why;
  const rabbitmq::ChannelId channel = some_channel(step, why);
  if (why.empty()) server().bind(channel, text_of(step, "exchange"), *binding_of(step, false));
  return why;
}

std::string RabbitDriver::unbind(const JsonNode& step, Out&) {
  std::string why;
  const rabbitmq::ChannelId channel = some_channel(step, why);
  if (why.empty()) server().unbind(channel, text_of(step, "exchange"), *binding_of(step, false));
  return why;
}

std::string RabbitDriver::bind_exchange(const JsonNode& step, Out&) {
  std::string why;
  const rabbitmq::ChannelId channel = some_channel(step, why);
  if (why.empty()) server().bind(channel, text_of(step, "source", text_of(step, "exchange")), *binding_of(step, true));
  return why;
}

std::string RabbitDriver::counts(const JsonNode& step, Out& out) {
  const JsonNode* queues = step.find("queues");
  std::vector<std::string> names;
  if (queues != nullptr) {
    for (const JsonNode& name : queues->items) names.push_back(name.text);
  } else {
    names.push_back(text_of(step, "queue"));
  }
  std::optional<rabbitmq::ConnectionId> by;
  const auto connection = connections_.find(text_of(step, "via", text_of(step, "conn")));
  if (connection != connections_.end()) by = connection->second;
  const auto channel = channels_.find(text_of(step, "chan"));
  if (channel != channels_.end()) by = server().connection_of(channel->second);
  JsonNode all = object({});
  for (const std::string& name : names) {
    const rabbitmq::Counts counts = server().counts(name, by);
    JsonNode one = object({});
    if (counts.found) {
      put(one, "ready", node(static_cast<std::int64_t>(counts.ready)));
      put(one, "consumers", node(static_cast<std::int64_t>(counts.consumers)));
    } else {
      put(one, "error", node(counts.code));
      put(one, "text", node(counts.text));
    }
    put(all, name, std::move(one));
  }
  JsonNode observation = object({});
  put(observation, "counts", std::move(all));
  out.push_back({std::move(observation), "counts", false});
  return {};
}

}  // namespace flowtank::vectors
