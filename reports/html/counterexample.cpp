// SPDX-License-Identifier: Apache-2.0
// One failure told: the diagram beside its story with the same numbers, then what decides, what would repair it and how to see it
// again. Both are readable without a script; the script only lights up what belongs together.
#include <algorithm>

#include <fmt/format.h>

#include "reports/html/diagram.hpp"
#include "reports/html/marks.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

class Telling {
 public:
  // Diagram, steps and states are of the run that is told, in its own scenario; files and what to try are of the failure that was found.
  Telling(const Scenario& scenario, const PropertyOutcome& outcome, const Story& story, const Aside& aside, std::string id)
      : own_(scenario), found_(outcome), told_(told_failure(scenario, outcome)), scenario_(told_.scenario), outcome_(told_.outcome), story_(story), aside_(aside), id_(std::move(id)) {}

  std::string write() {
    to_.open("div", {{"class", "counterexample"}, {"id", id_}, {"data-counterexample", id_}});
    to_.leaf("h3", story_.property);
    to_.leaf("p", {{"class", "headline"}}, story_.headline + (story_.headline.ends_with('.') ? "" : "."));
    to_.leaf("p", {{"class", "intro"}}, about());
    if (!story_.origin.empty()) to_.leaf("p", {{"class", "intro"}}, story_.origin);
    if (!story_.steps.empty()) side_by_side();
    decides();
    to_.verbatim(states_around(scenario_, outcome_, story_));
    to_.close();
    return to_.take();
  }

 private:
  std::string about() const {
    if (story_.actions == 0) return story_.steps.empty() ? "No run that shows it was recorded." : "What led to it, of a longer run.";
    std::string text = std::string(kind_of_counterexample(story_)) + ": " + counted(story_.actions, "action");
    constexpr std::size_t most_named = 12;
    if (!story_.business.empty() && story_.business.size() <= most_named) {
      text += ", of which people count " + std::to_string(story_.business.size()) + ": ";
      for (std::size_t i = 0; i < story_.business.size(); ++i) text += (i == 0 ? "" : ", ") + story_.business[i];
    }
    return text + (story_.shortest  ? ". No run with fewer actions breaks the property."
                   : story_.minimal ? ". Without any one of its actions the property is not broken."
                                    : ".");
  }

  void side_by_side() {
    Diagram diagram;
    if (outcome_.witness) diagram = place_diagram(*scenario_.system, story_, *outcome_.witness);
    const bool many = diagram.lanes.size() > 5;
    to_.open("div", {{"class", diagram.lanes.empty() ? "told alone" : many ? "told below" : "told beside"}});
    if (!diagram.lanes.empty()) {
      to_.open("figure", {{"id", id_ + "-figure"}});
      const std::string title = "Space-time diagram of " + story_.property + ": time runs downwards, each number is a step of the story";
      draw_diagram(to_, diagram, story_, {id_, "n", title, many ? 1040.0 : 640.0, false});
      draw_diagram(to_, diagram, story_, {id_, "m", title, 328.0, true});
      to_.open("figcaption");
      to_.text("Time runs downwards. Thick: what the violation came from. ");
      if (!story_.faults.empty()) to_.text("Hatched: an injected fault. ");
      to_.text("Each number is a step of the story.");
      to_.close();
      to_.close();
    }
    told(diagram.lanes.empty());
    to_.close();
  }

  void told(bool alone) {
    to_.open("div", {{"class", "story"}});
    for (const std::string& fault : story_.faults) {
      to_.open("p", {{"class", "box fault"}});
      icon(to_, fault_drawing());
      to_.text(" ");
      to_.leaf("b", with_capital(fault.substr(0, fault.find(": "))));
      to_.text(fault.substr(std::min(fault.find(": "), fault.size())) + ".");
      to_.close();
    }
    const std::size_t critical = critical_step();
    to_.open("ol", {{"class", "steps"}});
    std::uint32_t previous = story_.steps.front().number - 1;
    for (std::size_t i = 0; i < story_.steps.size(); ++i) {
      const StoryStep& step = story_.steps[i];
      if (step.number != previous + 1) {
        to_.leaf("li", {{"class", "gap"}}, fmt::format("{} left out here; the trace has all.", counted(step.number - previous - 1, "step")));
      }
      previous = step.number;
      if (story_.repeats_from == step.number) to_.leaf("li", {{"class", "gap"}}, "From here on, for ever:");
      one(step, i == critical, alone);
    }
    to_.close();
    to_.close();
  }

