// SPDX-License-Identifier: Apache-2.0
// Kafka behind the World's port: what a scenario's services see of it. It holds no rule of Kafka; those are in Cluster,
// PartitionLog, Group and ReadPositions, which the recorded vectors are held to. It maps the World to them: a channel
// is a topic, a subscription joins its service's instances to a consumer group, a publish is a produce request, a
// delivery is the next record of a partition, a settlement is what the client library does with an offset.
//
// Files: kafka_build.cpp (components), kafka_broker.cpp (records go in and out), kafka_members.cpp (membership, sessions, commits),
// kafka_sessions.cpp (heartbeats of processes that stand still), kafka_faults.cpp (faults of the broker itself), kafka_wiring.cpp (from options to topics and groups),
// kafka_transactions.cpp (producers with a transactional.id).
//
// Under exploration there is no time. After a crash either the instance is back first, with its partitions, or its session
// is over first and the rest of the group has them (KF-REB-6): both are actions; a group of one member has nobody to wait for.
// An automatic commit is an action of its own, possible whenever the client could do it. Timed runs have sessions, poll
// intervals and commit intervals.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include <sim/world/bag.hpp>
#include <sim/world/broker.hpp>
#include <sim/world/observer.hpp>

#include "models/brokers/floating/floating_copies.hpp"
#include "models/brokers/kafka/cluster.hpp"

namespace flowtank::kafka {

// The kind as the registry lists it.
BrokerKind kafka_broker();

// A channel of the System.
struct TopicWiring {
  std::uint32_t channel = none;
  TopicSettings topic;
  ProducerSettings producer;
};

// A consumer group: all subscriptions with this group name on this broker.
struct GroupWiring {
  std::string name;
  ConsumerSettings consumer;
  std::vector<std::uint32_t> subscriptions;
};

struct Wiring {
  BrokerSettings broker;
  std::vector<TopicWiring> topics;
  std::vector<GroupWiring> groups;
};
// Reads the options of the broker, its channels and subscriptions; all mistakes at once.
Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics);

// The transactional.id of an instance (from 0): ${service} and ${instance} stand for its service's name and its number from 1.
std::string transactional_id_of(std::string_view text, std::string_view service, std::uint32_t instance);
// Can a handler or a poller of the service publish there?
bool publishes_to(const System& system, std::uint32_t service, std::uint32_t channel);

class KafkaBroker final : public Broker {
 public:
  KafkaBroker(const System& system, std::uint32_t index, Wiring wiring);

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
  // Action::choice of its own actions (ActionKind::broker); Action::b is group << 20 | member or topic.
  enum Own : std::uint32_t { commit = 0, session_over, poll_too_late, rejoin, discover, returns, round, heartbeat, overdue };

  struct Member {
    std::uint32_t instance = none;
    Joining joining;
    // Timed runs only.
    std::int64_t last_poll_ms = 0;
    std::int64_t next_commit_ms = 0;
    std::uint32_t batch_left = 0;
    bool commit_offered = false, poll_watched = false, back_too_early = false;
    std::int64_t last_heartbeat_ms = 0;  // only where processes can stand still
    bool must_rejoin = false;            // its session ended while it stood still
  };
  // What the group's reader knows of one partition, beside ReadPositions.
  struct Lane {
    std::uint32_t partition = 0;     // of the cluster
    std::uint32_t subscription = none;  // of the first member's service; see subscription_of()
    bool is_shared = false;          // services share the group by mistake or on purpose
    Cell in_flight = no_cell;        // handed out and not settled
    Cell attempts = no_cell;         // failed handlings of the record at the position
    Cell late = no_cell;             // exploration: its owner missed a poll while it handled the record
    std::deque<std::int64_t> ready;  // timed, only where something delays: when records may be handed out (ns)
    Offset ready_from = 0;
  };
  struct Reader {
    std::uint32_t group = 0;
    ReadPositions positions;
    std::vector<Lane> lanes;         // by number in the group
    std::vector<Member> members;     // by slot
    // Timed: the lanes of each slot since the last change of owners, so that a poll costs what its member has and not what
    // the topic has. Untimed every slot looks at all of them (all_lanes), because an undo may change owners.
    mutable std::vector<std::vector<std::uint32_t>> owned;
    std::vector<std::uint32_t> all_lanes;
    mutable bool owned_known = false;
    bool may_miss_polls = false;     // exploration: handlers can take longer than max.poll.interval.ms
    std::vector<Cell> discovered;    // by topic of the cluster: partitions that the members know
    Cell round = no_cell;            // 1: a rebalance waits until every member polls; no record is handed out meanwhile
  };
  struct Subscribed {
    std::uint32_t reader = none;
    std::uint32_t topic = 0;
    std::vector<std::uint32_t> lanes;  // by partition of the topic
    FloatingCopies floating;
    Bag skipped;                       // records that faults took out for this subscription
  };

