// SPDX-License-Identifier: Apache-2.0
// SNS and SQS behind the World's port. A channel is a topic, a subscription is its queue; a service's handler runs are pollers
// of it. The rules of a queue are in Queue, which the vectors are held to; here is what a publish, a delivery, a settlement
// and the passing of time mean to it.
//
// Files: sns_sqs_broker.cpp (messages go in and out), sns_sqs_time.cpp (timeouts, retention, own actions), sns_sqs_faults.cpp
// (what strikes queues), sns_sqs_wiring.cpp (from options to queues).
//
// Under exploration there is no time. What a crashed or failed poller held becomes visible again by an action of its own, at any
// later position. A timeout while a poller works is such an action only where the handler can take longer than the timeout,
// also by a pause or slow time of its service, and the poller does not extend it; a pause as long as the timeout ends extending. Timed runs have timeouts, extensions, delays and retention.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <sim/world/bag.hpp>
#include <sim/world/broker.hpp>
#include <sim/world/world.hpp>

#include "models/brokers/floating/floating_copies.hpp"
#include "models/brokers/sns_sqs/dedup_window.hpp"
#include "models/brokers/sns_sqs/options.hpp"

namespace flowtank::sns_sqs {

// The kind as the registry lists it.
BrokerKind sns_sqs_broker();

struct TopicWiring {
  bool fifo = false, dedup_by_group = false;
  PublisherSettings publisher;
};

struct QueueWiring {
  std::uint32_t subscription = none;
  QueueSettings queue;
  SubscriptionSettings subscribed;
  PollerSettings poller;
  std::uint32_t dead_letters = none;  // a channel of this broker
  bool outlasts = false;              // a handler run may take longer than the visibility timeout, by its own steps and faults of its service
  bool stands_still = false;          // a pause alone may last so long: nobody extends the timeout meanwhile
  bool may_be_late = false;           // as above, also by waiting for others or by a fault
};

struct Wiring {
  std::vector<TopicWiring> topics;   // by channel of the System; those of other brokers have defaults
  std::vector<QueueWiring> queues;   // one a subscription of this broker
};
// Reads the options of the broker, its channels and subscriptions; all mistakes at once.
Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics);

// What filter policies see of a message (SNS-FILTER-1): attributes are id, type, key and the scalars of data; the body is data.
Json attributes_of(const System& system, const Value& message);
Json body_of(const System& system, const Value& message);

class SnsSqsBroker final : public Broker {
 public:
  SnsSqsBroker(const System& system, std::uint32_t index, Wiring wiring);

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
  using Node = Queue::Node;
  // Action::choice of its own actions (ActionKind::broker), with the receive count in the bits above; Action::b is the
  // subscription, Action::word the message.
  enum Own : std::uint32_t { timeout_over = 0, delay_over, too_late, again, tick, retention };
  static constexpr std::uint32_t own_bits = 3;
  // Copies (Action::b of a delivery): lanes, for their next message; from first_polled on what the poller of an instance has
  // received; from first_chosen on a certain message.
  static constexpr std::uint32_t first_polled = 0x20000000U, first_chosen = 0x40000000U;

  struct Polled {  // timed: with a client, waiting for its handler
    Queue::Receipt receipt;
    Word message = absent_word;
  };

  struct Source {  // of a subscription of this broker
    const QueueWiring* wiring = nullptr;
    Queue queue;
    FloatingCopies floating;
    Bag duplicated;        // explorations: what was already handed out twice by the product itself
    Cell unsettled = 0;
    std::int64_t tick_at = -1;       // timed: the earliest tick that is offered
    std::int64_t retention_at = -1;  // timed: the earliest look for old messages that is offered
    bool was_full = false;
    std::vector<std::deque<Polled>> polled;  // timed, by instance of the service
  };

  static std::int64_t now_ns(const World& world) { return world.timed() ? world.now().nanoseconds() : 0; }
  const QueueWiring& wiring(std::uint32_t s) const { return *sources_[s].wiring; }
  bool keeps_track(const World& world) const { return world.cells().tracking(); }