  void one(const StoryStep& step, bool critical, bool alone) {
    const std::string number = std::to_string(step.number);
    const std::string kind = step.mark == StoryMark::fault ? "step fault" : step.mark == StoryMark::violation ? "step violation" : "step";
    to_.open("li", {{"class", kind}, {"id", id_ + "-s" + number}, {"data-step", number}});
    if (alone) to_.leaf("span", {{"class", "number"}}, number);
    else to_.leaf("a", {{"class", "number"}, {"href", "#" + id_ + "-n" + number}, {"aria-label", "Step " + number + " in the diagram"}}, number);
    to_.open("span", {{"class", "says"}});
    to_.text(step.sentence + (step.sentence.ends_with('.') ? "" : "."));
    if (step.record != no_record && outcome_.witness && outcome_.witness->steps.empty()) {
      to_.text(" ");
      to_.leaf("span", {{"class", "at"}}, "at " + format_seconds(step.time, 3));
    }
    if (critical) {
      to_.text(" ");
      to_.leaf("b", {{"class", "critical"}}, "◆\u00a0Critical step:");
      to_.text(" from here every way to go on fails.");
    }
    to_.close();
    to_.close();
  }

  std::string_view fault_drawing() const {
    if (!outcome_.witness) return "fault";
    for (const StoryStep& step : story_.steps) {
      if (step.mark != StoryMark::fault || step.record >= outcome_.witness->trace.size()) continue;
      const Record record = outcome_.witness->trace[step.record];
      if (record.kind == RecordKind::crash) return "crash";
      if (record.place < scenario_.system->faults.size()) return icon_name(scenario_.system->faults[record.place].kind);
    }
    return "fault";
  }

  // Of the story; past its end when none is told or known.
  std::size_t critical_step() const {
    const std::size_t nothing = story_.steps.size();
    if (!outcome_.explanation || !outcome_.explanation->decided || outcome_.explanation->always || !outcome_.witness) return nothing;
    if (outcome_.explanation->critical >= outcome_.witness->steps.size()) return nothing;
    const WitnessStep& action = outcome_.witness->steps[outcome_.explanation->critical];
    for (std::size_t i = 0; i < story_.steps.size(); ++i) {
      if (story_.steps[i].record >= action.first_record && story_.steps[i].record < action.end_record) return i;
    }
    return nothing;
  }

  void fact(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    to_.leaf("dt", name);
    to_.open("dd");
    to_.with_code(text);
    to_.close();
  }

  void decides() {
    to_.open("dl", {{"class", "decides"}});
    if (!story_.window.empty()) fact("Window", "the crash falls " + story_.window + (story_.window_name.empty() ? "" : " (" + story_.window_name + ")"));
    fact("Critical step", story_.critical);
    fact("A run that passes", story_.passes);
    if (story_.cause) {
      std::string place = shown_path(story_.cause->file);
      if (story_.cause->where.line != 0) place += fmt::format(":{}:{}", story_.cause->where.line, story_.cause->where.column);
      fact("Cause", fmt::format("`{} = \"{}\"` in {}{}", story_.cause->option, story_.cause->value, place, story_.cause->says.empty() ? "" : ". " + story_.cause->says));
    }
    for (const ReplayFile& replay : replay_files(found_, aside_)) {
      const std::string_view name = replay.kind == ReplayKind::as_found ? "The run that was found" : replay.kind == ReplayKind::smaller ? "As far as it was shrunk" : "See it again";
      fact(name, "`flowtank replay " + shell_word(shown_path(replay.file)) + "`");
    }
    to_.close();
    if (!story_.cause || story_.try_command.empty()) return;
    to_.open("div", {{"class", "box repair"}});
    icon(to_, "pass");
    to_.open("div");
    to_.open("p");
    to_.text("Holds with ");
    to_.leaf("code", fmt::format("{} = \"{}\"", story_.cause->option, story_.cause->better));
    to_.text(": this was tried.");
    to_.close();
    to_.open("p");
    to_.leaf("code", {{"class", "command"}}, without_folders(story_.try_command, own_));
    to_.close();
    to_.close();
    to_.close();
  }

  const Scenario& own_;
  const PropertyOutcome& found_;
  ToldFailure told_;
  const Scenario& scenario_;        // of what is told
  const PropertyOutcome& outcome_;  // what is told
  const Story& story_;
  const Aside& aside_;
  std::string id_;
  Markup to_;
};

}  // namespace

std::string counterexample(const Scenario& scenario, const Result&, const PropertyOutcome& outcome, const Story& story, const Aside& aside, const std::string& id) {
  return Telling(scenario, outcome, story, aside, id).write();
}

}  // namespace flowtank::reports::html
