// SPDX-License-Identifier: Apache-2.0
// Can a read model be built again from its events? For each different end of a scenario the tables of a service are emptied and
// every event that its brokers accepted is handled again, in the order in which they were accepted. What comes out must
// be what is there (rebuild equality). Asked only of services whose data comes from events alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sim/run/decision_log.hpp>
#include <sim/world/broker.hpp>

#include "sim/family/ends.hpp"
#include "sim/family/limits.hpp"

namespace flowtank::family {

enum class RebuildVerdict : std::uint8_t {
  equal,
  differs,
  no_projection,  // something else than events changes its tables
  vacuous,        // no event for it was ever accepted, or no run ends
  blocked,        // an event could not be handled with nothing else going on: what it would have done is not known
};
std::string_view name_of(RebuildVerdict verdict);

struct RebuildReport {
  struct Projection {
    std::uint32_t service = none;
    std::string name;
    RebuildVerdict verdict = RebuildVerdict::vacuous;
    std::string why;                 // no_projection: which handler
    std::uint64_t ends = 0;          // with at least one event
    std::uint64_t events = 0;        // handled again, in all of them
    std::uint64_t blocked = 0;       // of these: could not be handled
    std::uint64_t raised = 0;        // of these: raised
    std::uint64_t effects = 0;       // caused again: a rebuild is not silent
    std::uint64_t sent = 0;          // events sent again
    std::vector<std::string> live_only, rebuilt_only;  // differs: the first end that does
    std::vector<std::string> business;
    DecisionLog log;                 // to that end
  };
  std::vector<Projection> projections;
  Extent extent;
  std::uint64_t ends = 0;            // different ends, of which `looked_at` were rebuilt from
  std::uint64_t looked_at = 0;
  std::vector<std::string> left_out; // tables and columns that the mapping leaves out
  // 1 when a projection differs, 4 when not all ends were looked at, an event was blocked or there was nothing to build, 0.
  int exit() const;
};

std::optional<RebuildReport> check_rebuild(const Scenario& scenario, const BrokerRegistry& registry, const FamilyOptions& options,
                                           Diagnostics& diagnostics);

}  // namespace flowtank::family
