// SPDX-License-Identifier: Apache-2.0
// See faults.hpp. One implementation of what a fault does (strike); a timed run decides here when, an
// exploration is given all places where it may.
#include "sim/world/faults.hpp"

#include <algorithm>

#include <sim/base/keyed_random.hpp>

#include "sim/world/component.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

bool is_copy_fault(FaultKind kind) {
  return kind == FaultKind::delay || kind == FaultKind::duplicate || kind == FaultKind::loss || kind == FaultKind::reorder;
}
bool is_window(FaultKind kind) { return kind == FaultKind::pause || kind == FaultKind::outage; }

}  // namespace

Faults::Faults(const System& system, Cells& cells) : system_(system), cells_(cells) {
  for (std::uint32_t f = 0; f < system.faults.size(); ++f) {
    budgets_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::budget, f, 0)));
    fault_draws_.emplace_back("fault", system.faults[f].name);
    const FaultKind kind = system.faults[f].kind;
    any_copy_fault_ |= is_copy_fault(kind);
    any_publish_fault_ |= kind == FaultKind::ambiguous_publish || kind == FaultKind::publish_loss;
    any_step_fault_ |= kind == FaultKind::crash || kind == FaultKind::handler_error;
    any_poison_ |= kind == FaultKind::poison;
  }
  std::uint32_t instances = 0;
  for (const Service& service : system.services) instances += service.instances;
  for (std::uint32_t i = 0; i < instances; ++i) {
    instance_state_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::instance, i, 0)));
  }
  for (std::uint32_t b = 0; b < system.brokers.size(); ++b) {
    outages_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::outage, b, 0)));
  }
  for (const Subscription& s : system.subscriptions) {
    const Hash128 name = combine(hash_bytes(system.channels[s.channel].name), hash_bytes(system.services[s.service].name));
    places_.push_back(static_cast<std::uint32_t>(name.lo));
  }
  strikes_.resize(system.faults.size());
  seen_.resize(system.faults.size());
}

void Faults::reset(World& world) {
  std::fill(seen_.begin(), seen_.end(), 0);
  if (occurrences_.size() != 0) occurrences_.clear();
  for (std::uint32_t f = 0; f < budgets_.size(); ++f) {
    const Fault& fault = system_.faults[f];
    const bool endless = world.timed() && fault.when.chance != 0 && !fault.when.budget_given;
    cells_.set(budgets_[f], endless ? std::uint64_t{1} << 40 : fault.when.budget);
    if (!world.timed() || fault.when.nth != 0 || fault.when.chance != 0) continue;
    // By the clock: once, at `from`.
    Action action{.fault = static_cast<std::uint16_t>(f)};
    if (fault.kind == FaultKind::outage) {
      action.kind = ActionKind::fault_outage;
      action.a = fault.on.broker == none ? 0 : fault.on.broker;
    } else if (fault.kind == FaultKind::pause || fault.kind == FaultKind::crash) {
      if (fault.kind == FaultKind::crash && (!fault.on.step.empty() || fault.on.handler != none)) continue;
      action.kind = fault.kind == FaultKind::pause ? ActionKind::fault_pause : ActionKind::fault_crash;
      action.a = world.runs().first_instance(fault.on.service == none ? 0 : fault.on.service);
    } else {
      continue;
    }
    world.offer(fault.when.from - Time::start(), action);
  }
}

bool Faults::key_matches(const World& world, const Fault& fault, Word message) const {
  if (fault.on.key == none) return true;
  Value slots[slot_local0] = {};
  slots[slot_input] = world.pool().value(message);
  const Value value = world.evaluate(fault.on.key, slots);
  return value.kind == Kind::boolean && value.b;
}

bool Faults::selects(const World& world, const Fault& fault, std::uint32_t channel, std::uint32_t consumer, Word message) const {
  if (fault.on.channel != none && fault.on.channel != channel) return false;
  if (fault.on.consumer != none && fault.on.consumer != consumer) return false;
  if (fault.on.broker != none && fault.on.broker != system_.channels[channel].broker) return false;
  if (fault.on.message != none && fault.on.message != world.message_type(message)) return false;
  return key_matches(world, fault, message);
}

bool Faults::selects_frame(const World& world, const Fault& fault, std::uint32_t frame) const {
  const Runs& runs = world.runs();
  if (fault.on.service != none && fault.on.service != runs.service_of_frame(frame)) return false;
  if (fault.on.handler != none && fault.on.handler != runs.handler_of(frame)) return false;
  if (!fault.on.step.empty() && fault.on.step != runs.step_of(frame).label) return false;
  const Word message = runs.input_of(frame);
  if (message == absent_word) return fault.on.key == none && fault.on.message == none;
  if (fault.on.message != none && fault.on.message != world.message_type(message)) return false;
  return key_matches(world, fault, message);
}

