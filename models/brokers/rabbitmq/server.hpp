// SPDX-License-Identifier: Apache-2.0
// A RabbitMQ cluster as AMQP clients see it: connections, channels, topology, deliveries, confirms, errors, under a virtual clock.
// Vectors talk to it. Queues themselves are in queue.hpp, the same that a World has. Objects, not cells, hold what a client holds:
// a vector is never undone. A channel that is gone is silent: what is asked of it has no effect.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/brokers/rabbitmq/exchange.hpp"
#include "models/brokers/rabbitmq/message.hpp"
#include "models/brokers/rabbitmq/queue.hpp"
#include "models/brokers/virtual_clock.hpp"

namespace flowtank::rabbitmq {

struct ServerSettings {
  Profile profile;
  std::int64_t consumer_timeout_ms = 1'800'000;       // RMQ-ACK-5; 0: off
  std::int64_t channel_tick_interval_ms = 60'000;
  std::int64_t default_consumer_prefetch = 0;         // RMQ-QOS-2
  std::int64_t max_message_bytes = 0;                 // 0: the release's
  std::int64_t quorum_cluster_size = 3;
  std::uint32_t nodes = 3;
};

using ChannelId = std::uint32_t;
using ConnectionId = std::uint32_t;

// What a client is told.
struct ClientEvent {
  enum class Kind : std::uint8_t { deliver, get_ok, get_empty, returned, ack, nack, channel_closed, consumer_cancelled };
  Kind kind = Kind::deliver;
  ChannelId channel = 0;
  std::string consumer;
  std::uint64_t tag = 0;
  bool redelivered = false;
  std::shared_ptr<const Message> message;
  std::uint64_t left = 0;                        // get_ok
  std::optional<std::uint32_t> delivery_count, acquired_count;
  int code = 0;
  std::string text;
};

struct QueueDeclaration {
  std::string name;
  bool passive = false;
  QueueSettings settings;
  std::map<std::string, std::string> arguments;  // as written, for RMQ-Q-5
};

struct Counts {
  bool found = false;
  std::uint64_t ready = 0, consumers = 0;
  int code = 0;
  std::string text;
};

class Server final : private QueueHost {
 public:
  Server(VirtualClock& clock, const ServerSettings& settings, std::function<void(const ClientEvent&)> tell);
  ~Server() override;

  ServerSettings& settings() { return settings_; }

  // ---- connections and channels (server.cpp)
  std::optional<ConnectionId> connect(std::uint32_t node);
  ChannelId open(ConnectionId connection);
  bool alive(ChannelId channel) const { return channel < channels_.size() && channels_[channel].alive; }
  void close_channel(ChannelId channel);
  void close_connection(ConnectionId connection);
  void stop_node(std::uint32_t node, bool crash);
  void start_node(std::uint32_t node);
  bool node_is_up(std::uint32_t node) const { return nodes_up_.count(node) != 0; }
  std::uint32_t nodes() const { return settings_.nodes; }
  ConnectionId connection_of(ChannelId channel) const { return channels_[channel].connection; }

  // ---- topology (server_topology.cpp); the channel closes on errors
  void declare_exchange(ChannelId channel, const std::string& name, Exchange exchange, bool passive);
  void delete_exchange(ChannelId channel, const std::string& name);
  void declare_queue(ChannelId channel, const QueueDeclaration& declaration);
  // What cannot be declared at all (a value out of range): 406.
  void refuse_declaration(ChannelId channel, const std::string& queue, const std::string& why);
  void delete_queue(ChannelId channel, const std::string& name, bool if_unused, bool if_empty);
  void purge_queue(ChannelId channel, const std::string& name);
  void bind(ChannelId channel, const std::string& exchange, const Binding& binding);
  void unbind(ChannelId channel, const std::string& exchange, const Binding& binding);
  // A passive declare of its own connection, which is on the first node that is up (`by`: that client's connection).
  Counts counts(const std::string& queue, std::optional<ConnectionId> by);

  // ---- publishing (server_publish.cpp)
  void select_confirms(ChannelId channel);
  void publish(ChannelId channel, Message message, bool mandatory);
  void select_tx(ChannelId channel);
  void end_tx(ChannelId channel, bool commit);

  // ---- consuming (server_consume.cpp)
  void qos(ChannelId channel, std::int64_t prefetch, bool global);
  void consume(ChannelId channel, const std::string& queue, const std::string& tag, bool no_ack, bool exclusive, std::int64_t priority);
  void cancel(ChannelId channel, const std::string& tag);
  void get(ChannelId channel, const std::string& queue, bool no_ack);
  enum class Settling : std::uint8_t { ack, nack, reject };
  void settle(ChannelId channel, std::uint64_t tag, Settling how, bool multiple, bool requeue);
  void recover(ChannelId channel, bool requeue);

