// SPDX-License-Identifier: Apache-2.0
// See trace.hpp. Chunks are found through a directory of segments that is never moved, so that readers need no lock.
#include "sim/trace/trace.hpp"

#include <algorithm>

#include <sim/base/check.hpp>

namespace flowtank {

void RawChunk::set(std::size_t at, const Record& r) {
  time[at] = r.time.nanoseconds();
  subject[at] = r.subject;
  key[at] = r.key;
  before[at] = r.before;
  detail[at] = r.detail;
  says[at] = r.says;
  step[at] = r.step;
  place[at] = r.place;
  parent[at] = r.parent;
  other_parent[at] = r.other_parent;
  service[at] = r.service;
  instance[at] = r.instance;
  handler[at] = r.handler;
  kind[at] = static_cast<std::uint8_t>(r.kind);
  outcome[at] = static_cast<std::uint8_t>(r.outcome);
}

Record RawChunk::get(std::size_t at) const {
  Record r;
  r.time = Time(time[at]);
  r.id = first + static_cast<RecordId>(at);
  r.kind = static_cast<RecordKind>(kind[at]);
  r.outcome = static_cast<Outcome>(outcome[at]);
  r.service = service[at];
  r.instance = instance[at];
  r.handler = handler[at];
  r.step = step[at];
  r.place = place[at];
  r.subject = subject[at];
  r.key = key[at];
  r.before = before[at];
  r.detail = detail[at];
  r.says = says[at];
  r.parent = parent[at];
  r.other_parent = other_parent[at];
  return r;
}

Trace::Trace(TraceScope scope) : scope_(scope) {}

Trace::~Trace() { free_chunks(); }

void Trace::free_chunks() {
  if (directory_ == nullptr) return;
  for (auto& slot : *directory_) {
    Segment* segment = slot.load(std::memory_order_relaxed);
    if (segment == nullptr) break;
    for (auto& chunk : *segment) delete chunk.load(std::memory_order_relaxed);
    delete segment;
  }
  directory_.reset();
}

void Trace::clear() {
  published_.store(0, std::memory_order_release);
  free_chunks();
  reused_.reset();
  open_ = nullptr;
  pending_ = false;
  flushed_ = action_first_ = deltas_since_keyframe_ = 0;
  chunks_ = 0;
  states_.clear();
}

void Trace::next_chunk() {
  FLOWTANK_CHECK(flushed_ < no_record - chunk_records, "a trace holds at most 2^32 records");
  const std::uint32_t components = open_ == nullptr ? 0 : open_->first_component + static_cast<std::uint32_t>(open_->components.size());
  if (sink_ != nullptr) {
    if (reused_ == nullptr) reused_ = std::make_unique_for_overwrite<RawChunk>();
    open_ = reused_.get();
  } else {
    if (directory_ == nullptr) directory_ = std::make_unique<std::array<std::atomic<Segment*>, 1024>>();
    auto& slot = (*directory_)[chunks_ / segment_chunks];
    Segment* segment = slot.load(std::memory_order_relaxed);
    if (segment == nullptr) segment = new Segment{};
    open_ = std::make_unique_for_overwrite<RawChunk>().release();
    (*segment)[chunks_ % segment_chunks].store(open_, std::memory_order_relaxed);
    slot.store(segment, std::memory_order_release);
  }
  ++chunks_;
  open_->first = static_cast<RecordId>(flushed_);
  open_->count = 0;
  open_->deltas.clear();
  open_->components.clear();
  open_->first_component = components;
  open_->keyframe.clear();
  open_->has_keyframe = false;
  if (scope_.deltas && keyframe_is_due()) {
    open_->has_keyframe = true;
    states_.keyframe(open_->keyframe);
    deltas_since_keyframe_ = 0;
  }
}

// A keyframe costs what is live; so it comes when the deltas since the last one are at least twice as many, and the
// trace grows by at most half. A lookup then applies at most a keyframe and the deltas up to the next.
bool Trace::keyframe_is_due() const {
  return chunks_ == 1 || deltas_since_keyframe_ >= std::max<std::size_t>(2 * chunk_records, 2 * states_.live());
}

void Trace::seal() {
  if (scope_.deltas) {
    states_.take_before(open_->first + open_->count, open_->deltas);
    deltas_since_keyframe_ += open_->deltas.size();
    const auto& all = states_.components();
    // Components are numbered as they change first: those of this chunk's deltas are the next ones.
    std::uint32_t end = open_->first_component;
    for (const Delta& delta : open_->deltas) end = std::max(end, delta.component + 1);
    for (const StateLog::Held& held : open_->keyframe) end = std::max(end, held.component + 1);
    open_->components.assign(all.begin() + open_->first_component, all.begin() + end);
  }
  if (sink_ != nullptr) sink_->chunk(*open_);
}

void Trace::flush() {
  const std::size_t at = flushed_ % chunk_records;
  if (at == 0) {
    if (open_ != nullptr) seal();
    next_chunk();
  }
  open_->set(at, record_);
  ++flushed_;
  open_->count = static_cast<std::uint32_t>(at + 1);
  published_.store(flushed_, std::memory_order_release);
}

void Trace::finish() {
  publish();
  if (open_ != nullptr) seal();
}

std::size_t Trace::memory_bytes() const {
  return (sink_ != nullptr ? (reused_ != nullptr ? 1U : 0U) : std::size_t{chunks_}) * sizeof(RawChunk);
}

}  // namespace flowtank
