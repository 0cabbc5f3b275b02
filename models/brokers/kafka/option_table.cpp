// SPDX-License-Identifier: Apache-2.0
// The table of Kafka's keys (see options.hpp). Defaults are those of Kafka 3.9's server and Java clients; librdkafka's where
// they differ. Keys without rules are accepted because real configurations have them; they change nothing here. Others decide
// something in vectors only, and a scenario that sets them is told so (FT-KAFKA-030).
#include <algorithm>

#include "models/brokers/kafka/options.hpp"

namespace flowtank::kafka {
namespace {

using enum OptionType;
constexpr std::int64_t int_max = 2'147'483'647, long_max = 9'223'372'036'854'775'807;
constexpr auto broker = static_cast<std::uint8_t>(Scope::broker), topic = static_cast<std::uint8_t>(Scope::topic),
               producer = static_cast<std::uint8_t>(Scope::producer), consumer = static_cast<std::uint8_t>(Scope::consumer);
constexpr std::uint8_t client = producer | consumer;

constexpr KafkaOption table[] = {
    // ---- brokers
    {"brokers", broker, whole, "0", "", "", 0, 1000, "", "KF-REPL-1", "Number of brokers; 0: as many as the largest replication factor. Flowtank's own key."},
    {"default.replication.factor", broker, whole, "1", "", "", 1, 8, "", "KF-REPL-1", "Replicas of a topic that names none."},
    {"min.insync.replicas", broker | topic, whole, "1", "", "", 1, 8, "", "KF-PROD-1 KF-REPL-4", "Fewer in-sync replicas than this refuse acks=all."},
    {"unclean.leader.election.enable", broker | topic, boolean, "false", "", "", 0, 0, "", "KF-REPL-3", "Whether a replica that lacks records may lead when no in-sync one lives."},
    {"replica.lag.time.max.ms", broker, whole, "30000", "", "ms", 1, long_max, "", "KF-REPL-1", "A follower behind for so long leaves the in-sync replicas."},
    {"eligible.leader.replicas.enable", broker, boolean, "false", "", "", 0, 0, "", "KF-REPL-4", "KIP-966: the high watermark waits while fewer than min.insync.replicas are in sync."},
    {"broker.session.timeout.ms", broker, whole, "9000", "", "ms", 1, int_max, "", "KF-REPL-2", "How long a dead broker counts as alive."},
    {"group.initial.rebalance.delay.ms", broker, whole, "3000", "", "ms", 0, int_max, "", "KF-REB-1", "How long the first member of an empty group waits for others."},
    {"group.min.session.timeout.ms", broker, whole, "6000", "", "ms", 1, int_max, "", "KF-REB-6", "The shortest session a member may ask for."},
    {"group.max.session.timeout.ms", broker, whole, "1800000", "", "ms", 1, int_max, "", "KF-REB-6", "The longest session a member may ask for."},
    {"group.consumer.session.timeout.ms", broker, whole, "45000", "", "ms", 1, int_max, "", "KF-REB-8", "Session of members of group.protocol=consumer."},
    {"group.consumer.heartbeat.interval.ms", broker, whole, "5000", "", "ms", 1, int_max, "", "KF-REB-8", "Heartbeats of members of group.protocol=consumer."},
    {"offsets.retention.minutes", broker, whole, "10080", "", "min", 1, int_max, "", "KF-OFF-3", "Commits of a group that is empty for so long are forgotten."},
    {"producer.id.expiration.ms", broker, whole, "86400000", "", "ms", 1, int_max, "", "KF-IDEM-2", "Sequence numbers of a producer that writes nothing are forgotten after this."},
    {"transaction.max.timeout.ms", broker, whole, "900000", "", "ms", 1, int_max, "", "KF-TXN-3", "The longest transaction.timeout.ms a producer may ask for."},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", broker, whole, "10000", "", "ms", 1, int_max, "", "KF-TXN-3", "How often overdue transactions are looked for."},
    {"transaction.version", broker, whole, "0", "", "", 0, 2, "", "KF-TXN-1", "The cluster's feature level: from 2 on (Kafka 4.0) each transaction has an epoch of its own, and a late end of an earlier one is refused."},
    {"log.retention.check.interval.ms", broker, whole, "300000", "", "ms", 1, long_max, "", "KF-RET-1", "How often old segments are looked for."},
    {"log.flush.interval.ms", broker, whole, "0", "", "ms", 0, long_max, "", "KF-REPL-2", "Records are on disk after this; 0: left to the operating system."},
    {"log.flush.interval.messages", broker, whole, "0", "", "records", 0, long_max, "", "KF-REPL-2", "Records are on disk after so many; 0: not by count."},
    {"os.flush.ms", broker, whole, "30000", "", "ms", 0, long_max, "", "KF-REPL-2", "How long the operating system may keep records in memory. Flowtank's own key."},
    {"auto.create.topics.enable", broker, boolean, "true", "", "", 0, 0, "", "", "Topics are declared here."},
    // ---- topics
    {"partitions", topic, whole, "1", "", "", 1, 1'000'000, "", "KF-PART-1 KF-ORD-1", "Number of partitions; order holds within one."},
    {"num.partitions", broker, whole, "1", "", "", 1, 1'000'000, "", "KF-PART-1", "Partitions of a topic that names none."},
    {"replication.factor", topic, whole, "", "", "", 1, 8, "", "KF-REPL-1", "Replicas of each partition."},
    {"cleanup.policy", topic, list, "delete", "", "", 0, 0, "delete compact", "KF-RET-1 KF-RET-2", "Whether old segments go, or older values of a key, or both."},
    {"retention.ms", topic, whole, "604800000", "", "ms", -1, long_max, "", "KF-RET-1", "Closed segments go when their newest record is older; -1: never. Unread records too."},
    {"retention.bytes", topic, whole, "-1", "", "bytes", -1, long_max, "", "KF-RET-1", "Closed segments go while the partition is larger; -1: no limit."},
    {"segment.ms", topic, whole, "604800000", "", "ms", 1, long_max, "", "KF-RET-1", "A segment is closed when its first record is older."},
    {"segment.bytes", topic, whole, "1073741824", "", "bytes", 14, int_max, "", "KF-RET-1", "A segment is closed when it is larger."},
    {"delete.retention.ms", topic, whole, "86400000", "", "ms", 0, long_max, "", "KF-RET-2", "How long tombstones stay in a compacted topic."},
    {"min.cleanable.dirty.ratio", topic, real, "0.5", "", "", 0, 1, "", "KF-RET-2", "Compaction begins when so much is not compacted yet."},
    {"max.message.bytes", topic, whole, "1048588", "", "bytes", 0, int_max, "", "KF-PROD-5", "Larger records are refused."},
    // ---- both clients
    {"client", client, choice, "java", "", "", 0, 0, "java java_thread_pool librdkafka store_after_processing", "KF-AUTO-1 KF-AUTO-2 KF-PROD-3", "Whose defaults and habits: verdicts depend on them. Flowtank's own key."},
    {"max.message.size", client, whole, "1048576", "", "bytes", 1, int_max, "", "", "Use max.request.size or max.message.bytes."},
    {"client.id", client, text, "", "", "", 0, 0, "", "", "A name for logs."},
    {"bootstrap.servers", client, text, "", "", "", 0, 0, "", "", "Clients know their brokers here."},
    {"socket.timeout.ms", client, whole, "60000", "", "ms", 1, int_max, "", "", "The request timeouts decide here."},
    {"reconnect.backoff.ms", client, whole, "50", "", "ms", 0, int_max, "", "", "Connections cost nothing here."},
    {"reconnect.backoff.max.ms", client, whole, "1000", "", "ms", 0, int_max, "", "", "Connections cost nothing here."},
    {"security.protocol", client, text, "PLAINTEXT", "", "", 0, 0, "", "", "Not modelled."},
    {"metadata.max.age.ms", client, whole, "300000", "", "ms", 1, long_max, "", "KF-PART-1", "How long a client may not know of new partitions."},
    {"topic.metadata.refresh.interval.ms", client, whole, "300000", "", "ms", -1, long_max, "", "", "librdkafka's name of metadata.max.age.ms; that decides."},
    // ---- producers
    {"acks", producer, choice, "all", "", "", 0, 0, "all -1 0 1", "KF-PROD-1 KF-REPL-2", "Who must have a record before it counts as written."},
    {"request.required.acks", producer, choice, "", "", "", 0, 0, "all -1 0 1", "KF-PROD-1", "librdkafka's name of acks."},
    {"enable.idempotence", producer, boolean, "true", "false", "", 0, 0, "", "KF-IDEM-1 KF-IDEM-2", "Retries of one producer session are recognised by sequence numbers."},
    {"retries", producer, whole, "2147483647", "", "", 0, int_max, "", "KF-PROD-2 KF-PROD-4", "How often a failed request is repeated within delivery.timeout.ms."},
    {"message.send.max.retries", producer, whole, "", "", "", 0, int_max, "", "KF-PROD-2", "librdkafka's name of retries."},
    {"max.in.flight.requests.per.connection", producer, whole, "5", "1000000", "", 1, 1'000'000, "", "KF-PROD-3", "More than one without idempotence lets a retried batch be overtaken."},
    {"max.in.flight", producer, whole, "", "", "", 1, 1'000'000, "", "KF-PROD-3", "librdkafka's short name of max.in.flight.requests.per.connection."},
    {"delivery.timeout.ms", producer, whole, "120000", "300000", "ms", 0, int_max, "", "KF-PROD-4", "A record fails after this, and may nevertheless have been written."},
    {"message.timeout.ms", producer, whole, "", "", "ms", 0, int_max, "", "KF-PROD-4", "librdkafka's name of delivery.timeout.ms."},
    {"request.timeout.ms", producer, whole, "30000", "", "ms", 1, int_max, "", "KF-PROD-2", "A request without an answer for so long is repeated."},
    {"request.timeout.ms", consumer, whole, "30000", "", "ms", 1, int_max, "", "", "Requests of consumers are not lost here."},
    {"linger.ms", producer, whole, "0", "5", "ms", 0, int_max, "", "KF-PROD-3", "How long a batch waits for more records (5 from Kafka 4.0 on)."},
    {"queue.buffering.max.ms", producer, whole, "", "", "ms", 0, 900'000, "", "KF-PROD-3", "librdkafka's name of linger.ms."},
    {"batch.size", producer, whole, "16384", "1000000", "bytes", 0, int_max, "", "KF-PROD-3", "A batch holds at most so many bytes."},
    {"batch.num.messages", producer, whole, "10000", "", "records", 1, 1'000'000, "", "KF-PROD-3", "A batch holds at most so many records (librdkafka)."},
    {"retry.backoff.ms", producer, whole, "100", "", "ms", 0, int_max, "", "KF-PROD-3", "The pause before a request is repeated."},
    {"retry.backoff.ms", consumer, whole, "100", "", "ms", 0, int_max, "", "KF-REB-1", "The pause before a request is repeated."},
    {"retry.backoff.max.ms", client, whole, "1000", "", "ms", 0, int_max, "", "KF-PROD-3", "The pause doubles up to this."},
    {"max.block.ms", producer, whole, "60000", "", "ms", 0, long_max, "", "KF-PROD-4", "How long send() waits for metadata."},
    {"max.request.size", producer, whole, "1048576", "1000000", "bytes", 0, int_max, "", "KF-PROD-5", "Larger records fail at once, without a request."},
    {"buffer.memory", producer, whole, "33554432", "", "bytes", 0, long_max, "", "", "Memory does not run out here."},
    {"compression.type", producer, text, "none", "", "", 0, 0, "", "", "Sizes are those before compression."},
    {"partitioner", producer, choice, "murmur2", "consistent_random", "", 0, 0, "murmur2 murmur2_random consistent consistent_random random", "KF-PART-1", "How a key chooses its partition: Java's way or librdkafka's."},
    {"transactional.id", producer, text, "", "", "", 0, 0, "", "KF-TXN-1", "Names the transactional producer; a second one with it fences the first. In a scenario ${service} and ${instance} stand for who sends."},
    {"transaction.timeout.ms", producer, whole, "60000", "", "ms", 1, int_max, "", "KF-TXN-3", "The coordinator aborts a transaction that is open for longer."},
    // ---- consumers
    {"group.id", consumer, text, "", "", "", 0, 0, "", "KF-REB-1", "Members of one group share the partitions."},
    {"group.instance.id", consumer, text, "", "", "", 0, 0, "", "KF-REB-7", "A static member: a restart within its session keeps its partitions."},
    {"group.protocol", consumer, choice, "classic", "", "", 0, 0, "classic consumer", "KF-REB-8", "consumer: the coordinator assigns, without a stop of the group (KIP-848)."},
    {"group.remote.assignor", consumer, choice, "uniform", "", "", 0, 0, "uniform range", "KF-REB-8", "The coordinator's assignor; uniform is modelled."},
    {"partition.assignment.strategy", consumer, list, "range,cooperative-sticky", "range,roundrobin", "", 0, 0, "range roundrobin sticky cooperative-sticky", "KF-REB-2", "The first one that all members know decides; only cooperative-sticky alone is cooperative."},
    {"enable.auto.commit", consumer, boolean, "true", "", "", 0, 0, "", "KF-AUTO-1 KF-AUTO-2", "Whether the client commits by itself."},
    {"auto.commit.interval.ms", consumer, whole, "5000", "", "ms", 0, int_max, "", "KF-AUTO-1 KF-AUTO-2", "How often it does."},
    {"enable.auto.offset.store", consumer, boolean, "true", "", "", 0, 0, "", "KF-AUTO-2", "librdkafka: false leaves it to the application to say what was processed."},
    {"auto.offset.reset", consumer, choice, "latest", "", "", 0, 0, "latest earliest none largest smallest end beginning error", "KF-OFF-3", "Where to begin without a usable commit."},
    {"on.error", consumer, choice, "", "", "", 0, 0, "seek continue", "KF-FLOW-1", "What the application does when a handler fails: seek back to the record, or go on with the next. Without it: seek for client java, continue for the others. Flowtank's own key."},
    {"isolation.level", consumer, choice, "read_uncommitted", "read_committed", "", 0, 0, "read_uncommitted read_committed", "KF-TXN-3", "read_committed stops at the first open transaction."},
    {"session.timeout.ms", consumer, whole, "45000", "", "ms", 1, int_max, "", "KF-REB-6", "A member without heartbeats for so long is out."},
    {"heartbeat.interval.ms", consumer, whole, "3000", "", "ms", 1, int_max, "", "KF-REB-6", "How often a member says that it lives."},
    {"max.poll.interval.ms", consumer, whole, "300000", "", "ms", 1, int_max, "", "KF-REB-4", "A consumer that does not poll for so long leaves its group."},
    {"max.poll.records", consumer, whole, "500", "1", "records", 1, int_max, "", "KF-FLOW-1", "poll() returns at most so many records."},
    {"fetch.min.bytes", consumer, whole, "1", "", "bytes", 0, int_max, "", "", "A fetch waits until there is so much; fetching costs no time here."},
    {"fetch.max.wait.ms", consumer, whole, "500", "", "ms", 0, int_max, "", "", "But not longer than this."},
    {"max.partition.fetch.bytes", consumer, whole, "1048576", "", "bytes", 1, int_max, "", "", "A fetch brings at most so much of one partition."},
};

constexpr std::string_view only_in_vectors[] = {
    "replica.lag.time.max.ms", "broker.session.timeout.ms", "group.initial.rebalance.delay.ms", "group.consumer.session.timeout.ms",
    "group.consumer.heartbeat.interval.ms", "offsets.retention.minutes", "producer.id.expiration.ms",
    "log.retention.check.interval.ms", "log.flush.interval.ms", "os.flush.ms",
    "max.message.bytes", "max.in.flight.requests.per.connection", "max.in.flight", "linger.ms", "queue.buffering.max.ms", "batch.size",
    "batch.num.messages", "retry.backoff.ms", "retry.backoff.max.ms", "max.block.ms", "max.request.size",
    "fetch.min.bytes", "fetch.max.wait.ms", "max.partition.fetch.bytes"};

}  // namespace

bool decides_in_scenarios(std::string_view key) {
  return std::find(std::begin(only_in_vectors), std::end(only_in_vectors), key) == std::end(only_in_vectors);
}

std::span<const KafkaOption> options() { return table; }

const KafkaOption* find_option(std::string_view key, Scope scope) {
  const auto found = std::find_if(std::begin(table), std::end(table), [&](const KafkaOption& option) {
    return option.key == key && (option.scopes & static_cast<std::uint8_t>(scope)) != 0;
  });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace flowtank::kafka