  // A producer with a transactional.id, of one place for runs.
  struct Sender {
    std::string transactional_id;
    std::uint32_t id = 0;       // the coordinator's number
    std::uint32_t frame = none;
    std::int64_t timeout_ms = 0;
    bool may_be_overdue = false;  // a handler of its service can take longer
    bool watched = false;         // timed: its deadline is looked at
    Cell in_run = no_cell;        // the run takes itself to be in a transaction
    Cell last_end = no_cell;      // how its last transaction ended, while a fault may repeat that
    Cell was_overdue = no_cell;   // exploration: once since the last commit
    Cell epoch = no_cell;         // quiet
  };
  static constexpr std::uint64_t ended_well = 1, ended_ill = 2;  // Sender::last_end
  class RunEnds;

  const GroupWiring& wiring_of(std::uint32_t reader) const { return wiring_.groups[reader]; }
  const CommitRule& rule_of(std::uint32_t reader) const { return wiring_.groups[reader].consumer.commit; }
  bool is_pool(std::uint32_t reader) const { return rule_of(reader).profile == ClientProfile::java_thread_pool; }
  bool goes_on_after_error(std::uint32_t reader) const { return wiring_.groups[reader].consumer.goes_on_after_error; }
  static std::int64_t now_ms(const World& world);
  static void lost(World& world, std::uint32_t subscription, Word message);

  // ---- records (kafka_broker.cpp)
  std::uint32_t partition_for(const World& world, std::uint32_t topic, Word message) const;
  std::uint32_t partitions_in_use(const Cells& cells, std::uint32_t topic) const;
  bool was_appended(const Cells& cells, std::uint32_t partition, Word message) const;
  void stored(World& world, std::uint32_t subscription, std::uint32_t partition, Offset offset, Word message);
  bool is_blocked(const Cells& cells, std::uint32_t reader, const Lane& lane) const;
  bool has_next(const Cells& cells, std::uint32_t reader, std::uint32_t lane) const;
  Time ready_at(const Lane& lane, Offset offset) const;
  void advance(World& world, std::uint32_t reader, std::uint32_t lane);  // past what nobody is handed
  void offer_next(World& world, std::uint32_t reader, std::uint32_t lane, Duration at_least = {});
  void move_position(World& world, std::uint32_t reader, std::uint32_t lane, Offset offset);
  Duration backoff(const World& world, std::uint32_t subscription, const Delivery& delivery, Settle how) const;
  // The subscription through which the present owner of a lane consumes; a group may span services.
  std::uint32_t subscription_of(const Cells& cells, std::uint32_t reader, std::uint32_t lane) const;

  // ---- transactions (kafka_transactions.cpp)
  void build_senders(World& world);
  std::uint32_t sending_frame(const World& world, std::uint32_t channel, Word message, const Publisher& by) const;
  TransactionalProducer producer_of(const Cells& cells, const Sender& sender) const;
  bool is_fenced(const Cells& cells, const Sender& sender) const;
  bool is_open(const Cells& cells, const Sender& sender) const;
  void init_sender(World& world, Sender& sender);
  void begin_transaction(World& world, Sender& sender);
  PublishResult publish_in_transaction(World& world, std::uint32_t channel, std::uint32_t partition, Word message, const Publisher& by);
  void ending(World& world, std::uint32_t id, const std::function<void()>& end);
  void drop_aborted(World& world, std::uint32_t reader, std::uint32_t lane, std::uint32_t id, Offset since);
  // The run that settles this, if it is in a transaction.
  std::uint32_t settling_frame(const World& world, std::uint32_t subscription, const Delivery& delivery) const;
  bool commit_run(World& world, std::uint32_t frame, std::uint32_t reader, std::uint32_t lane, Offset offset);
  Settle settle_transaction(World& world, std::uint32_t subscription, const Delivery& delivery, Settle how);
  void abort_run(World& world, std::uint32_t frame);
  void run_ended(World& world, std::uint32_t frame, RunOutcome outcome);
  void restart_senders(World& world, std::uint32_t instance);
  void offer_overdue(World& world, const Sender& sender);
  void look_for_overdue(World& world, std::uint32_t sender);
  bool may_be_overdue(const Cells& cells, const Sender& sender) const;
  void strikes_of_transactions(const World& world, std::uint16_t fault, std::vector<Action>& out) const;
  void end_too_late(World& world, std::uint32_t sender, std::uint64_t how);

