// SPDX-License-Identifier: Apache-2.0
// See timed.hpp. To know each action before it is applied, its offers are kept here and handed to the World one at
// a time; what it offers meanwhile is put behind what waits, as it would have been.
#include "sim/shrink/timed.hpp"

#include <algorithm>

#include <sim/run/timed_run.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/trace/trace.hpp>
#include <sim/world/fault_kinds.hpp>

#include "sim/shrink/shapes.hpp"

namespace flowtank::shrinking {
namespace {

bool of_frame(ActionKind kind) {
  return kind == ActionKind::step || kind == ActionKind::request_effect || kind == ActionKind::answer || kind == ActionKind::fault_redeliver;
}

std::string message_id(const World& world, Word message) {
  if (message == absent_word) return "";
  const Value value = world.pool().value(message);
  const bool is_message = (value.is(Kind::record) || value.is(Kind::list)) && value.items().size() >= message_fields;
  return is_message ? to_text(value.items()[field_id]) : "";
}

// The faults that struck since record `from`.
void add_markers(const World& world, const Trace& trace, std::size_t from, std::vector<LogStep>& steps) {
  for (std::size_t id = from; id < trace.size(); ++id) {
    const Record record = trace[static_cast<RecordId>(id)];
    if (record.kind != RecordKind::fault || record.place >= world.system().faults.size()) continue;
    const Fault& fault = world.system().faults[record.place];
    const FaultExplored explored = fault_kind(fault.kind).explored;
    if (explored == FaultExplored::orders || explored == FaultExplored::never) continue;
    LogStep marker;
    marker.marker = true;
    marker.shape = fault.name;
    if (const std::string message = message_id(world, record.subject); !message.empty()) marker.names.push_back("#" + message);
    steps.push_back(std::move(marker));
  }
}

// Moves what the World offers to `agenda`, in the order in which it would come.
void take_offers(World& world, Agenda& agenda) {
  Agenda::Entry entry;
  Time at = world.now();
  while (world.agenda().next(at, entry)) agenda.offer(world.now(), at, entry.action, entry.epoch);
  world.agenda().clear();
}

// Applies the next action of `agenda`, to which all offers of the World were moved; `step` is what it was. False at
// the end.
bool advance_knowingly(World& world, Agenda& agenda, Time horizon, LogStep& step) {
  Agenda::Entry entry;
  for (Time at = world.now(); agenda.next(at, horizon, entry); at = world.now()) {
    if (of_frame(entry.action.kind) && world.runs().epoch(entry.action.a) != entry.epoch) continue;
    step = LogStep{};
    step.kind = entry.action.kind;
    step.logged.text = world.describe(entry.action);
    form_of(world, entry.action, step.logged.text, step.shape, step.names);
    world.agenda().offer(world.now(), at, entry.action, entry.epoch);
    const bool applied = world.advance(horizon);
    take_offers(world, agenda);
    if (applied) return true;
  }
  return false;
}

}  // namespace

std::optional<TimedOutcome> run_timed(const Scenario& scenario, const BrokerRegistry& registry, const TimedRun& run,
                                      const std::string& property, const std::function<bool()>& stop) {
  Diagnostics ignored;
  auto world = make_world(*scenario.system, registry, Mode::timed, run.seed, ignored);
  if (!world) return std::nullopt;
  Checker checker(*scenario.system, scenario.properties);
  checker.attach(*world);
  world->reset(run.seed);
  checker.start(*world);
  const TimedRunLimits limits{run.horizon.value_or(scenario.system->bounds.horizon), scenario.system->bounds.max_actions};
  const TimedRunResult ran = timed_run(*world, limits, [&](World& w) {
    checker.after_action(w);
    constexpr std::uint64_t between_looks = 4'096;
    return !stop || w.actions() % between_looks != 0 || !stop();
  });
  if (ran.end == RunEnd::stopped) return std::nullopt;
  const bool to_horizon = ran.end == RunEnd::horizon && limits.horizon != Time::never();
  TimedOutcome outcome;
  outcome.actions = ran.actions;
  outcome.fingerprint = ran.fingerprint;
  for (const std::uint64_t strikes : world->faults().strikes()) outcome.strikes += strikes;
  bool known = false;
  for (const Verdict& verdict : checker.at_end(*world, ran.end == RunEnd::quiet, to_horizon ? limits.horizon : ran.time)) {
    if (verdict.property != property) continue;
    known = true;
    outcome.fails = verdict.kind == VerdictKind::fail;
  }
  return known ? std::optional(outcome) : std::nullopt;
}

std::optional<TimedSteps> timed_steps(const Scenario& scenario, const BrokerRegistry& registry, const TimedRun& run, std::uint64_t most) {
  Diagnostics ignored;
  auto world = make_world(*scenario.system, registry, Mode::timed, run.seed, ignored);
  if (!world) return std::nullopt;
  Trace trace;
  world->record_into(&trace);
  world->reset(run.seed);
  const Time horizon = run.horizon.value_or(scenario.system->bounds.horizon);
  TimedSteps out;
  LogStep step;
  std::size_t told = 0;
  Agenda agenda;
  take_offers(*world, agenda);
  for (std::uint64_t count = 0; advance_knowingly(*world, agenda, horizon, step); ++count) {
    if (count == most) return std::nullopt;
    add_markers(*world, trace, told, out.steps);
    told = trace.size();
    out.steps.push_back(step);
  }
  for (std::uint32_t f = 0; f < scenario.system->faults.size(); ++f) out.strikes.push_back(world->faults().strikes()[f]);
  return out;
}

}  // namespace flowtank::shrinking
