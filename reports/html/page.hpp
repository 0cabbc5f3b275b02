// SPDX-License-Identifier: Apache-2.0
// The frame of a report: one file that needs no network and no script to be read. Its policy lets a browser use the style
// and the one script of the page and nothing else. Sections are collected first, so that the list of contents names those there are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/html/markup.hpp"

namespace flowtank::reports::html {

struct Section {
  std::string id;     // of the anchor: a word of ours
  std::string name;   // in the list of contents
  std::string title;  // its heading; not empty
  std::string intro;  // one sentence; may be empty
  std::string body;   // markup
};

struct Frame {
  std::string title;             // of the page
  std::string kind;              // "consistency report"
  std::vector<std::pair<std::string, std::string>> facts;  // "scenario", "shop.json"
  std::string banner;            // markup between title and contents
  std::vector<Section> sections;
  std::vector<std::string> foot; // sentences
};

// The whole file. A function of its argument.
std::string whole_page(const Frame& frame);

// "A <code>" title of a part within a section.
void part_title(Markup& to, std::string_view title, std::string_view more = "");

// The files style.css and script.js here, as they were when this was built.
std::string_view page_style();
std::string_view page_script();

}  // namespace flowtank::reports::html
