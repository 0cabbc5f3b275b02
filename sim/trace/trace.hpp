// SPDX-License-Identifier: Apache-2.0
// A trace in memory: records in columns, columns in chunks of 4096 records that never change once they are full. One
// thread writes; others may read what is published while the run goes on. A trace either keeps its chunks or hands each full
// one to a sink (a file) and uses its memory again, so that a long run is recorded in bounded memory.
//
// Invariants: a reader sees whole records only: the number of published records is stored with release after their
// columns. Nothing is allocated for a record but its chunk.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "sim/trace/level.hpp"
#include "sim/trace/record.hpp"
#include "sim/trace/state_log.hpp"

namespace flowtank {

// Records by number, wherever they are kept.
class Records {
 public:
  virtual ~Records() = default;
  virtual std::size_t size() const = 0;
  // `id` is below size().
  virtual Record operator[](std::size_t id) const = 0;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    using pointer = const Record*;
    using reference = Record;
    Iterator(const Records& records, std::size_t at) : records_(&records), at_(at) {}
    Record operator*() const { return (*records_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    const Records* records_;
    std::size_t at_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }
  bool empty() const { return size() == 0; }
};

inline constexpr std::size_t chunk_records = 4096;

// Records column by column, and what changed with them.
struct RawChunk {
  RecordId first = 0;
  std::uint32_t count = 0;
  std::array<std::int64_t, chunk_records> time;
  std::array<Word, chunk_records> subject, key, before, detail, says;
  std::array<std::uint32_t, chunk_records> step, place, parent, other_parent;
  std::array<std::uint16_t, chunk_records> service, instance, handler;
  std::array<std::uint8_t, chunk_records> kind, outcome;
  // Level full: changes by record, components met first here, and in some chunks the state before the first record.
  std::vector<Delta> deltas;
  std::uint32_t first_component = 0;
  std::vector<Component> components;
  bool has_keyframe = false;
  std::vector<StateLog::Held> keyframe;

  void set(std::size_t at, const Record& record);
  Record get(std::size_t at) const;
};

class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  // A chunk that will not change any more; it is valid during the call. Words belong to the pool of the World that runs.
  virtual void chunk(const RawChunk& chunk) = 0;
};

class Trace final : public Records {
 public:
  explicit Trace(TraceScope scope = TraceScope::story());
  ~Trace() override;
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  const TraceScope& scope() const { return scope_; }
  // Full chunks go there from now on and are not kept; call before the first record. `sink` outlives the run.
  void stream_to(ChunkSink* sink) { sink_ = sink; }

  // ---- the thread that writes --------------------------------------------------------------------
  // Appends a record with its number filled in. The reference is good until the next call.
  Record& append() {
    if (pending_) flush();
    pending_ = true;
    record_ = Record{};
    record_.id = static_cast<RecordId>(flushed_);
    return record_;
  }
  Record& back() { return record_; }
  std::size_t size() const override { return flushed_ + (pending_ ? 1U : 0U); }
  // Where chunks are streamed, only the latest are there: see first_kept().
  Record operator[](std::size_t id) const override { return pending_ && id == flushed_ ? record_ : kept(id); }
  std::size_t first_kept() const { return sink_ == nullptr ? 0 : flushed_ / chunk_records * chunk_records; }
  // Publishes the last record too.
  void publish() {
    if (pending_) flush();
    pending_ = false;
  }
  // The end of the run: what is left goes to the sink.
  void finish();
  void clear();

  // Level full. Changes between begin_action() and end_action() belong to the last record that the action has left so far,
  // or to its first. When it has left none, unclaimed() says so: the writer then appends one.
  void begin_action() { action_first_ = size(); }
  void change(const Component& component, Word now) {
    const std::size_t count = size();
    states_.change(static_cast<RecordId>(count > action_first_ ? count - 1 : count), component, now);
  }
  bool unclaimed() const { return !states_.deltas().empty() && states_.deltas().back().record >= size(); }
  const StateLog& states() const { return states_; }

  // ---- any thread --------------------------------------------------------------------------------
  // Records that will not change any more. Of a trace that keeps its chunks, those below may be read at any time.
  std::size_t published() const { return published_.load(std::memory_order_acquire); }
  Record published_record(std::size_t id) const { return kept(id); }
  // Its chunk, for reading whole columns up to published().
  const RawChunk& published_chunk(std::size_t number) const { return *chunk_at(number); }

  std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t segment_chunks = 1024;
  using Segment = std::array<std::atomic<RawChunk*>, segment_chunks>;

  void flush();
  void next_chunk();
  void seal();
  Record kept(std::size_t id) const { return chunk_at(id / chunk_records)->get(id % chunk_records); }
  RawChunk* chunk_at(std::size_t number) const {
    if (sink_ != nullptr) return open_;
    const Segment* segment = (*directory_)[number / segment_chunks].load(std::memory_order_acquire);
    return (*segment)[number % segment_chunks].load(std::memory_order_relaxed);
  }
  bool keyframe_is_due() const;
  void free_chunks();

  TraceScope scope_;
  ChunkSink* sink_ = nullptr;
  Record record_;          // being filled, when pending_
  bool pending_ = false;
  std::size_t flushed_ = 0;
  std::size_t action_first_ = 0;
  RawChunk* open_ = nullptr;
  std::uint32_t chunks_ = 0;
  std::unique_ptr<RawChunk> reused_;
  std::unique_ptr<std::array<std::atomic<Segment*>, 1024>> directory_;
  std::atomic<std::size_t> published_ = 0;
  StateLog states_;
  std::size_t deltas_since_keyframe_ = 0;
};

}  // namespace flowtank
