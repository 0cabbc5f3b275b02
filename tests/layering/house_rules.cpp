// SPDX-License-Identifier: Apache-2.0
// The bans as a table (what, where, instead), and the checks of a file's first lines, name and
// length.
//
// Most bans protect one promise: the same scenario gives the same bytes on every machine, compiler
// and run.
#include "tests/layering/house_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace flowtank::layering {
namespace {

enum class Where {
  everywhere,
  below_faces,    // sim, models, reports
  without_clock,  // all but cli, gui and tests/bench
  headers,
};

struct Ban {
  std::string_view what;  // "<header>", or a word of code
  Where where;
  std::string_view instead;
};

constexpr std::string_view no_clock = "virtual time; only cli/ and tests/bench may read a clock";
constexpr std::string_view keyed =
    "a keyed draw: a pure function of the seed, what it is for and whose it is";
constexpr std::string_view ordered =
    "std::map, std::set or a sorted vector: no order may come from a hash";
constexpr std::string_view exact = "+ - * / and comparison: libm differs between machines";
constexpr std::string_view from_chars = "std::from_chars: the locale must not decide";

constexpr Ban bans[] = {
    {"<random>", Where::below_faces, keyed},
    {"rand", Where::everywhere, keyed},
    {"random_device", Where::everywhere, keyed},
    {"<chrono>", Where::without_clock, no_clock},
    {"<ctime>", Where::without_clock, no_clock},
    {"<time.h>", Where::without_clock, no_clock},
    {"<sys/time.h>", Where::without_clock, no_clock},
    {"<unordered_map>", Where::below_faces, ordered},
    {"<unordered_set>", Where::below_faces, ordered},
    {"unordered_map", Where::below_faces, ordered},
    {"unordered_set", Where::below_faces, ordered},
    {"std::hash", Where::below_faces, "the hash of sim/base: std::hash differs between libraries"},
    {"<cmath>", Where::below_faces, exact},
    {"<math.h>", Where::below_faces, exact},
    {"<cassert>", Where::everywhere, "CHECK, which stays on in every build"},
    {"<assert.h>", Where::everywhere, "CHECK, which stays on in every build"},
    {"<locale>", Where::below_faces, from_chars},
    {"<clocale>", Where::below_faces, from_chars},
    {"strtod", Where::below_faces, from_chars},
    {"stod", Where::below_faces, from_chars},
    {"atof", Where::below_faces, from_chars},
    {"<iostream>", Where::below_faces,
     "a value that is returned, or a std::ostream& of the caller"},
    {"getenv", Where::below_faces, "an option of the caller"},
    {"__DATE__", Where::everywhere, "nothing: equal sources give equal programs"},
    {"__TIME__", Where::everywhere, "nothing: equal sources give equal programs"},
    {"using namespace", Where::headers, "qualified names"},
};

// Marks of unfinished work, looked for in comments too. In two halves so that this file does not
// carry them.
constexpr std::string_view marks[] = {
    "TO"
    "DO",
    "FIX"
    "ME",
    "X"
    "XX",
    "HA"
    "CK"};

constexpr std::string_view shapeless_names[] = {"util",    "utils", "helper", "helpers",
                                                "manager", "misc",  "common"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Whether `word` stands in `line` on its own, not as a part of a longer name.
bool has_word(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(line[at - 1])) && (end == line.size() || !is_word(line[end])))
      return true;
  }
  return false;
}

bool applies(Where where, std::string_view path) {
  const auto in = [&](std::string_view folder) { return path.starts_with(folder); };
  switch (where) {
    case Where::everywhere:
      return true;
    case Where::below_faces:
      return in("sim/") || in("models/") || in("reports/");
    case Where::without_clock:
      return !in("cli/") && !in("gui/") && !in("tests/bench/");
    case Where::headers:
      return path.ends_with(".hpp");
  }
  return false;
}

