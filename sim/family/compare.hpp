// SPDX-License-Identifier: Apache-2.0
// May this handler be replaced by that one? Two scenarios that differ in models or options of services are compared by their
// ends: the databases and effects that both have. An end that only one of them can come to is a difference.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sim/run/decision_log.hpp>
#include <sim/world/broker.hpp>

#include "sim/family/ends.hpp"
#include "sim/family/limits.hpp"

namespace flowtank::family {

struct ComparedSide {
  Extent extent;
  bool counts_end = false;        // as in Ends
  std::uint64_t ends = 0;
  std::uint64_t alone = 0;        // ends that the other does not have
  std::vector<std::string> here_only, there_only;  // a first of them, against the most similar end of the other
  std::vector<std::string> business;
  DecisionLog log;
};
struct CompareReport {
  ComparedSide old_side, new_side;
  std::vector<std::string> not_compared;  // tables and columns that only one has
  std::vector<std::string> left_out;      // and those of both that the mapping leaves out
  // 1 when an end is one side's alone and the other side is known completely, 4 when a limit came first or counts came to
  // their end, 0.
  int exit() const;
};

std::optional<CompareReport> compare_scenarios(const Scenario& old_scenario, const Scenario& new_scenario, const BrokerRegistry& registry,
                                               const FamilyOptions& options, const std::vector<std::string>& new_overrides,
                                               Diagnostics& diagnostics);

}  // namespace flowtank::family