  // ---- members (kafka_members.cpp)
  // Every lane of the slot is among these.
  const std::vector<std::uint32_t>& lanes_of(const Cells& cells, std::uint32_t reader, std::uint32_t slot) const;
  void begin(World& world, std::uint32_t reader, std::uint32_t lane);
  void rebalance(World& world, std::uint32_t reader);
  void begin_round(World& world, std::uint32_t reader);
  bool waits_for_polls(std::uint32_t reader) const;
  bool may_end_round(const World& world, std::uint32_t reader) const;
  void look_at_handlers(World& world, std::uint32_t reader);
  bool may_miss_poll(const World& world, std::uint32_t reader, std::uint32_t slot) const;
  void evict(World& world, std::uint32_t reader, std::uint32_t slot);
  void throw_out(World& world, std::uint32_t reader, std::uint32_t slot);
  void offer_round(World& world, std::uint32_t reader);
  // `again_from`: what has been handled from there on will be handed out once more.
  void lose_lane(World& world, std::uint32_t reader, std::uint32_t lane, Offset again_from);
  void lose_lane(World& world, std::uint32_t reader, std::uint32_t lane);  // from the commit on
  bool is_known(const Cells& cells, std::uint32_t reader, std::uint32_t lane) const;  // to the members
  // Exploration: its instance crashed, and neither is it back nor is its session over.
  bool is_missing(const Cells& cells, std::uint32_t reader, std::uint32_t slot) const;
  bool may_rejoin(const World& world, std::uint32_t reader, std::uint32_t slot) const;
  bool may_commit(const World& world, std::uint32_t reader, std::uint32_t slot) const;
  std::int64_t longest_handling_ms() const;
  bool has_work(const Cells& cells, std::uint32_t reader, std::uint32_t slot) const;
  void commit_lane(World& world, std::uint32_t reader, std::uint32_t lane);
  void commit_member(World& world, std::uint32_t reader, std::uint32_t slot);
  void polled(World& world, std::uint32_t reader, std::uint32_t slot);
  void offer_commit(World& world, std::uint32_t reader, std::uint32_t slot);
  void trim(World& world, std::uint32_t partition);
  Action own(Own what, std::uint32_t reader, std::uint32_t which) const;

  // ---- processes that stand still (kafka_sessions.cpp)
  void watch_heartbeats(World& world);
  void beat(World& world, std::uint32_t reader, std::uint32_t slot);
  bool beat_is_idle(const World& world, std::uint32_t reader, std::uint32_t slot) const;
  bool somebody_stands_still(const World& world, std::uint32_t reader) const;

  // ---- faults (kafka_faults.cpp)
  void strike_itself(World& world, const Action& action);
  std::vector<Word> messages(const Cells& cells, std::uint32_t partition, Offset from, Offset to) const;
  std::string describe_strike(const Action& action) const;
  Offset rewound(const Cells& cells, std::uint32_t reader, std::uint32_t lane, const Fault& fault) const;
  void cut_tail(World& world, std::uint32_t partition, std::uint64_t count);
  void expire_head(World& world, std::uint32_t partition, std::uint64_t count, std::uint32_t consumer);
  void rewind(World& world, std::uint32_t reader, std::uint32_t lane, const Fault& fault);
  void out_of_range(World& world, std::uint32_t partition);
  std::uint64_t most_cut(const World& world, std::uint32_t partition, const Fault& fault) const;
  std::uint64_t most_expired(const World& world, std::uint32_t partition, const Fault& fault) const;
  Offset next_of(const Cells& cells, std::uint32_t reader, std::uint32_t at) const;
  Offset first_unread(const Cells& cells, std::uint32_t partition, std::uint32_t consumer) const;
  std::vector<Offset> compactable(const World& world, std::uint32_t partition) const;
  void compact(World& world, std::uint32_t partition);
  void strikes_of_logs(const World& world, std::uint16_t fault, std::vector<Action>& out) const;
  void strikes_of_groups(const World& world, std::uint16_t fault, std::vector<Action>& out) const;
  Action broker_fault(std::uint16_t fault, std::uint32_t b, std::uint32_t choice) const;

  const System& system_;
  std::uint32_t index_;
  Wiring wiring_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<std::uint32_t> topic_of_channel_;                 // none: another broker's
  std::vector<std::vector<std::uint32_t>> subscribers_;         // by channel
  std::vector<Subscribed> subscribed_;                          // by subscription
  std::vector<Reader> readers_;
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> readers_of_;  // by partition: (reader, lane)
  std::vector<std::uint32_t> first_instance_;                   // by service
  std::vector<Cell> added_partitions_;                          // by topic: those that a fault added
  std::int64_t longest_handling_ms_ = 0;                        // of one record; -1: without bound
  std::vector<Sender> senders_;
  std::vector<std::vector<std::uint32_t>> sender_at_;           // by topic and frame; none: not transactional
  std::vector<std::vector<std::uint32_t>> senders_of_frame_;    // empty: nobody is transactional
  std::vector<Cell> holders_;                                   // by transactional.id: the sender that holds it, + 1
  std::unique_ptr<Observer> run_ends_;                          // tells of the ends of runs
  bool timed_ = false;
  bool keeps_ends_ = false;     // a fault may repeat the end of a transaction
  bool keeps_history_ = false;  // a fault may lead readers back behind their commits
};

}  // namespace flowtank::kafka
