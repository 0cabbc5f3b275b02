// SPDX-License-Identifier: Apache-2.0
// Writing through a temporary name, with the system calls themselves: streams cannot say why they failed.
#include "sim/base/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace flowtank {
namespace {

std::string sentence(const std::string& path, int error) {
  return "cannot write " + path + ": " + std::strerror(error);
}

// 0, or the error.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// Where a symbolic link leads; the path itself when it does not exist yet.
std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result(real);
  std::free(real);
  return result;
}

int write_in_place(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int error = write_all(file, text);
  const int closed = ::close(file);
  return error != 0 ? error : (closed != 0 ? errno : 0);
}

int write_and_rename(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".part-" + std::to_string(::getpid());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  int error = write_all(file, text);
  if (error == 0 && ::fsync(file) != 0 && errno != EINVAL) error = errno;
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(temporary.c_str());
  return error;
}

}  // namespace

std::optional<std::string> write_whole_file(const std::string& path, std::string_view text) {
  if (path.empty()) return "cannot write a file without a name";
  const std::string target = resolved(path);
  struct stat status {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return sentence(path, EISDIR);
  const int error = exists && !S_ISREG(status.st_mode) ? write_in_place(target, text) : write_and_rename(target, text);
  if (error != 0) return sentence(path, error);
  return std::nullopt;
}

}  // namespace flowtank
