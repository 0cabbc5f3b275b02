// SPDX-License-Identifier: Apache-2.0
// Trying better values. The trials of one result are shared by its properties: each alternative is run once.
#include "sim/check/repairs.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace flowtank {
namespace {

using Verdicts = std::map<std::string, VerdictKind>;  // by property; empty: the trial could not be made

// What is known of a violation before anything is tried; it orders the trials.
struct Suspicion {
  std::uint32_t service = none;  // whose change broke the property
  bool again = false;            // messages came twice in the witness
};

Suspicion suspicion_of(const PropertyOutcome& property, const System& system) {
  Suspicion found;
  if (!property.witness) return found;
  const Trace& trace = property.witness->trace;
  for (const Record& record : trace) {
    if (record.kind == RecordKind::redelivered) found.again = true;
    if (record.kind != RecordKind::fault || record.place >= system.faults.size()) continue;
    const FaultKind kind = system.faults[record.place].kind;
    if (kind == FaultKind::duplicate || kind == FaultKind::ambiguous_publish) found.again = true;
  }
  if (property.verdict.evidence.empty()) return found;
  const RecordId record = property.verdict.evidence.front().record;
  if (record < trace.size() && trace[record].service != 0xffff) found.service = trace[record].service;
  return found;
}

class Trials {
 public:
  Trials(const Scenario& scenario, const BrokerRegistry& registry, const RepairOptions& options, const Result& result)
      : scenario_(scenario), registry_(registry), options_(options), result_(result) {
    // A repair may take away the step that a crash is aimed at; then it must hold against a crash anywhere.
    for (const Fault& fault : scenario.system->faults) {
      if (!fault.on.step.empty()) anywhere_.push_back(fmt::format("faults.{}.at=any_step", fault.name));
    }
  }

  std::optional<Repair> repair_of(const PropertyOutcome& property) {
    for (const KnownWeakness* weakness : candidates(property)) {
      std::vector<std::string> overrides = {fmt::format("services.{}.with.{}={}", scenario_.system->services[weakness->service].name,
                                                        weakness->option, weakness->better)};
      const auto verdict = verdict_of(property, overrides);
      if (verdict == VerdictKind::pass) return Repair{*weakness, overrides};
      if (anywhere_.empty() || (verdict && *verdict != VerdictKind::vacuous)) continue;
      overrides.insert(overrides.end(), anywhere_.begin(), anywhere_.end());
      if (verdict_of(property, overrides) == VerdictKind::pass) return Repair{*weakness, overrides};
    }
    return std::nullopt;
  }

 private:
  std::vector<const KnownWeakness*> candidates(const PropertyOutcome& property) const {
    const Suspicion suspicion = suspicion_of(property, *scenario_.system);
    const auto rank = [&](const KnownWeakness* weakness) {
      return (weakness->service == suspicion.service ? 2 : 0) + (weakness->duplicates == suspicion.again ? 1 : 0);
    };
    std::vector<const KnownWeakness*> out;
    for (const KnownWeakness& weakness : scenario_.weaknesses) {
      if (!weakness.better.empty() && weakness.service < scenario_.system->services.size()) out.push_back(&weakness);
    }
    std::stable_sort(out.begin(), out.end(), [&](const KnownWeakness* a, const KnownWeakness* b) { return rank(a) > rank(b); });
    return out;
  }

  std::optional<VerdictKind> verdict_of(const PropertyOutcome& property, const std::vector<std::string>& overrides) {
    auto known = tried_.find(overrides);
    if (known == tried_.end()) known = tried_.emplace(overrides, attempt(overrides)).first;
    const auto found = known->second.find(property.verdict.property);
    return found == known->second.end() ? std::nullopt : std::optional(found->second);
  }

  Verdicts attempt(const std::vector<std::string>& overrides) const {
    const bool cancelled = options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed);
    if (cancelled || (options_.out_of_time && options_.out_of_time())) return {};
    LoadOptions load = options_.load;
    load.purpose = scenario_.purpose;
    load.overrides.insert(load.overrides.end(), overrides.begin(), overrides.end());
    Diagnostics ignored;
    const auto repaired = load_scenario(scenario_.file, load, ignored);
    if (!repaired) return {};
    const auto trial = drive(*repaired, ignored);
    if (!trial || !trial->our_fault.empty() || trial->interrupted) return {};
    Verdicts verdicts;
    for (const PropertyOutcome& property : trial->properties) verdicts[property.verdict.property] = property.verdict.kind;
    return verdicts;
  }

  std::optional<Result> drive(const Scenario& repaired, Diagnostics& diagnostics) const {
    if (result_.driver == Driver::run) {
      RunOptions run = options_.run;
      run.seed = result_.seed;
      run.keep_trace = false;
      run.trace_actions = 0;  // of another failure no story is wanted
      return run_scenario(repaired, registry_, run, diagnostics);
    }
    CheckOptions check;
    check.states = options_.states;
    check.memory = options_.memory;
    check.out_of_time = options_.out_of_time;
    check.cancelled = options_.cancelled;
    return check_scenario(repaired, registry_, check, diagnostics);
  }

  const Scenario& scenario_;
  const BrokerRegistry& registry_;
  const RepairOptions& options_;
  const Result& result_;
  std::vector<std::string> anywhere_;
  std::map<std::vector<std::string>, Verdicts> tried_;
};

}  // namespace

void find_repairs(const Scenario& scenario, const BrokerRegistry& registry, const RepairOptions& options, Result& result) {
  if (result.interrupted || !result.our_fault.empty()) return;
  Trials trials(scenario, registry, options, result);
  for (PropertyOutcome& property : result.properties) {
    if (property.verdict.kind == VerdictKind::fail) property.repair = trials.repair_of(property);
  }
}

}  // namespace flowtank
