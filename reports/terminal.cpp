// SPDX-License-Identifier: Apache-2.0
// Laying a result out for a terminal. Everything is made with the signs of Unicode and translated at the
// end where --ascii asks for it; user's names are made printable before they come here.
#include "reports/terminal.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <sim/explore/fingerprint.hpp>

#include "reports/lineage_text.hpp"
#include "reports/record_text.hpp"

namespace flowtank::reports {
namespace {

constexpr std::size_t columns = 100;

class Page {
 public:
  Page(const Scenario& scenario, const Result& result, const Aside& aside, const TerminalStyle& style)
      : scenario_(scenario), result_(result), aside_(aside), style_(style), paint_(style.colour) {}

  std::string print() {
    if (!style_.quiet) header();
    table();
    for (std::size_t i = 0; i < result_.properties.size(); ++i) {
      if (result_.properties[i].verdict.kind != VerdictKind::fail) continue;
      if (style_.quiet && result_.expectations[i].met) continue;
      failure(result_.properties[i]);
    }
    if (!style_.quiet) {
      line();
      if (result_.campaign) {
        sampled();
      } else if (result_.lineage) {
        led();
      } else if (result_.driver == Driver::check) {
        explored();
      } else {
        ran();
      }
    }
    last_line();
    return style_.ascii ? only_ascii(out_) : out_;
  }

 private:
  void line(std::string_view text = "") {
    out_ += text;
    out_ += '\n';
  }
  // Wrapped lines under `indent`, each painted.
  template <typename Painter>
  void block(std::string_view text, std::size_t indent, Painter paint) {
    for (const std::string& part : wrapped(text, columns - indent)) line(std::string(indent, ' ') + paint(part));
  }
  // "Label   text", the text wrapped under itself.
  void labelled(std::string_view label, std::string_view text, std::size_t indent, std::size_t width, bool accent = false) {
    bool first = true;
    for (const std::string& part : wrapped(text, columns - indent - width)) {
      const std::string head = padded(first ? label : "", width);
      line(std::string(indent, ' ') + head + (accent ? paint_.accent(part) : part));
      first = false;
    }
  }
  // Commands are never broken: they are to be copied.
  void command(std::string_view label, std::string_view text) {
    line("  " + padded(label, 11) + paint_.accent(text));
  }

  static std::string only_ascii(const std::string& text) {
    std::string out;
    const std::string translated = ascii_signs(text);
    for (std::size_t begin = 0; begin < translated.size();) {
      std::size_t end = translated.find_first_of("\n\x1b", begin);
      if (end == std::string::npos) end = translated.size();
      out += printable(std::string_view(translated).substr(begin, end - begin), true);
      if (end < translated.size()) out += translated[end];
      begin = end + 1;
    }
    return out;
  }

  void header() {
    const std::string title = printable(scenario_.title.empty() ? scenario_.file : scenario_.title);
    block(title, 0, [&](const std::string& s) { return paint_.bold(s); });
    block(subtitle(scenario_, result_), 0, [&](const std::string& s) { return paint_.dim(s); });
    if (!aside_.replay_of.empty()) {
      block("replay of " + printable(aside_.replay_of), 0, [&](const std::string& s) { return paint_.dim(s); });
    }
    line();
  }

  std::string painted_verdict(VerdictKind kind, std::string_view text) const {
    switch (kind) {
      case VerdictKind::pass: return paint_.pass(text);
      case VerdictKind::fail: return paint_.fail(text);
      case VerdictKind::inconclusive: return paint_.unsure(text);
      case VerdictKind::vacuous: return paint_.dim(text);
    }
    return std::string(text);
  }

  void table() {
    std::size_t word = 0;
    std::size_t name = 0;
    for (const PropertyOutcome& property : result_.properties) {
      word = std::max(word, to_text(property.verdict.kind).size());
      name = std::max(name, width_of(printable(property.verdict.property)));
    }
    word = std::max<std::size_t>(word, 7) + 3;
    name = std::min<std::size_t>(name, 44) + 3;
    for (std::size_t i = 0; i < result_.properties.size(); ++i) {
      if (style_.quiet && i < result_.expectations.size() && result_.expectations[i].met) continue;
      row(result_.properties[i], i, word, name);
    }
  }

