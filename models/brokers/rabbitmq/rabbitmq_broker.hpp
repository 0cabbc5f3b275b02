// SPDX-License-Identifier: Apache-2.0
// RabbitMQ behind the World's port: what a scenario's services see of it. It holds no rule of a queue; those are in Queue, Consumers,
// Router and the deaths, which the recorded vectors are held to. It maps the World to them: a channel is an exchange, a subscription
// is a queue bound to it, each instance of the service is one consumer with its prefetch, a delivery is the next copy that was
// sent to an instance, a settlement is what its client does.
//
// Files: rabbitmq_build.cpp (components), rabbitmq_broker.cpp (copies come in and are handed out), rabbitmq_settle.cpp (how they end,
// dead letters), rabbitmq_faults.cpp (nodes, faults), rabbitmq_mirrors.cpp (mirrors, partitions), rabbitmq_wiring.cpp (from options to exchanges and queues).
//
// Under exploration there is no time: a time to live passes only in queues without consumers (an action at any moment) and
// through the fault `expiry`. A consumer timeout passes only where handlers, what is prefetched before them and pauses can last so long
// (handling_time.hpp), and for each copy once; anywhere it is the fault `ack_deadline`. Timed runs have them all.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sim/world/bag.hpp>
#include <sim/world/broker.hpp>

#include "models/brokers/floating/floating_copies.hpp"
#include "models/brokers/rabbitmq/options.hpp"
#include "models/brokers/rabbitmq/queue.hpp"

namespace flowtank::rabbitmq {

// The kind as the registry lists it.
BrokerKind rabbitmq_broker();

struct ExchangeWiring {
  std::uint32_t channel = none;
  ExchangeSettings exchange;
  PublisherSettings publisher;
};

struct QueueWiring {
  std::string name;
  std::uint32_t subscription = none;   // none: nobody consumes it
  QueueSettings queue;
  ConsumerSettings consumer;
  std::vector<std::pair<std::string, std::string>> bindings;  // exchange, key
};

struct Wiring {
  BrokerSettings broker;
  std::vector<ExchangeWiring> exchanges;
  std::vector<QueueWiring> queues;     // those of subscriptions first, in their order
};
// Reads the options of the broker, its channels and subscriptions; all mistakes at once.
Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics);

class RabbitBroker final : public Broker, private QueueHost {
 public:
  RabbitBroker(const System& system, std::uint32_t index, Wiring wiring);

  void build(World& world) override;
  void forget(World& world) override;
  void reset(World& world) override;
  PublishResult publish(World& world, std::uint32_t channel, Word message, const Publisher& by) override;
  PublishManners manners(std::uint32_t channel) const override;
  void deliverable(const World& world, std::uint32_t subscription, std::vector<Action>& out) const override;
  bool can_deliver(const World& world, std::uint32_t subscription, std::uint32_t copy) const override;
  std::uint32_t consumer_of(const World& world, std::uint32_t subscription, std::uint32_t copy) const override;
  Delivery deliver(World& world, std::uint32_t subscription, std::uint32_t copy) override;
  void settle(World& world, std::uint32_t subscription, const Delivery& delivery, Settle how) override;
  void instance_down(World& world, std::uint32_t instance) override;
  void instance_up(World& world, std::uint32_t instance) override;
  void enabled(const World& world, std::vector<Action>& out) const override;
  void apply(World& world, const Action& action) override;
  bool is_inert(const World& world, const Action& action) const override;
  void strikable(const World& world, std::uint32_t subscription, ActionKind kind, std::uint16_t fault, std::vector<Action>& out) const override;
  Word message_of(const World& world, std::uint32_t subscription, std::uint32_t copy) const override;
  void strike(World& world, const Action& action) override;
  void strikes(const World& world, std::uint16_t fault, std::vector<Action>& out) const override;
  std::string describe(const World& world, const Action& action) const override;
  std::uint64_t unsettled(const World& world, std::uint32_t subscription) const override;

