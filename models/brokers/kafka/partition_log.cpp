// SPDX-License-Identifier: Apache-2.0
// See partition_log.hpp: records, the hash of what remains, transactions of the log and retention. Replicas are in
// replicas.cpp.
#include "models/brokers/kafka/partition_log.hpp"

#include <algorithm>

#include <sim/base/check.hpp>
#include <sim/world/component.hpp>
#include <sim/base/word_index.hpp>

namespace flowtank::kafka {
namespace {

// Steps of the polynomial; odd, so that they have inverses modulo 2^64.
constexpr std::uint64_t step_lo = 0x9e3779b97f4a7c15ULL, step_hi = 0xc2b2ae3d27d4eb4fULL;

constexpr std::uint64_t inverse(std::uint64_t odd) {
  std::uint64_t x = odd;  // right to 3 bits; each round doubles them
  for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
  return x;
}
static_assert(inverse(step_lo) * step_lo == 1 && inverse(step_hi) * step_hi == 1);

constexpr std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
  std::uint64_t result = 1;
  for (; exponent != 0; exponent >>= 1, base *= base) {
    if ((exponent & 1) != 0) result *= base;
  }
  return result;
}

// The second cell of a record: kind, producer (21 bits), time in ms (40 bits).
constexpr std::uint64_t packed(const LogEntry& entry) {
  return static_cast<std::uint64_t>(entry.kind) | std::uint64_t{entry.producer} << 3 |
         static_cast<std::uint64_t>(entry.time_ms) << 24;
}
constexpr std::uint32_t producer_of(std::uint64_t meta) { return static_cast<std::uint32_t>(meta >> 3) & 0x1fffff; }
constexpr std::int64_t time_of(std::uint64_t meta) { return static_cast<std::int64_t>(meta >> 24); }

}  // namespace

Cell LogPages::take(Cells& cells) {
  if (!cells.tracking()) {
    if (free_.empty()) return cells.allocate_untracked(page_records * 2);
    const Cell page = free_.back();
    free_.pop_back();
    return page;
  }
  const Cell first = cells.allocate(Cells::Holds::quiet, 0);
  for (std::uint64_t i = 1; i < page_records * 2; ++i) cells.allocate(Cells::Holds::quiet, 0);
  return first;
}

std::uint64_t PartitionLog::key(std::uint64_t field) const { return component_key(ComponentKind::lane, owner_, field); }

void PartitionLog::build(Cells& cells, std::uint64_t owner, std::uint32_t replicas, std::uint32_t preferred) {
  FLOWTANK_CHECK(replicas >= 1 && replicas <= 8 && preferred < replicas, "a partition has 1 to 8 replicas");
  owner_ = owner;
  replicas_ = replicas;
  preferred_ = preferred;
  if (cells.tracking()) {
    first_ = cells.allocate(Cells::Holds::quiet, 0);
    for (Cell i = 1; i < quiet_cells; ++i) cells.allocate(Cells::Holds::quiet, 0);
    hash_ = cells.allocate(Cells::Holds::number, key(0));
    cells.allocate(Cells::Holds::number, key(1));
    replica_cell_ = cells.allocate(Cells::Holds::number, key(2));
  } else {
    first_ = cells.allocate_untracked(quiet_cells);
  }
  held_.build(cells, key(3));
  for (std::uint32_t r = 0; r < replicas; ++r) ends_.emplace_back().build(cells, key(0x100 + r));
}

void PartitionLog::reset(Cells&, LogPages& pages, bool contents_gone) {
  static_cast<void>(pages);
  first_page_ = 0;
  if (!contents_gone) return;
  pages_.clear();
  open_.clear();
  segments_.clear();
}

Offset PartitionLog::append_entry(Cells& cells, const Pool& pool, LogPages& pages, const LogEntry& entry) {
  const Offset offset = end(cells);
  const std::uint64_t page = static_cast<std::uint64_t>(offset) / LogPages::page_records - first_page_;
  if (page >= pages_.size()) pages_.push_back(pages.take(cells));
  const Cell at = record(offset);
  cells.set(at, entry.message);
  cells.set(at + 1, packed(entry));
  cells.set(first_ + at_end, static_cast<std::uint64_t>(offset) + 1);
  if (cells.tracking()) weigh(cells, pool, offset, true);
  return offset;
}

