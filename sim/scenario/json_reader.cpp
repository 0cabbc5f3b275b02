// SPDX-License-Identifier: Apache-2.0
// See json_reader.hpp. nlohmann/json decides what is JSON and decodes it; a cursor walks the same text
// from token to token in step with its events and supplies the positions. Invariant: after each event
// the cursor stands behind the token of that event.
#include "sim/scenario/json_reader.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "sim/scenario/codes.hpp"

namespace flowtank {

namespace {

// Walks over a text that holds JSON with comments, token by token.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) offset_ = line_start_ = 3;
  }

  struct Token {
    std::size_t offset = 0;
    SourceRange where;
  };

  // The next token; the text is known to be valid up to there.
  Token next() {
    skip_blank(true);
    const std::size_t begin = offset_;
    const SourceRange at = here();
    if (offset_ < text_.size()) move_to(end_of_token(offset_));
    Token token{begin, at};
    token.where.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, offset_ - begin));
    return token;
  }

  // Skips white space and comments, and separators too if asked; remembers the last comma.
  void skip_blank(bool separators) {
    while (offset_ < text_.size()) {
      const char c = text_[offset_];
      if (c == '\n') {
        line_start_ = ++offset_;
        ++line_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++offset_;
      } else if (separators && (c == ',' || c == ':')) {
        ++offset_;
      } else if (c == '/' && offset_ + 1 < text_.size() && (text_[offset_ + 1] == '/' || text_[offset_ + 1] == '*')) {
        skip_comment();
      } else {
        return;
      }
    }
  }

  // Moves to a byte ahead, counting lines.
  void move_to(std::size_t offset) {
    for (; offset_ < std::min(offset, text_.size()); ++offset_) {
      if (text_[offset_] == '\n') {
        ++line_;
        line_start_ = offset_ + 1;
      }
    }
  }

  SourceRange here() const {
    return {line_, static_cast<std::uint32_t>(offset_ - line_start_ + 1), 1};
  }
  std::size_t offset() const { return offset_; }
  bool at_end() const { return offset_ >= text_.size(); }
  char current() const { return text_[offset_]; }
  void advance() { ++offset_; }

 private:
  void skip_comment() {
    const bool block = text_[offset_ + 1] == '*';
    // As the parser has it: a line ends at a carriage return and behind a NUL, too.
    const std::size_t end = block ? text_.find("*/", offset_ + 2) : text_.find_first_of(std::string_view("\n\r\0", 3), offset_);
    if (end == std::string_view::npos) return move_to(text_.size());
    move_to(end + (block ? 2 : text_[end] == '\0' ? 1 : 0));
  }

  std::size_t end_of_token(std::size_t begin) const {
    const char c = text_[begin];
    if (c == '"') {
      std::size_t i = begin + 1;
      while (i < text_.size() && text_[i] != '"') i += text_[i] == '\\' ? 2 : 1;
      return std::min(i + 1, text_.size());
    }
    if (std::string_view("{}[]").find(c) != std::string_view::npos) return begin + 1;
    std::size_t i = begin;
    while (i < text_.size() && std::string_view(" \t\r\n,:{}[]\"/").find(text_[i]) == std::string_view::npos) ++i;
    return std::max(i, begin + 1);
  }

  std::string_view text_;
  std::size_t offset_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
};

// Receives the events of nlohmann's parser and builds the tree.
class TreeBuilder {
 public:
  TreeBuilder(const Sources& sources, std::uint32_t source, const ReadLimits& limits, Diagnostics& diagnostics)
      : text_(sources.all[source].text), file_(sources.all[source].name), source_(source), limits_(limits),
        diagnostics_(diagnostics), cursor_(text_) {}

