// SPDX-License-Identifier: Apache-2.0
// The system under test as plain data: what a scenario file, a C++ program or an importer describes and
// what the World runs. Everything is an index into one of the vectors of System; nothing points into
// anything, so that a System can be shared by many Worlds and threads. A System is immutable once its
// World is built. Only the loader (sim/scenario) and C++ users create one; validate() in
// system.cpp states which indices must be in range.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <sim/base/distribution.hpp>
#include <sim/base/time.hpp>
#include <sim/base/value.hpp>
#include <sim/expr/program.hpp>
#include <sim/expr/type.hpp>

#include "sim/world/client.hpp"
#include "sim/world/program.hpp"

namespace flowtank {

// Slots of the expressions of handlers (Environment variables of the loader have these numbers).
enum HandlerSlot : std::uint32_t {
  slot_input = 0,    // the message handled: record {id, type, key, data}
  slot_now = 1,      // virtual time since the start as a duration; not available under exploration
  slot_attempt = 2,  // 1 for the first handling of this copy
  slot_row = 3,      // the row under update, for guards and assignments
  slot_instance = 4, // number of the instance, from 1
  slot_local0 = 5,   // locals follow
};
// Clients' expressions have slots of their own (client.hpp).

// Fields of a message record, by position.
enum MessageField : std::uint32_t { field_id = 0, field_type = 1, field_key = 2, field_data = 3, message_fields = 4 };

struct Column {
  std::string name;
  expr::Type type;
};

enum class TableRole : std::uint8_t {
  data,
  inbox,        // who consumed what; reports name the missing inbox
  outbox,       // messages waiting for a relay
  observation,  // written by the World for properties (effects, accepted events), read by no service
};

struct Table {
  std::string name;          // "orders"
  std::string display;       // "order.orders"
  std::uint32_t service = none;  // none for observations
  TableRole role = TableRole::data;
  bool durable = true;       // false: in memory, gone with its instance's crash (kept per service)
  std::vector<Column> columns;  // column 0 is the key
  std::vector<std::vector<std::uint32_t>> unique;  // sets of columns that are unique together
  // Columns that the database fills with 1, 2, ... and never takes back: the one when a row is inserted (a sequence:
  // a transaction that ends later may hold the smaller number), the other when the transaction commits (a log).
  std::uint32_t sequence = none;
  std::uint32_t commit_order = none;
  std::uint32_t record_type = none;  // of its rows in System::types
};

// An event or a command. Its record is {id, type, key, data}; data is a record of the fields.
struct MessageType {
  std::string name;
  bool command = false;
  std::uint32_t version = 1;
  std::vector<Column> fields;
  std::uint32_t key_field = none;     // field that names the entity; order is kept per key
  std::uint32_t record_type = none;   // of the message record
  std::uint32_t data_type = none;     // of its data
  std::uint32_t accepted_table = none;  // observation: how often a broker accepted it, by key
  std::uint32_t copy_field = none;      // filled by the broker: 1 for the first copy it accepts of this event, 2 ...
};

struct EffectType {
  std::string name;
  std::uint32_t service = none;
  std::uint32_t table = none;  // observation {key, count, amount}
};

struct RetryPolicy {
  std::uint32_t max_attempts = 0;  // 0 = for ever; otherwise the message goes to the dead letters after
  Duration backoff;                // before the second attempt
  std::uint32_t factor_percent = 100;  // growth of the backoff per attempt
  Duration cap = Duration::infinite();
};

enum class Trigger : std::uint8_t { message, command, timer, poll };

enum class Settlement : std::uint8_t {
  after,   // acknowledged when the handler has ended well (at least once)
  before,  // acknowledged before the handler starts (at most once)
  always,  // acknowledged when the handler has ended, well or not (errors are swallowed)
};

struct Handler {
  std::string name;
  std::uint32_t service = none;
  Trigger trigger = Trigger::message;
  std::uint32_t message = none;       // message, command
  std::uint32_t subscription = none;  // message
  std::uint32_t timer = none;         // timer
  ExprId guard = none;                // poll: enabled only while this holds
  Duration every;                     // poll: period in timed runs, > 0
  Settlement settlement = Settlement::after;
  RetryPolicy retry;
  std::uint32_t durations = none;     // distribution of the time of each visible step; none = 0
  // A whole run is one action, from what starts it to its end: nothing comes between its steps, no crash and no other run. Where it
  // must wait for somebody (a call, a lock, a publish that is on the way), or the environment chooses, it stops and goes on as one
  // action from there: Promela's `atomic`; faults of steps strike only where it stops. Coarser than real services: so are verdicts.
  bool atomic = false;
  Program program;
};

struct Service {
  std::string name;
  std::string model;
  std::uint32_t instances = 1;     // >= 1
  std::uint32_t concurrency = 1;   // handler runs at a time of one instance, >= 1
  std::vector<std::uint32_t> tables;
  std::vector<std::uint32_t> handlers;  // messages, commands, timers
  std::vector<std::uint32_t> pollers;   // handlers with Trigger::poll; each runs beside the others
  std::uint32_t dead_letters = none;    // observation table {key, count}
  std::string file;
  SourceRange where;
};

// A named option of a broker, channel or subscription, in the product's own words.
struct Option {
  std::string name;
  Value value;  // scalar or string; objects are owned by System::constants
  SourceRange where;
};

struct BrokerSpec {
  std::string name;
  std::string kind;  // as registered in the BrokerRegistry: "ideal", ...
  std::vector<Option> options;
};

struct Channel {
  std::string name;
  std::uint32_t broker = none;
  std::uint32_t latency = none;  // distribution of the way to a consumer; none = 0
  std::vector<Option> options;
};

struct Subscription {
  std::uint32_t channel = none;
  std::uint32_t service = none;
  std::string group;
  std::vector<Option> options;
};

// When a timer may fire in an exploration, which has no time.
enum class TimerClass : std::uint8_t {
  race,  // in any order relative to messages: deadlines, timeouts, backoffs
  slow,  // only when nothing else can happen but faults and slow timers: retention, sessions, expiry
};

struct TimerType {
  std::string name;
  std::uint32_t service = none;
  std::uint32_t handler = none;
  std::uint32_t record_type = none;  // of its input {id, type, key, data: null}
  TimerClass timer_class = TimerClass::race;
  Duration length = Duration::infinite();  // slow: where it is fixed; the shortest fires first
};

// What the environment can do. fault_kinds.hpp says of each what it does, its parameters, its source.
enum class FaultKind : std::uint8_t {
  // Copies on their way to a consumer.
  delay,              // a copy arrives later by `delay`
  duplicate,          // a second copy arrives at any later position
  loss,               // a queued copy ceases to exist
  reorder,            // a copy is overtaken by later ones of its key
  throttle,           // copies arrive at a limited rate
  unroutable,         // a subscription exists only later: what is published before never reaches it
  queue_limit,        // a queue holds only so many copies
  // Publishes.
  ambiguous_publish,  // accepted, but the answer never arrives
  publish_loss,       // the publish request never arrives
  publish_delay,      // the publish request arrives later, others overtake it
  wrong_key,          // published with another key than it should have
  // Handler runs and instances.
  crash,              // an instance dies; volatile state is gone, durable state stays
  handler_error,      // a handler run raises (transient)
  poison,             // every handler run of the selected messages raises
  pause,              // an instance does nothing for a while
  zombie,             // an instance stands still, another takes over, then the first goes on
  ack_deadline,       // a copy is handed out again while it is being handled
  slow,               // steps take longer for a while
  timer_early,        // a timer fires before its time
  timer_late,         // a timer fires after its time
  timer_twice,        // a timer fires a second time
  // Calls and links.
  call_loss,          // a command or query never arrives
  call_no_answer,     // it is handled, the answer never arrives
  partition,          // some nodes do not reach others for a while
  outage,             // the broker refuses for a while
  // Databases.
  abort,              // a transaction aborts at its commit
  ambiguous_commit,   // a commit takes effect, its caller sees an error
  stale_read,         // a read outside transactions sees an older state
  read_only,          // writes fail for a while
  lost_tail,          // the last commits vanish at a failover
  // Clocks.
  clock,              // `now` of a service is wrong
  // The broker itself; which of these a product can show, its BrokerKind says.
  failover,
  power_loss,
  expiry,
  compaction,
  rewind,
  repartition,
  rebalance,
  late_transaction_end,
};
inline constexpr std::size_t fault_kind_count = static_cast<std::size_t>(FaultKind::late_transaction_end) + 1;

// A place in every handler, whatever its steps are called.
enum class StepPosition : std::uint8_t {
  any,
  before_handler,  // its first step has not happened
  after_commit,    // right after a commit of the run
  before_ack,      // the acknowledgement is the next step
  after_ack,       // at any step after the acknowledgement
};

// Where a fault may strike; every field narrows, none = any.
struct FaultSelector {
  std::uint32_t channel = none;
  std::uint32_t consumer = none;  // service that consumes
  std::uint32_t service = none;   // service struck or publishing
  std::uint32_t handler = none;
  std::string step;               // label of the step before which a crash or error strikes; empty = any
  ExprId key = none;              // expression over slot_input (the message): true where it may strike
  std::uint32_t message = none;   // message type
  std::uint32_t broker = none;
  std::uint32_t instance = none;  // number of the instance, from 0
  std::uint32_t client = none;    // calls: who asks
  std::uint32_t timer = none;
  StepPosition position = StepPosition::any;
  std::uint32_t commit = 0;       // after_commit: which of the handler's commits, from 1; 0 = any
};

// "After an event": the fault may strike only once this has happened.
struct FaultCondition {
  std::uint32_t message = none;   // none: no condition
  std::uint32_t service = none;   // handled by this service; none: accepted by a broker
  bool any_key = false;           // for whatever key; false: for the key of what is struck
};

// When it strikes. Timed runs use all fields; under exploration it may strike at any selected place
// and each strike spends one of `budget`.
struct FaultTrigger {
  std::uint64_t nth = 0;          // the nth selected occurrence, from 1; 0 = not by count
  std::uint64_t every = 0;        // and then every so many; 0 = every one after the nth
  std::uint64_t chance = 0;       // of 2^64; 0 = not by chance
  Time from;
  Time until = Time::never();
  std::uint32_t budget = 1;       // strikes at most
  bool budget_given = false;      // by the user; a fault by chance without it strikes without limit in timed runs
  FaultCondition after;
};

enum class NodeKind : std::uint8_t { service, broker, client };
struct FaultNode {
  NodeKind kind = NodeKind::service;
  std::uint32_t index = none;
  friend bool operator==(const FaultNode&, const FaultNode&) = default;
};

// What only some kinds of faults have; each says in fault_kinds.cpp which.
struct FaultParameters {
  std::uint32_t versions = 1;         // stale_read, lost_tail, power_loss, failover, expiry: how many at most
  std::uint32_t limit = 0;            // queue_limit: copies; unroutable: the first so many
  std::uint32_t policy = 0;           // queue_limit, wrong_key, abort, unroutable, rewind: index of the word given
  std::string field;                  // wrong_key: the field that is used
  std::uint32_t factor_percent = 100; // slow
  Duration interval;                  // throttle: between two copies
  Duration offset;                    // clock: added to now; may be negative
  std::int64_t drift_ppm = 0;         // clock: gained per million
  std::uint64_t back = 0;             // rewind: so many messages back
  std::uint32_t partitions = 0;       // repartition
  Duration lag;                       // failover: how long the followers are behind
  bool one_way = false;               // partition: only from the first side to the second
  std::vector<FaultNode> side, other; // partition
};

struct Fault {
  std::string name;
  FaultKind kind = FaultKind::delay;
  FaultSelector on;
  std::vector<FaultSelector> also;  // further places
  FaultTrigger when;
  std::uint32_t delay = none;     // distribution: delay, gap, deadline, or the length of what lasts
  Duration restart_after;         // crash
  FaultParameters with;
  std::string file;
  SourceRange where;
  std::string pointer;
};

struct Bounds {
  Time horizon = Time::never();   // of a timed run
  std::uint64_t seed = 1;
  std::uint64_t max_actions = 0;  // of a timed run; 0 = no limit
  std::uint32_t max_steps_per_run = 100000;  // silent instructions of one action, against endless loops
};

struct System {
  std::string title;
  std::shared_ptr<expr::TypeTable> types = std::make_shared<expr::TypeTable>();
  std::vector<expr::Program> expressions;  // ExprId
  std::vector<Distribution> distributions;
  std::vector<Table> tables;
  std::vector<MessageType> messages;
  std::vector<EffectType> effects;
  std::vector<Handler> handlers;
  std::vector<Service> services;
  std::vector<BrokerSpec> brokers;
  std::vector<Channel> channels;
  std::vector<Subscription> subscriptions;
  std::vector<TimerType> timers;
  std::vector<Client> clients;
  std::vector<Fault> faults;
  // wiring[service][message] = channel on which the service publishes the message, or none.
  std::vector<std::vector<std::uint32_t>> wiring;
  Bounds bounds;
  std::shared_ptr<Arena> constants;  // objects behind option values
};

}  // namespace flowtank
