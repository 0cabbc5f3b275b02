// SPDX-License-Identifier: Apache-2.0
// Kinds of faults that strike calls, links between nodes, and a broker as a whole.
#include "sim/world/fault_kinds.hpp"

namespace flowtank::fault_tables {
namespace {

constexpr std::string_view calls = "service client command where";

constexpr FaultParameter partition[] = {
    {"between", "nodes", "required", "Names of services, brokers and clients on one side."},
    {"and", "nodes", "all others", "Names on the other side; who is on neither reaches both (a partial partition)."},
    {"one_way", "boolean", "false", "Only what goes from the first side to the second is lost."},
    {"length", "distribution", "until the end", "How long it lasts; an exploration lets it end at any time."}};
constexpr FaultParameter outage[] = {{"length", "distribution", "0", "How long it lasts."}};

constexpr FaultKindInfo table[] = {
    {FaultKind::call_loss, "call_loss", "F28", "lost call", "lost calls", FaultTiming::counted, FaultExplored::action, calls,
     "A command or query never arrives.",
     "Who asked sees a timeout, if it has one; a client with a retry policy asks again.",
     {}, "The request leg of an ambiguous call: technewstoday.info, Why an idempotency key isn't an idempotency guarantee.",
     R"({"kind": "call_loss", "on": {"service": "order", "client": "shoppers"}, "nth": 2})"},
    {FaultKind::call_no_answer, "call_no_answer", "F28 F56", "lost reply", "lost replies", FaultTiming::counted, FaultExplored::action, calls,
     "A command is handled, but its answer never arrives.",
     "Who asked sees a timeout and cannot know that it took effect; a client with a retry policy asks again.",
     {}, "Customer charged twice, dashboards green (composite case): technewstoday.info.",
     R"({"kind": "call_no_answer", "on": {"service": "order", "client": "shoppers"}, "nth": 2})"},
    {FaultKind::partition, "partition", "F27", "partition", "partitions", FaultTiming::clock, FaultExplored::action, "",
     "Some nodes do not reach others for a while.",
     "Requests and answers over cut links are lost, copies are not handed out over them, and an acknowledgement that is lost makes "
     "the broker hand the copy out again. Copies wait in the broker meanwhile.",
     partition, "Jepsen: RabbitMQ (aphyr.com/posts/315).",
     R"({"kind": "partition", "between": ["payment"], "and": ["bus"], "from_s": 1, "length": {"constant_s": 3}})"},
    {FaultKind::outage, "outage", "F13", "outage", "outages", FaultTiming::clock, FaultExplored::action, "broker",
     "A broker refuses every publish and hands out nothing for a while.",
     "Publishers get an error at once; what is stored stays.",
     outage, "Routine: upgrades, exhausted disks.",
     R"({"kind": "outage", "on": {"broker": "bus"}, "from_ms": 500, "length": {"constant_ms": 2000}})"},
};

}  // namespace

std::span<const FaultKindInfo> links() { return table; }

}  // namespace flowtank::fault_tables
