// SPDX-License-Identifier: Apache-2.0
// Findings on the scenario around the topology: variants whose authors call them weak, runs that end too early or
// never, faults that do not say when.
#include <algorithm>

#include <fmt/format.h>
#include <sim/world/fault_kinds.hpp>

#include "sim/topology/study.hpp"

namespace flowtank::topology {

namespace {

void known_weaknesses(Study& study) {
  for (const KnownWeakness& weakness : study.scenario.weaknesses) {
    std::string hint = weakness.says;
    if (!weakness.better.empty()) hint += fmt::format(" Try \"{}\": \"{}\"", weakness.option, weakness.better);
    const std::string& service = study.service_name(weakness.service);
    study.warn(weakness.duplicates ? codes::risk_no_inbox : codes::risk_weakness, service + "." + weakness.option, {weakness.file, weakness.where, weakness.pointer},
               weakness.duplicates ? service + " repeats its effects when a message is delivered twice"
                                   : fmt::format("{} with \"{}\": \"{}\" has a known weakness", service, weakness.option, weakness.value),
               std::move(hint));
  }
}

void short_horizon(Study& study) {
  const System& system = study.system;
  if (system.bounds.horizon == Time::never()) return;
  Duration longest;
  std::string who;
  const auto consider = [&](Duration duration, const std::string& name) {
    if (duration > longest) {
      longest = duration;
      who = name;
    }
  };
  for (const Handler& handler : system.handlers) {
    Duration total;
    Duration backoff = handler.retry.backoff;
    constexpr std::uint32_t most = 10'000;  // more attempts than that are for ever
    for (std::uint32_t i = 1; i < std::min(handler.retry.max_attempts, most); ++i) {
      total += std::min(backoff, handler.retry.cap);
      if (backoff < s(1'000'000)) backoff = Duration(backoff.nanoseconds() / 100 * handler.retry.factor_percent);
    }
    consider(total, system.services[handler.service].name + " retries for up to");
  }
  for (const Client& client : system.clients) {
    const auto last = static_cast<std::int64_t>(std::min<std::uint64_t>(client.count, 1U << 30));
    consider(client.start + client.interval * last, "client " + client.name + " sends for about");
  }
  for (const Fault& fault : system.faults) consider(fault.when.from.since_start() + fault.restart_after, "fault " + fault.name + " needs up to");
  const Duration horizon = system.bounds.horizon.since_start();
  if (longest < horizon) return;
  study.warn(codes::run_horizon, "run", study.scenario.horizon_spot, "the horizon is shorter than what should happen before it",
                        fmt::format("{} {}, the run ends at {}: verdicts at quiescence may be INCONCLUSIVE.", who, to_string(longest), to_string(horizon)));
}

void endless_pollers(Study& study) {
  const System& system = study.system;
  for (std::uint32_t i = 0; i < system.handlers.size(); ++i) {
    const Handler& handler = system.handlers[i];
    const bool timer = handler.trigger == Trigger::timer;
    if (handler.trigger != Trigger::poll && !timer) continue;
    const Program& program = handler.program;
    const bool sets_itself = std::any_of(program.timers.begin(), program.timers.end(), [&](const TimerSpec& spec) { return timer && spec.timer == handler.timer; });
    const bool always = handler.trigger == Trigger::poll && handler.guard != none && system.expressions[handler.guard].accesses().empty() &&
                        !system.expressions[handler.guard].tables_escape();
    if (!sets_itself && !always) continue;
    const Step& at = program.steps.back();
    study.warn(codes::run_endless_loop, study.subject_of(i), {at.file, at.where, at.pointer},
                          fmt::format("\"{}\" of {} never runs out of work", handler.name, system.services[handler.service].name),
                          always ? "Its \"while\" depends on no table, so the system never comes to rest." : "It sets its own timer again each time.");
  }
}

void faults_without_trigger(Study& study) {
  for (const Fault& fault : study.system.faults) {
    if (fault_kind(fault.kind).timing == FaultTiming::itself || fault.kind == FaultKind::unroutable || fault.kind == FaultKind::clock) continue;
    const bool timed = fault.when.nth != 0 || fault.when.every != 0 || fault.when.after.message != none || fault.when.chance != 0 || fault.when.from > Time::start() || fault.when.until < Time::never();
    if (timed || fault.when.budget == 0) continue;
    study.warn(codes::run_trigger, fault.name, {fault.file, fault.where, fault.pointer}, "fault \"" + fault.name + "\" does not say when it strikes",
                          "An exploration tries every place; a timed run takes the first. Add \"nth\", \"probability\" or \"from_s\".");
  }
}

}  // namespace

void lint_scenario(Study& study) {
  known_weaknesses(study);
  short_horizon(study);
  endless_pollers(study);
  faults_without_trigger(study);
  if (origins(study.topology).empty() && std::none_of(study.system.handlers.begin(), study.system.handlers.end(), [](const Handler& h) { return h.trigger == Trigger::poll; })) {
    study.warn(codes::run_empty, "scenario", {study.scenario.file, {1, 1, 1}, ""}, "nothing happens here: there is no client and no poller");
  }
}

}  // namespace flowtank::topology
