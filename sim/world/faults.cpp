// SPDX-License-Identifier: Apache-2.0
// See faults.hpp: which places a fault selects, when it is due in a timed run, and what all strikes have in
// common. One implementation of what a fault does (strike) for every driver.
#include "sim/world/faults.hpp"

#include <algorithm>

#include <sim/base/keyed_random.hpp>

#include "sim/world/component.hpp"
#include "sim/world/fault_kinds.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

// Monitors of "after": (fault, key) -> 1 once it has happened.
constexpr std::uint32_t after_monitors = 0xd000U;

}  // namespace

Faults::Faults(const System& system, Cells& cells) : system_(system), cells_(cells) {
  for (std::uint32_t f = 0; f < system.faults.size(); ++f) {
    const Fault& fault = system.faults[f];
    budgets_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::budget, f, 0)));
    windows_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::budget, f, 1)));
    counts_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::budget, f, 2)));
    fault_draws_.emplace_back("fault", fault.name);
    any_after_ |= fault.when.after.message != none;
    switch (fault.kind) {
      case FaultKind::delay:
      case FaultKind::duplicate:
      case FaultKind::loss:
      case FaultKind::reorder:
      case FaultKind::throttle: any_copy_fault_ = true; break;
      case FaultKind::unroutable:
      case FaultKind::queue_limit: any_copy_fault_ = any_room_fault_ = true; break;
      case FaultKind::ambiguous_publish:
      case FaultKind::publish_loss:
      case FaultKind::wrong_key: any_publish_fault_ = true; break;
      case FaultKind::publish_delay: any_publish_delay_ = true; break;
      case FaultKind::crash:
      case FaultKind::handler_error:
      case FaultKind::zombie:
      case FaultKind::abort:
      case FaultKind::ambiguous_commit:
      case FaultKind::stale_read: any_step_fault_ = true; break;
      case FaultKind::poison: any_poison_ = true; break;
      case FaultKind::ack_deadline: any_deadline_ = true; break;
      case FaultKind::slow: any_slow_ = true; break;
      case FaultKind::timer_early:
      case FaultKind::timer_late:
      case FaultKind::timer_twice: any_timer_fault_ = true; break;
      case FaultKind::partition: partitions_.push_back(f); [[fallthrough]];
      case FaultKind::call_loss:
      case FaultKind::call_no_answer: any_link_fault_ = true; break;
      case FaultKind::read_only: any_read_only_ = true; break;
      case FaultKind::clock: any_clock_ = true; break;
      default: break;
    }
    if (fault.kind != FaultKind::stale_read && fault.kind != FaultKind::lost_tail) continue;
    history_depth_.resize(system.services.size());
    const bool lagging = fault.kind == FaultKind::stale_read && fault.delay != none;
    for (std::uint32_t s = 0; s < system.services.size(); ++s) {
      if (!selects_service(f, s, none)) continue;
      history_depth_[s] = std::max(history_depth_[s], lagging ? most_lagging : std::min(fault.with.versions, most_versions));
    }
  }
  std::uint32_t instances = 0;
  for (const Service& service : system.services) instances += service.instances;
  for (std::uint32_t i = 0; i < instances; ++i) {
    instance_state_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::instance, i, 0)));
  }
  for (std::uint32_t b = 0; b < system.brokers.size(); ++b) {
    outages_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::outage, b, 0)));
  }
  for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
    const Subscription& subscription = system.subscriptions[s];
    const Hash128 name = combine(hash_bytes(system.channels[subscription.channel].name), hash_bytes(system.services[subscription.service].name));
    places_.push_back(static_cast<std::uint32_t>(name.lo));
    if (any_room_fault_) depths_.push_back(cells.allocate(Cells::Holds::number, component_key(ComponentKind::outage, s, 1)));
  }
  for (std::uint32_t s = 0; s < history_depth_.size(); ++s) {
    history_cells_.push_back(cells.allocate(Cells::Holds::word, component_key(ComponentKind::outage, s, 2)));
  }
  history_.resize(history_depth_.size());
  strikes_.resize(system.faults.size());
  seen_.resize(system.faults.size());
  next_free_.resize(system.faults.size());
  find_ends();
  find_positions();
}

