// SPDX-License-Identifier: Apache-2.0
// Findings on ways through the whole system: what nothing reaches, what goes round, what everything depends on.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sim/topology/study.hpp"

namespace flowtank::topology {

namespace {

void unreachable_services(Study& study) {
  const System& system = study.system;
  for (std::uint32_t i = 0; i < system.services.size(); ++i) {
    const Service& service = system.services[i];
    std::vector<std::uint32_t> all = service.handlers;
    all.insert(all.end(), service.pollers.begin(), service.pollers.end());
    const bool reached = std::any_of(all.begin(), all.end(), [&](std::uint32_t h) { return study.is_reached(NodeKind::handler, h); });
    if (all.empty() || reached) continue;
    study.warn(codes::lint_unreachable, service.name, {service.file, service.where, "/services/" + service.name},
               fmt::format("nothing ever reaches {}", service.name), "No client, poller or timer leads to it, directly or through events. Connect it, or remove it.");
  }
}

// The graph of the flow with each handler taken for its service.
Digraph by_service(const Study& study) {
  Digraph out{study.flow.graph.size, {}};
  const auto service = [&](std::uint32_t v) {
    const Node& node = study.topology.nodes()[study.flow.vertices[v].node];
    return study.flow.vertices[v].message == none && node.kind == NodeKind::handler ? node.inside : v;
  };
  for (const auto& [from, to] : flow_of(study.topology, {false, true, true}).graph.edges) {
    if (service(from) != service(to)) out.edges.emplace_back(service(from), service(to));
  }
  return out;
}

std::string path_of(const Study& study, std::vector<std::uint32_t> cycle, bool services) {
  std::string out;
  cycle.push_back(cycle.front());
  for (const std::uint32_t v : cycle) {
    const FlowVertex& vertex = study.flow.vertices[v];
    const Node& node = study.topology.nodes()[vertex.node];
    std::string name = vertex.message != none ? study.message_name(vertex.message) : node.subject;
    if (!services && vertex.message == none && node.kind == NodeKind::handler) {
      name = fmt::format("{} (\"{}\")", study.topology.nodes()[node.inside].name, node.name);
    }
    out += (out.empty() ? "" : " -> ") + name;
  }
  return out;
}

bool has_event(const Study& study, const std::vector<std::uint32_t>& cycle) {
  return std::any_of(cycle.begin(), cycle.end(), [&](std::uint32_t v) { return study.flow.vertices[v].message != none; });
}

// The step by which the first handler of the cycle goes on.
Spot spot_of_cycle(const Study& study, const std::vector<std::uint32_t>& cycle) {
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const FlowVertex& at = study.flow.vertices[cycle[i]];
    const FlowVertex& next = study.flow.vertices[cycle[(i + 1) % cycle.size()]];
    for (const Emission& emission : study.topology.emissions()) {
      if (next.message == emission.message && study.topology.node(NodeKind::channel, emission.channel) == next.node &&
          study.topology.node(NodeKind::handler, emission.maker) == at.node) {
        return study.topology.spot_of_step(emission.maker, emission.instruction);
      }
    }
  }
  return study.topology.nodes()[study.flow.vertices[cycle[0]].node].at;
}

std::vector<std::uint32_t> starting_at_handler(const Study& study, std::vector<std::uint32_t> cycle) {
  const auto handler = std::find_if(cycle.begin(), cycle.end(), [&](std::uint32_t v) { return study.flow.vertices[v].message == none; });
  if (handler != cycle.end()) std::rotate(cycle.begin(), handler, cycle.end());
  return cycle;
}

void event_cycles(Study& study) {
  std::set<NodeId> looping;  // services
  for (const auto& found : shortest_cycles(flow_of(study.topology, {false, true, true}).graph)) {
    if (!has_event(study, found)) continue;  // timers and calls are told elsewhere
    const auto cycle = starting_at_handler(study, found);
    for (const std::uint32_t v : cycle) looping.insert(study.topology.nodes()[study.flow.vertices[v].node].inside);
    const Node& first = study.topology.nodes()[study.flow.vertices[cycle[0]].node];
    study.warn(codes::lint_event_cycle, first.subject, spot_of_cycle(study, cycle), "events may loop: " + path_of(study, cycle, false),
               "Each handling makes the event that leads back to it. Whether a branch or a guard ends this depends on data; a check decides it. Let one handler look before it goes on.");
  }
  for (const auto& found : shortest_cycles(by_service(study))) {
    if (!has_event(study, found)) continue;
    const auto cycle = starting_at_handler(study, found);
    if (std::any_of(cycle.begin(), cycle.end(), [&](std::uint32_t v) { return looping.count(study.flow.vertices[v].node) != 0; })) continue;
    study.note(codes::lint_event_round, study.topology.nodes()[study.flow.vertices[cycle[0]].node].subject, study.topology.nodes()[study.flow.vertices[cycle[0]].node].at,
               "events go round between services: " + path_of(study, cycle, true),
               "It ends by itself: each event is taken by another handler, and none leads back to itself.");
  }
}

void call_cycles(Study& study) {
  const System& system = study.system;
  const auto services = static_cast<std::uint32_t>(system.services.size());
  Digraph calls{services, {}};
  struct Call {
    std::uint32_t handler, instruction;
    bool waits_for_ever;
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, Call> made;  // by service, service: the first
  for (std::uint32_t h = 0; h < system.handlers.size(); ++h) {
    const Program& program = system.handlers[h].program;
    for (std::uint32_t i = 0; i < program.code.size(); ++i) {
      if (program.code[i].op != Op::call) continue;
      const CallSpec& call = program.calls[program.code[i].a];
      if (call.service == none) continue;
      calls.edges.emplace_back(system.handlers[h].service, call.service);
      const bool for_ever = call.timeout == Duration::zero();
      const auto [known, added] = made.try_emplace({system.handlers[h].service, call.service}, Call{h, i, for_ever});
      if (!added && for_ever) known->second.waits_for_ever = true;
    }
  }
  for (const auto& cycle : shortest_cycles(calls)) {
    std::string path;
    bool for_ever = true;
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      path += system.services[cycle[i]].name + " -> ";
      for_ever = for_ever && made.at({cycle[i], cycle[(i + 1) % cycle.size()]}).waits_for_ever;
    }
    const Call& first = made.at({cycle[0], cycle[1 % cycle.size()]});
    const Service& service = system.services[cycle[0]];
    study.warn(codes::lint_call_cycle, service.name, study.topology.spot_of_step(first.handler, first.instruction),
               fmt::format("calls go round: {}{}", path, service.name),
               fmt::format("A caller keeps its place while it waits. When {} of {} {} taken by callers, nobody is left to answer{}. Answer by an event, or call without a circle.",
                           service.instances * service.concurrency == 1 ? "the only place" : fmt::format("all {} places", service.instances * service.concurrency), service.name,
                           service.instances * service.concurrency == 1 ? "is" : "are", for_ever ? ", and they wait for ever" : " before the timeout"));
  }
}

// What `client` reaches that matters: effects, or where there is none, tables of data.
std::vector<std::uint32_t> goals(const Study& study, const std::vector<bool>& reached) {
  std::vector<std::uint32_t> out;
  const bool effects = !study.system.effects.empty();
  for (std::uint32_t v = 0; v < study.topology.nodes().size(); ++v) {
    const Node& node = study.topology.nodes()[v];
    if (!reached[v]) continue;
    if (effects ? node.kind == NodeKind::effect : node.kind == NodeKind::table && study.system.tables[node.index].role == TableRole::data) out.push_back(v);
  }
  return out;
}

struct Loss {
  std::vector<std::string> clients;
  std::set<std::uint32_t> goals;
};

// Services of one instance, and brokers, that something in `reached` belongs to.
std::set<NodeId> candidates(const Study& study, const std::vector<bool>& reached) {
  const auto& nodes = study.topology.nodes();
  std::set<NodeId> out;
  for (std::uint32_t v = 0; v < reached.size(); ++v) {
    const NodeId inside = nodes[study.flow.vertices[v].node].inside;
    if (!reached[v] || inside == none) continue;
    if (nodes[inside].kind == NodeKind::broker || study.system.services[nodes[inside].index].instances == 1) out.insert(inside);
  }
  return out;
}

// What each of them cuts off, looking only at what the client reaches.
std::map<NodeId, Loss> losses(const Study& study) {
  std::map<NodeId, Loss> out;
  for (std::uint32_t c = 0; c < study.system.clients.size(); ++c) {
    const NodeId client = study.topology.node(NodeKind::client, c);
    const std::vector<bool> reached = reachable(study.flow.graph, {client});
    Digraph part{study.flow.graph.size, {}};
    for (const auto& edge : study.flow.graph.edges) {
      if (reached[edge.first]) part.edges.push_back(edge);
    }
    const std::vector<std::uint32_t> wanted = goals(study, reached);
    for (const NodeId candidate : candidates(study, reached)) {
      const std::vector<bool> gone = without(study.topology, study.flow, candidate);
      const std::vector<bool> left = reachable(part, {client}, gone);
      bool any = false;
      for (const std::uint32_t goal : wanted) {
        if (left[goal] || gone[goal]) continue;
        any = true;
        out[candidate].goals.insert(goal);
      }
      if (any) out[candidate].clients.push_back(study.system.clients[c].name);
    }
  }
  return out;
}

// At most four names, the rest as a number.
std::string few(std::vector<std::string> names) {
  constexpr std::size_t most = 4;
  if (names.size() > most) {
    const std::size_t more = names.size() - most + 1;
    names.resize(most - 1);
    names.push_back(fmt::format("{} more", more));
  }
  return listed(names);
}

void single_points_of_failure(Study& study) {
  const auto& nodes = study.topology.nodes();
  for (const auto& [id, loss] : losses(study)) {
    std::vector<std::string> lost;
    for (const std::uint32_t goal : loss.goals) lost.push_back(nodes[goal].subject);
    study.note(codes::lint_single_point, nodes[id].subject, nodes[id].at,
               fmt::format("{} is a single point of failure: without it nothing of what {} ask reaches {}", nodes[id].name, few(loss.clients), few(lost)),
               nodes[id].kind == NodeKind::service ? "It runs as one instance; \"instances\": 2 or more keeps it going when one crashes." : "All ways go through this broker.");
  }
}

}  // namespace

void lint_flow(Study& study) {
  unreachable_services(study);
  event_cycles(study);
  call_cycles(study);
  single_points_of_failure(study);
}

}  // namespace flowtank::topology
