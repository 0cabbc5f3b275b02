// SPDX-License-Identifier: Apache-2.0
// The JSON report and the trace lines. Keys keep the order in which they are written; text that is no UTF-8
// was made printable before.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/files.hpp"
#include "reports/record_text.hpp"

namespace flowtank::reports {
namespace {

using json = nlohmann::ordered_json;

json story_json(const Story& story) {
  json out;
  out["headline"] = story.headline;
  out["faults"] = story.faults;
  json steps = json::array();
  for (const StoryStep& step : story.steps) {
    json one{{"number", step.number}, {"says", step.sentence}};
    if (step.record != no_record) one["record"] = step.record;
    if (step.mark != StoryMark::none) one["mark"] = step.mark == StoryMark::fault ? "fault" : "violation";
    steps.push_back(std::move(one));
  }
  out["steps"] = std::move(steps);
  if (!story.business.empty()) out["business"] = story.business;
  if (story.left_out != 0) out["left_out"] = story.left_out;
  if (story.repeats_from != 0) out["repeats_from"] = story.repeats_from;
  if (!story.origin.empty()) out["origin"] = story.origin;
  if (!story.window.empty()) out["window"] = story.window;
  if (!story.window_name.empty()) out["window_name"] = story.window_name;
  if (!story.critical.empty()) out["critical"] = story.critical;
  if (!story.passes.empty()) out["passes"] = story.passes;
  if (story.cause) {
    out["cause"] = {{"file", printable(story.cause->file)}, {"line", story.cause->where.line}, {"column", story.cause->where.column},
                    {"option", printable(story.cause->option)}, {"value", printable(story.cause->value)}, {"says", story.cause->says}};
  }
  if (!story.try_command.empty()) out["try"] = printable(story.try_command);
  return out;
}

// Positions count from 1, as in the list of actions.
json explanation_json(const Explanation& found) {
  json out{{"decided", found.decided}, {"states", found.states}};
  if (found.decided && !found.always) out["critical_action"] = found.critical + 1;
  if (found.always) out["every_run_fails"] = true;
  if (found.passes) {
    out["passing_run"] = {{"without_action", found.left_out + 1}, {"later", found.later}, {"differs_at", found.differs + 1}};
    if (!found.instead.empty()) out["passing_run"]["instead"] = printable(found.instead);
  }
  return out;
}

json property_json(const Scenario& scenario, const Result& result, const Aside& aside, std::size_t index) {
  const PropertyOutcome& property = result.properties[index];
  const Verdict& verdict = property.verdict;
  json out{{"name", printable(verdict.property)}, {"verdict", to_text(verdict.kind)}};
  if (!to_text(verdict.strength).empty()) out["strength"] = to_text(verdict.strength);
  if (!verdict.note.empty()) out["note"] = printable(verdict.note);
  if (!property.assumption.empty()) out["assumes"] = property.assumption;
  if (index < result.expectations.size()) {
    const ExpectationOutcome& e = result.expectations[index];
    out["expected"] = {{"verdict", to_text(e.wanted)}, {"listed", e.listed}, {"met", e.met}};
    if (!to_text(e.at_least).empty()) out["expected"]["strength"] = to_text(e.at_least);
    if (!e.why.empty()) out["expected"]["why"] = printable(e.why);
    const auto accepted = aside.accepted.find(verdict.property);
    if (accepted != aside.accepted.end()) out["expected"]["accepted"] = printable(accepted->second);
  }
  if (result.campaign) {
    const CampaignSummary::Property& seen = result.campaign->properties[verdict.index];
    out["failing_runs"] = seen.failing;
    if (seen.failing != 0) out["first_failing_run"] = seen.first;
  }
  const PropertyOutcome& told = told_failure(scenario, property).outcome;
  const auto add_actions = [&out, &told] {
    if (!told.witness || told.witness->steps.empty()) return;
    json actions = json::array();
    for (const WitnessStep& step : told.witness->steps) {
      json one{{"action", printable(step.action.text)}};
      if (!step.business.empty()) one["business"] = printable(step.business);
      actions.push_back(std::move(one));
    }
    out["actions"] = std::move(actions);
  };
  if (verdict.kind == VerdictKind::pass && verdict.goal) add_actions();
  if (verdict.kind != VerdictKind::fail) return out;
  const Story story = tell(scenario, result, property);
  json evidence = json::array();
  for (const KeyEvidence& e : story.evidence) {
    json one{{"key", e.key}, {"subject", e.subject}, {"before", e.before}, {"after", e.after}, {"allowed", e.allowed}, {"says", printable(e.sentence)}};
    if (e.record != no_record) one["record"] = e.record;
    evidence.push_back(std::move(one));
  }
  out["evidence"] = std::move(evidence);
  out["story"] = story_json(story);
  add_actions();
  if (told.explanation) out["explanation"] = explanation_json(*told.explanation);
  if (&told != &property || !property.unshrunk.empty()) out["told"] = &told != &property ? "shrunk" : "found";
  if (&told == &property && !property.unshrunk.empty()) out["not_shrunk"] = printable(property.unshrunk);
  if (property.witness && property.witness->actions != 0 && out.contains("told")) out["found"] = {{"actions", property.witness->actions}};
  if (property.shrunk) {
    out["shrunk"] = {{"actions_before", property.shrunk->actions_before}, {"actions", property.shrunk->actions}, {"business", property.shrunk->business}};
    out["shrunk"]["minimal"] = property.shrunk->minimal;
    if (!property.shrunk->note.empty()) out["shrunk"]["note"] = property.shrunk->note;
    if (!property.shrunk->scenario.empty()) out["shrunk"]["scenario"] = printable(property.shrunk->scenario);
    if (!property.shrunk->counterexample.empty()) out["shrunk"]["counterexample"] = printable(property.shrunk->counterexample);
  }
  const auto file = aside.counterexamples.find(verdict.property);
  if (file != aside.counterexamples.end()) out["counterexample"] = printable(file->second);
  return out;
}

json campaign_json(const CampaignSummary& c) {
  json out{{"strategy", to_text(c.strategy)}, {"seed", c.seed}, {"runs", c.runs}, {"wanted", c.wanted}, {"independent", c.independent},
           {"actions", c.actions}, {"longest", c.longest}, {"rested", c.rested}, {"cut", c.cut}, {"most_actions", c.most_actions}, {"ends", c.ends}};
  for (const auto& [strategy, runs] : c.parts) out["parts"][std::string(to_text(strategy))] = runs;
  if (c.independent != 0) out["p_at_most_95"] = c.bound;
  if (c.saturation) out["saturation"] = {{"new_end", c.saturation->new_share}, {"ends_at_least", c.saturation->estimate}};
  if (c.pct) out["pct"] = {{"depth", c.pct->depth}, {"chains", c.pct->chains}, {"actions", c.pct->steps}, {"p_at_least", c.pct->chance}};
  if (!c.stopped.empty()) out["stopped"] = c.stopped;
  if (c.left != 0) out["left"] = c.left;
  return out;
}

json lineage_json(const LineageSummary& l) {
  json out{{"strategy", "lineage"}, {"runs", l.runs}, {"orders", l.orders}, {"actions", l.actions}, {"longest", l.longest}, {"up_to_faults", l.up_to},
           {"budget", l.budget}, {"places", l.places}, {"without_effect", l.without_effect}, {"known", l.known}, {"unending", l.unending}};
  if (!l.stopped.empty()) out["stopped"] = l.stopped;
  return out;
}

json driver_json(const Result& result) {
  if (result.campaign) return campaign_json(*result.campaign);
  if (result.lineage) return lineage_json(*result.lineage);
  if (result.driver == Driver::run) {
    return {{"seed", result.seed},
            {"actions", result.run.actions},
            {"messages_handled", result.run.handled},
            {"virtual_ns", result.run.time.nanoseconds()},
            {"end", to_text(result.run.end)},
            {"fingerprint", fmt::format("{:016x}", result.run.fingerprint)}};
  }
  json out{{"states", result.counts.states}, {"transitions", result.counts.transitions}, {"depth", result.counts.depth},
           {"terminal", result.counts.terminal}, {"complete", result.complete}, {"bytes", result.bytes}};
  if (!result.complete) out["limit"] = result.limit_words;
  if (!result.reduction.empty()) out["reduction"] = printable(result.reduction);
  const bool proves = std::any_of(result.properties.begin(), result.properties.end(), [](const PropertyOutcome& property) {
    return property.verdict.kind == VerdictKind::pass && property.verdict.strength == Strength::proved;
  });
  if (proves && !result.unexplored.empty()) out["unexplored"] = result.unexplored;
  return out;
}

}  // namespace

std::string json_report(const Scenario& scenario, const Result& result, const Aside& aside) {
  json out;
  out["flowtank_report"] = json_report_version;
  out["scenario"] = printable(scenario.file);
  out["scenario_hash"] = fmt::format("{:016x}{:016x}", scenario.content.hi, scenario.content.lo);
  out["title"] = printable(scenario.title);
  out["claim"] = printable(scenario.claim);
  out["driver"] = to_text(result.driver);
  out["exit"] = static_cast<int>(result.exit);
  out["expectations_met"] = met(result);
  out["interrupted"] = result.interrupted;
  if (!result.our_fault.empty()) out["our_fault"] = printable(result.our_fault);
  if (!result.campaign) out["wall_seconds"] = aside.seconds;
  out[result.campaign ? "campaign" : std::string(to_text(result.driver))] = driver_json(result);
  json properties = json::array();
  for (std::size_t i = 0; i < result.properties.size(); ++i) properties.push_back(property_json(scenario, result, aside, i));
  out["properties"] = std::move(properties);
  json faults = json::array();
  for (const FaultOutcome& outcome : result.faults) {
    const Fault& fault = scenario.system->faults[outcome.fault];
    json one{{"name", printable(fault.name)}, {"kind", fault_noun(fault.kind)}, {"took_effect", outcome.took_effect}};
    if (result.driver == Driver::run || result.campaign) one["strikes"] = outcome.strikes;
    if (result.campaign) one["runs"] = outcome.states;
    else if (result.driver == Driver::check) one["states"] = outcome.states;
    faults.push_back(std::move(one));
  }
  out["faults"] = std::move(faults);
  json missing = json::array();
  for (const NotReached& part : result.not_reached) {
    json one{{"handler", printable(part.what)}};
    if (!part.step.empty()) one["step"] = printable(part.step);
    missing.push_back(std::move(one));
  }
  out["not_reached"] = std::move(missing);
  return out.dump(2) + "\n";
}

}  // namespace flowtank::reports
