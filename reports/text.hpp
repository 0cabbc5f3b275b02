// SPDX-License-Identifier: Apache-2.0
// How text is put on a page: names made safe, widths counted in characters, lines wrapped, numbers with
// separators, colours and signs. Everything that users wrote passes printable() once, so that no name can
// move the cursor or colour a terminal, in any report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/thousands.hpp>

namespace flowtank::reports {

// Control characters (also of C1), bytes that are no UTF-8 and characters that change the direction of
// writing become \x.. or \u....; with `ascii` everything outside ASCII does.
std::string printable(std::string_view text, bool ascii = false);
// The same of each line; line feeds stay.
std::string printable_lines(std::string_view text, bool ascii = false);

// Characters, not bytes; escape sequences of colours count nothing.
std::size_t width_of(std::string_view text);
std::string padded(std::string_view text, std::size_t width);        // on the right
std::string padded_left(std::string_view text, std::size_t width);
// Cut to `width` characters, the last of them `ellipsis`.
std::string shortened(std::string_view text, std::size_t width, std::string_view ellipsis);
// Lines of at most `width` characters, broken at spaces; a longer word is broken anywhere.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

// "1 order", "2 orders", "3,412 events"
std::string counted(std::uint64_t number, std::string_view one, std::string_view many = "");
// Wall time: "1.9 ms", "38 ms", "2.4 s", "3 min 20 s".
std::string wall_time(double seconds);
std::string with_capital(std::string text);
// A word of a command line, quoted for a shell where it must be; what printable() would change is written as bytes in
// $'...', so that it can be typed again.
std::string shell_word(std::string_view word);

// Colours of the dark palette as terminals have them; without colour every function gives its argument.
class Paint {
 public:
  explicit Paint(bool colour) : colour_(colour) {}
  std::string bold(std::string_view text) const { return with("1", text); }
  std::string dim(std::string_view text) const { return with("38;5;245", text); }
  std::string fail(std::string_view text) const { return with("38;5;209", text); }
  std::string pass(std::string_view text) const { return with("38;5;79", text); }
  std::string unsure(std::string_view text) const { return with("38;5;214", text); }
  std::string fault(std::string_view text) const { return with("38;5;176", text); }
  std::string accent(std::string_view text) const { return with("38;5;74", text); }
  std::string strong_fail(std::string_view text) const { return with("1;38;5;209", text); }
  std::string strong_fault(std::string_view text) const { return with("1;38;5;176", text); }
  std::string strong_pass(std::string_view text) const { return with("1;38;5;79", text); }
  bool colours() const { return colour_; }

 private:
  std::string with(std::string_view code, std::string_view text) const;
  bool colour_;
};

// The signs of the terminal, with and without Unicode.
struct Signs {
  std::string_view pass, fail, inconclusive, vacuous, fault, critical, at_most, dot, ellipsis;
};
const Signs& signs(bool ascii);
// printable_lines() in ASCII.
std::string ascii_lines(std::string_view text);
// Replaces every sign of Unicode in a text of ours by its sign of ASCII.
std::string ascii_signs(std::string text);

}  // namespace flowtank::reports
