// SPDX-License-Identifier: Apache-2.0
// A file that is written piece by piece and is there whole or not at all: the pieces go to a temporary name in the same
// folder, which is synchronised and renamed over the target in the end. What is no regular file (a terminal, a pipe) is
// written as it comes. See whole_file.hpp for a text that is there at once.
//
// Invariant: until finish() has given nothing, a file that was at the target before is as it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flowtank {

class GrowingFile {
 public:
  GrowingFile() = default;
  // What was not finished is removed.
  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  // Nothing, or a sentence for the user: "cannot write out.json: No such file or directory".
  std::optional<std::string> open(const std::string& path);
  // False from the first error on; finish() says which it was.
  bool write(std::string_view text);
  // Puts the file into its place. Nothing, or a sentence; then the target is as it was before open().
  std::optional<std::string> finish();

 private:
  std::optional<std::string> sentence(int error);

  std::string path_;       // as the user gave it
  std::string target_;     // where a symbolic link leads
  std::string temporary_;  // empty: written in place
  int file_ = -1;
  int error_ = 0;
};

}  // namespace flowtank
