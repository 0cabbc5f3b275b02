// SPDX-License-Identifier: Apache-2.0
// How runs start: deliveries, commands, timers and polls meet a free frame, and in timed runs wait for one in
// the order in which they came. A poller whose guard does not look at the clock sleeps until a table that the
// guard reads has changed.
#include <algorithm>
#include <utility>

#include <sim/base/check.hpp>
#include <sim/expr/error.hpp>

#include "sim/world/world.hpp"

namespace flowtank {

Action World::Parked::pop() {
  const Action action = actions[head++].action;
  if (head > 1024 && head * 2 > actions.size()) {
    actions.erase(actions.begin(), actions.begin() + static_cast<std::ptrdiff_t>(head));
    head = 0;
  }
  return action;
}

void World::frame_freed(std::uint32_t service, std::uint32_t instance) {
  if (!timed()) return;
  Parked& parked = parked_[service];
  if (bound_waits_[service] != 0) {
    if (instance == none) {
      // Nobody knows whose place it was: every instance with a free one takes the next of its own.
      const std::uint32_t first = runs_.first_instance(service);
      for (std::uint32_t i = first; i < first + system_.services[service].instances; ++i) {
        if (parked_at_instance_[i].empty() || runs_.free_frame_of(*this, i) == none) continue;
        --bound_waits_[service];
        offer(Duration{}, parked_at_instance_[i].pop());
      }
    } else if (Parked& own = parked_at_instance_[instance]; !own.empty() && (parked.empty() || own.since() < parked.since())) {
      --bound_waits_[service];
      return offer(Duration{}, own.pop());
    }
  }
  if (parked.empty()) {
    if (parked.head != 0) parked = {};
    return;
  }
  offer(Duration{}, parked.pop());
}

void World::instance_up(std::uint32_t instance) {
  const std::uint32_t service = runs_.service_of_instance(instance);
  for (std::uint32_t frame = runs_.frames_begin(instance); frame < runs_.frames_end(instance); ++frame) {
    if (runs_.active(frame)) runs_.offer_next(*this, frame);
    else if (runs_.poller_of(frame) == none) frame_freed(service, instance);
  }
  wake_pollers(service);
}

void World::broker_back(std::uint32_t) {
  for (std::uint32_t service = 0; service < parked_.size(); ++service) {
    const std::uint32_t first = runs_.first_instance(service);
    for (std::uint32_t i = first; i < first + system_.services[service].instances; ++i) {
      for (std::uint32_t c = 0; c < system_.services[service].concurrency; ++c) frame_freed(service, i);
    }
  }
}

bool World::deliver(const Action& action) {
  const std::uint32_t service = system_.subscriptions[action.a].service;
  Broker& broker = broker_of(action.a);
  if (timed() && !broker.can_deliver(*this, action.a, action.b)) {
    frame_freed(service);  // the place it was offered for is still free
    return false;
  }
  const std::uint32_t consumer = broker.consumer_of(*this, action.a, action.b);
  const std::uint32_t frame = consumer == none ? runs_.free_frame(*this, service) : runs_.free_frame_of(*this, consumer);
  if (timed() && (frame == none || faults_.out(system_.channels[system_.subscriptions[action.a].channel].broker))) {
    park(consumer == none ? parked_[service] : parked_at_instance_[consumer], action);
    if (consumer != none) ++bound_waits_[service];
    return false;
  }
  FLOWTANK_CHECK(frame != none, "a delivery needs a free frame");
  const Delivery delivery = broker.deliver(*this, action.a, action.b);
  RecordId cause = no_record;
  if (tracing()) {
    Record& r = note(RecordKind::delivered);
    r.service = static_cast<std::uint16_t>(service);
    r.instance = static_cast<std::uint16_t>(runs_.number_of_instance(runs_.instance_of_frame(frame)));
    r.place = action.a;
    r.subject = delivery.message;
    r.parent = last_record_of(delivery.message);
    if (delivery.token != 0 || delivery.attempts != 0) r.other_parent = last_record_of(trail(World::Trail::struck_copy, delivery.message));
    // A fault of the broker itself may have handed it out again.
    if (r.other_parent == no_record && !system_.faults.empty()) r.other_parent = last_record_of(trail(World::Trail::struck_broker, delivery.message));
    cause = r.id;
  }
  const std::uint32_t handler = handler_for(service, action.a, message_type(delivery.message));
  if (handler == none) {
    broker.settle(*this, action.a, delivery, Settle::ack);
    message_fate(action.a, delivery.message, Fate::handled);
    frame_freed(service, runs_.instance_of_frame(frame));
    return true;
  }
  Origin from;
  from.kind = OriginKind::message;
  from.attempts = delivery.attempts;
  from.token = delivery.token;
  from.source = action.a;
  runs_.start(*this, frame, handler, delivery.message, from, cause);
  return true;
}

bool World::deliver_command(const Action& action) {
  const std::uint32_t service = action.a;
  if (timed() && wire_.requests(service).count(cells_, action.word) == 0) {
    frame_freed(service);
    return false;
  }
  const std::uint32_t frame = runs_.free_frame(*this, service);
  if (timed() && frame == none) {
    park(parked_[service], action);
    return false;
  }
  FLOWTANK_CHECK(frame != none, "a command needs a free frame");
  wire_.take_request(*this, service, action.word);
  const Word message = wire_.message_of(action.word);
  const std::uint32_t handler = handler_for(service, none, message_type(message));
  RecordId cause = no_record;
  if (tracing()) {
    Record& r = note(RecordKind::command_received);
    r.service = static_cast<std::uint16_t>(service);
    r.instance = static_cast<std::uint16_t>(runs_.number_of_instance(runs_.instance_of_frame(frame)));
    r.subject = message;
    r.key = pool_.find(pool_.value(message).items()[field_key]);
    r.parent = last_record_of(action.word);
    cause = r.id;
  }
  if (handler == none) {
    wire_.respond(*this, action.word, false, absent_word);
    frame_freed(service);
    return true;
  }
  Origin from;
  from.kind = OriginKind::command;
  if (wire_.sender_of(action.word) != 0) runs_.set_replies_to(frame, action.word);
  runs_.start(*this, frame, handler, message, from, cause);
  return true;
}

bool World::fire_timer(const Action& action) {
  if (timed() && !wire_.timer_is_due(*this, action.a, action.word)) return false;
  const std::uint32_t service = system_.timers[action.a].service;
  const std::uint32_t frame = runs_.free_frame(*this, service);
  if (timed() && frame == none) {
    park(parked_[service], action);
    return false;
  }
  FLOWTANK_CHECK(frame != none, "a timer needs a free frame");
  wire_.fire_timer(*this, action.a, action.word, frame);
  return true;
}

bool World::poll_due(std::uint32_t frame) const {
  guard_error_.clear();
  if (runs_.active(frame) || !faults_.is_up(runs_.instance_of_frame(frame))) return false;
  const Handler& handler = system_.handlers[runs_.poller_of(frame)];
  if (handler.guard == none) return true;
  Value slots[slot_local0] = {};
  slots[slot_input] = Value::of_null();
  slots[slot_now] = timed() ? Value::of_duration((now_ + faults_.skew(*this, runs_.instance_of_frame(frame))).nanoseconds())
                            : expr::error_value(expr::ErrorCode::undeclared);
  slots[slot_instance] = Value::of_int(runs_.number_of_instance(runs_.instance_of_frame(frame)) + 1);
  const Value value = evaluate(handler.guard, slots);
  // A guard without a value is an error that shows: the poller starts, and raises it.
  if (value.kind == Kind::error) {
    guard_error_ = value.text();
    return true;
  }
  return value.kind == Kind::boolean && value.b;
}

bool World::poll(const Action& action) {
  const std::uint32_t frame = action.a;
  const std::uint32_t poller = runs_.poller_of(frame);
  const Handler& handler = system_.handlers[poller];
  const bool due = poll_due(frame);
  const std::string error = due ? guard_error_ : std::string();
  if (timed()) {
    // A poller whose guard does not look at the clock sleeps until a table changes; its ticks stay at
    // multiples of its period.
    bool reads_clock = handler.guard == none;
    if (handler.guard != none) {
      const auto& reads = plans_[handler.guard].reads;
      reads_clock = std::find(reads.begin(), reads.end(), slot_now) != reads.end();
    }
    poller_sleeps_[frame] = !due && !reads_clock ? 1 : 0;
    if (poller_sleeps_[frame] == 0) offer(handler.every, action);
  }
  if (!due) return false;
  RecordId cause = no_record;
  if (tracing()) {
    Record& r = note(RecordKind::poll);
    r.service = static_cast<std::uint16_t>(handler.service);
    r.handler = static_cast<std::uint16_t>(poller);
    cause = r.id;
  }
  Origin from;
  from.kind = OriginKind::poll;
  if (!error.empty()) {
    runs_.start_raising(*this, frame, poller, from, cause, error);
    return true;
  }
  runs_.start(*this, frame, poller, absent_word, from, cause);
  return true;
}

void World::wake_pollers(std::uint32_t service) {
  if (!timed() || service == none) return;
  const Service& spec = system_.services[service];
  if (spec.pollers.empty()) return;
  const std::uint32_t first = runs_.first_instance(service);
  for (std::uint32_t i = first; i < first + spec.instances; ++i) {
    for (std::uint32_t frame = runs_.frames_begin(i) + spec.concurrency; frame < runs_.frames_end(i); ++frame) {
      if (poller_sleeps_[frame] != 0) wake_poller(frame);
    }
  }
}

void World::wake_poller(std::uint32_t frame) {
  poller_sleeps_[frame] = 0;
  const std::int64_t every = system_.handlers[runs_.poller_of(frame)].every.nanoseconds();
  const std::int64_t past_tick = now_.nanoseconds() % every;
  offer(Duration(every - past_tick), {.kind = ActionKind::poll, .a = frame});
}

// A sleeping poller is woken by the tables that its guard reads, or by all of its service when the guard
// passes tables on.
void World::find_pollers() {
  pollers_of_table_.resize(system_.tables.size());
  for (std::uint32_t frame = 0; frame < runs_.frame_count(); ++frame) {
    const std::uint32_t poller = runs_.poller_of(frame);
    if (poller == none || system_.handlers[poller].guard == none) continue;
    const expr::Program& guard = system_.expressions[system_.handlers[poller].guard];
    std::vector<std::uint32_t> tables;
    if (guard.tables_escape()) tables = system_.services[system_.handlers[poller].service].tables;
    for (const expr::TableAccess& access : guard.accesses()) tables.push_back(static_cast<std::uint32_t>(access.table.u));
    std::sort(tables.begin(), tables.end());
    tables.erase(std::unique(tables.begin(), tables.end()), tables.end());
    for (const std::uint32_t table : tables) pollers_of_table_[table].push_back(frame);
  }
}

}  // namespace flowtank
