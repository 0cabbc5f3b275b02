// SPDX-License-Identifier: Apache-2.0
// See lineage_text.hpp. Places are counted over all runs; a scenario with a single fault has no sets worth speaking of.
#include "reports/lineage_text.hpp"

#include <fmt/format.h>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

// No place was worth a run: no run with a fault was made.
bool nothing_struck(const LineageSummary& summary) { return summary.places == summary.without_effect; }

std::string tried(const LineageSummary& l) {
  if (l.budget == 1) return "the one fault, wherever it can strike";
  return fmt::format("every set of at most {} of {}", l.up_to, counted(l.budget, "fault"));
}

}  // namespace

std::string lineage_runs_text(const LineageSummary& l) {
  if (!l.stopped.empty() && !l.decided && l.up_to == 0) return counted(l.runs, "run") + ", until it was stopped";
  const std::string orders = l.orders == 2 ? "two" : thousands(l.orders);
  return fmt::format("{}: {} orders of events, in each at most one thing late or early", counted(l.runs, "run"), orders);
}

std::string lineage_faults_text(const LineageSummary& l) {
  if (l.budget == 0) return "the scenario allows no faults" + (l.stopped.empty() ? std::string() : "; stopped: " + l.stopped);
  if (l.stopped.empty()) {
    if (l.places == 0) return l.budget == 1 ? "the one fault cannot strike in any run that was tried" : fmt::format("none of the {} can strike in any run that was tried", counted(l.budget, "fault"));
    if (nothing_struck(l)) return "none strikes anything that the outcome came from: no run with a fault was needed";
    return tried(l);
  }
  // Stopped before the first layer was over: even the runs without faults are not all.
  if (l.up_to == 0) return l.decided ? "as many as it took; stopped: " + l.stopped : "not every single one was tried; stopped: " + l.stopped;
  if (l.up_to < l.budget && l.stopped.starts_with("sets of more than")) return fmt::format("every set of at most {} of {}; {}", l.up_to, counted(l.budget, "fault"), l.stopped);
  return (l.decided && l.budget == 1 ? "as many as it took" : tried(l)) + "; stopped: " + l.stopped;
}

std::string lineage_left_out_text(const LineageSummary& l) {
  std::string text;
  if (l.without_effect != 0) text = counted(l.without_effect, "place") + " where a fault strikes nothing that the outcome came from";
  if (l.known != 0) text += (text.empty() ? "" : "; ") + counted(l.known, "place") + " where it leads to a situation that other faults had led to";
  return text;
}

}  // namespace flowtank::reports
