// SPDX-License-Identifier: Apache-2.0
// See nats_broker.hpp: what time does in timed runs. Redelivery when ack_wait is over, messages that a client was sent and has
// not begun to handle, messages that grow too old. At most one offer of the next message waits in the agenda, unless an earlier
// one became possible.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/handling_time.hpp"
#include "models/brokers/nats_jetstream/nats_broker.hpp"

namespace flowtank::nats {

std::uint32_t NatsBroker::first_instance(const World& world, const Reader& reader) const {
  return world.runs().first_instance(system_.subscriptions[subscription_of(reader)].service);
}

// Can ack_wait be over while a worker has the message in its hands? Messages of one pull are handled one after the other. What says
// +WPI is late only where it stands still.
bool NatsBroker::may_lapse_at_work(const ConsumerWiring& wired) const {
  Duration shortest(wired.consumer.ack_wait);
  for (const std::int64_t wait : wired.consumer.backoff) shortest = std::min(shortest, Duration(wait));
  HandlingTime time = handling_time(system_, wired.subscription);
  if (wired.in_progress) return time.paused >= shortest && time.paused > Duration{};
  time.by_itself = time.by_itself * std::max<std::int64_t>(wired.batch, 1);
  return time.reaches(shortest);
}

bool NatsBroker::is_working(const World& world, const Reader& reader, std::uint64_t seq) const {
  const Message* message = lines_[reader.line].stream->find(seq);
  if (message == nullptr) return false;
  const Runs& runs = world.runs();
  const std::uint32_t s = subscription_of(reader), service = system_.subscriptions[s].service, first = runs.first_instance(service);
  for (std::uint32_t i = first; i < first + system_.services[service].instances; ++i) {
    if (!world.faults().is_up(i)) continue;
    for (std::uint32_t frame = runs.frames_begin(i); frame < runs.frames_end(i); ++frame) {
      if (!runs.active(frame) || runs.input_of(frame) != message->body) continue;
      const Origin from = runs.origin_of(frame);
      if (from.kind == OriginKind::message && from.source == s && !from.settled && from.token == (seq & marks(world))) return true;
    }
  }
  return false;
}

void NatsBroker::offer_next(World& world, std::uint32_t at) {
  if (!world.timed()) return;
  Reader& reader = readers_[at];
  if (reader.wiring->consumer.is_push()) return;
  const Line& line = lines_[reader.line];
  const std::uint64_t seq = consumer(reader).peek(*line.stream);
  if (seq == 0) return;
  const Time when = std::max(reader.arrivals.ready_at(seq), world.now());
  if (!reader.arrivals.must_offer(when)) return;
  world.offer(when - world.now(), {.kind = ActionKind::deliver, .a = subscription_of(reader), .b = next_copy, .word = line.stream->find(seq)->body});
}

void NatsBroker::offer_deadline(World& world, std::uint32_t at, bool maybe_earlier) {
  if (!world.timed()) return;
  Reader& reader = readers_[at];
  if (!maybe_earlier && reader.deadline < Time::never() && reader.deadline >= world.now()) return;
  const auto next = consumer(reader).next_deadline();
  if (!next || *next == INT64_MAX) return;
  const Time when = std::max(Time(*next), world.now());
  if (reader.deadline <= when && reader.deadline >= world.now()) return;
  reader.deadline = when;
  world.offer(when - world.now(), {.kind = ActionKind::broker, .a = index_, .b = at, .choice = ack_wait_over});
}

void NatsBroker::offer_age(World& world, std::uint32_t at) {
  if (!world.timed() || lines_[at].age_offered) return;
  const auto next = lines_[at].stream->next_age();
  if (!next) return;
  lines_[at].age_offered = true;
  world.offer(std::max(Time(*next), world.now()) - world.now(), {.kind = ActionKind::broker, .a = index_, .b = at, .choice = age_over});
}

// The server sends a message to an instance, whose client holds it until a handler is free.
void NatsBroker::hold(World& world, std::uint32_t at, std::uint32_t slot, std::uint64_t seq) {
  Reader& reader = readers_[at];
  const Line& line = lines_[reader.line];
  const Word message = line.stream->find(seq)->body;
  std::vector<Advisory> advisories;
  const auto delivered = consumer(reader).next(*line.stream, now_of(world), advisories);
  if (consumer(reader).config().ack_policy == AckPolicy::none) world.copies_change(subscription_of(reader), message, -1);
  auto& held = reader.held[slot];
  held.push_back({seq, message, delivered ? static_cast<std::uint32_t>(std::min<std::uint64_t>(delivered->count - 1, 255)) : 0});
  if (held.size() == 1) world.offer(Duration{}, {.kind = ActionKind::deliver, .a = subscription_of(reader), .b = first_bound + slot, .word = message});
}

// JS-ACK-1: a pull of several messages: ack_wait begins for all of them.
void NatsBroker::pull_more(World& world, std::uint32_t at, std::uint32_t slot) {
  Reader& reader = readers_[at];
  for (std::int64_t i = 1; i < reader.wiring->batch; ++i) {
    const std::uint64_t seq = consumer(reader).peek(*lines_[reader.line].stream);
    if (seq == 0 || reader.arrivals.ready_at(seq) > world.now()) return;
    hold(world, at, slot, seq);
  }
}

// JS-PUSH-1: all that max_ack_pending lets through, to the members in turn; nothing while none is there.
void NatsBroker::push(World& world, std::uint32_t at) {
  Reader& reader = readers_[at];
  const std::uint32_t first = first_instance(world, reader);
  const auto slots = static_cast<std::uint32_t>(reader.held.size());
  for (std::uint64_t seq = consumer(reader).peek(*lines_[reader.line].stream); seq != 0; seq = consumer(reader).peek(*lines_[reader.line].stream)) {
    if (const Time ready = reader.arrivals.ready_at(seq); ready > world.now()) {
      if (!reader.arrivals.must_offer(ready)) break;
      world.offer(ready - world.now(), {.kind = ActionKind::broker, .a = index_, .b = at, .choice = ack_wait_over});
      break;
    }
    std::uint32_t tried = 0;
    while (tried < slots && world.faults().down(first + static_cast<std::uint32_t>(reader.turn % slots))) {
      ++reader.turn;
      ++tried;
    }
    if (tried == slots) break;
    hold(world, at, static_cast<std::uint32_t>(reader.turn++ % slots), seq);
  }
  // A new deadline is earlier than the one that is watched only where waits differ (JS-BACK-1).
  offer_deadline(world, at, !consumer(reader).config().backoff.empty());
}

void NatsBroker::apply(World& world, const Action& action) {
  if (action.choice == age_over) {
    Line& line = lines_[action.b];
    line.age_offered = false;
    line.stream->expire(now_of(world));  // JS-RET-3
    report_losses(world, line);
    return offer_age(world, action.b);
  }
  Reader& reader = readers_[action.b];
  Consumer& c = consumer(reader);
  if (reader.deadline <= world.now()) reader.deadline = Time::never();
  if (c.config().is_push() && reader.arrivals.is_offered(world.now())) reader.arrivals.offer_is_over();
  if (reader.wiring->in_progress) {
    for (auto& [seq, pending] : c.state().pending) {
      if (pending.holders != 0 && is_working(world, reader, seq)) c.progress(seq, now_of(world));  // JS-ACK-5
    }
  }
  c.expire(now_of(world));  // JS-ACK-1
  give_up(world, reader);
  if (c.config().is_push()) push(world, action.b);
  else offer_next(world, action.b);
  offer_deadline(world, action.b);
}

bool NatsBroker::is_inert(const World& world, const Action& action) const {
  if (action.choice == age_over) return lines_[action.b].stream->messages() == 0;
  const Reader& reader = readers_[action.b];
  const Consumer& c = consumer(reader);
  static_cast<void>(world);
  return c.state().pending.empty() && (!c.config().is_push() || c.peek(*lines_[reader.line].stream) == 0);
}

void NatsBroker::instance_down(World& world, std::uint32_t instance) {
  if (!world.timed()) return;
  for (Reader& reader : readers_) {
    const std::uint32_t first = first_instance(world, reader);
    if (instance < first || instance >= first + reader.held.size()) continue;
    auto& held = reader.held[instance - first];
    if (consumer(reader).config().ack_policy == AckPolicy::none) {
      for (const Held& one : held) lost(world, subscription_of(reader), one.message, Fate::lost, false);  // JS-ACK-6
    }
    held.clear();  // JS-PUSH-1: what it was sent waits for ack_wait
  }
}

void NatsBroker::instance_up(World& world, std::uint32_t instance) {
  if (!world.timed()) return;
  for (std::uint32_t at = 0; at < readers_.size(); ++at) {
    const std::uint32_t first = first_instance(world, readers_[at]);
    if (instance >= first && instance < first + readers_[at].held.size() && readers_[at].wiring->consumer.is_push()) push(world, at);
  }
}

}  // namespace flowtank::nats
