// SPDX-License-Identifier: Apache-2.0
// A fuzz target without a fuzzer: runs it on each file of the folders and on each file named, in order of their names.
// So the corpus, with everything that was ever found, is a plain test with every compiler.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fuzz/target.hpp"

int main(int count, char** values) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (int i = 1; i < count; ++i) {
    if (!fs::is_directory(values[i])) {
      files.emplace_back(values[i]);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(values[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const std::string bytes = text.str();
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // the last line names the file that ended it
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
