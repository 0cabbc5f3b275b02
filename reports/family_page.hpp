// SPDX-License-Identifier: Apache-2.0
// A page about a family of runs: a header, tables, labelled lists of differences, how far it went, a last line. Shared by
// the texts of all such questions, so that they look alike. At most 100 columns; signs are translated at the end where
// ASCII is asked for.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "reports/family_text.hpp"

namespace flowtank::reports {

inline constexpr std::size_t family_columns = 100;

// "the limit of states": what ended the search, beside a number of states that is said already.
inline std::string limit_of(const family::Extent& extent) { return extent.limit_words.substr(0, extent.limit_words.find(", after ")); }

class FamilyPage {
 public:
  FamilyPage(const TerminalStyle& style, const FamilyFiles& files) : style_(style), paint_(style.colour && !style.ascii), files_(files) {}

  void line(std::string_view text = "") { out_ += std::string(text) + "\n"; }
  void block(std::string_view text, std::size_t indent) {
    for (const std::string& part : wrapped(printable(text), family_columns - indent)) line(std::string(indent, ' ') + part);
  }
  // "label  text", wrapped under itself.
  void labelled(std::string_view label, std::string_view text, std::size_t indent = 4, std::size_t width = 9) {
    bool first = true;
    for (const std::string& part : wrapped(printable(text), family_columns - indent - width)) {
      line(std::string(indent, ' ') + paint_.dim(padded(first ? label : "", width)) + part);
      first = false;
    }
  }
  void list(std::string_view label, const std::vector<std::string>& lines, std::size_t most = 8) {
    std::size_t shown = 0;
    for (const std::string& text : lines) {
      if (shown == most) {
        labelled("", fmt::format("and {} more", lines.size() - most));
        break;
      }
      labelled(shown++ == 0 ? label : "", text);
    }
  }
  void header(const Scenario& scenario, std::string_view question) {
    if (style_.quiet) return;
    line(paint_.bold(printable(scenario.title.empty() ? scenario.file : scenario.title)));
    line(paint_.dim(std::string(question)));
    line();
  }
  void replay(const std::string& key, std::string_view until) {
    const auto file = files_.find(key);
    if (file == files_.end()) return;
    labelled("replay", "flowtank replay " + shell_word(file->second) + (until.empty() ? "" : fmt::format("   ({})", until)));
  }
  void covered(std::string_view what, const family::Extent& extent) {
    const std::string states = counted(extent.counts.states, "state");
    labelled(what, extent.complete ? fmt::format("all {} of the scenario, {}", states, counted(extent.counts.transitions, "transition"))
                                   : fmt::format("{}; not all: stopped by {}", states, extent.interrupted ? "you" : limit_of(extent)), 2, 11);
  }
  void left_out(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    labelled("ignored", names.empty() ? "nothing that did differ" : text, 2, 11);
  }
  void last(std::string_view text, int exit) {
    line();
    std::string end = std::string(text);
    if (style_.terminal) end += std::string(8, ' ') + paint_.dim(fmt::format("exit {}", exit));
    line(end);
  }
  const Paint& paint() const { return paint_; }
  bool quiet() const { return style_.quiet; }
  std::string text() const { return style_.ascii ? ascii_lines(ascii_signs(out_)) : out_; }

 private:
  const TerminalStyle& style_;
  Paint paint_;
  const FamilyFiles& files_;
  std::string out_;
};

inline std::string path_words(const std::vector<std::string>& steps) {
  if (steps.empty()) return "at once";
  constexpr std::size_t most = 14;
  std::string text;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps.size() > most && i == most / 2) {
      text += fmt::format(", ... ({} more)", steps.size() - most);
      i = steps.size() - most / 2 - 1;
      continue;
    }
    text += (text.empty() ? "" : ", ") + steps[i];
  }
  return text;
}

}  // namespace flowtank::reports
