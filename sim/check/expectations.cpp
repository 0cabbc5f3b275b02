// SPDX-License-Identifier: Apache-2.0
// Verdicts against what the scenario expects of them.
#include <algorithm>

#include <fmt/format.h>

#include "sim/check/result.hpp"

namespace flowtank {
namespace {

const Expectation* expectation_of(const Scenario& scenario, const std::string& property, Driver driver) {
  const Expectation* found = nullptr;
  for (const Expectation& expectation : scenario.expectations) {
    if (expectation.property != property) continue;
    if (expectation.driver == to_text(driver)) return &expectation;  // the more specific one wins
    if (expectation.driver.empty()) found = &expectation;
  }
  return found;
}

std::string why_not(const ExpectationOutcome& outcome, const Verdict& verdict) {
  if (verdict.kind != outcome.wanted) {
    return fmt::format("{} where {} is {}", to_text(verdict.kind), to_text(outcome.wanted),
                       outcome.listed ? "expected" : "needed");
  }
  return fmt::format("{} where {} is expected", to_text(verdict.strength), to_text(outcome.at_least));
}

}  // namespace

void judge(const Scenario& scenario, Result& result) {
  result.expectations.clear();
  bool contradicted = false;
  bool undecided = false;
  for (const PropertyOutcome& property : result.properties) {
    const Verdict& verdict = property.verdict;
    ExpectationOutcome outcome;
    outcome.property = verdict.property;
    if (const Expectation* wanted = expectation_of(scenario, verdict.property, result.driver)) {
      outcome.listed = true;
      outcome.wanted = wanted->verdict;
      outcome.at_least = wanted->at_least;
    }
    // A counterexample that replays is one, whoever found it.
    const bool found = result.campaign && verdict.kind == VerdictKind::fail;
    outcome.met = verdict.kind == outcome.wanted && (found || verdict.strength >= outcome.at_least);
    if (!outcome.met) {
      outcome.why = why_not(outcome, verdict);
      // Runs that were sampled contradict no demand for a proof: they fall short of one.
      const bool falls_short = result.campaign && verdict.kind == outcome.wanted;
      if (verdict.kind == VerdictKind::inconclusive || falls_short) {
        undecided = true;
      } else {
        contradicted = true;
      }
    }
    result.expectations.push_back(std::move(outcome));
  }
  if (!result.our_fault.empty()) {
    result.exit = ExitCode::our_fault;
  } else if (contradicted) {
    result.exit = ExitCode::not_met;
  } else if (undecided) {
    result.exit = ExitCode::inconclusive;
  } else {
    result.exit = ExitCode::ok;
  }
}

void judge_replay(const Scenario& scenario, Result& result) {
  judge(scenario, result);
  if (result.replayed.empty() || !result.our_fault.empty()) return;
  result.exit = ExitCode::ok;
  for (std::size_t i = 0; i < result.expectations.size(); ++i) {
    ExpectationOutcome& expectation = result.expectations[i];
    const bool fails = result.properties[i].verdict.kind == VerdictKind::fail;
    expectation.met = fails && expectation.wanted == VerdictKind::fail;  // one path proves nothing: any strength will do
    expectation.why = expectation.met ? "" : why_not(expectation, result.properties[i].verdict);
    if (!expectation.met) result.exit = ExitCode::not_met;
  }
}

void accept_repaired(Result& result) {
  if (result.exit != ExitCode::not_met || !result.replayed.empty()) return;
  std::vector<ExpectationOutcome*> repaired;
  bool sampled = false;
  for (std::size_t i = 0; i < result.expectations.size(); ++i) {
    ExpectationOutcome& expectation = result.expectations[i];
    if (expectation.met) continue;
    const bool is_repaired = expectation.wanted == VerdictKind::fail && result.properties[i].verdict.kind == VerdictKind::pass;
    if (!is_repaired) return;
    if (result.properties[i].verdict.strength == Strength::tested) {
      expectation.why = "no sampled run fails; only a full exploration shows that the weakness is gone";
      sampled = true;
    } else {
      repaired.push_back(&expectation);
    }
  }
  for (ExpectationOutcome* expectation : repaired) {
    expectation->gone = true;
    expectation->met = true;
    expectation->why.clear();
  }
  result.exit = sampled ? ExitCode::inconclusive : ExitCode::ok;
}

std::size_t met(const Result& result) {
  return static_cast<std::size_t>(std::count_if(result.expectations.begin(), result.expectations.end(),
                                                [](const ExpectationOutcome& e) { return e.met; }));
}

}  // namespace flowtank
