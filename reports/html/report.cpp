// SPDX-License-Identifier: Apache-2.0
// Putting the consistency report together. The order is that of questions: is it consistent, where not, why, what was it like
// over time, what does that rest on, how do I see it again. A section without content is not there.
#include "reports/html/report.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reports/html/parts.hpp"
#include "reports/record_text.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

using namespace html;

constexpr std::size_t most_counterexamples = 12;
constexpr std::size_t most_bytes_of_them = 2'500'000;

class Report {
 public:
  Report(const Scenario& scenario, const Result& result, const HtmlAside& aside) : scenario_(scenario), result_(result), aside_(aside) {}

  std::string write() {
    frame_.title = title_of(scenario_);
    frame_.kind = "consistency report";
    facts();
    frame_.banner = banner(scenario_, result_, aside_);
    const Section failures = counterexamples();
    verdicts();
    if (!failures.body.empty()) frame_.sections.push_back(failures);
    elsewhere();
    handlers();
    timing();
    coverage_and_assumptions();
    frame_.sections.push_back({"setup", "Scenario", "What was looked at", "Services, brokers, clients and faults of the scenario, with the options that were chosen.", setup(scenario_)});
    again();
    foot();
    return whole_page(frame_);
  }

 private:
  void facts() {
    frame_.facts.emplace_back("scenario", shown_path(scenario_.file));
    frame_.facts.emplace_back("brokers", broker_words(*scenario_.system));
    if (result_.campaign) {
      frame_.facts.emplace_back("driver", std::string(to_text(result_.campaign->strategy)) + " campaign");
      frame_.facts.emplace_back("runs", thousands(result_.campaign->runs));
      frame_.facts.emplace_back("seed", std::to_string(result_.campaign->seed));
    } else if (result_.lineage) {
      frame_.facts.emplace_back("driver", "search led by lineage");
    } else if (result_.driver == Driver::run) {
      frame_.facts.emplace_back("driver", "timed run");
      frame_.facts.emplace_back("seed", std::to_string(result_.seed));
      frame_.facts.emplace_back("fingerprint", fmt::format("{:016x}", result_.run.fingerprint));
    } else {
      frame_.facts.emplace_back("driver", result_.limit_words == "one path" ? "replay of a counterexample" : "exhaustive check");
    }
    if (!aside_.aside.replay_of.empty()) frame_.facts.emplace_back("replay of", shown_path(aside_.aside.replay_of));
  }

  void verdicts() {
    Section section{"verdicts", "Verdicts", "Verdicts by property and fault", "", ""};
    section.intro = aside_.columns.empty() ? "" : "Each column is a check of its own: the same scenario with no fault, with one kind of fault, and as it is.";
    section.body = result_.properties.empty() ? std::string() : verdict_matrix(scenario_, result_, aside_, story_ids_);
    if (!aside_.columns_note.empty()) {
      Markup to;
      to.leaf("p", {{"class", "note"}}, aside_.columns_note);
      section.body += to.take();
    }
    if (!printable(scenario_.claim).empty()) {
      Markup to;
      to.open("p", {{"class", "claim"}});
      to.leaf("b", "What the scenario claims:");
      to.text(" " + scenario_.claim);
      to.close();
      section.body += to.take();
    }
    if (!section.body.empty()) frame_.sections.push_back(std::move(section));
  }

  Section counterexamples() {
    story_ids_.assign(result_.properties.size(), "");
    Section section{"counterexamples", "Counterexample", "The shortest counterexample", "", ""};
    std::size_t told = 0, failing = 0;
    std::vector<std::string> others;
    bool shortest = true, minimal = true;
    for (std::size_t p = 0; p < result_.properties.size(); ++p) {
      const PropertyOutcome& outcome = result_.properties[p];
      if (outcome.verdict.kind != VerdictKind::fail) continue;
      ++failing;
      const Story story = tell(scenario_, result_, outcome);
      shortest = shortest && story.shortest;
      minimal = minimal && story.minimal;
      if (told == most_counterexamples || section.body.size() > most_bytes_of_them) {
        others.push_back(story.property + ": " + story.headline);
        continue;
      }
      story_ids_[p] = fmt::format("c{}", ++told);
      section.body += counterexample(scenario_, result_, outcome, story, aside_.aside, story_ids_[p]);
    }
    if (failing > 1) section.name = "Counterexamples";
    const std::string_view kind = shortest ? "The shortest counterexample" : minimal ? "The minimal counterexample" : failing > 1 ? "Counterexample" : "The counterexample";
    section.title = std::string(kind) + (failing > 1 ? "s" : "");
    if (!others.empty()) {
      Markup to;
      to.leaf("h3", "More that fails");
      to.leaf("p", {{"class", "intro"}}, "Not told here; --report json=FILE has all stories.");
      section.body += to.take() + bullet_list(others, 100);
    }
    return section;
  }