// Timed: does the fault strike this selected occurrence? Counts it either way.
bool Faults::due(World& world, std::uint32_t f, Word whose, std::uint32_t place) {
  const Fault& fault = system_.faults[f];
  if (cells_.peek(budgets_[f]) == 0) return false;
  if (world.now() < fault.when.from || world.now() >= fault.when.until) return false;
  const std::uint64_t occurrence = ++seen_[f];
  if (fault.when.nth != 0) return occurrence >= fault.when.nth;
  if (fault.when.chance != 0) {
    // Which of the strikes at this place on this content: a retry draws anew, and nothing that happens
    // elsewhere changes the draw.
    const std::uint64_t site = (world.pool().content(whose).lo ^ mix64(std::uint64_t{f} << 32 | place)) | 1;
    const std::uint32_t again = occurrences_.find(site) + 1;
    occurrences_.put(site, again);
    return world.draw(fault_draws_[f], whose, place << 12 ^ again) < fault.when.chance;
  }
  return !is_window(fault.kind) && (fault.kind != FaultKind::crash || !fault.on.step.empty() || fault.on.handler != none);
}

void Faults::took_effect(World& world, std::uint32_t f) {
  cells_.take(budgets_[f]);
  ++strikes_[f];
  if (world.tracing()) world.note(RecordKind::fault).place = f;
  world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
}

Duration Faults::length(const World& world, std::uint32_t f, Word whose) const {
  const Fault& fault = system_.faults[f];
  return fault.delay == none ? Duration{} : world.sample(fault.delay, Purpose("fault.length", fault.name), whose);
}

CopyFate Faults::copy_fate(World& world, std::uint32_t subscription, Word message) {
  CopyFate fate;
  if (!any_copy_fault_ || !world.timed()) return fate;
  const Subscription& s = system_.subscriptions[subscription];
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (!is_copy_fault(fault.kind) || !selects(world, fault, s.channel, s.service, message) || !due(world, f, message, places_[subscription])) continue;
    took_effect(world, f);
    if (world.tracing()) {
      world.last_noted().subject = message;
      world.last_noted().parent = world.last_record_of(message);
      world.set_last_record_of(world.row_identity(0x30000U, message), world.last_record());
    }
    switch (fault.kind) {
      case FaultKind::loss: fate.lost = true; break;
      case FaultKind::reorder:
        fate.reordered = true;
        fate.delay += length(world, f, message);
        break;
      case FaultKind::duplicate:
        ++fate.duplicates;
        fate.duplicate_fault = static_cast<std::uint16_t>(f);
        fate.duplicate_gap = length(world, f, message);
        break;
      default: fate.delay += length(world, f, message); break;
    }
  }
  return fate;
}

StepFate Faults::publish_fate(World& world, std::uint32_t frame, std::uint32_t channel, Word message, std::uint16_t& fault_index) {
  if (!any_publish_fault_ || !world.timed()) return StepFate::goes_on;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind != FaultKind::ambiguous_publish && fault.kind != FaultKind::publish_loss) continue;
    if (fault.on.service != none && fault.on.service != world.runs().service_of_frame(frame)) continue;
    if (!selects(world, fault, channel, none, message) || !due(world, f, message, 0)) continue;
    took_effect(world, f);
    if (world.tracing()) {
      world.last_noted().subject = message;
      world.last_noted().parent = world.runs().cause(frame);
      world.runs().set_cause(frame, world.last_record());
    }
    fault_index = static_cast<std::uint16_t>(f);
    return fault.kind == FaultKind::ambiguous_publish ? StepFate::no_answer : StepFate::no_request;
  }
  return StepFate::goes_on;
}

StepFate Faults::step_fate(World& world, std::uint32_t frame, std::uint16_t& fault_index) {
  if (!any_step_fault_ || !world.timed()) return StepFate::goes_on;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind != FaultKind::crash && fault.kind != FaultKind::handler_error) continue;
    if (!selects_frame(world, fault, frame) || !due(world, f, world.runs().input_of(frame), world.runs().pc_of(frame))) continue;
    fault_index = static_cast<std::uint16_t>(f);
    return fault.kind == FaultKind::crash ? StepFate::crash : StepFate::error;
  }
  return StepFate::goes_on;
}

bool Faults::poisoned(World& world, std::uint32_t service, std::uint32_t handler, Word message) {
  if (!any_poison_) return false;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind != FaultKind::poison) continue;
    if (fault.on.service != none && fault.on.service != service) continue;
    if (fault.on.handler != none && fault.on.handler != handler) continue;
    if (fault.on.message != none && fault.on.message != world.message_type(message)) continue;
    if (!key_matches(world, fault, message)) continue;
    ++strikes_[f];
    if (world.tracing()) {
      Record& r = world.note(RecordKind::fault);
      r.place = f;
      r.subject = message;
      r.service = static_cast<std::uint16_t>(service);
      r.handler = static_cast<std::uint16_t>(handler);
      r.parent = world.last_record_of(message);
    }
    return true;
  }
  return false;
}

