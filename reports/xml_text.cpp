// SPDX-License-Identifier: Apache-2.0
// See xml_text.hpp. By hand: a dozen characters do not need a library.
#include "reports/xml_text.hpp"

#include "reports/text.hpp"

namespace flowtank::reports {

std::string xml_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view three = text.substr(i, 3);
    if (three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf") {
      out += three[2] == '\xbe' ? "\\ufffe" : "\\uffff";
      i += 2;
      continue;
    }
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      case '\n': out += "&#10;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string markdown_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (c == '&') {
      out += "&amp;";
      continue;
    }
    // A scheme before "//" and a name before "@" become links by themselves.
    if (c == ':' && text.substr(i, 3) == "://") {
      out += "&#58;";
      continue;
    }
    // "www." does, too.
    if (c == '.' && i >= 3 && (text[i - 1] | 0x20) == 'w' && (text[i - 2] | 0x20) == 'w' && (text[i - 3] | 0x20) == 'w') {
      out += "&#46;";
      continue;
    }
    if (c == '@') {
      out += "&#64;";
      continue;
    }
    if (std::string_view("\\`*_[]|#!~$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string junit_stem(std::string_view file) {
  file = file.substr(file.find_last_of('/') + 1);
  const std::size_t dot = file.rfind('.');
  if (dot != std::string_view::npos && dot != 0) file = file.substr(0, dot);
  return printable(file);
}

}  // namespace flowtank::reports
