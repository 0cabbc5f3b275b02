// SPDX-License-Identifier: Apache-2.0
// A fuzz target without a fuzzer: runs it on each file of the folders and on each file named, in order of their names, so
// that the corpus, with everything that was ever found, is a plain test with every compiler; and, with --mutations N, on N
// inputs that differ a little from those. Which ones is a function of N and the corpus, never of a clock. With --misspell,
// also on each of those files with one of its JSON keys misspelt, one after the other: what reads a demanded key must stand
// its absence wherever it is used later. The input that is being run lies in --keep FILE, so that one which ends the
// process can be looked at.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <sim/base/hash.hpp>

#include "tests/fuzz/target.hpp"

namespace {

namespace fs = std::filesystem;

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void run(const std::string& bytes) { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()); }

class Mutator {
 public:
  Mutator(const std::vector<std::string>& inputs, std::uint64_t number) : inputs_(inputs), state_(flowtank::mix64(number + 1)) {}

  std::string make() {
    std::string bytes = inputs_[below(inputs_.size())];
    for (std::uint64_t i = 1 + below(4); i > 0; --i) change(bytes);
    return bytes;
  }

 private:
  std::uint64_t below(std::uint64_t bound) {
    state_ = flowtank::mix64(state_ + 0x9e3779b97f4a7c15ULL);
    return bound == 0 ? 0 : state_ % bound;
  }
  std::string part(const std::string& of) {
    const std::size_t from = below(of.size() + 1);
    return of.substr(from, 1 + below(std::min<std::size_t>(of.size() - from + 1, 64)));
  }

  void change(std::string& bytes) {
    static const char* const words[] = {"0", "-1", "9223372036854775808", "1e308", "\"\"", "{}", "[]", "null", "true", "\"=\"", "\xff", "\x1b", "\xe2\x80\xae", "\\ud800", "}", "\"", "=n", "\n"};
    const std::size_t at = below(bytes.size() + 1);
    switch (below(6)) {
      case 0: if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << below(8))); break;
      case 1: bytes.erase(at, 1 + below(40)); break;
      case 2: bytes.insert(at, words[below(std::size(words))]); break;
      case 3: bytes.insert(at, part(bytes)); break;
      case 4: bytes.insert(at, part(inputs_[below(inputs_.size())])); break;
      default: {  // a token in the place of another
        const std::size_t end = bytes.find_first_of(" ,:}]\n", at);
        if (end != std::string::npos) bytes.replace(at, end - at, words[below(std::size(words))]);
      }
    }
  }

  const std::vector<std::string>& inputs_;
  std::uint64_t state_;
};

// Where a JSON key begins: a word in quotes before a colon. Words in the values of other keys may look so, too; no matter.
std::vector<std::size_t> keys(const std::string& text) {
  std::vector<std::size_t> found;
  for (std::size_t end = text.find("\":"); end != std::string::npos; end = text.find("\":", end + 1)) {
    const std::size_t open = end == 0 ? std::string::npos : text.rfind('"', end - 1);
    if (open != std::string::npos && open + 1 < end) found.push_back(open + 1);
  }
  return found;
}

void run_kept(const std::string& bytes, const std::string& keep) {
  if (!keep.empty()) std::ofstream(keep, std::ios::binary) << bytes;
  run(bytes);
}

std::size_t run_misspelt(const std::string& input, const std::string& keep) {
  const std::vector<std::size_t> places = keys(input);
  for (const std::size_t place : places) {
    std::string bytes = input;
    bytes[place] = '~';
    run_kept(bytes, keep);
  }
  return places.size();
}

}  // namespace

int main(int count, char** values) {
  std::vector<std::string> files;
  std::uint64_t mutations = 0;
  bool misspell = false;
  std::string keep;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(values[i], "--mutations") == 0 && i + 1 < count) {
      mutations = std::strtoull(values[++i], nullptr, 10);
    } else if (std::strcmp(values[i], "--misspell") == 0) {
      misspell = true;
    } else if (std::strcmp(values[i], "--keep") == 0 && i + 1 < count) {
      keep = values[++i];
    } else if (!fs::is_directory(values[i])) {
      files.emplace_back(values[i]);
    } else {
      for (const auto& entry : fs::recursive_directory_iterator(values[i])) {
        if (entry.is_regular_file() && entry.path().extension() != ".md") files.push_back(entry.path().string());
      }
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> inputs;
  for (const std::string& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // the last line names the file that ended it
    inputs.push_back(content(file));
    run(inputs.back());
  }
  if (inputs.empty()) return 1;
  for (std::uint64_t i = 0; i < mutations; ++i) {
    run_kept(Mutator(inputs, i).make(), keep);
  }
  std::size_t misspelt = 0;
  if (misspell) {
    for (const std::string& input : inputs) misspelt += run_misspelt(input, keep);
  }
  if (!keep.empty()) std::remove(keep.c_str());
  std::printf("%zu inputs, %llu that differ a little, %zu with a misspelt key\n", inputs.size(),
              static_cast<unsigned long long>(mutations), misspelt);
  return 0;
}
