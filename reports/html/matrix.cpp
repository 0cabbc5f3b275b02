// SPDX-License-Identifier: Apache-2.0
// The verdict matrix. Each column is a check of its own: the scenario as it is, without faults, with one kind of fault. What is
// not PASS is tinted so that the eye goes there. On a narrow page the same is a card for each property, the bad news first.
#include <algorithm>

#include <fmt/format.h>

#include <sim/world/fault_kinds.hpp>

#include "reports/html/marks.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

struct Column {
  std::string name;
  std::string_view drawing;
  const Result* result = nullptr;
  std::string why_not;
  bool whole = false;  // the scenario as it is
};

struct Cell {
  const Verdict* verdict = nullptr;  // nullptr: not looked at
  std::string more;
  std::string story;                 // anchor
};

class Matrix {
 public:
  Matrix(const Scenario& scenario, const Result& result, const HtmlAside& aside, const std::vector<std::string>& story_ids)
      : scenario_(scenario), result_(result), aside_(aside), story_ids_(story_ids) {
    for (const FaultColumn& column : aside.columns) {
      columns_.push_back({column.only ? std::string(fault_kind(*column.only).noun) : "no fault", column.only ? icon_name(*column.only) : std::string_view("none"),
                          column.result ? &*column.result : nullptr, column.why_not, false});
    }
    columns_.push_back({whole_name(aside), whole_drawing(), &result, "", true});
    for (std::size_t p = 0; p < result.properties.size(); ++p) {
      const std::string service = service_of(*scenario.system, scenario.properties[result.properties[p].verdict.index]);
      auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.service == service; });
      if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{service, {}, {}});
      group->properties.push_back(p);
    }
    for (Group& group : groups_) {
      if (groups_.size() > 1) group.title = group.service.empty() ? "the whole system" : group.service;
    }
  }

  std::string write() {
    table();
    cards();
    legend();
    return to_.take();
  }

 private:
  struct Group {
    std::string service;
    std::vector<std::size_t> properties;
    std::string title;
  };

  bool one_kind() const {
    const auto& faults = scenario_.system->faults;
    return !faults.empty() && std::all_of(faults.begin(), faults.end(), [&](const Fault& f) { return f.kind == faults.front().kind; });
  }
  std::string whole_name(const HtmlAside& aside) const {
    const auto& faults = scenario_.system->faults;
    if (result_.limit_words == "one path") return "as recorded";
    if (faults.empty()) return "no fault";
    if (one_kind()) return std::string(fault_kind(faults.front().kind).noun);
    return aside.columns.empty() ? "all faults" : "all together";
  }
  std::string_view whole_drawing() const {
    const auto& faults = scenario_.system->faults;
    return faults.empty() ? "none" : one_kind() ? icon_name(faults.front().kind) : "all";
  }

  Cell cell(const Column& column, std::size_t p) const {
    Cell cell;
    const std::string& name = result_.properties[p].verdict.property;
    if (column.result == nullptr) {
      cell.more = column.why_not;
      return cell;
    }
    const auto found = std::find_if(column.result->properties.begin(), column.result->properties.end(), [&](const PropertyOutcome& o) { return o.verdict.property == name; });
    if (found == column.result->properties.end()) {
      cell.more = "needs a fault that is not there";
      return cell;
    }
    cell.verdict = &found->verdict;
    cell.more = more_of(*column.result, *found);
    if (column.whole && p < story_ids_.size()) cell.story = story_ids_[p];
    return cell;
  }

  static std::string more_of(const Result& result, const PropertyOutcome& outcome) {
    const Verdict& verdict = outcome.verdict;
    if (verdict.kind == VerdictKind::fail && result.campaign && verdict.index < result.campaign->properties.size()) {
      const auto& seen = result.campaign->properties[verdict.index];
      return fmt::format("{} of {}", thousands(seen.failing), counted(result.campaign->runs, "run"));
    }
    if (verdict.kind == VerdictKind::fail && outcome.witness && !outcome.witness->steps.empty()) return counted(outcome.witness->steps.size(), "action");
    // Of a sample a PASS is worth as much as was sampled.
    if (verdict.kind == VerdictKind::pass && !verdict.goal && !result.lineage) {
      return result.campaign ? counted(result.campaign->runs, "run") + (outcome.assumption.empty() ? "" : ", " + outcome.assumption) : outcome.assumption;
    }
    return note_of(verdict);
  }

  void verdict(const Cell& cell) {
    if (cell.verdict == nullptr) {
      to_.leaf("span", {{"class", "missing"}}, "not looked at");
      if (!cell.more.empty()) to_.leaf("span", {{"class", "note"}}, cell.more);
      return;
    }
    const bool pass = cell.verdict->kind == VerdictKind::pass;
    if (!cell.story.empty()) to_.open("a", {{"href", "#" + cell.story}});
    verdict_mark(to_, cell.verdict->kind);
    if (!cell.story.empty()) to_.close();
    if (pass) strength_mark(to_, cell.verdict->strength);
    if (!cell.more.empty()) to_.leaf("span", {{"class", "note"}}, shortened(cell.more, most_note, "…"));
  }

  void column_name(const Column& column) {
    icon(to_, column.drawing);
    to_.text(" " + column.name);
  }

  void table() {
    to_.open("div", {{"class", "scroll wide-only"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "Verdicts by property and fault"}});
    to_.open("table", {{"class", "matrix"}});
    to_.open("thead");
    to_.open("tr");
    to_.leaf("th", {{"scope", "col"}}, "Property");
    for (const Column& column : columns_) {
      to_.open("th", {{"scope", "col"}, {"class", std::string(column.whole ? "whole" : "part") + (column.drawing == "none" ? " none" : "")}});
      column_name(column);
      to_.close();
    }
    to_.close();
    to_.close();
    for (const Group& group : groups_) {
      to_.open("tbody");
      if (!group.title.empty()) {
        to_.open("tr", {{"class", "group"}});
        to_.leaf("th", {{"scope", "rowgroup"}, {"colspan", std::to_string(columns_.size() + 1)}}, group.title);
        to_.close();
      }
      for (const std::size_t p : group.properties) row(p);
      to_.close();
    }
    to_.close();
    to_.close();
  }

  void row(std::size_t p) {
    to_.open("tr");
    to_.open("th", {{"scope", "row"}});
    to_.text(result_.properties[p].verdict.property);
    if (p < result_.expectations.size() && !expected(p).empty()) to_.leaf("span", {{"class", "note"}}, expected(p));
    to_.close();
    for (const Column& column : columns_) {
      const Cell it = cell(column, p);
      const std::string tint = it.verdict == nullptr ? "" : " " + std::string(class_name(it.verdict->kind));
      to_.open("td", {{"class", (column.whole ? "whole" : "part") + tint}});
      verdict(it);
      to_.close();
    }
    to_.close();
  }

  std::string expected(std::size_t p) const {
    const ExpectationOutcome& e = result_.expectations[p];
    const auto accepted = aside_.aside.accepted.find(e.property);
    if (accepted != aside_.aside.accepted.end()) return "accepted: " + accepted->second;
    if (e.gone) return fmt::format("the {} that is demanded is gone", to_text(e.wanted));
    if (!e.met) return fmt::format("expected: {}{}", to_text(e.wanted), e.at_least == Strength::unstated ? "" : ", " + std::string(to_text(e.at_least)));
    return e.listed && e.wanted != VerdictKind::pass ? fmt::format("{} is what the scenario demands", to_text(e.wanted)) : "";
  }

  // Not PASS first, one a line; PASS in one line for each strength.
  void cards() {
    to_.open("div", {{"class", "cards narrow-only"}});
    for (const Group& group : groups_) {
      for (const std::size_t p : group.properties) card(p);
    }
    to_.close();
  }

  void card(std::size_t p) {
    to_.open("div", {{"class", "card"}});
    to_.open("p", {{"class", "name"}});
    to_.leaf("b", result_.properties[p].verdict.property);
    to_.close();
    to_.open("ul");
    for (const Column& column : columns_) {
      const Cell it = cell(column, p);
      if (it.verdict != nullptr && it.verdict->kind == VerdictKind::pass) continue;
      to_.open("li", {{"class", it.verdict == nullptr ? "vacuous" : std::string(class_name(it.verdict->kind))}});
      to_.open("span", {{"class", "of"}});
      column_name(column);
      to_.close();
      to_.text(" ");
      verdict(it);
      to_.close();
    }
    for (const Strength strength : {Strength::proved, Strength::tested, Strength::observed, Strength::unstated}) passes(p, strength);
    to_.close();
    to_.close();
  }

  void passes(std::size_t p, Strength strength) {
    std::string names;
    for (const Column& column : columns_) {
      const Cell it = cell(column, p);
      if (it.verdict == nullptr || it.verdict->kind != VerdictKind::pass || it.verdict->strength != strength) continue;
      names += (names.empty() ? "" : ", ") + column.name;
      if (!it.more.empty()) names += " (" + shortened(it.more, most_note, "…") + ")";
    }
    if (names.empty()) return;
    to_.open("li", {{"class", "pass"}});
    verdict_mark(to_, VerdictKind::pass);
    strength_mark(to_, strength);
    to_.leaf("span", {{"class", "note"}}, names);
    to_.close();
  }

  void legend() {
    to_.open("ul", {{"class", "legend"}});
    const std::pair<Strength, const char*> strengths[] = {{Strength::proved, "every state within the bounds"},
                                                          {Strength::tested, "many independent runs"},
                                                          {Strength::observed, "one run"}};
    for (const auto& [strength, meaning] : strengths) {
      to_.open("li");
      strength_mark(to_, strength, std::string("= ") + meaning);
      to_.close();
    }
    to_.open("li");
    icon(to_, "unsure");
    to_.text(" INCONCLUSIVE = a limit came first");
    to_.close();
    to_.open("li");
    icon(to_, "vacuous");
    to_.text(" VACUOUS = the fault or the trigger never happened");
    to_.close();
    to_.close();
  }

  static constexpr std::size_t most_note = 60;

  const Scenario& scenario_;
  const Result& result_;
  const HtmlAside& aside_;
  const std::vector<std::string>& story_ids_;
  std::vector<Column> columns_;
  std::vector<Group> groups_;
  Markup to_;
};

}  // namespace

std::string verdict_matrix(const Scenario& scenario, const Result& result, const HtmlAside& aside, const std::vector<std::string>& story_ids) {
  return Matrix(scenario, result, aside, story_ids).write();
}

}  // namespace flowtank::reports::html
