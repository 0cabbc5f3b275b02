// SPDX-License-Identifier: Apache-2.0
// A trace that grows on disk while the run goes on, in bounded memory. Whole chunks are appended; the footer comes last and
// says that the trace is complete, so that what a killed writer left is readable up to its last chunk and never taken
// for a whole.
//
// Errors of writing do not stop the run: they are kept, and nothing more is written.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sim/trace/encoder.hpp"
#include "sim/trace/names.hpp"
#include "sim/trace/trace.hpp"

namespace flowtank {

// How the run ended, for the footer.
struct TraceEnd {
  std::uint64_t fingerprint = 0;  // of the actions
  std::uint64_t actions = 0;
  std::uint8_t how = 0;           // RunEnd as a number
};

// The footer of a trace that has come so far; `index` are the entries of all chunks, the footer begins at `offset`.
std::vector<std::byte> encode_footer(const TraceProgress& progress, const std::vector<std::byte>& index, const TraceEnd& end,
                                     std::uint64_t offset);

class TraceWriter final : public ChunkSink {
 public:
  // Nothing and a sentence when the file cannot be made. `pool` outlives this.
  static std::unique_ptr<TraceWriter> create(const std::string& path, const TraceIdentity& identity, const TraceNames& names,
                                             const Pool& pool, std::string& error);
  ~TraceWriter() override;
  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;

  void chunk(const RawChunk& chunk) override;
  // Writes the footer and closes. What went wrong since create(), or nothing.
  std::optional<std::string> finish(const TraceEnd& end);

  bool failed() const { return problem_.has_value(); }
  std::uint64_t bytes() const { return offset_; }
  const TraceProgress& progress() const { return encoder_.progress(); }

 private:
  TraceWriter(std::string path, int file, const Pool& pool) : path_(std::move(path)), file_(file), encoder_(pool) {}
  bool write(trace_format::Bytes bytes);

  std::string path_;
  int file_;
  ChunkEncoder encoder_;
  std::uint64_t offset_ = 0;
  std::vector<std::byte> index_;
  std::optional<std::string> problem_;
};

// The same in memory: chunks never move and never change, so that another thread (a view) reads those that are
// published while the run goes on, values included. See TraceReader::follow().
class LiveTrace final : public ChunkSink {
 public:
  LiveTrace(const TraceIdentity& identity, const TraceNames& names, const Pool& pool) : header_(encode_header(identity, names)), encoder_(pool) {}

  void chunk(const RawChunk& chunk) override;

  trace_format::Bytes header() const { return header_; }
  // Of any thread.
  std::size_t published() const { return published_.load(std::memory_order_acquire); }
  trace_format::Bytes published_chunk(std::size_t number) const;

  // The whole trace as it would be in a file; after the run.
  std::vector<std::byte> file(const TraceEnd& end) const;
  const TraceProgress& progress() const { return encoder_.progress(); }

 private:
  std::vector<std::byte> header_;
  ChunkEncoder encoder_;
  std::vector<std::byte> index_;
  std::uint64_t offset_ = 0;
  mutable std::mutex mutex_;  // of chunks_: taken once a chunk
  std::vector<std::unique_ptr<std::vector<std::byte>>> chunks_;
  std::atomic<std::size_t> published_ = 0;
};

}  // namespace flowtank
