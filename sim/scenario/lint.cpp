// SPDX-License-Identifier: Apache-2.0
// lint: what is legal but probably not meant, or a known risk. All of it follows from the System alone.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <sim/world/fault_kinds.hpp>

#include "sim/scenario/codes.hpp"
#include "sim/scenario/scenario.hpp"

namespace flowtank {

namespace {

Diagnostic warning(std::string_view code, const Spot& spot, std::string message, std::string hint) {
  return {Severity::warning, std::string(code), spot.file, spot.where, spot.pointer, std::move(message), std::move(hint)};
}

void known_weaknesses(const Scenario& scenario, std::vector<Diagnostic>& out) {
  for (const KnownWeakness& weakness : scenario.weaknesses) {
    std::string hint = weakness.says;
    if (!weakness.better.empty()) hint += fmt::format(" Try \"{}\": \"{}\"", weakness.option, weakness.better);
    const std::string& service = scenario.system->services[weakness.service].name;
    out.push_back(warning(weakness.duplicates ? codes::risk_no_inbox : codes::risk_weakness,
                          {weakness.file, weakness.where, weakness.pointer},
                          weakness.duplicates ? service + " repeats its effects when a message is delivered twice"
                                              : fmt::format("{} with \"{}\": \"{}\" has a known weakness", service, weakness.option, weakness.value),
                          std::move(hint)));
  }
}

void unused_channels(const Scenario& scenario, std::vector<Diagnostic>& out) {
  const System& system = *scenario.system;
  std::set<std::uint32_t> published;
  std::set<std::uint32_t> read;
  for (const auto& row : system.wiring) published.insert(row.begin(), row.end());
  for (const Handler& handler : system.handlers) {
    for (const PublishSpec& publish : handler.program.publishes) published.insert(publish.channel);
  }
  for (const Subscription& subscription : system.subscriptions) read.insert(subscription.channel);
  for (std::uint32_t i = 0; i < system.channels.size() && i < scenario.channel_spots.size(); ++i) {
    if (published.count(i) != 0 && read.count(i) != 0) continue;
    const char* what = published.count(i) != 0 ? "nobody reads channel " : read.count(i) != 0 ? "nobody publishes to channel " : "nobody uses channel ";
    out.push_back(warning(codes::run_unused_channel, scenario.channel_spots[i], fmt::format("{}\"{}\"", what, system.channels[i].name), ""));
  }
}

void unhandled_events(const Scenario& scenario, std::vector<Diagnostic>& out) {
  const System& system = *scenario.system;
  for (std::uint32_t service = 0; service < system.wiring.size(); ++service) {
    for (std::uint32_t message = 0; message < system.wiring[service].size(); ++message) {
      if (system.wiring[service][message] == none) continue;
      const bool handled = std::any_of(system.handlers.begin(), system.handlers.end(), [&](const Handler& handler) {
        return handler.trigger == Trigger::message && handler.message == message && handler.subscription != none &&
               system.subscriptions[handler.subscription].channel == system.wiring[service][message];
      });
      if (handled) continue;
      const Service& from = system.services[service];
      out.push_back(warning(codes::run_unhandled, {from.file, from.where, "/services/" + from.name},
                            fmt::format("{} publishes {}, which nobody handles", from.name, system.messages[message].name), ""));
    }
  }
}

void short_horizon(const Scenario& scenario, std::vector<Diagnostic>& out) {
  const System& system = *scenario.system;
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
  out.push_back(warning(codes::run_horizon, scenario.horizon_spot, "the horizon is shorter than what should happen before it",
                        fmt::format("{} {}, the run ends at {}: verdicts at quiescence may be INCONCLUSIVE.", who, to_string(longest), to_string(horizon))));
}

void endless_pollers(const Scenario& scenario, std::vector<Diagnostic>& out) {
  const System& system = *scenario.system;
  for (const Handler& handler : system.handlers) {
    const bool timer = handler.trigger == Trigger::timer;
    if (handler.trigger != Trigger::poll && !timer) continue;
    const Program& program = handler.program;
    const bool sets_itself = std::any_of(program.timers.begin(), program.timers.end(), [&](const TimerSpec& spec) { return timer && spec.timer == handler.timer; });
    const bool always = handler.trigger == Trigger::poll && handler.guard != none && system.expressions[handler.guard].accesses().empty() &&
                        !system.expressions[handler.guard].tables_escape();
    if (!sets_itself && !always) continue;
    const Step& at = program.steps.back();
    out.push_back(warning(codes::run_endless_loop, {at.file, at.where, at.pointer},
                          fmt::format("\"{}\" of {} never runs out of work", handler.name, system.services[handler.service].name),
                          always ? "Its \"while\" depends on no table, so the system never comes to rest." : "It sets its own timer again each time."));
  }
}

void faults_without_trigger(const Scenario& scenario, std::vector<Diagnostic>& out) {
  for (const Fault& fault : scenario.system->faults) {
    if (fault_kind(fault.kind).timing == FaultTiming::itself || fault.kind == FaultKind::unroutable || fault.kind == FaultKind::clock) continue;
    const bool timed = fault.when.nth != 0 || fault.when.every != 0 || fault.when.after.message != none || fault.when.chance != 0 || fault.when.from > Time::start() || fault.when.until < Time::never();
    if (timed || fault.when.budget == 0) continue;
    out.push_back(warning(codes::run_trigger, {fault.file, fault.where, fault.pointer}, "fault \"" + fault.name + "\" does not say when it strikes",
                          "An exploration tries every place; a timed run takes the first. Add \"nth\", \"probability\" or \"from_s\"."));
  }
}

}  // namespace

std::vector<Diagnostic> lint(const Scenario& scenario) {
  std::vector<Diagnostic> out;
  known_weaknesses(scenario, out);
  unused_channels(scenario, out);
  unhandled_events(scenario, out);
  short_horizon(scenario, out);
  endless_pollers(scenario, out);
  faults_without_trigger(scenario, out);
  const System& system = *scenario.system;
  const bool work = !system.clients.empty() || std::any_of(system.handlers.begin(), system.handlers.end(), [](const Handler& h) { return h.trigger == Trigger::poll; });
  if (!work) out.push_back(warning(codes::run_empty, {scenario.file, {1, 1, 1}, ""}, "nothing happens here: there is no client and no poller", ""));
  std::stable_sort(out.begin(), out.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.file, a.range.line, a.range.column) < std::tie(b.file, b.range.line, b.range.column);
  });
  return out;
}

}  // namespace flowtank
