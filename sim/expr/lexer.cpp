// SPDX-License-Identifier: Apache-2.0
// See lexer.hpp. The lexis is that of the CEL language definition, "Syntax", plus identifiers in
// backticks as field selectors.
#include "sim/expr/lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sim/expr/utf8.hpp"

namespace flowtank::expr {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

constexpr std::array<std::string_view, 17> reserved_words = {
    "as", "break", "const", "continue", "else", "for", "function", "if", "import",
    "let", "loop", "package", "namespace", "return", "var", "void", "while",
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  LexedText run() {
    if (const std::size_t valid = utf8_valid_prefix(text_); valid < text_.size()) {
      error(valid, 1, "the expression is not valid UTF-8");
      text_ = text_.substr(0, valid);
    }
    for (skip_blank(); at_ < text_.size(); skip_blank()) token();
    out_.tokens.push_back({TokenKind::end, static_cast<std::uint32_t>(text_.size()), 1, {}, 0, 0, false});
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void error(std::size_t position, std::size_t length, std::string message, std::string hint = {}) {
    out_.errors.push_back({static_cast<std::uint32_t>(position), static_cast<std::uint32_t>(length),
                           std::move(message), std::move(hint)});
  }

  Token& add(TokenKind kind, std::size_t start) {
    Token token;
    token.kind = kind;
    token.position = static_cast<std::uint32_t>(start);
    token.length = static_cast<std::uint32_t>(at_ - start);
    out_.tokens.push_back(std::move(token));
    return out_.tokens.back();
  }

  void skip_blank() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (c == '/' && peek(1) == '/') {
        while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
      } else {
        return;
      }
    }
  }

