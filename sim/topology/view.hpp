// SPDX-License-Identifier: Apache-2.0
// A topology as it is drawn: nodes, groups and edges of one level of detail, with plain indices and names as the
// user gave them (not escaped: each writer does that for its format). Edges between the same nodes and of the same
// kind are one, with all their messages. The order is the topology's.
#pragma once

#include <string>
#include <vector>

#include "sim/topology/topology.hpp"

namespace flowtank::topology {

enum class Level : std::uint8_t {
  services,  // clients, services, channels, effects
  handlers,  // ... handlers and timers instead of services; what is stored for a relay goes straight to it
  tables,    // ... and tables with who writes and reads them
};

struct ViewGroup {
  NodeId node = none;  // a broker with its channels, or a service with its handlers
};

struct ViewNode {
  NodeId node = none;
  std::uint32_t group = none;  // index into View::groups
};

struct ViewEdge {
  std::uint32_t from = 0;  // indices into View::nodes
  std::uint32_t to = 0;
  EdgeKind kind = EdgeKind::sends;
  std::vector<std::string> messages;  // names, in the order of the System
  Spot at;                            // of the first edge that it stands for
};

struct View {
  Level level = Level::handlers;
  std::vector<ViewGroup> groups;
  std::vector<ViewNode> nodes;
  std::vector<ViewEdge> edges;
};
View view_of(const Topology& topology, Level level);

std::string_view to_text(Level level);

}  // namespace flowtank::topology
