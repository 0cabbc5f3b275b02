// SPDX-License-Identifier: Apache-2.0
// See campaign_verdicts.hpp: one verdict a property, its witness replayed before anybody sees it.
#include "sim/check/campaign_verdicts.hpp"

#include <fmt/format.h>

#include <sim/campaign/fault_switches.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/world/fault_kinds.hpp>

#include "sim/check/witness.hpp"

namespace flowtank {
namespace {

using campaign::PropertyTally;
using campaign::Stop;
using campaign::Tally;

class Verdicts {
 public:
  Verdicts(const Scenario& scenario, const BrokerRegistry& registry, const campaign::Plan& plan, const Tally& tally,
           const std::vector<std::string>& overrides, Diagnostics& diagnostics)
      : scenario_(scenario), registry_(registry), plan_(plan), tally_(tally), overrides_(overrides), diagnostics_(diagnostics),
        runner_(scenario, registry, plan, tally.runs == 0 ? &no_patience_ : nullptr) {}

  Result conclude(Stop stop, const campaign::Limits& limits) {
    const System& system = *scenario_.system;
    result_.driver = has_time(plan_.strategy) ? Driver::run : Driver::check;
    result_.seed = system.bounds.seed;
    result_.campaign = summarise(plan_, tally_, stop, limits);
    result_.interrupted = stop == Stop::interrupted;
    result_.counts.transitions = tally_.actions;
    result_.counts.depth = tally_.longest + 1;
    complete_ = result_.campaign->stopped.empty();
    for (std::uint32_t f = 0; f < tally_.faults.size(); ++f) {
      const FaultExplored explored = fault_kind(system.faults[f].kind).explored;
      FaultOutcome outcome{f, tally_.faults[f].strikes, tally_.faults[f].runs, tally_.faults[f].runs != 0, true};
      outcome.applies = has_time(plan_.strategy) || (explored != FaultExplored::orders && explored != FaultExplored::never);
      result_.faults.push_back(outcome);
    }
    find_not_reached();
    say_grain(runner_.world(), result_);
    for (std::uint32_t p = 0; p < tally_.properties.size(); ++p) result_.properties.push_back(outcome_of(p));
    demand_faults(system, result_);
    judge(scenario_, result_);
    return std::move(result_);
  }

 private:
  void find_not_reached() {
    const System& system = *scenario_.system;
    std::vector<std::size_t> first;
    std::size_t at = 0;
    for (const Handler& handler : system.handlers) {
      first.push_back(at);
      at += handler.program.code.size();
    }
    result_.not_reached = not_reached(system, [&](std::uint32_t h, std::uint32_t pc) { return tally_.reached[first[h] + pc]; });
  }

  PropertyOutcome outcome_of(std::uint32_t p) {
    const PropertyTally& seen = tally_.properties[p];
    const CampaignSummary& summary = *result_.campaign;
    Checker& checker = runner_.checker();
    if (seen.triggered) checker.set_triggered(p);
    Exploration exploration;
    exploration.complete = true;
    exploration.reached_quiescence = tally_.rested != 0;
    PropertyOutcome outcome;
    if (seen.failing != 0 && has_time(plan_.strategy)) {
      outcome = made_again(p, seen.first);
      outcome.verdict.strength = Strength::tested;
      outcome.verdict.note += (outcome.verdict.note.empty() ? "" : ", ") + violation_text(summary, summary.properties[p]) + again_off_;
      return outcome;
    }
    if (seen.failing != 0) {
      outcome.witness = witness_of(p, exploration);
      exploration.violated = true;
    }
    Verdict& verdict = outcome.verdict = checker.conclude(p, exploration);
    if (has_time(plan_.strategy)) {  // what an exploration cannot say, runs have said
      if (seen.triggered) verdict.kind = VerdictKind::pass;
      else if (verdict.goal) return undecided(verdict, "no run got there"), outcome;
      else if (verdict.kind != VerdictKind::vacuous) verdict.note = "nothing triggered it in any run";
      if (!seen.triggered) verdict.kind = VerdictKind::vacuous;
    }
    if (verdict.goal && verdict.kind != VerdictKind::vacuous) {
      if (verdict.kind == VerdictKind::pass) {
        verdict.strength = Strength::tested;
        if (seen.failing != 0) verdict.note += ", " + violation_text(summary, summary.properties[p]);
      } else {
        undecided(verdict, "no run got there; only a full exploration proves that none does");
      }
      return outcome;
    }
    if (verdict.kind == VerdictKind::fail) {
      verdict.strength = Strength::tested;
      verdict.note += (verdict.note.empty() ? "" : ", ") + violation_text(summary, summary.properties[p]);
      return outcome;
    }
    if (verdict.kind == VerdictKind::vacuous && !complete_) {
      undecided(verdict, fmt::format("{} after {} runs: {}", summary.stopped, tally_.runs, verdict.note));
    } else if (!seen.error.empty()) {
      undecided(verdict, fmt::format("{} (run {})", seen.error, seen.error_run));
    } else if (verdict.kind == VerdictKind::pass && tally_.runs == 0) {
      undecided(verdict, "no run was made");
    } else if (verdict.kind == VerdictKind::pass && !complete_) {
      undecided(verdict, fmt::format("{}: {}", summary.stopped, no_violation_text(summary)));
    } else if (verdict.kind == VerdictKind::pass && checker.needs_quiescence(p) && tally_.cut != 0) {
      undecided(verdict, fmt::format("{} of {} runs had not come to rest after {} actions", tally_.cut, tally_.runs, plan_.most_actions));
    } else if (verdict.kind == VerdictKind::pass) {
      verdict.strength = Strength::tested;
      verdict.note = no_violation_text(summary);
    }
    return outcome;
  }

