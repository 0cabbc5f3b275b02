// SPDX-License-Identifier: Apache-2.0
// Instances that die, come back, stand still and go on; an instance is up, down or paused.
#include "sim/world/faults.hpp"
#include "sim/world/world.hpp"

namespace flowtank {

// Can a crash of an instance that does nothing be selected at all?
bool Faults::idle_matters(std::uint32_t f, std::uint32_t service) const {
  return any_place(system_.faults[f], [&](const FaultSelector& on) {
    return (on.service == none || on.service == service) && on.handler == none && on.step.empty() && on.key == none &&
           on.message == none && on.position == StepPosition::any;
  });
}

bool Faults::remembers(const World& world, std::uint32_t service) const {
  for (const std::uint32_t table : system_.services[service].tables) {
    if (!system_.tables[table].durable && world.store().size(table) != 0) return true;
  }
  return false;
}

void Faults::crash_instance(World& world, std::uint32_t instance, std::uint16_t fault) {
  if (world.notes(RecordKind::fault)) {
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
    if (world.notes(RecordKind::fault)) note_restart(world, instance);
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
  if (world.notes(RecordKind::fault)) note_restart(world, instance);
  world.tell_brokers_up(instance);
  world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
  world.instance_up(instance);
}

void Faults::pause_over(World& world, std::uint32_t instance) {
  if (!paused(instance)) return;
  cells_.set(instance_state_[instance], state_up);
  if (world.notes(RecordKind::fault)) world.note(RecordKind::fault_over);
  world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
  world.instance_up(instance);
}

}  // namespace flowtank
