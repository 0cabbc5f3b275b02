// SPDX-License-Identifier: Apache-2.0
// See redis_broker.hpp: how entries come in, are handed out and are settled. Whoever reads a stream asks line() for it and
// whoever has changed it calls save(), so that an exploration sees the same object after every undo.
#include "models/brokers/redis_streams/redis_broker.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sim/world/retry.hpp>
#include <sim/world/world.hpp>

#include "models/brokers/failed_run.hpp"
#include "models/brokers/lost_copy.hpp"
#include "models/brokers/marked_sequence.hpp"

namespace flowtank::redis {

bool RedisBroker::world_tracks(const World& world) { return world.cells().tracking(); }
std::int64_t RedisBroker::now_ms(const World& world) { return world.timed() ? world.now().nanoseconds() / 1'000'000 : 0; }

void RedisBroker::build(World& world) {
  line_of_channel_.assign(system_.channels.size(), none);
  reader_of_subscription_.assign(system_.subscriptions.size(), none);
  for (const Fault& fault : system_.faults) {
    const bool brings_back = fault.kind == FaultKind::failover || fault.kind == FaultKind::power_loss;
    keeps_history_ |= brings_back || fault.kind == FaultKind::rewind;
    if (brings_back) most_forgotten_ = std::max<std::size_t>(most_forgotten_, fault.with.versions);
  }
  const std::uint64_t owner = (std::uint64_t{index_} + 1) << 32 | 0x52530000U;
  for (const StreamWiring& wired : wiring_.streams) {
    Line& line = lines_.emplace_back();
    line_of_channel_[wired.channel] = static_cast<std::uint32_t>(lines_.size() - 1);
    line.packed.build(world.cells(), owner + lines_.size());
  }
  for (const GroupWiring& wired : wiring_.groups) {
    Reader& reader = readers_.emplace_back();
    reader_of_subscription_[wired.subscription] = static_cast<std::uint32_t>(readers_.size() - 1);
    reader.wiring = &wired;
    reader.line = wired.stream;
    lines_[wired.stream].readers.push_back(static_cast<std::uint32_t>(readers_.size() - 1));
    reader.floating.build(world, wired.subscription);
    reader.slots = system_.services[system_.subscriptions[wired.subscription].service].instances;
    reader.may_lapse_at_work = may_lapse_at_work(wired);
    reader.held.resize(reader.slots);
  }
}

void RedisBroker::forget(World&) {
  for (Reader& reader : readers_) reader.floating.clear();
}

void RedisBroker::reset(World&) {
  for (Line& line : lines_) {
    line.packed.reset();
    line.stream = Stream();
    line.changes = 0;
  }
  for (Reader& reader : readers_) {
    reader.group = Group();
    for (std::uint32_t slot = 0; slot < reader.slots; ++slot) reader.group.consumer(std::to_string(slot + 1), 0);
    reader.passed_over.clear();
    reader.settled.clear();
    for (auto& held : reader.held) held.clear();
    reader.arrivals.clear();
    reader.claim_at = Time::never();
  }
}

void RedisBroker::lost(World& world, std::uint32_t subscription, Word message, Fate fate, bool counted) {
  note_lost(world, subscription, message);
  world.message_fate(subscription, message, fate);
  if (counted) world.copies_change(subscription, message, -1);
}

// ---- publish ---------------------------------------------------------------------------------------------------

PublishResult RedisBroker::publish(World& world, std::uint32_t channel, Word message, const Publisher&) {
  const std::uint32_t at = line_of_channel_[channel];
  Line& line = this->line(world, at);
  const StreamId id{1, line.stream.last_id().seq + 1};  // RS-ADD-1: what is added again is stored again
  line.stream.add(id, message);
  for (const std::uint32_t reader : line.readers) stored(world, reader, id, message);
  trim(world, line, wiring_.streams[at].trimming, Fate::evicted);
  save(world, at);
  return PublishResult::accepted;
}

void RedisBroker::stored(World& world, std::uint32_t at, const StreamId& id, Word message) {
  Reader& reader = readers_[at];
  const std::uint32_t s = subscription_of(reader);
  const CopyFate fate = reader.arrivals.arrive(world, system_, s, id.seq, message, reader.floating);
  if (fate.lost || fate.reordered) reader.passed_over.insert(id);
  if (fate.lost) lost(world, s, message, Fate::lost);
  offer_next(world, at);
}

// RS-TRIM-1: entries go whatever groups have read; what is pending stays pending without its body (RS-DEL-1).
void RedisBroker::trim(World& world, Line& line, const Trimming& how, Fate fate) {
  if (how.by == Trimming::By::nothing) return;
  const std::deque<Entry>& entries = line.stream.entries();
  if (how.by == Trimming::By::max_length && entries.size() <= how.max_length) return;
  const auto most = static_cast<std::ptrdiff_t>(how.by == Trimming::By::max_length ? entries.size() - how.max_length : entries.size());
  const std::vector<Entry> before(entries.begin(), entries.begin() + most);
  const std::uint64_t gone = line.stream.trim(how);
  for (std::uint64_t i = 0; i < gone; ++i) {
    const Entry& entry = before[i];
    for (const std::uint32_t r : line.readers) {
      Reader& reader = readers_[r];
      const bool passed = reader.passed_over.erase(entry.id) != 0;
      const Pending* pending = reader.group.find_pending(entry.id);
      const bool unread = entry.id > reader.group.last_id() && !passed;
      if (unread || (pending != nullptr && pending->holders == 0)) lost(world, subscription_of(reader), entry.body, fate);
      if (pending != nullptr && pending->holders == 0) reader.group.acknowledge(entry.id);
    }
  }
}

// ---- hand out --------------------------------------------------------------------------------------------------

const Entry* RedisBroker::next_entry(const Line& line, const Reader& reader) const {
  for (std::size_t at = line.stream.after(reader.group.last_id()); at < line.stream.length(); ++at) {
    if (reader.passed_over.count(line.stream.entries()[at].id) == 0) return &line.stream.entries()[at];
  }
  return nullptr;
}

void RedisBroker::deliverable(const World& world, std::uint32_t s, std::vector<Action>& out) const {
  const Reader& reader = readers_[reader_of(s)];
  const Line& line = this->line(world, reader.line);
  if (const Entry* entry = next_entry(line, reader)) out.push_back({.kind = ActionKind::deliver, .a = s, .b = next_copy, .word = entry->body});
  for (const auto& [id, pending] : reader.group.pending()) {
    const Entry* entry = line.stream.find(id);
    if (entry == nullptr) continue;
    const auto mark = static_cast<std::uint32_t>(id.seq & explored_marks);
    if (pending.again) {
      out.push_back({.kind = ActionKind::deliver, .a = s, .b = first_again + mark, .word = entry->body});
    } else if (reader.wiring->claims && (pending.holders == 0 || reader.may_lapse_at_work)) {  // RS-CLAIM-3
      out.push_back({.kind = ActionKind::deliver, .a = s, .b = first_claim + mark, .word = entry->body});
    }
  }
  reader.floating.each(world, [&](std::uint32_t copy, Word message, std::uint32_t attempts) {
    out.push_back({.kind = ActionKind::deliver, .a = s, .b = copy, .choice = 1 + attempts, .word = message});
  });
}

bool RedisBroker::can_deliver(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const Reader& reader = readers_[reader_of(s)];
  if (copy >= FloatingCopies::first_copy) return reader.floating.has(world.cells(), copy);
  if (copy >= first_bound && copy < first_again) return !reader.held[copy - first_bound].empty();
  const Entry* entry = next_entry(this->line(world, reader.line), reader);
  const bool can = entry != nullptr && reader.arrivals.ready_at(entry->id.seq) <= world.now();
  if (!can) reader.arrivals.offer_is_over();
  return can;
}

std::uint32_t RedisBroker::consumer_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const Reader& reader = readers_[reader_of(s)];
  if (copy >= first_bound && copy < first_again) return first_instance(world, reader) + copy - first_bound;
  if (copy < first_again || copy >= first_claim || !reader.wiring->reads_history) return none;
  const StreamId id = pending_id(world, reader, copy - first_again, absent_word);
  const auto found = reader.group.pending().find(id);
  return found == reader.group.pending().end() ? none : first_instance(world, reader) + found->second.consumer;  // RS-HIST-1: its own
}

