// SPDX-License-Identifier: Apache-2.0
// The timed driver with properties watching, and replay.
#include <algorithm>

#include <fmt/format.h>

#include <sim/campaign/step_coverage.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/shrink/shrink.hpp>

#include "sim/check/scenario_check.hpp"
#include "sim/check/witness.hpp"

namespace flowtank {
namespace {

struct OneRun {
  TimedRunResult run;
  std::vector<Verdict> verdicts;
};

OneRun run_once(World& world, Checker& checker, const TimedRunLimits& limits, const TimedRunHooks& hooks) {
  OneRun once;
  checker.start(world);
  once.run = timed_run(world, limits, [&checker](World& w) {
    checker.after_action(w);
    return true;
  }, hooks);
  const bool to_horizon = once.run.end == RunEnd::horizon && limits.horizon != Time::never();
  const Time end = to_horizon ? limits.horizon : once.run.time;
  once.verdicts = checker.at_end(world, once.run.end == RunEnd::quiet, end);
  return once;
}

bool any_failed(const std::vector<Verdict>& verdicts) {
  for (const Verdict& verdict : verdicts) {
    if (verdict.kind == VerdictKind::fail) return true;
  }
  return false;
}

// What none of the steps was taken of, given two predicates: of handlers, and of steps of them.
template <typename Begun, typename Taken>
std::vector<NotReached> not_covered(const System& system, const Begun& begun, const Taken& taken) {
  return not_reached(system, [&](std::uint32_t handler, std::uint32_t pc) {
    // A step that leaves no record of its own counts as taken with its handler.
    const Instruction& at = system.handlers[handler].program.code[pc];
    return campaign::leaves_records(at.op) ? taken(handler, at.step) : begun(handler);
  });
}

// Handlers and steps that a trace shows.
std::vector<NotReached> not_in_trace(const System& system, const Trace& trace) {
  std::vector<std::vector<bool>> seen;
  std::vector<bool> begun(system.handlers.size(), false);
  for (const Handler& handler : system.handlers) seen.emplace_back(handler.program.steps.size(), false);
  for (const Record& record : trace) {
    if (record.handler >= seen.size()) continue;
    begun[record.handler] = true;
    if (record.step < seen[record.handler].size()) seen[record.handler][record.step] = true;
  }
  return not_covered(
      system, [&](std::uint32_t handler) { return begun[handler]; },
      [&](std::uint32_t handler, std::uint32_t step) { return step < seen[handler].size() && seen[handler][step]; });
}

}  // namespace

std::optional<Result> run_scenario(const Scenario& scenario, const BrokerRegistry& registry, const RunOptions& options,
                                   Diagnostics& diagnostics) {
  check_broker_faults(scenario, registry, diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  const System& system = *scenario.system;
  Result result;
  result.driver = Driver::run;
  result.seed = options.seed.value_or(system.bounds.seed);
  auto world = make_world(system, registry, Mode::timed, result.seed, diagnostics);
  if (!world) return std::nullopt;
  Checker checker(system, scenario.properties);
  checker.attach(*world);
  const TimedRunLimits limits{options.horizon.value_or(system.bounds.horizon), system.bounds.max_actions};

  auto witness = std::make_shared<Witness>();
  if (options.keep_trace) world->record_into(&witness->trace);
  else if (options.trace != nullptr) options.trace->begin(scenario, *world, result.seed);
  world->reset(result.seed);
  OneRun first = run_once(*world, checker, limits, options.hooks);
  result.run = first.run;
  result.interrupted = first.run.end == RunEnd::cancelled;
  if (!options.keep_trace && options.trace != nullptr) {
    options.trace->end(*world, first.verdicts, {first.run.fingerprint, first.run.actions, static_cast<std::uint8_t>(first.run.end)});
    if (options.trace->covers()) {
      result.not_reached = not_covered(
          system, [&](std::uint32_t handler) { return options.trace->begun(handler); },
          [&](std::uint32_t handler, std::uint32_t step) { return options.trace->taken(handler, step); });
    }
  }
  for (std::uint32_t f = 0; f < system.faults.size(); ++f) {
    const std::uint64_t strikes = world->faults().strikes()[f];
    result.faults.push_back({f, strikes, 0, strikes != 0, true});
  }
  bool traced = options.keep_trace;
  if (!traced && any_failed(first.verdicts) && !result.interrupted && first.run.actions <= options.trace_actions) {
    world->record_into(&witness->trace);
    world->faults().clear_strikes();
    world->reset(result.seed);
    TimedRunHooks again = options.hooks;
    again.progress = nullptr;
    OneRun second = run_once(*world, checker, limits, again);
    if (second.run.end == RunEnd::cancelled) {
      result.interrupted = true;
    } else {
      if (second.run.fingerprint != first.run.fingerprint || second.run.actions != first.run.actions) {
        result.our_fault = fmt::format("two runs of seed {} differ: {:016x} and {:016x}", result.seed, first.run.fingerprint,
                                       second.run.fingerprint);
      }
      first.verdicts = std::move(second.verdicts);
      traced = true;
    }
  }
  if (traced) {
    result.not_reached = not_in_trace(system, witness->trace);
    witness->log = log_header(scenario, options.overrides, Driver::run, result.seed);
    witness->log.horizon = options.horizon;
    witness->log.fingerprint = fmt::format("{:016x}", result.run.fingerprint);
    witness->actions = result.run.actions;
    witness->world = std::move(world);
    result.traced = witness;
  }
  for (Verdict& verdict : first.verdicts) {
    PropertyOutcome outcome;
    outcome.verdict = std::move(verdict);
    if (outcome.verdict.kind == VerdictKind::fail) outcome.witness = result.traced;
    if (outcome.verdict.kind == VerdictKind::inconclusive && first.run.end != RunEnd::quiet) {
      outcome.verdict.note = to_text(first.run.end);
    }
    // Without an end nothing is known of what would have come.
    if (result.interrupted && outcome.verdict.kind != VerdictKind::fail) {
      outcome.verdict.kind = VerdictKind::inconclusive;
      outcome.verdict.strength = Strength::unstated;
      outcome.verdict.note = "interrupted";
    }
    result.properties.push_back(std::move(outcome));
  }
  demand_faults(system, result);
  judge(scenario, result);
  return result;
}

namespace {

void not_enabled(const DecisionLog& log, const Replayed& replayed, Diagnostics& diagnostics) {
  Diagnostic d;
  d.code = "FT-LOG-006";
  d.message = replayed.error;
  d.hint = replayed.enabled.empty() ? "Nothing is enabled there." : "Enabled there:";
  for (const std::string& action : replayed.enabled) d.hint += "\n  " + action;
  d.hint += "\nThe log fits another version of " + log.scenario + ".";
  diagnostics.add(std::move(d));
}

}  // namespace

std::optional<Result> replay_scenario(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log,
                                      const RunOptions& options, Diagnostics& diagnostics) {
  if (log.driver == Driver::run) {
    RunOptions again = options;
    again.seed = log.seed;
    if (!again.horizon) again.horizon = log.horizon;
    auto result = run_scenario(scenario, registry, again, diagnostics);
    const std::string hash = log_header(scenario, {}, Driver::run, 0).scenario_hash;
    if (result && hash == log.scenario_hash && !log.fingerprint.empty() && !result->interrupted && !options.horizon &&
        log.fingerprint != fmt::format("{:016x}", result->run.fingerprint)) {
      result->our_fault = fmt::format("the run has another fingerprint than when it was logged: {:016x}, not {}",
                                      result->run.fingerprint, log.fingerprint);
      judge(scenario, *result);
    }
    return result;
  }
  WitnessReplay replay = replay_witness(scenario, registry, log, diagnostics);
  if (!replay.witness) return std::nullopt;
  if (!replay.replayed.complete) {
    not_enabled(log, replay.replayed, diagnostics);
    return std::nullopt;
  }
  replay.witness->any_length = true;  // a log says nothing about other runs
  Result result;
  result.driver = Driver::check;
  result.seed = log.seed;
  result.counts.depth = log.actions.size() + 1;
  result.counts.transitions = log.actions.size();
  result.limit_words = "one path";
  World& world = *replay.witness->world;
  const bool quiescent = world.quiescent();
  const bool known = std::any_of(scenario.properties.begin(), scenario.properties.end(),
                                 [&log](const PropertySpec& spec) { return spec.name == log.property; });
  if (known) result.replayed = log.property;
  for (std::uint32_t f = 0; f < scenario.system->faults.size(); ++f) {
    const std::uint64_t strikes = world.faults().strikes()[f];
    result.faults.push_back({f, strikes, strikes, strikes != 0, strikes != 0});
  }
  for (std::uint32_t p = 0; p < replay.checker->size(); ++p) {
    if (known && scenario.properties[p].name != log.property) continue;
    PropertyOutcome outcome;
    Verdict& verdict = outcome.verdict;
    verdict.property = scenario.properties[p].name;
    verdict.index = p;
    // A promise is logged as broken where nothing more happens, or by what is repeated for ever: then the log goes round.
    const bool round = known && !quiescent && replay.checker->is_promise(p) && violates(scenario, registry, log, log.property);
    const Ending ending = quiescent ? Ending::quiescent : round ? Ending::loop : Ending::open;
    verdict.evidence = replay.checker->explain(world, p, ending);
    verdict.strength = Strength::observed;
    verdict.goal = replay.checker->is_goal(p);
    const bool reached = verdict.goal && !verdict.evidence.empty();
    verdict.kind = reached ? VerdictKind::pass : verdict.goal ? VerdictKind::inconclusive : verdict.evidence.empty() ? VerdictKind::pass : VerdictKind::fail;
    if (verdict.evidence.empty()) verdict.note = "at the end of the log";
    if (verdict.kind == VerdictKind::fail) outcome.witness = replay.witness;
    result.properties.push_back(std::move(outcome));
  }
  result.traced = replay.witness;
  judge_replay(scenario, result);
  return result;
}

}  // namespace flowtank
