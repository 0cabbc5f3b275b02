// SPDX-License-Identifier: Apache-2.0
// The Markdown report: what a reviewer reads in a pull request or an archive.
#include <fmt/format.h>

#include "reports/files.hpp"
#include "reports/lineage_text.hpp"
#include "reports/xml_text.hpp"

namespace flowtank::reports {
namespace {

std::string md(std::string_view text) { return markdown_text(text); }

// Code without markup; a backtick would end it.
std::string code(std::string_view text) {
  std::string inside(text);
  for (char& c : inside) c = c == '`' ? '\'' : c;
  return "`" + inside + "`";
}

void story_section(std::string& out, const Scenario& scenario, const Result& result, const PropertyOutcome& property, const Aside& aside) {
  const Story story = tell(scenario, result, property);
  out += fmt::format("\n## ✖ {}\n\n**{}**\n", md(story.property), md(story.headline));
  if (story.cause && !story.cause->says.empty()) out += "\n" + md(with_capital(story.cause->says)) + "\n";
  if (!story.origin.empty()) out += "\n" + md(story.origin) + "\n";
  if (!story.faults.empty()) out += "\n";
  for (const std::string& fault : story.faults) out += "- ⧉ " + md(fault) + "\n";
  if (!story.steps.empty()) out += "\n| step | record | what happened |\n|---:|---:|---|\n";
  std::uint32_t previous = 0;
  for (const StoryStep& step : story.steps) {
    if (step.number != previous + 1) out += fmt::format("| … | | {} left out |\n", counted(step.number - previous - 1, "step"));
    previous = step.number;
    const std::string_view sign = step.mark == StoryMark::violation ? "✖ " : step.mark == StoryMark::fault ? "⧉ " : "";
    const std::string record = step.record == no_record ? "" : std::to_string(step.record);
    out += fmt::format("| {} | {} | {}{} |\n", step.number, record, sign, md(step.sentence));
  }
  bool first = true;
  for (const KeyEvidence& e : story.evidence) {
    if (e.before.empty() && e.after.empty() && e.allowed.empty()) continue;
    if (first) out += fmt::format("\n| what | key | {} | allowed |\n|---|---|---:|---:|---:|\n", story.sides ? "left | right" : "before | after");
    first = false;
    out += fmt::format("| {} | {} | {} | {} | {} |\n", md(e.subject), md(e.key), md(e.before), md(e.after), md(e.allowed));
  }
  out += "\n";
  if (!story.window.empty()) out += fmt::format("- Window: the crash falls {}{}\n", md(story.window), story.window_name.empty() ? "" : " (" + md(story.window_name) + ")");
  if (!story.critical.empty()) out += fmt::format("- Critical step: {}\n", md(story.critical));
  if (!story.passes.empty()) out += fmt::format("- A run that passes: {}\n", md(story.passes));
  if (story.cause) {
    out += fmt::format("- Cause: {}:{}:{} {}\n", md(printable(story.cause->file)), story.cause->where.line, story.cause->where.column,
                       code(printable(story.cause->option + " = " + story.cause->value)));
  }
  if (!story.try_command.empty()) out += "- Try: " + code(printable(story.try_command)) + "\n";
  if (story.actions != 0) {
    std::string text = std::string(kind_of_counterexample(story)) + ": " + counted(story.actions, "action");
    constexpr std::size_t most_named = 30;
    if (!story.business.empty()) text += ", " + counted(story.business.size(), "business step");
    for (std::size_t i = 0; i < story.business.size() && story.business.size() <= most_named; ++i) text += (i == 0 ? ": " : ", ") + story.business[i];
    out += "- " + md(text) + "\n";
  }
  for (const ReplayFile& replay : replay_files(property, aside)) out += fmt::format("- {}: {}\n", label_of(replay.kind), code("flowtank replay " + printable(replay.file)));
}

}  // namespace

std::string markdown_report(const Scenario& scenario, const Result& result, const Aside& aside) {
  std::string out = fmt::format("# {}\n\n", md(printable(scenario.title.empty() ? scenario.file : scenario.title)));
  if (!scenario.claim.empty()) out += "> " + md(printable(scenario.claim)) + "\n\n";
  out += fmt::format("{}: {}\n\n**{}**\n", code(printable(scenario.file)), md(subtitle(scenario, result)), md(expectations_text(result, aside)));
  out += "\n| | verdict | property | strength | note | expected |\n|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < result.properties.size(); ++i) {
    const PropertyOutcome& property = result.properties[i];
    const Verdict& v = property.verdict;
    std::string note = printable(v.note);
    if (!property.assumption.empty()) note += (note.empty() ? "" : "; ") + property.assumption;
    const auto accepted = aside.accepted.find(v.property);
    const std::string met = accepted != aside.accepted.end() ? " (accepted: " + md(printable(accepted->second)) + ")" : result.expectations[i].met ? "" : " (not met)";
    out += fmt::format("| {} | {} | {} | {} | {} | {}{} |\n", sign_of(v.kind, signs(false)), to_text(v.kind), md(printable(v.property)),
                       to_text(v.strength), md(note), to_text(result.expectations[i].wanted), met);
  }
  for (const PropertyOutcome& property : result.properties) {
    if (property.verdict.kind == VerdictKind::fail) story_section(out, scenario, result, property, aside);
  }
  out += "\n## What was covered\n\n";
  if (result.campaign) {
    const CampaignSummary& c = *result.campaign;
    out += fmt::format("- Bounds: {}\n- Sampled: {}, {}, {}{}\n", md(bounds_text(scenario)), md(runs_text(c)), counted(c.actions, "action"),
                       counted(c.ends, "different end"), c.stopped.empty() ? "" : "; stopped: " + md(c.stopped));
  } else if (result.lineage) {
    const LineageSummary& l = *result.lineage;
    out += fmt::format("- Bounds: {}\n- Tried: {}\n- Faults: {}\n", md(bounds_text(scenario)), md(lineage_runs_text(l)), md(lineage_faults_text(l)));
    if (const std::string left_out = lineage_left_out_text(l); !left_out.empty()) out += "- Needed no run: " + md(left_out) + "\n";
  } else if (result.driver == Driver::check && result.limit_words == "one path") {
    out += fmt::format("- Replayed: one recorded path, {}; nothing else was looked at\n", counted(result.counts.transitions, "action"));
  } else if (result.driver == Driver::check) {
    out += fmt::format("- Bounds: {}\n- Explored: {}, {}, depth {}{}\n", md(bounds_text(scenario)), counted(result.counts.states, "state"),
                       counted(result.counts.transitions, "transition"), result.counts.depth,
                       (result.complete ? ", all of them" : "; limit: " + md(result.limit_words)) +
                           (result.reduction.empty() ? "" : "; " + md(result.reduction)));
  } else {
    out += fmt::format("- Run: seed {}, {}, {}, {} virtual, {}\n- Fingerprint: {}\n", result.seed, counted(result.run.actions, "action"),
                       counted(result.run.handled, "message"), format_seconds(result.run.time, 3), to_text(result.run.end),
                       code(fmt::format("{:016x}", result.run.fingerprint)));
  }
  const std::string effects = took_effect(scenario, result);
  if (!effects.empty()) out += "- Faults that took effect: " + md(effects) + "\n";
  for (const NotReached& part : result.not_reached) {
    out += fmt::format("- Not reached: {}{}\n", md(printable(part.what)), part.step.empty() ? "" : ", step " + md(printable(part.step)));
  }
  return out;
}

}  // namespace flowtank::reports