StreamId RedisBroker::id_of(const World& world, const Line& line, std::uint32_t mark) const {
  const std::uint64_t mask = marks(world), last = line.stream.last_id().seq;
  const std::uint64_t seq = (last & ~mask) | mark;
  return {1, seq > last && seq > mask ? seq - mask - 1 : seq};
}

StreamId RedisBroker::pending_id(const World& world, const Reader& reader, std::uint32_t mark, Word message) const {
  const Stream& stream = line(world, reader.line).stream;
  const auto& pending = reader.group.pending();
  if (pending.empty()) return {};
  return {1, sequence_of_mark(pending.begin()->first.seq, pending.rbegin()->first.seq, marks(world), mark & marks(world), [&](std::uint64_t seq) {
            if (!pending.contains({1, seq})) return false;
            const Entry* entry = stream.find({1, seq});
            return entry == nullptr || message == absent_word || entry->body == message;  // a trim may have taken it: RS-ACK-1
          })};
}

Word RedisBroker::message_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  const Reader& reader = readers_[reader_of(s)];
  if (copy >= FloatingCopies::first_copy) return reader.floating.message(world, copy);
  if (copy >= first_bound && copy < first_again) {
    const auto& held = reader.held[copy - first_bound];
    return held.empty() ? absent_word : held.front().message;
  }
  const Line& line = this->line(world, reader.line);
  const Entry* entry = copy == next_copy ? next_entry(line, reader) : line.stream.find(pending_id(world, reader, copy - first_again, absent_word));
  return entry == nullptr ? absent_word : entry->body;
}

