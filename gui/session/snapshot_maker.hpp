// SPDX-License-Identifier: Apache-2.0
// From a Result of the library to what the desktop shows: runs with their traces indexed, verdicts with their stories, faults.
// Each job has one of its own. Invariant: record numbers in a finished snapshot are those of the trace of its run, whatever
// trace the library told the story from.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <sim/check/scenario_check.hpp>

#include "gui/session/jobs.hpp"

namespace flowtank::gui {

class SnapshotMaker {
 public:
  // All outlive it. What is wrong goes to `diagnostics`.
  SnapshotMaker(const JobRequest& request, const JobHooks& hooks, Diagnostics& diagnostics) : request_(request), hooks_(hooks), diagnostics_(diagnostics) {}

  bool cancelled() const { return hooks_.cancelled->load(std::memory_order_relaxed); }
  void tell(double part, const std::string& words) const {
    if (hooks_.progress) hooks_.progress(part, words);
  }
  double seconds() const { return hooks_.seconds ? hooks_.seconds() : 0; }
  void problem(std::string message, std::string hint = "");

  // One more trace of this job, to be written: it goes when nobody holds it any more, however far it came.
  std::shared_ptr<const TraceFile> trace_file();
  // The trace indexed; nullptr when it cannot be read, or cancelled.
  std::shared_ptr<RunData> run_data(std::string name, std::shared_ptr<const TraceFile> file);
  // Everything but runs, verdicts and times.
  std::shared_ptr<Snapshot> begin(const Scenario& scenario, const std::shared_ptr<const Scenario>& shared, const Result& result);
  // What makes it pass, and the step after which nothing helps; a few seconds at most.
  void explain(const Scenario& scenario, Result& result);
  // `run_of` says which run shows a property.
  void add_verdicts(const Scenario& scenario, const Result& result, Snapshot& snapshot, const std::function<std::uint32_t(const PropertyOutcome&)>& run_of);
  // A run for each different witness, and the verdicts. False when a trace could not be made.
  bool add_counterexamples(const Scenario& scenario, const Result& result, Snapshot& snapshot);

 private:
  void add_story(const Scenario& scenario, const Result& result, const PropertyOutcome& property, const Snapshot& snapshot, VerdictEntry& entry);

  const JobRequest& request_;
  const JobHooks& hooks_;
  Diagnostics& diagnostics_;
  int files_ = 0;
};

}  // namespace flowtank::gui
