// SPDX-License-Identifier: Apache-2.0
// What happens to a cluster's logs by faults and by time: failover, power loss (KF-REPL-1..4) and retention (KF-RET-1..2).
#include <algorithm>

#include "models/brokers/kafka/cluster.hpp"

namespace flowtank::kafka {

void Cluster::was_cut(std::uint32_t p) { producers_.truncated(cells_, pool_, p, log(p).end(cells_)); }

void Cluster::kill_broker(std::uint32_t broker) {
  if (broker >= dead_.size()) dead_.resize(broker + 1);
  dead_[broker] = true;
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    const std::uint32_t replica = replica_on(partitions_[p], broker);
    if (replica == PartitionLog::no_replica) continue;
    if (log(p).kill(cells_, pool_, replica, topics_[partitions_[p].topic].settings.unclean_leader_election)) was_cut(p);
  }
}

void Cluster::revive_broker(std::uint32_t broker) {
  if (broker < dead_.size()) dead_[broker] = false;
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    const std::uint32_t replica = replica_on(partitions_[p], broker);
    if (replica == PartitionLog::no_replica) continue;
    if (log(p).revive(cells_, pool_, replica, topics_[partitions_[p].topic].settings.unclean_leader_election)) was_cut(p);
  }
}

void Cluster::pause_replication(std::uint32_t broker, bool pause) {
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    const std::uint32_t replica = replica_on(partitions_[p], broker);
    if (replica == PartitionLog::no_replica) continue;
    if (pause) log(p).pause(cells_, replica);
    else log(p).resume(cells_, replica);
  }
}

void Cluster::drop_lagging(std::uint32_t broker) {
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    const std::uint32_t replica = replica_on(partitions_[p], broker);
    if (replica != PartitionLog::no_replica && log(p).is_paused(cells_, replica)) log(p).drop_from_isr(cells_, replica);
  }
}

Offset Cluster::flushed(const PartitionLog& of, std::int64_t now_ms) const {
  const std::int64_t delay = settings_.flush_interval_ms > 0 ? std::min(settings_.flush_interval_ms, settings_.os_flush_ms) : settings_.os_flush_ms;
  Offset mark = of.end(cells_);
  while (mark > of.start(cells_) && of.at(cells_, mark - 1).time_ms > now_ms - delay) --mark;
  const std::int64_t every = settings_.flush_interval_messages;
  if (every > 0) mark = std::max(mark, of.end(cells_) - of.end(cells_) % every);
  return mark;
}

void Cluster::lose_power(std::span<const std::uint32_t> brokers, std::int64_t now_ms) {
  for (const std::uint32_t broker : brokers) {
    if (broker >= dead_.size()) dead_.resize(broker + 1);
    dead_[broker] = true;
  }
  for (std::uint32_t p = 0; p < partitions(); ++p) {
    Replicas lost = 0;
    for (const std::uint32_t broker : brokers) {
      const std::uint32_t replica = replica_on(partitions_[p], broker);
      if (replica != PartitionLog::no_replica) lost |= Replicas{1} << replica;
    }
    if (lost != 0) log(p).lose_power(cells_, pool_, lost, flushed(log(p), now_ms));
    was_cut(p);
  }
}

void Cluster::change_topic(std::uint32_t topic, const TopicSettings& asked, std::span<const std::string> keys) {
  TopicSettings& settings = topics_[topic].settings;
  for (const std::string& key : keys) {
    if (key == "cleanup.policy") settings.compact = asked.compact, settings.remove = asked.remove;
    if (key == "retention.ms") settings.retention_ms = asked.retention_ms;
    if (key == "retention.bytes") settings.retention_bytes = asked.retention_bytes;
    if (key == "segment.ms") settings.segment_ms = asked.segment_ms;
    if (key == "segment.bytes") settings.segment_bytes = asked.segment_bytes;
    if (key == "delete.retention.ms") settings.delete_retention_ms = asked.delete_retention_ms;
    if (key == "min.cleanable.dirty.ratio") settings.min_cleanable_dirty_ratio = asked.min_cleanable_dirty_ratio;
    if (key == "min.insync.replicas") settings.min_insync_replicas = asked.min_insync_replicas;
    if (key == "max.message.bytes") settings.max_message_bytes = asked.max_message_bytes;
    if (key == "unclean.leader.election.enable") settings.unclean_leader_election = asked.unclean_leader_election;
  }
  for (const std::uint32_t p : topics_[topic].partitions) {  // KF-REPL-3: switched on while nobody leads
    if (log(p).elect(cells_, pool_, settings.unclean_leader_election)) was_cut(p);
  }
}

void Cluster::expire_producers(std::int64_t now_ms) { producers_.expire(cells_, now_ms - settings_.producer_id_expiration_ms); }

void Cluster::clean(std::uint32_t p, std::int64_t now_ms, bool whatever_is_dirty) {
  PartitionLog& of = log(p);
  const TopicSettings& settings = topics_[partitions_[p].topic].settings;
  const Offset active = of.end(cells_) - of.active_segment(cells_);
  const bool old = active > 0 && now_ms - of.active_since_ms(cells_) >= settings.segment_ms;
  if (old || active * record_bytes >= settings.segment_bytes) of.roll(cells_);
  if (settings.remove && (settings.retention_ms >= 0 || settings.retention_bytes >= 0)) {
    const std::int64_t before = settings.retention_ms >= 0 ? now_ms - settings.retention_ms : 0;
    of.delete_old(cells_, pool_, before, settings.retention_bytes, record_bytes);
  }
  if (settings.compact && (whatever_is_dirty || of.dirty_ratio(cells_) >= settings.min_cleanable_dirty_ratio)) {
    of.compact(cells_, pool_, now_ms - settings.delete_retention_ms, key_of_);
  }
}

}  // namespace flowtank::kafka
