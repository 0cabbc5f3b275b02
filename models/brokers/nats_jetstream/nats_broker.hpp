// SPDX-License-Identifier: Apache-2.0
// JetStream behind the World's port. It holds no rule of JetStream; those are in Stream and Consumer, which the recorded vectors
// are held to. A channel is a stream, a subscription a durable consumer, an instance of the service one of its workers.
//
// Files: nats_broker.cpp (publish, hand out, settle), nats_clients.cpp (time: ack_wait, pulls of several messages, push),
// nats_state.cpp (the state as a word), nats_faults.cpp (faults).
//
// Under exploration there is no time. ack_wait is over at any moment after the worker of a message is gone; while it works only
// where its handler can take as long as ack_wait (or something may make it stand still), with in_progress only where a
// pause can last so long. What was refused with a delay comes at any later position. The duplicate window never ends.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include <sim/world/broker.hpp>

#include "models/brokers/arrivals.hpp"
#include "models/brokers/floating/floating_copies.hpp"
#include "models/brokers/nats_jetstream/options.hpp"
#include "models/brokers/nats_jetstream/stream.hpp"
#include "models/brokers/packed/packed_state.hpp"

namespace flowtank::nats {

BrokerKind nats_broker();

class NatsBroker final : public Broker {
 public:
  NatsBroker(const System& system, std::uint32_t index, Wiring wiring) : system_(system), index_(index), wiring_(std::move(wiring)) {}

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
  void apply(World& world, const Action& action) override;
  bool is_inert(const World& world, const Action& action) const override;
  void strikable(const World& world, std::uint32_t subscription, ActionKind kind, std::uint16_t fault, std::vector<Action>& out) const override;
  Word message_of(const World& world, std::uint32_t subscription, std::uint32_t copy) const override;
  void strike(World& world, const Action& action) override;
  void strikes(const World& world, std::uint16_t fault, std::vector<Action>& out) const override;
  std::string describe(const World& world, const Action& action) const override;
  std::uint64_t unsettled(const World& world, std::uint32_t subscription) const override;

 private:
  // Names of copies (Action::b): what comes next; from first_bound on what an instance's client holds; from first_lapsed on what
  // was delivered to a worker that is gone (exploration), by the low bits of its sequence.
  static constexpr std::uint32_t next_copy = 0, first_bound = 1, first_lapsed = 0x1000000;
  // Sequences as runs hold them. Under exploration few bits are enough, and keep situations alike that differ in history alone.
  static constexpr std::uint64_t timed_marks = 0x7fffff, explored_marks = 63;
  enum Own : std::uint32_t { ack_wait_over = 0, age_over };

  struct Held {  // timed: by a client, waiting for its handler
    std::uint64_t seq = 0;
    Word message = absent_word;
    std::uint32_t attempts = 0;
  };
  struct Settled {  // what a failover may forget
    std::uint64_t seq = 0;
    Word message = absent_word;
  };
  struct Line {     // a channel
    std::unique_ptr<Stream> stream;
    std::vector<std::uint32_t> readers;
    PackedState packed;
    Word subject = absent_word;
    bool age_offered = false;
    std::size_t changes = 0;  // since what nobody needs was forgotten; timed
  };
  struct Reader {   // a subscription
    std::uint32_t line = 0;
    std::uint32_t consumer = 0;  // of the stream
    const ConsumerWiring* wiring = nullptr;
    FloatingCopies floating;
    std::deque<Settled> settled;                  // newest last; only with failover faults
    bool may_lapse_at_work = false;
    // Timed runs only.
    std::vector<std::deque<Held>> held;           // by instance of the service
    std::size_t turn = 0;
    LogArrivals arrivals;
    Time deadline = Time::never();
  };

  Line& line(const World& world, std::uint32_t at) const;   // up to date
  void save(World& world, std::uint32_t at);
  Consumer& consumer(const Reader& reader) const { return lines_[reader.line].stream->consumers()[reader.consumer]; }
  std::uint32_t subscription_of(const Reader& reader) const { return reader.wiring->subscription; }
  std::uint32_t reader_of(std::uint32_t subscription) const { return reader_of_subscription_[subscription]; }
  std::uint64_t marks(const World& world) const { return world.cells().tracking() ? explored_marks : timed_marks; }
  std::uint64_t seq_of(const World& world, const Reader& reader, const Delivery& delivery) const;  // 0: not pending
  static std::int64_t now_of(const World& world);

  // ---- nats_broker.cpp
  void stored(World& world, std::uint32_t reader, std::uint64_t seq, Word message);
  Delivery take(World& world, std::uint32_t reader, std::uint64_t seq_wanted);
  Delivery started(World& world, Reader& reader, std::uint64_t seq, Word message, std::uint32_t attempts);
  void acknowledge(World& world, Reader& reader, std::uint64_t seq, Word message);
  void give_up(World& world, Reader& reader);
  void report_losses(World& world, Line& line);
  static void lost(World& world, std::uint32_t subscription, Word message, Fate fate, bool counted = true);
  Duration backoff(const World& world, std::uint32_t subscription, const Delivery& delivery) const;
  // ---- nats_clients.cpp
  bool may_lapse_at_work(const ConsumerWiring& wired) const;
  // Does one of the runs that hold this message go on, so that its client says +WPI? One that stands still says nothing.
  bool is_working(const World& world, const Reader& reader, std::uint64_t seq) const;
  void offer_next(World& world, std::uint32_t reader);
  // `maybe_earlier`: what changed may be due before the deadline that is already watched.
  void offer_deadline(World& world, std::uint32_t reader, bool maybe_earlier = true);
  void offer_age(World& world, std::uint32_t line);
  void hold(World& world, std::uint32_t reader, std::uint32_t slot, std::uint64_t seq);
  void pull_more(World& world, std::uint32_t reader, std::uint32_t slot);
  void push(World& world, std::uint32_t reader);
  std::uint32_t first_instance(const World& world, const Reader& reader) const;
  // ---- nats_state.cpp
  Word pack(World& world, Line& line) const;
  void unpack(const World& world, Line& line, Word word) const;
  std::uint64_t least_needed(const Line& line) const;
  // ---- nats_faults.cpp
  std::uint64_t most_of(const World& world, std::uint32_t reader_or_line, const Fault& fault) const;
  static bool cuts_suffix(const Fault& fault);
  std::uint64_t unsynced(const World& world, std::uint32_t line, Duration lag) const;
  std::vector<std::uint64_t> waiting(const Line& line, const Reader& reader) const;
  void lose_newest(World& world, std::uint32_t line, std::uint64_t count);
  void expire_oldest(World& world, std::uint32_t line, std::uint64_t count);
  void forget_acks(World& world, std::uint32_t reader, std::uint64_t count);
  void rewind(World& world, std::uint32_t reader, const Fault& fault);

  const System& system_;
  std::uint32_t index_;
  Wiring wiring_;
  mutable std::vector<Line> lines_;
  mutable std::vector<Reader> readers_;
  std::vector<std::uint32_t> line_of_channel_, reader_of_subscription_;
  bool keeps_history_ = false;       // a fault may lead readers back
  std::size_t most_forgotten_ = 0;   // acks that a failover may forget
};

}  // namespace flowtank::nats
