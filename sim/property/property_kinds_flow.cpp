// SPDX-License-Identifier: Apache-2.0
// The entries of property_kinds.hpp for liveness, capacity and order.
#include "sim/property/property_kinds.hpp"

namespace flowtank::property_tables {
namespace {

constexpr PropertyParameter event{"event", "event", "-", "Only this; all if left out."};
constexpr PropertyParameter channel{"channel", "channel", "-", "Only this; all if left out."};
constexpr PropertyParameter consumer{"consumer", "service", "-", "Only this; all if left out."};

constexpr PropertyParameter dead_parameters[] = {{"at_most", "integer", "0", "How many there may be."}, event, channel, consumer};
constexpr PropertyParameter queue_parameters[] = {{"at_most", "integer", "required", "How many may wait."}, event, channel, consumer};
constexpr PropertyParameter drain_parameters[] = {
    {"below", "integer", "required", "The backlog is worked off when so many wait, or fewer."},
    {"within", "time", "-", "Deadline after the last fault (or after there were too many); judged by runs with time."},
    event, channel, consumer};
constexpr PropertyParameter amplification_parameters[] = {
    {"at_most", "number", "required", "Attempts for each operation, on average: 1.5."},
    {"of", "runs|publishes", "runs", "What an attempt is: a run that handles a message or command, or a request to publish."},
    {"window", "time", "the whole run", "Judged for every such stretch of time."},
    event, channel, {"consumer", "service", "-", "Whose attempts; everybody's if left out."}};
constexpr PropertyParameter blocking_parameters[] = {
    {"within", "time", "required", "How long a message may wait behind a failing one of another key."}, event, channel, consumer};
constexpr PropertyParameter isolation_parameters[] = {
    {"for", "NAME in TABLE", "required", "The flow that does not depend on what fails."},
    {"until", "condition", "required", "A row has arrived."},
    {"when", "condition", "-", "Rows that count; all if left out."},
    {"share", "number 0..1", "1", "How much of them must arrive."}};

constexpr PropertyKindInfo flow_table[] = {
    {PropertyKind::dlq_empty, "dlq_empty", false, "P32", PropertyForm::terminal, "No message is among the dead letters.",
     "When nothing more will happen, at most `at_most` messages are dead letters; one that is handled after all is none any more.", dead_parameters,
     "No quiescent state has more.", "Each dead letter and whose it is.", "No message that could become one was accepted.",
     "Dead letter channel (Enterprise Integration Patterns)", R"j({"name": "no dead letters", "use": "dlq_empty"})j"},
    {PropertyKind::bounded_queue, "bounded_queue", false, "P33", PropertyForm::monitor, "Never more than so many messages wait for a consumer.",
     "For every subscription, the number of messages that a broker accepted and the consumer has not handled, ignored, lost or made dead letters is never more than `at_most`. A second copy of one message does not count.",
     queue_parameters, "No reachable state has more waiting.", "Whose queue, the peak and when it was, what had arrived and was done by then.",
     "No message that somebody takes was accepted.", "Bounded buffers; backpressure",
     R"j({"name": "short queues", "use": "bounded_queue", "consumer": "payment", "at_most": 100})j"},
    {PropertyKind::backlog_drains, "backlog_drains", false, "P34", PropertyForm::promise, "After a fault the backlog is worked off.",
     "The number of messages that wait (as for bounded_queue) always comes down to `below` again; with `within`, so soon after the last fault was over, or after there were too many, whichever is later.",
     drain_parameters, "No run ends, or goes round for ever, with a backlog.", "Whose queue, how long it took or has taken, its length.", "No fault struck.",
     "Metastable failures in distributed systems (HotOS 2021)",
     R"j({"name": "the backlog drains", "use": "backlog_drains", "consumer": "payment", "below": 0, "within_s": 30})j"},
    {PropertyKind::bounded_amplification, "bounded_amplification", false, "P35", PropertyForm::statistic, "One operation costs few attempts.",
     "Attempts divided by distinct operations is at most `at_most`, over the whole run or in every window. An operation is a message or command at one service (or one that publishes it).",
     amplification_parameters, "Nothing: a ratio of runs with time.", "The ratio, where it was worst, and the operation with the most attempts.", "Nothing was handled (or published).",
     "Retry amplification (retry budgets)", R"j({"name": "few retries", "use": "bounded_amplification", "at_most": 1.5})j"},
    {PropertyKind::no_head_of_line_blocking, "no_head_of_line_blocking", false, "P36", PropertyForm::statistic, "A failing message holds up no other keys.",
     "No message waits (accepted, not yet begun) for longer than `within` while one message of another key is failing at the same subscription: its first handling has failed, it is not settled.",
     blocking_parameters, "Nothing: how long one waits is known only in runs with time.", "Who waited behind whom, and how long.", "No handling of a message failed.",
     "Head-of-line blocking; poison messages", R"j({"name": "poison blocks nobody else", "use": "no_head_of_line_blocking", "within_s": 5})j"},
    {PropertyKind::failure_isolation, "failure_isolation", false, "P37", PropertyForm::terminal, "A flow that does not depend on what fails goes on.",
     "When nothing more will happen, at least `share` of the rows (for which `when` holds) have reached `until`, although faults struck elsewhere.",
     isolation_parameters, "Every quiescent state has the share.", "The share and the rows that did not arrive.", "No fault struck, or there was no row.",
     "Bulkheads", R"j({"name": "orders go on", "use": "failure_isolation", "for": "o in order.orders", "until": "o.status == 'paid'", "share": 0.99})j"},
};

constexpr PropertyParameter effective{"applied", "by_change|handled", "by_change",
                                      "When a message counts as applied: a run that handles it commits a change of data or causes an effect, or it just ends well."};
constexpr PropertyParameter key_order_parameters[] = {
    {"by", "expression", "the order of sending", "Over `event`: a number, instead of the order in which its producer first sent it."},
    {"key", "expression", "the message's key", "Over `event`: the business key."},
    effective, event, channel, consumer};
constexpr PropertyParameter causal_parameters[] = {effective, event, channel, consumer};
constexpr PropertyParameter agreement_parameters[] = {
    {"channel", "channel", "-", "Only this; every one if left out."},
    {"per", "key|channel", "key", "Order within each key, or over all messages."},
    {"missing", "integer", "any number", "So many messages may one of two consumers have seen in the end that the other never does; 0: both see the same ones."},
    event};
constexpr PropertyParameter confluent_parameters[] = {
    {"tables", "list of tables", "required", "What an outcome is."},
    {"ignore", "list of SERVICE.TABLE.COLUMN", "none", "Columns that may differ: times, counters of attempts."}};

constexpr PropertyKindInfo order_table[] = {
    {PropertyKind::per_key_order, "per_key_order", false, "P38", PropertyForm::monitor, "Each consumer applies the events of a key in their producer's order.",
     "For each consumer and key, an event is not applied for the first time after one that its producer sent later (or that has a higher number). Repetitions do not count; what is never applied is no matter of order.",
     key_order_parameters, "No run has an inversion.", "The pair that is the wrong way round.", "No consumer applied two events of one key.",
     "FIFO order per key (partitions, message groups)",
     R"j({"name": "in order", "use": "per_key_order", "consumer": "readmodel"})j"},
    {PropertyKind::causal_order, "causal_order", false, "P39", PropertyForm::monitor, "Causes are applied before their consequences.",
     "If handling one message made another (over any number of services), no service that takes both applies the second before the first. A poll has no cause.",
     causal_parameters, "No run has an inversion.", "The path from cause to consequence and who applied them the wrong way round.",
     "No consumer applied an event and one of its causes.", "Happens-before (Lamport); causal delivery",
     R"j({"name": "causes first", "use": "causal_order"})j"},
    {PropertyKind::agreement_on_order, "agreement_on_order", false, "P40", PropertyForm::monitor, "Consumers of a channel see the same order.",
     "Any two subscriptions of a channel begin to handle the messages that both get in the same order, for each key or over all. Only the first handling of a message counts. With `missing` they must also have begun the same messages when nothing more will happen.",
     agreement_parameters, "No run has two orders.", "The two messages, and who saw them in which order; or the message that one of two never saw.", "No two messages of one key were handled by two consumers.",
     "Jepsen, inconsistent offsets; total order broadcast",
     R"j({"name": "one order for all", "use": "agreement_on_order", "channel": "orders"})j"},
    {PropertyKind::confluent, "confluent", false, "P04", PropertyForm::family, "All orders of events end the same.",
     "All states in which nothing more will happen agree on the named tables, apart from ignored columns. Faults of the scenario count as part of the orders.",
     confluent_parameters, "All ends are the same.", "The rows in which two ends differ, in both versions.", "No state was reached in which nothing more happens.",
     "CALM; confluence (Hellerstein, Alvaro)", R"j({"name": "confluent", "use": "confluent", "tables": ["order.orders"]})j"},
};

}  // namespace

std::span<const PropertyKindInfo> flow() { return flow_table; }
std::span<const PropertyKindInfo> order() { return order_table; }

}  // namespace flowtank::property_tables
