// SPDX-License-Identifier: Apache-2.0
// graph: the topology of a scenario as text for Graphviz, Mermaid or programs, to stdout.
#include "cli/graph_command.hpp"

#include <reports/graph_text.hpp>

namespace flowtank::cli {

int graph_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.overrides = line.overrides;
  options.model_path = line.models;
  const auto scenario = load_scenario(line.file, options, diagnostics);
  print(diagnostics, face);
  if (!scenario) return 2;
  const topology::Topology topology(*scenario->system, &scenario->spots);
  const topology::View view = topology::view_of(topology, line.graph_level);
  switch (line.graph_format) {
    case GraphFormat::dot: return say(stdout, reports::graph_dot(topology, view)) ? 0 : 2;
    case GraphFormat::mermaid: return say(stdout, reports::graph_mermaid(topology, view)) ? 0 : 2;
    case GraphFormat::json: return say(stdout, reports::graph_json(topology, view)) ? 0 : 2;
  }
  return 2;
}

}  // namespace flowtank::cli