// `>` for an instance: the next entry that no fault took away. There is one.
Word RedisBroker::read_one(World& world, std::uint32_t at, std::uint32_t slot, StreamId& id) {
  Reader& reader = readers_[at];
  Line& line = lines_[reader.line];
  for (;;) {
    const Entry& next = line.stream.entries()[line.stream.after(reader.group.last_id())];
    const bool passed = reader.passed_over.erase(next.id) != 0;
    const auto handed = reader.group.read_new(line.stream, slot, 1, passed || reader.wiring->no_ack, now_ms(world));
    if (passed) continue;
    id = handed.front().id;
    if (reader.wiring->no_ack) world.copies_change(subscription_of(reader), handed.front().body, -1);  // RS-ACK-3
    return handed.front().body;
  }
}

Delivery RedisBroker::started(const World& world, Reader& reader, const StreamId& id, Word message, std::uint32_t attempts) {
  if (Pending* pending = reader.group.find_pending(id)) {
    ++pending->holders;
    pending->again = false;
  }
  return {message, std::min(attempts, 255U), static_cast<std::uint32_t>(id.seq & marks(world))};
}

Delivery RedisBroker::deliver(World& world, std::uint32_t s, std::uint32_t copy) {
  const std::uint32_t at = reader_of(s);
  Reader& reader = readers_[at];
  if (copy >= FloatingCopies::first_copy) return reader.floating.take(world, copy);
  Line& line = this->line(world, reader.line);
  Delivery delivery;
  if (copy >= first_bound && copy < first_again) {
    auto& held = reader.held[copy - first_bound];
    const Held next = held.front();
    held.pop_front();
    delivery = started(world, reader, next.id, next.message, next.attempts);
    if (!held.empty()) world.offer(Duration{}, {.kind = ActionKind::deliver, .a = s, .b = copy, .word = held.front().message});
    else offer_next(world, at);
    return delivery;
  }
  // Which instance gets it is settled already, since it is the first one that is free.
  const std::uint32_t owner = consumer_of(world, s, copy);
  const std::uint32_t frame = owner == none ? world.runs().free_frame(world, system_.subscriptions[s].service) : world.runs().free_frame_of(world, owner);
  const std::uint32_t slot = frame == none ? 0 : world.runs().instance_of_frame(frame) - first_instance(world, reader);
  StreamId id;
  if (copy == next_copy) {
    const Word message = read_one(world, at, slot, id);
    delivery = started(world, reader, id, message, 0);
  } else {
    id = pending_id(world, reader, copy - first_again, absent_word);
    Pending& pending = *reader.group.find_pending(id);
    if (copy >= first_claim) {  // RS-CLAIM-1
      const StreamId ids[] = {id};
      reader.group.claim(line.stream, reader.group.consumers()[slot].name, ids, Claim{}, 0);
    } else if (pending.tries == 0) {
      ++pending.count;  // RS-HIST-1
    }
    delivery = started(world, reader, id, line.stream.find(id)->body, static_cast<std::uint32_t>(std::min<std::uint64_t>(pending.count - 1 + pending.tries, 255)));
  }
  if (world.timed()) {
    reader.arrivals.offer_is_over();
    read_more(world, at, slot);
    offer_next(world, at);
    offer_claim(world, at);
    reader.arrivals.handed_out(id.seq);
  }
  save(world, reader.line);
  return delivery;
}

// ---- settle ----------------------------------------------------------------------------------------------------

Duration RedisBroker::backoff(const World& world, std::uint32_t s, const Delivery& delivery, std::uint32_t tries) const {
  const std::uint32_t handler = world.handler_for(system_.subscriptions[s].service, s, world.message_type(delivery.message));
  if (handler == none || !world.timed()) return {};
  return retry_wait(system_.handlers[handler].retry, tries);
}