  void row(const PropertyOutcome& property, std::size_t index, std::size_t word, std::size_t name) {
    const Verdict& verdict = property.verdict;
    const bool proved = verdict.strength == Strength::proved;
    std::string text = "  " + painted_verdict(verdict.kind, fmt::format("{} {}", sign_of(verdict.kind, signs(false)), padded(to_text(verdict.kind), word)));
    text += padded(shortened(printable(verdict.property), name - 3, "…"), name);
    const std::string strength(to_text(verdict.strength));
    text += proved ? paint_.bold(padded(strength, 11)) : padded(strength, 11);
    std::string note = printable(verdict.note);
    if (!property.assumption.empty()) note += (note.empty() ? "" : "; ") + property.assumption;
    if (index < result_.expectations.size() && result_.expectations[index].listed && result_.expectations[index].met &&
        verdict.kind != VerdictKind::pass) {
      note += note.empty() ? "as expected" : ", as expected";
    }
    const std::size_t at = width_of(text);
    if (at + width_of(note) <= columns) {
      text += note;
      note.clear();
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    line(text);
    const std::size_t indent = word + 4;
    if (!note.empty()) block(note, indent, [](const std::string& s) { return s; });
  }

  void failure(const PropertyOutcome& property) {
    const Story story = tell(scenario_, result_, property);
    line();
    line(paint_.strong_fail("✖ FAIL") + "  " + paint_.bold(story.property));
    block(story.headline, 2, [&](const std::string& s) { return paint_.bold(s); });
    if (story.cause && !story.cause->says.empty()) block(with_capital(story.cause->says), 2, [](const std::string& s) { return s; });
    if (!story.origin.empty()) block(story.origin, 2, [](const std::string& s) { return s; });
    if (!story.faults.empty()) line();
    for (const std::string& fault : story.faults) {
      block("⧉ " + fault, 2, [&](const std::string& s) { return paint_.strong_fault(s); });
    }
    std::vector<std::string> told;
    for (std::size_t i = 0; i + 1 < story.steps.size(); ++i) told.push_back(story.steps[i].sentence);
    if (told.size() > 3 && told == last_told_) {
      line();
      block("The same story as above; it ends:", 2, [](const std::string& s) { return s; });
      Story end = story;
      end.steps = {story.steps.back()};
      steps(end);
    } else {
      steps(story);
    }
    last_told_ = std::move(told);
    evidence(story);
    footer(story, property);
  }

  void steps(const Story& story) {
    if (story.steps.empty()) return;
    line();
    std::size_t id_width = 2;
    for (const StoryStep& step : story.steps) {
      if (step.record != no_record) id_width = std::max(id_width, std::to_string(step.record).size() + 1);
    }
    const std::size_t number_width = std::to_string(story.steps.back().number).size();
    std::uint32_t previous = story.steps.front().number - 1;
    for (const StoryStep& step : story.steps) {
      if (step.number != previous + 1) {
        line(fmt::format("      … {} left out (--trace has all)", counted(step.number - previous - 1, "step")));
      }
      previous = step.number;
      if (story.repeats_from == step.number) line("      from here on, for ever:");
      const std::string id = padded_left(step.record == no_record ? "" : fmt::format("#{}", step.record), id_width);
      const std::string_view sign = step.mark == StoryMark::violation ? "✖" : step.mark == StoryMark::fault ? "⧉" : " ";
      const std::string head = fmt::format("  {} {}", sign, padded_left(std::to_string(step.number), number_width));
      const std::size_t indent = 4 + number_width + 2 + id_width + 2;
      bool first = true;
      for (const std::string& part : wrapped(step.sentence, columns - indent)) {
        const std::string body = first ? head + "  " + (step.mark == StoryMark::none ? paint_.dim(id) : id) + "  " + part
                                       : std::string(indent, ' ') + part;
        line(step.mark == StoryMark::violation ? paint_.fail(body) : step.mark == StoryMark::fault ? paint_.fault(body) : body);
        first = false;
      }
    }
  }

  // Columns without a value are left out.
  void evidence(const Story& story) {
    constexpr std::size_t widest = 30;
    const auto cell = [](const std::string& text) { return shortened(text, widest, "…"); };
    const std::string titles[3] = {story.sides ? "left" : "before", story.sides ? "right" : "after", "allowed"};
    std::string KeyEvidence::*const fields[3] = {&KeyEvidence::before, &KeyEvidence::after, &KeyEvidence::allowed};
    std::size_t first = 10;
    std::size_t widths[3] = {0, 0, 0};  // 0: nothing in it
    for (const KeyEvidence& e : story.evidence) {
      first = std::max({first, width_of(cell(e.key)), width_of(cell(e.subject))});
      for (std::size_t i = 0; i < 3; ++i) {
        if (!(e.*fields[i]).empty()) widths[i] = std::max({widths[i], width_of(titles[i]), width_of(cell(e.*fields[i]))});
      }
    }
    const auto row = [&](const std::string& head, const auto& text_of) {
      std::string text = "    " + padded(cell(head), first);
      for (std::size_t i = 0; i < 3; ++i) {
        if (widths[i] == 0) continue;
        const std::string padded_cell = padded_left(text_of(i), widths[i]);
        text += "   " + (i == 1 && head != subject_ ? paint_.fail(padded_cell) : padded_cell);
      }
      while (!text.empty() && text.back() == ' ') text.pop_back();
      line(text);
    };
    subject_.clear();
    for (const KeyEvidence& e : story.evidence) {
      if (&e == &story.evidence.front() || e.subject != subject_) {
        subject_ = e.subject;
        line();
        row(subject_, [&](std::size_t i) { return titles[i]; });
      }
      row(e.key, [&](std::size_t i) { return cell(e.*fields[i]); });
    }
  }

  void footer(const Story& story, const PropertyOutcome& property) {
    line();
    if (story.actions != 0) {
      constexpr std::size_t most_named = 30;
      std::string text = std::string(kind_of_counterexample(story)) + ": " + counted(story.actions, "action");
      if (!story.business.empty()) text += ", " + counted(story.business.size(), "business step");
      const bool named = story.shortest || story.business.size() <= most_named;
      for (std::size_t i = 0; named && i < story.business.size(); ++i) text += (i == 0 ? ": " : ", ") + story.business[i];
      block(text + ".", 2, [](const std::string& s) { return s; });
    }
    if (!story.window.empty()) line("  Window     the crash falls " + story.window + (story.window_name.empty() ? "" : " (" + story.window_name + ")"));
    if (!story.critical.empty()) labelled("Critical", story.critical);
    if (!story.passes.empty()) labelled("Passes", story.passes);
    if (story.cause) {
      const StoryCause& cause = *story.cause;
      std::string place = printable(cause.file);
      if (cause.where.line != 0) place += fmt::format(":{}:{}", cause.where.line, cause.where.column);
      line("  " + padded("Cause", 11) + fmt::format("{}   {} = \"{}\"", place, printable(cause.option), printable(cause.value)));
    }
    if (!story.try_command.empty()) command("Try", story.try_command);
    for (const ReplayFile& replay : replay_files(property, aside_)) command(label_of(replay.kind), "flowtank replay " + shell_word(replay.file));
  }

  // A word in front of lines that are broken where they must be.
  void labelled(const std::string& word, const std::string& text) {
    constexpr std::size_t indent = 13;
    bool first = true;
    for (const std::string& part : wrapped(text, 100 - indent)) {
      line(padded(first ? "  " + word : std::string(), indent) + part);
      first = false;
    }
  }

  void ran() {
    const std::string effects = took_effect(scenario_, result_);
    if (!effects.empty()) block("Took effect: " + effects, 0, [](const std::string& s) { return s; });
    std::string text = counted(result_.run.actions, "action") + ", " + counted(result_.run.handled, "message") +
                       " handled, " + format_seconds(result_.run.time, 3) + " virtual";
    if (result_.run.end != RunEnd::quiet) text += fmt::format(", {}", to_text(result_.run.end));
    if (aside_.seconds > 0) text += "; took " + wall_time(aside_.seconds);
    line(text);
    line(fmt::format("Fingerprint {}", paint_.bold(fmt::format("{:016x}", result_.run.fingerprint))));
  }

  void explored() {
    const bool any_proved = std::any_of(result_.properties.begin(), result_.properties.end(),
                                        [](const PropertyOutcome& p) { return p.verdict.strength == Strength::proved && p.verdict.kind == VerdictKind::pass; });
    if (any_proved) block("Proved for every order of events within: " + bounds_text(scenario_) + ".", 0, [](const std::string& s) { return s; });
    if (!aside_.replay_of.empty()) {
      line("Replayed " + counted(result_.counts.transitions, "action") + ".");
      return;
    }
    const std::string states = counted(result_.counts.states, "state");
    const bool decided = result_.limit == explore::Limit::cancelled && !result_.interrupted;
    std::string text = result_.complete ? states + ", all of them" : decided ? states + ", which decide every property" : "stopped at " + result_.limit_words;
    text += ", " + counted(result_.counts.transitions, "transition");
    if (result_.complete || decided) text += fmt::format(", depth {}", result_.counts.depth);
    text += result_.reduction.empty() ? ", without reduction" : ", " + (result_.reduction.starts_with("not ") ? "" : std::string("reduced: ")) + result_.reduction;
    if (aside_.seconds > 0) text += ", in " + wall_time(aside_.seconds);
    constexpr std::size_t width = 13;
    labelled("Explored", text, 2, width);
    const std::string effects = took_effect(scenario_, result_);
    if (!effects.empty()) labelled("Took effect", effects, 2, width);
    labelled("Assumes", fmt::format("race timers fire in any order, slow timers last{}{}; 128-bit fingerprints, odds of a collision below {}", isolation(),
                                    any_proved ? unexplored() : "", odds_text(explore::collision_odds(result_.counts.states))), 2, width);
    if (result_.complete) not_reached(width);
  }

  std::string isolation() const {
    const std::string levels = isolation_text(scenario_);
    return levels.empty() ? "" : "; " + levels;
  }

  // What a proof does not speak of.
  std::string unexplored() const {
    std::string text;
    for (const std::string& left_out : result_.unexplored) text += "; " + left_out;
    return text;
  }

  void not_reached(std::size_t width) {
    if (result_.not_reached.empty()) return;
    std::string missing;
    constexpr std::size_t shown = 8;
    for (std::size_t i = 0; i < std::min(shown, result_.not_reached.size()); ++i) {
      const NotReached& part = result_.not_reached[i];
      missing += (missing.empty() ? "" : ", ") + printable(part.what) + (part.step.empty() ? "" : " (" + printable(part.step) + ")");
    }
    if (result_.not_reached.size() > shown) missing += fmt::format(" and {} more (--report json has all)", result_.not_reached.size() - shown);
    labelled("Not reached", missing, 2, width);
  }

  void sampled() {
    const CampaignSummary& c = *result_.campaign;
    constexpr std::size_t width = 13;
    std::string text = runs_text(c);
    if (!c.stopped.empty()) text += (c.wanted != 0 ? " of " + thousands(c.wanted) : std::string()) + ", stopped: " + c.stopped;
    text += ", " + counted(c.actions, "action") + fmt::format(", at most {} in a run", thousands(c.longest));
    if (c.cut != 0) text += fmt::format("; {} cut off after {}", counted(c.cut, "run"), thousands(c.most_actions));
    labelled("Sampled", text, 2, width);
    const bool timed = has_time(c.strategy);
    text = counted(c.ends, timed ? "different run" : "different end");
    if (c.saturation) {
      text += c.saturation->new_share == 0 ? "; each was seen more than once"
                                           : fmt::format("; the next run ends as none before with p about {}; there are at least {} by estimate",
                                                         campaign::probability_text(c.saturation->new_share),
                                                         thousands(static_cast<std::uint64_t>(c.saturation->estimate + 0.5)));
    }
    labelled("Saw", text, 2, width);
    if (c.pct) {
      labelled("Finds", fmt::format("each pct run shows a bug of depth {} that needs no fault with p >= {}, while runs have at most {} chains and {} actions, as the trial runs had", c.pct->depth,
                                    campaign::probability_text(c.pct->chance, campaign::Rounded::down), thousands(c.pct->chains), thousands(c.pct->steps)), 2, width);
    }
    const std::string effects = took_effect(scenario_, result_);
    if (!effects.empty()) labelled("Took effect", effects, 2, width);
    std::string assumes = c.strategy == Strategy::swarm ? "latencies and arrivals as the scenario draws them; each fault is off in half of the runs"
                          : timed                      ? "latencies, arrivals and faults as the scenario draws them"
                                                       : "race timers fire in any order, slow timers last";
    if (c.independent != 0) assumes = "p is about a run drawn as these were, not one in production; " + assumes;
    labelled("Assumes", assumes + isolation() + unexplored(), 2, width);
    not_reached(width);
  }

  void led() {
    const LineageSummary& l = *result_.lineage;
    constexpr std::size_t width = 13;
    std::string text = lineage_runs_text(l) + fmt::format("; {}, at most {} in a run", counted(l.actions, "action"), thousands(l.longest));
    if (aside_.seconds > 0) text += ", in " + wall_time(aside_.seconds);
    labelled("Tried", text, 2, width);
    labelled("Faults", lineage_faults_text(l), 2, width);
    if (const std::string left_out = lineage_left_out_text(l); !left_out.empty()) labelled("Left out", left_out, 2, width);
    const std::string effects = took_effect(scenario_, result_);
    if (!effects.empty()) labelled("Took effect", effects, 2, width);
    const std::string assumes = l.budget == 0 ? "" : "a fault that strikes nothing the outcome came from changes nothing; ";
    labelled("Assumes", assumes + "other orders of events were not tried: a proof is check without --strategy" + isolation() + unexplored(), 2, width);
    not_reached(width);
  }

  static std::string odds_text(double odds) {
    double bound = 1e-30;
    int exponent = -30;
    while (bound < odds) {
      bound *= 10;
      ++exponent;
    }
    return fmt::format("1e{}", exponent);
  }

  void last_line() {
    if (result_.exit == ExitCode::inconclusive && result_.driver == Driver::check && !result_.interrupted && !result_.complete && !result_.campaign && !result_.lineage) {
      const std::string reduce = result_.reduction.empty() ? ", leave out orders that show nothing new (--reduce runs)" : "";
      line("Raise the limit (--states, --depth, --memory, --time)" + reduce + ", or explore fewer requests or faults.");
    }
    if (!result_.our_fault.empty()) line(paint_.strong_fail("A fault of Flowtank: " + printable(result_.our_fault)));
    if (result_.interrupted) line(paint_.unsure("Interrupted: the verdicts are about what was covered until then."));
    const bool good = result_.exit == ExitCode::ok;
    const std::string text = expectations_text(result_, aside_);
    std::string painted = good ? paint_.strong_pass(text) : result_.exit == ExitCode::inconclusive ? paint_.unsure(text) : paint_.strong_fail(text);
    if (style_.terminal) {
      const std::string exit = fmt::format("exit {}", static_cast<int>(result_.exit));
      const std::size_t used = width_of(text);
      const std::size_t column = 76;
      painted += std::string(used + 2 < column ? column - used : 2, ' ') + paint_.dim(exit);
    }
    line(painted);
  }

  const Scenario& scenario_;
  const Result& result_;
  const Aside& aside_;
  const TerminalStyle& style_;
  Paint paint_;
  std::string subject_;                // of the evidence table being printed
  std::vector<std::string> last_told_;  // sentences of the story before, but for its end
  std::string out_;
};

}  // namespace

std::string terminal_text(const Scenario& scenario, const Result& result, const Aside& aside,
                          const TerminalStyle& style) {
  return Page(scenario, result, aside, style).print();
}

}  // namespace flowtank::reports
