// SPDX-License-Identifier: Apache-2.0
// One scenario several times over: under several kinds of brokers, or with several values of its parameters, as a page of the
// same kind as the consistency report. A kind that cannot carry the scenario is listed with its reason and has no verdict;
// a row that could not be driven says why. What a page leaves out it says where it would stand.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "reports/html/marks.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

using namespace html;

constexpr std::size_t most_rows = 1'000;
constexpr std::size_t most_stories = 12;
constexpr std::size_t most_bytes_of_stories = 2'500'000;
constexpr std::size_t most_note = 60;

void cell_words(Markup& to, const std::optional<SweepRow::Cell>& cell, const std::string& anchor) {
  if (!cell) {
    to.leaf("span", {{"class", "note"}}, "not asked here");
    return;
  }
  if (!anchor.empty()) to.open("a", {{"href", "#" + anchor}});
  verdict_mark(to, cell->verdict);
  if (!anchor.empty()) to.close();
  if (cell->verdict == VerdictKind::pass) strength_mark(to, cell->strength);
  else if (cell->verdict != VerdictKind::fail && !cell->note.empty()) to.leaf("span", {{"class", "note"}}, shortened(printable(cell->note), most_note, "…"));
}

std::string tint(const std::optional<SweepRow::Cell>& cell) { return cell ? std::string(class_name(cell->verdict)) : ""; }

class Compared {
 protected:
  Compared(const Scenario& scenario, const HtmlAside& aside, std::string kind) : scenario_(scenario), aside_(aside) {
    frame_.title = title_of(scenario);
    frame_.kind = std::move(kind);
    frame_.facts = {{"scenario", shown_path(scenario.file)}};
  }

  void claim(Markup& to) const {
    if (printable(scenario_.claim).empty()) return;
    to.open("p", {{"class", "claim"}});
    to.leaf("b", "What the scenario claims:");
    to.text(" " + scenario_.claim);
    to.close();
  }

  void closing() {
    frame_.sections.push_back({"setup", "Scenario", "What was looked at", "Services, brokers, clients and faults as the file has them.", setup(scenario_)});
    if (!aside_.command.empty()) {
      frame_.sections.push_back({"replay", "Replay", "Ask it again", "The same input gives the same answer, bit for bit, on any machine.",
                                 commands_to_type({{"Everything on this page:", without_folders(aside_.command, scenario_)}})});
    }
    frame_.foot = aside_.environment;
    frame_.foot.push_back(fmt::format("scenario hash `{:016x}{:016x}`", scenario_.content.hi, scenario_.content.lo));
    frame_.foot.emplace_back("this file is complete: it needs no network, and no script to be read");
  }

  const Scenario& scenario_;
  const HtmlAside& aside_;
  Frame frame_;
};

class Brokers : Compared {
 public:
  Brokers(const Scenario& own, const BrokerMatrix& matrix, const std::vector<DrivenScenario>& driven, const HtmlAside& aside)
      : Compared(own, aside, "comparison of brokers"), matrix_(matrix), driven_(driven) {}

  std::string write() {
    const std::size_t all = matrix_.rows.size() + matrix_.not_carried.size();
    frame_.facts.emplace_back("brokers", counted(all, "kind"));
    frame_.facts.emplace_back("driver", matrix_.sampled ? "campaigns" : matrix_.driver == Driver::check ? "exhaustive checks" : "timed runs");
    frame_.banner = answer_banner(answer());
    std::string told = stories();
    frame_.sections.push_back({"brokers", "Brokers", "The same scenario under every broker",
                               "Each verdict is about the whole scenario with another kind of broker in the place of its own; everything else is as in the file.", table()});
    if (std::string why = reasons(); !why.empty()) {
      frame_.sections.push_back({"why", "Why", "Why they differ", "The rule of each product behind a verdict that is not the same everywhere.", std::move(why)});
    }
    if (!matrix_.not_carried.empty()) {
      std::vector<std::string> lines;
      for (const BrokerMatrix::NotCarried& one : matrix_.not_carried) lines.push_back(printable(one.kind) + ": " + printable(one.why));
      frame_.sections.push_back({"others", "Not carried", "Brokers that cannot carry it", "No verdict is made up for these.", bullet_list(lines)});
    }
    if (!told.empty()) frame_.sections.push_back({"stories", "Counterexamples", "What goes wrong under each broker", "One story for each property that fails there.", std::move(told)});
    closing();
    return whole_page(frame_);
  }