void check_bans(const std::string& path, const std::string& content,
                std::vector<Complaint>& complaints) {
  const std::vector<std::string> code = split_lines(blank_comments_and_literals(content));
  const std::vector<Include> includes = includes_of(content);
  for (const Ban& ban : bans) {
    if (!applies(ban.where, path)) continue;
    const auto complain = [&](int line) {
      complaints.push_back(
          {std::string(ban.what), path, line, fmt::format("use instead: {}", ban.instead)});
    };
    if (ban.what.front() == '<') {
      for (const Include& include : includes) {
        if ("<" + include.path + ">" == ban.what) complain(include.line);
      }
      continue;
    }
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (!code[i].starts_with("#include") && has_word(code[i], ban.what))
        complain(static_cast<int>(i) + 1);
    }
  }
}

void check_first_lines(const std::string& path, const std::vector<std::string>& lines,
                       std::vector<Complaint>& complaints) {
  if (lines.empty() || lines[0] != "// SPDX-License-Identifier: Apache-2.0") {
    complaints.push_back(
        {"spdx", path, 1, "the first line is // SPDX-License-Identifier: Apache-2.0"});
  }
  std::size_t purpose = 0;
  for (std::size_t i = 0; i < lines.size() && lines[i].starts_with("//"); ++i) {
    if (!lines[i].starts_with("// SPDX")) purpose += lines[i].size();
  }
  if (purpose < 40) {
    complaints.push_back(
        {"purpose", path, 2, "say in a comment what this file is, why, and what it keeps"});
  }
  if (path.ends_with(".hpp") &&
      std::find(lines.begin(), lines.end(), "#pragma once") == lines.end()) {
    complaints.push_back({"pragma-once", path, 0, "a header has #pragma once"});
  }
}

}  // namespace

void check_house_rules(const Tree& tree, std::vector<Complaint>& complaints) {
  for (const auto& [path, content] : tree) {
    if (!path.ends_with(".cpp") && !path.ends_with(".hpp")) continue;
    const std::vector<std::string> lines = split_lines(content);
    check_first_lines(path, lines, complaints);
    check_bans(path, content, complaints);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      for (const std::string_view mark : marks) {
        if (has_word(lines[i], mark)) {
          complaints.push_back(
              {"mark", path, static_cast<int>(i) + 1, "finish it, or say what holds today"});
        }
      }
    }
    const std::size_t slash = path.rfind('/') + 1;
    const std::string stem = path.substr(slash, path.rfind('.') - slash);
    for (const std::string_view name : shapeless_names) {
      if (stem == name || stem.ends_with("_" + std::string(name))) {
        complaints.push_back(
            {"name", path, 0, fmt::format("\"{}\" says nothing: name what is in it", name)});
      }
    }
    if (lines.size() > most_lines) {
      complaints.push_back(
          {"length", path, static_cast<int>(lines.size()),
           fmt::format("{} lines, more than {}: split it by subject", lines.size(), most_lines)});
    }
  }
}

std::vector<Complaint> apply_exceptions(std::string_view text, const Tree& tree,
                                        std::vector<Complaint> complaints) {
  constexpr std::string_view list = "tests/layering/exceptions.txt";
  int line_number = 0;
  for (const std::string& line : split_lines(text)) {
    ++line_number;
    const std::size_t divider = line.find(" : ");
    const std::vector<std::string> words = split_words(line.substr(0, divider));
    if (words.empty() || words[0].starts_with("#")) continue;
    const bool length = words[0] == "length";
    if (divider == std::string::npos || words.size() != (length ? 3U : 2U) ||
        !tree.contains(words[1])) {
      complaints.push_back(
          {"exception", std::string(list), line_number, "not: rule, existing path, : reason"});
      continue;
    }
    const auto allowed = [&](const Complaint& c) {
      return c.rule == words[0] && c.path == words[1] &&
             (!length || c.line <= std::atoi(words[2].c_str()));
    };
    if (std::erase_if(complaints, allowed) == 0) {
      complaints.push_back(
          {"exception", std::string(list), line_number, "no longer needed, or exceeded"});
    }
  }
  return complaints;
}

}  // namespace flowtank::layering
