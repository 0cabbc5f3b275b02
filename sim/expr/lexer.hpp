// SPDX-License-Identifier: Apache-2.0
// From text to tokens. Positions are byte offsets into the text; a token owns the decoded value of a
// literal. Errors are collected, not thrown: a bad literal becomes an error diagnostic and a token of
// the kind it looked like, so that the parser can go on and report more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank::expr {

enum class TokenKind : std::uint8_t {
  end, identifier, quoted_identifier, reserved, int_literal, uint_literal, double_literal, string_literal,
  bytes_literal, true_word, false_word, null_word, in_word,
  left_paren, right_paren, left_bracket, right_bracket, left_brace, right_brace,
  dot, comma, colon, question, plus, minus, star, slash, percent, bang,
  and_and, or_or, equal, not_equal, less, less_equal, greater, greater_equal,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t position = 0;
  std::uint32_t length = 0;
  std::string text;         // names: the name; strings and bytes: the decoded content; numbers: as written
  std::uint64_t integer = 0;  // magnitude of int and uint literals
  double real = 0;
  bool too_large = false;   // an int literal above 2^63 - 1: only 2^63 after a minus sign is allowed
};

struct LexicalError {
  std::uint32_t position;
  std::uint32_t length;
  std::string message;
  std::string hint;
};

struct LexedText {
  std::vector<Token> tokens;  // the last one is `end`
  std::vector<LexicalError> errors;
};

LexedText lex(std::string_view text);

// Decodes the inside of a string or bytes literal. On failure returns false and says what and where
// (an offset into `body`).
struct EscapeError {
  std::uint32_t offset = 0;
  std::uint32_t length = 1;
  std::string message;
};
bool decode_literal(std::string_view body, bool bytes, std::string& out, EscapeError& error);

}  // namespace flowtank::expr
