// SPDX-License-Identifier: Apache-2.0
// Kinds of faults that strike handler runs, instances and timers.
#include "sim/world/fault_kinds.hpp"

namespace flowtank::fault_tables {
namespace {

constexpr std::string_view runs = "service instance handler event command where";
constexpr std::string_view timers = "service timer";

constexpr FaultParameter at = {"at", "text", "any_step",
                               "Label of the step before which it strikes; any_step; or before_handler, after_commit, before_ack, after_ack."};
constexpr FaultParameter commit = {"commit", "integer", "any", "With \"at\": \"after_commit\", after which commit of the handler, from 1."};
constexpr FaultParameter crash[] = {at, commit, {"restart_after", "time", "0", "How long the instance is down (timed runs; without time it is up at once)."}};
constexpr FaultParameter handler_error[] = {at, commit};
constexpr FaultParameter pause[] = {{"length", "distribution", "0", "How long it stands still."}};
constexpr FaultParameter zombie[] = {at, commit, {"length", "distribution", "0", "How long the instance stands still (timed runs)."}};
constexpr FaultParameter ack_deadline[] = {{"deadline", "distribution", "0", "How long after the handler began the broker hands the copy out again (timed runs)."}};
constexpr FaultParameter slow[] = {{"factor", "number", "10", "Every step takes so many times as long."},
                                   {"length", "distribution", "until the end", "How long it lasts."}};
constexpr FaultParameter early[] = {{"by", "distribution", "all of it", "How much earlier it fires (timed runs)."}};
constexpr FaultParameter late[] = {{"by", "distribution", "required", "How much later it fires (timed runs)."}};
constexpr FaultParameter twice[] = {{"gap", "distribution", "0", "How long after the first time it fires again (timed runs)."}};

constexpr FaultKindInfo table[] = {
    {FaultKind::crash, "crash", "F01 F07 F30 F39", "crash", "crashes", FaultTiming::counted, FaultExplored::action, runs,
     "An instance dies at a step boundary; what its databases hold stays, what it remembers is gone.",
     "All runs of the instance end, their transactions roll back, requests that left are on the way, copies that were not "
     "acknowledged return to the broker. With neither a place nor \"nth\" it strikes by the clock, at `from`.",
     crash, "The matrix behind every delivery guarantee; relay between publish and mark: Particular/docs.particular.net issue 1816.",
     R"({"kind": "crash", "on": {"service": "payment"}, "at": "after_commit", "nth": 2, "restart_after_ms": 500})"},
    {FaultKind::handler_error, "handler_error", "F32", "handler error", "handler errors", FaultTiming::counted, FaultExplored::action, runs,
     "A handler run raises; its transaction rolls back and its retry policy decides.",
     "With \"budget\": n the first n selected steps fail, with `from` and `until` all in a window.",
     handler_error, "Any downstream blip.",
     R"({"kind": "handler_error", "on": {"service": "payment"}, "budget": 3, "from_ms": 0})"},
    {FaultKind::poison, "poison", "F33", "poison message", "poison messages", FaultTiming::itself, FaultExplored::itself, "service handler event where",
     "Every handling of the selected messages fails.",
     "The handler raises before its first step, each time; there is no budget.",
     {}, "A poison pill stalls a partition: notes.kodekloud.com.",
     R"({"kind": "poison", "on": {"service": "payment", "event": "OrderPlaced", "where": "event.data.amount_cents == 101"}})"},
    {FaultKind::pause, "pause", "F35", "pause", "pauses", FaultTiming::clock, FaultExplored::orders, "service instance",
     "An instance does nothing for a while, then goes on where it was.",
     "Its runs take no step and it gets nothing new; nobody takes over. An exploration has every pause as an order of events.",
     pause, "Garbage collection, a stopped container, a laptop lid.",
     R"({"kind": "pause", "on": {"service": "payment"}, "from_ms": 1000, "length": {"constant_ms": 5000}})"},
    {FaultKind::zombie, "zombie", "F10", "zombie", "zombies", FaultTiming::counted, FaultExplored::action, runs,
     "An instance stands still in the middle of its work, another takes over, then the first goes on.",
     "What the paused run was handling is handed out again, to another instance or another of its places; when it goes on, "
     "its writes and publishes count, its acknowledgement is refused. Needs a second instance, or concurrency.",
     zombie, "Paused producers and their fencing: KIP-98, KIP-1251.",
     R"({"kind": "zombie", "on": {"service": "payment"}, "at": "before_ack", "nth": 2, "length": {"constant_ms": 3000}})"},
    {FaultKind::ack_deadline, "ack_deadline", "F24 F31", "missed deadline", "missed deadlines", FaultTiming::counted, FaultExplored::action, runs,
     "The broker hands a copy out again while it is still being handled.",
     "The deadline for the acknowledgement has passed: the copy is ready again, the first handling goes on, and its "
     "acknowledgement is refused.",
     ack_deadline, "SQS visibility timeout (docs.aws.amazon.com); RabbitMQ consumer timeout, zulip/zulip pull 39661.",
     R"({"kind": "ack_deadline", "on": {"service": "payment"}, "deadline": {"constant_ms": 100}, "nth": 2})"},
    {FaultKind::slow, "slow", "F35", "slow time", "slow times", FaultTiming::clock, FaultExplored::orders, "service instance",
     "Every step of a service takes longer for a while.",
     "Multiplies the durations of its handlers; a service without durations is not slowed. Waits of its own are not changed.",
     slow, "open-telemetry demo: the flag that slows the Kafka consumer and floods the topic.",
     R"({"kind": "slow", "on": {"service": "payment"}, "factor": 20, "from_s": 1, "length": {"constant_s": 5}})"},
    {FaultKind::timer_early, "timer_early", "F23", "early timer", "early timers", FaultTiming::counted, FaultExplored::action, timers,
     "A timer fires before its time.",
     "An exploration lets race timers fire in any order anyway; here also those that otherwise fire only when nothing else "
     "can happen (expiry, retention).",
     early, "Delay queues and schedulers with clocks of their own.",
     R"({"kind": "timer_early", "on": {"timer": "expire"}, "by": {"constant_ms": 900}, "nth": 1})"},
    {FaultKind::timer_late, "timer_late", "F23", "late timer", "late timers", FaultTiming::counted, FaultExplored::orders, timers,
     "A timer fires after its time.",
     "An exploration has it as an order of events.",
     late, "Delay queues and schedulers under load.",
     R"({"kind": "timer_late", "on": {"timer": "expire"}, "by": {"constant_s": 10}, "nth": 1})"},
    {FaultKind::timer_twice, "timer_twice", "F23 F54", "second firing", "second firings", FaultTiming::counted, FaultExplored::action, timers,
     "A timer fires a second time.",
     "It stays set when it has fired, and fires once more unless it is cancelled.",
     twice, "At-least-once schedulers; 75,000 payments repeated on 2021-12-25 (thetimes.co.uk 2021-12-30).",
     R"({"kind": "timer_twice", "on": {"timer": "expire"}, "gap": {"constant_ms": 10}, "nth": 1})"},
};

}  // namespace

std::span<const FaultKindInfo> services() { return table; }

}  // namespace flowtank::fault_tables