 private:
  // Actions of its own: op in the upper byte of Action::b, the queue below.
  enum Own : std::uint32_t { expire, look, nack, overdue, wake, heal };
  static constexpr std::uint64_t timed_marks = 0x7fffff;  // bits of an entry that name it in a run
  struct LiveQueue {
    std::unique_ptr<Queue> queue;
    FloatingCopies floating;
    Cell unsettled = 0;
    Cell gone = 0;                          // RMQ-Q-3: deleted with its last consumer, until one is there again
    std::int64_t look_at = 0;               // timed: a look is offered for then, ns; 0: none
    std::vector<char> watched;              // timed, by consumer: a watch over its deliveries is offered
    std::uint32_t first_instance = none;
    std::uint32_t instances = 0;
    // Only where faults can show them (rabbitmq_mirrors.cpp).
    std::uint32_t twin = none;              // what the cut-off home node goes on with
    Cell split = no_cell;                   // 1: its nodes do not see each other
    Cell unsynced = no_cell;                // RMQ-HA-3: so many mirrors are behind
    Bag lacking;                            // messages that the oldest of them has not
    Bag alone;                              // published while it was cut in two
    RecordId cut_by = no_record;            // traces: the fault that did it
    // Exploration, RMQ-ACK-5: what a consumer has can be overdue while it handles a copy; also while it does nothing.
    bool late_at_work = false, late_at_rest = false;
  };
  struct Dead {
    std::uint32_t queue;
    Copy copy;
    DeathReason reason;
    bool told;                              // the World tells of this end itself
  };

  // QueueHost
  bool send(std::uint32_t queue, std::uint32_t consumer, Entry entry) override;
  void died(std::uint32_t queue, const Copy& copy, DeathReason reason) override;
  bool has_room(std::uint32_t, std::uint32_t) const override { return true; }
  std::uint64_t bytes_of(Word) const override { return 0; }

  Queue::Context context(World& world) const;
  Action own(Own op, std::uint32_t queue) const {
    return {.kind = ActionKind::broker, .a = index_, .b = static_cast<std::uint32_t>(op) << 24 | queue};
  }
  std::uint32_t queue_of(std::uint32_t subscription) const { return queue_of_subscription_[subscription]; }
  const std::vector<std::uint32_t>& route(const World& world, std::uint32_t channel, Word message);
  std::vector<std::uint32_t> routed(const std::string& exchange, const std::string& key) const;
  std::string key_of(const World& world, std::uint32_t channel, Word message) const;
  bool store(World& world, std::uint32_t queue, Word message, const PublisherSettings& publisher);
  bool enqueue(World& world, std::uint32_t queue, const Copy& copy);
  void after(World& world, std::uint32_t queue);
  void offer_head(std::uint32_t queue, std::uint32_t consumer);
  void watch(World& world, std::uint32_t queue, std::uint32_t consumer);
  void time_out(World& world, std::uint32_t queue, std::uint32_t consumer);
  void end_overdue(World& world, std::uint32_t queue, std::uint32_t consumer);
  std::int64_t timeout_ms(std::uint32_t queue) const;  // RMQ-ACK-5: the queue's own, or the broker's; 0: never
  void look_at_handlers(std::uint32_t queue);
  std::vector<std::uint32_t> stopped_by(const World& world, std::uint32_t queue, std::uint32_t consumer) const;
  bool may_be_overdue(const Cells& cells, std::uint32_t queue, std::uint32_t consumer) const;
  std::int64_t held_since(const World& world, std::uint32_t queue, std::uint32_t consumer) const;
  void bury_all(World& world);
  void bury(World& world, const Dead& dead);
  // What a dead letter carries: the key that it was published with, then its deaths, the newest first.
  Word with_death(World& world, Word letter, const std::string& key, std::uint32_t queue, DeathReason reason) const;
  std::string dead_letter_key(const World& world, const Dead& dead) const;
  std::uint64_t rejections(const World& world, Word letter, std::uint32_t queue) const;
  bool closes_circle_at(const World& world, Word letter, std::uint32_t queue) const;
  Entry handled_entry(const World& world, std::uint32_t queue, const Delivery& delivery) const;
  void failed(World& world, std::uint32_t subscription, Entry entry, const Delivery& delivery, Settle how);
  void return_now(World& world, std::uint32_t queue, Entry entry);
  bool fenced(World& world, std::uint32_t subscription, Entry entry, const Delivery& delivery) const;
  void fence(World& world, std::uint32_t queue, std::uint32_t consumer, std::span<const Entry> taken) const;
  void gone(World& world, std::uint32_t queue, Word message, Fate fate);
  void lost(World& world, std::uint32_t queue, Word message, Fate fate);
  void leave(World& world, std::uint32_t queue, std::uint32_t consumer);
  Entry entry_at(const World& world, std::uint32_t queue, std::uint32_t position) const;
  // `unconfirmed`: so many of the newest go that nobody was told of.
  void restart(World& world, std::uint32_t queue, const Fault& fault, std::uint64_t unconfirmed);
  bool goes(const World& world, std::uint32_t queue, const Fault& fault, Entry entry) const;
  std::uint64_t lost_by_restart(const World& world, std::uint32_t queue, const Fault& fault) const;
  std::uint64_t unconfirmed(const World& world, std::uint32_t queue, const Fault& fault) const;
  void strike_nodes(World& world, std::uint32_t queue, const Fault& fault, std::uint64_t count);

