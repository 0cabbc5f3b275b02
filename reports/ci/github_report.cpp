// SPDX-License-Identifier: Apache-2.0
// Annotations and job summaries of GitHub. GitHub silently drops what goes beyond its limits, so these keep them: ten
// annotations of a kind in a step, one mebibyte of summary. Line ends and the separators of a command are escaped as the
// runner unescapes them, so that no name begins a command of its own.
#include <fmt/format.h>

#include "reports/ci/pipeline.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

constexpr std::size_t most_of_a_kind = 10;
constexpr std::size_t longest_message = 4'000;
constexpr std::size_t longest_title = 200;
constexpr std::size_t longest_summary = 900'000;

std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%') out += "%25";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else if (property && c == ':') out += "%3A";
    else if (property && c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

std::string annotation(const Finding& finding) {
  std::string out = fmt::format("::{} ", finding.level == Severity::note ? "notice" : level_word(finding.level));
  const SourceRange& where = finding.place.where;
  if (!finding.place.file.empty()) {
    out += "file=" + escaped(printable(finding.place.file), true);
    if (where.line != 0) out += fmt::format(",line={0},endLine={0}", where.line);
    if (where.line != 0 && where.column != 0) out += fmt::format(",col={},endColumn={}", where.column, where.column + std::max<std::uint32_t>(1, where.length));
    out += ',';
  }
  out += "title=" + escaped(shortened(finding.rule + (finding.subject.empty() ? "" : " " + finding.subject), longest_title, "..."), true);
  std::string text = finding.message;
  if (!finding.hint.empty()) text += "\n" + finding.hint;
  if (!finding.command.empty()) text += "\nAgain: " + finding.command;
  return out + "::" + escaped(shortened(text, longest_message, "..."), false) + "\n";
}

}  // namespace

std::string github_annotations(std::vector<Finding> findings) {
  std::erase_if(findings, [](const Finding& finding) { return !finding.reason.empty(); });
  most_important_first(findings);
  std::string out;
  for (const Severity level : {Severity::error, Severity::warning, Severity::note}) {
    std::size_t count = 0;
    for (const Finding& finding : findings) count += finding.level == level ? 1 : 0;
    const std::size_t shown = count > most_of_a_kind ? most_of_a_kind - 1 : count;
    std::size_t written = 0;
    for (const Finding& finding : findings) {
      if (finding.level != level || written == shown) continue;
      out += annotation(finding);
      ++written;
    }
    if (shown < count) {
      out += fmt::format("::{} title=Flowtank::{} more of these are in the reports: GitHub shows ten of a kind\n", level == Severity::note ? "notice" : level_word(level), count - shown);
    }
  }
  return out;
}

std::string github_summary(std::string markdown) {
  if (markdown.size() <= longest_summary) return markdown;
  const std::size_t end = markdown.rfind('\n', longest_summary);
  const std::size_t kept = end == std::string::npos ? 0 : end + 1;
  const std::size_t left_out = markdown.size() - kept;
  markdown.resize(kept);
  return markdown + fmt::format("\n_{} bytes more are left out: a job summary takes one mebibyte. The report as md=FILE has them all._\n", thousands(left_out));
}

}  // namespace flowtank::reports
