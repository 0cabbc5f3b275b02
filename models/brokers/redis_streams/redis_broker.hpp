// SPDX-License-Identifier: Apache-2.0
// Redis Streams behind the World's port. It holds no rule of Redis; those are in Stream and Group, which the recorded vectors are
// held to. A channel is a stream, a subscription a consumer group, an instance of the service one consumer with a name of its
// own. Entries are numbered 1-1, 1-2, ... in the order in which they were added.
//
// Files: redis_broker.cpp (add, hand out, settle), redis_clients.cpp (time: claims, reads of several entries, restarts),
// redis_state.cpp (the state as a word), redis_faults.cpp (faults).
//
// Under exploration there is no time. What a crash left pending is claimed at any moment after it, where clients claim; what an
// instance still works on only where its handler can take as long as min-idle-time (or something may make it stand still).
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <vector>

#include <sim/world/broker.hpp>

#include "models/brokers/arrivals.hpp"
#include "models/brokers/floating/floating_copies.hpp"
#include "models/brokers/packed/packed_state.hpp"
#include "models/brokers/redis_streams/group.hpp"
#include "models/brokers/redis_streams/options.hpp"

namespace flowtank::redis {

BrokerKind redis_broker();

class RedisBroker final : public Broker {
 public:
  RedisBroker(const System& system, std::uint32_t index, Wiring wiring) : system_(system), index_(index), wiring_(std::move(wiring)) {}

  void build(World& world) override;
  void forget(World& world) override;
  void reset(World& world) override;
  PublishResult publish(World& world, std::uint32_t channel, Word message, const Publisher& by) override;
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
  // Names of copies (Action::b): what `>` gives next; from first_bound on what an instance's client holds; from first_again on
  // what its owner is to handle once more, from first_claim on what anybody may claim (exploration), by the low bits of its id.
  static constexpr std::uint32_t next_copy = 0, first_bound = 1, first_again = 0x1000000, first_claim = 0x2000000;
  static constexpr std::uint64_t timed_marks = 0x7fffff, explored_marks = 63;  // ids as runs hold them

  struct Held {  // timed: by a client, waiting for its handler
    StreamId id;
    Word message = absent_word;
    std::uint32_t attempts = 0;
  };
  struct Settled {  // what a failover may bring back
    StreamId id;
    std::uint32_t consumer = 0;
    Word message = absent_word;
  };
  struct Line {     // a channel
    Stream stream;
    std::vector<std::uint32_t> readers;
    PackedState packed;
    std::size_t changes = 0;  // since what nobody needs was forgotten; timed
  };
  struct Reader {   // a subscription
    std::uint32_t line = 0;
    const GroupWiring* wiring = nullptr;
    Group group;
    std::set<StreamId> passed_over;               // a World's faults took these away from the group
    FloatingCopies floating;
    std::deque<Settled> settled;                  // newest last; only with faults that need it
    bool may_lapse_at_work = false;
    std::uint32_t slots = 0;                      // instances of the service
    // Timed runs only.
    std::vector<std::deque<Held>> held;           // by instance
    LogArrivals arrivals;
    Time claim_at = Time::never();
  };

  Line& line(const World& world, std::uint32_t at) const;  // up to date, with its readers
  void save(World& world, std::uint32_t at);
  std::uint32_t subscription_of(const Reader& reader) const { return reader.wiring->subscription; }
  std::uint32_t reader_of(std::uint32_t subscription) const { return reader_of_subscription_[subscription]; }
  std::uint64_t marks(const World& world) const { return world_tracks(world) ? explored_marks : timed_marks; }
  static bool world_tracks(const World& world);
  static std::int64_t now_ms(const World& world);
  // Of what waits to be read: the newest with this mark. Of what is pending (RS-PEL-1): the first, with this message if one is given.
  StreamId id_of(const World& world, const Line& line, std::uint32_t mark) const;
  StreamId pending_id(const World& world, const Reader& reader, std::uint32_t mark, Word message) const;

  // ---- redis_broker.cpp
  const Entry* next_entry(const Line& line, const Reader& reader) const;
  void stored(World& world, std::uint32_t reader, const StreamId& id, Word message);
  void trim(World& world, Line& line, const Trimming& how, Fate fate);
  Word read_one(World& world, std::uint32_t reader, std::uint32_t slot, StreamId& id);
  Delivery started(const World& world, Reader& reader, const StreamId& id, Word message, std::uint32_t attempts);
  static void lost(World& world, std::uint32_t subscription, Word message, Fate fate, bool counted = true);
  Duration backoff(const World& world, std::uint32_t subscription, const Delivery& delivery, std::uint32_t tries) const;
  // ---- redis_clients.cpp
  bool may_lapse_at_work(const GroupWiring& wired) const;
  void offer_next(World& world, std::uint32_t reader);
  void offer_claim(World& world, std::uint32_t reader);
  void hold(World& world, std::uint32_t reader, std::uint32_t slot, const Held& held, Duration after = {});
  void read_more(World& world, std::uint32_t reader, std::uint32_t slot);
  std::uint32_t first_instance(const World& world, const Reader& reader) const;
  std::uint32_t claimer(const World& world, const Reader& reader) const;
  // ---- redis_state.cpp
  Word pack(World& world, Line& line) const;
  void unpack(const World& world, Line& line, Word word) const;
  void forget_read(Line& line) const;
  // ---- redis_faults.cpp
  bool keeps_all(FaultKind kind) const;
  void lose_newest(World& world, std::uint32_t line, std::uint64_t count);
  void forget_acks(World& world, std::uint32_t reader, std::uint64_t count);
  void rewind(World& world, std::uint32_t reader, const Fault& fault);
  StreamId rewound(const Line& line, const Reader& reader, const Fault& fault) const;

  const System& system_;
  std::uint32_t index_;
  Wiring wiring_;
  mutable std::vector<Line> lines_;
  mutable std::vector<Reader> readers_;
  std::vector<std::uint32_t> line_of_channel_, reader_of_subscription_;
  bool keeps_history_ = false;
  std::size_t most_forgotten_ = 0;
};

}  // namespace flowtank::redis
