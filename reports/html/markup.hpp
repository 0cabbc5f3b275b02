// SPDX-License-Identifier: Apache-2.0
// Writing HTML and SVG: elements are opened and closed in pairs, and every text and attribute value is escaped here and
// nowhere else. Names of elements and attributes are words of ours, never of users, so that no scenario and no trace can add
// an element, an attribute or a script. What printable() makes harmless for a terminal is harmless here, too.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank::reports::html {

// For text between tags and for attribute values in double quotes: & < > " ' and all that printable() replaces.
std::string escaped(std::string_view text);
// JSON as the content of a <script type="application/json">: < > & are written as \u003c and so on, so that it can hold neither
// an end tag nor a comment. `json` is valid JSON.
std::string inert_json(std::string_view json);

struct Attribute {
  std::string_view name;
  std::string value;
};
using Attributes = std::initializer_list<Attribute>;

class Markup {
 public:
  // An attribute without a value is written as its name alone where its name ends in "?": {"open?", ""}.
  void open(std::string_view element, Attributes attributes = {});
  void close();  // the innermost open element
  void text(std::string_view text);
  // An element with a text and nothing else.
  void leaf(std::string_view element, Attributes attributes, std::string_view text);
  void leaf(std::string_view element, std::string_view text) { leaf(element, {}, text); }
  // An element that cannot have content: meta, br.
  void single(std::string_view element, Attributes attributes = {});
  // A text of ours that is markup already: the style, the script, an icon, or what another Markup made.
  void verbatim(std::string_view markup) { out_ += markup; }
  // Text in which parts in backquotes become <code>. The text is escaped as any other.
  void with_code(std::string_view text);

  std::size_t bytes() const { return out_.size(); }
  // Everything that was opened is closed.
  std::string take();

 private:
  void tag(std::string_view element, Attributes attributes);

  std::string out_;
  std::vector<std::string_view> open_;
};

}  // namespace flowtank::reports::html
