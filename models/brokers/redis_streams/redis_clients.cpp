// SPDX-License-Identifier: Apache-2.0
// See redis_broker.hpp: what clients do in timed runs. Claims of what was idle for too long, entries that a client was handed
// and has not begun to handle, what an instance reads when it starts again. At most one offer of the next entry waits in the
// agenda, unless an earlier one became possible.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/handling_time.hpp"
#include "models/brokers/redis_streams/redis_broker.hpp"

namespace flowtank::redis {

std::uint32_t RedisBroker::first_instance(const World& world, const Reader& reader) const {
  return world.runs().first_instance(system_.subscriptions[subscription_of(reader)].service);
}

// Can min-idle-time be over while a consumer has the entry in its hands? Entries of one read are handled one after the other.
bool RedisBroker::may_lapse_at_work(const GroupWiring& wired) const {
  HandlingTime time = handling_time(system_, wired.subscription);
  time.by_itself = time.by_itself * static_cast<std::int64_t>(wired.count);
  return wired.claims && time.reaches(Duration(wired.min_idle_ms * 1'000'000));
}

void RedisBroker::offer_next(World& world, std::uint32_t at) {
  if (!world.timed()) return;
  Reader& reader = readers_[at];
  const Entry* entry = next_entry(lines_[reader.line], reader);
  if (entry == nullptr) return;
  const Time when = std::max(reader.arrivals.ready_at(entry->id.seq), world.now());
  if (!reader.arrivals.must_offer(when)) return;
  world.offer(when - world.now(), {.kind = ActionKind::deliver, .a = subscription_of(reader), .b = next_copy, .word = entry->body});
}

// What a client has in its hands, in the order in which it came; with a delay what it tries again later.
void RedisBroker::hold(World& world, std::uint32_t at, std::uint32_t slot, const Held& one, Duration after) {
  auto& held = readers_[at].held[slot];
  held.push_back(one);
  if (held.size() == 1 || after > Duration{}) {
    world.offer(after, {.kind = ActionKind::deliver, .a = subscription_of(readers_[at]), .b = first_bound + slot, .word = one.message});
  }
}

// A read of several entries: all of them are pending from now on.
void RedisBroker::read_more(World& world, std::uint32_t at, std::uint32_t slot) {
  Reader& reader = readers_[at];
  for (std::uint64_t i = 1; i < reader.wiring->count; ++i) {
    const Entry* entry = next_entry(lines_[reader.line], reader);
    if (entry == nullptr || reader.arrivals.ready_at(entry->id.seq) > world.now()) return;
    StreamId id;
    const Word message = read_one(world, at, slot, id);
    hold(world, at, slot, {id, message, 0});
  }
}

// ---- claims ----------------------------------------------------------------------------------------------------

// Clients look at multiples of the interval; the first one at which something may be idle for long enough is offered.
void RedisBroker::offer_claim(World& world, std::uint32_t at) {
  Reader& reader = readers_[at];
  if (!world.timed() || !reader.wiring->claims || reader.claim_at < Time::never() || reader.group.pending().empty()) return;
  std::int64_t oldest = INT64_MAX;
  for (const auto& [id, pending] : reader.group.pending()) oldest = std::min(oldest, pending.delivered_ms);
  const std::int64_t interval = reader.wiring->claim_interval_ms, now = now_ms(world);
  const std::int64_t from = std::max(oldest + reader.wiring->min_idle_ms, now + 1);
  const std::int64_t tick = (from + interval - 1) / interval * interval;
  reader.claim_at = Time(tick * 1'000'000);
  world.offer(reader.claim_at - world.now(), {.kind = ActionKind::broker, .a = index_, .b = at});
}

// Who claims first: an instance that is up, rather one that has nothing to do.
std::uint32_t RedisBroker::claimer(const World& world, const Reader& reader) const {
  const std::uint32_t first = first_instance(world, reader);
  std::uint32_t any = nobody;
  for (std::uint32_t slot = 0; slot < reader.slots; ++slot) {
    if (!world.faults().is_up(first + slot)) continue;
    if (reader.held[slot].empty() && world.runs().free_frame_of(world, first + slot) != none) return slot;
    any = any == nobody ? slot : any;
  }
  return any;
}

void RedisBroker::apply(World& world, const Action& action) {
  Reader& reader = readers_[action.b];
  Line& line = lines_[reader.line];
  reader.claim_at = Time::never();
  if (const std::uint32_t slot = claimer(world, reader); slot != nobody) {
    // RS-CLAIM-3. The former owner is not told (RS-CLAIM-2): what it has in its hands it handles too.
    const AutoClaimed out = reader.group.auto_claim(line.stream, reader.group.consumers()[slot].name, reader.wiring->min_idle_ms, first_id, 100, false, now_ms(world));
    for (const Handed& one : out.claimed) {
      const Pending& pending = *reader.group.find_pending(one.id);
      hold(world, action.b, slot, {one.id, one.body, static_cast<std::uint32_t>(std::min<std::uint64_t>(pending.count - 1, 255))});
    }
  }
  offer_claim(world, action.b);
}

bool RedisBroker::is_inert(const World&, const Action& action) const { return readers_[action.b].group.pending().empty(); }

// ---- instances -------------------------------------------------------------------------------------------------

void RedisBroker::instance_down(World& world, std::uint32_t instance) {
  for (Reader& reader : readers_) {
    const std::uint32_t first = first_instance(world, reader);
    if (!world.timed() || instance < first || instance >= first + reader.slots) continue;
    auto& held = reader.held[instance - first];
    for (const Held& one : held) {
      if (reader.wiring->no_ack) lost(world, subscription_of(reader), one.message, Fate::lost, false);  // RS-ACK-3
    }
    held.clear();  // RS-PEL-1: pending under its name, and nobody is told
  }
}

void RedisBroker::instance_up(World& world, std::uint32_t instance) {
  for (std::uint32_t at = 0; at < readers_.size(); ++at) {
    Reader& reader = readers_[at];
    const std::uint32_t first = first_instance(world, reader);
    if (instance < first || instance >= first + reader.slots || !reader.wiring->reads_history) continue;
    const std::uint32_t slot = instance - first;
    Line& line = this->line(world, reader.line);
    if (world.timed()) {
      for (const Handed& one : reader.group.read_history(line.stream, slot, first_id, 0, now_ms(world))) {  // RS-HIST-1
        if (one.body == absent_word) continue;
        const Pending& pending = *reader.group.find_pending(one.id);
        hold(world, at, slot, {one.id, one.body, static_cast<std::uint32_t>(std::min<std::uint64_t>(pending.count - 1, 255))});
      }
      continue;
    }
    std::vector<StreamId> own;
    for (const auto& [id, pending] : reader.group.pending()) {
      if (pending.consumer == slot && pending.holders == 0) own.push_back(id);
    }
    for (const StreamId& id : own) reader.group.find_pending(id)->again = true;
    if (!own.empty()) save(world, reader.line);
  }
}

}  // namespace flowtank::redis