  // ---- messages (sns_sqs_broker.cpp)
  bool is_duplicate(World& world, std::uint32_t channel, Word message, const Publisher& by);
  Word group_of(const World& world, std::uint32_t channel, Word message) const;
  bool wants(const World& world, std::uint32_t s, Word message) const;
  void store(World& world, std::uint32_t s, Word message, std::uint32_t received, std::int64_t sent);
  void count(World& world, std::uint32_t s, Word message, int more);
  Node chosen(const World& world, std::uint32_t s, std::uint32_t copy) const;
  Queue::Receipt receive(World& world, std::uint32_t s, Node node);
  void offer_lane(World& world, std::uint32_t s, Queue::Lane lane);
  void offer_after(World& world, std::uint32_t s, Queue::Lane lane);  // one fewer is in flight
  void hand_out_twice(World& world, std::uint32_t s, Word message, std::uint32_t received);
  // The message that a delivery was of; 0: it is gone or was received again.
  Node held(const World& world, std::uint32_t s, const Delivery& delivery) const;
  void failed(World& world, std::uint32_t s, Node node, const Delivery& delivery, Settle how);
  Duration backoff(const World& world, std::uint32_t s, const Delivery& delivery, Settle how) const;

  // ---- time (sns_sqs_time.cpp)
  // Calls f(frame) for the runs that hold one of these receives of a message (by receive count) and have not settled it.
  template <typename F>
  void each_holder(const World& world, std::uint32_t s, Word message, std::uint32_t least, std::uint32_t most, F&& f) const;
  bool is_working(const World& world, std::uint32_t s, Node node) const;
  void fence_holders(World& world, std::uint32_t s, Word message, std::uint32_t below);
  void tell_redelivered(World& world, std::uint32_t s, Word message);
  void come_back(World& world, std::uint32_t s, Node node);
  void due(World& world, std::uint32_t s, Node node);
  void offer_tick(World& world, std::uint32_t s);
  void offer_retention(World& world, std::uint32_t s, std::int64_t at);
  void expire(World& world, std::uint32_t s);
  void dead_letter(World& world, std::uint32_t s, Node node);
  Node find(const World& world, const Action& action, Queue::State state) const;
  Action own(Own what, std::uint32_t s, Word message, std::uint32_t received) const;

  // ---- receives of several messages (sns_sqs_polls.cpp)
  static bool is_polled(std::uint32_t copy) { return copy >= first_polled && copy < first_chosen; }
  void offer_polled(World& world, std::uint32_t s, std::uint32_t slot) const;
  void poll_more(World& world, std::uint32_t s, Queue::Lane lane, std::uint32_t slot);
  Delivery start_polled(World& world, std::uint32_t s, std::uint32_t slot);
  bool is_with_poller(const World& world, std::uint32_t s, Node node) const;

  // ---- faults (sns_sqs_faults.cpp)
  void lose(World& world, std::uint32_t s, Node node, bool too_old);
  std::vector<Node> oldest(const World& world, std::uint32_t s) const;

  const System& system_;
  std::uint32_t index_;
  Wiring wiring_;
  std::vector<Source> sources_;                      // by subscription of the System
  std::vector<std::vector<std::uint32_t>> subscribers_;  // by channel
  std::vector<DedupWindow> windows_;                 // by channel
};

template <typename F>
void SnsSqsBroker::each_holder(const World& world, std::uint32_t s, Word message, std::uint32_t least, std::uint32_t most, F&& f) const {
  const Runs& runs = world.runs();
  const std::uint32_t service = system_.subscriptions[s].service, first = runs.first_instance(service);
  for (std::uint32_t i = first; i < first + system_.services[service].instances; ++i) {
    for (std::uint32_t frame = runs.frames_begin(i); frame < runs.frames_end(i); ++frame) {
      if (!runs.active(frame) || runs.input_of(frame) != message) continue;
      const Origin from = runs.origin_of(frame);
      const bool holds = from.kind == OriginKind::message && from.source == s && !from.settled && from.token != FloatingCopies::token;
      if (holds && from.attempts + 1 >= least && from.attempts + 1 <= most) f(frame);
    }
  }
}

}  // namespace flowtank::sns_sqs
