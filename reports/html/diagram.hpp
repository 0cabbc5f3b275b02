// SPDX-License-Identifier: Apache-2.0
// A counterexample as a space-time diagram: a lane for each client, instance, channel and external effect, time downwards, the
// steps of its story as numbered nodes, messages as arrows between lanes. Placed once as data, then drawn for a width. Only
// what the story tells is a node, and where a message passes from one lane to another on its way there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/check/result.hpp>

#include "reports/html/markup.hpp"
#include "reports/story.hpp"

namespace flowtank::reports::html {

enum class LaneKind : std::uint8_t { client, service, channel, effect, environment };

struct Lane {
  LaneKind kind = LaneKind::service;
  std::uint32_t index = 0;     // of the System
  std::uint32_t instance = 0;  // services
  std::string name;
};

struct DiagramNode {
  std::size_t lane = 0;
  double y = 0;               // of the centre, from the top of the lanes
  std::uint32_t number = 0;   // of the story; 0: where a message passes
  StoryMark mark = StoryMark::none;
  bool cause = false;         // the violation came from it
  std::string label;          // a word beside it; may be empty
};

struct DiagramEdge {
  std::size_t from = 0, to = 0;  // nodes; the second is later
  std::string label;             // a message; may be empty
  bool cause = false;            // on the causal path of the violation
  bool side = false;             // an acknowledgement: thin
};

// A stretch over all lanes: a fault, the violation.
struct DiagramBand {
  double y = 0;
  StoryMark mark = StoryMark::fault;
  std::string label;
  std::uint32_t number = 0;      // of a step that is on no lane; else 0
};

struct Diagram {
  std::vector<Lane> lanes;
  std::vector<DiagramNode> nodes;
  std::vector<DiagramEdge> edges;
  std::vector<DiagramBand> bands;
  double height = 0;
};

// Empty when the story has no step with a record.
Diagram place_diagram(const System& system, const Story& story, const Witness& witness);

struct DiagramLook {
  std::string prefix;    // of ids: "c1"
  std::string part;      // "n" or "m": two drawings of the same diagram have different ids
  std::string title;
  double width = 640;
  bool narrow = false;   // names of lanes are written upwards, no words beside nodes
};
// Each numbered node is a link to its sentence, "#PREFIX-sNUMBER".
void draw_diagram(Markup& to, const Diagram& diagram, const Story& story, const DiagramLook& look);

}  // namespace flowtank::reports::html
