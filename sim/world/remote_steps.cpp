// SPDX-License-Identifier: Apache-2.0
// Remote work of a handler run: publishes and calls, each as three actions. The request leaves, it takes effect
// at the receiver, its result is seen here; retries, timeouts and lost answers fall into the gaps.
#include <string>

#include "sim/world/runs.hpp"
#include "sim/world/world.hpp"

namespace flowtank {

std::uint32_t Runs::publish_channel(std::uint32_t frame) const {
  const PublishSpec& spec = system_.handlers[handler_of(frame)].program.publishes[instruction(frame).a];
  if (spec.channel != none) return spec.channel;
  const Value message = pool_.value(cells_.get(cell(frame, at_asked)));
  const std::uint32_t type = message.kind == Kind::record && message.tag < messages_.size() ? messages_[message.tag] : none;
  return type == none ? none : system_.wiring[service_of_frame(frame)][type];
}

void Runs::publish(World& world, std::uint32_t frame, const PublishSpec& spec) {
  std::string error;
  const auto event = word(world, frame, spec.event, error);
  if (!event) return raise(world, frame, error, false);
  const Value value = pool_.value(*event);
  cells_.set(cell(frame, at_asked), *event);
  if (value.kind != Kind::record || publish_channel(frame) == none) {
    return raise(world, frame, "what is published is no event with a channel: " + to_text(value), true);
  }
  if (world.tracing()) {
    const RecordId made_by = world.last_record_of(*event);
    Record& r = note(world, frame, RecordKind::publish_try);
    r.subject = *event;
    r.key = pool_.find(value.items()[field_key]);
    r.place = publish_channel(frame);
    r.other_parent = made_by;
  }
  world.tell(Interest::events, [&](Observer& o) { o.sent(world, actor(frame), publish_channel(frame), *event); });
  if (!spec.confirm) {
    const std::uint32_t channel = publish_channel(frame);
    cells_.set(cell(frame, at_asked), absent_word);
    Word leaves = *event;
    const bool at_once = world.manners(channel).at_once;
    const bool lost = world.faults().cut_to_broker(service_of_frame(frame), channel) ||
                      (!at_once && world.faults().publish_fate(world, frame, channel, leaves, false) == PublishFate::no_request);
    if (!lost && at_once) world.wire().publish_orphan(world, channel, leaves);
    else if (!lost) world.wire().send_orphan(world, channel, leaves, world.faults().publish_delay(world, frame, channel, *event));
    return go_on(world, frame, pc_of(frame) + 1);
  }
  set_waiting(world, frame, Waiting::request_left);
  if (world.timed()) frames_[frame].asked_at = world.now();
  if (world.manners(publish_channel(frame)).at_once) return publish_at_once(world, frame);
  frames_[frame].late = world.faults().publish_delay(world, frame, publish_channel(frame), *event);
  offer_next(world, frame);
}

// The request is never on the way, so no fault strikes it there. Where the broker cannot be reached, or makes the publisher
// wait for room, the run waits as it does for any broker.
void Runs::publish_at_once(World& world, std::uint32_t frame) {
  const std::uint32_t channel = publish_channel(frame);
  const Word message = cells_.get(cell(frame, at_asked));
  if (world.faults().cut_to_broker(service_of_frame(frame), channel)) return;
  const Room room = world.faults().room(world, channel, message);
  if (room == Room::wait) return;
  if (room == Room::refuse) publish_answered(world, frame, true);
  else publish_arrives(world, frame, message);
  const Waiting how = waiting_of(frame);
  if (how == Waiting::answer_ok || how == Waiting::answer_error) answer(world, frame);
}

Publisher Runs::publisher(std::uint32_t frame) const {
  const std::uint64_t sent_before = cells_.get(cell(frame, at_waiting)) >> 4;
  return {frames_[frame].instance, sent_before != 0, sent_before == 2};
}

void Runs::request_effect(World& world, std::uint32_t frame) {
  const std::uint32_t channel = publish_channel(frame);
  const Word message = cells_.get(cell(frame, at_asked));
  Faults& faults = world.faults();
  if (faults.cut_to_broker(service_of_frame(frame), channel)) return not_answered(world, frame, false);
  const Room room = faults.room(world, channel, message);
  if (room == Room::wait) return faults.wait_for_room({.kind = ActionKind::request_effect, .a = frame}, frames_[frame].epoch);
  Word arrives = message;
  switch (faults.publish_fate(world, frame, channel, arrives, true)) {
    case PublishFate::no_request: return not_answered(world, frame, false);
    case PublishFate::no_answer:
      if (room == Room::free) world.publish_takes_effect(channel, arrives, frames_[frame].cause, publisher(frame), message);
      return not_answered(world, frame, room == Room::free);
    case PublishFate::arrives: break;
  }
  if (room == Room::refuse) publish_answered(world, frame, true);
  else publish_arrives(world, frame, arrives);
}

void Runs::publish_arrives(World& world, std::uint32_t frame, Word message) {
  const std::uint32_t channel = publish_channel(frame);
  const Word sent = cells_.get(cell(frame, at_asked));
  const bool refused = world.faults().out(system_.channels[channel].broker) ||
                       world.publish_takes_effect(channel, message, frames_[frame].cause, publisher(frame), sent) == PublishResult::refused;
  if (world.faults().cut_from_broker(channel, service_of_frame(frame))) return not_answered(world, frame, !refused);
  publish_answered(world, frame, refused);
}

void Runs::publish_answered(World& world, std::uint32_t frame, bool refused) {
  const PublishManners manners = refused ? world.manners(publish_channel(frame)) : PublishManners{};
  // The client library goes on by itself for a while; without time that while is over at once.
  if (refused && manners.hears && world.timed() && world.now() + manners.again_after < frames_[frame].asked_at + manners.gives_up_after) {
    world.offer(manners.again_after, {.kind = ActionKind::request_effect, .a = frame}, frames_[frame].epoch);
    return;
  }
  set_waiting(world, frame, refused && manners.hears ? Waiting::answer_error : Waiting::answer_ok);
  offer_next(world, frame);
}

// No answer will come to this publish: the client library sends it again, or the application learns that the
// outcome is unknown, or nobody ever listened.
void Runs::not_answered(World& world, std::uint32_t frame, bool took_effect) {
  const PublishManners manners = world.manners(publish_channel(frame));
  if (manners.hears && manners.again_after < Duration::infinite()) {
    if (world.tracing()) note(world, frame, RecordKind::retry).place = publish_channel(frame);
    const Word again = request_of(frame);
    world.tell(Interest::events, [&](Observer& o) { o.sent(world, actor(frame), publish_channel(frame), again); });
    set_waiting(world, frame, Waiting::request_left, took_effect || publisher(frame).took_effect ? 2 : 1);
    world.offer(manners.again_after, {.kind = ActionKind::request_effect, .a = frame}, frames_[frame].epoch);
    return;
  }
  set_waiting(world, frame, manners.hears ? Waiting::answer_unknown : Waiting::answer_ok);
  offer_next(world, frame);
}

void Runs::answer(World& world, std::uint32_t frame) {
  const Waiting how = waiting_of(frame);
  const Program& program = system_.handlers[handler_of(frame)].program;
  const Instruction& at = instruction(frame);
  const std::uint32_t next = pc_of(frame) + 1;
  if (at.op == Op::call) {
    const CallSpec& spec = program.calls[at.a];
    // Still `call`: the timer was faster than the reply.
    const char* outcome = how == Waiting::call_ok ? "ok" : how == Waiting::call_error ? "error" : "timeout";
    if (spec.outcome != none) cells_.set(cell(frame, at_local0 + spec.outcome), pool_.intern_string(outcome));
    if (spec.result != none) cells_.set(cell(frame, at_local0 + spec.result), cells_.get(cell(frame, at_result)));
    if (world.tracing()) {
      const Word request = cells_.get(cell(frame, at_asked));
      Record& r = note(world, frame, RecordKind::command_answered);
      if (request != absent_word) r.subject = world.wire().message_of(request);
      r.outcome = how == Waiting::call_ok ? Outcome::ok : how == Waiting::call_error ? Outcome::error : Outcome::unknown;
    }
    cells_.set(cell(frame, at_result), absent_word);
    cells_.set(cell(frame, at_asked), absent_word);
    set_waiting(world, frame, Waiting::nothing);
    return go_on(world, frame, next);
  }
  const PublishSpec& spec = program.publishes[at.a];
  if (how == Waiting::backoff) {
    set_waiting(world, frame, Waiting::request_left);
    if (world.timed()) frames_[frame].asked_at = world.now();
    if (world.tracing()) note(world, frame, RecordKind::retry).place = publish_channel(frame);
    return offer_next(world, frame);
  }
  if (world.tracing()) {
    Record& r = note(world, frame, RecordKind::publish_seen);
    r.subject = cells_.peek(cell(frame, at_asked));
    r.outcome = how == Waiting::answer_ok ? Outcome::ok : how == Waiting::answer_error ? Outcome::error : Outcome::unknown;
  }
  world.tell(Interest::answers, [&](Observer& o) {
    if (!world.manners(publish_channel(frame)).hears) return;  // the broker answers nothing that the library would hear
    const Told told = how == Waiting::answer_ok ? Told::accepted : how == Waiting::answer_error ? Told::refused : Told::unknown;
    o.told(world, actor(frame), publish_channel(frame), request_of(frame), told);
  });
  if (how != Waiting::answer_ok && !spec.swallow) return retry_publish(world, frame, spec);
  set_waiting(world, frame, Waiting::nothing);
  cells_.set(cell(frame, at_asked), absent_word);
  cells_.set(cell(frame, at_tries), 0);
  go_on(world, frame, next);
}

void Runs::retry_publish(World& world, std::uint32_t frame, const PublishSpec& spec) {
  if (spec.max_attempts != 0) {
    const std::uint64_t tried = cells_.get(cell(frame, at_tries)) + 1;
    cells_.set(cell(frame, at_tries), tried);
    if (tried >= spec.max_attempts) {
      set_waiting(world, frame, Waiting::nothing);
      cells_.set(cell(frame, at_asked), absent_word);
      cells_.set(cell(frame, at_tries), 0);
      if (spec.on_error == none) return raise(world, frame, "the broker did not take the event", false);
      abort_transaction(world, frame, "the broker did not take the event");
      return go_on(world, frame, spec.on_error);
    }
  }
  set_waiting(world, frame, Waiting::backoff);
  offer_next(world, frame);
}

void Runs::call(World& world, std::uint32_t frame, const CallSpec& spec) {
  EventSpec command;
  command.message = spec.message;
  command.fields = spec.fields;
  Word message = absent_word;
  std::string error;
  if (!make_event(world, frame, command, instruction(frame).step, message, error)) return raise(world, frame, error, false);
  const Word request = world.wire().make_request(message, 2 + 2 * std::uint64_t{frame}, cells_.get(cell(frame, at_made)));
  cells_.set(cell(frame, at_asked), request);
  set_waiting(world, frame, Waiting::call);
  RecordId cause = no_record;
  if (world.tracing()) {
    Record& r = note(world, frame, RecordKind::command_sent);
    r.subject = message;
    cause = r.id;
  }
  world.wire().send_request(world, spec.service, request, cause);
  offer_next(world, frame);
}

void Runs::reply_arrived(World& world, std::uint32_t frame, Word request, bool ok, Word value) {
  if (!active(frame) || waiting_of(frame) != Waiting::call || cells_.get(cell(frame, at_asked)) != request) return;
  cells_.set(cell(frame, at_result), value);
  set_waiting(world, frame, ok ? Waiting::call_ok : Waiting::call_error);
  offer_next(world, frame);
}

}  // namespace flowtank
