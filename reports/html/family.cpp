// SPDX-License-Identifier: Apache-2.0
// Which handlers may be handed a message twice, and which messages may come in any order, as pages of the same kind as the
// consistency report: the answer, the matrix, each finding with the way there, how far it went, how to see it again.
#include <algorithm>

#include <fmt/format.h>

#include "reports/html/marks.hpp"
#include "reports/html/parts.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

using namespace family;
using namespace html;

std::string way(const std::vector<std::string>& steps) {
  constexpr std::size_t most = 16;
  if (steps.empty()) return "at once";
  std::string text;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (i == most) return text + fmt::format(" and {} more", steps.size() - most);
    text += (i == 0 ? "" : ", ") + steps[i];
  }
  return text;
}

void fact(Markup& to, std::string_view name, std::string_view text) {
  to.leaf("dt", name);
  to.leaf("dd", text);
}

void lines_of(Markup& to, std::string_view title, const std::vector<std::string>& lines, std::string_view sign) {
  constexpr std::size_t most = 20;
  to.open("div");
  to.leaf("p", {{"class", "lines-title"}}, title);
  to.open("ul", {{"class", "difference " + std::string(sign)}});
  if (lines.empty()) to.leaf("li", "nothing else");
  for (std::size_t i = 0; i < std::min(lines.size(), most); ++i) to.leaf("li", lines[i]);
  if (lines.size() > most) to.leaf("li", fmt::format("and {} more", lines.size() - most));
  to.close();
  to.close();
}

class FamilyReport {
 public:
  FamilyReport(const Scenario& scenario, const FamilyFiles& files, const HtmlAside& aside, std::string kind) : scenario_(scenario), files_(files), aside_(aside) {
    frame_.title = title_of(scenario);
    frame_.kind = std::move(kind);
    frame_.facts = {{"scenario", shown_path(scenario.file)}, {"brokers", broker_words(*scenario.system)}, {"within", bounds_text(scenario)}};
  }

 protected:
  std::string replay_of(const std::string& key) const {
    const auto file = files_.find(key);
    return file == files_.end() ? "" : "flowtank replay " + shell_word(shown_path(file->second));
  }

  void see_again(Markup& to, const std::string& key) const {
    const std::string command = replay_of(key);
    if (command.empty()) return;
    to.leaf("dt", "See it again");
    to.open("dd");
    to.leaf("code", command);
    to.close();
  }

  void closing(const Extent& extent, const std::vector<std::string>& ignored, const std::vector<std::string>& notes) {
    std::vector<std::string> lines = notes;
    lines.push_back(extent.complete ? fmt::format("All {} of the scenario within its bounds were looked at ({}).", counted(extent.counts.states, "state"), counted(extent.counts.transitions, "transition"))
                                    : fmt::format("{} looked at, not all: stopped by {}.", counted(extent.counts.states, "state was", "states were"), extent.interrupted ? "an interrupt" : extent.limit_words));
    std::string names;
    for (const std::string& name : ignored) names += (names.empty() ? "" : ", ") + name;
    lines.push_back(names.empty() ? "Nothing that differed was ignored." : "Ignored where it differed: " + names + ".");
    frame_.sections.push_back({"coverage", "Coverage", "How far this goes", "What was compared, and what was left out.", bullet_list(lines, 40, "assumptions")});
    if (!aside_.command.empty()) {
      frame_.sections.push_back({"replay", "Replay", "Ask it again", "The same input gives the same answer on any machine.",
                                 commands_to_type({{"Everything on this page:", without_folders(aside_.command, scenario_)}})});
    }
    frame_.foot = aside_.environment;
    frame_.foot.push_back(fmt::format("scenario hash `{:016x}{:016x}`", scenario_.content.hi, scenario_.content.lo));
    frame_.foot.emplace_back("this file is complete: it needs no network, and no script to be read");
  }

  const Scenario& scenario_;
  const FamilyFiles& files_;
  const HtmlAside& aside_;
  Frame frame_;
};

class Idempotency : FamilyReport {
 public:
  Idempotency(const Scenario& scenario, const IdempotencyReport& report, const FamilyFiles& files, const HtmlAside& aside)
      : FamilyReport(scenario, files, aside, "idempotency report"), report_(report) {}

  std::string write() {
    frame_.banner = answer_banner(answer());
    frame_.sections.push_back({"handlers", "Handlers", "Is it safe to hand every message out twice?",
                               "Idempotent: handling a message twice leaves what handling it once leaves, in databases, effects and events.", handlers_table(report_)});
    if (std::string body = findings(); !body.empty()) frame_.sections.push_back({"findings", "Findings", "What differs, and how to get there", "", std::move(body)});
    if (report_.system.asked) frame_.sections.push_back({"system", "The system", "The system with one more copy of any message", "The copy may arrive at any later position.", system()});
    std::vector<std::string> notes;
    std::uint64_t blocked = 0;
    for (const HandlerReport& handler : report_.handlers) blocked += handler.blocked;
    if (blocked != 0) notes.push_back(fmt::format("{} not tried: no instance was free, or a lock was held.", counted(blocked, "situation was", "situations were")));
    closing(report_.extent, report_.left_out, notes);
    return whole_page(frame_);
  }

