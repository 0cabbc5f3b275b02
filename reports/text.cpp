// SPDX-License-Identifier: Apache-2.0
// Texts on a page. UTF-8 is decoded by hand, once, here; nothing depends on a locale.
#include "reports/text.hpp"

#include <fmt/format.h>

namespace flowtank::reports {
namespace {

// One character of a text: its code point and length in bytes; length 1 and no code point if malformed.
struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

Character decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first < 0x80) return {first, 1, true};
  const std::size_t bytes = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  if (bytes == 1 || first >= 0xf5 || at + bytes > text.size()) return {};
  std::uint32_t code = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80) return {};
    code = code << 6 | (byte(at + i) & 0x3fU);
  }
  const std::uint32_t least = bytes == 2 ? 0x80 : bytes == 3 ? 0x800 : 0x10000;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, bytes, true};
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code == 0xfffe || code == 0xffff;
}

constexpr Signs unicode_signs{"✔", "✖", "?", "∅", "⧉", "◆", "≤", " · ", "…"};
constexpr Signs ascii_only_signs{"ok", "x", "?", "-", "+", "!", "<=", ", ", "..."};

}  // namespace

std::string printable(std::string_view text, bool ascii) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character c = decode(text, at);
    if (!c.valid) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[at])));
    } else if (c.code == '\n') {
      out += "\\n";
    } else if (c.code == '\t') {
      out += "\\t";
    } else if (is_control(c.code) || (ascii && c.code >= 0x80)) {
      out += c.code < 0x100 && !ascii ? fmt::format("\\x{:02x}", c.code) : fmt::format("\\u{:04x}", c.code);
    } else {
      out += text.substr(at, c.bytes);
    }
    at += c.bytes;
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) {
      ++width;
    }
  }
  return width;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t used = width_of(text);
  if (used < width) out.append(width - used, ' ');
  return out;
}

std::string padded_left(std::string_view text, std::size_t width) {
  const std::size_t used = width_of(text);
  return (used < width ? std::string(width - used, ' ') : std::string()) + std::string(text);
}

std::string shortened(std::string_view text, std::size_t width, std::string_view ellipsis) {
  if (width_of(text) <= width) return std::string(text);
  const std::size_t room = width > width_of(ellipsis) ? width - width_of(ellipsis) : 0;
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size() && used < room; ++used) {
    const std::size_t bytes = decode(text, at).bytes;
    out += text.substr(at, bytes);
    at += bytes;
  }
  return out + std::string(ellipsis);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find(' ', at);
    if (end == std::string_view::npos) end = text.size();
    std::string word(text.substr(at, end - at));
    at = end + 1;
    if (used != 0 && used + 1 + width_of(word) > width) {
      lines.emplace_back();
      used = 0;
    }
    while (width_of(word) > width && width > 0) {
      const std::string head = shortened(word, width, "");
      lines.back() += head;
      lines.emplace_back();
      word.erase(0, head.size());
    }
    if (used != 0) {
      lines.back() += ' ';
      ++used;
    }
    lines.back() += word;
    used += width_of(word);
  }
  return lines;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  const std::string plural = many.empty() ? std::string(one) + "s" : std::string(many);
  return thousands(number) + " " + (number == 1 ? std::string(one) : plural);
}

std::string wall_time(double seconds) {
  if (seconds < 0.01) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds);
  return fmt::format("{} min {} s", thousands(whole / 60), whole % 60);
}

std::string with_capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string shell_word(std::string_view word) {
  bool plain = !word.empty();
  for (const char c : word) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    plain = plain && (letter || std::string_view("-_./=:,+@%").find(c) != std::string_view::npos);
  }
  if (plain) return std::string(word);
  if (printable(word) != word) {
    std::string out = "$'";
    for (const char c : word) {
      if (c == '\'' || c == '\\') (out += '\\') += c;
      else if (c >= ' ' && c <= '~') out += c;
      else out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out + "'";
  }
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string Paint::with(std::string_view code, std::string_view text) const {
  if (!colour_ || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

const Signs& signs(bool ascii) { return ascii ? ascii_only_signs : unicode_signs; }

std::string ascii_lines(std::string_view text) { return printable_lines(text, true); }

std::string printable_lines(std::string_view text, bool ascii) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += printable(text.substr(0, end), ascii);
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string ascii_signs(std::string text) {
  const auto replace = [&text](std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  };
  replace(unicode_signs.pass, ascii_only_signs.pass);
  replace(unicode_signs.fail, ascii_only_signs.fail);
  replace(unicode_signs.vacuous, ascii_only_signs.vacuous);
  replace(unicode_signs.fault, ascii_only_signs.fault);
  replace(unicode_signs.critical, ascii_only_signs.critical);
  replace(unicode_signs.at_most, ascii_only_signs.at_most);
  replace(unicode_signs.dot, ascii_only_signs.dot);
  replace(unicode_signs.ellipsis, ascii_only_signs.ellipsis);
  return text;
}

}  // namespace flowtank::reports
