// SPDX-License-Identifier: Apache-2.0
// A sequence diagram for PlantUML. Its texts know markup, its lines directives, functions and comments: every character that
// could begin one is written as <U+....>, which PlantUML reads as the character alone.
#include <fmt/format.h>

#include "reports/export/sequence.hpp"

namespace flowtank::reports {
namespace {

constexpr bool plain(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (static_cast<unsigned char>(c) & 0x80U) != 0;
  return letter || c == ' ' || c == ',' || c == '(' || c == ')' || c == ':';
}

// Twice in a row they are markup.
bool alone(std::string_view text, std::size_t i) {
  const char c = text[i];
  return (c == '-' || c == '_' || c == '.') && (i == 0 || text[i - 1] != c) && (i + 1 == text.size() || text[i + 1] != c);
}

void append_safe(std::string& out, std::string_view text) {
  static constexpr CharacterSet is_plain(plain);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t begin = i;
    while (i < text.size() && (is_plain[text[i]] || alone(text, i))) ++i;
    out.append(text.substr(begin, i - begin));
    if (i < text.size()) out += fmt::format("<U+{:04X}>", static_cast<unsigned>(static_cast<unsigned char>(text[i])));
  }
}

}  // namespace

bool export_plantuml(Exporting& e) {
  SequenceStory story(e);
  const std::vector<bool> used = story.used();
  std::string& out = e.out.text();
  out += "@startuml\n";
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    out += "participant \"";
    append_safe(out, story.participants()[i]);
    out += fmt::format("\" as p{}\n", i);
  }
  const bool whole = story.lines([&](const SequenceLine& line) {
    using Kind = SequenceLine::Kind;
    const bool note = line.kind == Kind::note || line.kind == Kind::failure || (line.kind == Kind::fault && line.from == line.to);
    Piece p(out);
    if (note) {
      (p << (line.kind == Kind::note ? "note over p" : line.kind == Kind::fault ? "hnote over p" : "rnote over p")).number(line.from) << " : ";
    } else {
      (p << 'p').number(line.from) << (line.kind == Kind::arrow ? " -> p" : line.kind == Kind::answer ? " --> p" : line.kind == Kind::lost ? " ->x p" : " ->> p");
      p.number(line.to) << " : ";
    }
    append_safe(out, line.text);
    out += '\n';
  });
  if (e.result.left_out != 0) out += fmt::format("== {} more lines are left out, --limit shows more ==\n", e.result.left_out);
  out += "@enduml\n";
  return whole;
}

}  // namespace flowtank::reports
