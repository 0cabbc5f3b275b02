// SPDX-License-Identifier: Apache-2.0
// See nats_broker.hpp: how messages come in, are handed out and are settled. Whoever reads a stream asks line() for it and
// whoever has changed it calls save(), so that an exploration sees the same object after every undo.
#include "models/brokers/nats_jetstream/nats_broker.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sim/world/retry.hpp>
#include <sim/world/world.hpp>

#include "models/brokers/failed_run.hpp"
#include "models/brokers/lost_copy.hpp"
#include "models/brokers/marked_sequence.hpp"

namespace flowtank::nats {

std::int64_t NatsBroker::now_of(const World& world) { return world.timed() ? world.now().nanoseconds() : 0; }

void NatsBroker::build(World& world) {
  line_of_channel_.assign(system_.channels.size(), none);
  reader_of_subscription_.assign(system_.subscriptions.size(), none);
  for (const Fault& fault : system_.faults) {
    keeps_history_ |= fault.kind == FaultKind::rewind || fault.kind == FaultKind::failover;
    if (fault.kind == FaultKind::failover) most_forgotten_ = std::max<std::size_t>(most_forgotten_, fault.with.versions);
  }
  const std::uint64_t owner = (std::uint64_t{index_} + 1) << 32 | 0x4a530000U;
  for (const StreamWiring& wired : wiring_.streams) {
    Line& line = lines_.emplace_back();
    line_of_channel_[wired.channel] = static_cast<std::uint32_t>(lines_.size() - 1);
    line.packed.build(world.cells(), owner + lines_.size());
  }
  for (const ConsumerWiring& wired : wiring_.consumers) {
    Reader& reader = readers_.emplace_back();
    reader_of_subscription_[wired.subscription] = static_cast<std::uint32_t>(readers_.size() - 1);
    reader.wiring = &wired;
    reader.line = wired.stream;
    std::vector<std::uint32_t>& all = lines_[wired.stream].readers;
    reader.consumer = static_cast<std::uint32_t>(all.size());
    all.push_back(static_cast<std::uint32_t>(readers_.size() - 1));
    reader.floating.build(world, wired.subscription);
    reader.may_lapse_at_work = may_lapse_at_work(wired);
    reader.held.resize(system_.services[system_.subscriptions[wired.subscription].service].instances);
  }
}

void NatsBroker::forget(World&) {
  for (Reader& reader : readers_) reader.floating.clear();
}

void NatsBroker::reset(World& world) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    Line& line = lines_[i];
    line.packed.reset();
    line.age_offered = false;
    line.changes = 0;
    line.subject = world.pool().intern_string(system_.channels[wiring_.streams[i].channel].name + ".all");
    line.stream = std::make_unique<Stream>(world.pool(), wiring_.streams[i].stream);
    line.stream->watch_losses(true);
    for (const std::uint32_t r : line.readers) line.stream->add_consumer(readers_[r].wiring->consumer);
  }
  for (Reader& reader : readers_) {
    reader.settled.clear();
    for (auto& held : reader.held) held.clear();
    reader.turn = 0;
    reader.arrivals.clear();
    reader.deadline = Time::never();
  }
}

void NatsBroker::lost(World& world, std::uint32_t subscription, Word message, Fate fate, bool counted) {
  note_lost(world, subscription, message);
  world.message_fate(subscription, message, fate);
  if (counted) world.copies_change(subscription, message, -1);
}

// ---- publish ---------------------------------------------------------------------------------------------------

PublishManners NatsBroker::manners(std::uint32_t channel) const {
  PublishManners manners;
  manners.hears = wiring_.streams[line_of_channel_[channel]].waits_for_ack;  // JS-PUB-1; clients do not repeat by themselves
  return manners;
}

