// SPDX-License-Identifier: Apache-2.0
// See nats_broker.hpp: faults. Copies that are duplicated, lost or moved (as under every broker), and JetStream's own: acks that a
// failover forgets, messages that were not on disk, messages that a limit takes before they are read, a consumer created again.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/lost_copy.hpp"
#include "models/brokers/nats_jetstream/nats_broker.hpp"

namespace flowtank::nats {

// ---- copies ----------------------------------------------------------------------------------------------------

// Not delivered, or to be delivered again.
std::vector<std::uint64_t> NatsBroker::waiting(const Line& line, const Reader& reader) const {
  const Consumer::State& s = consumer(reader).state();
  std::vector<std::uint64_t> out(s.redeliver.begin(), s.redeliver.end());
  for (std::uint64_t seq = std::max(s.next_stream_seq, line.stream->first_seq()); seq <= line.stream->last_seq(); ++seq) {
    if (line.stream->find(seq) != nullptr && s.passed_over.count(seq) == 0) out.push_back(seq);
  }
  return out;
}

void NatsBroker::strikable(const World& world, std::uint32_t s, ActionKind kind, std::uint16_t fault, std::vector<Action>& out) const {
  const std::uint32_t at = reader_of_subscription_.empty() ? none : reader_of_subscription_[s];
  if (at == none) return;
  const Reader& reader = readers_[at];
  const Line& line = this->line(world, reader.line);
  const auto add = [&](std::uint64_t seq) { out.push_back({.kind = kind, .fault = fault, .a = s, .b = static_cast<std::uint32_t>(seq & marks(world)), .word = line.stream->find(seq)->body}); };
  const auto waits = waiting(line, reader);
  for (const std::uint64_t seq : waits) {
    if (kind != ActionKind::fault_reorder || waits.size() > 1) add(seq);
  }
  if (kind == ActionKind::fault_reorder) return;
  // What a worker has can be delivered twice, but neither lost nor moved any more.
  for (const auto& [seq, pending] : consumer(reader).state().pending) {
    const bool waits_again = std::find(waits.begin(), waits.end(), seq) != waits.end();
    if (kind == ActionKind::fault_duplicate && !waits_again && line.stream->find(seq) != nullptr) add(seq);
  }
  reader.floating.each(world, [&](std::uint32_t, Word message, std::uint32_t attempts) {
    out.push_back({.kind = kind, .fault = fault, .a = s, .b = FloatingCopies::first_copy, .choice = 1 + attempts, .word = message});
  });
}

void NatsBroker::strike(World& world, const Action& action) {
  if (action.kind == ActionKind::fault_broker) {
    const Fault& fault = system_.faults[action.fault];
    switch (fault.kind) {
      case FaultKind::failover: return cuts_suffix(fault) ? lose_newest(world, action.b, action.choice) : forget_acks(world, action.b, action.choice);
      case FaultKind::power_loss: return lose_newest(world, action.b, action.choice);
      case FaultKind::expiry: return expire_oldest(world, action.b, action.choice);
      default: return rewind(world, action.b, fault);
    }
  }
  const std::uint32_t at = reader_of(action.a);
  Reader& reader = readers_[at];
  if (action.kind == ActionKind::fault_duplicate) {
    world.copies_change(action.a, action.word, 1);
    return reader.floating.add(world, action.word, 0, Duration{});
  }
  if (action.b >= FloatingCopies::first_copy) {
    reader.floating.take(world, action.word, action.choice - 1);
  } else {
    Line& line = this->line(world, reader.line);
    for (const std::uint64_t seq : waiting(line, reader)) {
      if ((seq & marks(world)) != action.b || line.stream->find(seq)->body != action.word) continue;
      consumer(reader).pass_over(*line.stream, seq);
      break;
    }
    save(world, reader.line);
  }
  if (action.kind == ActionKind::fault_reorder) reader.floating.add(world, action.word, 0, Duration{});
  else lost(world, action.a, action.word, Fate::lost);
}

// ---- the broker itself -----------------------------------------------------------------------------------------

void NatsBroker::strikes(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[index];
  const auto add = [&](std::uint32_t b, std::uint64_t choice) { out.push_back({.kind = ActionKind::fault_broker, .fault = index, .a = index_, .b = b, .choice = static_cast<std::uint32_t>(choice)}); };
  const bool of_readers = (fault.kind == FaultKind::failover && !cuts_suffix(fault)) || fault.kind == FaultKind::rewind;
  const std::size_t before = out.size();
  std::vector<std::uint32_t> unharmed;  // it may fail where nothing is lost by it
  for (std::uint32_t at = 0; at < (of_readers ? readers_.size() : lines_.size()); ++at) {
    const std::uint32_t channel = of_readers ? wiring_.streams[readers_[at].line].channel : wiring_.streams[at].channel;
    if (fault.on.channel != none && fault.on.channel != channel) continue;
    if (of_readers && fault.on.consumer != none && system_.subscriptions[subscription_of(readers_[at])].service != fault.on.consumer) continue;
    const Line& line = this->line(world, of_readers ? readers_[at].line : at);
    const std::uint64_t most = most_of(world, at, fault);
    for (std::uint64_t count = most; count > 0; --count) add(at, fault.kind == FaultKind::rewind ? 0 : count);
    const bool can_fail = fault.kind == FaultKind::power_loss || (fault.kind == FaultKind::failover && line.stream->config().replicas > 1);
    if (most == 0 && can_fail && line.stream->messages() != 0) unharmed.push_back(at);
  }
  if (out.size() != before) return;
  for (const std::uint32_t at : unharmed) add(at, 0);
}

// JS-RAFT-1: one node of a majority loses power, and the followers that no majority needed have stood still: together they are
// a majority without the suffix, and choose a leader among them. A crash alone loses no page cache, and a partition no vote.
namespace {

constexpr std::uint32_t power_cause = 1;  // of crash, power, partition: the words of the fault's parameter

}  // namespace

bool NatsBroker::cuts_suffix(const Fault& fault) { return fault.with.policy == power_cause && fault.with.lag > Duration{}; }

// How many of the newest messages are in memory only: JS-RAFT-1, the file store is synced each sync_interval.
std::uint64_t NatsBroker::unsynced(const World& world, std::uint32_t at, Duration lag) const {
  const Line& line = lines_[at];
  const bool on_disk = line.stream->config().storage == Storage::file;
  if (on_disk && wiring_.streams[at].sync_interval == 0) return 0;
  std::uint64_t there = 0;
  for (std::uint64_t seq = line.stream->last_seq(); seq >= line.stream->first_seq() && seq != 0 && line.stream->find(seq) != nullptr; --seq) {
    const std::int64_t stored = line.stream->find(seq)->time;
    if (world.timed() && on_disk && stored < now_of(world) / wiring_.streams[at].sync_interval * wiring_.streams[at].sync_interval) break;
    if (world.timed() && lag > Duration{} && stored < now_of(world) - lag.nanoseconds()) break;  // the followers have it
    ++there;
  }
  return there;
}

// How many acks or messages the fault can take there; of a rewind 1 when it would change something.
std::uint64_t NatsBroker::most_of(const World& world, std::uint32_t at, const Fault& fault) const {
  switch (fault.kind) {
    case FaultKind::failover: {
      if (cuts_suffix(fault)) {
        const auto replicas = static_cast<std::int64_t>(lines_[at].stream->config().replicas), majority = replicas / 2 + 1;
        if (replicas < 2 || 1 + replicas - majority < majority) return 0;
        return std::min<std::uint64_t>(fault.with.versions, unsynced(world, at, fault.with.lag));
      }
      const Reader& reader = readers_[at];
      if (lines_[reader.line].stream->config().replicas < 2) return 0;  // nobody else could lead: unavailable, nothing forgotten
      return std::min<std::uint64_t>(fault.with.versions, reader.settled.size());
    }
    case FaultKind::power_loss: {
      const std::uint64_t there = unsynced(world, at, {});
      return lines_[at].stream->config().storage == Storage::memory ? there : std::min<std::uint64_t>(fault.with.versions, there);
    }
    case FaultKind::expiry: {
      const Line& line = lines_[at];
      const StreamConfig& config = line.stream->config();
      if (config.max_age <= 0 && config.max_msgs <= 0) return 0;  // JS-RET-3: only where a limit removes
      std::uint64_t unread = 0;
      for (const std::uint32_t r : line.readers) unread = std::max(unread, consumer(readers_[r]).state().not_delivered);
      return std::min<std::uint64_t>(fault.with.versions, unread);
    }
    default: {
      const Reader& reader = readers_[at];
      const Line& line = lines_[reader.line];
      if (line.stream->config().retention != Retention::limits) return 0;
      const Consumer::State& s = consumer(reader).state();
      const bool forward = fault.with.policy == 1 && fault.with.back == 0;
      return forward ? s.not_delivered != 0 : s.next_stream_seq > line.stream->first_seq();
    }
  }
}

// JS-RAFT-1: acknowledged and not on disk.
void NatsBroker::lose_newest(World& world, std::uint32_t at, std::uint64_t count) {
  Line& line = this->line(world, at);
  std::vector<Word> gone;
  for (std::uint64_t i = 0; i < count; ++i) gone.push_back(line.stream->find(line.stream->last_seq() - i)->body);
  note_struck(world, gone);
  for (; count > 0; --count) {
    line.stream->take_back_newest();
    report_losses(world, line);
  }
  save(world, at);
}

void NatsBroker::expire_oldest(World& world, std::uint32_t at, std::uint64_t count) {
  Line& line = this->line(world, at);
  std::vector<std::uint64_t> unread;
  for (std::uint64_t seq = line.stream->first_seq(); seq <= line.stream->last_seq() && unread.size() < count; ++seq) {
    const bool waits = std::any_of(line.readers.begin(), line.readers.end(), [&](std::uint32_t r) { return seq >= consumer(readers_[r]).state().next_stream_seq; });
    if (line.stream->find(seq) != nullptr && waits) unread.push_back(seq);
  }
  std::vector<Word> gone;
  for (const std::uint64_t seq : unread) gone.push_back(line.stream->find(seq)->body);
  note_struck(world, gone);
  for (const std::uint64_t seq : unread) line.stream->remove(seq, Gone::age);
  report_losses(world, line);
  save(world, at);
}

// JS-RAFT-1: the new leader of the consumer does not have the newest acks.
void NatsBroker::forget_acks(World& world, std::uint32_t at, std::uint64_t count) {
  Reader& reader = readers_[at];
  Line& line = this->line(world, reader.line);
  Consumer& c = consumer(reader);
  std::vector<Word> again;
  for (; count > 0 && !reader.settled.empty(); --count) {
    const Settled one = reader.settled.back();
    reader.settled.pop_back();
    if (line.stream->find(one.seq) == nullptr) continue;
    c.state().pending[one.seq] = {c.state().next_consumer_seq++, now_of(world), 0};
    world.copies_change(subscription_of(reader), one.message, 1);
    again.push_back(one.message);
  }
  note_struck(world, again);
  offer_deadline(world, at);
  save(world, reader.line);
}

// The consumer was deleted and created again: it begins where its policy says (JS-DLV-1).
void NatsBroker::rewind(World& world, std::uint32_t at, const Fault& fault) {
  Reader& reader = readers_[at];
  Line& line = this->line(world, reader.line);
  Consumer::State& s = consumer(reader).state();
  const std::uint32_t subscription = subscription_of(reader);
  const std::uint64_t first = line.stream->first_seq(), before = s.next_stream_seq;
  const auto back = static_cast<std::uint64_t>(fault.with.policy == 2 ? std::max<std::uint64_t>(fault.with.back, 1) : fault.with.back);
  const std::uint64_t to = back != 0 ? (before > first + back ? before - back : first) : fault.with.policy == 1 ? line.stream->last_seq() + 1 : first;
  std::vector<Word> touched;
  for (std::uint64_t seq = std::min(before, to); seq < std::max(before, to); ++seq) {
    if (line.stream->find(seq) != nullptr) touched.push_back(line.stream->find(seq)->body);
  }
  note_struck(world, touched);
  for (const auto& [seq, pending] : s.pending) {
    if (seq < to && line.stream->find(seq) != nullptr) lost(world, subscription, line.stream->find(seq)->body, Fate::lost);
  }
  for (std::uint64_t seq = before; seq < to; ++seq) {
    if (line.stream->find(seq) != nullptr && s.passed_over.count(seq) == 0) lost(world, subscription, line.stream->find(seq)->body, Fate::lost);
  }
  for (std::uint64_t seq = to; seq < before; ++seq) {
    if (line.stream->find(seq) != nullptr && s.pending.count(seq) == 0) world.copies_change(subscription, line.stream->find(seq)->body, 1);
  }
  s = {};
  s.next_stream_seq = to;
  for (std::uint64_t seq = to; seq <= line.stream->last_seq(); ++seq) s.not_delivered += line.stream->find(seq) != nullptr ? 1 : 0;
  reader.settled.clear();
  if (world.timed()) {
    if (reader.wiring->consumer.is_push()) push(world, at);
    else offer_next(world, at);
  }
  save(world, reader.line);
}

}  // namespace flowtank::nats
