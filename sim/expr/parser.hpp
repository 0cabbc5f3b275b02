// SPDX-License-Identifier: Apache-2.0
// From text to syntax tree. Macros are recognised here, as the language demands, so that their
// variables are never looked up as names. Text size, nesting and tree depth are bounded: everything
// that later walks the tree recursively is safe by that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sim/base/diagnostic.hpp>

#include "sim/expr/ast.hpp"

namespace flowtank::expr {

inline constexpr std::size_t max_text_bytes = std::size_t{256} << 10;
inline constexpr std::uint32_t max_nesting = 250;  // brackets, ternaries and calls inside each other
inline constexpr std::uint32_t max_depth = 500;    // of the tree, for example a + b + c + ...

// Where the text of an expression stands in the user's file. Unknown (line 0): positions are those
// inside the expression itself.
struct Place {
  std::string file;
  std::string pointer;       // JSON pointer
  std::uint32_t line = 0;    // of the first character of the expression
  std::uint32_t column = 0;  // (behind the '=' that marks it)
};

// Makes diagnostics for positions of one text.
class Reporter {
 public:
  Reporter(std::string_view text, const Place& place, Diagnostics& diagnostics)
      : text_(text), place_(place), diagnostics_(diagnostics) {}
  void error(std::uint32_t position, std::uint32_t length, std::string code, std::string message,
             std::string hint = {});
  std::size_t errors() const { return errors_; }

 private:
  std::string_view text_;
  const Place& place_;
  Diagnostics& diagnostics_;
  std::size_t errors_ = 0;
};

// nullptr after a syntax error; all of them are reported as far as they can be found.
std::unique_ptr<Ast> parse(std::string_view text, Reporter& reporter);

}  // namespace flowtank::expr
