// SPDX-License-Identifier: Apache-2.0
// Kinds of faults that strike databases and clocks.
#include "sim/world/fault_kinds.hpp"

namespace flowtank::fault_tables {
namespace {

constexpr std::string_view transactions = "service instance handler event command where";

constexpr FaultParameter abort[] = {{"cause", "serialization|deadlock", "serialization", "What the error says."},
                                    {"at", "text", "any transaction", "Label of the transaction that is struck."}};
constexpr FaultParameter ambiguous_commit[] = {{"at", "text", "any transaction", "Label of the transaction that is struck."}};
constexpr FaultParameter stale_read[] = {
    {"versions", "integer", "1", "The read sees the database as it was so many commits ago; an exploration takes each number up to it."},
    {"lag", "distribution", "none", "Instead, as it was so long ago (timed runs)."},
    {"at", "text", "any read", "Label of the step that reads."}};
constexpr FaultParameter read_only[] = {{"length", "distribution", "until the end", "How long it lasts; an exploration lets it end at any time."}};
constexpr FaultParameter lost_tail[] = {{"commits", "integer", "1", "So many of the last commits vanish; an exploration takes each number up to it."}};
constexpr FaultParameter clock[] = {
    {"offset", "time", "0", "Added to the time; a text with a sign (\"-2s\") for a clock that is behind."},
    {"drift_ppm", "integer", "0", "Microseconds gained every second from `from` on; negative: lost."},
    {"length", "distribution", "until the end", "How long the clock is wrong."}};

constexpr FaultKindInfo table[] = {
    {FaultKind::abort, "abort", "F02 F40", "abort", "aborts", FaultTiming::counted, FaultExplored::action, transactions,
     "A transaction aborts at its commit; nothing of it is visible.",
     "The handler takes the transaction's own way out, or fails and is retried. What it published before has left: a ghost "
     "that announces what never happened.",
     abort, "Serialization failures and deadlocks of every database; publish before commit: part 035 of nugrahafajar.my.id.",
     R"({"kind": "abort", "on": {"service": "order", "handler": "place"}, "cause": "deadlock", "nth": 3})"},
    {FaultKind::ambiguous_commit, "ambiguous_commit", "F02 F40", "unseen commit", "unseen commits", FaultTiming::counted, FaultExplored::action, transactions,
     "A commit takes effect, but the handler sees an error.",
     "The connection broke between the commit and its answer. The handler takes the transaction's way out, or fails and is retried.",
     ambiguous_commit, "PostgreSQL: a COMMIT whose connection breaks has an unknown outcome.",
     R"({"kind": "ambiguous_commit", "on": {"service": "order"}, "nth": 3})"},
    {FaultKind::stale_read, "stale_read", "F41", "stale read", "stale reads", FaultTiming::counted, FaultExplored::action, transactions,
     "A read outside transactions sees an older state of the database.",
     "The read goes to a replica that is behind: it sees all tables of the service as of some commits ago. Statements of "
     "transactions go to the primary and are not struck.",
     stale_read, "Read replicas and read models of every kind.",
     R"({"kind": "stale_read", "on": {"service": "order"}, "versions": 2, "nth": 4})"},
    {FaultKind::read_only, "read_only", "F42", "read-only time", "read-only times", FaultTiming::clock, FaultExplored::action, "service",
     "The database of a service takes no writes for a while.",
     "Inserts, updates, deletes and commits of transactions that wrote fail; reads go on.",
     read_only, "Failover to a replica that is not yet promoted; a full disk.",
     R"({"kind": "read_only", "on": {"service": "payment"}, "from_s": 1, "length": {"constant_s": 2}})"},
    {FaultKind::lost_tail, "lost_tail", "F42", "lost tail", "lost tails", FaultTiming::clock, FaultExplored::action, "service",
     "The last commits of a database vanish at a failover.",
     "Open transactions of the service fail first, then its tables are as they were some commits ago. What it published stays "
     "published. At most 64 commits.",
     lost_tail, "Asynchronous replication: the new primary never had the tail.",
     R"({"kind": "lost_tail", "on": {"service": "order"}, "commits": 2, "from_s": 1})"},
    {FaultKind::clock, "clock", "F45", "wrong clock", "wrong clocks", FaultTiming::clock, FaultExplored::never, "service instance",
     "The clock of a service, or of one of its instances, is wrong.",
     "`now` reads time + offset + drift; nothing else changes, timers keep their lengths. From `from` on, so that an offset is a step.",
     clock, "Last writer wins on wall clocks loses newer writes; NTP steps.",
     R"({"kind": "clock", "on": {"service": "profile", "instance": 2}, "offset": "-5s"})"},
};

}  // namespace

std::span<const FaultKindInfo> stores() { return table; }

}  // namespace flowtank::fault_tables
