// SPDX-License-Identifier: Apache-2.0
// What brokers note of faults that strike them: the messages a fault is about, and a copy that is lost with the fault that struck it.
// Every product notes it so, that stories find the blame in one place; what the loss does to the product's own counts is the product's.
// Observations only: nothing here is state.
#pragma once

#include <span>

#include <sim/world/world.hpp>

namespace flowtank {

// Writes RecordKind::lost where a trace wants it. `subscription`: whose copy; none where it was nobody's yet.
inline void note_lost(World& world, std::uint32_t subscription, Word message) {
  if (!world.notes(RecordKind::lost)) return;
  const RecordId fault = world.last_record_of(world.trail(World::Trail::struck_copy, message));
  Record& r = world.note(RecordKind::lost);
  r.place = subscription;
  r.subject = message;
  r.parent = world.last_record_of(message);
  r.other_parent = fault;
}

// Tells the fault that was noted last (a strike at the broker itself) what it is about; does nothing where no trace wants it, or where
// the last record is no fault. `messages`: those it harms, the first gives its name to the record.
inline void note_struck(World& world, std::span<const Word> messages) {
  if (!world.notes(RecordKind::fault) || messages.empty()) return;
  Record& fault = world.last_noted();
  if (fault.kind != RecordKind::fault) return;
  fault.subject = messages.front();
  fault.parent = world.last_record_of(messages.front());
  for (const Word message : messages) {
    world.set_last_record_of(world.trail(World::Trail::struck_copy, message), world.last_record());
    world.set_last_record_of(world.trail(World::Trail::struck_broker, message), world.last_record());
  }
}

}  // namespace flowtank
