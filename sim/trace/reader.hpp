// SPDX-License-Identifier: Apache-2.0
// A trace file, mapped and not parsed: opening it reads the header and the index, a record or a value is looked up where it
// lies, and memory is proportional to what is looked at. A file whose writer was killed is read up to its last chunk;
// a damaged one says which chunks cannot be read. Nothing in a file is trusted: every size, offset and number is checked
// before it is used.
//
// Not thread-safe: each thread opens its own. Words of records are numbers of the file's dictionary, 0 for absent; value
// or FileRecords turn them into contents.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "sim/trace/names.hpp"
#include "sim/trace/trace.hpp"
#include "sim/trace/writer.hpp"

namespace flowtank {

// Where a chunk lies and what it covers, from the index.
struct ChunkPlace {
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  RecordId first = 0;
  std::uint32_t records = 0;
  bool keyframe = false;
  Time first_time, last_time;
  std::uint32_t first_value = 0;
  std::uint32_t first_component = 0;
  KindSet kinds = 0;
  std::uint32_t deltas = 0;
  const std::byte* data = nullptr;
};

// A component that holds something, by number.
struct HeldValue {
  std::uint32_t component = 0;
  std::uint32_t value = 0;  // number in the dictionary
};

class TraceReader {
 public:
  // Maps the file. Nothing and a diagnostic when it is none, or of a version that cannot be read; a warning when it was
  // not completed.
  static std::unique_ptr<TraceReader> open(const std::string& path, Diagnostics& diagnostics);
  // As open(), of bytes that outlive the reader.
  static std::unique_ptr<TraceReader> of_bytes(trace_format::Bytes bytes, const std::string& name, Diagnostics& diagnostics);
  // Of a run that goes on; refresh() sees what was published since. `live` outlives the reader.
  static std::unique_ptr<TraceReader> follow(const LiveTrace& live);
  ~TraceReader();
  TraceReader(const TraceReader&) = delete;
  TraceReader& operator=(const TraceReader&) = delete;
  void refresh();

  const std::string& name() const { return name_; }
  const TraceIdentity& identity() const { return header_.identity; }
  const TraceNames& names() const { return header_.names; }
  std::uint16_t minor() const { return header_.minor; }
  std::uint64_t bytes() const { return file_.size(); }
  // The footer; nothing when the writer did not come to write it.
  const std::optional<TraceEnd>& end() const { return end_; }
  std::uint64_t running() const { return running_; }  // as the footer has it

  // ---- records -----------------------------------------------------------------------------------
  std::size_t size() const { return records_; }
  const std::vector<ChunkPlace>& chunks() const { return chunks_; }
  std::size_t chunk_of(RecordId id) const;
  // Is the chunk whole? Looked at once; a diagnostic in problems() when it is not.
  bool readable(std::size_t chunk) const;
  // A record of an unreadable chunk has nothing but its id.
  Record record(RecordId id) const;
  // How many records have a time up to and including this one.
  std::size_t count_until(Time time) const;
  const Diagnostics& problems() const { return problems_; }

  // ---- values ------------------------------------------------------------------------------------
  std::uint32_t values() const { return values_; }
  // How the value is written in the dictionary; empty when there is no such value.
  trace_format::Bytes value_bytes(std::uint32_t number) const;

  // ---- states (level full) -----------------------------------------------------------------------
  bool has_states() const { return has_states_; }
  std::uint32_t components() const { return components_; }
  // Its key is a number of the dictionary.
  Component component(std::uint32_t number) const;
  // What every component holds after the record, by number; those that hold nothing are left out.
  std::vector<HeldValue> state_at(RecordId id) const;
  // All changes of a component in order; `old` and `now` are numbers of the dictionary.
  std::vector<Delta> changes_of(std::uint32_t component) const;
  // All changes of a chunk.
  std::vector<Delta> changes_in(std::size_t chunk) const;

  // Reads every chunk: false and problems() when something is damaged or the fingerprints do not agree.
  bool verify() const;

 private:
  struct Column {
    const std::byte* data = nullptr;
    std::uint64_t least = 0;
    std::uint64_t mask = 0;
    unsigned width = 0;
    std::uint64_t operator[](std::size_t i) const {
      return least + (trace_format::get<std::uint64_t>(data + i * width) & mask);
    }
  };
  // The columns of one chunk; the one looked at last is kept.
  struct Opened {
    std::size_t chunk = ~std::size_t{0};
    std::array<Column, trace_format::columns> column;
    std::uint32_t values = 0, value_bytes = 0, components = 0, deltas = 0, held = 0;
    const std::byte* blob = nullptr;
  };
  enum class Known : std::uint8_t { nothing, whole, damaged };

  TraceReader() = default;
  bool start(trace_format::Bytes bytes, const std::string& name, Diagnostics& diagnostics);
  bool read_footer();
  static bool has_room(const ChunkPlace& chunk, std::uint64_t next_value, std::uint64_t next_component);
  void scan();
  bool add_chunk(const std::byte* at, std::size_t left, std::uint64_t offset);
  const Opened* opened(std::size_t chunk) const;
  bool open_columns(std::size_t chunk, Opened& out) const;
  void damaged(std::size_t chunk) const;
  Record record_in(const Opened& chunk, const ChunkPlace& place, std::size_t at) const;
  Delta delta_in(const Opened& chunk, const ChunkPlace& place, std::size_t at) const;

  std::string name_;
  trace_format::Bytes file_;
  void* mapped_ = nullptr;
  const LiveTrace* live_ = nullptr;
  DecodedHeader header_;
  std::vector<ChunkPlace> chunks_;
  std::optional<TraceEnd> end_;
  std::uint64_t running_ = 0;
  std::size_t records_ = 0;
  std::uint32_t values_ = 0;
  std::uint32_t components_ = 0;
  bool has_states_ = false;
  mutable std::vector<Known> known_;
  mutable std::array<Opened, 4> opened_;   // the latest chunks looked at: records, values and parents lie in several
  mutable std::size_t next_opened_ = 0;
  mutable Diagnostics problems_;
};

}  // namespace flowtank
