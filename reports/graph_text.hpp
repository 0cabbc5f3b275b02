// SPDX-License-Identifier: Apache-2.0
// The topology of a scenario as text for other programs: Graphviz, Mermaid (wikis, Markdown) and JSON. Names are
// the users' and may be hostile: none of them can end a string, open a tag or add a statement. The same scenario
// gives the same bytes. Shapes say what a node is, never colours; the legend is in sim/topology/README.md.
#pragma once

#include <string>

#include <sim/topology/view.hpp>

namespace flowtank::reports {

inline constexpr int graph_json_version = 1;

std::string graph_dot(const topology::Topology& topology, const topology::View& view);
std::string graph_mermaid(const topology::Topology& topology, const topology::View& view);
// One object; keys and meanings are in sim/topology/README.md. Ends with a newline.
std::string graph_json(const topology::Topology& topology, const topology::View& view);

}  // namespace flowtank::reports