 private:
  struct LiveQueue {
    std::string name;
    std::uint32_t number = 0;
    QueueDeclaration declared;
    std::unique_ptr<Queue> queue;
    std::vector<std::pair<ChannelId, std::string>> consumers;  // by number in the queue: channel and tag
    std::optional<ConnectionId> owner;          // exclusive
    std::uint32_t node = 1;                     // home, or leader
    std::vector<std::uint32_t> members;         // quorum: nodes with a copy
    bool alive = true;                          // false: deleted
    bool down = false;                          // RMQ-DUR-4
    bool exclusive_consumer = false;
    std::uint64_t generation = 0;               // what was handed out before a restart is not known any more
    std::int64_t last_used_ms = 0;              // RMQ-TTL-7
    std::optional<VirtualClock::EventId> timer, expiry;
    std::int64_t timer_ms = 0;
    bool serves = true;                         // quorum: has a leader and a majority
    std::vector<std::function<void()>> waiting; // quorum: asked meanwhile
  };
  // Queues live as long as the server does, also deleted ones: what waits in a queue may name it without keeping it alive.
  using QueuePtr = LiveQueue*;
  struct Unsettled {
    QueuePtr queue;
    std::uint64_t generation = 0;
    Entry entry = 0;
    std::uint32_t consumer = nobody;            // nobody: basic.get
    std::int64_t since_ms = 0;
  };
  struct ChannelConsumer {
    QueuePtr queue;
    std::uint32_t number = 0;
  };
  struct Channel {
    ConnectionId connection = 0;
    std::uint32_t number = 1;
    bool alive = true, confirms = false, tx = false;
    std::uint64_t published = 0, delivered = 0;
    std::int64_t prefetch = 0, channel_limit = 0;
    std::map<std::uint64_t, Unsettled> unsettled;
    std::map<std::string, ChannelConsumer> consumers;
    std::vector<std::function<void()>> tx_publishes, tx_settlements;
    std::map<std::uint64_t, Unsettled> tx_settled;
  };
  struct Connection {
    std::uint32_t node = 1;
    bool alive = true;
  };
  struct Confirm {
    ChannelId channel = 0;
    std::uint64_t number = 0;   // 0: nobody wants to know
    std::size_t open = 0;
    bool refused = false;
  };
  using ConfirmPtr = std::shared_ptr<Confirm>;

  // QueueHost
  bool send(std::uint32_t queue, std::uint32_t consumer, Entry entry) override;
  void died(std::uint32_t queue, const Copy& copy, DeathReason reason) override;
  bool has_room(std::uint32_t queue, std::uint32_t consumer) const override;
  std::uint64_t bytes_of(Word message) const override { return message_of(message)->bytes; }

  Queue::Context context() { return {cells_, pool_, (clock_.now_ms() + 1) * 1'000'000}; }
  const std::shared_ptr<const Message>& message_of(Word word) const;
  Word word_of(Message message);
  void fail(ChannelId channel, int code, std::string text);
  void drop_channel(ChannelId channel, Return how);
  void drop_connection(ConnectionId connection);
  void watch_channel(ChannelId channel);
  void overdue(ChannelId channel);
  std::int64_t timeout_of(const LiveQueue& queue) const;  // RMQ-ACK-5: the queue's own, or the cluster's; ms, 0: never
  QueuePtr find(const std::string& name) const;
  std::vector<QueuePtr> declared_so_far() const;  // by number; what is done to them may declare more
  QueuePtr usable(ChannelId channel, const std::string& name);
  void erase_queue(QueuePtr q);
  void touch(QueuePtr q);
  void schedule(QueuePtr q);
  void cancel_consumers(QueuePtr q);
  void leave(QueuePtr q, std::uint32_t consumer);
  void when_serving(QueuePtr q, std::function<void()> what);
  void elect(QueuePtr q);
  bool has_majority(const LiveQueue& q) const;
  void route(const ConfirmPtr& confirm, const Message& message, bool mandatory);
  void enqueue(QueuePtr q, const Message& message, const ConfirmPtr& confirm);
  void confirm(const ConfirmPtr& confirm, bool accepted);
  void bury(QueuePtr q, Message message, DeathReason reason);
  void bury_surely(QueuePtr source, const Message& letter, std::vector<std::string> targets);
  void tell_delivery(ClientEvent event, QueuePtr q, Entry entry, bool pushed);
  void give_back(ChannelId channel, std::map<std::uint64_t, Unsettled> unsettled, Return how);
  void finish(const Unsettled& what, Settling how, bool requeue);
  void room_again(ChannelId channel);
  std::string vhost(const std::string& what, const std::string& name) const { return what + " '" + name + "' in vhost '/'"; }

  VirtualClock& clock_;
  ServerSettings settings_;
  std::function<void(const ClientEvent&)> tell_;
  Pool pool_;
  Cells cells_;
  Entries entries_;
  Router router_;
  std::vector<std::shared_ptr<const Message>> messages_;
  std::vector<std::unique_ptr<LiveQueue>> queues_;        // ever declared, by number
  std::map<std::string, QueuePtr> by_name_;
  std::vector<Connection> connections_;
  std::vector<Channel> channels_;
  std::set<std::uint32_t> nodes_up_;
};

}  // namespace flowtank::rabbitmq
