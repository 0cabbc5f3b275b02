// SPDX-License-Identifier: Apache-2.0
// Faults of publishes: requests that never arrive or arrive late, answers that are lost, keys that are wrong. They strike
// publishes that a run waits for and those that nobody waits for.
#include "sim/world/faults.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

enum Key : std::uint32_t { null_key, random_key, field_key_of };  // wrong_key

}  // namespace

// `service` none: nobody waits for it; then every service that publishes the event there may have sent it.
bool Faults::selects_publish(const World& world, std::uint32_t f, std::uint32_t service, std::uint32_t channel, Word message) const {
  if (!selects(world, f, channel, none, message)) return false;
  const std::uint32_t type = world.message_type(message);
  return any_place(system_.faults[f], [&](const FaultSelector& on) {
    if (on.service == none || on.service == service) return true;
    return service == none && system_.wiring[on.service][type] == channel;
  });
}

PublishFate Faults::fate_of_publish(World& world, std::uint32_t frame, std::uint32_t channel, Word& message, bool heard) {
  PublishFate fate = PublishFate::arrives;
  const Word sent = message;
  for (std::uint32_t f = 0; f < system_.faults.size() && fate == PublishFate::arrives; ++f) {
    const FaultKind kind = system_.faults[f].kind;
    const bool asked = kind == FaultKind::publish_loss || kind == FaultKind::wrong_key || (kind == FaultKind::ambiguous_publish && heard);
    if (!asked) continue;
    if (!selects_publish(world, f, world.runs().service_of_frame(frame), channel, sent) || !due(world, f, sent, 0)) continue;
    took_effect(world, f);
    if (world.notes(RecordKind::fault)) {
      world.last_noted().subject = sent;
      world.last_noted().parent = world.runs().cause(frame);
      world.runs().set_cause(frame, world.last_record());
    }
    if (kind == FaultKind::wrong_key) message = rekeyed(world, f, message);
    else fate = kind == FaultKind::ambiguous_publish ? PublishFate::no_answer : PublishFate::no_request;
  }
  return fate;
}

Duration Faults::publish_delay(World& world, std::uint32_t frame, std::uint32_t channel, Word message) {
  Duration delay;
  if (!any_publish_delay_ || !world.timed()) return delay;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (system_.faults[f].kind != FaultKind::publish_delay) continue;
    if (!selects_publish(world, f, world.runs().service_of_frame(frame), channel, message) || !due(world, f, message, 0)) continue;
    took_effect(world, f);
    noted_about(world, message);
    delay += length(world, f, message);
  }
  return delay;
}

Word Faults::rekeyed(World& world, std::uint32_t f, Word message) const {
  const Fault& fault = system_.faults[f];
  const Value record = world.pool().value(message);
  Word fields[message_fields];
  for (std::uint32_t i = 0; i < message_fields; ++i) fields[i] = world.pool().find(record.items()[i]);
  switch (fault.with.policy) {
    case random_key: fields[field_key] = fields[field_id]; break;
    case field_key_of: {
      const auto& columns = system_.messages[world.message_type(message)].fields;
      fields[field_key] = Pool::of_null();
      for (std::size_t c = 0; c < columns.size(); ++c) {
        if (columns[c].name == fault.with.field) fields[field_key] = world.pool().find(record.items()[field_data].items()[c]);
      }
      break;
    }
    default: fields[field_key] = Pool::of_null(); break;
  }
  const Word wrong = world.pool().intern_record(record.tag, fields);
  if (world.notes(RecordKind::fault)) world.set_last_record_of(wrong, world.last_record());
  return wrong;
}

// A publish of a run (a = frame), or one that nobody waits for (word = it).
void Faults::strike_publish(World& world, const Action& action, RecordId record) {
  if (action.a == none) {
    const std::uint32_t channel = world.wire().channel_of(action.word);
    const Word message = world.wire().orphan_message(action.word);
    noted_about(world, message);
    world.wire().drop_orphan(world, action.word);
    if (action.kind == ActionKind::fault_publish) world.publish_takes_effect(channel, rekeyed(world, action.fault, message), record, {}, message);
    return;
  }
  Runs& runs = world.runs();
  const std::uint32_t channel = runs.publish_channel(action.a);
  const Word message = runs.request_of(action.a);
  if (world.notes(RecordKind::fault)) {
    world.last_noted().subject = message;
    world.last_noted().parent = runs.cause(action.a);
    runs.set_cause(action.a, record);
  }
  switch (action.kind) {
    case ActionKind::fault_publish: runs.publish_arrives(world, action.a, rekeyed(world, action.fault, message)); return;
    case ActionKind::fault_no_answer:
      world.publish_takes_effect(channel, message, runs.cause(action.a), runs.publisher(action.a));
      runs.not_answered(world, action.a, true);
      return;
    default: runs.not_answered(world, action.a, false); return;
  }
}

}  // namespace flowtank
