// SPDX-License-Identifier: Apache-2.0
// What all groups of findings share: the scenario, its topology and flow, what each handler does, and the list
// that they add to. Made once a scenario; findings read it and change nothing but the list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sim/scenario/codes.hpp>

#include "sim/topology/flow.hpp"
#include "sim/topology/handler_flow.hpp"
#include "sim/topology/lint.hpp"

namespace flowtank::topology {

struct Study {
  explicit Study(const Scenario& scenario);

  const Scenario& scenario;
  const System& system;
  Topology topology;
  Flow flow;
  std::vector<bool> reached;               // by vertex of the flow, from the origins
  std::vector<HandlerFlow> handlers;
  std::vector<std::vector<Site>> sites;    // by handler
  std::vector<bool> spoken;                // by expression: it is an author's sentence, nothing depends on it
  std::vector<Finding> out;

  void add(Severity severity, std::string_view code, std::string subject, const Spot& spot, std::string message, std::string hint = "");
  void warn(std::string_view code, std::string subject, const Spot& spot, std::string message, std::string hint = "") {
    add(Severity::warning, code, std::move(subject), spot, std::move(message), std::move(hint));
  }
  void note(std::string_view code, std::string subject, const Spot& spot, std::string message, std::string hint = "") {
    add(Severity::note, code, std::move(subject), spot, std::move(message), std::move(hint));
  }

  bool is_reached(NodeKind kind, std::uint32_t index) const { return reached[topology.node(kind, index)]; }
  const std::string& service_name(std::uint32_t service) const { return system.services[service].name; }
  const std::string& message_name(std::uint32_t message) const { return system.messages[message].name; }
  std::string subject_of(std::uint32_t handler) const { return topology.nodes()[topology.node(NodeKind::handler, handler)].subject; }
  const std::string& label_of(std::uint32_t handler, std::uint32_t instruction) const;
  Spot spot_of_channel(std::uint32_t channel) const;
};

void lint_messages(Study& study);   // channels, events, fields, commands
void lint_flow(Study& study);       // unreachable, cycles, single points of failure
void lint_handlers(Study& study);   // duplicates, dual writes, retries
void lint_state(Study& study);      // tables, columns, options, timers
void lint_scenario(Study& study);   // known weaknesses, horizon, endless pollers, faults

// "a", "a and b", "a, b and c"
std::string listed(const std::vector<std::string>& names);

}  // namespace flowtank::topology
