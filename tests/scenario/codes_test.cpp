// SPDX-License-Identifier: Apache-2.0
// The codes: the page is what the table says, and every code of the table is used by the loader or by the static analysis.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "sim/scenario/codes.hpp"

namespace {

const std::string folder = std::string(FLOWTANK_SOURCE_DIR) + "/sim/scenario/";

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("codes.the_page_is_what_the_table_says") {
  CHECK(text_of(folder + "codes.md") == flowtank::codes::to_markdown());
}

TEST_CASE("codes.every_declared_code_is_in_the_table_and_every_code_is_used") {
  const std::string header = text_of(folder + "codes.hpp");
  std::string sources;
  for (const std::string& users : {folder, folder + "../topology/"}) {
    for (const auto& entry : std::filesystem::directory_iterator(users)) {
      if (entry.path().extension() == ".cpp" && entry.path().filename() != "codes.cpp") sources += text_of(entry.path().string());
    }
  }
  std::set<std::string> listed;
  for (const auto& code : flowtank::codes::table()) listed.insert(std::string(code.code));
  const std::regex declaration("string_view ([a-z_0-9]+) = \"(FT-[A-Z]+-[0-9]+)\"");
  std::size_t count = 0;
  for (auto it = std::sregex_iterator(header.begin(), header.end(), declaration); it != std::sregex_iterator(); ++it) {
    ++count;
    INFO((*it)[2]);
    CHECK(listed.count((*it)[2]) == 1);
    CHECK(sources.find("codes::" + (*it)[1].str()) != std::string::npos);
  }
  CHECK(count == listed.size());
  CHECK(count > 40);
  CHECK(sources.find("\"FT-") == std::string::npos);  // never a code without its name
}
