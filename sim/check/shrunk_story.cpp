// SPDX-License-Identifier: Apache-2.0
// See shrunk_story.hpp. The replay is the one of `flowtank replay`, so that its story is the one that is told here.
#include "sim/check/shrunk_story.hpp"

#include <utility>

#include "sim/check/scenario_check.hpp"

namespace flowtank {

std::shared_ptr<const PropertyOutcome> small_failure(const Shrunk& shrunk, const BrokerRegistry& registry, const std::string& property,
                                                     const ExplanationOptions& options) {
  RunOptions run;
  run.overrides = shrunk.log.overrides;
  run.hooks.cancelled = options.cancelled;
  Diagnostics ignored;
  auto replayed = replay_scenario(*shrunk.scenario, registry, shrunk.log, run, ignored);
  if (!replayed || replayed->interrupted) return nullptr;
  std::erase_if(replayed->properties, [&](const PropertyOutcome& outcome) { return outcome.verdict.property != property; });
  explain_failures(*shrunk.scenario, registry, options, *replayed);
  for (PropertyOutcome& outcome : replayed->properties) {
    if (outcome.verdict.kind == VerdictKind::fail && outcome.witness) return std::make_shared<const PropertyOutcome>(std::move(outcome));
  }
  return nullptr;
}

ShrunkOutcome shrunk_outcome(const Shrunk& shrunk, const BrokerRegistry& registry, const std::string& property, const ExplanationOptions& options) {
  ShrunkOutcome small;
  small.actions_before = shrunk.actions_before;
  small.actions = shrunk.actions;
  small.business = shrunk.business;
  small.note = shrunk.note;
  if (!shrunk.minimal) small.note += small.note.empty() ? "less may do" : "; less may do";
  small.minimal = shrunk.minimal && shrunk.log.driver == Driver::check;
  small.small = shrunk.scenario;
  if (!shrunk.cut_short) small.told = small_failure(shrunk, registry, property, options);
  return small;
}

}  // namespace flowtank