PublishResult NatsBroker::publish(World& world, std::uint32_t channel, Word message, const Publisher&) {
  const std::uint32_t at = line_of_channel_[channel];
  Line& line = this->line(world, at);
  const StreamWiring& wired = wiring_.streams[at];
  Publish p;
  p.body = message;
  p.subject = line.subject;
  if (wired.stream.max_msgs_per_subject > 0) {
    const Value key = world.pool().value(message).items()[field_key];
    p.subject = world.pool().intern_string(system_.channels[channel].name + "." + (key.kind == Kind::string ? std::string(key.text()) : to_text(key)));
  }
  if (wired.sends_msg_id) p.msg_id = world.pool().find(world.pool().value(message).items()[field_id]);  // JS-DEDUP-1
  const PubAck ack = line.stream->publish(p, now_of(world));
  report_losses(world, line);
  if (!ack.error && !ack.duplicate) {
    for (const std::uint32_t reader : line.readers) stored(world, reader, ack.seq, message);
    offer_age(world, at);
  }
  save(world, at);
  return ack.error ? PublishResult::refused : PublishResult::accepted;  // JS-RET-3
}

void NatsBroker::stored(World& world, std::uint32_t at, std::uint64_t seq, Word message) {
  Reader& reader = readers_[at];
  const std::uint32_t s = subscription_of(reader);
  const CopyFate fate = reader.arrivals.arrive(world, system_, s, seq, message, reader.floating);
  if (fate.lost || fate.reordered) consumer(reader).pass_over(*lines_[reader.line].stream, seq);
  if (fate.lost) lost(world, s, message, Fate::lost);
  if (!world.timed()) return;
  if (reader.wiring->consumer.is_push()) push(world, at);
  else offer_next(world, at);
}

// Messages that left the stream while somebody still had to see them.
void NatsBroker::report_losses(World& world, Line& line) {
  for (const Stream::Loss& loss : line.stream->take_losses()) {
    const Fate fate = loss.why == Gone::age ? Fate::expired : loss.why == Gone::limit ? Fate::evicted : Fate::lost;
    for (std::size_t i = 0; i < line.readers.size(); ++i) {
      if (loss.unsettled[i] != 0) lost(world, subscription_of(readers_[line.readers[i]]), loss.message.body, fate);  // JS-RET-3
    }
  }
}

// ---- hand out --------------------------------------------------------------------------------------------------

void NatsBroker::deliverable(const World& world, std::uint32_t s, std::vector<Action>& out) const {
  const std::uint32_t at = reader_of(s);
  const Reader& reader = readers_[at];
  const Line& line = this->line(world, reader.line);
  const Consumer& c = consumer(reader);
  if (const std::uint64_t seq = c.peek(*line.stream); seq != 0) {
    out.push_back({.kind = ActionKind::deliver, .a = s, .b = next_copy, .word = line.stream->find(seq)->body});
  }
  for (const auto& [seq, pending] : c.state().pending) {  // JS-ACK-1: whose time may be over
    const bool queued = std::find(c.state().redeliver.begin(), c.state().redeliver.end(), seq) != c.state().redeliver.end();
    if (queued || (pending.holders != 0 && !reader.may_lapse_at_work)) continue;
    if (c.config().max_deliver > 0 && c.deliveries_of(seq) >= static_cast<std::uint64_t>(c.config().max_deliver)) continue;
    out.push_back({.kind = ActionKind::deliver, .a = s, .b = first_lapsed + static_cast<std::uint32_t>(seq & explored_marks), .word = line.stream->find(seq)->body});
  }
  reader.floating.each(world, [&](std::uint32_t copy, Word message, std::uint32_t attempts) {
    out.push_back({.kind = ActionKind::deliver, .a = s, .b = copy, .choice = 1 + attempts, .word = message});
  });
}

bool NatsBroker::can_deliver(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const Reader& reader = readers_[reader_of(s)];
  if (copy >= FloatingCopies::first_copy) return reader.floating.has(world.cells(), copy);
  if (copy >= first_bound && copy < first_lapsed) return !reader.held[copy - first_bound].empty();
  const Line& line = this->line(world, reader.line);
  const std::uint64_t seq = consumer(reader).peek(*line.stream);
  const bool can = seq != 0 && reader.arrivals.ready_at(seq) <= world.now();
  if (!can) reader.arrivals.offer_is_over();
  return can;
}

