// SPDX-License-Identifier: Apache-2.0
// See wire.hpp. A request is identified by its content, so that asking again is another request only if
// its attempt number differs.
#include "sim/world/wire.hpp"

#include <string>

#include <sim/base/check.hpp>

#include "sim/world/world.hpp"

namespace flowtank {
namespace {
constexpr std::uint64_t no_sender = 0;
constexpr std::uint64_t client_sender(std::uint64_t client) { return 1 + 2 * client; }
constexpr bool is_client(std::uint64_t sender) { return (sender & 1) == 1; }
}  // namespace

Wire::Wire(const System& system, Pool& pool, Cells& cells)
    : system_(system), pool_(pool), cells_(cells), sessions_(system, pool, cells) {
  for (std::uint32_t c = 0; c < system.clients.size(); ++c) {
    clients_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::client, c, 0)));
    const Client& spec = system.clients[c];
    arrivals_.emplace_back(system, spec);
    names_.push_back(hash_bytes(spec.name, 0x636c69656e74ULL));
    type_names_.push_back(spec.script.empty() ? pool.intern_string(system.messages[spec.message].name) : absent_word);
  }
  requests_.resize(system.services.size());
  for (std::uint32_t s = 0; s < requests_.size(); ++s) requests_[s].build(cells, ComponentKind::request, s);
  unanswered_.resize(system.clients.size());
  for (std::uint32_t c = 0; c < unanswered_.size(); ++c) unanswered_[c].build(cells, ComponentKind::client, 1000 + c);
  orphans_.build(cells, ComponentKind::request, 1U << 20);
  timers_.resize(system.timers.size());
  for (std::uint32_t t = 0; t < timers_.size(); ++t) timers_[t].build(cells, ComponentKind::timer, t);
  due_.resize(timers_.size());
}

void Wire::reset() {
  for (ContentIndex& due : due_) due.clear();
  due_times_.clear();
  sessions_.reset();
}

void Wire::forget() {
  for (auto* bags : {&requests_, &unanswered_, &timers_}) {
    for (Bag& bag : *bags) bag.clear();
  }
  orphans_.clear();
}

Word Wire::make_request(Word message, std::uint64_t sender, std::uint64_t attempt) {
  const Word fields[] = {message, Pool::of_int_small(static_cast<std::int64_t>(sender)),
                         Pool::of_int_small(static_cast<std::int64_t>(attempt))};
  return pool_.intern_list(fields);
}

Word Wire::message_of(Word request) const { return pool_.find(pool_.value(request).items()[0]); }
std::uint64_t Wire::sender_of(Word request) const { return pool_.value(request).items()[1].u; }

void Wire::start(World& world) {
  for (std::uint32_t c = 0; c < system_.clients.size(); ++c) {
    const Client& spec = system_.clients[c];
    if (spec.count == 0) continue;
    const Duration first = arrivals_[c].first(world.seed());
    if (first == Duration::infinite()) continue;
    if (spec.script.empty()) world.offer(spec.start + first, {.kind = ActionKind::client_send, .a = c});
    else sessions_.start(world, c, first);
  }
}

// Arrival n - 1 has come: when does arrival n?
void Wire::next_arrival(World& world, std::uint32_t client, std::uint64_t n) const {
  const Client& spec = system_.clients[client];
  if (n >= spec.count || !world.timed()) return;
  const Duration gap = arrivals_[client].gap(world.seed(), n, world.now() - (Time::start() + spec.start));
  if (gap == Duration::infinite()) return;
  const std::uint32_t session = spec.script.empty() ? 0 : static_cast<std::uint32_t>(n);
  world.offer(gap, {.kind = ActionKind::client_send, .a = client, .b = session});
}

bool Wire::client_send(World& world, const Action& action) {
  if (system_.clients[action.a].script.empty()) {
    request(world, action.a);
    return true;
  }
  const bool arrives = world.timed() && sessions_.arrives(action.a, action.b);
  const bool done = sessions_.step(world, action);
  if (arrives) next_arrival(world, action.a, std::uint64_t{action.b} + 1);
  return done;
}

