// SPDX-License-Identifier: Apache-2.0
// The text scanner behind the layering checks, and the walk over the repository that feeds them.
#include "tests/layering/source_text.hpp"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace flowtank::layering {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Whether the ' at `at` stands inside a number such as 1'000.
bool is_digit_separator(std::string_view text, std::size_t at) {
  std::size_t start = at;
  while (start > 0 && (is_word(text[start - 1]) || text[start - 1] == '\'')) --start;
  return start < at && std::isdigit(static_cast<unsigned char>(text[start])) != 0;
}

// Where the literal or comment that starts at `at` ends (one past its last character); `at` if none
// starts there.
std::size_t end_of_blank(std::string_view text, std::size_t at) {
  const auto past = [&](std::string_view mark, std::size_t from) {
    const std::size_t found = text.find(mark, from);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  if (text.substr(at, 2) == "/*") return past("*/", at + 2);
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text[at] == '"' && at > 0 && text[at - 1] == 'R') {
    const std::size_t open = std::min(text.find('(', at), text.size());
    return past(")" + std::string(text.substr(at + 1, open - at - 1)) + "\"", open);
  }
  if (text[at] == '"' || (text[at] == '\'' && !is_digit_separator(text, at))) {
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != text[at] && text[end] != '\n')
      end += text[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text.size());
  }
  return at;
}

}  // namespace

std::string describe(const std::vector<Complaint>& complaints) {
  std::string text;
  for (const Complaint& c : complaints)
    text += fmt::format("{}:{}: {} [{}]\n", c.path, c.line, c.text, c.rule);
  return text;
}

std::vector<std::string> split_lines(std::string_view content) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(content)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::istringstream in{std::string(text)};
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string blank_comments_and_literals(std::string_view content) {
  std::string code(content);
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = end_of_blank(content, at);
    for (std::size_t i = at; i < end; ++i) {
      if (code[i] != '\n') code[i] = ' ';
    }
    at = std::max(end, at + 1);
  }
  return code;
}

std::vector<Include> includes_of(std::string_view content) {
  std::vector<Include> found;
  const std::vector<std::string> lines = split_lines(content);
  const std::vector<std::string> code = split_lines(blank_comments_and_literals(content));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!code[i].starts_with("#include")) continue;
    const std::size_t open = lines[i].find_first_of("<\"");
    if (open == std::string::npos) continue;
    const std::size_t close = lines[i].find_first_of(">\"", open + 1);
    found.push_back({static_cast<int>(i) + 1, lines[i].substr(open + 1, close - open - 1),
                     lines[i][open] == '<'});
  }
  return found;
}

std::string read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  if (!in) throw std::runtime_error("cannot read " + file);
  return content.str();
}

Tree read_tree(const std::string& root) {
  namespace fs = std::filesystem;
  Tree tree;
  for (const char* top : {"sim", "models", "reports", "cli", "gui", "tests"}) {
    if (!fs::exists(fs::path(root) / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / top)) {
      const fs::path& file = entry.path();
      const std::string path = file.lexically_relative(root).generic_string();
      const bool checked = file.extension() == ".cpp" || file.extension() == ".hpp" ||
                           file.filename() == "CMakeLists.txt";
      if (!checked || !entry.is_regular_file() || path.starts_with("tests/bench/peers/")) continue;
      tree[path] = read_text(file.string());
    }
  }
  return tree;
}

}  // namespace flowtank::layering
