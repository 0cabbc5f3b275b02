// SPDX-License-Identifier: Apache-2.0
// See cluster.hpp: topics, produce requests, transactions, groups. Faults and retention are in cluster_faults.cpp.
#include "models/brokers/kafka/cluster.hpp"

#include <algorithm>
#include <bit>

namespace flowtank::kafka {
namespace {

struct Named {
  KafkaError error;
  std::string_view name;
  bool retriable;
};
constexpr Named names[] = {
    {KafkaError::none, "NONE", false},
    {KafkaError::unknown_topic_or_partition, "UNKNOWN_TOPIC_OR_PARTITION", true},
    {KafkaError::leader_not_available, "LEADER_NOT_AVAILABLE", true},
    {KafkaError::not_enough_replicas, "NOT_ENOUGH_REPLICAS", true},
    {KafkaError::not_enough_replicas_after_append, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", true},
    {KafkaError::out_of_order_sequence_number, "OUT_OF_ORDER_SEQUENCE_NUMBER", true},
    {KafkaError::fenced, "FENCED", false},
    {KafkaError::invalid_txn_state, "INVALID_TXN_STATE", false},
    {KafkaError::message_too_large, "MSG_SIZE_TOO_LARGE", false},
    {KafkaError::request_timed_out, "REQUEST_TIMED_OUT", true},
    {KafkaError::offset_out_of_range, "OFFSET_OUT_OF_RANGE", false},
};

}  // namespace

std::string_view to_text(KafkaError error) { return names[static_cast<std::size_t>(error)].name; }
bool retriable(KafkaError error) { return names[static_cast<std::size_t>(error)].retriable; }
bool retriable_name(std::string_view name) {
  static constexpr std::string_view others[] = {
      "NOT_LEADER_OR_FOLLOWER", "NOT_LEADER_FOR_PARTITION", "NETWORK_EXCEPTION", "BROKER_NOT_AVAILABLE", "KAFKA_STORAGE_ERROR",
      "CORRUPT_MESSAGE", "COORDINATOR_NOT_AVAILABLE", "COORDINATOR_LOAD_IN_PROGRESS", "NOT_COORDINATOR", "UNKNOWN_LEADER_EPOCH",
      "FENCED_LEADER_EPOCH", "REPLICA_NOT_AVAILABLE", "CONCURRENT_TRANSACTIONS", "LEADER_NOT_AVAILABLE", "THROTTLING_QUOTA_EXCEEDED"};
  const auto found = std::find_if(std::begin(names), std::end(names), [&](const Named& n) { return n.name == name; });
  if (found != std::end(names)) return found->retriable;
  return std::find(std::begin(others), std::end(others), name) != std::end(others);
}

Cluster::Cluster(Cells& cells, Pool& pool, const BrokerSettings& settings, std::function<PartitionLog::Keyed(Word)> key_of, std::uint64_t owner)
    : cells_(cells), pool_(pool), owner_(owner), settings_(settings), key_of_(std::move(key_of)) {
  producers_.build(cells, owner_ + 0x10000);
  transactions_.build(cells, owner_ + 0x20000);
}

void Cluster::reset(bool contents_gone) {
  if (contents_gone) {
    pages_.clear();
    producers_.clear();
    transactions_.forget_enlisted();
  }
  for (Partition& partition : partitions_) partition.log.reset(cells_, pages_, contents_gone);
  dead_.clear();
}

// ---- topics ------------------------------------------------------------------------------------------------

std::uint32_t Cluster::add_topic(std::string name, const TopicSettings& settings, std::uint32_t brokers) {
  Topic& topic = topics_.emplace_back();
  topic.name = std::move(name);
  topic.settings = settings;
  topic.brokers = brokers;
  const auto index = static_cast<std::uint32_t>(topics_.size() - 1);
  grow_topic(index, static_cast<std::uint32_t>(settings.partitions));
  return index;
}

void Cluster::grow_topic(std::uint32_t index, std::uint32_t count) {
  Topic& topic = topics_[index];
  while (topic.partitions.size() < count) {
    Partition& partition = partitions_.emplace_back();
    partition.topic = index;
    partition.number = static_cast<std::uint32_t>(topic.partitions.size());
    topic.partitions.push_back(static_cast<std::uint32_t>(partitions_.size() - 1));
    partition.log.build(cells_, owner_ + partitions_.size(), static_cast<std::uint32_t>(topic.settings.replication_factor));
    if (settings_.eligible_leader_replicas) {
      partition.log.hold_watermark_below(static_cast<std::uint32_t>(topic.settings.min_insync_replicas));
    }
    for (std::uint32_t broker = 1; broker <= topic.brokers; ++broker) {
      const std::uint32_t replica = replica_on(partition, broker);
      if (!is_alive(broker) && replica != PartitionLog::no_replica) partition.log.kill(cells_, pool_, replica, false);
    }
  }
}

const Cluster::Topic* Cluster::find_topic(std::string_view name) const {
  const auto found = std::find_if(topics_.begin(), topics_.end(), [&](const Topic& topic) { return topic.name == name; });
  return found == topics_.end() ? nullptr : &*found;
}

std::uint32_t Cluster::replica_on(const Partition& partition, std::uint32_t broker) const {
  const std::uint32_t brokers = topics_[partition.topic].brokers;
  if (broker == 0 || broker > brokers) return PartitionLog::no_replica;
  const std::uint32_t replica = (broker - 1 + brokers - partition.number % brokers) % brokers;
  return replica < partition.log.replica_count() ? replica : PartitionLog::no_replica;
}

std::uint32_t Cluster::leader_broker(std::uint32_t p) const {
  const std::uint32_t replica = log(p).leader(cells_);
  if (replica == PartitionLog::no_replica) return 0;
  return (partitions_[p].number + replica) % topics_[partitions_[p].topic].brokers + 1;
}

// ---- produce -----------------------------------------------------------------------------------------------

ProduceAnswer Cluster::produce(const ProduceRequest& request, std::int64_t now_ms) {
  PartitionLog& to = log(request.partition);
  const TopicSettings& settings = topics_[partitions_[request.partition].topic].settings;
  if (to.leader(cells_) == PartitionLog::no_replica) return {KafkaError::leader_not_available};  // KF-REPL-3
  if (request.largest_bytes > settings.max_message_bytes) return {KafkaError::message_too_large};  // KF-PROD-5
  if (request.transaction.id != 0) {
    const TxnError error = transactions_.add_partition(cells_, request.transaction, request.partition);
    if (error == TxnError::fenced) return {KafkaError::fenced};  // KF-TXN-1
    if (error != TxnError::none) return {KafkaError::invalid_txn_state};
  }
  // KF-PROD-1: before the append.
  const auto in_sync = std::popcount(to.in_sync(cells_));
  if (request.acks == Acks::all && in_sync < settings.min_insync_replicas) return {KafkaError::not_enough_replicas};
  if (request.batch.producer != 0) {
    const SequenceCheck check = producers_.check(cells_, request.partition, request.batch);
    switch (check.verdict) {
      case SequenceVerdict::next: break;
      case SequenceVerdict::fenced: return {KafkaError::fenced};
      case SequenceVerdict::out_of_order: return {KafkaError::out_of_order_sequence_number};
      case SequenceVerdict::duplicate: {  // KF-IDEM-1
        const Offset end = check.offset + request.batch.records;
        return {KafkaError::none, check.offset, request.acks == Acks::all && !is_replicated(request.partition, end)};
      }
    }
  }
  const Offset first = to.end(cells_);
  for (const Word message : request.messages) {
    if (request.transaction.id != 0) {
      to.append_transactional(cells_, pool_, pages_, message, request.transaction.id, transactions_.identity(request.transaction.id), now_ms);
    } else {
      to.append(cells_, pool_, pages_, message, now_ms);
    }
  }
  if (request.batch.producer != 0) {
    producers_.appended(cells_, pool_, request.partition, request.batch, request.messages.front(), first, now_ms);
  }
  return {KafkaError::none, first, request.acks == Acks::all && !is_replicated(request.partition, to.end(cells_))};
}

KafkaError Cluster::answer_of_replicated(std::uint32_t p) const {
  // KF-PROD-1: the in-sync set shrank while the request waited.
  const auto least = topics_[partitions_[p].topic].settings.min_insync_replicas;
  return std::popcount(log(p).in_sync(cells_)) < least ? KafkaError::not_enough_replicas_after_append : KafkaError::none;
}

// ---- transactions ------------------------------------------------------------------------------------------

void Cluster::end_transaction(std::uint32_t id, bool commit, std::int64_t now_ms) {
  transactions_.end(
      cells_, id, commit,
      [&](std::uint32_t p) {
        log(p).end_transaction(cells_, pool_, pages_, id, commit, now_ms);
        if (sequences_) producers_.fence(cells_, p, id, transactions_.epoch(cells_, id));
      },
      [&](std::uint32_t g, std::uint32_t gp, Offset offset) {  // KF-TXN-2
        group(g).commit(cells_, gp, offset, log(partition_of(g, gp)).base(cells_));
      });
}

TransactionalProducer Cluster::init_transactions(std::string_view transactional_id, std::int64_t timeout_ms, std::int64_t now_ms) {
  const std::uint32_t id = transactions_.known(cells_, hash_bytes(transactional_id, 1));
  const TransactionalProducer who = transactions_.init(cells_, id, timeout_ms);
  end_transaction(id, false, now_ms);  // KF-TXN-1: what the predecessor left open
  return who;
}

TxnError Cluster::end(TransactionalProducer who, bool commit, std::int64_t now_ms) {
  if (const TxnError error = transactions_.check(cells_, who); error != TxnError::none) return error;
  if (!transactions_.is_open(cells_, who.id)) return TxnError::not_open;
  end_transaction(who.id, commit, now_ms);
  return TxnError::none;
}

TxnError Cluster::send_offset(TransactionalProducer who, std::uint32_t g, std::uint32_t group_partition, Offset offset) {
  return transactions_.add_offset(cells_, who, g, group_partition, offset, log(partition_of(g, group_partition)).base(cells_));
}

void Cluster::abort_overdue(std::int64_t now_ms) {
  for (const std::uint32_t id : transactions_.overdue(cells_, now_ms)) abort_overdue_one(id, now_ms);
}

void Cluster::abort_overdue_one(std::uint32_t id, std::int64_t now_ms) {
  transactions_.raise_epoch(cells_, id);  // its producer is fenced
  end_transaction(id, false, now_ms);
}

// ---- groups ------------------------------------------------------------------------------------------------

const std::uint32_t* Cluster::find_group(std::string_view name) const {
  const auto found = std::find_if(groups_.begin(), groups_.end(), [&](const NamedGroup& g) { return g.name == name; });
  return found == groups_.end() ? nullptr : &found->index;
}

std::uint32_t Cluster::group_named(std::string_view name, const GroupSettings& settings) {
  if (const std::uint32_t* known = find_group(name)) return *known;
  NamedGroup& named = groups_.emplace_back();
  named.name = name;
  named.index = static_cast<std::uint32_t>(groups_.size() - 1);
  named.group.build(cells_, owner_ + 0x1000000 + named.index, settings, {}, 0);
  return named.index;
}

std::uint32_t Cluster::topic_in_group(std::uint32_t g, std::uint32_t topic) const {
  const auto& topics = groups_[g].topics;
  const auto found = std::find(topics.begin(), topics.end(), topic);
  return found == topics.end() ? nobody : static_cast<std::uint32_t>(found - topics.begin());
}

bool Cluster::subscribe(std::uint32_t g, std::uint32_t topic) {
  NamedGroup& named = groups_[g];
  if (topic_in_group(g, topic) != nobody) return true;
  if (named.topics.size() == 64) return false;
  named.topics.push_back(topic);
  named.group.add_topic(cells_, 0);
  return notice_growth(g, topic);
}

bool Cluster::can_grow(std::uint32_t g, std::uint32_t topic) const {
  return topic_in_group(g, topic) == nobody || groups_[g].topics.back() == topic;
}

bool Cluster::notice_growth(std::uint32_t g, std::uint32_t topic) {
  NamedGroup& named = groups_[g];
  if (named.topics.empty() || named.topics.back() != topic) return can_grow(g, topic);
  std::size_t known = 0;
  for (const std::uint32_t p : named.partitions) known += partitions_[p].topic == topic ? 1 : 0;
  const auto& all = topics_[topic].partitions;
  named.partitions.insert(named.partitions.end(), all.begin() + static_cast<std::ptrdiff_t>(known), all.end());
  named.group.grow_last_topic(cells_, static_cast<std::uint32_t>(all.size()));
  return true;
}

std::uint32_t Cluster::in_group(std::uint32_t g, std::uint32_t p) const {
  const auto& partitions = groups_[g].partitions;
  const auto found = std::find(partitions.begin(), partitions.end(), p);
  return found == partitions.end() ? nobody : static_cast<std::uint32_t>(found - partitions.begin());
}

}  // namespace flowtank::kafka
