// SPDX-License-Identifier: Apache-2.0
// Kinds of faults of the broker itself. What exactly happens is the product's; which of them it can show, its
// BrokerKind lists.
#include "sim/world/fault_kinds.hpp"

namespace flowtank::fault_tables {
namespace {

constexpr FaultParameter lost = {"lost", "integer", "1", "So many of the last records are lost at most; an exploration takes each number up to it."};
constexpr FaultParameter failover[] = {
    lost,
    {"cause", "crash|power|partition", "crash", "The leader's process dies; its node loses power, and what was not flushed there with it; or it is cut off from the majority, and comes back."},
    {"length", "distribution", "0", "A partition: how long it lasts (timed runs)."},
    {"replication_lag", "time", "0", "The followers that no majority needs have stood still for so long; an exploration takes any time for any other but 0."}};
constexpr FaultParameter power_loss[] = {lost};
constexpr FaultParameter expiry[] = {{"lost", "integer", "1", "So many of the oldest records go at most."}};
constexpr FaultParameter rewind[] = {{"to", "earliest|latest|back", "earliest", "Where the group reads on."},
                                     {"back", "integer", "1", "With \"to\": \"back\", so many records back."}};
constexpr FaultParameter repartition[] = {{"partitions", "integer", "required", "How many partitions there are afterwards."}};

constexpr FaultKindInfo table[] = {
    {FaultKind::failover, "failover", "F12 F14", "failover", "failovers", FaultTiming::clock, FaultExplored::action, "broker channel",
     "The leader of a partition or queue fails and another replica takes over.",
     "What was confirmed but not on the new leader is lost, if the configuration allows that; publishes on the way have an unknown outcome.",
     failover, "Jepsen: bufstream-0.1.0, redpanda-21.10.1; unclean.leader.election.enable of Kafka.",
     R"({"kind": "failover", "on": {"channel": "orders"}, "lost": 2, "from_s": 1})"},
    {FaultKind::power_loss, "power_loss", "F12", "power loss", "power losses", FaultTiming::clock, FaultExplored::action, "broker channel",
     "All replicas lose power at once: what was not flushed is gone.",
     "Depends on when the product flushes.",
     power_loss, "NATS JetStream 2.12.1 flushed every two minutes (jepsen.io/analyses/nats-2.12.1).",
     R"({"kind": "power_loss", "on": {"broker": "bus"}, "lost": 2, "from_s": 1})"},
    {FaultKind::expiry, "expiry", "F17", "expiry", "expiries", FaultTiming::clock, FaultExplored::action, "broker channel consumer",
     "Messages outlive their time to live or retention before they are consumed.",
     "The oldest go first.",
     expiry, "Kafka retention.ms, RabbitMQ x-message-ttl, SQS MessageRetentionPeriod.",
     R"({"kind": "expiry", "on": {"channel": "orders"}, "from_s": 5})"},
    {FaultKind::compaction, "compaction", "F17 F57", "compaction", "compactions", FaultTiming::clock, FaultExplored::action, "broker channel",
     "Older records of a key are removed while a consumer has not read them.",
     "The latest record of each key stays.",
     {}, "Kafka cleanup.policy=compact.",
     R"({"kind": "compaction", "on": {"channel": "order-status"}, "from_s": 5})"},
    {FaultKind::rewind, "rewind", "F37", "offset reset", "offset resets", FaultTiming::clock, FaultExplored::action, "broker channel consumer",
     "A consumer group reads on from somewhere else.",
     "Back: records are handled again. Forward: records are skipped.",
     rewind, "Lost offsets and auto.offset.reset of Kafka; manual resets.",
     R"({"kind": "rewind", "on": {"channel": "orders", "consumer": "payment"}, "to": "earliest", "from_s": 5})"},
    {FaultKind::repartition, "repartition", "F20", "repartitioning", "repartitionings", FaultTiming::clock, FaultExplored::action, "broker channel",
     "The number of partitions grows: keys move, consumers discover the new ones later.",
     "Records of one key are in two partitions, and with reset to latest some are skipped.",
     repartition, "apache/kafka pull requests 10167, 22784; KIP-1327.",
     R"({"kind": "repartition", "on": {"channel": "orders"}, "partitions": 4, "from_s": 5})"},
    {FaultKind::rebalance, "rebalance", "F25", "rebalance", "rebalances", FaultTiming::clock, FaultExplored::action, "broker channel consumer",
     "Partitions move between consumers while records are being handled.",
     "The new owner reads on from the last committed offset; the former one goes on, and its commit is refused.",
     {}, "spring-projects/spring-kafka issue 2266; github.blog availability report of August 2023.",
     R"({"kind": "rebalance", "on": {"channel": "orders", "consumer": "payment"}, "from_s": 2})"},
    {FaultKind::late_transaction_end, "late_transaction_end", "F21", "late end", "late ends", FaultTiming::clock, FaultExplored::action, "broker channel",
     "The end of a broker's transaction arrives late and ends a later one.",
     "The producer repeats the request that ended its last transaction, and the coordinator takes it for the next one: what that has written so far is committed or aborted. Needs producers with a transactional.id; brokers of transaction.version 2 refuse it (KIP-890).",
     {}, "jepsen.io/analyses/bufstream-0.1.0; users@kafka msg43073.",
     R"({"kind": "late_transaction_end", "on": {"broker": "bus"}, "from_s": 2})"},
};

}  // namespace

std::span<const FaultKindInfo> brokers() { return table; }

}  // namespace flowtank::fault_tables
