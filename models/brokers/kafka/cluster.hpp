// SPDX-License-Identifier: Apache-2.0
// The broker side of Kafka in one piece: topics and their logs on brokers, the decision about each produce request,
// transactions across partitions and groups, failover, retention. It ties the components together and holds no rule of its
// own that could be in one of them; it knows neither network nor clients.
//
// Partitions are numbered through all topics in the order of their creation. Broker numbers count from 1; replica r of
// the n-th partition of a topic lives on broker (n + r) mod brokers + 1, replica 0 leads while nothing fails.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/world/cells.hpp>

#include "models/brokers/kafka/group.hpp"
#include "models/brokers/kafka/options.hpp"
#include "models/brokers/kafka/partition_log.hpp"
#include "models/brokers/kafka/producer_state.hpp"
#include "models/brokers/kafka/transactions.hpp"

namespace flowtank::kafka {

enum class KafkaError : std::uint8_t {
  none,
  unknown_topic_or_partition,
  leader_not_available,
  not_enough_replicas,               // refused, not appended
  not_enough_replicas_after_append,  // appended, too few have it
  out_of_order_sequence_number,
  fenced,                            // PRODUCER_FENCED, INVALID_PRODUCER_EPOCH
  invalid_txn_state,
  message_too_large,
  request_timed_out,
  offset_out_of_range,
};
std::string_view to_text(KafkaError error);  // Kafka's name
bool retriable(KafkaError error);
// By Kafka's name, also of errors that only a fault gives: is it worth a retry?
bool retriable_name(std::string_view name);

struct ProduceRequest {
  std::uint32_t partition = 0;
  Acks acks = Acks::all;
  Batch batch;                       // batch.producer 0: not idempotent
  TransactionalProducer transaction; // id 0: none
  std::span<const Word> messages;
  std::int64_t largest_bytes = 0;    // of one record
};
struct ProduceAnswer {
  KafkaError error = KafkaError::none;
  Offset offset = no_offset;         // of the first record
  bool waits = false;                // acks=all: answered when is_replicated(partition, offset + records)
};

class Cluster {
 public:
  struct Topic {
    std::string name;
    TopicSettings settings;
    std::vector<std::uint32_t> partitions;
    std::uint32_t brokers = 1;       // of the cluster when it was created
  };
  struct Partition {
    std::uint32_t topic = 0;
    std::uint32_t number = 0;        // in its topic
    PartitionLog log;
  };

  // `key_of` finds the key of a message, for compaction.
  // `owner` tells the components of several clusters in one World apart: a multiple of 2^32.
  Cluster(Cells& cells, Pool& pool, const BrokerSettings& settings, std::function<PartitionLog::Keyed(Word)> key_of, std::uint64_t owner = 0);
  // Every cell is zero again; `contents_gone`: those allocated since the topics were added are gone.
  void reset(bool contents_gone);
  // PartitionLog::forget_below.
  bool forget_below(std::uint32_t p, Offset offset) { return log(p).forget_below(cells_, pool_, pages_, offset); }

  const BrokerSettings& settings() const { return settings_; }
  void configure(const BrokerSettings& settings) { settings_ = settings; }  // before the first topic
  std::uint32_t add_topic(std::string name, const TopicSettings& settings, std::uint32_t brokers);
  void grow_topic(std::uint32_t topic, std::uint32_t partitions);  // KF-PART-1: keys go elsewhere from now on
  // Takes over what the named keys say.
  void change_topic(std::uint32_t topic, const TopicSettings& asked, std::span<const std::string> keys);
  const Topic* find_topic(std::string_view name) const;
  const Topic& topic(std::uint32_t index) const { return topics_[index]; }
  std::uint32_t topics() const { return static_cast<std::uint32_t>(topics_.size()); }
  std::uint32_t partitions() const { return static_cast<std::uint32_t>(partitions_.size()); }
  const Partition& partition(std::uint32_t p) const { return partitions_[p]; }
  PartitionLog& log(std::uint32_t p) { return partitions_[p].log; }
  const PartitionLog& log(std::uint32_t p) const { return partitions_[p].log; }
  std::uint32_t leader_broker(std::uint32_t p) const;  // 0: none

  ProduceAnswer produce(const ProduceRequest& request, std::int64_t now_ms);
  // KF-PROD-1: all in-sync replicas have what lies before `end`.
  bool is_replicated(std::uint32_t p, Offset end) const { return log(p).high_watermark(cells_) >= end; }
  // What a waiting acks=all request is answered now that it is replicated.
  KafkaError answer_of_replicated(std::uint32_t p) const;
  std::uint32_t new_producer_id() { return ++producer_ids_; }

