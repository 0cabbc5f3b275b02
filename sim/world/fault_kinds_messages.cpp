// SPDX-License-Identifier: Apache-2.0
// Kinds of faults that strike messages: copies on their way to a consumer, and publishes.
#include "sim/world/fault_kinds.hpp"

namespace flowtank::fault_tables {
namespace {

constexpr std::string_view copies = "channel consumer broker event where";
constexpr std::string_view publishes = "service channel broker event where";

constexpr FaultParameter delay[] = {{"delay", "distribution", "0", "How much later the copy arrives."}};
constexpr FaultParameter duplicate[] = {{"gap", "distribution", "0", "How long after the first copy the second one arrives (timed runs)."}};
constexpr FaultParameter reorder[] = {{"delay", "distribution", "0", "How long it is overtaken by others (timed runs)."}};
constexpr FaultParameter throttle[] = {
    {"rate_per_s", "number", "required", "So many copies a second pass at most, together over all selected places."},
    {"length", "distribution", "until the end", "How long it lasts."}};
constexpr FaultParameter unroutable[] = {
    {"first", "integer", "none", "The first so many publishes; without it, all until the time is over."},
    {"length", "distribution", "until the end", "How long the binding is missing; an exploration lets it appear at any time."},
    {"publisher", "drop|refuse", "drop", "drop: the broker confirms and forgets. refuse: when no queue takes it, the publisher is told (mandatory)."}};
constexpr FaultParameter queue_limit[] = {
    {"limit", "integer", "required", "Copies that the queue of one subscription holds, those being handled included."},
    {"policy", "reject|drop_new|block", "reject", "reject: the publisher gets an error. drop_new: the new copy is lost. block: the publisher waits until there is room."}};
constexpr FaultParameter publish_delay[] = {{"delay", "distribution", "0", "How much later the request arrives at the broker (timed runs)."}};
constexpr FaultParameter wrong_key[] = {
    {"key", "null|random|field", "null", "What the key becomes: none, one of its own for each event, or another field of the event."},
    {"field", "text", "none", "With \"key\": \"field\", the field that is used."}};

constexpr FaultKindInfo table[] = {
    {FaultKind::delay, "delay", "F16 F26", "delay", "delays", FaultTiming::counted, FaultExplored::orders, copies,
     "A copy arrives later.",
     "The copy waits in the broker for so long; what has its key and comes after it waits behind it. On one of several "
     "channels it lets a later event of another channel overtake. An exploration has every delay as an order of events.",
     delay, "Any network; lag between topics: Online Marketplace benchmark, arXiv 2403.12605.",
     R"({"kind": "delay", "on": {"channel": "payments"}, "delay": {"constant_ms": 5000}, "nth": 4})"},
    {FaultKind::duplicate, "duplicate", "F11 F52", "duplicate", "duplicates", FaultTiming::counted, FaultExplored::action, copies,
     "A second copy arrives, at any later position and on any instance.",
     "The second copy floats beside the queue: it may be handled before, while or after the first is, and long after others.",
     duplicate, "Every at-least-once broker; Debezium documents 1 2 3 2 as a legal stream (Materialize, DebeziumMode).",
     R"({"kind": "duplicate", "on": {"channel": "orders", "consumer": "payment"}, "gap": {"constant_ms": 500}, "nth": 7})"},
    {FaultKind::loss, "loss", "F12 F17 F57", "loss", "losses", FaultTiming::counted, FaultExplored::action, copies,
     "A copy that the broker has accepted ceases to exist.",
     "The publisher was told that all is well. Copies that a consumer holds are not struck.",
     {}, "Jepsen: RabbitMQ under partitions (aphyr.com/posts/315); NATS JetStream 2.12.1 on power loss (jepsen.io/analyses/nats-2.12.1).",
     R"({"kind": "loss", "on": {"channel": "order-status", "where": "event.data.status == 'paid'"}, "nth": 1})"},
    {FaultKind::reorder, "reorder", "F15", "reordering", "reorderings", FaultTiming::counted, FaultExplored::action, copies,
     "A copy is overtaken by later ones of its own key.",
     "The copy leaves its place in the queue and may be delivered at any later position.",
     reorder, "Requeue and competing consumers break the order of a queue: lavinmq.com on message ordering; SQS standard queues promise best effort.",
     R"({"kind": "reorder", "on": {"channel": "order-status"}, "delay": {"constant_ms": 2000}, "nth": 3})"},
    {FaultKind::throttle, "throttle", "F29", "throttle", "throttles", FaultTiming::clock, FaultExplored::orders, copies,
     "Copies reach a consumer at a limited rate.",
     "From `from` on, copies pass one after the other with at least 1/rate between them; nothing is lost.",
     throttle, "DoorDash, 2020-09-03: a broker degraded by churning connections (doordash.engineering).",
     R"({"kind": "throttle", "on": {"channel": "orders"}, "rate_per_s": 2, "from_s": 1, "length": {"constant_s": 20}})"},
    {FaultKind::unroutable, "unroutable", "F19", "missing binding", "missing bindings", FaultTiming::clock, FaultExplored::action, copies,
     "A subscription exists only later: what is published before never reaches it.",
     "While the binding is missing, no copies are stored for the subscription; other subscriptions get theirs. It is missing "
     "from the start, or in timed runs from `from` on. An exploration lets it appear after \"first\" copies, or at any time.",
     unroutable, "Queues and bindings that consumers declare when they start: AMQP 0-9-1, basic.publish and the mandatory flag.",
     R"({"kind": "unroutable", "on": {"channel": "orders", "consumer": "payment"}, "first": 1})"},
    {FaultKind::queue_limit, "queue_limit", "F18", "queue limit", "queue limits", FaultTiming::itself, FaultExplored::itself, copies,
     "A queue holds only so many copies; what happens to the next is the policy.",
     "Counted for each selected subscription: copies stored and not yet at their end. Dropping the oldest instead of the "
     "newest is a matter of the product: its own options have it.",
     queue_limit, "Slack's job queue reached its memory ceiling (slack.engineering, Scaling Slack's job queue); RabbitMQ x-max-length, x-overflow.",
     R"({"kind": "queue_limit", "on": {"channel": "orders"}, "limit": 3, "policy": "reject"})"},
    {FaultKind::ambiguous_publish, "ambiguous_publish", "F03 F14", "lost answer", "lost answers", FaultTiming::counted, FaultExplored::action, publishes,
     "The broker accepts an event, but the answer is lost.",
     "The publisher sees a timeout and does what its policy says; a client library that sends again by itself does so first.",
     {}, "The reason for Kafka's idempotent producer, KIP-98.",
     R"({"kind": "ambiguous_publish", "on": {"service": "order", "event": "OrderPlaced"}, "nth": 5})"},
    {FaultKind::publish_loss, "publish_loss", "F01 F04 F13", "lost publish", "lost publishes", FaultTiming::counted, FaultExplored::action, publishes,
     "The request to publish never arrives.",
     "The publisher sees a timeout and publishes again if it looks at the answer; who does not look has lost the event.",
     {}, "dotnet-architecture/eShopOnContainers issues 174, 279; open-telemetry demo: checkout publishes without waiting.",
     R"({"kind": "publish_loss", "on": {"service": "order"}, "nth": 2})"},
    {FaultKind::publish_delay, "publish_delay", "F05", "late publish", "late publishes", FaultTiming::counted, FaultExplored::orders, publishes,
     "A request to publish arrives late: publishes that were sent after it overtake it.",
     "A publisher that waits for each answer only becomes slower; one that does not wait has its events in another order "
     "than it sent them. An exploration has publishes that nobody waits for in every order.",
     publish_delay, "Kafka with several requests in flight, retries and no idempotence may reorder: producer configuration max.in.flight.requests.per.connection.",
     R"({"kind": "publish_delay", "on": {"service": "order"}, "delay": {"constant_ms": 300}, "nth": 1})"},
    {FaultKind::wrong_key, "wrong_key", "F06", "wrong key", "wrong keys", FaultTiming::counted, FaultExplored::action, publishes,
     "An event is published with another key than it should have, so that it is not kept in order with its own.",
     "The key in the broker and in the record handed out is wrong; the data are right. Properties count by the right key.",
     wrong_key, "madplay.github.io and codemia.io on Kafka partitioning and keys.",
     R"({"kind": "wrong_key", "on": {"event": "OrderStatusUpdated"}, "key": "random", "nth": 2})"},
};

}  // namespace

std::span<const FaultKindInfo> messages() { return table; }

}  // namespace flowtank::fault_tables
