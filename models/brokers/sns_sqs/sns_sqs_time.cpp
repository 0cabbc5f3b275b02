// SPDX-License-Identifier: Apache-2.0
// See sns_sqs_broker.hpp: what happens to messages by themselves. Timeouts, delays and retention are timers in timed runs
// and actions in explorations; what comes back exhausted goes to the dead letters, and who held a message too long is told
// so when another receives it.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/sns_sqs/sns_sqs_broker.hpp"

namespace flowtank::sns_sqs {
namespace {

constexpr std::int64_t longest_visibility_ns = 43'200 * second_ns;

}  // namespace

Action SnsSqsBroker::own(Own what, std::uint32_t s, Word message, std::uint32_t received) const {
  return {.kind = ActionKind::broker, .a = index_, .b = s, .choice = what | received << own_bits, .word = message};
}

bool SnsSqsBroker::is_working(const World& world, std::uint32_t s, Node node) const {
  const Queue& queue = sources_[s].queue;
  bool works = is_with_poller(world, s, node);
  const std::uint32_t received = queue.count(world.cells(), node);
  each_holder(world, s, queue.message(world.cells(), node), received, received, [&](std::uint32_t frame) {
    works = works || (!world.runs().origin_of(frame).fenced && world.faults().is_up(world.runs().instance_of_frame(frame)));
  });
  return works;
}

// Who received it before and still works: what they settle is another's now.
void SnsSqsBroker::fence_holders(World& world, std::uint32_t s, Word message, std::uint32_t below) {
  if (wiring(s).queue.rules.old_handle == OldHandle::effective && !wiring(s).queue.rules.fifo) return;  // SQS-VIS-2
  std::vector<std::uint32_t> frames;
  each_holder(world, s, message, 0, below - 1, [&](std::uint32_t frame) { frames.push_back(frame); });
  for (const std::uint32_t frame : frames) world.runs().fence_run(frame);
}

void SnsSqsBroker::tell_redelivered(World& world, std::uint32_t s, Word message) {
  if (!world.notes(RecordKind::redelivered)) return;
  const RecordId cause = world.last_record_of(message);
  Record& r = world.note(RecordKind::redelivered);
  r.subject = message;
  r.place = s;
  r.parent = cause;
  world.set_last_record_of(world.trail(World::Trail::struck_copy, message), r.id);
}

// Its time away is over.
void SnsSqsBroker::come_back(World& world, std::uint32_t s, Node node) {
  Source& source = sources_[s];
  Cells& cells = world.cells();
  const Queue::Lane lane = source.queue.lane(cells, node);
  if (source.queue.is_exhausted(cells, node)) {  // SQS-DLQ-1: pollers receive all the time, so the next receive is now
    dead_letter(world, s, node);
  } else {
    source.queue.show(cells, world.pool(), node);
    if (source.queue.is_alone(cells, node) && !source.wiring->queue.rules.fifo) offer_lane(world, s, lane);
  }
  offer_after(world, s, lane);  // SQS-FIFO-6: the rest of the group goes on
}

// SQS-DLQ-1, SQS-RC-1: the count goes on in the dead-letter queue. Without a channel of that name they are kept, read by nobody.
void SnsSqsBroker::dead_letter(World& world, std::uint32_t s, Node node) {
  Source& source = sources_[s];
  const Word message = source.queue.message(world.cells(), node);
  const std::uint32_t received = source.queue.count(world.cells(), node);
  // SQS-DLQ-1: of a standard queue the time of the first send stays; of a FIFO queue it starts anew.
  const std::int64_t sent = source.wiring->queue.rules.fifo ? now_ns(world) : source.queue.sent(world.cells(), node);
  source.queue.remove(world.cells(), world.pool(), node);
  if (world.notes(RecordKind::dead_lettered)) {
    const RecordId cause = world.last_record_of(message);
    Record& r = world.note(RecordKind::dead_lettered);
    r.place = s;
    r.subject = message;
    r.parent = cause;
  }
  count(world, s, message, -1);
  const Service& service = system_.services[system_.subscriptions[s].service];
  const Word key = world.pool().find(world.pool().value(message).items()[field_key]);
  if (service.dead_letters != none) world.observe(service.dead_letters, key, 0);
  world.message_fate(s, message, Fate::dead_letter);
  if (source.wiring->dead_letters == none) return;
  for (const std::uint32_t target : subscribers_[source.wiring->dead_letters]) store(world, target, message, received, sent);
}

// ---- timed -----------------------------------------------------------------------------------------------------

void SnsSqsBroker::offer_tick(World& world, std::uint32_t s) {
  Source& source = sources_[s];
  constexpr std::int64_t never = std::int64_t{1} << 62;
  const std::int64_t next = source.queue.next_due(world.cells(), never), now = now_ns(world);
  if (next == never || (source.tick_at >= now && source.tick_at <= next)) return;
  source.tick_at = std::max(next, now);
  world.offer(Duration(source.tick_at - now), own(tick, s, Pool::of_null(), 0));
}

void SnsSqsBroker::offer_retention(World& world, std::uint32_t s, std::int64_t at) {
  Source& source = sources_[s];
  if (at > system_.bounds.horizon.nanoseconds() || (source.retention_at >= 0 && source.retention_at <= at)) return;
  source.retention_at = at;
  world.offer(Duration(at - now_ns(world)), own(retention, s, Pool::of_null(), 0));
}

void SnsSqsBroker::due(World& world, std::uint32_t s, Node node) {
  Source& source = sources_[s];
  Cells& cells = world.cells();
  const std::int64_t now = now_ns(world);
  const bool held = source.queue.state(cells, node) == Queue::State::in_flight;
  const Word message = source.queue.message(cells, node);
  if (held && source.wiring->poller.extension_s != 0 && is_working(world, s, node) && now - source.queue.received_at(cells, node) < longest_visibility_ns) {
    // The poller has set the timeout anew since, and does so again before the next one is over (SQS-VIS-1: for 12 hours).
    const std::int64_t last = source.queue.received_at(cells, node) + longest_visibility_ns;
    return source.queue.stay_away(cells, world.pool(), node, std::min(now + source.wiring->queue.rules.visibility, last), now);
  }
  if (held) {
    tell_redelivered(world, s, message);  // SQS-FIFO-9
    if (source.wiring->queue.rules.fifo) fence_holders(world, s, message, source.queue.count(cells, node) + 1);  // SQS-FIFO-5
  }
  come_back(world, s, node);
}

// SQS-RET-1: too old, whoever has it.
void SnsSqsBroker::expire(World& world, std::uint32_t s) {
  Source& source = sources_[s];
  const Cells& cells = world.cells();
  const std::int64_t now = now_ns(world);
  std::vector<Node> gone;
  std::int64_t oldest = -1;
  const auto look = [&](Node node) {
    if (source.queue.is_expired(cells, node, now)) gone.push_back(node);
    else if (oldest < 0 || source.queue.sent(cells, node) < oldest) oldest = source.queue.sent(cells, node);
  };
  for (Queue::Lane lane = 0; lane < source.queue.lanes(); ++lane) {
    source.queue.each_visible_until(cells, lane, [&](Node node) {
      look(node);
      return source.queue.is_in_order_of_sending() && !source.queue.is_expired(cells, node, now);  // the rest is younger
    });
    source.queue.each_away(cells, lane, look);
  }
  for (const Node node : gone) lose(world, s, node, true);
  source.retention_at = -1;
  if (oldest >= 0) offer_retention(world, s, oldest + source.wiring->queue.rules.retention);
}

// ---- its own actions -------------------------------------------------------------------------------------------

void SnsSqsBroker::enabled(const World& world, std::vector<Action>& out) const {
  const auto add = [&](const Action& action) {
    if (std::find(out.begin(), out.end(), action) == out.end()) out.push_back(action);
  };
  const Cells& cells = world.cells();
  for (std::uint32_t s = 0; s < sources_.size(); ++s) {
    const Source& source = sources_[s];
    if (source.wiring == nullptr) continue;
    for (Queue::Lane lane = 0; lane < source.queue.lanes(); ++lane) {
      source.queue.note_read(cells, lane);
      source.queue.each_away(cells, lane, [&](Node node) {
        const Word message = source.queue.message(cells, node);
        const std::uint32_t received = source.queue.count(cells, node);
        const Queue::State state = source.queue.state(cells, node);
        if (state == Queue::State::hidden) add(own(timeout_over, s, message, received));
        if (state == Queue::State::delayed) add(own(delay_over, s, message, received));
        if (state != Queue::State::in_flight) return;
        const bool extends = source.wiring->poller.extension_s != 0;
        const bool may_end = extends ? source.wiring->stands_still : source.wiring->outlasts;
        if (may_end && received < 2) add(own(too_late, s, message, received));
        if (source.wiring->queue.duplicate_ppm != 0 && source.duplicated.count(cells, message) == 0) add(own(again, s, message, received));
      });
    }
  }
}

SnsSqsBroker::Node SnsSqsBroker::find(const World& world, const Action& action, Queue::State state) const {
  const Queue& queue = sources_[action.b].queue;
  const Cells& cells = world.cells();
  Node found = 0;
  for (Queue::Lane lane = 0; lane < queue.lanes() && found == 0; ++lane) {
    queue.each_away(cells, lane, [&](Node node) {
      const bool it = queue.state(cells, node) == state && queue.message(cells, node) == action.word && queue.count(cells, node) == action.choice >> own_bits;
      if (it) found = node;
    });
  }
  return found;
}

void SnsSqsBroker::apply(World& world, const Action& action) {
  const std::uint32_t s = action.b;
  Source& source = sources_[s];
  switch (static_cast<Own>(action.choice & ((1U << own_bits) - 1))) {
    case timeout_over: return come_back(world, s, find(world, action, Queue::State::hidden));  // SQS-VIS-1
    case delay_over: return come_back(world, s, find(world, action, Queue::State::delayed));   // SQS-DELAY-1
    case too_late:
      tell_redelivered(world, s, action.word);
      if (source.wiring->queue.rules.fifo) fence_holders(world, s, action.word, (action.choice >> own_bits) + 1);  // SQS-FIFO-5
      return come_back(world, s, find(world, action, Queue::State::in_flight));
    case again:
      source.duplicated.add(world.cells(), world.pool(), action.word);
      return hand_out_twice(world, s, action.word, action.choice >> own_bits);
    case tick:
      source.tick_at = -1;
      while (const Node node = source.queue.due(world.cells(), now_ns(world))) due(world, s, node);
      return offer_tick(world, s);
    case retention: return source.retention_at > now_ns(world) ? void() : expire(world, s);  // an earlier look has been
  }
}

bool SnsSqsBroker::is_inert(const World& world, const Action& action) const {
  const Queue& queue = sources_[action.b].queue;
  switch (static_cast<Own>(action.choice & ((1U << own_bits) - 1))) {
    case tick: return queue.away(world.cells()) == 0;
    case retention: return queue.stored(world.cells()) == 0;
    default: return false;
  }
}

std::string SnsSqsBroker::describe(const World& world, const Action& action) const {
  const Subscription& subscription = system_.subscriptions[action.b];
  const std::string queue = fmt::format("{} of {}", system_.channels[subscription.channel].name, system_.services[subscription.service].name);
  if (action.kind == ActionKind::fault_broker) return fmt::format("{} expires its oldest {}", queue, action.choice == 1 ? std::string("message") : fmt::format("{} messages", action.choice));
  const auto what = static_cast<Own>(action.choice & ((1U << own_bits) - 1));
  if (what == tick) return fmt::format("looks for timeouts in {}", queue);
  if (what == retention) return fmt::format("looks for old messages in {}", queue);
  const Value id = world.pool().value(action.word).items()[field_id];
  const std::string message = fmt::format("{} in {}, receive {}", id.kind == Kind::string ? std::string(id.text()) : "a message", queue, action.choice >> own_bits);
  switch (what) {
    case timeout_over: return fmt::format("ends the visibility timeout of {}", message);
    case delay_over: return fmt::format("ends the delay of {}", message);
    case too_late: return fmt::format("ends the visibility timeout of {}, while it is handled", message);
    default: return fmt::format("hands out {} twice", message);
  }
}

}  // namespace flowtank::sns_sqs
