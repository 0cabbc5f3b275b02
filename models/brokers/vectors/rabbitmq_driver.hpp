// SPDX-License-Identifier: Apache-2.0
// Plays vectors against the RabbitMQ model: AMQP clients of a cluster of three nodes under a virtual clock. Everything here is
// translation; rules live in models/brokers/rabbitmq. Each op is followed by the pause that the recorder made, and what clients
// were told meanwhile are its observations, in lanes by channel.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <models/brokers/rabbitmq/options.hpp>
#include <models/brokers/rabbitmq/server.hpp>
#include <models/brokers/virtual_clock.hpp>

#include "models/brokers/vectors/driver.hpp"

namespace flowtank::vectors {

class RabbitDriver final : public Driver {
 public:
  explicit RabbitDriver(const Script& vector);
  ~RabbitDriver() override;

  std::string play(const Step& step, bool is_setup, std::vector<Observation>& out) override;
  void settle(const Step& step, const Step* next) override;
  std::int64_t now_ms() const override { return clock_.now_ms(); }
  bool collects(const Step& step) const override;

 private:
  using Out = std::vector<Observation>;
  using Handler = std::string (RabbitDriver::*)(const JsonNode&, Out&);
  static const std::map<std::string, Handler, std::less<>>& handlers();

  // ---- ops; each gives an empty text, or why it is not supported
  std::string configure(const JsonNode& step, Out& out);
  std::string connect(const JsonNode& step, Out& out);
  std::string open_channel(const JsonNode& step, Out& out);
  std::string close_channel(const JsonNode& step, Out& out);
  std::string close_connection(const JsonNode& step, Out& out);
  std::string declare_exchange(const JsonNode& step, Out& out);
  std::string delete_exchange(const JsonNode& step, Out& out);
  std::string declare_queue(const JsonNode& step, Out& out);
  std::string delete_queue(const JsonNode& step, Out& out);
  std::string purge_queue(const JsonNode& step, Out& out);
  std::string bind(const JsonNode& step, Out& out);
  std::string unbind(const JsonNode& step, Out& out);
  std::string bind_exchange(const JsonNode& step, Out& out);
  std::string counts(const JsonNode& step, Out& out);
  std::string select_confirms(const JsonNode& step, Out& out);
  std::string publish(const JsonNode& step, Out& out);
  std::string select_tx(const JsonNode& step, Out& out);
  std::string commit_tx(const JsonNode& step, Out& out);
  std::string roll_back_tx(const JsonNode& step, Out& out);
  std::string qos(const JsonNode& step, Out& out);
  std::string consume(const JsonNode& step, Out& out);
  std::string cancel(const JsonNode& step, Out& out);
  std::string get(const JsonNode& step, Out& out);
  std::string ack(const JsonNode& step, Out& out);
  std::string nack(const JsonNode& step, Out& out);
  std::string reject(const JsonNode& step, Out& out);
  std::string recover(const JsonNode& step, Out& out);
  std::string stop_node(const JsonNode& step, Out& out);
  std::string kill_node(const JsonNode& step, Out& out);
  std::string start_node(const JsonNode& step, Out& out);
  std::string wait(const JsonNode& step, Out& out);

  // ---- names and messages
  rabbitmq::Server& server();
  std::optional<rabbitmq::ChannelId> channel_of(const JsonNode& step, std::string& why) const;
  // For ops that may come without a channel: one of `via`, or of a connection of its own. No channel where it says why.
  rabbitmq::ChannelId some_channel(const JsonNode& step, std::string& why);
  std::string settle_delivery(const JsonNode& step, rabbitmq::Server::Settling how);
  std::string name_of(rabbitmq::ChannelId channel) const;
  void told(const rabbitmq::ClientEvent& event);
  void put_message(JsonNode& node, const rabbitmq::Message& message, bool as_routed) const;
  JsonNode headers_of(const rabbitmq::ClientEvent& event) const;
  rabbitmq::Message message_of(const JsonNode& step);
  std::optional<rabbitmq::Binding> binding_of(const JsonNode& step, bool to_exchange) const;
  void run_for(std::int64_t ms);

  struct Payload {
    JsonNode body, properties;
  };
  VirtualClock clock_;
  rabbitmq::ServerSettings settings_;
  std::unique_ptr<rabbitmq::Server> server_;   // made by the first op that is no configuration
  std::map<std::string, rabbitmq::ConnectionId> connections_;
  std::map<std::string, rabbitmq::ChannelId> channels_;
  std::vector<Payload> payloads_;
  Out told_;
  std::int64_t pause_ms_ = 0;                  // after the op that is played
  std::string publishes_on_;                   // the channel, while a publish is played
  bool to_node_ = false;                       // an op on a node is played
  bool nodes_went_ = false;                    // one was played before
  bool exhausted_ = false;
};

}  // namespace flowtank::vectors
