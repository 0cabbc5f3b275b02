// SPDX-License-Identifier: Apache-2.0
// What stands around the steps of a story: which run is told and how large the one was that was found, the option that causes the
// failure, and the command that tries the better one. Cause and command are of the scenario as the user has it, also where a shrunk run is told.
#include <fmt/format.h>

#include "reports/story_steps.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

std::string option_path(const KnownWeakness& weakness, const System& system) {
  const std::string service = weakness.service < system.services.size() ? system.services[weakness.service].name : "";
  return fmt::format("services.{}.with.{}", service, weakness.option);
}

// The options that make a run the one that failed.
std::string timed_options(const Scenario& scenario, const Witness& witness) {
  const DecisionLog& log = witness.log;
  if (log.driver != Driver::run) return "";
  std::string out;
  if (log.seed != scenario.system->bounds.seed) out = fmt::format("--seed {}", log.seed);
  if (log.horizon) out += fmt::format("{}--horizon {}ns", out.empty() ? "" : " ", log.horizon->nanoseconds());
  return out;
}

std::string key_of(const PropertyOutcome& outcome) { return outcome.verdict.evidence.empty() ? "" : printable(outcome.verdict.evidence.front().key); }

// A timed run of which nothing could be left out may take more actions in the driver that it is told with.
std::string size_text(const ShrunkOutcome& small) {
  if (small.actions == small.actions_before) return "none could be left out";
  if (small.actions < small.actions_before) return "shrunk to " + thousands(small.actions);
  return "told as the " + thousands(small.actions) + " of an exploration";
}

// "Found for o-17 in a run of 212 actions; shrunk to 11, of which people count 6." The key only where it is another one now.
std::string shrunk_text(const PropertyOutcome& outcome) {
  const ShrunkOutcome& small = *outcome.shrunk;
  const std::string key = key_of(outcome);
  std::string text = "Found " + (key.empty() || key == key_of(*small.told) ? std::string() : "for " + key + " ") + "in a run of " + counted(small.actions_before, "action");
  text += "; " + size_text(small);
  if (!small.business.empty()) text += fmt::format(", of which people count {}", thousands(small.business.size()));
  return text + (small.note.empty() ? "" : " (" + printable(small.note) + ")") + ".";
}

// "Told as it was found, a run of 212 actions; not shrunk: --no-shrink was given."
std::string found_text(const PropertyOutcome& outcome) {
  if (outcome.unshrunk.empty()) return "";
  std::string text = "Told as it was found";
  if (outcome.witness && outcome.witness->actions != 0) text += ", a run of " + counted(outcome.witness->actions, "action");
  return text + (outcome.shrunk ? "; " : "; not shrunk: ") + printable(outcome.unshrunk) + ".";
}

void add_repair(const Scenario& scenario, const Result& result, const PropertyOutcome& outcome, Story& story) {
  if (!outcome.witness || !outcome.repair) return;
  const KnownWeakness& weakness = outcome.repair->weakness;
  StoryCause cause;
  cause.file = weakness.file;
  cause.where = weakness.where;
  cause.option = option_path(weakness, *scenario.system);
  cause.value = weakness.value;
  cause.says = printable(weakness.says);
  cause.better = weakness.better;
  story.cause = std::move(cause);
  std::vector<std::string> overrides = outcome.witness->log.overrides;
  overrides.insert(overrides.end(), outcome.repair->overrides.begin(), outcome.repair->overrides.end());
  story.try_command = command_line(scenario, to_text(result.driver), overrides, timed_options(scenario, *outcome.witness));
}

}  // namespace

std::string command_line(const Scenario& scenario, std::string_view command, const std::vector<std::string>& overrides,
                         std::string_view extra) {
  std::string out = fmt::format("flowtank {} {}", command, shell_word(scenario.file));
  for (const std::string& assignment : overrides) out += " --set " + shell_word(assignment);
  if (!extra.empty()) out += " " + std::string(extra);
  return out;
}

std::string_view kind_of_counterexample(const Story& story) {
  return story.shortest ? "A shortest counterexample" : story.minimal ? "A minimal counterexample" : "A counterexample";
}

Story tell(const Scenario& scenario, const Result& result, const PropertyOutcome& outcome) {
  const ToldFailure told = told_failure(scenario, outcome);
  Story story = told.shrunk ? steps_of(told, false) : tell_found(scenario, result, outcome);
  if (!told.shrunk) return story;
  story.minimal = outcome.shrunk->minimal;
  story.origin = shrunk_text(outcome);
  add_repair(scenario, result, outcome, story);
  return story;
}

Story tell_found(const Scenario& scenario, const Result& result, const PropertyOutcome& outcome) {
  Story story = steps_of({scenario, outcome, false}, result.driver == Driver::check);
  story.origin = found_text(outcome);
  add_repair(scenario, result, outcome, story);
  return story;
}

}  // namespace flowtank::reports