LogEntry PartitionLog::at(const Cells& cells, Offset offset) const {
  const Cell cell = record(offset);
  const std::uint64_t meta = cells.peek(cell + 1);
  return {cells.peek(cell), static_cast<EntryKind>(meta & kind_mask), producer_of(meta), time_of(meta)};
}

Offset PartitionLog::next_readable(const Cells& cells, Offset from, Isolation isolation) const {
  const Offset stop = readable_end(cells, isolation);
  for (Offset offset = std::max(from, start(cells)); offset < stop; ++offset) {
    const auto kind = static_cast<EntryKind>(cells.peek(record(offset) + 1) & kind_mask);
    if (kind == EntryKind::data) return offset;
    // KF-TXN-3: read_uncommitted is handed aborted records too.
    if (kind == EntryKind::aborted && isolation == Isolation::read_uncommitted) return offset;
  }
  return stop;
}

// ---- the hash of what remains ------------------------------------------------------------------------------

Hash128 PartitionLog::content_at(const Cells& cells, const Pool& pool, Offset offset) const {
  const Cell cell = record(offset);
  const std::uint64_t meta = cells.peek(cell + 1);
  Hash128 content = combine(pool.content(cells.peek(cell)), meta & kind_mask);
  if (const Open* open = find_open(producer_of(meta))) content = combine(content, open->identity);
  return content;
}

void PartitionLog::weigh(Cells& cells, const Pool& pool, Offset offset, bool add) {
  if (!cells.tracking() || offset < base(cells)) return;
  const auto at = static_cast<std::uint64_t>(offset - base(cells));
  const Hash128 content = content_at(cells, pool, offset);
  const std::uint64_t lo = content.lo * power(step_lo, at), hi = content.hi * power(step_hi, at);
  cells.set(hash_, cells.peek(hash_) + (add ? lo : 0 - lo));
  cells.set(hash_ + 1, cells.peek(hash_ + 1) + (add ? hi : 0 - hi));
}

void PartitionLog::set_kind(Cells& cells, const Pool& pool, Offset offset, EntryKind kind) {
  weigh(cells, pool, offset, false);
  const Cell cell = record(offset) + 1;
  cells.set(cell, (cells.peek(cell) & ~kind_mask) | static_cast<std::uint64_t>(kind));
  weigh(cells, pool, offset, true);
}

void PartitionLog::move_base(Cells& cells, const Pool& pool, Offset to) {
  const Offset from = base(cells);
  if (!cells.tracking() || to <= from) return;
  for (Offset offset = from; offset < to; ++offset) weigh(cells, pool, offset, false);
  const auto by = static_cast<std::uint64_t>(to - from);
  cells.set(hash_, cells.peek(hash_) * power(inverse(step_lo), by));
  cells.set(hash_ + 1, cells.peek(hash_ + 1) * power(inverse(step_hi), by));
  cells.set(first_ + at_base, static_cast<std::uint64_t>(to));
  for (Open& open : open_) open.first.rebase(cells, to);
  for (OffsetCell& end : ends_) end.rebase(cells, to);
  for (OffsetCell& segment : segments_) segment.rebase(cells, to);
  held_.rebase(cells, to);
}

bool PartitionLog::forget_below(Cells& cells, const Pool& pool, LogPages& pages, Offset offset) {
  Offset to = std::min(offset, last_stable(cells));
  for (const OffsetCell& end : ends_) {
    if (end.peek(cells) != no_offset) to = std::min(to, end.peek(cells));
  }
  if (cells.tracking()) {
    if (to <= base(cells)) return false;
    move_base(cells, pool, to);
    return true;
  }
  const std::uint64_t page = static_cast<std::uint64_t>(std::max<Offset>(to, 0)) / LogPages::page_records;
  if (page <= first_page_) return false;
  const auto gone = static_cast<std::ptrdiff_t>(page - first_page_);
  for (std::ptrdiff_t i = 0; i < gone; ++i) pages.give(pages_[static_cast<std::size_t>(i)]);
  pages_.erase(pages_.begin(), pages_.begin() + gone);
  first_page_ = page;
  const auto first = static_cast<Offset>(page * LogPages::page_records);
  cells.set(first_ + at_start, static_cast<std::uint64_t>(std::max(start(cells), first)));
  drop_segments_below(cells, first);
  return true;
}

