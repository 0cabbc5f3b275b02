// SPDX-License-Identifier: Apache-2.0
// From chunks in memory to chunks of a file: columns become as narrow as their contents, words become numbers of a
// dictionary that grows in the order of first mention, so that equal runs give equal bytes whatever the Pool knew before.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/base/pool.hpp>

#include "sim/trace/format.hpp"
#include "sim/trace/trace.hpp"
#include <sim/base/word_index.hpp>

namespace flowtank {

// How far a trace has come: what the next chunk and the footer need.
struct TraceProgress {
  std::uint32_t chunks = 0;
  std::uint64_t records = 0;
  std::uint32_t values = 0;      // numbers of values are 1 .. values
  std::uint32_t components = 0;
  std::uint32_t last_keyframe = 0;
  std::uint64_t running = 0;     // fingerprint of all chunks so far
  std::int64_t last_time = 0;
};

// The running fingerprint after a chunk with this checksum.
constexpr std::uint64_t run_on(std::uint64_t running, std::uint64_t checksum) { return mix64(running * 0x9e3779b97f4a7c15ULL + checksum); }

class ChunkEncoder {
 public:
  // `pool` is that of the World that runs; it outlives this.
  explicit ChunkEncoder(const Pool& pool) : pool_(pool) {}

  // The chunk's bytes, good until the next call.
  trace_format::Bytes encode(const RawChunk& chunk);
  const TraceProgress& progress() const { return progress_; }
  // The footer's entry of the chunk that was encoded last, had it begun at `offset`.
  void append_index_entry(std::uint64_t offset, std::vector<std::byte>& out) const;

 private:
  std::uint32_t number_of(Word word);
  std::uint32_t add(Word word);
  void add_bytes(const Value& value, std::uint32_t number);
  std::uint32_t number_of_value(const Value& value) { return value.is(Kind::absent) ? 0 : number_of(pool_.find(value)); }
  template <typename F>
  void column(trace_format::ColumnId id, std::size_t count, F&& value);
  void translate(const RawChunk& chunk);
  void record_columns(const RawChunk& chunk);
  void state_columns(const RawChunk& chunk);

  const Pool& pool_;
  TraceProgress progress_;
  std::vector<std::uint32_t> pooled_;  // by index in the pool: the value's number
  WordIndex others_;                 // words that hold their content
  std::vector<std::byte> out_;
  std::size_t used_ = 0;               // of out_
  std::vector<std::byte> blob_;        // bytes of the values that are new in this chunk
  std::vector<std::uint32_t> ends_;
  std::vector<std::uint32_t> subject_, key_, before_, detail_, says_, component_key_, old_, now_, held_;
};

}  // namespace flowtank