  // ---- mirrors and partitions (rabbitmq_mirrors.cpp)
  static constexpr std::uint32_t partition_cause = 2;         // of crash, power, partition: the words of failover's parameter
  static constexpr std::uint32_t twin_mark = 0x800000;        // in the token of a delivery: it is the twin's
  void build_mirrors(World& world, std::uint32_t queue);
  std::uint32_t queue_at(std::uint32_t subscription, std::uint32_t token) const;
  Entry head_for(const Cells& cells, std::uint32_t queue, std::uint32_t consumer) const;
  std::int64_t node_of_consumer(std::uint32_t queue, std::uint32_t consumer) const;
  std::int64_t node_of_publisher(std::uint32_t channel, std::uint32_t instance, std::uint32_t number) const;
  std::int64_t home_of(std::uint32_t queue) const;
  std::int64_t mirrors_of(std::uint32_t queue) const;
  bool can_be_cut(const Fault& fault, std::uint32_t queue) const;
  std::uint32_t serving(const Cells& cells, std::uint32_t queue, std::uint32_t consumer) const;
  std::uint32_t side_of_publisher(const World& world, std::uint32_t channel, std::uint32_t queue, const Publisher& by) const;
  std::vector<std::uint32_t> disconnect(World& world, std::uint32_t queue);
  std::vector<Entry> contents(const Cells& cells, std::uint32_t queue) const;
  void copy_contents(World& world, std::uint32_t from, std::uint32_t to);
  void cut_off(World& world, std::uint32_t queue, const Fault& fault);
  bool home_wins(const World& world, std::uint32_t queue) const;
  void discard(World& world, std::uint32_t queue);
  void note_alone(World& world, std::uint32_t whole, std::uint32_t side, Word message);
  static void empty(Cells& cells, Bag& bag);
  void heal_partition(World& world, std::uint32_t queue);
  bool lacks(const World& world, std::uint32_t queue, Entry entry) const;
  void note_unsynced(World& world, std::uint32_t queue);
  bool selected(const Fault& fault, std::uint32_t queue) const;

  const System& system_;
  std::uint32_t index_;
  Wiring wiring_;
  Entries entries_;
  Router router_;
  std::vector<LiveQueue> queues_;         // twins after all others
  std::uint32_t first_twin_ = 0;
  std::vector<std::uint32_t> queue_of_subscription_;
  std::vector<std::uint32_t> exchange_of_channel_;
  std::vector<std::vector<std::vector<std::uint32_t>>> routes_;   // by exchange and message type, where keys are types
  std::vector<std::vector<char>> known_routes_;
  std::vector<std::uint32_t> scratch_route_;
  std::vector<Dead> dead_;
  std::uint64_t most_deaths_ = 255;       // counts of deaths saturate here
  World* world_ = nullptr;                // during an operation
  bool discards_ = false;                 // its client gives a copy up
  std::deque<std::int64_t> ready_at_;     // timed, by entry: ns; only where something delays
  std::int64_t arrives_at_ = 0;           // of the copy that is being published
};

}  // namespace flowtank::rabbitmq