void Faults::copies(const World& world, std::uint32_t f, ActionKind kind, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[f];
  std::vector<Action> found;
  for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
    const Subscription& subscription = system_.subscriptions[s];
    found.clear();
    world.broker_of(s).strikable(world, s, kind, static_cast<std::uint16_t>(f), found);
    // In an order of contents, not of the history that the broker's lists remember.
    std::sort(found.begin(), found.end(), [&world](const Action& a, const Action& b) {
      const int order = compare(world.pool().value(a.word), world.pool().value(b.word));
      return order != 0 ? order < 0 : a.choice < b.choice;
    });
    for (const Action& action : found) {
      if (selects(world, fault, subscription.channel, subscription.service, action.word)) out.push_back(action);
    }
  }
}

bool Faults::idle_matters(const Fault& fault, std::uint32_t service) {
  const FaultSelector& on = fault.on;
  return (on.service == none || on.service == service) && on.handler == none && on.step.empty() && on.key == none && on.message == none;
}

bool Faults::remembers(const World& world, std::uint32_t service) const {
  for (const std::uint32_t table : system_.services[service].tables) {
    if (!system_.tables[table].durable && world.store().size(table) != 0) return true;
  }
  return false;
}

void Faults::enabled(const World& world, std::vector<Action>& out) const {
  const Runs& runs = world.runs();
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (cells_.get(budgets_[f]) == 0) continue;
    const Fault& fault = system_.faults[f];
    const auto index = static_cast<std::uint16_t>(f);
    switch (fault.kind) {
      case FaultKind::duplicate: copies(world, f, ActionKind::fault_duplicate, out); break;
      case FaultKind::loss: copies(world, f, ActionKind::fault_lose, out); break;
      case FaultKind::reorder: copies(world, f, ActionKind::fault_reorder, out); break;
      case FaultKind::ambiguous_publish:
      case FaultKind::publish_loss:
        runs.each_active([&](std::uint32_t frame) {
          if (runs.waiting_of(frame) != Waiting::request_left) return;
          const std::uint32_t channel = runs.publish_channel(frame);
          if (fault.on.service != none && fault.on.service != runs.service_of_frame(frame)) return;
          if (out_of_service(world, channel) || !selects(world, fault, channel, none, runs.request_of(frame))) return;
          const bool answer = fault.kind == FaultKind::ambiguous_publish;
          out.push_back({.kind = answer ? ActionKind::fault_no_answer : ActionKind::fault_no_request, .fault = index, .a = frame});
        });
        break;
      case FaultKind::crash:
        for (std::uint32_t i = 0; i < runs.instance_count(); ++i) {
          bool strikes = false;
          for (std::uint32_t frame = runs.frames_begin(i); frame < runs.frames_end(i); ++frame) {
            strikes = strikes || (runs.active(frame) && selects_frame(world, fault, frame));
          }
          // An idle instance has nothing to lose but what it remembers.
          strikes = strikes || (idle_matters(fault, runs.service_of_instance(i)) && remembers(world, runs.service_of_instance(i)));
          if (strikes) out.push_back({.kind = ActionKind::fault_crash, .fault = index, .a = i});
        }
        break;
      case FaultKind::handler_error:
        runs.each_active([&](std::uint32_t frame) {
          if (runs.waiting_of(frame) != Waiting::nothing || runs.instruction(frame).op == Op::end) return;
          if (selects_frame(world, fault, frame)) {
            out.push_back({.kind = ActionKind::fault_error, .fault = index, .a = frame});
          }
        });
        break;
      case FaultKind::outage:
        for (std::uint32_t b = 0; b < outages_.size(); ++b) {
          if (cells_.get(outages_[b]) == 0 && (fault.on.broker == none || fault.on.broker == b)) {
            out.push_back({.kind = ActionKind::fault_outage, .fault = index, .a = b});
          }
        }
        break;
      case FaultKind::delay:   // every delay is explored as an order of events
      case FaultKind::pause:   // so is every pause
      case FaultKind::poison:  // strikes by itself
        break;
    }
  }
}

bool Faults::out_of_service(const World&, std::uint32_t channel) const {
  return out(system_.channels[channel].broker);
}

