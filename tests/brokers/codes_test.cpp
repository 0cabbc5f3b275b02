// SPDX-License-Identifier: Apache-2.0
// Codes of diagnostics that brokers and vectors have of their own: each folder of models/brokers lists in its README what its
// sources say, no more and no less, and uses no code of files under another meaning.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <sim/scenario/codes.hpp>

namespace flowtank {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> found(const std::string& text, const char* pattern) {
  std::set<std::string> out;
  const std::regex code(pattern);
  for (auto it = std::sregex_iterator(text.begin(), text.end(), code); it != std::sregex_iterator(); ++it) out.insert((*it)[1]);
  return out;
}

// What a folder gets wrong, one sentence each.
std::set<std::string> complaints(const std::string& sources, const std::string& readme) {
  std::set<std::string> of_files, out;
  for (const codes::Code& code : codes::table()) of_files.insert(std::string(code.code));
  const std::set<std::string> used = found(sources, "\"(FT-[A-Z]+-[0-9]{3})\""), listed = found(readme, "\\| (FT-[A-Z]+-[0-9]{3}) \\|");
  for (const std::string& code : used) {
    if (listed.count(code) == 0 && of_files.count(code) == 0) out.insert(code + " is not listed");
  }
  for (const std::string& code : listed) {
    if (used.count(code) == 0) out.insert(code + " is never used");
    if (of_files.count(code) != 0) out.insert(code + " has another meaning in files");
  }
  return out;
}

}  // namespace

TEST_CASE("broker_codes.each_folder_lists_its_own") {
  std::size_t folders = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(FLOWTANK_SOURCE_DIR) / "models/brokers")) {
    if (!entry.is_directory()) continue;
    std::string sources;
    for (const auto& file : fs::directory_iterator(entry.path())) {
      if (file.path().extension() == ".cpp" || file.path().extension() == ".hpp") sources += text_of(file.path());
    }
    INFO(entry.path().filename().string());
    CHECK(complaints(sources, text_of(entry.path() / "README.md")) == std::set<std::string>{});
    folders += found(sources, "\"(FT-(?:KAFKA|SQS|RMQ|VEC)-[0-9]{3})\"").empty() ? 0 : 1;
  }
  CHECK(folders >= 3);
}

TEST_CASE("broker_codes.a_missing_and_a_stale_row_are_noticed") {
  CHECK(complaints("complain(\"FT-TEA-001\", x)", "| FT-TEA-001 | Cold. |").empty());
  CHECK(complaints("complain(\"FT-TEA-001\", x)", "") == std::set<std::string>{"FT-TEA-001 is not listed"});
  CHECK(complaints("complain(\"FT-REF-001\", x)", "| FT-REF-001 | Mine. |") == std::set<std::string>{"FT-REF-001 has another meaning in files"});
  CHECK(complaints("", "| FT-TEA-001 | Cold. |") == std::set<std::string>{"FT-TEA-001 is never used"});
}

}  // namespace flowtank
