// SPDX-License-Identifier: Apache-2.0
// See built_in_faults.hpp. A test holds that the scenarios named here are there.
#include "reports/built_in_faults.hpp"

namespace flowtank::reports {
namespace {

constexpr BuiltInFault table[] = {
    {"id_gap", "F08", "Numbers that a database gives away become visible in another order than they were given.",
     "A column of the type sequence, and a poller that remembers the highest number it has seen. Two transactions at the same time do the rest: a check tries every order.",
     "patterns/d12-sequence-gap patterns/d12-sequence-gap-control", "Outbox pollers with a watermark; Axon's gap-aware tracking token."},
    {"two_relays", "F09", "Two relays read one outbox.", "A service whose relay runs on more than one instance.",
     "patterns/two-relays patterns/two-relays-control", "Transactional outbox deployed twice for redundancy."},
    {"dedup_window", "F22", "Ids are remembered for a time, and a copy comes later.",
     "An inbox that forgets its rows after a time, or a broker that looks for copies within a window only, by the product's own option; the copy is a duplicate or a publish that is repeated.",
     "", "SQS FIFO: five minutes; JetStream: duplicate_window."},
    {"swallowed_exception", "F34", "A handler acknowledges what it could not do.", "A handler whose model acknowledges whatever happens; any fault that makes it fail shows it.",
     "faults/read-only faults/read-only-control", "dotnet/eShop: RabbitMQEventBus acknowledges after an exception."},
    {"parallel_handling", "F36", "Two messages of one key are handled at the same time.", "concurrency or instances of a service above 1, and a handler that looks first and writes later.",
     "faults/two-at-once faults/two-at-once-control", "Worker pools without order by key."},
    {"wrong_subscription", "F38", "Two services share a group, or the instances of one have a group each.",
     "subscriptions of a service: group. A shared one divides the messages, a split one multiplies them.", "", "dotnet/eShop: publisher and consumer under one client name."},
    {"weak_isolation", "F43", "Transactions at the same time read what the other is about to change.", "isolation of a transaction: read_committed lets an update be lost, snapshot allows write skew.",
     "faults/lost-update faults/lost-update-control faults/write-skew faults/write-skew-control", "Adya, Liskov, O'Neil: Generalized Isolation Level Definitions."},
    {"non_atomic_inbox", "F44", "The record of a message and what the message does are committed apart.", "An inbox that is written in a transaction of its own, and a crash between the two.",
     "faults/non-atomic-inbox faults/non-atomic-inbox-control", "Idempotent consumer pattern: record and effect in one transaction."},
    {"timer_race", "F46", "A timer fires just as the event comes that would have stopped it.", "A timer of the class race: a check tries both orders, a run draws the latencies.",
     "faults/timer-race faults/timer-race-control", "MassTransit sample: a hold of 15 s against a payment of 1 to 11 s."},
    {"expiry_midway", "F47", "A reservation, token or key of idempotency ends while it is needed.", "A row with a time in it, or a timer that takes it away, and a caller that is slower.",
     "faults/expiry-midway faults/expiry-midway-control", "Time to live of idempotency keys; holds of seats and stock."},
};

}  // namespace

std::span<const BuiltInFault> built_in_faults() { return table; }

}  // namespace flowtank::reports