// The next request of a client without a script.
void Wire::request(World& world, std::uint32_t client) {
  const Client& spec = system_.clients[client];
  const std::uint64_t n = cells_.get(clients_[client]);
  cells_.set(clients_[client], n + 1);
  const MessageType& type = system_.messages[spec.message];
  Value slots[client_local0] = {};
  slots[client_n] = Value::of_int(static_cast<std::int64_t>(n));
  slots[client_recorded] = n < spec.recorded.size() ? spec.recorded[n] : Value::of_null();
  std::vector<Word>& data = data_;
  data.clear();
  std::string error;
  for (const ExprId field : spec.fields) {
    const auto word = field == none ? std::optional<Word>(Pool::of_null()) : world.evaluate_word(field, slots, nullptr, error);
    data.push_back(word.value_or(Pool::of_null()));
  }
  const Hash128 id = combine(names_[client], n);
  const Word fields[message_fields] = {
      world.pool().intern_string(event_id_text(id)), type_names_[client],
      type.key_field == none ? Pool::of_null() : data[type.key_field],
      world.pool().intern_record(type.data_type, data)};
  const Word message = pool_.intern_record(type.record_type, fields);
  const bool wants_answer = spec.max_attempts > 1;
  const Word request = make_request(message, wants_answer ? client_sender(client) : no_sender, 1);
  RecordId cause = no_record;
  if (world.tracing()) {
    Record& r = world.note(RecordKind::command_sent);
    r.subject = message;
    r.place = client;
    r.key = fields[field_key];
    cause = r.id;
  }
  if (wants_answer) {
    unanswered_[client].add(cells_, pool_, request);
    world.offer(spec.timeout, {.kind = ActionKind::client_retry, .a = client, .word = request});
  }
  send_request(world, spec.service, request, cause);
  next_arrival(world, client, n + 1);
}

bool Wire::client_retry(World& world, const Action& action) {
  const std::uint32_t client = action.a;
  const Word request = action.word;
  if (!system_.clients[client].script.empty()) return sessions_.retry(world, action);
  if (unanswered_[client].count(cells_, request) == 0) return false;
  unanswered_[client].take(cells_, request);
  const std::uint64_t attempt = pool_.value(request).items()[2].u;
  const Client& spec = system_.clients[client];
  if (attempt >= spec.max_attempts) return true;  // it gives up: the outcome stays unknown to it
  const Word message = message_of(request);
  const Word again = make_request(message, client_sender(client), attempt + 1);
  unanswered_[client].add(cells_, pool_, again);
  RecordId cause = no_record;
  if (world.tracing()) {
    Record& r = world.note(RecordKind::client_retry);
    r.subject = message;
    r.place = client;
    cause = r.id;
  }
  world.offer(spec.timeout, {.kind = ActionKind::client_retry, .a = client, .word = again});
  send_request(world, spec.service, again, cause);
  return true;
}

void Wire::send_request(World& world, std::uint32_t service, Word request, RecordId cause) {
  if (world.faults().request_lost(world, service, request)) return;
  requests_[service].add(cells_, pool_, request);
  if (world.tracing()) world.set_last_record_of(request, cause);
  world.offer(Duration{}, {.kind = ActionKind::command_deliver, .a = service, .word = request});
}

void Wire::take_request(World&, std::uint32_t service, Word request) { requests_[service].take(cells_, request); }

FaultNode Wire::node_of(const World& world, Word request) const {
  const std::uint64_t sender = sender_of(request);
  if (sender == no_sender) return {NodeKind::client, none};
  if (!is_client(sender)) return {NodeKind::service, world.runs().service_of_frame(static_cast<std::uint32_t>(sender / 2 - 1))};
  const std::uint64_t number = sender / 2, clients = system_.clients.size();
  return {NodeKind::client, number < clients ? static_cast<std::uint32_t>(number) : sessions_.client_of(number - clients)};
}

void Wire::respond(World& world, Word request, bool ok, Word value) {
  const std::uint64_t sender = sender_of(request);
  if (sender == no_sender) return;
  if (is_client(sender) && sender / 2 >= system_.clients.size()) {
    sessions_.answered(world, sender / 2 - system_.clients.size(), request, ok, value);
  } else if (is_client(sender)) {
    client_answered(world, request, ok);
  } else {
    world.runs().reply_arrived(world, static_cast<std::uint32_t>(sender / 2 - 1), request, ok, value);
  }
}

void Wire::connection_broken(World& world, Word request) {
  const std::uint64_t sender = sender_of(request);
  if (is_client(sender) && sender / 2 >= system_.clients.size()) respond(world, request, false, absent_word);
}

