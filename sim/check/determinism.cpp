// SPDX-License-Identifier: Apache-2.0
// See determinism.hpp: runs a scenario in two Worlds that share nothing, with traces, and looks for the first record
// in which they part.
#include "sim/check/determinism.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <sim/base/check.hpp>
#include <sim/world/world.hpp>

namespace flowtank {

bool TwoRuns::same() const {
  return !difference && first.run.fingerprint == second.run.fingerprint && first.run.actions == second.run.actions;
}

TwoRuns compare_runs(Result first, Result second) {
  FLOWTANK_CHECK(first.traced != nullptr && second.traced != nullptr, "runs are compared by their traces");
  TwoRuns runs;
  runs.records = first.traced->trace.size();
  runs.difference = first_difference(first.traced->trace, first.traced->world->pool(), second.traced->trace,
                                     second.traced->world->pool());
  runs.first = std::move(first);
  runs.second = std::move(second);
  return runs;
}

std::optional<TwoRuns> run_twice(const Scenario& scenario, const BrokerRegistry& registry, const RunOptions& options,
                                 Diagnostics& diagnostics) {
  RunOptions traced = options;
  traced.keep_trace = true;
  auto first = run_scenario(scenario, registry, traced, diagnostics);
  if (!first) return std::nullopt;
  auto second = run_scenario(scenario, registry, traced, diagnostics);
  if (!second) return std::nullopt;
  return compare_runs(std::move(*first), std::move(*second));
}

namespace {

// "N: FIRST, then SECOND" of two numbers or words that should be the same.
class Sameness {
 public:
  template <typename T>
  void ask(std::string_view what, const T& first, const T& second) {
    if (found_.empty() && first != second) found_ = fmt::format("{}: {}, then {}", what, first, second);
  }
  const std::string& found() const { return found_; }

 private:
  std::string found_;
};

void compare(Sameness& same, const PropertyOutcome& first, const PropertyOutcome& second) {
  const std::string& name = first.verdict.property;
  same.ask("verdict of \"" + name + "\"", to_text(first.verdict.kind), to_text(second.verdict.kind));
  same.ask("strength of \"" + name + "\"", to_text(first.verdict.strength), to_text(second.verdict.strength));
  same.ask("note of \"" + name + "\"", first.verdict.note, second.verdict.note);
  same.ask("keys with evidence for \"" + name + "\"", first.verdict.evidence.size(), second.verdict.evidence.size());
  const auto log = [](const PropertyOutcome& outcome) { return outcome.witness ? to_text(outcome.witness->log) : std::string(); };
  const std::string one = log(first), two = log(second);
  const auto part = std::mismatch(one.begin(), one.end(), two.begin(), two.end());
  if (part.first == one.end() && part.second == two.end()) return;
  const auto line = std::count(one.begin(), part.first, '\n') + 1;
  same.ask("counterexample of \"" + name + "\" from its line " + std::to_string(line), std::string_view("one"), std::string_view("another"));
}

}  // namespace

std::string first_difference(const Result& first, const Result& second) {
  Sameness same;
  same.ask("properties", first.properties.size(), second.properties.size());
  for (std::size_t p = 0; p < std::min(first.properties.size(), second.properties.size()); ++p) compare(same, first.properties[p], second.properties[p]);
  same.ask("exit code", static_cast<int>(first.exit), static_cast<int>(second.exit));
  same.ask("states", first.counts.states, second.counts.states);
  same.ask("transitions", first.counts.transitions, second.counts.transitions);
  same.ask("depth", first.counts.depth, second.counts.depth);
  same.ask("actions of the run", first.run.actions, second.run.actions);
  same.ask("fingerprint of the run", first.run.fingerprint, second.run.fingerprint);
  for (std::size_t f = 0; f < std::min(first.faults.size(), second.faults.size()); ++f) {
    // How often an exploration tries a fault depends on who of several threads comes first; in how many states it had struck does not.
    if (first.driver == Driver::run || first.campaign) same.ask(fmt::format("strikes of fault {}", f), first.faults[f].strikes, second.faults[f].strikes);
    same.ask(fmt::format("states after fault {}", f), first.faults[f].states, second.faults[f].states);
  }
  // What a run did not reach is looked up in its records, and one of the two need not have kept them.
  if (first.driver == Driver::check) same.ask("what was not reached", first.not_reached.size(), second.not_reached.size());
  if (first.campaign && second.campaign) {
    same.ask("runs", first.campaign->runs, second.campaign->runs);
    same.ask("actions of all runs", first.campaign->actions, second.campaign->actions);
    same.ask("different ends", first.campaign->ends, second.campaign->ends);
  }
  if (first.lineage && second.lineage) {
    same.ask("runs", first.lineage->runs, second.lineage->runs);
    same.ask("places of faults", first.lineage->places, second.lineage->places);
  }
  return same.found();
}

}  // namespace flowtank
