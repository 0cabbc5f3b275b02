// SPDX-License-Identifier: Apache-2.0
// The port behind which every broker lives. A broker is a set of components (cells of the World), what a
// publish and a settlement do to them when they take effect, and which copies may be delivered next.
// The engine knows no product by name; models/brokers implements this port, one product a folder.
//
// The port was written against what Kafka, RabbitMQ, SQS, JetStream and Redis Streams do: a publish may be
// accepted, refused or (for the caller) stay open; a subscription is a queue, a consumer group or a
// stream consumer; a settlement may be by copy, cumulative (offset commit) or refuse with requeue; a
// consumer that disappears gives its copies back in the product's own order; brokers have actions of
// their own (rebalance, expiry) with timer classes.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "sim/world/action.hpp"
#include "sim/world/system.hpp"

namespace flowtank {

class World;

enum class PublishResult : std::uint8_t { accepted, refused };

enum class Settle : std::uint8_t {
  ack,      // done
  requeue,  // again, now
  retry,    // again, counted as an attempt; after the backoff in timed runs
  discard,  // never again (it went to the dead letters)
};

// A copy handed to a handler run; what the run must remember of it to settle it. Part of the state, so
// it holds meanings (lane by key, attempts), never addresses.
struct Delivery {
  Word message = absent_word;
  std::uint32_t attempts = 0;   // failed handlings before this one, saturated at 255
  std::uint32_t token = 0;      // broker's own (below 2^24), for example 1 = from the floating copies
};

class Broker {
 public:
  virtual ~Broker() = default;

  // Allocates components. Called once when the World is built, channels and subscriptions in order.
  virtual void build(World& world) = 0;
  // Called before reset() when the World drops contents: every Word and every cell allocated since build() is
  // invalid, so whatever remembers them is cleared.
  virtual void forget(World& world) = 0;
  // Called after the World was reset: every cell is zero again.
  virtual void reset(World& world) = 0;

  // A publish takes effect. Stores copies for every subscription of the channel.
  virtual PublishResult publish(World& world, std::uint32_t channel, Word message) = 0;

  // Appends a `deliver` action for every copy that may be handed out next on a subscription; consumers
  // are the World's business. Exploration only.
  virtual void deliverable(const World& world, std::uint32_t subscription, std::vector<Action>& out) const = 0;
  // May `copy` (Action::b) still be handed out? Timed runs ask before they apply.
  virtual bool can_deliver(const World& world, std::uint32_t subscription, std::uint32_t copy) const = 0;
  // Hands it out: from now on it is in flight.
  virtual Delivery deliver(World& world, std::uint32_t subscription, std::uint32_t copy) = 0;
  // A settlement takes effect, or the consumer is gone (requeue).
  virtual void settle(World& world, std::uint32_t subscription, const Delivery& delivery, Settle how) = 0;

  // The broker's own actions; default none.
  virtual void enabled(const World&, std::vector<Action>&) const {}
  virtual void apply(World&, const Action&) {}

  // Copies that a fault may strike: one action of `kind` each (duplicate, lose, reorder).
  virtual void strikable(const World& world, std::uint32_t subscription, ActionKind kind, std::uint16_t fault,
                         std::vector<Action>& out) const = 0;
  virtual Word message_of(const World& world, std::uint32_t subscription, std::uint32_t copy) const = 0;
  virtual void strike(World& world, const Action& action) = 0;

  // Accepted copies that are not settled, over all subscriptions (0 at quiescence).
  virtual std::uint64_t unsettled(const World& world) const = 0;
};

// Kinds of brokers by name. The faces fill one from models/brokers; tests may add their own.
struct BrokerKind {
  std::string_view name;
  std::string_view summary;
  // Checks the options; nullptr and diagnostics when they are wrong. `index` is the broker's in the System.
  std::unique_ptr<Broker> (*create)(const System& system, std::uint32_t index, Diagnostics& diagnostics);
};
using BrokerRegistry = std::vector<BrokerKind>;

}  // namespace flowtank
