// SPDX-License-Identifier: Apache-2.0
// Reads C++ and CMake text just well enough to check it: lines, code without comments and literals,
// includes.
//
// The checks must not be fooled by a banned word in a comment or a string, nor by digit separators
// or raw strings; everything else about the language they may ignore. Positions survive: blanked
// text keeps its lines and columns.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank::layering {

// The files under check: path relative to the root of the repository, with '/', to content.
using Tree = std::map<std::string, std::string>;

// Something a check found. `rule` is what exceptions.txt may name; `line` counts from 1, 0 is the
// whole file.
struct Complaint {
  std::string rule;
  std::string path;
  int line = 0;
  std::string text;
};

// "path:line: text [rule]", a line each.
std::string describe(const std::vector<Complaint>& complaints);

struct Include {
  int line = 0;
  std::string path;    // without the delimiters
  bool angle = false;  // <path> rather than "path"
};

std::vector<std::string> split_lines(std::string_view content);
std::vector<std::string> split_words(std::string_view text);

// The C++ text with comments and the content of string and character literals replaced by spaces.
std::string blank_comments_and_literals(std::string_view content);

// The #include lines of a C++ text, in order; those within comments and literals do not count.
std::vector<Include> includes_of(std::string_view content);

// Reads the .cpp, .hpp and CMakeLists.txt files of the repository at `root` that the house rules
// hold for: sim, models, reports, cli, gui and tests, but not tests/bench/peers, which are kept as
// they were measured.
Tree read_tree(const std::string& root);

// Reads a file of the repository; throws std::runtime_error naming it if that fails.
std::string read_text(const std::string& file);

}  // namespace flowtank::layering
