// SPDX-License-Identifier: Apache-2.0
// Parses the arrow table and the flowtank_library() calls, and compares both with the includes of
// the tree.
#include "tests/layering/arrows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flowtank::layering {
namespace {

constexpr std::string_view table_path = "tests/layering/arrows.txt";

// Libraries of other projects that must not become part of everybody's compile time or interface.
constexpr std::string_view never_in_headers[] = {"nlohmann/", "boost/"};

bool is_source(std::string_view path) { return path.ends_with(".cpp") || path.ends_with(".hpp"); }

std::string without_comment(const std::string& line) { return line.substr(0, line.find('#')); }

// One flowtank_library(name DEPENDS ... LINK ...) call.
struct Library {
  std::string path;  // of its CMakeLists.txt
  std::string folder;
  std::set<std::string> depends;
  std::set<std::string> links;
};

using Libraries = std::map<std::string, Library>;  // by name, without the prefix flowtank_

std::string cmake_code(const std::string& content) {
  std::string code;
  for (const std::string& line : split_lines(content)) code += without_comment(line) + "\n";
  return code;
}

// All libraries of the tree.
Libraries libraries_of(const Tree& tree) {
  constexpr std::string_view call = "flowtank_library(";
  Libraries libraries;
  for (const auto& [path, content] : tree) {
    const std::string code = path.ends_with("/CMakeLists.txt") ? cmake_code(content) : "";
    const std::size_t open = code.find(call);
    if (open == std::string::npos) continue;
    const std::size_t start = open + call.size();
    const auto words =
        split_words(std::string_view(code).substr(start, code.find(')', start) - start));
    if (words.empty()) continue;
    Library library{path, path.substr(0, path.rfind('/')), {}, {}};
    std::set<std::string>* list = nullptr;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "DEPENDS")
        list = &library.depends;
      else if (words[i] == "LINK")
        list = &library.links;
      else if (words[i] == "FOLDERS")
        list = nullptr;  // subfolders of the library itself
      else if (list != nullptr)
        list->insert(words[i]);
    }
    libraries[words[0]] = library;
  }
  return libraries;
}

// Checks DEPENDS against the table; returns the folders it declares.
std::set<std::string> check_depends(const Library& library, const Libraries& libraries,
                                    const Arrows& arrows, std::vector<Complaint>& complaints) {
  std::set<std::string> declared;
  for (const std::string& other : library.depends) {
    const auto found = libraries.find(other);
    if (found == libraries.end()) {
      complaints.push_back({"link", library.path, 0, fmt::format("there is no library {}", other)});
      continue;
    }
    const std::string& folder = found->second.folder;
    declared.insert(folder);
    if (!arrows.may_use.at(library.folder).contains(folder)) {
      complaints.push_back(
          {"link", library.path, 0, fmt::format("{} may not link {}", library.folder, folder)});
    }
  }
  return declared;
}

// Checks LINK against the packages of the table.
void check_external_links(const Library& library, const Arrows& arrows,
                          std::vector<Complaint>& complaints) {
  for (const std::string& target : library.links) {
    const bool allowed =
        std::any_of(arrows.packages.begin(), arrows.packages.end(), [&](const Package& p) {
          return p.target == target && (p.for_all || p.users.contains(library.folder));
        });
    if (!allowed) {
      complaints.push_back(
          {"link", library.path, 0, fmt::format("{} may not link {}", library.folder, target)});
    }
  }
}

// Checks that the library's files include only what it declares.
void check_declared(const Tree& tree, const Library& library, const std::set<std::string>& declared,
                    const Arrows& arrows, std::vector<Complaint>& complaints) {
  for (const auto& [path, content] : tree) {
    if (!is_source(path) || arrows.folder_of(path) != library.folder) continue;
    for (const Include& include : includes_of(content)) {
      const std::string to = arrows.folder_of(include.path);
      if (to.empty() || to == library.folder || declared.contains(to)) continue;
      complaints.push_back({"link", path, include.line,
                            fmt::format("{} is not in DEPENDS of {}", to, library.path)});
    }
  }
}

void check_own_include(const std::string& path, const Include& include, const Arrows& arrows,
                       std::vector<Complaint>& complaints) {
  const std::string from = arrows.folder_of(path);
  const std::string to = arrows.folder_of(include.path);
  if (from == "tests" && from != to)
    return;  // tests may use all, and quote the header they are about
  if (from == to) {
    if (include.angle) {
      complaints.push_back(
          {"include-form", path, include.line, "one's own folder is included with \"...\""});
    }
    return;
  }
  if (!include.angle) {
    complaints.push_back(
        {"include-form", path, include.line, "another folder is included with <...>"});
  }
  if (!arrows.may_use.at(from).contains(to)) {
    complaints.push_back({"arrow", path, include.line,
                          fmt::format("{} may not use {} (see {})", from, to, table_path)});
  }
}