 private:
  Answer answer() const {
    std::uint64_t safe = 0, failing = 0, open = 0;
    for (const BrokerMatrix::Row& row : matrix_.rows) {
      const auto has = [&](VerdictKind kind) { return std::any_of(row.cells.begin(), row.cells.end(), [kind](const auto& cell) { return cell && cell->verdict == kind; }); };
      const bool passes = !row.cells.empty() && !has(VerdictKind::fail) && !has(VerdictKind::inconclusive) && !has(VerdictKind::vacuous);
      (has(VerdictKind::fail) ? failing : passes ? safe : open) += 1;
    }
    Answer out;
    out.counts = {{"fail", failing}, {"pass", safe}, {"not shown", open}, {"not carried", matrix_.not_carried.size()}};
    const std::uint64_t all = matrix_.rows.size();
    if (all == 0) out = {VerdictKind::vacuous, "Nothing was put to the test.", "None of these brokers can carry the scenario.", "", out.counts};
    else if (failing == all) out = {VerdictKind::fail, "Not consistent under any of them.", fmt::format("A property fails under {}.", all == 1 ? "the one broker" : fmt::format("all {} brokers", all)), "", out.counts};
    else if (failing != 0) out = {VerdictKind::fail, "It depends on the broker.", fmt::format("A property fails under {} of {} brokers: {}.", failing, all, names_of_failing()), "", out.counts};
    else if (open != 0) out = {VerdictKind::inconclusive, "Not shown under all of them.", fmt::format("No property fails, but under {} of {} brokers not all were decided or put to the test.", open, all), "", out.counts};
    else out = {VerdictKind::pass, "Consistent under all of them.", fmt::format("Every property passes under {}.", all == 1 ? "the one broker" : fmt::format("all {} brokers", all)), "", out.counts};
    if (matrix_.interrupted) out.more = "The work was interrupted: not every broker was looked at.";
    return out;
  }

  std::string names_of_failing() const {
    std::string names;
    for (const BrokerMatrix::Row& row : matrix_.rows) {
      const bool fails = std::any_of(row.cells.begin(), row.cells.end(), [](const auto& cell) { return cell && cell->verdict == VerdictKind::fail; });
      if (fails) names += (names.empty() ? "" : ", ") + printable(row.kind);
    }
    return names;
  }

  std::string anchor(std::size_t row, std::size_t property) const {
    const auto found = anchors_.find({row, property});
    return found == anchors_.end() ? "" : found->second;
  }

  std::string name_of(const BrokerMatrix::Row& row) const { return printable(row.kind) + (row.is_own ? " (as the file says)" : ""); }

  std::string table() const {
    Markup to;
    to.open("div", {{"class", "scroll wide-only"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "Verdicts by property and broker"}});
    to.open("table", {{"class", "matrix"}});
    to.open("thead");
    to.open("tr");
    to.leaf("th", {{"scope", "col"}}, "Property");
    for (const BrokerMatrix::Row& row : matrix_.rows) {
      to.open("th", {{"scope", "col"}});
      to.text(printable(row.kind));
      if (row.is_own) to.leaf("span", {{"class", "note"}}, "as the file says");
      to.close();
    }
    to.close();
    to.close();
    to.open("tbody");
    for (std::size_t p = 0; p < matrix_.properties.size(); ++p) {
      to.open("tr");
      to.leaf("th", {{"scope", "row"}}, matrix_.properties[p]);
      for (std::size_t r = 0; r < matrix_.rows.size(); ++r) {
        const auto& cells = matrix_.rows[r].cells;
        const std::optional<SweepRow::Cell> cell = p < cells.size() ? cells[p] : std::nullopt;
        to.open("td", {{"class", tint(cell)}});
        cell_words(to, cell, anchor(r, p));
        to.close();
      }
      to.close();
    }
    to.close();
    to.close();
    to.close();
    cards(to);
    claim(to);
    return to.take();
  }

  // The same for narrow pages: a card for each property, its brokers one a line.
  void cards(Markup& to) const {
    to.open("div", {{"class", "cards narrow-only"}});
    for (std::size_t p = 0; p < matrix_.properties.size(); ++p) {
      to.open("div", {{"class", "card"}});
      to.open("p", {{"class", "name"}});
      to.leaf("b", matrix_.properties[p]);
      to.close();
      to.open("ul");
      for (std::size_t r = 0; r < matrix_.rows.size(); ++r) {
        const auto& cells = matrix_.rows[r].cells;
        const std::optional<SweepRow::Cell> cell = p < cells.size() ? cells[p] : std::nullopt;
        to.open("li", {{"class", tint(cell)}});
        to.leaf("span", {{"class", "of"}}, name_of(matrix_.rows[r]));
        to.text(" ");
        cell_words(to, cell, anchor(r, p));
        to.close();
      }
      to.close();
      to.close();
    }
    to.close();
  }