void Faults::reset(World& world) {
  world_is_timed_ = world.timed();
  std::fill(seen_.begin(), seen_.end(), 0);
  std::fill(next_free_.begin(), next_free_.end(), Time::start());
  for (auto& commits : history_) commits.clear();
  blocked_.clear();
  if (occurrences_.size() != 0) occurrences_.clear();
  for (std::uint32_t f = 0; f < budgets_.size(); ++f) {
    const Fault& fault = system_.faults[f];
    // By chance, or every so many, without a budget: without limit in a timed run.
    const bool endless = world.timed() && (fault.when.chance != 0 || fault.when.every != 0) && !fault.when.budget_given;
    cells_.set(budgets_[f], endless ? std::uint64_t{1} << 40 : fault.when.budget);
    // A binding that is missing is missing from the start.
    const bool missing = fault.kind == FaultKind::unroutable && fault.when.budget != 0;
    if (missing && (!world.timed() || fault.when.from == Time::start())) {
      cells_.set(windows_[f], 1);
      if (const Duration lasts = lasting(world, f); world.timed() && lasts < Duration::infinite()) {
        world.offer(lasts, {.kind = ActionKind::window_over, .fault = static_cast<std::uint16_t>(f), .a = f});
      }
      continue;
    }
    if (world.timed() && struck_by_clock(fault)) offer_by_clock(world, f);
  }
}

// Once, at `from`; not where it is counted.
bool Faults::struck_by_clock(const Fault& fault) const {
  if (fault.when.nth != 0 || fault.when.chance != 0 || fault.when.every != 0) return false;
  if (fault.kind == FaultKind::crash) {
    return fault.on.step.empty() && fault.on.handler == none && fault.on.position == StepPosition::any && fault.when.after.message == none;
  }
  return fault_kind(fault.kind).timing == FaultTiming::clock;
}

void Faults::offer_by_clock(World& world, std::uint32_t f) {
  const Fault& fault = system_.faults[f];
  Action action{.kind = ActionKind::fault_window, .fault = static_cast<std::uint16_t>(f), .a = f};
  const std::uint32_t service = fault.on.service == none ? 0 : fault.on.service;
  switch (fault.kind) {
    case FaultKind::outage:
      action.kind = ActionKind::fault_outage;
      action.a = fault.on.broker == none ? 0 : fault.on.broker;
      break;
    case FaultKind::pause:
    case FaultKind::crash:
      action.kind = fault.kind == FaultKind::pause ? ActionKind::fault_pause : ActionKind::fault_crash;
      action.a = world.runs().first_instance(service) + (fault.on.instance == none ? 0 : fault.on.instance);
      break;
    case FaultKind::lost_tail:
      action.kind = ActionKind::fault_tail;
      action.a = service;
      action.choice = std::min(fault.with.versions, most_versions);
      break;
    default: break;
  }
  world.offer(fault.when.from - Time::start(), action);
}

bool Faults::key_matches(const World& world, const FaultSelector& on, Word message) const {
  if (on.key == none) return true;
  Value slots[slot_local0] = {};
  slots[slot_input] = world.pool().value(message);
  const Value value = world.evaluate(on.key, slots);
  return value.kind == Kind::boolean && value.b;
}

bool Faults::condition_met(const World& world, std::uint32_t f, Word message) const {
  const FaultCondition& after = system_.faults[f].when.after;
  if (after.message == none) return true;
  Word key = Pool::of_null();
  if (!after.any_key) {
    if (message == absent_word) return false;
    key = world.pool().find(world.pool().value(message).items()[field_key]);
  }
  return key != absent_word && world.monitor(after_monitors + f, key) != 0;
}

void Faults::note_happened(World& world, Word message, std::uint32_t service) {
  const std::uint32_t type = world.message_type(message);
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const FaultCondition& after = system_.faults[f].when.after;
    if (after.message != type || after.service != service) continue;
    const Word key = after.any_key ? Pool::of_null() : world.pool().find(world.pool().value(message).items()[field_key]);
    world.set_monitor(after_monitors + f, key, 1);
  }
}