  // A timed run is its seed and, of a swarm, the faults that are off: made again with a trace, it gives verdict, evidence and
  // witness.
  PropertyOutcome made_again(std::uint32_t p, std::uint64_t run) {
    if (again_run_ != run) make_again(run);
    const VerdictKind wanted = runner_.checker().is_goal(p) ? VerdictKind::pass : VerdictKind::fail;
    if (!again_ || again_->properties[p].verdict.kind != wanted) {
      result_.our_fault = fmt::format("run {} of the campaign does not {} again", run, wanted == VerdictKind::fail ? "fail" : "get there");
      PropertyOutcome lost;
      lost.verdict.property = scenario_.properties[p].name;
      lost.verdict.index = p;
      lost.verdict.kind = VerdictKind::inconclusive;
      return lost;
    }
    return again_->properties[p];
  }

  void make_again(std::uint64_t run) {
    const System& system = *scenario_.system;
    const std::vector<bool> on = campaign::faults_on(plan_, run, system);
    again_run_ = run;
    again_off_.clear();
    RunOptions options;
    options.seed = campaign::seed_of_timed_run(plan_, run);
    options.overrides = overrides_;
    for (std::size_t f = 0; f < on.size(); ++f) {
      if (!on[f]) again_off_ += fmt::format("{}\"{}\"", again_off_.empty() ? ", which had these faults off: " : ", ", system.faults[f].name);
    }
    if (again_off_.empty()) {
      again_ = run_scenario(scenario_, registry_, options, diagnostics_);
      return;
    }
    for (std::string& override : campaign::overrides_of(on)) options.overrides.push_back(std::move(override));
    const Scenario switched = campaign::with_faults(scenario_, on);
    again_ = run_scenario(switched, registry_, options, diagnostics_);
    if (!again_) return;
    // The World of a witness refers to its System, which nobody else keeps.
    struct Kept {
      std::shared_ptr<const System> system;
      std::shared_ptr<const Witness> witness;
    };
    if (!again_->traced) return;
    const auto kept = std::make_shared<const Kept>(Kept{switched.system, again_->traced});
    again_->traced = std::shared_ptr<const Witness>(kept, kept->witness.get());
    for (PropertyOutcome& outcome : again_->properties) {
      if (outcome.witness) outcome.witness = again_->traced;
    }
  }

  static campaign::Patience used_up_patience() {
    campaign::Patience patience;
    patience.out_of_time = [] { return true; };
    patience.ends();
    return patience;
  }

  static void undecided(Verdict& verdict, std::string why) {
    verdict.kind = VerdictKind::inconclusive;
    verdict.strength = Strength::unstated;
    verdict.note = std::move(why);
  }

  // The positions that the run chose, as the actions of a decision log.
  bool log_of(const campaign::Path& path, DecisionLog& log) {
    auto world = make_world(*scenario_.system, registry_, Mode::explore, log.seed, diagnostics_);
    if (!world) return false;
    Checker watching(*scenario_.system, scenario_.properties);
    watching.attach(*world);
    world->reset(log.seed);
    watching.start(*world);
    std::vector<Action> enabled;
    for (const std::uint16_t choice : path) {
      enabled.clear();
      world->enabled(enabled);
      if (choice >= enabled.size()) return false;
      log.actions.push_back(logged_action(*world, enabled[choice]));
      world->apply(enabled[choice]);
      watching.after_action(*world);
    }
    return true;
  }

  std::shared_ptr<const Witness> witness_of(std::uint32_t p, Exploration& exploration) {
    const PropertyTally& seen = tally_.properties[p];
    const std::string& name = scenario_.properties[p].name;
    DecisionLog log = log_header(scenario_, overrides_, Driver::check, scenario_.system->bounds.seed);
    log.property = name;
    if (!log_of(seen.path, log)) {
      result_.our_fault = fmt::format("run {} of the campaign cannot be made again", seen.first);
      return nullptr;
    }
    WitnessReplay replay = replay_witness(scenario_, registry_, std::move(log), diagnostics_);
    if (!replay.witness) return nullptr;
    if (!replay.replayed.complete) {
      result_.our_fault = "a counterexample cannot be replayed: " + replay.replayed.error;
      return replay.witness;
    }
    replay.checker->merge(*replay.witness->world, runner_.checker());
    exploration.evidence = replay.checker->explain(*replay.witness->world, p, seen.at_rest);
    if (exploration.evidence.empty()) {
      result_.our_fault = "the replay of a counterexample does not violate \"" + name + "\"";
      exploration.evidence.push_back({});
    }
    replay.witness->at_end = seen.at_rest;
    replay.witness->any_length = true;
    return replay.witness;
  }

  const Scenario& scenario_;
  const BrokerRegistry& registry_;
  const campaign::Plan& plan_;
  const Tally& tally_;
  const std::vector<std::string>& overrides_;
  Diagnostics& diagnostics_;
  // Without any run there is nothing that an end could be compared with, and finding one may take long.
  campaign::Patience no_patience_ = used_up_patience();
  campaign::Runner runner_;  // for its checker, which knows what the ends of runs are compared with
  std::optional<Result> again_;  // the timed run that was made again last,
  std::uint64_t again_run_ = campaign::no_run;  // its number,
  std::string again_off_;                       // and which of its faults were off, in words
  bool complete_ = true;
  Result result_;
};

}  // namespace

Result campaign_result(const Scenario& scenario, const BrokerRegistry& registry, const campaign::Plan& plan,
                                      const Tally& tally, Stop stop, const campaign::Limits& limits,
                                      const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
  return Verdicts(scenario, registry, plan, tally, overrides, diagnostics).conclude(stop, limits);
}

}  // namespace flowtank