  void token() {
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '"' || c == '\'') return string_literal(at_, false, false);
    if (is_letter(c)) {
      if (string_prefix()) return;
      return word();
    }
    if (c == '`') return quoted_identifier();
    punctuation();
  }

  // r"" b"" br"" in either case; false when the letters start a word.
  bool string_prefix() {
    std::size_t n = 0;
    bool bytes = false, raw = false;
    if (peek(n) == 'b' || peek(n) == 'B') bytes = true, ++n;
    if (peek(n) == 'r' || peek(n) == 'R') raw = true, ++n;
    if (n == 0 || (peek(n) != '"' && peek(n) != '\'')) return false;
    const std::size_t start = at_;
    at_ += n;
    string_literal(start, bytes, raw);
    return true;
  }

  void string_literal(std::size_t start, bool bytes, bool raw) {
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    at_ += triple ? 3 : 1;
    const std::size_t body = at_;
    bool closed = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && !raw && at_ + 1 < text_.size() && (triple || (peek(1) != '\n' && peek(1) != '\r'))) {
        at_ += 2;
        continue;
      }
      if (!triple && (c == '\n' || c == '\r')) break;
      if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
        closed = true;
        break;
      }
      ++at_;
    }
    const std::string_view content = text_.substr(body, at_ - body);
    if (!closed) {
      error(start, at_ - start, "the string is not closed",
            triple ? "" : "A string that spans lines needs three quotes");
    } else {
      at_ += triple ? 3 : 1;
    }
    Token& token = add(bytes ? TokenKind::bytes_literal : TokenKind::string_literal, start);
    if (raw) {
      token.text = content;
    } else if (closed) {
      EscapeError wrong;
      if (!decode_literal(content, bytes, token.text, wrong)) error(body + wrong.offset, wrong.length, wrong.message);
    }
  }

  void word() {
    const std::size_t start = at_;
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    TokenKind kind = TokenKind::identifier;
    if (name == "true") kind = TokenKind::true_word;
    else if (name == "false") kind = TokenKind::false_word;
    else if (name == "null") kind = TokenKind::null_word;
    else if (name == "in") kind = TokenKind::in_word;
    else if (std::find(reserved_words.begin(), reserved_words.end(), name) != reserved_words.end()) kind = TokenKind::reserved;
    add(kind, start).text = name;
  }

  void quoted_identifier() {
    const std::size_t start = at_++;
    while (at_ < text_.size() && (is_letter(peek()) || is_digit(peek()) || peek() == '.' || peek() == '-' || peek() == '/' || peek() == ' ')) ++at_;
    const std::string name(text_.substr(start + 1, at_ - start - 1));
    if (peek() != '`' || name.empty()) {
      error(start, at_ - start, "a name in backticks has letters, digits and _ . - / or blanks, and ends with a backtick");
    }
    if (peek() == '`') ++at_;
    add(TokenKind::quoted_identifier, start).text = name;
  }

  void number() {
    const std::size_t start = at_;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
      at_ += 2;
      while (is_hex(peek())) ++at_;
      return integer(start, text_.substr(start + 2, at_ - start - 2), 16);
    }
    bool real = false;
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      real = true;
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (is_digit(peek(1 + sign))) {
        real = true;
        at_ += 1 + sign;
        while (is_digit(peek())) ++at_;
      }
    }
    const std::string_view digits = text_.substr(start, at_ - start);
    if (!real) return integer(start, digits, 10);
    double value = 0;
    std::string padded(digits);
    if (padded.front() == '.') padded.insert(0, "0");
    const auto parsed = std::from_chars(padded.data(), padded.data() + padded.size(), value);
    reject_glued_letters(start);
    if (parsed.ec == std::errc::result_out_of_range && padded.find('-') == std::string::npos) {
      error(start, at_ - start, "the number is too large for a double");
    }
    Token& token = add(TokenKind::double_literal, start);
    token.text = digits;
    token.real = parsed.ec == std::errc() ? value : 0;
  }

  void integer(std::size_t start, std::string_view digits, int base) {
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    const bool is_uint = peek() == 'u' || peek() == 'U';
    if (is_uint) ++at_;
    reject_glued_letters(start);
    if (parsed.ec != std::errc()) error(start, at_ - start, "the number does not fit 64 bits");
    Token& token = add(is_uint ? TokenKind::uint_literal : TokenKind::int_literal, start);
    token.text = text_.substr(start, at_ - start);
    token.integer = value;
    token.too_large = !is_uint && value > 0x7fffffffffffffffULL;
  }

  void reject_glued_letters(std::size_t start) {
    if (!is_letter(peek()) && !is_digit(peek())) return;
    const std::size_t tail = at_;
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    error(tail, at_ - tail, "letters directly after the number " + std::string(text_.substr(start, tail - start)));
  }

  void punctuation() {
    struct Sign { std::string_view text; TokenKind kind; };
    static constexpr std::array<Sign, 24> signs = {{
        {"&&", TokenKind::and_and}, {"||", TokenKind::or_or}, {"==", TokenKind::equal}, {"!=", TokenKind::not_equal},
        {"<=", TokenKind::less_equal}, {">=", TokenKind::greater_equal}, {"<", TokenKind::less}, {">", TokenKind::greater},
        {"(", TokenKind::left_paren}, {")", TokenKind::right_paren}, {"[", TokenKind::left_bracket}, {"]", TokenKind::right_bracket},
        {"{", TokenKind::left_brace}, {"}", TokenKind::right_brace}, {".", TokenKind::dot}, {",", TokenKind::comma},
        {":", TokenKind::colon}, {"?", TokenKind::question}, {"+", TokenKind::plus}, {"-", TokenKind::minus},
        {"*", TokenKind::star}, {"/", TokenKind::slash}, {"%", TokenKind::percent}, {"!", TokenKind::bang},
    }};
    const std::size_t start = at_;
    for (const Sign& sign : signs) {
      if (text_.substr(at_, sign.text.size()) == sign.text) {
        at_ += sign.text.size();
        add(sign.kind, start);
        return;
      }
    }
    const std::size_t length = std::max<std::size_t>(1, utf8_length_at(text_, at_));
    std::string hint;
    if (peek() == '=') hint = "Equality is ==";
    if (peek() == '&') hint = "And is &&";
    if (peek() == '|') hint = "Or is ||";
    error(start, length, "unexpected character '" + std::string(text_.substr(start, length)) + "'", hint);
    at_ += length;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  LexedText out_;
};

}  // namespace

LexedText lex(std::string_view text) { return Lexer(text).run(); }

}  // namespace flowtank::expr