void Faults::strike(World& world, const Action& action) {
  const std::uint32_t f = action.fault;
  const Fault& fault = system_.faults[f];
  took_effect(world, f);
  const RecordId record = world.tracing() ? world.last_record() : no_record;
  switch (action.kind) {
    case ActionKind::fault_duplicate:
    case ActionKind::fault_lose:
    case ActionKind::fault_reorder:
      if (world.tracing()) {
        world.last_noted().subject = action.word;
        world.last_noted().parent = world.last_record_of(action.word);
        world.set_last_record_of(world.row_identity(0x30000U, action.word), record);
      }
      world.broker_of(action.a).strike(world, action);
      break;
    case ActionKind::fault_no_answer:
    case ActionKind::fault_no_request: {
      const Word message = world.runs().request_of(action.a);
      if (world.tracing()) {
        world.last_noted().subject = message;
        world.last_noted().parent = world.runs().cause(action.a);
        world.runs().set_cause(action.a, record);
      }
      if (action.kind == ActionKind::fault_no_answer) {
        world.publish_takes_effect(world.runs().publish_channel(action.a), message, world.runs().cause(action.a),
                                   world.runs().publisher(action.a));
      }
      world.runs().not_answered(world, action.a, action.kind == ActionKind::fault_no_answer);
      break;
    }
    case ActionKind::fault_crash: crash_instance(world, action.a, action.fault); break;
    case ActionKind::fault_error:
      if (world.tracing()) {
        world.last_noted().parent = world.runs().cause(action.a);
        world.runs().set_cause(action.a, record);
      }
      world.runs().raise(world, action.a, "injected error", false);
      break;
    case ActionKind::fault_pause:
      cells_.set(instance_state_[action.a], state_paused + f);
      world.offer(length(world, f, absent_word), {.kind = ActionKind::pause_over, .fault = action.fault, .a = f, .b = action.a});
      break;
    case ActionKind::fault_outage:
      cells_.set(outages_[action.a], 1 + f);
      world.offer(length(world, f, absent_word), {.kind = ActionKind::outage_over, .fault = action.fault, .a = f, .b = action.a});
      break;
    case ActionKind::fault_broker: world.broker(action.a).strike(world, action); break;
    default: break;
  }
  static_cast<void>(fault);
}

void Faults::crash_instance(World& world, std::uint32_t instance, std::uint16_t fault) {
  if (world.tracing()) {
    const RecordId cause = world.last_record();
    Record& r = world.note(RecordKind::crash);
    r.service = static_cast<std::uint16_t>(world.runs().service_of_instance(instance));
    r.instance = static_cast<std::uint16_t>(world.runs().number_of_instance(instance));
    r.parent = cause;
    r.place = fault;
    for (std::uint32_t frame = world.runs().frames_begin(instance); frame < world.runs().frames_end(instance); ++frame) {
      if (!world.runs().active(frame)) continue;
      r.other_parent = world.runs().cause(frame);
      r.subject = world.runs().input_of(frame);
      r.handler = static_cast<std::uint16_t>(world.runs().handler_of(frame));
      r.step = world.runs().instruction(frame).step;
      world.runs().set_cause(frame, r.id);
    }
  }
  world.runs().crash(world, instance);
  world.tell_brokers_down(instance);
  // Without time nobody can tell an instance that is down from one that is slow: it is up again at once.
  if (!world.timed()) {
    if (world.tracing()) note_restart(world, instance);
    world.tell_brokers_up(instance);
    return;
  }
  cells_.set(instance_state_[instance], state_down);
  const Duration after = fault == 0xffff ? Duration{} : system_.faults[fault].restart_after;
  world.offer(after, {.kind = ActionKind::restart, .a = instance});
}

void Faults::note_restart(World& world, std::uint32_t instance) {
  Record& r = world.note(RecordKind::restart);
  r.service = static_cast<std::uint16_t>(world.runs().service_of_instance(instance));
  r.instance = static_cast<std::uint16_t>(world.runs().number_of_instance(instance));
}

void Faults::restart(World& world, std::uint32_t instance) {
  if (!down(instance)) return;
  cells_.set(instance_state_[instance], state_up);
  if (world.tracing()) note_restart(world, instance);
  world.tell_brokers_up(instance);
  world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
  world.instance_up(instance);
}

void Faults::pause_over(World& world, std::uint32_t instance) {
  if (!paused(instance)) return;
  cells_.set(instance_state_[instance], state_up);
  if (world.tracing()) world.note(RecordKind::fault_over);
  world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
  world.instance_up(instance);
}

void Faults::outage_over(World& world, std::uint32_t fault) {
  for (std::uint32_t b = 0; b < outages_.size(); ++b) {
    if (cells_.get(outages_[b]) != 1 + std::uint64_t{fault}) continue;
    cells_.set(outages_[b], 0);
    if (world.tracing()) world.note(RecordKind::fault_over).place = fault;
    world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
    world.broker_back(b);
  }
}

}  // namespace flowtank