bool Faults::selects(const World& world, std::uint32_t f, std::uint32_t channel, std::uint32_t consumer, Word message) const {
  const bool selected = any_place(system_.faults[f], [&](const FaultSelector& on) {
    if (on.channel != none && on.channel != channel) return false;
    if (on.consumer != none && on.consumer != consumer) return false;
    if (on.broker != none && on.broker != system_.channels[channel].broker) return false;
    if (on.message != none && on.message != world.message_type(message)) return false;
    return key_matches(world, on, message);
  });
  return selected && condition_met(world, f, message);
}

bool Faults::selects_service(std::uint32_t f, std::uint32_t service, std::uint32_t number) const {
  return any_place(system_.faults[f], [&](const FaultSelector& on) {
    return (on.service == none || on.service == service) && (on.instance == none || number == none || on.instance == number);
  });
}

bool Faults::selects_frame(const World& world, std::uint32_t f, std::uint32_t frame) const {
  const Runs& runs = world.runs();
  const Word message = runs.input_of(frame);
  const bool selected = any_place(system_.faults[f], [&](const FaultSelector& on) {
    if (on.service != none && on.service != runs.service_of_frame(frame)) return false;
    if (on.instance != none && on.instance != runs.number_of_instance(runs.instance_of_frame(frame))) return false;
    if (on.handler != none && on.handler != runs.handler_of(frame)) return false;
    if (!on.step.empty() && on.step != runs.step_of(frame).label) return false;
    if (on.position != StepPosition::any && !at_position(world, on, frame)) return false;
    if (message == absent_word) return on.key == none && on.message == none;
    if (on.message != none && on.message != world.message_type(message)) return false;
    return key_matches(world, on, message);
  });
  return selected && condition_met(world, f, message);
}

// Timed: does the fault strike this selected occurrence? Counts it either way.
bool Faults::due(World& world, std::uint32_t f, Word whose, std::uint32_t place) {
  const Fault& fault = system_.faults[f];
  if (cells_.peek(budgets_[f]) == 0) return false;
  if (world.now() < fault.when.from || world.now() >= fault.when.until) return false;
  const std::uint64_t occurrence = ++seen_[f];
  if (fault.when.nth != 0 || fault.when.every != 0) {
    const std::uint64_t first = std::max<std::uint64_t>(fault.when.nth != 0 ? fault.when.nth : fault.when.every, 1);
    if (occurrence < first) return false;
    return fault.when.every == 0 || (occurrence - first) % fault.when.every == 0;
  }
  if (fault.when.chance != 0) {
    // Which of the strikes at this place on this content: a retry draws anew, and nothing that happens
    // elsewhere changes the draw.
    const std::uint64_t site = (world.pool().content(whose).lo ^ mix64(std::uint64_t{f} << 32 | place)) | 1;
    const std::uint32_t again = occurrences_.find(site) + 1;
    occurrences_.put(site, again);
    return world.draw(fault_draws_[f], whose, place << 12 ^ again) < fault.when.chance;
  }
  return !struck_by_clock(fault);
}

void Faults::took_effect(World& world, std::uint32_t f) {
  cells_.take(budgets_[f]);
  noted(world, f);
}

void Faults::noted(World& world, std::uint32_t f) {
  ++strikes_[f];
  if (world.notes(RecordKind::fault)) world.note(RecordKind::fault).place = f;
  world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
}

void Faults::noted_about(World& world, Word message) {
  if (!world.notes(RecordKind::fault)) return;
  world.last_noted().subject = message;
  world.last_noted().parent = world.last_record_of(message);
  world.set_last_record_of(world.trail(World::Trail::struck_copy, message), world.last_record());
}

Duration Faults::length(const World& world, std::uint32_t f, Word whose) const {
  const Fault& fault = system_.faults[f];
  return fault.delay == none ? Duration{} : world.sample(fault.delay, Purpose("fault.length", fault.name), whose);
}

// How long something that begins at `from` lasts.
Duration Faults::lasting(const World& world, std::uint32_t f) const {
  const Fault& fault = system_.faults[f];
  if (fault.delay != none) return length(world, f, absent_word);
  return fault.when.until < Time::never() ? fault.when.until - fault.when.from : Duration::infinite();
}