std::uint32_t NatsBroker::consumer_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  if (copy < first_bound || copy >= first_lapsed) return none;
  return first_instance(world, readers_[reader_of(s)]) + copy - first_bound;
}

Word NatsBroker::message_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const Reader& reader = readers_[reader_of(s)];
  if (copy >= FloatingCopies::first_copy) return reader.floating.message(world, copy);
  const Line& line = this->line(world, reader.line);
  if (copy >= first_bound && copy < first_lapsed) {
    const auto& held = reader.held[copy - first_bound];
    return held.empty() ? absent_word : held.front().message;
  }
  std::uint64_t seq = consumer(reader).peek(*line.stream);
  if (copy >= first_lapsed) {
    seq = 0;
    for (const auto& [pending, state] : consumer(reader).state().pending) seq = (pending & explored_marks) == copy - first_lapsed ? pending : seq;
  }
  const Message* message = seq == 0 ? nullptr : line.stream->find(seq);
  return message == nullptr ? absent_word : message->body;
}

Delivery NatsBroker::started(World& world, Reader& reader, std::uint64_t seq, Word message, std::uint32_t attempts) {
  const auto found = consumer(reader).state().pending.find(seq);
  if (found != consumer(reader).state().pending.end()) ++found->second.holders;
  return {message, std::min(attempts, 255U), static_cast<std::uint32_t>(seq & marks(world))};
}

Delivery NatsBroker::deliver(World& world, std::uint32_t s, std::uint32_t copy) {
  const std::uint32_t at = reader_of(s);
  Reader& reader = readers_[at];
  if (copy >= FloatingCopies::first_copy) return reader.floating.take(world, copy);
  Line& line = this->line(world, reader.line);
  Consumer& c = consumer(reader);
  Delivery delivery;
  if (copy >= first_bound && copy < first_lapsed) {
    auto& held = reader.held[copy - first_bound];
    const Held next = held.front();
    held.pop_front();
    delivery = started(world, reader, next.seq, next.message, next.attempts);
    if (!held.empty()) world.offer(Duration{}, {.kind = ActionKind::deliver, .a = s, .b = copy, .word = held.front().message});
    else if (!c.config().is_push()) offer_next(world, at);
    return delivery;
  }
  if (copy >= first_lapsed) {
    for (const auto& [seq, pending] : c.state().pending) {
      if ((seq & explored_marks) != copy - first_lapsed) continue;
      c.expire_now(seq);
      break;
    }
  }
  const std::uint64_t seq = c.peek(*line.stream);
  const Word message = line.stream->find(seq)->body;
  // Which instance gets it is settled already, since it is the first one that is free.
  const std::uint32_t frame = world.timed() && reader.wiring->batch > 1 ? world.runs().free_frame(world, system_.subscriptions[s].service) : none;
  std::vector<Advisory> advisories;
  const auto delivered = c.next(*line.stream, now_of(world), advisories);
  if (c.config().ack_policy == AckPolicy::none) world.copies_change(s, message, -1);
  delivery = started(world, reader, seq, message, delivered ? static_cast<std::uint32_t>(std::min<std::uint64_t>(delivered->count - 1, 255)) : 0);
  if (world.timed()) {
    reader.arrivals.offer_is_over();
    if (frame != none) pull_more(world, at, world.runs().instance_of_frame(frame) - first_instance(world, reader));
    offer_next(world, at);
    offer_deadline(world, at, !c.config().backoff.empty());
    reader.arrivals.handed_out(seq);
  }
  save(world, reader.line);
  return delivery;
}

// ---- settle ----------------------------------------------------------------------------------------------------

std::uint64_t NatsBroker::seq_of(const World& world, const Reader& reader, const Delivery& delivery) const {
  const Stream& stream = *lines_[reader.line].stream;
  const auto& pending = consumer(reader).state().pending;
  if (pending.empty()) return 0;
  return sequence_of_mark(pending.begin()->first, pending.rbegin()->first, marks(world), delivery.token, [&](std::uint64_t seq) {
    const Message* message = pending.contains(seq) ? stream.find(seq) : nullptr;
    return message != nullptr && message->body == delivery.message;
  });
}

