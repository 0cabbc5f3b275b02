// SPDX-License-Identifier: Apache-2.0
// The real executable, run in a folder of its own that is gone afterwards: exit code, standard output and standard error.
#pragma once

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace flowtank::test {

namespace fs = std::filesystem;

inline const std::string scenarios = FLOWTANK_SOURCE_DIR "/scenarios/";

// A folder of its own, gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "flowtank-cli-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void put(const std::string& file, std::string_view text) { std::ofstream(file, std::ios::binary) << text; }

struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

inline Ran flowtank(const Folder& folder, const std::string& arguments, const std::string& before = "") {
  const std::string command = "cd '" + folder.path().string() + "' && " + before + " '" FLOWTANK_PROGRAM "' " + arguments + " > '" +
                              folder / "out" + "' 2> '" + folder / "err" + "' < /dev/null";
  const int status = std::system(command.c_str());
  Ran ran;
  ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ran.out = content(folder / "out");
  ran.err = content(folder / "err");
  UNSCOPED_INFO(arguments << "\nexit " << ran.exit << "\n" << ran.out << ran.err);
  return ran;
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace flowtank::test
