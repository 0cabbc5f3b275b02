// SPDX-License-Identifier: Apache-2.0
// See graph_text.hpp. Nodes and groups have ids of their own (n0, g0, ...), so names are only ever labels.
#include "reports/graph_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

using topology::EdgeKind;
using topology::Node;
using topology::NodeKind;
using topology::Topology;
using topology::View;
using topology::ViewEdge;

const Node& node_of(const Topology& topology, const View& view, std::size_t index) { return topology.nodes()[view.nodes[index].node]; }

std::string messages_of(const ViewEdge& edge, std::string_view between) {
  std::string out;
  for (const std::string& name : edge.messages) out += (out.empty() ? "" : std::string(between)) + name;
  return out;
}

// What an edge says when it carries no message.
std::string_view word_of(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::sets: return "sets";
    case EdgeKind::fires: return "fires";
    case EdgeKind::wakes: return "wakes";
    default: return "";
  }
}

// ---- Graphviz ----------------------------------------------------------------------------------------

std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string_view dot_shape(NodeKind kind) {
  switch (kind) {
    case NodeKind::client: return "ellipse";
    case NodeKind::channel: return "hexagon";
    case NodeKind::table: return "cylinder";
    case NodeKind::timer: return "circle";
    case NodeKind::effect: return "doubleoctagon";
    default: return "box";
  }
}

std::string_view dot_style(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::replies: return "dashed";
    case EdgeKind::calls: return "bold";
    case EdgeKind::stores:
    case EdgeKind::relays:
    case EdgeKind::writes:
    case EdgeKind::reads:
    case EdgeKind::wakes: return "dotted";
    default: return "solid";
  }
}

std::string dot_label(const ViewEdge& edge) {
  std::string out = "\"";
  for (const std::string& name : edge.messages) {
    const std::string one = dot_string(name);
    out += (out.size() > 1 ? "\\n" : "") + one.substr(1, one.size() - 2);
  }
  if (edge.messages.empty()) out += word_of(edge.kind);
  return out + "\"";
}

}  // namespace

std::string graph_dot(const Topology& topology, const View& view) {
  std::string out = fmt::format("digraph {} {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n",
                                dot_string(topology.system().title.empty() ? "topology" : topology.system().title));
  const auto node = [&](std::size_t i, std::string_view indent) {
    const Node& n = node_of(topology, view, i);
    out += fmt::format("{}n{} [shape={}, label={}];\n", indent, i, dot_shape(n.kind), dot_string(n.name));
  };
  for (std::size_t g = 0; g < view.groups.size(); ++g) {
    const Node& group = topology.nodes()[view.groups[g].node];
    out += fmt::format("  subgraph cluster_g{} {{\n    label={};\n    style={};\n", g, dot_string(group.name), group.kind == NodeKind::broker ? "dashed" : "solid");
    for (std::size_t i = 0; i < view.nodes.size(); ++i) {
      if (view.nodes[i].group == g) node(i, "    ");
    }
    out += "  }\n";
  }
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (view.nodes[i].group == none) node(i, "  ");
  }
  for (const ViewEdge& edge : view.edges) {
    // An answer does not turn the drawing round.
    const std::string_view back = edge.kind == EdgeKind::replies ? ", constraint=false" : "";
    out += fmt::format("  n{} -> n{} [style={}{}, label={}];\n", edge.from, edge.to, dot_style(edge.kind), back, dot_label(edge));
  }
  return out + "}\n";
}

namespace {

// ---- Mermaid -----------------------------------------------------------------------------------------

// Inside of double quotes; what could end the string or be read as markup becomes an entity.
std::string mermaid_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0 ||
                       std::string_view(" -_.,:/+()@!?'*=").find(c) != std::string_view::npos;
    if (plain) out += c;
    else out += fmt::format("#{};", static_cast<int>(static_cast<unsigned char>(c)));
  }
  return out;
}

std::string mermaid_node(NodeKind kind, const std::string& text) {
  switch (kind) {
    case NodeKind::client: return fmt::format("([\"{}\"])", text);
    case NodeKind::channel: return fmt::format("{{{{\"{}\"}}}}", text);
    case NodeKind::table: return fmt::format("[(\"{}\")]", text);
    case NodeKind::timer: return fmt::format("((\"{}\"))", text);
    case NodeKind::effect: return fmt::format("[[\"{}\"]]", text);
    default: return fmt::format("[\"{}\"]", text);
  }
}

std::string_view mermaid_arrow(EdgeKind kind) {
  const std::string_view style = dot_style(kind);
  return style == "solid" ? "-->" : style == "bold" ? "==>" : "-.->";
}

}  // namespace

std::string graph_mermaid(const Topology& topology, const View& view) {
  std::string out = "flowchart LR\n";
  const auto node = [&](std::size_t i, std::string_view indent) {
    const Node& n = node_of(topology, view, i);
    out += fmt::format("{}n{}{}\n", indent, i, mermaid_node(n.kind, mermaid_text(n.name)));
  };
  for (std::size_t g = 0; g < view.groups.size(); ++g) {
    out += fmt::format("  subgraph g{}[\"{}\"]\n", g, mermaid_text(topology.nodes()[view.groups[g].node].name));
    for (std::size_t i = 0; i < view.nodes.size(); ++i) {
      if (view.nodes[i].group == g) node(i, "    ");
    }
    out += "  end\n";
  }
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (view.nodes[i].group == none) node(i, "  ");
  }
  for (const ViewEdge& edge : view.edges) {
    const std::string label = mermaid_text(edge.messages.empty() ? std::string(word_of(edge.kind)) : messages_of(edge, ", "));
    out += fmt::format("  n{} {}{} n{}\n", edge.from, mermaid_arrow(edge.kind), label.empty() ? "" : "|\"" + label + "\"|", edge.to);
  }
  return out;
}

// ---- JSON ----------------------------------------------------------------------------------------------

namespace {

using json = nlohmann::ordered_json;

void put_place(json& into, const Spot& at) {
  if (at.file.empty()) return;
  into["at"] = {{"file", printable(at.file)}, {"line", at.where.line}, {"column", at.where.column}};
}

}  // namespace

std::string graph_json(const Topology& topology, const View& view) {
  json out{{"flowtank_graph", graph_json_version}, {"title", printable(topology.system().title)}, {"level", to_text(view.level)}};
  out["groups"] = json::array();
  for (std::size_t g = 0; g < view.groups.size(); ++g) {
    const Node& group = topology.nodes()[view.groups[g].node];
    out["groups"].push_back({{"id", fmt::format("g{}", g)}, {"kind", to_text(group.kind)}, {"name", printable(group.name)}});
  }
  out["nodes"] = json::array();
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    const Node& n = node_of(topology, view, i);
    json one{{"id", fmt::format("n{}", i)}, {"kind", to_text(n.kind)}, {"name", printable(n.name)}, {"subject", printable(n.subject)}};
    if (view.nodes[i].group != none) one["group"] = fmt::format("g{}", view.nodes[i].group);
    put_place(one, n.at);
    out["nodes"].push_back(std::move(one));
  }
  out["edges"] = json::array();
  for (const ViewEdge& edge : view.edges) {
    json one{{"from", fmt::format("n{}", edge.from)}, {"to", fmt::format("n{}", edge.to)}, {"kind", to_text(edge.kind)}};
    one["messages"] = json::array();
    for (const std::string& name : edge.messages) one["messages"].push_back(printable(name));
    put_place(one, edge.at);
    out["edges"].push_back(std::move(one));
  }
  return out.dump(2) + "\n";
}

}  // namespace flowtank::reports
