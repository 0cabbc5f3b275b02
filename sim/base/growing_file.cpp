// SPDX-License-Identifier: Apache-2.0
// See growing_file.hpp. System calls themselves: streams cannot say why they failed.
#include "sim/base/growing_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace flowtank {

GrowingFile::~GrowingFile() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

std::optional<std::string> GrowingFile::sentence(int error) {
  return "cannot write " + path_ + ": " + std::strerror(error);
}

std::optional<std::string> GrowingFile::open(const std::string& path) {
  path_ = path;
  if (path.empty()) return "cannot write a file without a name";
  char* real = ::realpath(path.c_str(), nullptr);
  target_ = real == nullptr ? path : std::string(real);
  std::free(real);
  struct stat status {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return sentence(EISDIR);
  const bool in_place = exists && !S_ISREG(status.st_mode);
  if (!in_place) temporary_ = target_ + ".part-" + std::to_string(::getpid());
  file_ = in_place ? ::open(target_.c_str(), O_WRONLY | O_CLOEXEC) : ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ >= 0) return std::nullopt;
  const int error = errno;
  temporary_.clear();
  return sentence(error);
}

bool GrowingFile::write(std::string_view text) {
  while (!text.empty() && error_ == 0) {
    const ssize_t written = ::write(file_, text.data(), text.size());
    if (written < 0) {
      if (errno != EINTR) error_ = errno;
      continue;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return error_ == 0;
}

std::optional<std::string> GrowingFile::finish() {
  if (error_ == 0 && ::fsync(file_) != 0 && errno != EINVAL && errno != EROFS) error_ = errno;
  if (::close(file_) != 0 && error_ == 0) error_ = errno;
  file_ = -1;
  if (error_ == 0 && !temporary_.empty() && std::rename(temporary_.c_str(), target_.c_str()) != 0) error_ = errno;
  if (error_ != 0) return sentence(error_);
  temporary_.clear();
  return std::nullopt;
}

}  // namespace flowtank