void Wire::client_answered(World& world, Word request, bool ok) {
  const auto client = static_cast<std::uint32_t>(sender_of(request) / 2);
  if (unanswered_[client].count(cells_, request) == 0) return;  // it does not wait for this attempt any more
  if (!ok) return;  // an error answer: the client's timeout makes it ask again
  unanswered_[client].take(cells_, request);
  if (world.tracing()) {
    Record& r = world.note(RecordKind::command_answered);
    r.subject = message_of(request);
    r.place = client;
  }
}

void Wire::send_orphan(World& world, std::uint32_t channel, Word message, Duration late) {
  const Word fields[] = {Pool::of_int_small(channel), message};
  const Word item = pool_.intern_list(fields);
  orphans_.add(cells_, pool_, item);
  world.offer(late, {.kind = ActionKind::orphan_effect, .word = item});
}

void Wire::drop_orphan(World&, Word item) { orphans_.take(cells_, item); }

std::uint32_t Wire::channel_of(Word orphan) const {
  return static_cast<std::uint32_t>(pool_.value(orphan).items()[0].i);
}
Word Wire::orphan_message(Word orphan) const { return pool_.find(pool_.value(orphan).items()[1]); }

void Wire::orphan_effect(World& world, Word item) {
  const std::uint32_t channel = channel_of(item);
  const std::uint32_t broker = system_.channels[channel].broker;
  const Room room = world.faults().room(world, channel, orphan_message(item));
  if (room == Room::wait) return world.faults().wait_for_room({.kind = ActionKind::orphan_effect, .word = item}, 0);
  orphans_.take(cells_, item);
  if (!world.faults().out(broker) && room == Room::free) world.publish_takes_effect(channel, orphan_message(item), no_record, {});
}

void Wire::publish_orphan(World& world, std::uint32_t channel, Word message) {
  const Room room = world.faults().room(world, channel, message);
  if (room == Room::wait) return send_orphan(world, channel, message);
  if (!world.faults().out(system_.channels[channel].broker) && room == Room::free) world.publish_takes_effect(channel, message, no_record, {});
}

void Wire::set_timer(World& world, std::uint32_t timer, Word key, Duration after) {
  if (timers_[timer].count(cells_, key) == 0) timers_[timer].add(cells_, pool_, key);
  if (!world.timed()) return;
  after = world.faults().timer_after(world, timer, key, after);
  std::uint32_t at = due_[timer].find(key);
  if (at == 0) {
    due_times_.push_back({});
    at = static_cast<std::uint32_t>(due_times_.size());
    due_[timer].put(key, at);
  }
  due_times_[at - 1] = world.now() + after;
  if (world.tracing_states()) world.holds(StateKind::timer, timer, key, 1, pool_.intern(Value::of_duration(due_times_[at - 1].nanoseconds())));
  world.offer(after, {.kind = ActionKind::timer_fire, .a = timer, .word = key});
}

void Wire::cancel_timer(World&, std::uint32_t timer, Word key) {
  if (timers_[timer].count(cells_, key) != 0) timers_[timer].take(cells_, key);
}

bool Wire::timer_is_due(const World& world, std::uint32_t timer, Word key) const {
  if (timers_[timer].count(cells_, key) == 0) return false;
  if (!world.timed()) return true;
  const std::uint32_t at = due_[timer].find(key);
  return at != 0 && due_times_[at - 1] <= world.now();
}

void Wire::fire_timer(World& world, std::uint32_t timer, Word key, std::uint32_t frame) {
  timers_[timer].take(cells_, key);
  if (Duration gap; world.faults().fires_again(world, timer, key, gap)) set_timer(world, timer, key, gap);
  const TimerType& type = system_.timers[timer];
  const Hash128 id = combine(hash_bytes(type.name, 0x74696d6572ULL), pool_.content(key));
  const Word fields[message_fields] = {pool_.intern_string(event_id_text(id)), pool_.intern_string(type.name), key,
                                       Pool::of_null()};
  const Word message = pool_.intern_record(type.record_type, fields);
  RecordId cause = no_record;
  if (world.tracing()) {
    Record& r = world.note(RecordKind::timer_fired);
    r.service = static_cast<std::uint16_t>(type.service);
    r.place = timer;
    r.key = key;
    r.parent = world.last_record_of(world.trail(World::Trail::timer, key, timer));
    cause = r.id;
  }
  Origin from;
  from.kind = OriginKind::timer;
  from.source = timer;
  // A timer that no handler starts on fires all the same; lint tells of it.
  if (type.handler != none) world.runs().start(world, frame, type.handler, message, from, cause);
}

}  // namespace flowtank
