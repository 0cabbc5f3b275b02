// SPDX-License-Identifier: Apache-2.0
// See differences.hpp: the table, product by product. A row with a condition stands before the one without. Rule ids are those
// of the products' pages; a kind that is not registered is never asked for.
#include "models/brokers/differences.hpp"

#include <algorithm>

#include "models/brokers/product_options/option_text.hpp"

namespace flowtank {
namespace {

using enum BrokerDifference::Effect;

constexpr BrokerDifference table[] = {
    {"ideal", "", "partition", guards, "ideal", "the publisher hears that it was not taken, and sends again"},
    {"ideal", "", "outage", guards, "ideal", "the publisher hears that it was not taken, and sends again"},
    {"ideal", "", "publish_loss", guards, "ideal", "the publisher hears that it was not taken, and sends again"},
    {"ideal", "", "crash", either, "ideal", "what was in flight returns to the head of its lane at once"},
    {"ideal", "", "handler_error", either, "ideal", "a refused message is handed out again, in its place"},
    {"ideal", "", "ambiguous_publish", harms, "ideal", "nothing removes duplicates: a message that is sent again is stored again"},
    {"ideal", "", "ack_deadline", either, "ideal", "the copy returns to its lane while it is handled"},
    {"ideal", "", "order", guards, "ideal", "one message of a key at a time, in order"},

    {"kafka", "acks=0", "partition", harms, "KF-PROD-1", "nobody waits for an answer, so nobody learns that a record never arrived"},
    {"kafka", "", "partition", either, "KF-PROD-2", "a request without an answer is sent again until delivery.timeout.ms"},
    {"kafka", "acks=0", "outage", harms, "KF-PROD-1", "nobody waits for an answer, so nobody learns that a record never arrived"},
    {"kafka", "", "outage", either, "KF-PROD-2", "a request without an answer is sent again until delivery.timeout.ms"},
    {"kafka", "acks=0", "publish_loss", harms, "KF-PROD-1", "nobody waits for an answer, so nobody learns that a record never arrived"},
    {"kafka", "", "publish_loss", either, "KF-PROD-2", "a request without an answer is sent again until delivery.timeout.ms"},
    {"kafka", "enable.auto.commit=false", "crash", either, "KF-OFF-1", "reading goes on at the last commit, which follows the handling"},
    {"kafka", "client=librdkafka", "crash", either, "KF-AUTO-2", "an offset is stored when the record is handed over, so a crash can leave a commit that is ahead of the handling"},
    {"kafka", "client=java_thread_pool", "crash", either, "KF-AUTO-1", "the poll loop commits what a pool still handles: a crash loses it"},
    {"kafka", "", "crash", either, "KF-AUTO-1", "the poll loop commits only what earlier polls returned: a crash repeats what came since"},
    {"kafka", "client=librdkafka", "commits", either, "KF-AUTO-2", "a thread commits what was handed over, handled or not"},
    {"kafka", "", "commits", either, "KF-AUTO-1", "commits cover what earlier polls returned"},
    {"kafka", "on.error=continue", "handler_error", either, "KF-FLOW-1", "the loop goes on with the next record; Kafka never hands out the failed one again"},
    {"kafka", "client=librdkafka", "handler_error", either, "KF-FLOW-1", "the loop goes on with the next record; Kafka never hands out the failed one again"},
    {"kafka", "", "handler_error", either, "KF-FLOW-1", "the client seeks back to the failed record, which holds up its partition"},
    {"kafka", "acks=0", "ambiguous_publish", guards, "KF-PROD-1", "nobody waits for an answer, so nobody sends again"},
    {"kafka", "enable.idempotence=false", "ambiguous_publish", harms, "KF-PROD-2", "a request that is sent again is appended again"},
    {"kafka", "", "ambiguous_publish", either, "KF-IDEM-1", "sequence numbers remove the repetitions of one producer session, not those of the application"},
    {"kafka", "", "failover", either, "KF-REPL-2", "with acks=all the new leader has every acknowledged record; with acks=1 it may lack the newest"},
    {"kafka", "", "power_loss", either, "KF-REPL-2", "a record is acknowledged before it is on disk unless log.flush.interval.messages is 1"},
    {"kafka", "", "expiry", either, "KF-RET-1", "old segments go, read or not"},
    {"kafka", "", "rebalance", either, "KF-REB-4", "a member that is thrown out goes on working, and its successor reads from the last commit"},
    {"kafka", "", "ack_deadline", either, "KF-REB-4", "no deadline for one record; a member that does not poll loses its partitions"},
    {"kafka", "", "pause", either, "KF-REB-6", "a member without heartbeats is out after session.timeout.ms, and others read from its last commit"},
    {"kafka", "", "zombie", either, "KF-REB-4", "the group goes on without the member while it works"},
    {"kafka", "", "order", guards, "KF-ORD-1", "order within a partition, and a key has one partition"},

    {"sns_sqs", "", "partition", either, "SQS-SEND-1", "answered means stored; a call without an answer is repeated"},
    {"sns_sqs", "", "outage", either, "SQS-SEND-1", "answered means stored; a call without an answer is repeated"},
    {"sns_sqs", "", "publish_loss", either, "SQS-SEND-1", "answered means stored; a call without an answer is repeated"},
    {"sns_sqs", "FifoQueue=true", "crash", either, "SQS-FIFO-3", "the message stays hidden until its timeout, and its group waits for it"},
    {"sns_sqs", "", "crash", either, "SQS-VIS-1", "the message stays hidden until its timeout; then it is handed out again, and others have overtaken it"},
    {"sns_sqs", "", "handler_error", either, "SQS-VIS-1", "there is no refusal: the message comes back after its visibility timeout, and later ones overtake it"},
    {"sns_sqs", "", "poison", either, "SQS-DLQ-1", "it comes back until it was received RedrivePolicy.maxReceiveCount times"},
    {"sns_sqs", "MessageDeduplicationId=attempt", "ambiguous_publish", harms, "SQS-DEDUP-1", "a new id for each call of the application is no duplicate"},
    {"sns_sqs", "FifoQueue=true", "ambiguous_publish", guards, "SQS-DEDUP-1", "a send with the same id within five minutes is answered with success and not stored"},
    {"sns_sqs", "", "ambiguous_publish", harms, "SQS-SEND-1", "a call that is repeated stores a second message"},
    {"sns_sqs", "FifoQueue=true", "ack_deadline", either, "SQS-FIFO-5", "handed out again, and the late delete is refused"},
    {"sns_sqs", "", "ack_deadline", either, "SQS-FIFO-9", "a timeout that is shorter than the handling has the message handled twice, at the same time"},
    {"sns_sqs", "", "ends the visibility timeout", harms, "SQS-VIS-1", "not deleted by then, the message is visible again"},
    {"sns_sqs", "", "hands out", harms, "SQS-DUP-1", "a standard queue may hand out a message twice"},
    {"sns_sqs", "", "expiry", either, "SQS-RET-1", "older than MessageRetentionPeriod: gone, read or not, and not into the dead-letter queue"},
    {"sns_sqs", "", "pause", either, "SQS-FIFO-9", "a poller that stands still longer than the timeout loses its message to another"},
    {"sns_sqs", "", "zombie", either, "SQS-FIFO-9", "a poller that stands still longer than the timeout loses its message to another"},
    {"sns_sqs", "FifoQueue=true", "order", guards, "SQS-FIFO-3", "one message of a group at a time, in order"},
    {"sns_sqs", "", "order", harms, "SQS-ORD-1", "a standard queue keeps no order: several messages of a key are handled at the same time"},

    {"rabbitmq", "confirm.select=true", "partition", either, "RMQ-CONF-1", "what is not confirmed is sent again"},
    {"rabbitmq", "", "partition", harms, "RMQ-CONF-4", "without confirms a publisher does not learn that a message never arrived"},
    {"rabbitmq", "confirm.select=true", "outage", either, "RMQ-CONF-1", "what is not confirmed is sent again"},
    {"rabbitmq", "", "outage", harms, "RMQ-CONF-4", "without confirms a publisher does not learn that a message never arrived"},
    {"rabbitmq", "confirm.select=true", "publish_loss", either, "RMQ-CONF-1", "what is not confirmed is sent again"},
    {"rabbitmq", "", "publish_loss", harms, "RMQ-CONF-4", "without confirms a publisher does not learn that a message never arrived"},
    {"rabbitmq", "", "crash", either, "RMQ-CRASH-1", "the loss of the channel requeues at once what was not settled"},
    {"rabbitmq", "", "handler_error", either, "RMQ-REQ-1", "a nack requeues; where to, the type of the queue says"},
    {"rabbitmq", "", "poison", either, "RMQ-QQ-LIMIT-1", "a quorum queue hands it out until its delivery limit, a classic one for ever"},
    {"rabbitmq", "", "ambiguous_publish", guards, "RMQ-CONF-4", "without confirms a publisher waits for no answer, and repeats nothing"},
    {"rabbitmq", "", "ambiguous_publish", harms, "RMQ-CONF-1", "a publish that is sent again is stored again"},
    {"rabbitmq", "", "ack_deadline", either, "RMQ-ACK-5", "after consumer_timeout the channel is closed and its deliveries are requeued"},
    {"rabbitmq", "", "expiry", either, "RMQ-TTL-1", "messages older than the time to live go"},
    {"rabbitmq", "", "failover", either, "RMQ-QQ-RAFT-1", "a quorum queue keeps what it has confirmed as long as a majority lives"},
    {"rabbitmq", "", "power_loss", either, "RMQ-DUR-1", "what is durable and on disk survives, the rest is gone"},
    {"rabbitmq", "", "order", harms, "RMQ-ORD-1", "several consumers of one queue see no order"},

    {"nats_jetstream", "publish=core", "partition", harms, "JS-PUB-1", "a core publish gets no answer, so nobody learns that it never arrived"},
    {"nats_jetstream", "", "partition", either, "JS-PUB-1", "the PubAck means stored; without it the publisher tries again"},
    {"nats_jetstream", "publish=core", "outage", harms, "JS-PUB-1", "a core publish gets no answer, so nobody learns that it never arrived"},
    {"nats_jetstream", "", "outage", either, "JS-PUB-1", "the PubAck means stored; without it the publisher tries again"},
    {"nats_jetstream", "publish=core", "publish_loss", harms, "JS-PUB-1", "a core publish gets no answer, so nobody learns that it never arrived"},
    {"nats_jetstream", "", "publish_loss", either, "JS-PUB-1", "the PubAck means stored; without it the publisher tries again"},
    {"nats_jetstream", "", "crash", either, "JS-ACK-1", "not settled within ack_wait: handed out again, before newer messages"},
    {"nats_jetstream", "", "handler_error", either, "JS-ACK-3", "a NAK hands it out again at once"},
    {"nats_jetstream", "", "poison", either, "JS-MAXD-1", "after max_deliver deliveries it is never handed out again, and stays in the stream"},
    {"nats_jetstream", "Nats-Msg-Id=true", "ambiguous_publish", guards, "JS-DEDUP-1", "the same Nats-Msg-Id within duplicate_window is not stored again"},
    {"nats_jetstream", "publish=core", "ambiguous_publish", guards, "JS-PUB-1", "a core publish waits for no answer, and repeats nothing"},
    {"nats_jetstream", "", "ambiguous_publish", harms, "JS-PUB-1", "no answer is unknown: a publish that is sent again without a Nats-Msg-Id is stored again"},
    {"nats_jetstream", "", "ack_deadline", either, "JS-ACK-2", "after ack_wait it is handed out again; a late ack settles it for all"},
    {"nats_jetstream", "", "expiry", either, "JS-RET-3", "limits take the oldest, read or not"},
    {"nats_jetstream", "", "failover", either, "JS-RAFT-1", "a majority has what was acknowledged"},
    {"nats_jetstream", "", "power_loss", either, "JS-RAFT-1", "acknowledged before it is on disk: sync_interval is two minutes"},
    {"nats_jetstream", "", "order", harms, "JS-ORD-1", "with several in flight, a redelivery breaks the order"},

    {"redis_streams", "", "partition", either, "RS-ADD-1", "XADD answers with the id of the entry; without an answer the client sends again"},
    {"redis_streams", "", "outage", either, "RS-ADD-1", "XADD answers with the id of the entry; without an answer the client sends again"},
    {"redis_streams", "", "publish_loss", either, "RS-ADD-1", "XADD answers with the id of the entry; without an answer the client sends again"},
    {"redis_streams", "", "crash", either, "RS-PEL-1", "pending entries stay with the consumer's name: nothing hands them out again by itself"},
    {"redis_streams", "", "handler_error", either, "RS-PEL-1", "an entry that is not acknowledged stays pending until somebody claims it"},
    {"redis_streams", "", "ambiguous_publish", harms, "RS-ADD-1", "an XADD that is sent again is stored again"},
    {"redis_streams", "", "ack_deadline", either, "RS-CLAIM-1", "who claims an idle entry gets it while the first may still work"},
    {"redis_streams", "", "expiry", either, "RS-TRIM-1", "trimming drops the oldest, whatever the groups have read"},
    {"redis_streams", "", "failover", either, "RS-DUR-1", "replication is asynchronous: acknowledged entries may vanish"},
    {"redis_streams", "", "power_loss", either, "RS-DUR-1", "a crash loses what came since the last snapshot or fsync"},
    {"redis_streams", "", "order", harms, "RS-GRP-1", "consumers of a group share the entries, so several are handled at the same time"},
};

bool has_option(const std::vector<Option>& options, std::string_view when) {
  return std::any_of(options.begin(), options.end(), [&](const Option& option) { return option.name + "=" + product_options::text_of(option.value) == when; });
}

bool holds(const System& system, std::string_view when) {
  if (when.empty()) return true;
  const auto any = [&](const auto& things) { return std::any_of(things.begin(), things.end(), [&](const auto& thing) { return has_option(thing.options, when); }); };
  return any(system.brokers) || any(system.channels) || any(system.subscriptions);
}

}  // namespace

std::span<const BrokerDifference> broker_differences() { return table; }

const BrokerDifference* find_difference(const System& system, std::string_view kind, std::string_view happened, bool harmed) {
  const auto found = std::find_if(std::begin(table), std::end(table), [&](const BrokerDifference& row) {
    const bool it = happened == row.happens || (happened.starts_with("broker ") && happened.find(row.happens) != std::string_view::npos);
    const bool fits = row.effect == either || (row.effect == harms) == harmed;
    return row.kind == kind && it && fits && holds(system, row.when);
  });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace flowtank