  std::string reasons() const {
    Markup to;
    std::size_t last = matrix_.properties.size();
    std::vector<std::string> lines;
    const auto flush = [&] {
      if (!lines.empty()) to.verbatim(bullet_list(lines));
      lines.clear();
    };
    for (const BrokerMatrix::Reason& reason : matrix_.reasons) {
      if (std::exchange(last, reason.property) != reason.property) {
        flush();
        part_title(to, matrix_.properties[reason.property]);
      }
      std::string text = fmt::format("{}, {}: ", printable(reason.kind), to_text(reason.verdict));
      if (reason.rule.empty()) text += reason.sentence.empty() ? "no rule of this product is known to decide it" : printable(reason.sentence);
      else text += fmt::format("{} ({}; rule {})", reason.sentence, printable(reason.happened), reason.rule);
      lines.push_back(text + ".");
    }
    flush();
    return to.take();
  }

  // Also notes where each is told, for the table.
  std::string stories() {
    std::string out;
    std::size_t told = 0, left_out = 0;
    for (std::size_t r = 0; r < matrix_.rows.size() && r < driven_.size(); ++r) {
      const DrivenScenario& driven = driven_[r];
      for (const PropertyOutcome& outcome : driven.result.properties) {
        if (outcome.verdict.kind != VerdictKind::fail || !outcome.witness) continue;
        const auto property = std::find(matrix_.properties.begin(), matrix_.properties.end(), outcome.verdict.property);
        if (property == matrix_.properties.end()) continue;
        if (told == most_stories || out.size() > most_bytes_of_stories) {
          ++left_out;
          continue;
        }
        const std::string id = fmt::format("b{}", ++told);
        anchors_[{r, static_cast<std::size_t>(property - matrix_.properties.begin())}] = id;
        const Story story = tell(*driven.scenario, driven.result, outcome);
        Markup to;
        // They are often alike: the first is open.
        if (told > 1) to.open("details");
        to.leaf(told > 1 ? "summary" : "h3", fmt::format("Under {}{}", name_of(matrix_.rows[r]), told > 1 ? ": " + story.property + " fails: " + story.headline : ""));
        to.verbatim(counterexample(*driven.scenario, driven.result, outcome, story, {}, id));
        if (told > 1) to.close();
        out += to.take();
      }
    }
    if (left_out != 0) {
      Markup to;
      to.leaf("p", {{"class", "note"}}, fmt::format("{} more {} not told here: drive those brokers alone.", left_out, left_out == 1 ? "story is" : "stories are"));
      out += to.take();
    }
    return out;
  }

  const BrokerMatrix& matrix_;
  const std::vector<DrivenScenario>& driven_;
  std::map<std::pair<std::size_t, std::size_t>, std::string> anchors_;
};

class Sweep : Compared {
 public:
  Sweep(const Scenario& scenario, const SweepTable& table, const std::vector<std::vector<std::string>>& said, const HtmlAside& aside)
      : Compared(scenario, aside, "parameter sweep"), table_(table), said_(said) {}

  std::string write() {
    frame_.facts.emplace_back("brokers", broker_words(*scenario_.system));
    frame_.facts.emplace_back("driver", table_.sampled ? "campaigns" : table_.driver == Driver::check ? "exhaustive checks" : "timed runs");
    frame_.facts.emplace_back("rows", thousands(table_.rows.size()));
    frame_.banner = answer_banner(answer());
    std::string intro = "Each row is the scenario with these values; everything else is as in the file.";
    if (table_.together != 0) intro += fmt::format(" Not every combination was driven, but every combination of any {} parameters.", table_.together);
    frame_.sections.push_back({"rows", "Rows", "Verdicts by values", std::move(intro), rows()});
    if (std::string lines = findings(); !lines.empty()) {
      frame_.sections.push_back({"findings", "Findings", "What is not as expected", "A sentence for each; --set drives a row alone and tells its story.", std::move(lines)});
    }
    closing();
    return whole_page(frame_);
  }