// ---- transactions ------------------------------------------------------------------------------------------

PartitionLog::Open* PartitionLog::find_open(std::uint32_t producer) {
  if (producer == 0) return nullptr;
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.producer == producer; });
  return found == open_.end() ? nullptr : &*found;
}
const PartitionLog::Open* PartitionLog::find_open(std::uint32_t producer) const {
  return const_cast<PartitionLog*>(this)->find_open(producer);
}

Offset PartitionLog::last_stable(const Cells& cells) const {
  Offset stable = high_watermark(cells);
  for (const Open& open : open_) {
    const Offset first = open.first.get(cells);
    if (first != no_offset) stable = std::min(stable, first);
  }
  return stable;
}

Offset PartitionLog::append_transactional(Cells& cells, const Pool& pool, LogPages& pages, Word message,
                                          std::uint32_t producer, Hash128 identity, std::int64_t time_ms) {
  Open* open = find_open(producer);
  if (open == nullptr) {
    open = &open_.emplace_back();
    open->producer = producer;
    open->identity = identity;
    open->first.build(cells, component_key(ComponentKind::lane, owner_, identity, 4));
  }
  if (open->first.peek(cells) == no_offset) open->first.set(cells, end(cells), base(cells));
  return append_entry(cells, pool, pages, {message, EntryKind::data, producer, time_ms});
}

bool PartitionLog::has_open_transaction(const Cells& cells, std::uint32_t producer) const {
  const Open* open = find_open(producer);
  return open != nullptr && open->first.get(cells) != no_offset;
}

Offset PartitionLog::open_since(const Cells& cells, std::uint32_t producer) const {
  const Open* open = find_open(producer);
  return open == nullptr ? no_offset : open->first.get(cells);
}

void PartitionLog::end_transaction(Cells& cells, const Pool& pool, LogPages& pages, std::uint32_t producer, bool commit,
                                   std::int64_t time_ms) {
  Open* open = find_open(producer);
  if (open == nullptr || open->first.peek(cells) == no_offset) return;
  const Offset stop = end(cells);
  if (!commit) {
    for (Offset offset = std::max(open->first.peek(cells), start(cells)); offset < stop; ++offset) {
      const LogEntry entry = at(cells, offset);
      if (entry.producer == producer && entry.kind == EntryKind::data) set_kind(cells, pool, offset, EntryKind::aborted);
    }
  }
  open->first.clear(cells);
  // KF-ORD-1: a marker takes an offset.
  append_entry(cells, pool, pages, {absent_word, commit ? EntryKind::commit_marker : EntryKind::abort_marker, producer, time_ms});
}

// ---- truncation and retention ------------------------------------------------------------------------------

void PartitionLog::cut(Cells& cells, const Pool& pool, Offset to) {
  for (Offset offset = end(cells) - 1; offset >= to; --offset) weigh(cells, pool, offset, false);
  cells.set(first_ + at_end, static_cast<std::uint64_t>(to));
  for (Open& open : open_) {
    if (open.first.peek(cells) >= to) open.first.clear(cells);
  }
  for (OffsetCell& end : ends_) {
    if (end.peek(cells) > to) end.set(cells, to, base(cells));
  }
  if (start(cells) > to) cells.set(first_ + at_start, static_cast<std::uint64_t>(to));
  while (active_segment(cells) > to) {
    const std::uint64_t count = cells.peek(first_ + at_segments);
    const Offset before = count == 0 ? start(cells) : segments_[count - 1].peek(cells);
    cells.set(first_ + at_active, static_cast<std::uint64_t>(std::min(before, to)));
    if (count == 0) break;
    segments_[count - 1].clear(cells);
    cells.set(first_ + at_segments, count - 1);
  }
}

void PartitionLog::truncate(Cells& cells, const Pool& pool, Offset offset) {
  if (offset < end(cells)) cut(cells, pool, std::max(offset, start(cells)));
}

void PartitionLog::roll(Cells& cells) {
  if (end(cells) == active_segment(cells)) return;
  const std::uint64_t count = cells.peek(first_ + at_segments);
  if (count == segments_.size()) segments_.emplace_back().build(cells, key(0x200 + count));
  segments_[count].set(cells, active_segment(cells), base(cells));
  cells.set(first_ + at_segments, count + 1);
  cells.set(first_ + at_active, static_cast<std::uint64_t>(end(cells)));
}