 private:
  Answer answer() const {
    Answer out;
    std::uint64_t good = 0, bad = 0, never = 0;
    std::string names;
    for (const HandlerReport& handler : report_.handlers) {
      const VerdictKind kind = kind_of(handler.verdict);
      (kind == VerdictKind::pass ? good : kind == VerdictKind::fail ? bad : never) += 1;
      if (kind == VerdictKind::fail) names += (names.empty() ? "" : ", ") + handler.service + "." + handler.name;
    }
    const bool complete = report_.extent.complete;
    out.counts = {{"not safe", bad}, {complete ? "idempotent" : std::string(none_so_far), good}, {complete ? "never handled" : "not handled so far", never}};
    const int exit = report_.exit();
    if (bad != 0) out = {VerdictKind::fail, "Not safe to be handed twice.", names + (bad == 1 ? " does" : " do") + " not end the same.", "At-least-once brokers deliver twice sooner or later.", out.counts};
    else if (exit == 1) out = {VerdictKind::fail, "Not safe as a system.", "Each handler is idempotent, but one more copy leads to outcomes that there are not without it.", "", out.counts};
    else if (exit == 4) out = {VerdictKind::inconclusive, "Undecided.", "Not everything was looked at, or nothing was shown.", "", out.counts};
    else out = {VerdictKind::pass, "Safe to be handed twice.", "Every handler that was reached is idempotent.", "", out.counts};
    return out;
  }

  std::string findings() const {
    Markup to;
    for (const HandlerReport& handler : report_.handlers) {
      const std::string name = handler.service + "." + handler.name;
      if (handler.at_once) twice(to, name, *handler.at_once, "right after the first", name + " at once");
      else if (handler.later) twice(to, name, *handler.later, "later", name + " later");
      if (handler.interrupted) interrupted(to, name, *handler.interrupted);
    }
    return to.take();
  }

  void twice(Markup& to, const std::string& name, const Finding& found, const std::string& when, const std::string& key) const {
    to.open("div", {{"class", "finding"}});
    to.leaf("h3", name);
    to.leaf("p", {{"class", "headline"}}, fmt::format("{} of {}, {}, changes something.", with_capital(std::string(name_of(found.how))), found.message, when));
    std::vector<std::string> changes;
    for (const Change& change : found.changes) changes.push_back(family::to_text(change));
    lines_of(to, "What the second handling changes", changes, "plus");
    to.open("dl", {{"class", "decides"}});
    fact(to, "The way there", way(found.business));
    see_again(to, key);
    to.close();
    to.close();
  }

  void interrupted(Markup& to, const std::string& name, const Finding& found) const {
    to.open("div", {{"class", "finding"}});
    to.leaf("h3", name + ", interrupted");
    to.leaf("p", {{"class", "headline"}}, fmt::format("{}, interrupted by a crash before \"{}\" and handled again, leaves something else than handling it once.", found.message, found.place));
    to.open("div", {{"class", "columns"}});
    lines_of(to, "Only when it was interrupted", found.here_only, "plus");
    lines_of(to, "Only when it was handled once", found.once_only, "minus");
    to.close();
    to.open("dl", {{"class", "decides"}});
    fact(to, "The way there", way(found.business));
    see_again(to, name + " interrupted");
    to.close();
    to.close();
  }

  std::string system() const {
    const SystemForm& form = report_.system;
    Markup to;
    to.open("p", {{"class", "headline"}});
    verdict_mark(to, form.verdict);
    to.text(" ");
    switch (form.verdict) {
      case VerdictKind::pass: to.text(fmt::format("Every outcome ({} of {}) is one that there is without the copy, too.", thousands(form.ends_with), thousands(form.ends_without))); break;
      case VerdictKind::fail: to.text(fmt::format("{} of {} outcomes {} not there without the copy.", thousands(form.more), thousands(form.ends_with), form.more == 1 ? "is" : "are")); break;
      case VerdictKind::inconclusive: to.text("Undecided: " + form.note + "."); break;
      case VerdictKind::vacuous: to.text("Nothing was shown: " + form.note + "."); break;
    }
    to.close();
    if (form.more == 0) return to.take();
    to.open("div", {{"class", "columns"}});
    lines_of(to, "A new outcome has", form.here_only, "plus");
    lines_of(to, "The most similar one without the copy has", form.there_only, "minus");
    to.close();
    to.open("dl", {{"class", "decides"}});
    fact(to, "The way there", way(form.business));
    see_again(to, "system");
    to.close();
    return to.take();
  }

  const IdempotencyReport& report_;
};

class Commutativity : FamilyReport {
 public:
  Commutativity(const Scenario& scenario, const CommuteReport& report, const FamilyFiles& files, const HtmlAside& aside)
      : FamilyReport(scenario, files, aside, "commutativity report"), report_(report) {}

