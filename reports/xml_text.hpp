// SPDX-License-Identifier: Apache-2.0
// Text inside XML and Markdown, and what JUnit calls things: the escapes that the reports share. Arguments are printable.
#pragma once

#include <string>
#include <string_view>

namespace flowtank::reports {

// For attributes and content: the five characters of markup as entities, line feeds as references, and what XML 1.0 forbids
// even as a reference (U+FFFE, U+FFFF) as text.
std::string xml_text(std::string_view text);

// Text inside Markdown: what could start a table cell, a link or an element is escaped.
std::string markdown_text(std::string_view text);

// "scenarios/shop.json" -> "shop"
std::string junit_stem(std::string_view file);

}  // namespace flowtank::reports