Duration NatsBroker::backoff(const World& world, std::uint32_t s, const Delivery& delivery) const {
  const std::uint32_t handler = world.handler_for(system_.subscriptions[s].service, s, world.message_type(delivery.message));
  if (handler == none) return {};
  return retry_wait(system_.handlers[handler].retry, delivery.attempts);
}

void NatsBroker::acknowledge(World& world, Reader& reader, std::uint64_t seq, Word message) {
  Consumer& c = consumer(reader);
  Stream& stream = *lines_[reader.line].stream;
  const std::uint32_t s = subscription_of(reader);
  const std::uint64_t delivery = c.state().pending.at(seq).consumer_seq;
  std::vector<std::uint64_t> covered = {seq};
  if (c.config().ack_policy == AckPolicy::all) {  // JS-ACK-6: those before it too
    covered.clear();
    for (const auto& [earlier, pending] : c.state().pending) {
      if (earlier <= seq) covered.push_back(earlier);
    }
  }
  std::vector<Word> messages;
  for (const std::uint64_t one : covered) messages.push_back(one == seq ? message : stream.find(one)->body);
  if (!c.acknowledge(seq, delivery)) return;
  for (std::size_t i = 0; i < covered.size(); ++i) {
    world.copies_change(s, messages[i], -1);
    if (most_forgotten_ != 0 && stream.config().retention == Retention::limits) reader.settled.push_back({covered[i], messages[i]});
    stream.settled(covered[i]);
  }
  while (reader.settled.size() > most_forgotten_) reader.settled.pop_front();
}

void NatsBroker::give_up(World& world, Reader& reader) {
  std::vector<Advisory> advisories;
  consumer(reader).give_up_exhausted(advisories);
  for (const Advisory& advisory : advisories) {
    const Message* message = lines_[reader.line].stream->find(advisory.stream_seq);
    if (message != nullptr) lost(world, subscription_of(reader), message->body, Fate::lost);  // JS-MAXD-1
  }
}

void NatsBroker::settle(World& world, std::uint32_t s, const Delivery& delivery, Settle how) {
  const std::uint32_t at = reader_of(s);
  Reader& reader = readers_[at];
  const bool done = how == Settle::ack || how == Settle::discard;
  if (delivery.token == FloatingCopies::token) {
    const std::uint32_t attempts = std::min(delivery.attempts + (how == Settle::retry ? 1U : 0U), 255U);
    if (done) world.copies_change(s, delivery.message, -1);
    else reader.floating.add(world, delivery.message, attempts, how == Settle::retry ? backoff(world, s, delivery) : Duration{});
    return;
  }
  line(world, reader.line);
  Consumer& c = consumer(reader);
  if (c.config().ack_policy == AckPolicy::none) {
    if (!done) lost(world, s, delivery.message, Fate::lost, false);  // JS-ACK-6: settled when it was sent
    return;
  }
  const std::uint64_t seq = seq_of(world, reader, delivery);
  if (seq == 0) return;  // JS-ACK-2: settled already, by whoever had it too
  Consumer::Pending& pending = c.state().pending.at(seq);
  if (pending.holders != 0) --pending.holders;
  std::vector<Advisory> advisories;
  const bool failed = handler_failed(world, s, delivery, how);
  const bool terminates = failed && reader.wiring->on_error == OnError::terminate;
  if (done) {
    acknowledge(world, reader, seq, delivery.message);
  } else if (terminates) {
    const std::uint64_t consumer_seq = pending.consumer_seq;
    lost(world, s, delivery.message, Fate::lost);
    if (c.terminate(seq, consumer_seq, c.deliveries_of(seq), advisories)) lines_[reader.line].stream->settled(seq);  // JS-ACK-4
  } else if (how == Settle::requeue && !failed) {
    c.expire_now(seq);
  } else if (failed && reader.wiring->on_error == OnError::nak) {
    const Duration wait = backoff(world, s, delivery);
    const auto delay = wait > Duration{} ? std::optional<std::int64_t>(wait.nanoseconds()) : std::nullopt;
    // JS-ACK-3. Without a clock a delayed one stays pending, held by nobody: it comes at any later position.
    if (world.timed() || !delay) c.refuse(seq, pending.consumer_seq, c.deliveries_of(seq), delay, now_of(world), advisories);
  }
  // A worker that is gone, or says nothing: ack_wait decides (JS-ACK-1). Without a clock a last delivery ends here.
  const auto left = c.state().pending.find(seq);
  const bool exhausted = c.config().max_deliver > 0 && c.deliveries_of(seq) >= static_cast<std::uint64_t>(c.config().max_deliver);
  if (!world.timed() && left != c.state().pending.end() && left->second.holders == 0 && exhausted) c.expire_now(seq);
  give_up(world, reader);
  report_losses(world, lines_[reader.line]);
  if (world.timed()) {
    if (c.config().is_push()) push(world, at);
    else offer_next(world, at);
    offer_deadline(world, at, failed);
  }
  save(world, reader.line);
}