 private:
  Answer answer() const {
    std::uint64_t good = 0, bad = 0, open = 0, wrong = 0;
    for (const SweepRow& row : table_.rows) {
      if (row.cells.empty()) ++wrong;
      else if (row.exit == ExitCode::ok) ++good;
      else if (row.exit == ExitCode::inconclusive) ++open;
      else ++bad;
    }
    Answer out;
    out.counts = {{"not as expected", bad}, {"as expected", good}, {"undecided", open}, {"not driven", wrong}};
    const std::string all = counted(table_.rows.size(), "row");
    if (bad + wrong != 0) out = {VerdictKind::fail, "Not every row is as expected.", fmt::format("{} of {} {} not.", bad + wrong, all, bad + wrong == 1 ? "is" : "are"), "", out.counts};
    else if (open != 0) out = {VerdictKind::inconclusive, "Undecided.", fmt::format("{} of {} not decided within the limits.", open, all + (open == 1 ? " is" : " are")), "", out.counts};
    else if (table_.rows.empty()) out = {VerdictKind::vacuous, "Nothing was driven.", "The sweep has no row.", "", out.counts};
    else out = {VerdictKind::pass, "Every row is as expected.", fmt::format("{} driven; what the scenario expects came true in each.", table_.rows.size() == 1 ? "1 row was" : thousands(table_.rows.size()) + " rows were"), "", out.counts};
    if (table_.interrupted) out.more = "The work was interrupted: not every row was driven.";
    return out;
  }

  std::string rows() const {
    Markup to;
    to.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "Verdicts by values"}});
    to.open("table", {{"class", "matrix sweep"}});
    to.open("thead");
    to.open("tr");
    for (const SweepParameter& parameter : table_.parameters) to.leaf("th", {{"scope", "col"}}, parameter.path);
    for (const std::string& property : table_.properties) to.leaf("th", {{"scope", "col"}}, property);
    to.leaf("th", {{"scope", "col"}}, "As expected");
    to.close();
    to.close();
    to.open("tbody");
    for (std::size_t r = 0; r < std::min(table_.rows.size(), most_rows); ++r) row(to, table_.rows[r]);
    to.close();
    to.close();
    to.close();
    if (table_.rows.size() > most_rows) to.leaf("p", {{"class", "note"}}, fmt::format("{} more rows are not shown here; --report json=FILE has them all.", thousands(table_.rows.size() - most_rows)));
    claim(to);
    return to.take();
  }

  void row(Markup& to, const SweepRow& row) const {
    to.open("tr");
    for (std::size_t p = 0; p < row.values.size(); ++p) {
      to.open(p == 0 ? "th" : "td");
      to.leaf("code", shortened(printable(table_.parameters[p].values[row.values[p]]), most_note, "…"));
      to.close();
    }
    for (std::size_t p = 0; p < table_.properties.size(); ++p) {
      const std::optional<SweepRow::Cell> cell = p < row.cells.size() ? row.cells[p] : std::nullopt;
      to.open("td", {{"class", tint(cell)}});
      if (row.cells.empty()) to.leaf("span", {{"class", "note"}}, "not driven");
      else cell_words(to, cell, "");
      to.close();
    }
    to.open("td", {{"class", row.exit == ExitCode::ok ? "" : row.exit == ExitCode::inconclusive ? "unsure" : "fail"}});
    to.text(row.exit == ExitCode::ok ? "yes" : row.exit == ExitCode::inconclusive ? "undecided" : "no");
    if (!row.problem.empty()) to.leaf("span", {{"class", "note"}}, printable(row.problem));
    to.close();
    to.close();
  }

  std::string findings() const {
    std::vector<std::string> lines;
    for (const auto& row : said_) lines.insert(lines.end(), row.begin(), row.end());
    return lines.empty() ? "" : bullet_list(lines, 100);
  }

  const SweepTable& table_;
  const std::vector<std::vector<std::string>>& said_;
};

}  // namespace

std::string brokers_html(const Scenario& own, const BrokerMatrix& matrix, const std::vector<DrivenScenario>& driven, const HtmlAside& aside) {
  return Brokers(own, matrix, driven, aside).write();
}

std::string sweep_html(const Scenario& scenario, const SweepTable& table, const std::vector<std::vector<std::string>>& said, const HtmlAside& aside) {
  return Sweep(scenario, table, said, aside).write();
}

}  // namespace flowtank::reports
