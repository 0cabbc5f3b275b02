// SPDX-License-Identifier: Apache-2.0
// See summary.hpp: numbers and the sentences that all reports share.
#include "sim/campaign/summary.hpp"

#include <fmt/format.h>

#include <sim/base/bytes_text.hpp>
#include <sim/base/thousands.hpp>

#include "sim/campaign/campaign.hpp"

namespace flowtank {
namespace {

using campaign::Stop;

std::string runs_word(std::uint64_t number) { return thousands(number) + (number == 1 ? " run" : " runs"); }

}  // namespace

CampaignSummary campaign::summarise(const Plan& plan, const Tally& tally, Stop stop, const Limits& limits) {
  CampaignSummary out;
  out.strategy = plan.strategy;
  out.seed = plan.seed;
  out.runs = tally.runs;
  out.wanted = plan.runs;
  const auto runs_of = [&tally](Strategy s) { return tally.by_strategy[static_cast<std::size_t>(s)]; };
  const bool independent = info(plan.strategy).independent;
  if (independent) out.independent = tally.runs;
  if (plan.strategy == Strategy::portfolio) {
    out.independent = runs_of(Strategy::random);
    for (const Strategy s : {Strategy::random, Strategy::pct, Strategy::pos, Strategy::guided}) out.parts.emplace_back(s, runs_of(s));
  }
  out.rested = tally.rested;
  out.cut = tally.cut;
  out.most_actions = plan.most_actions;
  out.actions = tally.actions;
  out.longest = tally.longest;
  out.ends = tally.ends.size();
  if (independent && !has_time(plan.strategy)) out.saturation = campaign::saturation(tally.runs, out.ends, tally.ends.seen(1), tally.ends.seen(2));
  out.bound = campaign::upper_bound_95(out.independent);
  if (runs_of(Strategy::pct) != 0) {
    out.pct = {plan.bug_depth, plan.chains, plan.steps, campaign::pct_bound(plan.chains, plan.steps, plan.bug_depth)};
  }
  for (const campaign::PropertyTally& property : tally.properties) out.properties.push_back({property.failing, property.failing != 0 ? property.first : 0});
  switch (stop) {
    case Stop::finished: break;
    case Stop::interrupted: out.stopped = "interrupted"; break;
    case Stop::time:  // without a number of runs, so many as fit were asked for
      out.stopped = plan.runs == 0 && tally.runs != 0 ? "" : "out of time";
      break;
    case Stop::memory: out.stopped = bytes_text(limits.memory) + " of memory"; break;
    case Stop::file: out.stopped = "the campaign file cannot be written"; break;
    case Stop::branching: out.stopped = "a state with more than 65,535 enabled actions"; break;
  }
  return out;
}

std::string runs_text(const CampaignSummary& summary) {
  std::string text = runs_word(summary.runs);
  if (info(summary.strategy).independent) text = fmt::format("{} independent {} {}", thousands(summary.runs), to_text(summary.strategy), summary.runs == 1 ? "run" : "runs");
  if (!summary.parts.empty()) {
    std::string parts;
    for (const auto& [strategy, runs] : summary.parts) parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", thousands(runs), to_text(strategy));
    text += " (" + parts + ")";
  }
  if (summary.left != 0) text += fmt::format(" ({} left unfinished, not counted)", thousands(summary.left));
  return text;
}

std::string no_violation_text(const CampaignSummary& summary) {
  if (summary.independent == 0 && !summary.parts.empty()) return fmt::format("no violation in {}, none of them random and independent: no bound", runs_word(summary.runs));
  if (summary.independent == 0) return fmt::format("no violation in {}, which depend on each other: no bound", runs_word(summary.runs));
  const std::string bound = fmt::format("p <= {} at 95 %", campaign::probability_text(summary.bound));
  if (summary.parts.empty()) {
    return fmt::format("no violation in {} independent {}: {}", thousands(summary.runs), summary.runs == 1 ? "run" : "runs", bound);
  }
  return fmt::format("no violation in {}; {} of them random and independent: {}", runs_word(summary.runs), thousands(summary.independent), bound);
}

std::string violation_text(const CampaignSummary& summary, const CampaignSummary::Property& property) {
  return fmt::format("in {} of {}, first in run {}", thousands(property.failing), runs_word(summary.runs), thousands(property.first));
}

}  // namespace flowtank