  bool null() { return scalar(JsonKind::null, [](JsonNode&) {}); }
  bool boolean(bool value) {
    return scalar(JsonKind::boolean, [&](JsonNode& node) { node.boolean = value; });
  }
  bool number_integer(std::int64_t value) { return integer(value); }
  bool number_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return integer(static_cast<std::int64_t>(value));
    }
    return integer_out_of_range();
  }
  bool number_float(double value, const std::string& text) {
    if (text.find_first_of(".eE") == std::string::npos) return integer_out_of_range();
    return scalar(JsonKind::real, [&](JsonNode& node) { node.real = value; });
  }
  bool string(std::string& value) {
    return scalar(JsonKind::string, [&](JsonNode& node) { node.text = std::move(value); });
  }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return open(JsonKind::object); }
  bool start_array(std::size_t) { return open(JsonKind::array); }
  bool key(std::string& key) {
    open_.back().key = std::move(key);
    open_.back().key_where = cursor_.next().where;
    return true;
  }
  bool end_object() {
    remove_duplicates(open_.back().node);
    return close();
  }
  bool end_array() { return close(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& problem) {
    const std::string_view what = problem.what();
    if (what.find("UTF-8") != std::string_view::npos) {
      cursor_.move_to(position > 0 ? position - 1 : 0);
      return stop(codes::json_utf8, "this is not UTF-8", "Save the file in the encoding UTF-8.");
    }
    if (what.find("out_of_range") != std::string_view::npos) {
      const auto token = cursor_.next();
      return stop_at(token.where, codes::json_number, "the number is out of range of a double", "");
    }
    return syntax_error(what);
  }

  std::optional<JsonNode> take(bool complete) {
    if (!complete || !root_) return std::nullopt;
    return std::move(root_);
  }

 private:
  struct Open {
    JsonNode node;
    std::string key;
    SourceRange key_where;
  };

  template <typename Fill>
  bool scalar(JsonKind kind, const Fill& fill) {
    if (!count()) return false;
    JsonNode node = make(kind);
    fill(node);
    attach(std::move(node));
    return true;
  }

  bool integer(std::int64_t value) {
    return scalar(JsonKind::integer, [&](JsonNode& node) {
      node.integer = value;
      node.real = static_cast<double>(value);
    });
  }

  // Diagnosed, and read as 0, so that everything else is still checked.
  bool integer_out_of_range() {
    const bool go_on = integer(0);
    const JsonNode* node = &*root_or_last();
    diagnostics_.add({Severity::error, std::string(codes::json_number), file_, node->where, path_to_last(),
                      "the whole number is outside -9223372036854775808..9223372036854775807", "Add a fraction (\".0\") for a real number."});
    return go_on;
  }

  const JsonNode* root_or_last() const {
    if (open_.empty()) return &*root_;
    const JsonNode& parent = open_.back().node;
    return parent.is(JsonKind::array) ? &parent.items.back() : &parent.members.back().value;
  }

  // The pointer to the innermost open object or list.
  std::string path() const {
    std::string pointer;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const bool list = open_[i].node.is(JsonKind::array);
      pointer = list ? pointer_to(pointer, open_[i].node.items.size()) : pointer_to(pointer, open_[i].key);
    }
    return pointer;
  }
  // The pointer to the value read last.
  std::string path_to_last() const {
    if (open_.empty()) return "";
    const JsonNode& parent = open_.back().node;
    return parent.is(JsonKind::array) ? pointer_to(path(), parent.items.size() - 1) : pointer_to(path(), parent.members.back().key);
  }

  JsonNode make(JsonKind kind) {
    const auto token = cursor_.next();
    JsonNode node;
    node.kind = kind;
    node.source = source_;
    node.offset = static_cast<std::uint32_t>(token.offset);
    node.where = token.where;
    return node;
  }

  bool count() {
    if (++values_ <= limits_.values) return true;
    const auto token = cursor_.next();
    return stop_at(token.where, codes::range_values,
                   "the file has more than " + std::to_string(limits_.values) + " values", "This is a limit of reading; it can be raised.");
  }

  bool open(JsonKind kind) {
    if (!count()) return false;
    JsonNode node = make(kind);
    if (open_.size() >= limits_.depth) {
      return stop_at(node.where, codes::range_depth,
                     "nested deeper than " + std::to_string(limits_.depth) + " brackets", "This is a limit of reading; it can be raised.");
    }
    open_.push_back({std::move(node), {}, {}});
    return true;
  }

  bool close() {
    cursor_.next();
    JsonNode node = std::move(open_.back().node);
    open_.pop_back();
    attach(std::move(node));
    return true;
  }

  void attach(JsonNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is(JsonKind::array)) {
      parent.node.items.push_back(std::move(node));
    } else {
      parent.node.members.push_back({parent.key, parent.key_where, std::move(node)});
    }
  }

  void remove_duplicates(JsonNode& node) {
    std::vector<std::uint32_t> order(node.members.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return node.members[a].key < node.members[b].key; });
    std::vector<bool> drop(node.members.size());
    bool any = false;
    for (std::size_t i = 1; i < order.size(); ++i) {
      JsonMember& again = node.members[order[i]];
      std::size_t first = i - 1;
      while (first > 0 && drop[order[first]]) --first;
      if (node.members[order[first]].key != again.key) continue;
      diagnostics_.add({Severity::error, std::string(codes::json_duplicate_key), file_, again.key_where, pointer_to(path(), again.key),
                        "the key \"" + again.key + "\" is given twice",
                        "The first one is in line " + std::to_string(node.members[order[first]].key_where.line) + "."});
      drop[order[i]] = any = true;
    }
    if (!any) return;
    std::vector<JsonMember> kept;
    for (std::size_t i = 0; i < node.members.size(); ++i) {
      if (!drop[i]) kept.push_back(std::move(node.members[i]));
    }
    node.members = std::move(kept);
  }

  bool stop(std::string_view code, std::string message, std::string hint) {
    return stop_at(cursor_.here(), code, std::move(message), std::move(hint));
  }
  bool stop_at(SourceRange where, std::string_view code, std::string message, std::string hint) {
    diagnostics_.add({Severity::error, std::string(code), file_, where, path(), std::move(message), std::move(hint)});
    return false;
  }

  bool syntax_error(std::string_view what) {
    cursor_.skip_blank(false);
    std::optional<SourceRange> comma;
    while (!cursor_.at_end() && (cursor_.current() == ',' || cursor_.current() == ':')) {
      const bool first_comma = cursor_.current() == ',' && !comma;
      if (cursor_.current() == ',' && comma) break;  // two commas: the second is the error
      if (first_comma) comma = cursor_.here();
      cursor_.advance();
      cursor_.skip_blank(false);
    }
    if (cursor_.at_end() && open_.empty() && !root_) return stop(codes::json_truncated, "the file is empty", "Expected a JSON object.");
    if (cursor_.at_end()) {
      return stop(codes::json_truncated, "the file ends here, but " + std::to_string(open_.size()) +
                                             (open_.size() == 1 ? " bracket is still open" : " brackets are still open"),
                  "Is the file complete?");
    }
    const char c = cursor_.current();
    if (comma && (c == '}' || c == ']')) {
      return stop_at(*comma, codes::json_trailing_comma, std::string("a comma before the closing '") + c + "'", "Remove the comma.");
    }
    const auto token = cursor_.next();
    if (c == '"' && cursor_.at_end() && (token.where.length < 2 || text_.back() != '"')) {
      return stop_at({token.where.line, token.where.column, 1}, codes::json_truncated, "the file ends inside this string", "Is the file complete?");
    }
    return stop_at(token.where, codes::json_syntax, explain(what), "");
  }

  // The useful part of a message such as "... syntax error while parsing value - unexpected '}'; expected ...".
  static std::string explain(std::string_view what) {
    const std::size_t dash = what.find(" - ");
    std::string text(dash == std::string_view::npos ? what : what.substr(dash + 3));
    const std::size_t last_read = text.find("; last read: '");
    if (last_read != std::string::npos) {
      const std::size_t end = text.find("'; expected", last_read + 14);
      text.erase(last_read, end == std::string::npos ? std::string::npos : end + 1 - last_read);
    }
    return text;
  }

  const std::string& text_;
  const std::string& file_;
  std::uint32_t source_;
  ReadLimits limits_;
  Diagnostics& diagnostics_;
  Cursor cursor_;
  std::vector<Open> open_;
  std::optional<JsonNode> root_;
  std::size_t values_ = 0;
};

}  // namespace

std::optional<JsonNode> read_json(const Sources& sources, std::uint32_t source, const ReadLimits& limits,
                                  Diagnostics& diagnostics) {
  const std::string& text = sources.all[source].text;
  if (text.size() > std::min(limits.file_bytes, std::size_t{1} << 30)) {
    diagnostics.add({Severity::error, std::string(codes::range_file), sources.all[source].name, {}, "",
                     "the file is larger than " + std::to_string(limits.file_bytes) + " bytes", "This is a limit of reading; it can be raised."});
    return std::nullopt;
  }
  TreeBuilder builder(sources, source, limits, diagnostics);
  const bool complete = nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &builder,
                                                  nlohmann::json::input_format_t::json, true, true);
  return builder.take(complete);
}

}  // namespace flowtank