  // ---- transactions ------------------------------------------------------------------------------
  // The number of a transactional.id, from 1.
  std::uint32_t transactional(std::string_view transactional_id) { return transactions_.known(cells_, hash_bytes(transactional_id, 1)); }
  TransactionalProducer init_transactions(std::string_view transactional_id, std::int64_t timeout_ms, std::int64_t now_ms);
  TxnError begin(TransactionalProducer who, std::int64_t now_ms) { return transactions_.begin(cells_, who, now_ms); }
  TxnError end(TransactionalProducer who, bool commit, std::int64_t now_ms);
  TxnError send_offset(TransactionalProducer who, std::uint32_t group, std::uint32_t group_partition, Offset offset);
  void abort_overdue(std::int64_t now_ms);  // KF-TXN-3
  void abort_overdue_one(std::uint32_t id, std::int64_t now_ms);  // whatever the clock says
  // No producer numbers its batches (the World repeats requests as a whole): epochs stand in the coordinator alone.
  void without_sequences() { sequences_ = false; }
  const Transactions& transactions() const { return transactions_; }

  // ---- groups ------------------------------------------------------------------------------------
  std::uint32_t group_named(std::string_view name, const GroupSettings& settings);  // created when it is new
  const std::uint32_t* find_group(std::string_view name) const;
  Group& group(std::uint32_t g) { return groups_[g].group; }
  const Group& group(std::uint32_t g) const { return groups_[g].group; }
  std::uint32_t groups() const { return static_cast<std::uint32_t>(groups_.size()); }
  // The group's number of a partition, and back. A topic that is new to the group is added; nothing (nobody) when the topic
  // has grown and is not the group's last one.
  bool subscribe(std::uint32_t g, std::uint32_t topic);
  std::uint32_t topic_in_group(std::uint32_t g, std::uint32_t topic) const;  // bit number; nobody: not there
  std::uint32_t partition_of(std::uint32_t g, std::uint32_t group_partition) const { return groups_[g].partitions[group_partition]; }
  std::uint32_t in_group(std::uint32_t g, std::uint32_t p) const;
  bool can_grow(std::uint32_t g, std::uint32_t topic) const;
  // The topic has grown: the group learns of it. False when it cannot.
  bool notice_growth(std::uint32_t g, std::uint32_t topic);

  // ---- faults and time ---------------------------------------------------------------------------
  void kill_broker(std::uint32_t broker);
  void revive_broker(std::uint32_t broker);
  bool is_alive(std::uint32_t broker) const { return broker >= dead_.size() || !dead_[broker]; }
  void pause_replication(std::uint32_t broker, bool pause);
  void drop_lagging(std::uint32_t broker);  // KF-REPL-1: it has been behind for replica.lag.time.max.ms
  void lose_power(std::span<const std::uint32_t> brokers, std::int64_t now_ms);
  void expire_producers(std::int64_t now_ms);  // KF-IDEM-2
  void roll(std::uint32_t p) { log(p).roll(cells_); }
  // Rolls by age and size, deletes and compacts (KF-RET-1..2). `whatever_is_dirty`: compacts below the ratio too.
  void clean(std::uint32_t p, std::int64_t now_ms, bool whatever_is_dirty = false);
  static constexpr std::int64_t record_bytes = 100;  // what a record counts for where only bytes are configured

 private:
  struct NamedGroup {
    std::string name;
    Group group;
    std::vector<std::uint32_t> topics;      // by number in the group
    std::vector<std::uint32_t> partitions;  // by number in the group
    std::uint32_t index = 0;
  };
  std::uint32_t replica_on(const Partition& partition, std::uint32_t broker) const;  // no_replica
  void was_cut(std::uint32_t p);
  void end_transaction(std::uint32_t id, bool commit, std::int64_t now_ms);
  Offset flushed(const PartitionLog& log, std::int64_t now_ms) const;

  Cells& cells_;
  Pool& pool_;
  std::uint64_t owner_;
  BrokerSettings settings_;
  std::function<PartitionLog::Keyed(Word)> key_of_;
  LogPages pages_;
  std::vector<Topic> topics_;
  std::vector<Partition> partitions_;
  ProducerStates producers_;
  Transactions transactions_;
  std::deque<NamedGroup> groups_;
  std::vector<bool> dead_;  // by broker
  // Ids of producers without transactional.id begin beyond those with one.
  std::uint32_t producer_ids_ = 1U << 20;
  bool sequences_ = true;
};

}  // namespace flowtank::kafka