std::uint64_t NatsBroker::unsettled(const World& world, std::uint32_t s) const {
  const Reader& reader = readers_[reader_of(s)];
  line(world, reader.line);
  const Consumer::State& state = consumer(reader).state();
  return state.not_delivered + state.pending.size() + reader.floating.count(world);
}

std::string NatsBroker::describe(const World&, const Action& action) const {
  const auto consumer_name = [&](std::uint32_t reader) { return readers_[reader].wiring->consumer.name; };
  const auto channel_name = [&](std::uint32_t line) { return system_.channels[wiring_.streams[line].channel].name; };
  const auto messages = [](std::uint32_t count) { return count == 1 ? std::string("message") : fmt::format("{} messages", count); };
  if (action.kind == ActionKind::broker) {
    if (action.choice == ack_wait_over) return fmt::format("looks at the ack_wait of {}", consumer_name(action.b));
    return fmt::format("looks at the max_age of {}", channel_name(action.b));
  }
  switch (system_.faults[action.fault].kind) {
    case FaultKind::failover:
      if (cuts_suffix(system_.faults[action.fault])) {
        if (action.choice == 0) return fmt::format("one node of {} loses power and nothing else", channel_name(action.b));
        return fmt::format("one node of {} loses power, one that stood still leads without the newest {}", channel_name(action.b), messages(action.choice));
      }
      if (action.choice == 0) return fmt::format("{} fails over and forgets nothing", consumer_name(action.b));
      return fmt::format("{} fails over and forgets the newest ack of {}", consumer_name(action.b), messages(action.choice));
    case FaultKind::power_loss:
      if (action.choice == 0) return fmt::format("{} loses power and nothing else", channel_name(action.b));
      return fmt::format("{} loses power and its newest {}", channel_name(action.b), messages(action.choice));
    case FaultKind::expiry: return fmt::format("{} drops its oldest {}, unread", channel_name(action.b), messages(action.choice));
    default: return fmt::format("{} is created again", consumer_name(action.b));
  }
}

namespace {

std::unique_ptr<Broker> create(const System& system, std::uint32_t index, Diagnostics& diagnostics) {
  return std::make_unique<NatsBroker>(system, index, read_wiring(system, index, diagnostics));
}

constexpr FaultKind faults[] = {FaultKind::failover, FaultKind::power_loss, FaultKind::expiry, FaultKind::rewind};

}  // namespace

BrokerKind nats_broker() {
  static const std::vector<OptionInfo> infos = product_options::infos(product());
  return {"nats_jetstream", "NATS JetStream: streams, pull and push consumers, redelivery after ack_wait", create, infos, faults,
          "duplicate_window never ends, max_age passes only by the fault expiry, ack_wait passes at work only where the handler or a pause can last so long"};
}

}  // namespace flowtank::nats
