// SPDX-License-Identifier: Apache-2.0
// Replaying witnesses, and what was not covered.
#include "sim/check/witness.hpp"

#include <fmt/format.h>

#include <sim/run/world_builder.hpp>

namespace flowtank {

DecisionLog log_header(const Scenario& scenario, const std::vector<std::string>& overrides, Driver driver,
                       std::uint64_t seed) {
  DecisionLog log;
  log.scenario = scenario.file;
  log.scenario_hash = fmt::format("{:016x}{:016x}", scenario.content.hi, scenario.content.lo);
  log.overrides = overrides;
  log.driver = driver;
  log.seed = seed;
  return log;
}

std::vector<LoggedAction> log_of_path(World& world, const std::vector<Action>& path) {
  std::vector<LoggedAction> log;
  for (const Action& action : path) {
    log.push_back(logged_action(world, action));
    world.apply(action);
  }
  return log;
}

WitnessReplay replay_witness(const Scenario& scenario, const BrokerRegistry& registry, DecisionLog log,
                             Diagnostics& diagnostics) {
  WitnessReplay out;
  auto world = make_world(*scenario.system, registry, Mode::explore, log.seed, diagnostics);
  if (!world) return out;
  out.witness = std::make_shared<Witness>();
  Witness& witness = *out.witness;
  out.checker = std::make_unique<Checker>(*scenario.system, scenario.properties);
  out.checker->attach(*world);
  world->reset(log.seed);
  world->record_into(&witness.trace);
  out.checker->start(*world);
  out.replayed = replay_strictly(*world, log.actions, [&](World& w, const Action& action, std::size_t position, bool applied) {
    if (!applied) {
      WitnessStep step;
      step.action = log.actions[position];
      step.business = w.business_label(action);
      if (is_fault(action.kind)) step.fault = action.fault;
      step.first_record = static_cast<RecordId>(witness.trace.size());
      witness.steps.push_back(std::move(step));
    } else {
      out.checker->after_action(w);
      witness.steps.back().end_record = static_cast<RecordId>(witness.trace.size());
    }
  });
  witness.log = std::move(log);
  witness.cycle_from = witness.steps.size();
  witness.actions = witness.steps.size();
  witness.world = std::move(world);
  return out;
}

std::vector<NotReached> not_reached(const System& system,
                                    const std::function<bool(std::uint32_t, std::uint32_t)>& reached) {
  std::vector<NotReached> missing;
  for (std::uint32_t h = 0; h < system.handlers.size(); ++h) {
    const Handler& handler = system.handlers[h];
    const std::string name = (handler.service < system.services.size() ? system.services[handler.service].name + "." : "") + handler.name;
    const auto& code = handler.program.code;
    bool any = false;
    bool inside = false;  // of a serializable transaction, which is one action: reached as its begin is
    std::vector<NotReached> steps;
    for (std::uint32_t pc = 0; pc < code.size(); ++pc) {
      if (!is_visible(code[pc].op)) continue;
      if (code[pc].op == Op::begin && handler.program.transactions[code[pc].a].isolation == Isolation::serializable) inside = reached(h, pc);
      if (inside || reached(h, pc)) {
        any = true;
        if (code[pc].op == Op::commit || code[pc].op == Op::rollback) inside = false;
        continue;
      }
      if (code[pc].op == Op::end || code[pc].step >= handler.program.steps.size()) continue;
      const std::string& label = handler.program.steps[code[pc].step].label;
      if (steps.empty() || steps.back().step != label) steps.push_back({h, name, label});
    }
    if (any) {
      missing.insert(missing.end(), steps.begin(), steps.end());
    } else {
      missing.push_back({h, name, ""});
    }
  }
  return missing;
}

void demand_faults(const System& system, Result& result) {
  for (const FaultOutcome& fault : result.faults) {
    if (fault.took_effect || !fault.applies || system.faults[fault.fault].when.budget == 0) continue;
    for (PropertyOutcome& property : result.properties) {
      Verdict& verdict = property.verdict;
      if (verdict.kind != VerdictKind::pass || verdict.goal) continue;  // what was reached was reached
      verdict.kind = VerdictKind::vacuous;
      verdict.strength = Strength::unstated;
      verdict.note = fmt::format("fault \"{}\" never took effect", system.faults[fault.fault].name);
    }
  }
}

void say_grain(const World& world, Result& result) {
  const System& system = world.system();
  std::string atomic, at_once;
  for (const Handler& handler : system.handlers) {
    if (handler.atomic) atomic += (atomic.empty() ? "" : ", ") + system.services[handler.service].name + "." + handler.name;
  }
  for (std::uint32_t c = 0; c < system.channels.size(); ++c) {
    if (world.manners(c).at_once) at_once += (at_once.empty() ? "" : ", ") + system.channels[c].name;
  }
  if (!atomic.empty()) {
    result.unexplored.push_back(atomic + ": what could come between the steps of an atomic handler, and faults of its steps (errors, aborts, old reads) but at "
                                         "the first one after it stopped");
  }
  if (!at_once.empty()) result.unexplored.push_back(at_once + ": a publish that is on its way, since it takes effect at once there");
}

}  // namespace flowtank