void check_package_include(const std::string& path, const Include& include, const Arrows& arrows,
                           std::vector<Complaint>& complaints) {
  const auto package =
      std::find_if(arrows.packages.begin(), arrows.packages.end(),
                   [&](const Package& p) { return include.path.starts_with(p.prefix); });
  if (package == arrows.packages.end()) {
    complaints.push_back({"package", path, include.line,
                          fmt::format("no package of {} has <{}>", table_path, include.path)});
    return;
  }
  const std::string from = arrows.folder_of(path);
  if (!package->for_all && !package->users.contains(from)) {
    complaints.push_back(
        {"package", path, include.line, fmt::format("{} may not use <{}>", from, include.path)});
  }
  for (const std::string_view banned : never_in_headers) {
    if (path.ends_with(".hpp") && package->prefix == banned) {
      complaints.push_back(
          {"header-package", path, include.line,
           fmt::format("<{}> belongs in a .cpp, behind a type of our own", include.path)});
    }
  }
}

}  // namespace

std::string Arrows::folder_of(std::string_view path) const {
  std::string best;
  for (const auto& [folder, unused] : may_use) {
    if (path.starts_with(folder + "/") && folder.size() > best.size()) best = folder;
  }
  return best;
}

Arrows parse_arrows(std::string_view text, std::vector<Complaint>& complaints) {
  Arrows arrows;
  std::set<std::string> above;
  int line_number = 0;
  for (const std::string& raw : split_lines(text)) {
    ++line_number;
    const std::string line = without_comment(raw);
    // The divider stands between blanks or at the end: fmt::fmt has colons too.
    const std::size_t divider = (line + " ").find(" : ");
    const std::vector<std::string> left = split_words(line.substr(0, divider));
    if (left.empty()) continue;
    const bool package = left[0] == "package";
    if (divider == std::string::npos || left.size() != (package ? 3U : 1U)) {
      complaints.push_back(
          {"table", std::string(table_path), line_number, "neither a row nor a package"});
      continue;
    }
    std::set<std::string> named;
    bool all = false;
    for (const std::string& word : split_words(line.substr(std::min(divider + 2, line.size())))) {
      if (word == "*")
        all = true;
      else if (above.contains(word))
        named.insert(word);
      else
        complaints.push_back(
            {"table", std::string(table_path), line_number, word + " is not a row above"});
    }
    if (package) {
      arrows.packages.push_back({left[1], left[2], named, all});
    } else {
      arrows.may_use[left[0]] = all ? above : named;
      above.insert(left[0]);
    }
  }
  return arrows;
}

void check_includes(const Tree& tree, const Arrows& arrows, std::vector<Complaint>& complaints) {
  for (const auto& [path, content] : tree) {
    if (!is_source(path)) continue;
    if (arrows.folder_of(path).empty()) {
      complaints.push_back(
          {"table", path, 0, fmt::format("its folder has no row in {}", table_path)});
      continue;
    }
    for (const Include& include : includes_of(content)) {
      const bool standard = include.angle && include.path.find('/') == std::string::npos;
      if (include.path.find("..") != std::string::npos) {
        complaints.push_back(
            {"parent-include", path, include.line, "includes are rooted at the repository"});
      } else if (!arrows.folder_of(include.path).empty()) {
        check_own_include(path, include, arrows, complaints);
      } else if (!include.angle) {
        complaints.push_back(
            {"include-form", path, include.line, "\"...\" is rooted: name the folder too"});
      } else if (!standard) {
        check_package_include(path, include, arrows, complaints);
      }
    }
  }
}

void check_links(const Tree& tree, const Arrows& arrows, std::vector<Complaint>& complaints) {
  const Libraries libraries = libraries_of(tree);
  for (const auto& [name, library] : libraries) {
    if (!arrows.may_use.contains(library.folder)) {
      complaints.push_back({"link", library.path, 0,
                            fmt::format("{} has no row in {}", library.folder, table_path)});
      continue;
    }
    if (cmake_code(tree.at(library.path)).find("target_link_libraries(") != std::string::npos) {
      complaints.push_back({"link", library.path, 0,
                            "links are declared with DEPENDS and LINK of flowtank_library()"});
    }
    const std::set<std::string> declared = check_depends(library, libraries, arrows, complaints);
    check_external_links(library, arrows, complaints);
    check_declared(tree, library, declared, arrows, complaints);
  }
}

}  // namespace flowtank::layering
