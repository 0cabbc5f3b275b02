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
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "sim/world/action.hpp"
#include "sim/world/system.hpp"

namespace flowtank {

class World;

enum class PublishResult : std::uint8_t { accepted, refused };

// Who publishes: the client library inside an instance is what sessions, sequence numbers and epochs belong to.
struct Publisher {
  std::uint32_t instance = none;  // none: its sender is gone, or does not wait
  bool again = false;             // the client library repeats a request whose answer it has not heard
  bool took_effect = false;       // again: the earlier one did take effect, which the library cannot know
};

// How the client library of a channel's publishers behaves.
struct PublishManners {
  bool hears = true;  // false: it waits for no answer and takes every publish for done
  // After this time without an answer it sends the same request again by itself; infinite: it tells the
  // application at once that the outcome is unknown. Timer class race.
  Duration again_after = Duration::infinite();
  // So long it goes on when the broker is away or refuses, before the application hears of it. Timed runs only.
  Duration gives_up_after;
  // Publishing is one action where the broker can be reached and takes it: the request is never on the way, its answer never
  // open. What a bus inside the publisher's process does.
  bool at_once = false;
};

enum class Settle : std::uint8_t {
  ack,      // done
  requeue,  // again, now
  abandon,  // its consumer is gone
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
  virtual PublishResult publish(World& world, std::uint32_t channel, Word message, const Publisher& by) = 0;
  virtual PublishManners manners(std::uint32_t /*channel*/) const { return {}; }

  // Appends a `deliver` action for every copy that may be handed out next on a subscription; consumers
  // are the World's business. Exploration only.
  virtual void deliverable(const World& world, std::uint32_t subscription, std::vector<Action>& out) const = 0;
  // May `copy` (Action::b) still be handed out? Timed runs ask before they apply.
  virtual bool can_deliver(const World& world, std::uint32_t subscription, std::uint32_t copy) const = 0;
  // The instance that alone may be handed this copy (it owns the partition); none: any of the service.
  virtual std::uint32_t consumer_of(const World&, std::uint32_t /*subscription*/, std::uint32_t /*copy*/) const { return none; }
  // Hands it out: from now on it is in flight.
  virtual Delivery deliver(World& world, std::uint32_t subscription, std::uint32_t copy) = 0;
  // A settlement takes effect, or the consumer is gone (requeue).
  virtual void settle(World& world, std::uint32_t subscription, const Delivery& delivery, Settle how) = 0;

  // An instance died (its runs are gone, what they held was returned by settle), or is back. Under exploration
  // both come in one action.
  virtual void instance_down(World&, std::uint32_t /*instance*/) {}
  virtual void instance_up(World&, std::uint32_t /*instance*/) {}

  // The broker's own actions; default none.
  virtual void enabled(const World&, std::vector<Action>&) const {}
  virtual void apply(World&, const Action&) {}
  // Timed: an action of its own that was offered and, however late it comes, would change nothing that anything but itself
  // reads and would offer nothing (a watch over what is over). A run that has only such actions left is at rest.
  virtual bool is_inert(const World&, const Action&) const { return false; }

  // Copies that a fault may strike: one action of `kind` each (duplicate, lose, reorder).
  virtual void strikable(const World& world, std::uint32_t subscription, ActionKind kind, std::uint16_t fault,
                         std::vector<Action>& out) const = 0;
  virtual Word message_of(const World& world, std::uint32_t subscription, std::uint32_t copy) const = 0;
  virtual void strike(World& world, const Action& action) = 0;
  // Faults of the broker itself (a leader fails, a group rebalances): every way in which this fault can strike
  // now, as ActionKind::fault_broker with `a` = the broker and `b`, `choice`, `word` its own; strike() applies one. A timed
  // run takes the first, so the most harmful comes first.
  virtual void strikes(const World&, std::uint16_t /*fault*/, std::vector<Action>&) const {}

  // What an action of its own (broker, fault_broker) does, in words without numbers that depend on history:
  // "rebalance payments", "commit payment orders/0". Decision logs hold it; it tells enabled actions apart.
  virtual std::string describe(const World&, const Action&) const { return {}; }

  // Accepted copies of a subscription that are not settled (0 at quiescence): its backlog.
  virtual std::uint64_t unsettled(const World& world, std::uint32_t subscription) const = 0;
};

// One configuration key of a product, in its own words: what the loader accepts and `explain` prints.
struct OptionInfo {
  std::string_view key;
  std::string_view scope;    // broker, topic, producer, consumer, ...
  std::string_view type;     // bool, int, ms, bytes, list, or the allowed words separated by |
  std::string_view otherwise;  // the product's default, as it writes it
  std::string_view meaning;  // one sentence
  std::string_view rules;    // ids of the modelled rules, separated by spaces
};

// Kinds of brokers by name. The faces fill one from models/brokers; tests may add their own.
struct BrokerKind {
  std::string_view name;
  std::string_view summary;
  // Checks the options; nullptr and diagnostics when they are wrong. `index` is the broker's in the System.
  std::unique_ptr<Broker> (*create)(const System& system, std::uint32_t index, Diagnostics& diagnostics);
  std::span<const OptionInfo> options = {};   // static
  std::span<const FaultKind> faults = {};     // faults of the broker itself that it can show; static
  std::string_view unexplored = {};           // what an exploration leaves out, one sentence; empty: nothing
};
using BrokerRegistry = std::vector<BrokerKind>;

}  // namespace flowtank