std::int64_t PartitionLog::active_since_ms(const Cells& cells) const {
  const Offset first = std::max(active_segment(cells), start(cells));
  return first < end(cells) ? at(cells, first).time_ms : 0;
}

Offset PartitionLog::segment_end(const Cells& cells, std::uint64_t i) const {
  return i + 1 < cells.peek(first_ + at_segments) ? segments_[i + 1].peek(cells) : active_segment(cells);
}

void PartitionLog::drop_segments_below(Cells& cells, Offset offset) {
  std::uint64_t gone = 0;
  const std::uint64_t count = cells.peek(first_ + at_segments);
  while (gone < count && segment_end(cells, gone) <= offset) ++gone;
  if (gone == 0) return;
  for (std::uint64_t i = 0; i < count; ++i) {
    segments_[i].set(cells, i + gone < count ? segments_[i + gone].peek(cells) : no_offset, base(cells));
  }
  cells.set(first_ + at_segments, count - gone);
}

Offset PartitionLog::delete_old(Cells& cells, const Pool& pool, std::int64_t before_ms, std::int64_t most_bytes,
                                std::int64_t record_bytes) {
  Offset first = start(cells);
  for (std::uint64_t i = 0; i < cells.peek(first_ + at_segments); ++i) {
    const Offset stop = segment_end(cells, i);
    if (stop > high_watermark(cells)) break;
    const bool old = at(cells, stop - 1).time_ms < before_ms;  // KF-RET-1: its newest record
    const bool large = most_bytes >= 0 && (end(cells) - stop) * record_bytes >= most_bytes;
    if (!old && !large) break;
    first = stop;
  }
  move_start(cells, pool, first);
  return start(cells);
}

void PartitionLog::move_start(Cells& cells, const Pool& pool, Offset offset) {
  const Offset to = std::min(offset, end(cells));
  if (to <= start(cells)) return;
  cells.set(first_ + at_start, static_cast<std::uint64_t>(to));
  if (active_segment(cells) < to) cells.set(first_ + at_active, static_cast<std::uint64_t>(to));
  drop_segments_below(cells, to);
  move_base(cells, pool, to);
}

double PartitionLog::dirty_ratio(const Cells& cells) const {
  const Offset active = active_segment(cells), first = start(cells);
  const Offset cleaned = std::max(static_cast<Offset>(cells.peek(first_ + at_cleaned)), first);
  return active <= first ? 0.0 : static_cast<double>(std::max<Offset>(active - cleaned, 0)) / static_cast<double>(active - first);
}

void PartitionLog::compact(Cells& cells, const Pool& pool, std::int64_t tombstones_before_ms,
                           const std::function<Keyed(Word)>& key_of) {
  // KF-RET-2: the active segment is not touched, nor what a transaction or a replica still needs.
  const Offset first = start(cells), stop = std::min(active_segment(cells), last_stable(cells));
  WordIndex last;
  for (Offset offset = first; offset < stop; ++offset) {
    const LogEntry entry = at(cells, offset);
    const Keyed keyed = entry.kind == EntryKind::data ? key_of(entry.message) : Keyed{};
    if (keyed.key != absent_word) last.put(keyed.key, static_cast<std::uint32_t>(offset - first) + 1);
  }
  for (Offset offset = first; offset < stop; ++offset) {
    const LogEntry entry = at(cells, offset);
    if (entry.kind == EntryKind::aborted) set_kind(cells, pool, offset, EntryKind::removed);
    if (entry.kind != EntryKind::data) continue;
    const Keyed keyed = key_of(entry.message);
    if (keyed.key == absent_word) continue;
    const bool superseded = last.find(keyed.key) != static_cast<std::uint32_t>(offset - first) + 1;
    // A tombstone outlives the records it deletes by delete.retention.ms.
    const bool over = keyed.tombstone && entry.time_ms < tombstones_before_ms;
    if (superseded || over) set_kind(cells, pool, offset, EntryKind::removed);
  }
  cells.set(first_ + at_cleaned, static_cast<std::uint64_t>(std::max<Offset>(stop, 0)));
}

}  // namespace flowtank::kafka
