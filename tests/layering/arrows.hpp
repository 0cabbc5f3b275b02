// SPDX-License-Identifier: Apache-2.0
// The arrow table (arrows.txt) and the checks that hold includes and CMake links to it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/layering/source_text.hpp"

namespace flowtank::layering {

// Another project's headers: who may include <prefix...> and link `target`.
struct Package {
  std::string prefix;
  std::string target;  // "-" when there is none
  std::set<std::string> users;
  bool for_all = false;
};

struct Arrows {
  std::map<std::string, std::set<std::string>> may_use;  // folder to the folders it may use
  std::vector<Package> packages;

  // The row a file belongs to: the longest folder of the table that contains `path`; "" if none
  // does.
  std::string folder_of(std::string_view path) const;
};

// Reads the table. Rows that point up or to an unknown folder are reported under the rule "table".
Arrows parse_arrows(std::string_view text, std::vector<Complaint>& complaints);

// Every include crosses an arrow of the table, in the form the house uses: <...> for another
// folder, "..." for one's own, rooted, no "..". Tests are free in the form. Rules: arrow, package,
// include-form, parent-include, header-package, table.
void check_includes(const Tree& tree, const Arrows& arrows, std::vector<Complaint>& complaints);

// Every flowtank_library() declares what it includes and nothing beyond the table. Rule: link.
void check_links(const Tree& tree, const Arrows& arrows, std::vector<Complaint>& complaints);

}  // namespace flowtank::layering