  std::string write() {
    frame_.banner = answer_banner(answer());
    frame_.sections.push_back({"orders", "Pairs", "Does it matter in which order messages arrive?",
                               "Compared wherever two messages wait for the same service at the same time: what the one order leaves behind, and what the other.", pairs_matrices(report_)});
    if (std::string body = conflicts(); !body.empty()) frame_.sections.push_back({"findings", "Findings", "What differs, and how to get there", "", std::move(body)});
    if (report_.ends) frame_.sections.push_back({"ends", "Whole runs", "Does every order end alike?", "", ends(*report_.ends)});
    closing(report_.extent, report_.left_out, {});
    return whole_page(frame_);
  }

 private:
  Answer answer() const {
    std::uint64_t of[4] = {0, 0, 0, 0};
    for (const CommuteReport::Service& service : report_.services) {
      for (const PairReport& pair : service.pairs) ++of[static_cast<std::size_t>(pair.verdict)];
    }
    const auto count = [&](PairVerdict verdict) { return of[static_cast<std::size_t>(verdict)]; };
    Answer out;
    out.counts = {{"conflict", count(PairVerdict::conflict)}, {complete() ? "commute" : std::string(none_so_far), count(PairVerdict::commute)},
                  {"after a retry", count(PairVerdict::after_retry)}, {complete() ? "never met" : "not met so far", count(PairVerdict::vacuous)}};
    const std::uint64_t met = count(PairVerdict::conflict) + count(PairVerdict::commute) + count(PairVerdict::after_retry);
    const int exit = report_.exit();
    if (count(PairVerdict::conflict) != 0) {
      out.kind = VerdictKind::fail;
      out.words = "The order matters.";
      out.sentence = met == 1 ? "The one pair that met ends otherwise when it comes the other way round."
                              : fmt::format("{} of {} pairs that met {} otherwise when they come the other way round.", count(PairVerdict::conflict), met,
                                            count(PairVerdict::conflict) == 1 ? "ends" : "end");
    } else if (exit == 4 && met == 0 && complete()) {
      out.kind = VerdictKind::vacuous;
      out.words = "Nothing was put to the test.";
      out.sentence = "No two messages ever waited for the same service side by side.";
    } else if (exit == 4) {
      out.kind = VerdictKind::inconclusive;
      out.words = "Undecided.";
      out.sentence = "Not everything was looked at.";
    } else {
      out.words = "The order does not matter.";
      out.sentence = met == 1 ? "The one pair that met commutes." : fmt::format("All {} pairs that met commute.", met);
    }
    return out;
  }

  bool complete() const { return report_.extent.complete; }

  std::string conflicts() const {
    Markup to;
    for (const CommuteReport::Service& service : report_.services) {
      for (const PairReport& pair : service.pairs) {
        if (pair.conflict) conflict(to, service, pair);
      }
    }
    return to.take();
  }

  void conflict(Markup& to, const CommuteReport::Service& service, const PairReport& pair) const {
    const Conflict& found = *pair.conflict;
    to.open("div", {{"class", "finding"}});
    to.leaf("h3", service.name);
    to.leaf("p", {{"class", "headline"}}, fmt::format("{} and {}, {}{}.", found.first, found.second, found.same_key ? "of the same key" : "of different keys",
                                                     pair.verdict == PairVerdict::after_retry ? "; alike again once the one that came too early is retried" : ""));
    to.open("div", {{"class", "columns"}});
    lines_of(to, "Left behind only if " + found.first + " comes first", found.first_then_second, "plus");
    lines_of(to, "Left behind only if " + found.second + " comes first", found.second_then_first, "minus");
    to.close();
    to.open("dl", {{"class", "decides"}});
    fact(to, "The way there", way(found.business));
    see_again(to, fmt::format("{} {} {}", service.name, pair.left, pair.right));
    to.close();
    to.close();
  }

  static std::string ends(const Ends& ends) {
    Markup to;
    to.leaf("p", {{"class", "headline"}}, ends.different == 0 ? "No run ends."
                                         : !ends.extent.complete ? fmt::format("At least {}; not all orders were looked at.", counted(ends.different, "outcome"))
                                         : ends.different == 1 ? "All orders end alike: the system is confluent."
                                                               : fmt::format("{} different outcomes over all orders and faults.", thousands(ends.different)));
    if (ends.examples.size() < 2) return to.take();
    std::vector<std::string> one, two;
    difference_of(ends.examples[0].lines, ends.examples[1].lines, one, two);
    to.open("div", {{"class", "columns"}});
    lines_of(to, "One end has", one, "plus");
    lines_of(to, "Another has", two, "minus");
    to.close();
    return to.take();
  }

  const CommuteReport& report_;
};

}  // namespace

std::string idempotency_html(const Scenario& scenario, const IdempotencyReport& report, const FamilyFiles& files, const HtmlAside& aside) {
  return Idempotency(scenario, report, files, aside).write();
}

std::string commute_html(const Scenario& scenario, const CommuteReport& report, const FamilyFiles& files, const HtmlAside& aside) {
  return Commutativity(scenario, report, files, aside).write();
}

}  // namespace flowtank::reports
