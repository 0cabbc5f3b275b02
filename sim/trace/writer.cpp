// SPDX-License-Identifier: Apache-2.0
// Appending with the system calls themselves: streams cannot say why they failed. A trace that is there already is never
// cut off: whoever has it mapped goes on reading the old one, and the new one takes its name.
#include "sim/trace/writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace flowtank {

using namespace trace_format;  // NOLINT: the words of the format

std::vector<std::byte> encode_footer(const TraceProgress& progress, const std::vector<std::byte>& index, const TraceEnd& end,
                                     std::uint64_t offset) {
  const std::size_t bytes = footer_header_bytes + index.size();
  std::vector<std::byte> out(bytes + tail_bytes);
  std::copy(index.begin(), index.end(), out.begin() + footer_header_bytes);
  std::byte* h = out.data();
  put(h, footer_magic);
  put(h + 4, static_cast<std::uint32_t>(bytes));
  put(h + 16, end.fingerprint);
  put(h + 24, progress.records);
  put(h + 32, progress.chunks);
  h[36] = static_cast<std::byte>(end.how);
  put(h + 40, progress.running);
  put(h + 48, end.actions);
  put(h + 56, progress.values);
  put(h + 60, progress.components);
  put(h + 8, checksum(Bytes(out).subspan(16, bytes - 16)));
  put(h + bytes, offset);
  put(h + bytes + 8, std::uint64_t{bytes});
  put(h + bytes + 16, end_magic);
  return out;
}

namespace {

// The path of the plain file that `path` names, links followed; empty when there is none.
std::string plain_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  char* resolved = ::realpath(path.c_str(), nullptr);
  std::string out = resolved == nullptr ? "" : resolved;
  std::free(resolved);
  return out;
}

// A file beside `path`, with the same rights; -1 when the folder takes none.
int open_beside(const std::string& path, const std::string& beside) {
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  struct stat status {};
  if (file >= 0 && ::stat(path.c_str(), &status) == 0 && ::fchmod(file, status.st_mode & 07777) != 0) {
    ::close(file);
    ::unlink(beside.c_str());
    return -1;
  }
  return file;
}

}  // namespace

std::unique_ptr<TraceWriter> TraceWriter::create(const std::string& path, const TraceIdentity& identity, const TraceNames& names,
                                                 const Pool& pool, std::string& error) {
  const std::string old = plain_file(path);
  // Only where the folder takes no other file is the old one written over.
  const bool writable = !old.empty() && ::access(old.c_str(), W_OK) == 0;
  const std::string beside = old + ".new-" + std::to_string(::getpid());
  int file = writable ? open_beside(old, beside) : -1;
  const bool renames = file >= 0;
  if (!renames) file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) {
    error = "cannot write " + path + ": " + std::strerror(errno);
    return nullptr;
  }
  std::unique_ptr<TraceWriter> writer(new TraceWriter(path, file, pool));
  if (!writer->write(encode_header(identity, names))) {
    error = *writer->problem_;
  } else if (renames && std::rename(beside.c_str(), old.c_str()) != 0) {
    error = "cannot write " + path + ": " + std::strerror(errno);
  } else {
    return writer;
  }
  if (renames) ::unlink(beside.c_str());
  return nullptr;
}

TraceWriter::~TraceWriter() {
  if (file_ >= 0) ::close(file_);
}

bool TraceWriter::write(Bytes bytes) {
  if (problem_) return false;
  const std::uint64_t begin = offset_;
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      problem_ = "cannot write " + path_ + ": " + std::strerror(errno);
      // What is there ends with a whole chunk; without a footer nobody takes it for complete.
      if (::ftruncate(file_, static_cast<off_t>(begin)) == 0 && begin != 0 && encoder_.progress().chunks > 1) *problem_ += "; it holds the run's beginning only";
      offset_ = begin;
      return false;
    }
    offset_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

void TraceWriter::chunk(const RawChunk& chunk) {
  if (problem_) return;
  const std::uint64_t begin = offset_;
  if (write(encoder_.encode(chunk))) encoder_.append_index_entry(begin, index_);
}

std::optional<std::string> TraceWriter::finish(const TraceEnd& end) {
  write(encode_footer(encoder_.progress(), index_, end, offset_));
  // What cannot be synchronised (a pipe) is none the worse.
  if (!problem_ && ::fsync(file_) != 0 && errno != EINVAL && errno != EROFS) problem_ = "cannot write " + path_ + ": " + std::strerror(errno);
  if (::close(file_) != 0 && !problem_) problem_ = "cannot write " + path_ + ": " + std::strerror(errno);
  file_ = -1;
  return problem_;
}

void LiveTrace::chunk(const RawChunk& chunk) {
  const Bytes bytes = encoder_.encode(chunk);
  encoder_.append_index_entry(header_.size() + offset_, index_);
  offset_ += bytes.size();
  auto copy = std::make_unique<std::vector<std::byte>>(bytes.begin(), bytes.end());
  const std::lock_guard lock(mutex_);
  chunks_.push_back(std::move(copy));
  published_.store(chunks_.size(), std::memory_order_release);
}

Bytes LiveTrace::published_chunk(std::size_t number) const {
  const std::lock_guard lock(mutex_);
  return *chunks_[number];
}

std::vector<std::byte> LiveTrace::file(const TraceEnd& end) const {
  std::vector<std::byte> out = header_;
  for (const auto& chunk : chunks_) out.insert(out.end(), chunk->begin(), chunk->end());
  const auto footer = encode_footer(encoder_.progress(), index_, end, out.size());
  out.insert(out.end(), footer.begin(), footer.end());
  return out;
}

}  // namespace flowtank
