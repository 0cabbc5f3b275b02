// SPDX-License-Identifier: Apache-2.0
// The table of attributes (see options.hpp). Names, units and defaults are those of the SQS and SNS guides; the SDK's are
// botocore's. Keys of the model's own say so. What decides something in vectors only is marked, and a scenario that
// sets it is told so (FT-SQS-030).
#include <algorithm>

#include "models/brokers/sns_sqs/options.hpp"

namespace flowtank::sns_sqs {
namespace {

using enum OptionType;
constexpr auto queue = static_cast<std::uint8_t>(Scope::queue), subscription = static_cast<std::uint8_t>(Scope::subscription),
               poller = static_cast<std::uint8_t>(Scope::poller), publisher = static_cast<std::uint8_t>(Scope::publisher);

constexpr SqsOption table[] = {
    // ---- queues
    {"FifoQueue", queue, boolean, "false", "", 0, 0, "", "SQS-FIFO-1 SQS-FIFO-3", "A FIFO queue: order and one at a time within a message group; the channel is a FIFO topic."},
    {"VisibilityTimeout", queue, whole, "30", "s", 0, 43'200, "", "SQS-VIS-1 SQS-FIFO-9", "How long a received message stays hidden; not deleted by then, it is handed out again."},
    {"DelaySeconds", queue, whole, "0", "s", 0, 900, "", "SQS-DELAY-1", "New messages stay hidden for so long."},
    {"MessageRetentionPeriod", queue, whole, "345600", "s", 60, 1'209'600, "", "SQS-RET-1", "Older messages are deleted, read or not, in flight or not, and not into the dead-letter queue."},
    {"RedrivePolicy", queue, text, "", "", 0, 0, "", "SQS-DLQ-1", "As AWS takes it, in JSON: {\"maxReceiveCount\": n, \"deadLetterTargetArn\": queue}."},
    {"RedrivePolicy.maxReceiveCount", queue, whole, "", "receives", 1, 1000, "", "SQS-DLQ-1 SQS-RC-1", "Received so often and visible again, a message goes to the dead-letter queue."},
    {"RedrivePolicy.deadLetterTargetArn", queue, text, "", "", 0, 0, "", "SQS-DLQ-1", "The dead-letter queue: in a scenario a channel of the same broker, or nothing, then they are kept and read by nobody."},
    {"ContentBasedDeduplication", queue, boolean, "false", "", 0, 0, "", "SQS-DEDUP-1", "FIFO: the body's hash is the deduplication id of messages that name none."},
    {"DeduplicationScope", queue, choice, "queue", "", 0, 0, "queue messageGroup", "SQS-DEDUP-1", "FIFO: whether ids are compared within the whole queue or within a message group."},
    {"FifoThroughputLimit", queue, choice, "perQueue", "", 0, 0, "perQueue perMessageGroupId", "SQS-FIFO-8", "FIFO: high throughput, which needs DeduplicationScope=messageGroup; calls cost nothing here.", true},
    {"ReceiveMessageWaitTimeSeconds", queue, whole, "0", "s", 0, 20, "", "SQS-POLL-1", "Long polling: a receive waits for so long. Pollers of a scenario never miss what is there.", true},
    {"MaximumMessageSize", queue, whole, "262144", "bytes", 1024, 1'048'576, "", "SQS-BATCH-1", "Larger messages are refused.", true},
    {"in_flight_limit", queue, whole, "120000", "messages", 1, 120'000, "", "SQS-FLIGHT-1", "So many may be in flight; beyond, nothing is handed out. The model's own key."},
    {"old_handle_delete", queue, choice, "until_received_again", "", 0, 0, "until_received_again effective ignored", "SQS-VIS-2", "Standard: whether a delete works after the timeout: until another receive, always, or never (and says success). The model's own key."},
    {"dlq_move", queue, choice, "on_receive", "", 0, 0, "on_receive on_visibility_expiry", "SQS-DLQ-1", "When an exhausted message moves. Pollers of a scenario receive all the time, so both are the same there. The model's own key.", true},
    {"dup_probability", queue, probability, "0", "", 0, 1, "", "SQS-DUP-1", "Standard: a message is handed out twice with this probability; above 0 an exploration tries it once for each. The model's own key."},
    {"reorder", queue, boolean, "false", "", 0, 0, "", "SQS-ORD-1", "Standard: any visible message may come next, instead of the oldest. The model's own key."},
    {"short_poll_miss_probability", queue, probability, "0", "", 0, 1, "", "SQS-POLL-1", "Standard: a short poll overlooks a message with this probability. The model's own key.", true},
    // ---- subscriptions of a topic
    {"FilterPolicy", subscription, policy, "", "", 0, 0, "", "SNS-FILTER-1 SNS-FILTER-2", "Which messages the subscription wants, in JSON as AWS takes it. Attributes are id, type, key and the scalars of data."},
    {"FilterPolicyScope", subscription, choice, "MessageAttributes", "", 0, 0, "MessageAttributes MessageBody", "SNS-FILTER-1", "Whether the policy looks at attributes or at the body, which is data."},
    {"RawMessageDelivery", subscription, boolean, "false", "", 0, 0, "", "SNS-RAW-1", "Whether the queue gets the body itself instead of an envelope.", true},
    {"filter_propagation", subscription, whole, "0", "s", 0, 900, "", "SNS-FILTER-3", "How long a changed policy takes to act. The model's own key.", true},
    // ---- pollers
    {"visibility_extension", poller, whole, "0", "s", 0, 43'200, "", "SQS-VIS-1 SQS-FIFO-9", "A poller that works sets the timeout anew so often (ChangeMessageVisibility), for at most 12 hours; 0: never. The model's own key."},
    {"on_error", poller, choice, "leave", "", 0, 0, "leave release", "SQS-VIS-1", "What a poller does when a handler fails: leave the message until its timeout, or ChangeMessageVisibility to the handler's backoff. The model's own key."},
    {"MaxNumberOfMessages", poller, whole, "1", "messages", 1, 10, "", "SQS-FIFO-2 SQS-FIFO-4", "Messages of one receive, of one message group where there are groups; the timeouts of all run from then on, and they are handled one after the other. Timed runs only."},
    {"WaitTimeSeconds", poller, whole, "0", "s", 0, 20, "", "SQS-POLL-1", "Long polling of one receive.", true},
    // ---- publishers
    {"read_timeout", publisher, whole, "60", "s", 1, 3600, "", "SQS-SEND-1", "SDK: a call without an answer for so long is repeated."},
    {"max_attempts", publisher, whole, "3", "calls", 1, 100, "", "SQS-SEND-1", "SDK: so often a call is tried in all; 1: its caller hears at once that the outcome is unknown."},
    {"MessageDeduplicationId", publisher, choice, "id", "", 0, 0, "id content attempt", "SQS-DEDUP-1", "FIFO: the deduplication id of a send: the message's id, its content, or another one for each call of the application."},
    {"MessageGroupId", publisher, choice, "key", "", 0, 0, "key all", "SQS-FIFO-1", "FIFO: the message group: the message's key, or one for all."},
};

}  // namespace

std::span<const SqsOption> options() { return table; }

const SqsOption* find_option(std::string_view key, std::uint8_t scopes) {
  const auto found = std::find_if(std::begin(table), std::end(table), [&](const SqsOption& option) { return option.key == key && (option.scopes & scopes) != 0; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace flowtank::sns_sqs