void RedisBroker::settle(World& world, std::uint32_t s, const Delivery& delivery, Settle how) {
  const std::uint32_t at = reader_of(s);
  Reader& reader = readers_[at];
  const bool done = how == Settle::ack || how == Settle::discard;
  if (delivery.token == FloatingCopies::token) {
    const std::uint32_t attempts = std::min(delivery.attempts + (how == Settle::retry ? 1U : 0U), 255U);
    if (done) world.copies_change(s, delivery.message, -1);
    else reader.floating.add(world, delivery.message, attempts, how == Settle::retry ? backoff(world, s, delivery, delivery.attempts) : Duration{});
    return;
  }
  Line& line = this->line(world, reader.line);
  if (reader.wiring->no_ack) {
    if (!done) lost(world, s, delivery.message, Fate::lost, false);  // RS-ACK-3
    return;
  }
  const StreamId id = pending_id(world, reader, delivery.token, delivery.message);
  Pending* pending = reader.group.find_pending(id);
  const Entry* entry = line.stream.find(id);
  if (pending == nullptr || (entry != nullptr && entry->body != delivery.message)) return;  // RS-ACK-1: settled already
  if (pending->holders != 0) --pending->holders;
  const bool failed = handler_failed(world, s, delivery, how);
  if (done) {
    if (most_forgotten_ != 0) {
      reader.settled.push_back({id, pending->consumer, delivery.message});
      while (reader.settled.size() > most_forgotten_) reader.settled.pop_front();
    }
    reader.group.acknowledge(id);  // RS-ACK-2
    world.copies_change(s, delivery.message, -1);
  } else if (entry == nullptr) {
    reader.group.acknowledge(id);
    lost(world, s, delivery.message, Fate::evicted);  // RS-DEL-1: nobody can read it again
  } else if (failed ? reader.wiring->on_error == OnError::retry : how == Settle::requeue) {
    const std::uint32_t tries = pending->tries;
    pending->tries = std::min(tries + 1, 255U);
    if (!world.timed()) pending->again = true;
    else hold(world, at, pending->consumer, {id, delivery.message, delivery.attempts + 1}, failed ? backoff(world, s, delivery, tries) : Duration{});
  }
  // RS-PEL-1: else it stays pending, and nobody is told.
  if (world.timed()) {
    offer_next(world, at);
    offer_claim(world, at);
  }
  save(world, reader.line);
}

std::uint64_t RedisBroker::unsettled(const World& world, std::uint32_t s) const {
  const Reader& reader = readers_[reader_of(s)];
  const Line& line = this->line(world, reader.line);
  return line.stream.length() - line.stream.after(reader.group.last_id()) - reader.passed_over.size() + reader.group.pending().size() + reader.floating.count(world);
}

std::string RedisBroker::describe(const World&, const Action& action) const {
  const auto group_name = [&](std::uint32_t reader) { return readers_[reader].wiring->name; };
  const auto channel_name = [&](std::uint32_t line) { return system_.channels[wiring_.streams[line].channel].name; };
  const auto counted = [](std::uint32_t count, const char* one) { return count == 1 ? std::string(one) : fmt::format("{} {}s", count, one); };
  if (action.kind == ActionKind::broker) return fmt::format("looks for idle entries of {}", group_name(action.b));
  const FaultKind kind = system_.faults[action.fault].kind;
  if (kind == FaultKind::rewind) return fmt::format("sets the last id of {}", group_name(action.b));
  if (kind == FaultKind::expiry) return fmt::format("{} is trimmed of its oldest {}, unread", channel_name(action.b), counted(action.choice, "entry"));
  const char* const how = kind == FaultKind::failover ? "fails over" : "loses power";
  if ((action.choice & 0xffff) == 0) return fmt::format("{} {} and loses nothing", channel_name(action.b), how);
  if ((action.choice >> 16) != 0) return fmt::format("{} {} and forgets its newest {}", group_name(action.b), how, counted(action.choice & 0xffff, "ack"));
  return fmt::format("{} {} and loses its newest {}", channel_name(action.b), how, counted(action.choice & 0xffff, "entry"));
}

namespace {

std::unique_ptr<Broker> create(const System& system, std::uint32_t index, Diagnostics& diagnostics) {
  return std::make_unique<RedisBroker>(system, index, read_wiring(system, index, diagnostics));
}

constexpr FaultKind faults[] = {FaultKind::failover, FaultKind::power_loss, FaultKind::expiry, FaultKind::rewind};

}  // namespace

BrokerKind redis_broker() {
  static const std::vector<OptionInfo> infos = product_options::infos(product());
  return {"redis_streams", "Redis Streams: consumer groups that redeliver nothing by themselves; claims are the client's", create, infos, faults,
          "a read brings one entry, and what a living consumer works on is claimed only where its handler or a pause can last as long as min-idle-time"};
}

}  // namespace flowtank::redis
