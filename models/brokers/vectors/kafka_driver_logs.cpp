// SPDX-License-Identifier: Apache-2.0
// Logs as KafkaDriver shows them: what a reader without a group gets, offsets, retention.
#include <algorithm>

#include "models/brokers/vectors/kafka_driver.hpp"
#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {

using kafka::Isolation;

std::string KafkaDriver::read_log(const JsonNode& step, Out& out) {
  std::string why;
  const auto p = find_partition(step, why);
  if (!p) return why;
  // A reader without a group has Java's default unless the step says otherwise.
  const auto isolation = text_of(step, "isolation") == "read_committed" ? Isolation::read_committed : Isolation::read_uncommitted;
  const kafka::PartitionLog& log = cluster_->log(*p);
  std::vector<JsonNode> values, records;
  if (!unreachable(*p)) {
    const kafka::Offset stop = log.readable_end(cells_, isolation);
    for (kafka::Offset at = log.next_readable(cells_, whole_of(step, "from", 0), isolation); at < stop; at = log.next_readable(cells_, at + 1, isolation)) {
      const Word message = log.message(cells_, at);
      values.push_back(value_of(message));
      records.push_back(object({{"offset", node(at)}, {"key", key_of(message)}, {"value", value_of(message)}}));
    }
  }
  out.push_back({object({{"values", node(std::move(values))}, {"records", node(std::move(records))}, {"start_offset", node(log.start(cells_))},
                         {"end_offset", node(log.readable_end(cells_, isolation))}}),
                 "result", false});
  return {};
}

std::string KafkaDriver::log_offsets(const JsonNode& step, Out& out) {
  std::string why;
  const auto p = find_partition(step, why);
  if (!p) return why;
  const kafka::PartitionLog& log = cluster_->log(*p);
  std::vector<JsonNode> in_sync;
  const auto& partition = cluster_->partition(*p);
  for (std::uint32_t r = 0; r < log.replica_count(); ++r) {
    const std::uint32_t broker = (partition.number + r) % cluster_->topic(partition.topic).brokers + 1;
    if ((log.in_sync(cells_) >> r & 1) != 0) in_sync.push_back(node(broker));
  }
  out.push_back({object({{"start_offset", node(log.start(cells_))}, {"end_offset", node(log.end(cells_))},
                         {"high_watermark", node(log.high_watermark(cells_))}, {"last_stable_offset", node(log.last_stable(cells_))},
                         {"leader", node(cluster_->leader_broker(*p))}, {"isr", node(std::move(in_sync))}}),
                 "result", false});
  return {};
}

std::string KafkaDriver::roll_log(const JsonNode& step, Out&) {
  std::string why;
  for (const std::uint32_t p : partitions_meant(step, why)) cluster_->roll(p);
  return why;
}

std::string KafkaDriver::clean_log(const JsonNode& step, Out&) {
  std::string why;
  for (const std::uint32_t p : partitions_meant(step, why)) cluster_->clean(p, clock_.now_ms());
  return why;
}

std::string KafkaDriver::compact_log(const JsonNode& step, Out&) {
  std::string why;
  for (const std::uint32_t p : partitions_meant(step, why)) cluster_->clean(p, clock_.now_ms(), true);
  return why;
}

std::string KafkaDriver::delete_records(const JsonNode& step, Out&) {
  std::string why;
  const auto p = find_partition(step, why);
  if (!p) return why;
  cluster_->log(*p).move_start(cells_, pool_, std::min(whole_of(step, "offset", 0), cluster_->log(*p).high_watermark(cells_)));
  return {};
}

}  // namespace flowtank::vectors
