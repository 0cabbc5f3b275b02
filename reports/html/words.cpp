// SPDX-License-Identifier: Apache-2.0
// The words that parts of a page share. What they say of a driver is what the terminal says of it, in whole sentences, since a
// page is read by people who did not start the run.
#include <algorithm>

#include <fmt/format.h>

#include <sim/explore/fingerprint.hpp>

#include "reports/html/parts.hpp"
#include "reports/lineage_text.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {

std::string shown_path(std::string_view path) {
  if (!path.starts_with('/')) return std::string(path);
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string without_folders(std::string text, const Scenario& scenario) {
  const std::string whole = scenario.file;
  const std::string shown = shown_path(whole);
  if (whole == shown || whole.empty()) return text;
  for (std::size_t at = text.find(whole); at != std::string::npos; at = text.find(whole, at + shown.size())) text.replace(at, whole.size(), shown);
  return text;
}

std::string title_of(const Scenario& scenario) { return scenario.title.empty() ? shown_path(scenario.file) : scenario.title; }

std::string broker_words(const System& system) {
  std::vector<std::string> kinds;
  for (const BrokerSpec& broker : system.brokers) {
    if (std::find(kinds.begin(), kinds.end(), broker.kind) == kinds.end()) kinds.push_back(broker.kind);
  }
  std::string text;
  for (const std::string& kind : kinds) text += (text.empty() ? "" : ", ") + kind;
  return text.empty() ? "none" : text;
}

std::string note_of(const Verdict& verdict) { return printable(verdict.note); }

std::string service_of(const System& system, const PropertySpec& spec) {
  std::uint32_t service = spec.service;
  if (service >= system.services.size() && spec.effect < system.effects.size()) service = system.effects[spec.effect].service;
  if (service >= system.services.size() && spec.table < system.tables.size()) service = system.tables[spec.table].service;
  return service < system.services.size() ? printable(system.services[service].name) : std::string();
}

namespace {

std::string odds(std::uint64_t states) {
  double bound = 1e-30;
  int exponent = -30;
  for (; bound < explore::collision_odds(states); bound *= 10) ++exponent;
  return fmt::format("1e{}", exponent);
}

void not_explored(const Result& result, std::vector<std::string>& out) {
  for (const std::string& left_out : result.unexplored) out.push_back("Not explored on " + left_out + ".");
}

void explored(const Scenario& scenario, const Result& result, std::vector<std::string>& out) {
  const bool all = result.complete;
  out.push_back(fmt::format("{}: {}.", all ? "Every order of events within these bounds was explored" : "Orders of events within these bounds were explored as far as the limit allowed",
                            bounds_text(scenario)));
  out.push_back("Timers that race with messages (deadlines, timeouts, retries) fire in any order; slow ones (retention, sessions) only when nothing else can happen.");
  out.push_back("Steps of one transaction become visible together; between any two other steps anything may come in between.");
  out.push_back(fmt::format("States are told apart by 128-bit fingerprints: the odds that two were taken for one are below {}.", odds(result.counts.states)));
  const bool proves = std::any_of(result.properties.begin(), result.properties.end(), [](const PropertyOutcome& property) {
    return property.verdict.kind == VerdictKind::pass && property.verdict.strength == Strength::proved;
  });
  if (proves) not_explored(result, out);
  if (!result.reduction.empty() && !result.reduction.starts_with("not ")) out.push_back("Left out: " + printable(result.reduction) + ".");
}

}  // namespace

std::vector<std::string> assumptions(const Scenario& scenario, const Result& result) {
  std::vector<std::string> out;
  if (result.campaign) {
    const bool timed = has_time(result.campaign->strategy);
    const bool swarm = result.campaign->strategy == Strategy::swarm;
    out.push_back(swarm   ? "Latencies and arrivals are drawn as the scenario says; each fault is off in half of the runs."
                  : timed ? "Latencies, arrivals and faults are drawn as the scenario says."
                          : "Orders of events and faults are drawn within: " + bounds_text(scenario) + ".");
    if (result.campaign->independent != 0) out.push_back("The bound p is about a run drawn as these were, not about one in production.");
    if (!timed) out.push_back("Timers that race with messages fire in any order; slow ones only when nothing else can happen.");
    if (result.campaign->cut != 0) {
      out.push_back(fmt::format("{} did not come to rest within {} actions and were cut off.", counted(result.campaign->cut, "run"), thousands(result.campaign->most_actions)));
    }
    out.push_back("Runs that were not drawn may fail: this is no proof. `flowtank check` without --strategy looks for one.");
  } else if (result.lineage) {
    if (result.lineage->budget != 0) out.push_back("A fault that strikes nothing that the outcome came from changes nothing.");
    out.push_back("Other orders of events were not tried: this is no proof. `flowtank check` without --strategy looks for one.");
  } else if (result.driver == Driver::run) {
    out.push_back(fmt::format("One run was observed, with seed {}: other seeds, orders and faults may come to something else.", result.seed));
    out.push_back("Latencies and arrivals are drawn as the scenario says; times are virtual.");
  } else if (!result.replayed.empty() || result.limit_words == "one path") {
    out.push_back("One recorded path was gone again, action by action; nothing else was looked at.");
  } else {
    explored(scenario, result, out);
  }
  if (result.campaign || result.lineage) not_explored(result, out);
  if (const std::string levels = isolation_text(scenario); !levels.empty()) out.push_back("Databases isolate as their services ask: " + levels + ".");
  for (const PropertyOutcome& property : result.properties) {
    if (!property.assumption.empty()) out.push_back(printable(property.verdict.property) + " holds " + property.assumption + ": what can happen again and again happens in the end.");
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> extent(const Scenario& scenario, const Result& result) {
  std::vector<std::pair<std::string, std::string>> out;
  if (result.campaign) {
    const CampaignSummary& c = *result.campaign;
    out.emplace_back("sampled", runs_text(c) + (c.stopped.empty() ? "" : ", stopped: " + c.stopped));
    out.emplace_back("actions", fmt::format("{}, at most {} in a run", thousands(c.actions), thousands(c.longest)));
    out.emplace_back("came to", counted(c.ends, has_time(c.strategy) ? "different run" : "different end"));
    if (c.independent != 0) out.emplace_back("unseen violations", "p ≤ " + campaign::probability_text(c.bound) + " at 95 %, for what no run showed");
  } else if (result.lineage) {
    const LineageSummary& l = *result.lineage;
    out.emplace_back("tried", lineage_runs_text(l));
    out.emplace_back("faults", lineage_faults_text(l));
    if (const std::string left_out = lineage_left_out_text(l); !left_out.empty()) out.emplace_back("needed no run", left_out);
  } else if (result.driver == Driver::run) {
    out.emplace_back("ran", fmt::format("{}, {} handled", counted(result.run.actions, "action"), counted(result.run.handled, "message")));
    out.emplace_back("virtual time", format_seconds(result.run.time, 3) + (result.run.end == RunEnd::quiet ? "" : ", " + std::string(to_text(result.run.end))));
  } else if (result.limit_words == "one path") {
    out.emplace_back("replayed", counted(result.counts.transitions, "action"));
  } else {
    const std::string states = counted(result.counts.states, "state");
    std::string why = result.complete ? "all there are" : result.limit_words;
    if (why.starts_with(states + ": ")) why.erase(0, states.size() + 2);  // "3,352 states: stopped, every property is decided"
    else if (!result.complete) why.insert(0, "stopped at ");
    out.emplace_back("explored", states + ", " + why);
    out.emplace_back("transitions", thousands(result.counts.transitions));
    out.emplace_back("longest path", counted(result.counts.depth, "action"));
  }
  const std::string effects = took_effect(scenario, result);
  if (!effects.empty()) out.emplace_back("faults that struck", effects);
  return out;
}

}  // namespace flowtank::reports::html
