// SPDX-License-Identifier: Apache-2.0
// A sequence diagram for Mermaid, which wikis and code hosts draw from text. Everything that could mean something to it
// (line ends, semicolons, number signs, markup) is written as a character code.
#include <fmt/format.h>

#include "reports/export/sequence.hpp"

namespace flowtank::reports {
namespace {

constexpr bool plain(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (static_cast<unsigned char>(c) & 0x80U) != 0;
  return letter || c == ' ' || c == '.' || c == ',' || c == '_' || c == '-' || c == '(' || c == ')' || c == '/';
}

void append_safe(std::string& out, std::string_view text) {
  static constexpr CharacterSet is_plain(plain);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t begin = i;
    while (i < text.size() && is_plain[text[i]]) ++i;
    out.append(text.substr(begin, i - begin));
    if (i < text.size()) Piece(out) << '#' << std::to_string(static_cast<int>(text[i])) << ';';
  }
}

}  // namespace

bool export_mermaid(Exporting& e) {
  SequenceStory story(e);
  const std::vector<bool> used = story.used();
  std::string& out = e.out.text();
  out += "sequenceDiagram\n";
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    out += fmt::format("  participant p{} as ", i);
    append_safe(out, story.participants()[i]);
    out += '\n';
  }
  const bool whole = story.lines([&](const SequenceLine& line) {
    using Kind = SequenceLine::Kind;
    const bool note = line.kind == Kind::note || line.kind == Kind::failure || (line.kind == Kind::fault && line.from == line.to);
    Piece p(out);
    if (note) {
      (p << "  Note over p").number(line.from) << (line.kind == Kind::note ? ": " : line.kind == Kind::fault ? ": ⧉ " : ": ✖ ");
    } else {
      (p << "  p").number(line.from) << (line.kind == Kind::arrow ? "->>p" : line.kind == Kind::answer ? "-->>p" : line.kind == Kind::lost ? "-xp" : "-)p");
      p.number(line.to) << ": ";
    }
    append_safe(out, line.text);
    out += '\n';
  });
  if (e.result.left_out != 0) {
    std::size_t first = 0;
    while (first + 1 < used.size() && !used[first]) ++first;
    out += fmt::format("  Note over p{}: {} more lines are left out (--limit shows more)\n", first, e.result.left_out);
  }
  return whole;
}

}  // namespace flowtank::reports
