// SPDX-License-Identifier: Apache-2.0
// The record of a copy that a broker loses: what became of the message, and the fault that struck it. Every product notes it so,
// that stories find the blame in one place; what the loss does to the product's own counts is the product's.
#pragma once

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

}  // namespace flowtank
