// SPDX-License-Identifier: Apache-2.0
// See redis_broker.hpp: the state of a stream and its groups as one word, for explorations. Ids are written as distances from
// the oldest entry that somebody may still read, so that what happened before does not matter; only the low bits of the newest
// one are kept, since runs hold them. Who owns an entry matters only where instances read their history.
#include <algorithm>

#include <sim/world/world.hpp>

#include "models/brokers/redis_streams/redis_broker.hpp"

namespace flowtank::redis {
namespace {

constexpr std::uint64_t most_count = 255;  // deliveries beyond it are alike

}  // namespace

RedisBroker::Line& RedisBroker::line(const World& world, std::uint32_t at) const {
  Line& line = lines_[at];
  line.packed.load(world.cells(), [&](Word word) { unpack(world, line, word); });
  return line;
}

void RedisBroker::save(World& world, std::uint32_t at) {
  Line& line = lines_[at];
  // All groups are asked what they still need: with very many of them not after each change (timed).
  constexpr std::size_t few = 16;
  if (world.cells().tracking() || ++line.changes >= line.readers.size() / few) {
    line.changes = 0;
    forget_read(line);
  }
  line.packed.save(world.cells(), [&] { return pack(world, line); });
}

// What every group has read and settled stays in a real stream; nobody here looks at it again.
void RedisBroker::forget_read(Line& line) const {
  const std::size_t at = static_cast<std::size_t>(&line - lines_.data());
  if (keeps_history_ || wiring_.streams[at].trimming.by != Trimming::By::nothing) return;
  StreamId least = line.stream.last_id();
  for (const std::uint32_t r : line.readers) {
    const Group& group = readers_[r].group;
    least = std::min(least, group.last_id());
    if (!group.pending().empty()) least = std::min(least, StreamId{1, group.pending().begin()->first.seq - 1});
  }
  while (line.stream.length() != 0 && line.stream.entries().front().id <= least) line.stream.pop_front();
}

Word RedisBroker::pack(World& world, Line& line) const {
  const Stream& stream = line.stream;
  Packer out;
  const std::uint64_t last = stream.last_id().seq, size = stream.length(), first = last + 1 - size;
  out.number(last & explored_marks);
  out.number(size);
  for (const Entry& entry : stream.entries()) out.word(entry.body);
  for (const std::uint32_t r : line.readers) {
    const Reader& reader = readers_[r];
    const Group& group = reader.group;
    out.number(std::max(group.last_id().seq + 1, first) - first);
    out.number(group.pending().size());
    for (const auto& [id, pending] : group.pending()) {
      out.number(id.seq & explored_marks);
      out.number(reader.wiring->reads_history ? pending.consumer : 0);
      out.number(std::min(pending.count, most_count));
      out.number(std::uint64_t{pending.again} | std::uint64_t{std::min(pending.holders, 255U)} << 1 | std::uint64_t{pending.tries} << 9);
    }
    out.number(reader.passed_over.size());
    for (const StreamId& id : reader.passed_over) out.number(id.seq & explored_marks);
    out.number(reader.settled.size());
    for (const Settled& one : reader.settled) {
      out.number(one.id.seq & explored_marks);
      out.number(reader.wiring->reads_history ? one.consumer : 0);
      out.word(one.message);
    }
  }
  return out.finish(world.pool());
}

void RedisBroker::unpack(const World& world, Line& line, Word word) const {
  line.stream = Stream();
  for (const std::uint32_t r : line.readers) {
    Reader& reader = readers_[r];
    reader.group = Group();
    for (std::uint32_t slot = 0; slot < reader.slots; ++slot) reader.group.consumer(std::to_string(slot + 1), 0);
    reader.passed_over.clear();
    reader.settled.clear();
  }
  if (word == absent_word) return;
  Unpacker in(world.pool(), word);
  std::uint64_t last = in.number();
  const std::uint64_t size = in.number();
  while (last < size + explored_marks) last += explored_marks + 1;  // so that what is older has numbers too
  const std::uint64_t first = last + 1 - size;
  for (std::uint64_t i = 0; i < size; ++i) line.stream.add({1, first + i}, in.word());
  if (size == 0) line.stream.set_last_id({1, last}, std::nullopt, std::nullopt);
  const auto id_of_mark = [&](std::uint64_t mark) {
    const std::uint64_t seq = (last & ~explored_marks) | mark;
    return StreamId{1, seq > last ? seq - explored_marks - 1 : seq};
  };
  for (const std::uint32_t r : line.readers) {
    Reader& reader = readers_[r];
    reader.group.set_id({1, first + in.number() - 1}, std::nullopt);
    for (std::uint64_t n = in.number(); n > 0; --n) {
      Pending pending;
      const StreamId id = id_of_mark(in.number());
      pending.consumer = static_cast<std::uint32_t>(in.number());
      pending.count = in.number();
      const std::uint64_t bits = in.number();
      pending.again = (bits & 1) != 0;
      pending.holders = static_cast<std::uint32_t>(bits >> 1 & 255);
      pending.tries = static_cast<std::uint32_t>(bits >> 9);
      reader.group.put_pending(id, pending);
    }
    for (std::uint64_t n = in.number(); n > 0; --n) reader.passed_over.insert(id_of_mark(in.number()));
    for (std::uint64_t n = in.number(); n > 0; --n) {
      Settled one;
      one.id = id_of_mark(in.number());
      one.consumer = static_cast<std::uint32_t>(in.number());
      one.message = in.word();
      reader.settled.push_back(one);
    }
  }
}

}  // namespace flowtank::redis
