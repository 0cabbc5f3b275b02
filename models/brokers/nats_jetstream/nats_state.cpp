// SPDX-License-Identifier: Apache-2.0
// See nats_broker.hpp: the state of a stream and its consumers as one word, for explorations. Sequences are written as
// distances from the oldest message that somebody may still read, so that what happened before does not matter; only the low
// bits of the newest one are kept, since runs hold them.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/nats_jetstream/nats_broker.hpp"

namespace flowtank::nats {
namespace {

constexpr std::uint64_t most_count = 255;  // deliveries beyond it are alike

}  // namespace

NatsBroker::Line& NatsBroker::line(const World& world, std::uint32_t at) const {
  Line& line = lines_[at];
  line.packed.load(world.cells(), [&](Word word) { unpack(world, line, word); });
  return line;
}

void NatsBroker::save(World& world, std::uint32_t at) {
  Line& line = lines_[at];
  if (!world.cells().tracking()) {
    // All consumers are asked what they still need: with very many of them not after each change.
    constexpr std::size_t few = 16;
    if (++line.changes < line.readers.size() / few) return;
    line.changes = 0;
    if (!keeps_history_ && line.stream->config().max_msgs <= 0 && line.stream->config().max_msgs_per_subject <= 0 && line.stream->config().max_age <= 0) line.stream->forget_below(least_needed(line));
    return;
  }
  line.packed.save(world.cells(), [&] { return pack(world, line); });
}

// The oldest message that may still be delivered.
std::uint64_t NatsBroker::least_needed(const Line& line) const {
  std::uint64_t least = line.stream->last_seq() + 1;
  for (const Consumer& c : line.stream->consumers()) {
    least = std::min(least, c.state().next_stream_seq);
    if (!c.state().pending.empty()) least = std::min(least, c.state().pending.begin()->first);
  }
  return least;
}

Word NatsBroker::pack(World& world, Line& line) const {
  Stream& stream = *line.stream;
  const bool counts = stream.config().max_msgs > 0 || stream.config().max_msgs_per_subject > 0 || keeps_history_;
  if (!counts) stream.forget_below(least_needed(line));
  Packer out;
  const std::uint64_t first = stream.first_seq(), size = stream.last_seq() + 1 - first;
  out.number(stream.last_seq() & explored_marks);
  out.number(size);
  for (std::uint64_t seq = first; seq <= stream.last_seq(); ++seq) {
    const Message* message = stream.find(seq);
    out.word(message == nullptr ? absent_word : message->body);
    if (stream.config().max_msgs_per_subject > 0) out.word(message == nullptr ? absent_word : message->subject);
  }
  for (std::size_t i = 0; i < line.readers.size(); ++i) {
    const Consumer& c = stream.consumers()[i];
    const Consumer::State& s = c.state();
    out.number(std::max(s.next_stream_seq, first) - first);
    out.number(s.pending.size());
    for (const auto& [seq, pending] : s.pending) {
      out.number(seq - first);
      out.number(std::min(pending.holders, 255U));
      out.number(std::min(c.deliveries_of(seq), most_count));
    }
    out.number(s.redeliver.size());
    for (const std::uint64_t seq : s.redeliver) out.number(seq - first);
    out.number(s.passed_over.size());
    for (const std::uint64_t seq : s.passed_over) out.number(seq - first);
    if (c.config().ack_policy == AckPolicy::all) out.number(std::max(s.floor_stream_seq + 1, first) - first);
    const auto& settled = readers_[line.readers[i]].settled;
    const auto kept = std::count_if(settled.begin(), settled.end(), [&](const Settled& one) { return one.seq >= first; });
    out.number(static_cast<std::uint64_t>(kept));
    for (const Settled& one : settled) {
      if (one.seq >= first) out.number(one.seq - first);
    }
  }
  std::vector<Word> ids;
  for (const auto& [id, seq] : stream.known_ids()) ids.push_back(id);
  std::sort(ids.begin(), ids.end(), [&](Word a, Word b) {
    const Hash128 x = world.pool().content(a), y = world.pool().content(b);
    return x.hi != y.hi ? x.hi < y.hi : x.lo < y.lo;
  });
  out.number(ids.size());
  for (const Word id : ids) out.word(id);
  return out.finish(world.pool());
}

void NatsBroker::unpack(const World& world, Line& line, Word word) const {
  Stream& stream = *line.stream;
  if (word == absent_word) {
    stream = Stream(world.pool(), stream.config());
    stream.watch_losses(true);
    for (const std::uint32_t r : line.readers) {
      stream.add_consumer(readers_[r].wiring->consumer);
      readers_[r].settled.clear();
    }
    return;
  }
  Unpacker in(world.pool(), word);
  std::uint64_t last = in.number();
  const std::uint64_t size = in.number();
  while (last < size) last += explored_marks + 1;
  const std::uint64_t first = last + 1 - size;
  std::deque<Message> messages;
  for (std::uint64_t i = 0; i < size; ++i) {
    Message message;
    message.body = in.word();
    message.subject = stream.config().max_msgs_per_subject > 0 ? in.word() : line.subject;
    messages.push_back(message);
  }
  stream.restore(first, std::move(messages), last);
  for (std::size_t i = 0; i < line.readers.size(); ++i) {
    Consumer& c = stream.consumers()[i];
    Consumer::State& s = c.state();
    s = {};
    s.next_stream_seq = first + in.number();
    for (std::uint64_t n = in.number(); n > 0; --n) {
      const std::uint64_t seq = first + in.number();
      s.pending[seq] = {s.next_consumer_seq++, 0, static_cast<std::uint32_t>(in.number())};
      if (const std::uint64_t count = in.number(); count > 1) s.again[seq] = count - 1;
    }
    for (std::uint64_t n = in.number(); n > 0; --n) s.redeliver.push_back(first + in.number());
    for (std::uint64_t n = in.number(); n > 0; --n) s.passed_over.insert(first + in.number());
    s.floor_stream_seq = c.config().ack_policy == AckPolicy::all ? first + in.number() - 1 : first - 1;
    for (std::uint64_t seq = s.next_stream_seq; seq <= last; ++seq) s.not_delivered += stream.find(seq) != nullptr && s.passed_over.count(seq) == 0 ? 1 : 0;
    auto& settled = readers_[line.readers[i]].settled;
    settled.clear();
    for (std::uint64_t n = in.number(); n > 0; --n) {
      const std::uint64_t seq = first + in.number();
      settled.push_back({seq, stream.find(seq) == nullptr ? absent_word : stream.find(seq)->body});
    }
  }
  stream.forget_ids();
  for (std::uint64_t n = in.number(); n > 0; --n) stream.know_id(in.word(), last, 0);
}

}  // namespace flowtank::nats
