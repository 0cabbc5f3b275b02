// SPDX-License-Identifier: Apache-2.0
// See record.hpp: the campaign file on disk. A record is one write to the end of the file, so that a killed process leaves
// whole records and at most one torn one; the disk is told to keep them when the file is closed.
#include "sim/campaign/record.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace flowtank::campaign {
namespace {

std::string why() { return std::strerror(errno); }

}  // namespace

RecordFile::~RecordFile() { close(); }

void RecordFile::close() {
  if (file_ < 0) return;
  ::fdatasync(file_);
  ::close(file_);
  file_ = -1;
}

std::optional<std::string> RecordFile::open(const std::string& path, std::string& problem) {
  path_ = path;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) {
    problem = fmt::format("cannot open {}: {}", path, why());
    return std::nullopt;
  }
  struct stat kind {};
  if (::fstat(file_, &kind) != 0 || !S_ISREG(kind.st_mode)) {
    problem = fmt::format("{} is no file to keep a campaign in", path);
    close();
    return std::nullopt;
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    problem = fmt::format("{} belongs to a campaign that is running", path);
    close();
    return std::nullopt;
  }
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(file_, buffer, sizeof buffer);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      problem = fmt::format("cannot read {}: {}", path, why());
      close();
      return std::nullopt;
    }
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

bool RecordFile::cut(std::size_t bytes, std::string& problem) {
  if (::ftruncate(file_, static_cast<off_t>(bytes)) == 0) return true;
  problem = fmt::format("cannot shorten {}: {}", path_, why());
  return false;
}

bool RecordFile::append(std::string_view text, std::string& problem) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(file_, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      problem = fmt::format("cannot write {}: {}", path_, why());
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

}  // namespace flowtank::campaign
