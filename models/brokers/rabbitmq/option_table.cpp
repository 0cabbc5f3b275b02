// SPDX-License-Identifier: Apache-2.0
// The table of RabbitMQ's keys (see options.hpp), in the order of explanation. Defaults are the product's own (rabbitmq.com, page
// "configure" and the pages of the features). Keys without rules are accepted because real declarations have them.
#include <algorithm>

#include "models/brokers/rabbitmq/options.hpp"

namespace flowtank::rabbitmq {
namespace {

using enum OptionType;
using enum Scope;
constexpr std::int64_t int_max = 2'147'483'647, ms_max = 4'294'967'295;

constexpr RabbitOption table[] = {
    // ---- the cluster
    {"rabbitmq.version", broker, choice, "4.0", "", 0, 0, "3.10 3.13 4.0 4.3", "RMQ-QQ-LIMIT-3 RMQ-REQ-2 RMQ-REQ-3 RMQ-ACK-5 RMQ-DLX-HDR-1", "Whose rules: delivery limits, places of returned messages and timeouts differ. Flowtank's own key."},
    {"nodes", broker, whole, "1", "", 1, 9, "", "RMQ-DUR-4 RMQ-QQ-RAFT-1", "Nodes of the cluster. Flowtank's own key."},
    {"consumer_timeout", broker, whole, "1800000", "ms", 0, ms_max, "", "RMQ-ACK-5", "A delivery that is not settled for so long closes its channel; 0: never."},
    {"channel_tick_interval", broker, whole, "60000", "ms", 1, ms_max, "", "RMQ-ACK-5", "How often overdue deliveries are looked for."},
    {"default_consumer_prefetch", broker, whole, "0", "messages", 0, 65535, "", "RMQ-QOS-2", "prefetch_count of consumers that set none; 0: no limit."},
    {"quorum_cluster_size", broker, whole, "3", "", 1, 9, "", "RMQ-QQ-RAFT-1 RMQ-QQ-RAFT-2", "Members of a quorum queue, as far as there are nodes."},
    {"max_message_size", broker, whole, "", "bytes", 1, 536'870'912, "", "", "Larger messages close the channel; 128 MiB before 4.0, then 16 MiB."},
    {"heartbeat", broker, whole, "60", "s", 0, int_max, "", "RMQ-CRASH-1", "Until a dead peer is noticed; a process that dies closes its socket, and is noticed at once."},
    {"cluster_partition_handling", broker, choice, "ignore", "", 0, 0, "ignore pause_minority pause_if_all_down autoheal", "RMQ-HA-4", "What happens to the two sides of a partition: the smaller one is restarted in the end, stops at once, or the one with fewer clients is restarted."},
    {"declare", broker, list, "", "", 0, 0, "", "RMQ-DLX-CYCLE-2 RMQ-DLX-1", "Queues that nobody consumes (a wait queue), separated by commas, each a name and key=value pairs; bind=CHANNEL/KEY binds one. Flowtank's own key."},
    // ---- exchanges: at a channel
    {"type", exchange, choice, "fanout", "", 0, 0, "direct fanout topic headers", "RMQ-EX-1 RMQ-EX-3 RMQ-EX-4", "How the exchange routes."},
    {"alternate-exchange", exchange, text, "", "", 0, 0, "", "RMQ-EX-5", "The channel that gets what no binding of this one matches."},
    {"routing_key", exchange, choice, "type", "", 0, 0, "type key", "RMQ-EX-1 RMQ-EX-4", "What publishers take as the routing key: the name of the message's type, or its key. Flowtank's own key."},
    // ---- publishers: at a channel
    {"confirm.select", publisher, boolean, "false", "", 0, 0, "", "RMQ-CONF-1 RMQ-CONF-3 RMQ-CONF-4", "Whether publishers wait for the broker's ack or nack."},
    {"mandatory", publisher, boolean, "false", "", 0, 0, "", "RMQ-CONF-2 RMQ-DUR-4", "Whether an unroutable publish is returned; here its publisher takes it for refused."},
    {"delivery_mode", publisher, whole, "1", "", 1, 2, "", "RMQ-DUR-1", "2: the message survives a restart of its node in a durable queue."},
    {"expiration", publisher, whole, "", "ms", 0, ms_max, "", "RMQ-TTL-1 RMQ-TTL-2", "Time to live of each message, from its arrival in a queue."},
    {"publisher_nodes", publisher, list, "", "", 0, 0, "", "RMQ-HA-4 RMQ-DUR-4", "Nodes to which publishing instances connect in turn, from 1, separated by commas; spread over all of them. Flowtank's own key."},
    {"priority", publisher, whole, "", "", 0, 255, "", "RMQ-PRIO-1", "Priority of each message."},
    // ---- queues: at a subscription, or in `declare`
    {"queue", queue, text, "", "", 0, 0, "", "RMQ-EX-4", "Its name; the subscription's group, or the service and the channel."},
    {"binding", queue, list, "", "", 0, 0, "", "RMQ-EX-1 RMQ-EX-2 RMQ-EX-4", "Binding keys; without any, everything (a direct exchange: the types that the service handles). Flowtank's own key."},
    {"durable", queue, boolean, "true", "", 0, 0, "", "RMQ-DUR-1", "Whether the queue survives a restart of its node."},
    {"exclusive", queue, boolean, "false", "", 0, 0, "", "RMQ-Q-2", "Only one connection may use it, and it ends with it."},
    {"auto_delete", queue, boolean, "false", "", 0, 0, "", "RMQ-Q-3", "Deleted, with its messages, when its last consumer is gone."},
    {"x-queue-type", queue, choice, "classic", "", 0, 0, "classic quorum", "RMQ-REQ-1 RMQ-REQ-2 RMQ-REQ-3 RMQ-QQ-NOT", "One copy on its home node, or replicated by Raft."},
    {"home_node", queue, whole, "", "", 1, 9, "", "RMQ-HA-4 RMQ-DUR-4", "The node that has it, or its master; that of its first consumer. Flowtank's own key."},
    {"ha-mode", queue, choice, "", "", 0, 0, "all exactly nodes", "RMQ-HA-1 RMQ-HA-2", "Policy: which nodes have a mirror of a classic queue (before 4.0); none have."},
    {"ha-params", queue, text, "", "", 0, 0, "", "RMQ-HA-1", "Policy: how many nodes have a copy (exactly), or which, separated by commas (nodes)."},
    {"ha-sync-mode", queue, choice, "manual", "", 0, 0, "manual automatic", "RMQ-HA-3", "Policy: whether a mirror that joins gets what is there already."},
    {"ha-promote-on-failure", queue, choice, "always", "", 0, 0, "always when-synced", "RMQ-HA-2", "Policy: whether a mirror that is behind may lead, and what it lacks is lost; else the queue waits for its node."},
    {"ha-promote-on-shutdown", queue, choice, "when-synced", "", 0, 0, "always when-synced", "", "Nodes are not shut down in order."},
    {"x-message-ttl", queue, whole, "", "ms", 0, ms_max, "", "RMQ-TTL-1 RMQ-TTL-3 RMQ-TTL-4 RMQ-TTL-5 RMQ-TTL-6", "Ready messages older than this are dead."},
    {"x-expires", queue, whole, "", "ms", 1, ms_max, "", "RMQ-TTL-7", "The queue is deleted after so long without a use."},
    {"x-max-length", queue, whole, "", "messages", 0, int_max, "", "RMQ-LEN-1 RMQ-LEN-2", "More ready messages than this overflow."},
    {"x-max-length-bytes", queue, whole, "", "bytes", 0, int_max, "", "RMQ-LEN-1", "More ready bytes than this overflow."},
    {"x-overflow", queue, choice, "drop-head", "", 0, 0, "drop-head reject-publish reject-publish-dlx", "RMQ-LEN-1 RMQ-LEN-3 RMQ-LEN-4", "The oldest goes, or the new one is refused."},
    {"x-dead-letter-exchange", queue, text, "", "", 0, 0, "", "RMQ-DLX-1 RMQ-DLX-2", "Where dead messages are published: a channel, or \"\" for a queue by its name."},
    {"x-dead-letter-routing-key", queue, text, "", "", 0, 0, "", "RMQ-DLX-1", "With this routing key instead of their own."},
    {"x-dead-letter-strategy", queue, choice, "at-most-once", "", 0, 0, "at-most-once at-least-once", "RMQ-DLX-3", "Whether a dead letter is kept until its targets have it (quorum)."},
    {"x-delivery-limit", queue, whole, "", "", -1, int_max, "", "RMQ-QQ-LIMIT-1 RMQ-QQ-LIMIT-2 RMQ-QQ-LIMIT-3", "So many failed deliveries, and one more is death (quorum); -1: no limit; before 4.0 none, then 20."},
    {"x-single-active-consumer", queue, boolean, "false", "", 0, 0, "", "RMQ-SAC-1 RMQ-SAC-2", "One consumer gets everything until it is gone."},
    {"x-max-priority", queue, whole, "", "", 0, 255, "", "RMQ-PRIO-1", "Levels of priority (classic)."},
    {"x-delayed-retry-type", queue, choice, "disabled", "", 0, 0, "disabled all failed returned", "RMQ-QQ-DELAY-1", "Which returned messages wait before they are ready again (quorum, 4.3)."},
    {"x-delayed-retry-min", queue, whole, "1000", "ms", 1, ms_max, "", "RMQ-QQ-DELAY-1", "Their wait, times their delivery count."},
    {"x-delayed-retry-max", queue, whole, "", "ms", 1, ms_max, "", "RMQ-QQ-DELAY-1", "Their longest wait."},
    {"x-consumer-timeout", queue, whole, "", "ms", 1, ms_max, "", "RMQ-ACK-5", "consumer_timeout of this queue, from 3.12."},
    {"x-queue-mode", queue, text, "", "", 0, 0, "", "", "How queues use memory is not modelled."},
    {"x-queue-version", queue, text, "", "", 0, 0, "", "", "How queues use disks is not modelled."},
    {"x-queue-leader-locator", queue, text, "", "", 0, 0, "", "", "Leaders are where the queue was declared."},
    {"x-quorum-initial-group-size", queue, whole, "", "", 1, 9, "", "", "Use quorum_cluster_size."},
    // ---- consumers: at a subscription
    {"client", consumer, choice, "amqp", "", 0, 0, "amqp spring", "RMQ-QOS-2", "Whose defaults: spring has prefetch_count 250. Flowtank's own key."},
    {"prefetch_count", consumer, whole, "", "messages", 0, 65535, "", "RMQ-QOS-1 RMQ-QOS-2", "Unsettled messages at one instance at most; 0: no limit."},
    {"no_ack", consumer, boolean, "false", "", 0, 0, "", "RMQ-ACK-3", "Messages are settled when they are sent: a crash loses what was not processed."},
    {"on.channel.closed", consumer, choice, "finish", "", 0, 0, "finish stop", "RMQ-ACK-5", "What a client does with the message in work when its channel is closed under it: it finishes, and its ack is refused, or its worker stops at once. Flowtank's own key."},
    {"consumer_nodes", consumer, list, "", "", 0, 0, "", "RMQ-HA-4 RMQ-DUR-4", "Nodes to which consuming instances connect in turn, from 1, separated by commas; spread over all of them. Flowtank's own key."},
    {"x-priority", consumer, whole, "0", "", -1000, 1000, "", "RMQ-PRIO-2", "Consumers of higher priority come first."},
    {"on.error", consumer, choice, "requeue", "", 0, 0, "requeue nack reject retry", "RMQ-REQ-1 RMQ-REQ-2 RMQ-REQ-3 RMQ-DLX-1", "What a failed handling does: basic.reject with requeue, basic.nack with requeue, reject for ever, or again in the client (Spring's stateless retry), which keeps the message. Flowtank's own key."},
};

}  // namespace

std::span<const RabbitOption> options() { return table; }

const RabbitOption* find_option(std::string_view key, std::initializer_list<Scope> scopes) {
  for (const RabbitOption& option : table) {
    if (option.key == key && std::find(scopes.begin(), scopes.end(), option.scope) != scopes.end()) return &option;
  }
  return nullptr;
}

bool decides_in_scenarios(std::string_view key) {
  static constexpr std::string_view not_there[] = {"max_message_size", "heartbeat", "quorum_cluster_size", "x-expires", "x-max-length-bytes", "x-dead-letter-strategy"};
  if (std::find(std::begin(not_there), std::end(not_there), key) != std::end(not_there)) return false;
  const auto found = std::find_if(std::begin(table), std::end(table), [&](const RabbitOption& option) { return option.key == key; });
  return found == std::end(table) || !found->rules.empty();
}

}  // namespace flowtank::rabbitmq
