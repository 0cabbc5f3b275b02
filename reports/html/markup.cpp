// SPDX-License-Identifier: Apache-2.0
// The one place where text becomes markup. Blocks begin on lines of their own, so that two reports can be compared by lines;
// nothing is added inside of a line, where white space would be seen.
#include "reports/html/markup.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <sim/base/check.hpp>

#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

constexpr std::array<std::string_view, 30> blocks = {
    "html", "head", "body", "meta", "title", "style", "script", "header", "nav", "main", "section", "footer", "h1", "h2", "h3", "p", "ul", "ol",
    "li", "dl", "table", "thead", "tbody", "tr", "figure", "svg", "g", "div", "details", "pre"};

bool begins_a_line(std::string_view element) { return std::find(blocks.begin(), blocks.end(), element) != blocks.end(); }

}  // namespace

std::string escaped(std::string_view text) {
  const std::string plain = printable(text);
  std::string out;
  out.reserve(plain.size() + plain.size() / 8);
  for (const char c : plain) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string inert_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    switch (c) {
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      default: out += c;
    }
  }
  return out;
}

void Markup::tag(std::string_view element, Attributes attributes) {
  if (begins_a_line(element) && !out_.empty() && out_.back() != '\n') out_ += '\n';
  out_ += '<';
  out_ += element;
  for (const Attribute& attribute : attributes) {
    out_ += ' ';
    if (attribute.name.ends_with('?')) {
      out_ += attribute.name.substr(0, attribute.name.size() - 1);
      continue;
    }
    out_ += attribute.name;
    out_ += "=\"";
    out_ += escaped(attribute.value);
    out_ += '"';
  }
  out_ += '>';
}

void Markup::open(std::string_view element, Attributes attributes) {
  tag(element, attributes);
  open_.push_back(element);
}

void Markup::close() {
  FLOWTANK_CHECK(!open_.empty(), "an element is closed that was opened");
  out_ += "</";
  out_ += open_.back();
  out_ += '>';
  open_.pop_back();
}

void Markup::text(std::string_view text) { out_ += escaped(text); }

void Markup::leaf(std::string_view element, Attributes attributes, std::string_view content) {
  open(element, attributes);
  text(content);
  close();
}

void Markup::single(std::string_view element, Attributes attributes) { tag(element, attributes); }

void Markup::with_code(std::string_view text_) {
  bool code = false;
  while (!text_.empty()) {
    const std::size_t end = std::min(text_.find('`'), text_.size());
    if (code) leaf("code", text_.substr(0, end));
    else text(text_.substr(0, end));
    if (end == text_.size()) break;
    text_.remove_prefix(end + 1);
    code = !code;
  }
}

std::string Markup::take() {
  FLOWTANK_CHECK(open_.empty(), "every element of a page is closed");
  return std::exchange(out_, {});
}

}  // namespace flowtank::reports::html
