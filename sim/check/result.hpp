// SPDX-License-Identifier: Apache-2.0
// What came out of running or checking a scenario: a verdict for each property with its witness, what
// took effect, what was covered, and whether that is what the scenario expects. All faces and reports show
// this one structure; nothing in it depends on a clock (faces measure and pass wall time beside it).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/campaign/summary.hpp>
#include <sim/explore/search.hpp>
#include <sim/property/verdict.hpp>
#include <sim/run/decision_log.hpp>
#include <sim/run/timed_run.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/trace.hpp>
#include <sim/world/world.hpp>

#include "sim/check/lineage_summary.hpp"

namespace flowtank {

// One action of an explored counterexample and the records it made.
struct WitnessStep {
  LoggedAction action;
  std::string business;           // World::business_label(); empty for machinery
  std::uint32_t fault = none;     // index of the fault that strikes here
  RecordId first_record = 0;
  RecordId end_record = 0;
};

// A counterexample, replayed with its trace. The words of the trace belong to the World's pool. The World reads the System of
// its scenario, which outlives it.
struct Witness {
  DecisionLog log;
  std::unique_ptr<World> world;    // as the replay left it
  Trace trace;
  std::vector<WitnessStep> steps;  // explored counterexamples only
  std::uint64_t actions = 0;       // of the whole run, timed or explored
  bool at_end = false;             // violated because nothing more happens, or for ever something else
  bool any_length = false;         // found by a reduced search, and not again by one that gives shortest ones
  bool loop = false;               // found among runs that never end: not necessarily a shortest one
  std::size_t cycle_from = 0;      // a lasso: position from which the steps repeat for ever; else steps.size()
};

// A known weakness whose better value was tried: with it the property passes.
struct Repair {
  KnownWeakness weakness;
  std::vector<std::string> overrides;  // "services.payment.with.consume=inbox", and what the trial needed besides
};

// Why an explored counterexample fails; positions are those of its steps.
struct Explanation {
  bool decided = false;        // the critical step is known; else the budget did not suffice
  bool always = false;         // every run fails: there is no critical step
  std::size_t critical = 0;    // after it every way to go on without further faults fails
  std::uint64_t states = 0;    // looked at for it
  bool passes = false;         // a run that passes is known: the same without step `left_out`
  std::size_t left_out = 0;
  bool later = false;          // in that run it happens later instead
  std::size_t differs = 0;     // the first step that is another one there
  std::string instead;         // what happens there; empty: nothing more
};

struct PropertyOutcome;

// The same failure, as small as it gets. Its story is `told` in the words of `small`, the scenario that it is a failure of; it stands
// before `told`, so that it outlives the World in there. What the run that was found came to stays in its PropertyOutcome.
struct ShrunkOutcome {
  std::string scenario;        // file; empty: none was written
  std::string counterexample;  // file
  std::size_t actions_before = 0;
  std::size_t actions = 0;
  std::vector<std::string> business;
  std::string note;
  bool minimal = false;        // explored, and without any one of its actions the property is not violated
  std::shared_ptr<const Scenario> small;
  std::shared_ptr<const PropertyOutcome> told;  // replayed with a trace and explained; nullptr: the found run is told (`unshrunk` says why)
};

struct PropertyOutcome {
  Verdict verdict;
  std::shared_ptr<const Witness> witness;  // FAIL; properties of one timed run share it
  std::string assumption;                  // "under fairness"; empty when there is none
  std::optional<Repair> repair;            // FAIL: what find_repairs() found
  std::shared_ptr<const Explanation> explanation;  // FAIL: what explain_failures() found
  std::shared_ptr<const ShrunkOutcome> shrunk;     // FAIL of a run, a campaign or by lineage: what the shrinker made of it
  std::string unshrunk;                    // such a FAIL that is told as it was found: why, "--no-shrink was given"; empty: nobody asked
};

// What reports tell of a failure: the shrunk one in its own scenario where there is one, else the one that was found. Refers to its arguments.
struct ToldFailure {
  const Scenario& scenario;
  const PropertyOutcome& outcome;
  bool shrunk = false;
};
inline ToldFailure told_failure(const Scenario& scenario, const PropertyOutcome& outcome) {
  if (!outcome.shrunk || !outcome.shrunk->told) return {scenario, outcome, false};
  return {*outcome.shrunk->small, *outcome.shrunk->told, true};
}

struct FaultOutcome {
  std::uint32_t fault = none;   // index in System::faults
  std::uint64_t strikes = 0;    // timed: how often it took effect
  std::uint64_t states = 0;     // explored: in how many states it had
  bool took_effect = false;
  bool applies = true;          // false: this driver needs no such fault (a delay is one of all orders)
};

// Something of the scenario that never happened.
struct NotReached {
  std::uint32_t handler = none;
  std::string what;   // "payment.OnOrderPlaced", or a step of it
  std::string step;   // label; empty: the whole handler
};

struct ExpectationOutcome {
  std::string property;
  VerdictKind wanted = VerdictKind::pass;
  Strength at_least = Strength::unstated;
  bool listed = false;   // false: "what is not listed must PASS"
  bool met = false;
  bool gone = false;     // a FAIL is demanded, but the altered scenario passes: see accept_repaired()
  std::string why;       // not met: a short reason
};

enum class ExitCode : std::uint8_t { ok = 0, not_met = 1, bad_input = 2, our_fault = 3, inconclusive = 4 };

struct Result {
  Driver driver = Driver::run;
  std::vector<PropertyOutcome> properties;  // by property of the scenario
  std::vector<FaultOutcome> faults;         // by fault of the System
  std::vector<NotReached> not_reached;
  std::vector<ExpectationOutcome> expectations;
  ExitCode exit = ExitCode::ok;
  bool interrupted = false;
  std::string our_fault;                    // non-determinism or a broken promise: exit 3
  std::uint64_t seed = 1;

  std::string replayed;                     // explored log: the property that it was logged for; judged alone
  TimedRunResult run;                       // driver run
  std::shared_ptr<const Witness> traced;    // driver run: the whole run, where a trace was asked for or needed

  explore::Counts counts;                   // driver check
  bool complete = false;
  explore::Limit limit = explore::Limit::none;
  std::string limit_words;                  // "2,000,000 states, depth 31"; empty when complete
  std::string reduction;                    // what the search left out and why that is allowed; empty: nothing
  std::vector<std::string> unexplored;      // what it knows to leave out, by kind of broker: "rabbitmq: a time to live ..."
  std::size_t bytes = 0;

  std::optional<CampaignSummary> campaign;  // driver check, by a campaign of runs instead of all orders
  std::optional<LineageSummary> lineage;    // driver check, led by how things came out well
};

// Fills `result.expectations` and `result.exit` from the verdicts (design of the tool: what is not listed
// must PASS; VACUOUS never meets an expectation unless asked for; exit 1 before 4).
void judge(const Scenario& scenario, Result& result);

// Of a replayed counterexample only what was logged is judged: exit 0 when its property fails again and the
// scenario demands that FAIL, else 1.
void judge_replay(const Scenario& scenario, Result& result);

// Of a scenario that was altered (--set): where nothing is unmet but demanded FAILs that are PASS now, the
// weakness was repaired. These expectations are marked `gone` and met, and the exit code is 0; 4 where a PASS is only
// `tested`, since runs that were sampled do not show that nothing fails any more.
void accept_repaired(Result& result);

// How many expectations are met.
std::size_t met(const Result& result);

}  // namespace flowtank