  // FAILs of single columns that the scenario as a whole does not show, or shows by another fault.
  void elsewhere() {
    Section section{"columns", "Single faults", "What each kind of fault does alone", "Stories of the columns of the matrix that fail.", ""};
    std::size_t number = 0;
    for (const FaultColumn& column : aside_.columns) {
      if (!column.result || !column.scenario) continue;
      for (const PropertyOutcome& outcome : column.result->properties) {
        if (outcome.verdict.kind != VerdictKind::fail || number == most_counterexamples) continue;
        const Story story = tell(*column.scenario, *column.result, outcome);
        if (std::find(heads_.begin(), heads_.end(), story.headline) != heads_.end() || same_as_whole(story)) continue;
        heads_.push_back(story.headline);
        Markup to;
        to.open("details");
        to.leaf("summary", fmt::format("{}: {}", column.only ? fault_noun_of(*column.only) : "no fault", story.property + " fails: " + story.headline));
        to.verbatim(counterexample(*column.scenario, *column.result, outcome, story, {}, fmt::format("k{}", ++number)));
        to.close();
        section.body += to.take();
      }
    }
    if (number != 0 && section.body.size() < most_bytes_of_them) frame_.sections.push_back(std::move(section));
  }

  static std::string fault_noun_of(FaultKind kind) { return std::string(fault_noun(kind)); }

  bool same_as_whole(const Story& story) const {
    return std::any_of(result_.properties.begin(), result_.properties.end(), [&](const PropertyOutcome& outcome) {
      if (outcome.verdict.kind != VerdictKind::fail || printable(outcome.verdict.property) != story.property) return false;
      return tell(scenario_, result_, outcome).headline == story.headline || tell_found(scenario_, result_, outcome).headline == story.headline;
    });
  }

  void handlers() {
    if (!aside_.families) return;
    std::string body = handlers_section(scenario_, *aside_.families);
    frame_.sections.push_back({"handlers", "Handlers", "Handlers: idempotent, and in any order?",
                               "Idempotent: handling a message twice leaves what handling it once leaves, effects and events included. Ids, times and counters of attempts are not compared.",
                               std::move(body)});
  }

  void timing() {
    if (!aside_.series) return;
    const RunSeries& series = *aside_.series;
    std::string body = charts(scenario_, series);
    if (body.empty()) return;
    frame_.sections.push_back({"timing", "Timing", "Timing", fmt::format("Timed run, seed {}, {} of virtual time.{}", result_.seed, format_seconds(series.end, 3),
                                                                      series.spans.empty() ? "" : " Hatched: while a fault lasted."), std::move(body)});
  }

  void coverage_and_assumptions() {
    Markup to;
    to.open("div", {{"class", "columns"}});
    to.open("div");
    part_title(to, "Coverage");
    to.verbatim(coverage(scenario_, result_, aside_.series ? &*aside_.series : nullptr));
    to.close();
    to.open("div");
    part_title(to, "Assumptions");
    to.verbatim(bullet_list(assumptions(scenario_, result_), 40, "assumptions"));
    to.close();
    to.close();
    frame_.sections.push_back({"coverage", "Coverage", "Coverage and assumptions", "What these verdicts rest on, and what was not reached.", to.take()});
  }

  void again() {
    std::vector<CommandToType> commands;
    std::set<std::string> files;
    for (const PropertyOutcome& property : result_.properties) {
      if (property.verdict.kind != VerdictKind::fail) continue;
      for (const ReplayFile& replay : replay_files(property, aside_.aside)) {
        if (files.size() == most_counterexamples || !files.insert(replay.file).second) continue;
        const std::string_view which = replay.kind == ReplayKind::as_found ? ", the run that was found:" : replay.kind == ReplayKind::smaller ? ", as far as it was shrunk:" : ", step by step the same:";
        commands.push_back({property.verdict.property + std::string(which), "flowtank replay " + shell_word(shown_path(replay.file))});
      }
    }
    if (!aside_.command.empty()) commands.push_back({"Everything on this page:", without_folders(aside_.command, scenario_)});
    if (commands.empty()) return;
    frame_.sections.push_back({"replay", "Replay", "Replay it", "The same input gives the same result, bit for bit, on any machine.", commands_to_type(commands)});
  }

  void foot() {
    frame_.foot = aside_.environment;
    frame_.foot.push_back(fmt::format("scenario hash `{:016x}{:016x}`", scenario_.content.hi, scenario_.content.lo));
    if (!scenario_.model_files.empty()) {
      std::string models;
      for (const std::string& file : scenario_.model_files) {
        std::string name = shown_path(file.substr(file.rfind('/') + 1));
        if (name.ends_with(".json")) name.resize(name.size() - 5);
        models += (models.empty() ? "" : ", ") + name;
      }
      frame_.foot.push_back("models " + models);
    }
    frame_.foot.emplace_back("this file is complete: it needs no network, and no script to be read");
  }

  const Scenario& scenario_;
  const Result& result_;
  const HtmlAside& aside_;
  Frame frame_;
  std::vector<std::string> story_ids_;
  std::vector<std::string> heads_;
};

}  // namespace

std::string html_report(const Scenario& scenario, const Result& result, const HtmlAside& aside) { return Report(scenario, result, aside).write(); }

}  // namespace flowtank::reports
