// SPDX-License-Identifier: Apache-2.0
// The ends of a scenario: what its databases and effects can be when nothing more happens, over all orders of events and
// faults. Two scenarios are compared by their ends (with and without one more copy), and a scenario is confluent when
// it has one. Runs that never end have no end and are not compared; check decides about them.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sim/run/decision_log.hpp>
#include <sim/world/broker.hpp>

#include "sim/family/limits.hpp"
#include "sim/family/mapping.hpp"

namespace flowtank::family {

// Rows of databases and effects of the present state under the mapping, sorted: "row order.orders o-1: {status: paid}". An
// effect whose count is at its bound is "effect charge o-1: 3 times or more".
// `only`: of these tables; empty: of all but observations that are no effects.
std::vector<std::string> end_lines(const World& world, const Mapping& mapping, const std::function<bool(std::uint32_t table)>& only = {});

struct OneEnd {
  std::vector<std::string> lines;
  std::vector<LoggedAction> path;        // a shortest one
  std::vector<std::string> business;     // what people count on it
};

struct Ends {
  Extent extent;
  bool counts_end = false;               // an effect took place World::most_observed times or more: how often is not known
  std::uint64_t different = 0;
  std::vector<OneEnd> examples;          // the first few, in the order of discovery
  std::set<std::pair<std::uint64_t, std::uint64_t>> all;  // by content
};

inline constexpr std::size_t most_examples = 64;

// All ends of the scenario. Nothing and diagnostics when its brokers cannot be made.
std::unique_ptr<Ends> ends_of(const Scenario& scenario, const BrokerRegistry& registry, const FamilyOptions& options,
                              Diagnostics& diagnostics);

struct NewEnd {
  bool found = false;
  OneEnd end;
  std::vector<std::string> here_only, there_only;  // against the most similar end of `base`
};
struct Compared {
  Extent extent;
  bool counts_end = false;   // as in Ends
  std::uint64_t ends = 0;
  std::uint64_t more = 0;    // ends that `base` does not have
  NewEnd first;              // a shortest one
  std::vector<std::uint64_t> strikes;  // by fault of the System: how often it was taken
};
// The ends of `scenario` that are not among those of `base`.
std::unique_ptr<Compared> compare_ends(const Ends& base, const Scenario& scenario, const BrokerRegistry& registry,
                                       const FamilyOptions& options, Diagnostics& diagnostics);

// Is there an effect whose count is at its bound in the present state? Then equal lines need not be equal outcomes.
bool counts_end(const World& world);

// What each of two sorted lists of lines has alone.
void difference_of(const std::vector<std::string>& left, const std::vector<std::string>& right,
                   std::vector<std::string>& left_only, std::vector<std::string>& right_only);

}  // namespace flowtank::family
