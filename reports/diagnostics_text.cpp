// SPDX-License-Identifier: Apache-2.0
// Printing diagnostics. A long source line is cut to a window that shows the caret; tabs become one space,
// so that the caret stands where it should.
#include "reports/diagnostics_text.hpp"

#include <fstream>
#include <map>
#include <memory>
#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace flowtank::reports {
namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t hint_indent = 8;

std::vector<std::string> read_lines(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream in(file, std::ios::binary);
  std::string line;
  std::size_t bytes = 0;
  while (bytes < most_bytes && std::getline(in, line)) {
    bytes += line.size() + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string severity_text(Severity severity, const Paint& paint) {
  switch (severity) {
    case Severity::note: return paint.accent("note:");
    case Severity::warning: return paint.unsure("warning:");
    case Severity::error: return paint.strong_fail("error:");
  }
  return "";
}

// The printable form of bytes [begin, end) of a line, cut at whole bytes of the source.
std::string piece(std::string_view line, std::size_t begin, std::size_t end, bool ascii) {
  std::string text(line.substr(begin, end - begin));
  for (char& c : text) {
    if (c == '\t') c = ' ';
  }
  return printable(text, ascii);
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

// The source line and its caret line; `gutter` characters stand before them.
void add_excerpt(std::string& out, const Diagnostic& d, std::string_view line, const DiagnosticsStyle& style) {
  const std::string number = padded_left(std::to_string(d.range.line), 5);
  const std::size_t room = style.width > 20 ? style.width - 10 : 10;
  std::size_t caret = d.range.column == 0 ? 0 : d.range.column - 1;
  caret = std::min(caret, line.size());
  std::size_t end = std::min(line.size(), caret + std::max<std::size_t>(d.range.length, 1));
  std::size_t first = 0;
  if (caret > room * 3 / 4) first = caret - room / 2;
  while (first < line.size() && first > 0 && continues(line[first])) ++first;
  const std::string_view ellipsis = signs(style.ascii).ellipsis;
  std::string before = (first > 0 ? std::string(ellipsis) : std::string()) + piece(line, first, caret, style.ascii);
  const std::string marked = piece(line, caret, end, style.ascii);
  const std::string all = before + marked + piece(line, end, line.size(), style.ascii);
  out += fmt::format("{} | {}\n", style.paint.dim(number), shortened(all, room, ellipsis));
  if (d.range.column == 0) return;
  const std::size_t at = width_of(before);
  std::size_t length = std::max<std::size_t>(width_of(marked), 1);
  length = std::min(length, room > at ? room - at : 1);
  const std::string tilde(length - 1, '~');
  out += fmt::format("{} | {}{}\n", std::string(5, ' '), std::string(at, ' '),
                     d.severity == Severity::error ? style.paint.fail("^" + tilde) : style.paint.unsure("^" + tilde));
}

void add_indented(std::string& out, std::string_view text, const DiagnosticsStyle& style) {
  std::size_t begin = 0;
  while (begin <= text.size()) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    for (const std::string& line : wrapped(printable(text.substr(begin, end - begin), style.ascii), style.width - hint_indent)) {
      if (!line.empty()) out += std::string(hint_indent, ' ') + line + "\n";
    }
    begin = end + 1;
  }
}

}  // namespace

SourceLine source_lines_from_disk() {
  auto cache = std::make_shared<std::map<std::string, std::vector<std::string>>>();
  return [cache](const std::string& file, std::uint32_t line) -> std::optional<std::string> {
    auto found = cache->find(file);
    if (found == cache->end()) found = cache->emplace(file, read_lines(file)).first;
    if (line == 0 || line > found->second.size()) return std::nullopt;
    return found->second[line - 1];
  };
}

std::string to_text(const Diagnostic& d, const SourceLine& source, const DiagnosticsStyle& style) {
  std::string place = printable(d.file, style.ascii);
  if (!place.empty() && d.range.line != 0) {
    place += fmt::format(":{}", d.range.line);
    if (d.range.column != 0) place += fmt::format(":{}", d.range.column);
  }
  std::string out;
  if (!place.empty()) out += style.paint.bold(place + ":") + " ";
  out += severity_text(d.severity, style.paint) + " " + printable(d.message, style.ascii);
  if (!d.code.empty()) out += " " + style.paint.dim("[" + d.code + "]");
  out += "\n";
  if (source && !d.file.empty() && d.range.line != 0) {
    if (const auto line = source(d.file, d.range.line)) add_excerpt(out, d, *line, style);
  }
  if (!d.pointer.empty()) {
    std::string at = "at " + d.pointer;
    if (d.expression_column != 0) at += fmt::format(", column {} of the expression", d.expression_column);
    add_indented(out, at, style);
  }
  if (!d.hint.empty()) add_indented(out, d.hint, style);
  return out;
}

std::string to_text(const Diagnostics& diagnostics, const SourceLine& source, const DiagnosticsStyle& style) {
  std::string out;
  for (const Diagnostic& d : diagnostics.all()) out += to_text(d, source, style) + "\n";
  if (diagnostics.suppressed() != 0) {
    out += fmt::format("{} more {} not shown.\n\n", thousands(diagnostics.suppressed()),
                       diagnostics.suppressed() == 1 ? "is" : "are");
  }
  return out;
}

std::string count_text(const Diagnostics& diagnostics) {
  std::string out = counted(diagnostics.errors(), "error");
  if (diagnostics.warnings() != 0) out += ", " + counted(diagnostics.warnings(), "warning");
  return out;
}

}  // namespace flowtank::reports
