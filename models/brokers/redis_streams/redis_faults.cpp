// SPDX-License-Identifier: Apache-2.0
// See redis_broker.hpp: faults. Copies that are duplicated, lost or moved (as under every broker), and Redis' own: writes that a
// crash or a failover takes back, which are entries and acknowledgements alike, trimming before reading, a group set to another id.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/lost_copy.hpp"
#include "models/brokers/redis_streams/redis_broker.hpp"

namespace flowtank::redis {

// ---- copies ----------------------------------------------------------------------------------------------------

void RedisBroker::strikable(const World& world, std::uint32_t s, ActionKind kind, std::uint16_t fault, std::vector<Action>& out) const {
  const std::uint32_t at = reader_of_subscription_.empty() ? none : reader_of_subscription_[s];
  if (at == none) return;
  const Reader& reader = readers_[at];
  const Line& line = this->line(world, reader.line);
  const auto add = [&](const Entry& entry) { out.push_back({.kind = kind, .fault = fault, .a = s, .b = static_cast<std::uint32_t>(entry.id.seq & marks(world)), .word = entry.body}); };
  const std::size_t from = line.stream.after(reader.group.last_id());
  for (std::size_t i = from; i < line.stream.length(); ++i) {
    const Entry& entry = line.stream.entries()[i];
    if (reader.passed_over.count(entry.id) == 0 && (kind != ActionKind::fault_reorder || line.stream.length() - from > 1)) add(entry);
  }
  if (kind == ActionKind::fault_reorder) return;
  // What a consumer was handed can be handed out twice, but neither lost nor moved any more.
  for (const auto& [id, pending] : reader.group.pending()) {
    const Entry* entry = line.stream.find(id);
    if (kind == ActionKind::fault_duplicate && entry != nullptr) add(*entry);
  }
  reader.floating.each(world, [&](std::uint32_t, Word message, std::uint32_t attempts) {
    out.push_back({.kind = kind, .fault = fault, .a = s, .b = FloatingCopies::first_copy, .choice = 1 + attempts, .word = message});
  });
}

void RedisBroker::strike(World& world, const Action& action) {
  if (action.kind == ActionKind::fault_broker) {
    const Fault& fault = system_.faults[action.fault];
    if (fault.kind == FaultKind::rewind) return rewind(world, action.b, fault);
    if (fault.kind == FaultKind::expiry) {
      Line& line = this->line(world, action.b);
      std::size_t read = line.stream.length();
      for (const std::uint32_t r : line.readers) read = std::min(read, line.stream.after(readers_[r].group.last_id()));
      std::vector<Word> gone;
      for (std::size_t i = read; i < read + action.choice; ++i) gone.push_back(line.stream.entries()[i].body);
      note_struck(world, gone);
      Trimming how;
      how.by = Trimming::By::max_length;
      how.max_length = line.stream.length() - read - action.choice;
      trim(world, line, how, Fate::expired);  // RS-TRIM-1
      return save(world, action.b);
    }
    if ((action.choice >> 16) != 0) return forget_acks(world, action.b, action.choice & 0xffff);
    return lose_newest(world, action.b, action.choice & 0xffff);
  }
  Reader& reader = readers_[reader_of(action.a)];
  if (action.kind == ActionKind::fault_duplicate) {
    world.copies_change(action.a, action.word, 1);
    return reader.floating.add(world, action.word, 0, Duration{});
  }
  if (action.b >= FloatingCopies::first_copy) {
    reader.floating.take(world, action.word, action.choice - 1);
  } else {
    const Line& line = this->line(world, reader.line);
    reader.passed_over.insert(id_of(world, line, action.b));
    save(world, reader.line);
  }
  if (action.kind == ActionKind::fault_reorder) reader.floating.add(world, action.word, 0, Duration{});
  else lost(world, action.a, action.word, Fate::lost);
}

// ---- the broker itself -----------------------------------------------------------------------------------------

// RS-DUR-1: does everything that was answered survive this?
bool RedisBroker::keeps_all(FaultKind kind) const {
  if (kind == FaultKind::failover) return wiring_.replicas == 0;  // nobody could take over: unavailable, nothing lost
  return wiring_.appendonly && wiring_.appendfsync == Fsync::always;
}

void RedisBroker::strikes(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[index];
  const auto add = [&](std::uint32_t b, std::uint64_t choice) { out.push_back({.kind = ActionKind::fault_broker, .fault = index, .a = index_, .b = b, .choice = static_cast<std::uint32_t>(choice)}); };
  const std::size_t before = out.size();
  std::vector<std::uint32_t> unharmed;
  for (std::uint32_t at = 0; at < lines_.size(); ++at) {
    if (fault.on.channel != none && fault.on.channel != wiring_.streams[at].channel) continue;
    const Line& line = this->line(world, at);
    std::size_t read = line.stream.length();
    for (const std::uint32_t r : line.readers) read = std::min(read, line.stream.after(readers_[r].group.last_id()));
    const bool writes_back = fault.kind == FaultKind::failover || fault.kind == FaultKind::power_loss;
    if (fault.kind == FaultKind::expiry && wiring_.streams[at].trimming.by != Trimming::By::nothing) {
      for (std::uint64_t count = std::min<std::uint64_t>(fault.with.versions, line.stream.length() - read); count > 0; --count) add(at, count);
    }
    if (writes_back && keeps_all(fault.kind)) {
      if ((fault.kind == FaultKind::power_loss || wiring_.replicas > 0) && line.stream.length() != 0) unharmed.push_back(at);
      continue;
    }
    if (writes_back) {
      for (std::uint64_t count = std::min<std::uint64_t>(fault.with.versions, line.stream.length()); count > 0; --count) add(at, count);
    }
    for (const std::uint32_t r : line.readers) {
      const Reader& reader = readers_[r];
      if (fault.on.consumer != none && system_.subscriptions[subscription_of(reader)].service != fault.on.consumer) continue;
      if (writes_back) {
        for (std::uint64_t count = std::min<std::uint64_t>(fault.with.versions, reader.settled.size()); count > 0; --count) add(r, count | std::uint64_t{1} << 16);
      }
      if (fault.kind == FaultKind::rewind && rewound(line, reader, fault) != reader.group.last_id()) add(r, 0);
    }
  }
  if (out.size() != before) return;
  for (const std::uint32_t at : unharmed) add(at, 0);
}

// RS-DUR-1: acknowledged XADDs vanish, and what groups did with them.
void RedisBroker::lose_newest(World& world, std::uint32_t at, std::uint64_t count) {
  Line& line = this->line(world, at);
  std::vector<Word> gone;
  for (std::uint64_t i = 0; i < count; ++i) gone.push_back(line.stream.entries()[line.stream.length() - 1 - i].body);
  note_struck(world, gone);
  for (; count > 0; --count) {
    const Entry entry = line.stream.entries().back();
    for (const std::uint32_t r : line.readers) {
      Reader& reader = readers_[r];
      const bool passed = reader.passed_over.erase(entry.id) != 0;
      const bool unread = entry.id > reader.group.last_id() && !passed;
      const Pending* pending = reader.group.find_pending(entry.id);
      if (unread || (pending != nullptr && pending->holders == 0)) lost(world, subscription_of(reader), entry.body, Fate::lost);
      else if (pending != nullptr) world.copies_change(subscription_of(reader), entry.body, -1);  // it is being handled
      reader.group.acknowledge(entry.id);
      std::erase_if(reader.settled, [&](const Settled& one) { return one.id == entry.id; });
    }
    line.stream.pop_back();
    for (const std::uint32_t r : line.readers) {
      if (readers_[r].group.last_id() > line.stream.last_id()) readers_[r].group.set_id(line.stream.last_id(), std::nullopt);
    }
  }
  save(world, at);
}

// RS-DUR-1: XACKs vanish: acknowledged entries are pending again.
void RedisBroker::forget_acks(World& world, std::uint32_t at, std::uint64_t count) {
  Reader& reader = readers_[at];
  Line& line = this->line(world, reader.line);
  std::vector<Word> again;
  for (; count > 0 && !reader.settled.empty(); --count) {
    const Settled one = reader.settled.back();
    reader.settled.pop_back();
    if (line.stream.find(one.id) == nullptr) continue;
    reader.group.put_pending(one.id, Pending{one.consumer, now_ms(world), 1, 0, 0, false});
    world.copies_change(subscription_of(reader), one.message, 1);
    again.push_back(one.message);
  }
  note_struck(world, again);
  offer_claim(world, at);
  save(world, reader.line);
}

StreamId RedisBroker::rewound(const Line& line, const Reader& reader, const Fault& fault) const {
  const auto back = static_cast<std::uint64_t>(fault.with.policy == 2 ? std::max<std::uint64_t>(fault.with.back, 1) : fault.with.back);
  const StreamId first = line.stream.length() == 0 ? line.stream.last_id() : StreamId{1, line.stream.entries().front().id.seq - 1};
  if (back != 0) return {1, reader.group.last_id().seq > first.seq + back ? reader.group.last_id().seq - back : first.seq};
  return fault.with.policy == 1 ? line.stream.last_id() : first;
}

// RS-GRP-4: SETID; entries are handed out again, and one that is pending changes its owner then.
void RedisBroker::rewind(World& world, std::uint32_t at, const Fault& fault) {
  Reader& reader = readers_[at];
  Line& line = this->line(world, reader.line);
  const StreamId to = rewound(line, reader, fault), from = reader.group.last_id();
  std::vector<Word> touched;
  for (const Entry& entry : line.stream.entries()) {
    const bool forward = entry.id > from && entry.id <= to, backward = entry.id > to && entry.id <= from;
    if (forward || backward) touched.push_back(entry.body);
    if (forward && reader.passed_over.erase(entry.id) == 0) lost(world, subscription_of(reader), entry.body, Fate::lost);
    if (!backward) continue;
    if (reader.group.acknowledge(entry.id)) continue;  // still counted; who handles it goes on
    world.copies_change(subscription_of(reader), entry.body, 1);
  }
  note_struck(world, touched);
  reader.group.set_id(to, std::nullopt);
  reader.settled.clear();
  offer_next(world, at);
  save(world, reader.line);
}

}  // namespace flowtank::redis