void Faults::strike(World& world, const Action& action) {
  const std::uint32_t f = action.fault;
  if (action.kind == ActionKind::fault_window && is_broker_fault(system_.faults[f].kind)) return strike_broker(world, action);
  took_effect(world, f);
  const RecordId record = world.notes(RecordKind::fault) ? world.last_record() : no_record;
  switch (action.kind) {
    case ActionKind::fault_duplicate:
    case ActionKind::fault_lose:
    case ActionKind::fault_reorder:
      noted_about(world, action.word);
      if (action.kind == ActionKind::fault_duplicate && any_room_fault_) cells_.add(depths_[action.a], 1);
      world.broker_of(action.a).strike(world, action);
      break;
    case ActionKind::fault_no_answer:
    case ActionKind::fault_no_request:
    case ActionKind::fault_publish: strike_publish(world, action, record); break;
    case ActionKind::fault_crash: crash_instance(world, action.a, action.fault); break;
    case ActionKind::fault_error:
    case ActionKind::fault_redeliver:
    case ActionKind::fault_commit:
    case ActionKind::fault_read:
    case ActionKind::fault_reply: strike_run(world, action, record); break;
    case ActionKind::fault_timer: {
      const std::uint32_t frame = world.runs().free_frame(world, system_.timers[action.a].service);
      world.wire().fire_timer(world, action.a, action.word, frame);
      if (system_.faults[f].kind == FaultKind::timer_twice) world.wire().set_timer(world, action.a, action.word, Duration{});
      break;
    }
    case ActionKind::fault_request:
      noted_about(world, world.wire().message_of(action.word));
      world.wire().take_request(world, action.a, action.word);
      break;
    case ActionKind::fault_pause:
      cells_.set(instance_state_[action.a], state_paused + f);
      world.wire().sessions().connections_lost(world.runs().service_of_instance(action.a));
      world.offer(length(world, f, absent_word), {.kind = ActionKind::pause_over, .fault = action.fault, .a = f, .b = action.a});
      break;
    case ActionKind::fault_outage:
      cells_.set(outages_[action.a], 1 + f);
      world.offer(length(world, f, absent_word), {.kind = ActionKind::outage_over, .fault = action.fault, .a = f, .b = action.a});
      break;
    case ActionKind::fault_window: strike_window(world, action); break;
    case ActionKind::fault_tail: strike_tail(world, action.a, action.choice, record); break;
    case ActionKind::fault_broker:
      if (record != no_record) {
        const Word what = world.pool().intern_string(world.broker(action.a).describe(world, action));
        world.last_noted().detail = what;
      }
      world.broker(action.a).strike(world, action);
      break;
    default: break;
  }
  forget_history(world);
}

void Faults::strike_window(World& world, const Action& action) {
  cells_.set(windows_[action.a], 1);
  const Duration lasts = lasting(world, action.a);
  if (lasts < Duration::infinite()) world.offer(lasts, {.kind = ActionKind::window_over, .fault = action.fault, .a = action.a});
}

// Timed: the time of a fault of the broker has come; it takes the first way in which it can show it.
void Faults::strike_broker(World& world, const Action& action) {
  const Fault& fault = system_.faults[action.a];
  std::vector<Action> ways;
  for (std::uint32_t b = 0; b < system_.brokers.size() && ways.empty(); ++b) {
    if (fault.on.broker != none && fault.on.broker != b) continue;
    if (fault.on.channel != none && system_.channels[fault.on.channel].broker != b) continue;
    world.broker(b).strikes(world, action.fault, ways);
  }
  if (!ways.empty()) strike(world, ways.front());
}

bool Faults::possible(const World& world, const Action& action) const {
  if (cells_.peek(budgets_[action.fault]) == 0) return false;
  switch (action.kind) {
    case ActionKind::fault_crash:
    case ActionKind::fault_pause: return is_up(action.a);
    case ActionKind::fault_redeliver: return world.runs().active(action.a) && can_redeliver(world, action.a);
    case ActionKind::fault_tail: return commits_kept(world, action.a) != 0;
    default: return true;
  }
}

void Faults::window_over(World& world, std::uint32_t f) {
  if (!open(f)) return;
  cells_.set(windows_[f], 0);
  if (world.notes(RecordKind::fault)) world.note(RecordKind::fault_over).place = f;
  world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
  if (system_.faults[f].kind == FaultKind::partition) world.broker_back(0);
}

}  // namespace flowtank
