// SPDX-License-Identifier: Apache-2.0
// Builds the topology: nodes kind by kind, then the edges that clients, handlers and timers make. The events
// that a handler stores for a relay are followed to the channel which the relay publishes them on.
#include "sim/topology/topology.hpp"

#include <algorithm>
#include <array>
#include <tuple>


#include "sim/topology/expression_use.hpp"

namespace flowtank::topology {

namespace {

constexpr std::array<std::string_view, 8> node_words{"client", "service", "handler", "timer", "table", "broker", "channel", "effect"};
constexpr std::array<std::string_view, 13> edge_words{"sends", "calls", "replies", "publishes", "delivers", "sets", "fires",
                                                      "stores", "relays", "writes", "reads", "wakes", "causes"};

Spot spot_at(const std::vector<Spot>& spots, std::uint32_t index) { return index < spots.size() ? spots[index] : Spot{}; }

template <typename T>
void add_unique(std::vector<T>& values, T value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
}

}  // namespace

std::string_view to_text(NodeKind kind) { return node_words[static_cast<std::size_t>(kind)]; }
std::string_view to_text(EdgeKind kind) { return edge_words[static_cast<std::size_t>(kind)]; }

Topology::Topology(const System& system, const Spots* spots) : system_(&system) {
  static const Spots nowhere;
  add_nodes(spots ? spots : &nowhere);
  add_clients();
  for (std::uint32_t i = 0; i < system.handlers.size(); ++i) add_handler(i);
  add_relayed();
  for (std::uint32_t i = 0; i < system.handlers.size(); ++i) add_inputs(i);
  const auto order = [](const Edge& e) { return std::tie(e.from, e.to, e.kind, e.message, e.step); };
  std::stable_sort(edges_.begin(), edges_.end(), [&](const Edge& a, const Edge& b) { return order(a) < order(b); });
  edges_.erase(std::unique(edges_.begin(), edges_.end(), [&](const Edge& a, const Edge& b) { return order(a) == order(b); }), edges_.end());
}

void Topology::add_nodes(const Spots* spots) {
  const System& s = *system_;
  const auto begin_kind = [&] { first_.push_back(static_cast<std::uint32_t>(nodes_.size())); };
  const auto add = [&](NodeKind kind, std::size_t index, const std::string& name, std::string subject, NodeId inside, Spot at) {
    nodes_.push_back({kind, static_cast<std::uint32_t>(index), name, std::move(subject), inside, std::move(at)});
  };
  const auto service_of = [&](std::uint32_t service) { return service == none ? none : node(NodeKind::service, service); };
  const auto in_service = [&](std::uint32_t service, const std::string& name) {
    return service == none ? name : s.services[service].name + "." + name;
  };
  begin_kind();
  for (std::uint32_t i = 0; i < s.clients.size(); ++i) add(NodeKind::client, i, s.clients[i].name, s.clients[i].name, none, spot_at(spots->clients, i));
  begin_kind();
  for (std::uint32_t i = 0; i < s.services.size(); ++i) {
    const Service& service = s.services[i];
    add(NodeKind::service, i, service.name, service.name, none, {service.file, service.where, "/services/" + service.name});
  }
  begin_kind();
  for (std::uint32_t i = 0; i < s.handlers.size(); ++i) {
    const Handler& handler = s.handlers[i];
    Spot at = spot_at(spots->handlers, i);
    if (at.file.empty() && !handler.program.steps.empty()) {
      const Step& last = handler.program.steps.back();
      at = {last.file, last.where, last.pointer};
    }
    add(NodeKind::handler, i, handler.name, in_service(handler.service, handler.name), service_of(handler.service), at);
  }
  begin_kind();
  for (std::uint32_t i = 0; i < s.timers.size(); ++i) {
    add(NodeKind::timer, i, s.timers[i].name, in_service(s.timers[i].service, s.timers[i].name), service_of(s.timers[i].service), spot_at(spots->timers, i));
  }
  begin_kind();
  for (std::uint32_t i = 0; i < s.tables.size(); ++i) add(NodeKind::table, i, s.tables[i].name, s.tables[i].display, service_of(s.tables[i].service), spot_at(spots->tables, i));
  begin_kind();
  for (std::uint32_t i = 0; i < s.brokers.size(); ++i) add(NodeKind::broker, i, s.brokers[i].name, s.brokers[i].name, none, spot_at(spots->brokers, i));
  begin_kind();
  for (std::uint32_t i = 0; i < s.channels.size(); ++i) {
    const std::uint32_t broker = s.channels[i].broker;
    const std::string subject = broker == none ? s.channels[i].name : s.brokers[broker].name + "." + s.channels[i].name;
    add(NodeKind::channel, i, s.channels[i].name, subject, broker == none ? none : node(NodeKind::broker, broker), {});
  }
  begin_kind();
  for (std::uint32_t i = 0; i < s.effects.size(); ++i) add(NodeKind::effect, i, s.effects[i].name, s.effects[i].name, none, spot_at(spots->effects, i));
}

NodeId Topology::node(NodeKind kind, std::uint32_t index) const {
  return first_[static_cast<std::size_t>(kind)] + index;
}

NodeId Topology::find(std::string_view subject) const {
  for (NodeId i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].subject == subject) return i;
  }
  return none;
}

std::vector<std::uint32_t> Topology::consumers(std::uint32_t message, std::uint32_t channel) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < system_->handlers.size(); ++i) {
    const Handler& handler = system_->handlers[i];
    if (handler.trigger == Trigger::message && handler.message == message && handler.subscription != none &&
        system_->subscriptions[handler.subscription].channel == channel) {
      out.push_back(i);
    }
  }
  return out;
}

std::vector<std::uint32_t> Topology::receivers(std::uint32_t message, std::uint32_t service) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < system_->handlers.size(); ++i) {
    const Handler& handler = system_->handlers[i];
    if (handler.trigger == Trigger::command && handler.message == message && handler.service == service) out.push_back(i);
  }
  return out;
}

Spot Topology::spot_of_handler(std::uint32_t handler) const { return nodes_[node(NodeKind::handler, handler)].at; }

Spot Topology::spot_of_step(std::uint32_t handler, std::uint32_t instruction) const {
  const Program& program = system_->handlers[handler].program;
  const std::uint32_t step = program.code[instruction].step;
  if (step >= program.steps.size() || program.steps[step].file.empty()) return spot_of_handler(handler);
  return {program.steps[step].file, program.steps[step].where, program.steps[step].pointer};
}

void Topology::add_edge(Edge edge) { edges_.push_back(std::move(edge)); }

std::uint32_t Topology::channel_of(std::uint32_t service, std::uint32_t message, std::uint32_t given) const {
  if (given != none) return given;
  if (service >= system_->wiring.size() || message >= system_->wiring[service].size()) return none;
  return system_->wiring[service][message];
}

std::vector<ClientRequest> requests_of(const Client& client) {
  std::vector<ClientRequest> out;
  if (client.script.empty()) out.push_back({client.service, client.message, &client.fields, client.max_attempts != 1});
  for (const SessionStep& step : client.script) {
    if (step.verb != SessionVerb::send && step.verb != SessionVerb::query) continue;
    for (const SessionTarget& target : step.targets) out.push_back({target.service, step.message, &step.fields, step.max_attempts != 1});
  }
  return out;
}

void Topology::add_clients() {
  for (std::uint32_t i = 0; i < system_->clients.size(); ++i) {
    const NodeId from = node(NodeKind::client, i);
    for (const ClientRequest& request : requests_of(system_->clients[i])) {
      for (const std::uint32_t handler : receivers(request.message, request.service)) {
        const NodeId to = node(NodeKind::handler, handler);
        add_edge({from, to, EdgeKind::sends, request.message, "", nodes_[from].at});
        const Program& program = system_->handlers[handler].program;
        if (!program.replies.empty()) add_edge({to, from, EdgeKind::replies, none, "", nodes_[to].at});
      }
    }
    for (const SessionStep& step : system_->clients[i].script) {
      for (const SessionTarget& target : step.targets) {
        if (target.table != none) add_edge({node(NodeKind::table, target.table), from, EdgeKind::reads, none, step.name, nodes_[from].at});
      }
    }
  }
}

void Topology::add_handler(std::uint32_t handler) {
  const Program& program = system_->handlers[handler].program;
  const NodeId from = node(NodeKind::handler, handler);
  for (std::uint32_t i = 0; i < program.code.size(); ++i) {
    const Instruction& at = program.code[i];
    const std::string label = at.step < program.steps.size() ? program.steps[at.step].label : "";
    switch (at.op) {
      case Op::publish: add_publish(handler, i); break;
      case Op::insert:
      case Op::update:
      case Op::erase: add_statements(handler, i); break;
      case Op::call: add_call(handler, i); break;
      case Op::effect:
        if (program.effects[at.a].effect == none) break;
        add_edge({from, node(NodeKind::effect, program.effects[at.a].effect), EdgeKind::causes, none, label, spot_of_step(handler, i)});
        break;
      case Op::set_timer:
        if (program.timers[at.a].timer == none) break;
        add_edge({from, node(NodeKind::timer, program.timers[at.a].timer), EdgeKind::sets, none, label, spot_of_step(handler, i)});
        break;
      default: break;
    }
  }
  for (const Site& site : sites_of(program)) {
    for (const expr::TableAccess& access : system_->expressions[site.expression].accesses()) {
      const auto table = static_cast<std::uint32_t>(access.table.u);
      add_edge({node(NodeKind::table, table), from, EdgeKind::reads, none, "", spot_of_step(handler, site.instruction)});
    }
  }
}

void Topology::add_publish(std::uint32_t handler, std::uint32_t instruction) {
  const Handler& of = system_->handlers[handler];
  const PublishSpec& spec = of.program.publishes[of.program.code[instruction].a];
  if (spec.event == none) return;
  const Locals locals(*system_, of.program);
  std::vector<std::uint32_t> messages;
  const std::uint32_t local = locals.plain_local(spec.event);
  if (local != none) messages = locals.made(local);
  const auto slot = system_->expressions[spec.event].plain_slot();
  if (slot && *slot == slot_input && of.trigger == Trigger::message) messages.push_back(of.message);
  for (const std::uint32_t message : messages) {
    const std::uint32_t channel = channel_of(of.service, message, spec.channel);
    if (channel != none) emissions_.push_back({handler, message, channel, none, instruction});
  }
  if (!messages.empty()) return;
  for (const std::uint32_t table : locals.tables_behind(spec.event)) relays_.push_back({handler, instruction, table, spec.channel});
}

void Topology::add_statements(std::uint32_t handler, std::uint32_t instruction) {
  const Program& program = system_->handlers[handler].program;
  const Instruction& at = program.code[instruction];
  const NodeId from = node(NodeKind::handler, handler);
  const std::string label = at.step < program.steps.size() ? program.steps[at.step].label : "";
  std::uint32_t table = none;
  if (at.op == Op::insert) {
    const InsertSpec& insert = program.inserts[at.a];
    table = insert.table;
    const Locals locals(*system_, program);
    for (const ExprId column : insert.columns) {
      const std::uint32_t local = column == none ? none : locals.plain_local(column);
      if (local == none) continue;
      for (const std::uint32_t message : locals.made(local)) {
        stored_.push_back({handler, instruction, table, message});
        add_edge({from, node(NodeKind::table, table), EdgeKind::stores, message, label, spot_of_step(handler, instruction)});
      }
    }
  } else if (at.op == Op::update) {
    table = program.updates[at.a].table;
  } else {
    table = program.erases[at.a].table;
  }
  if (table != none) add_edge({from, node(NodeKind::table, table), EdgeKind::writes, none, label, spot_of_step(handler, instruction)});
}

// What is stored goes out where a relay publishes it.
void Topology::add_relayed() {
  for (const StoredEvent& stored : stored_) {
    for (const Relay& relay : relays_) {
      if (relay.table != stored.table) continue;
      const std::uint32_t channel = channel_of(system_->handlers[relay.handler].service, stored.message, relay.channel);
      if (channel == none) continue;
      emissions_.push_back({stored.handler, stored.message, channel, relay.handler, stored.instruction});
      add_edge({node(NodeKind::table, relay.table), node(NodeKind::handler, relay.handler), EdgeKind::relays, stored.message, "", spot_of_step(relay.handler, relay.instruction)});
    }
  }
  std::stable_sort(emissions_.begin(), emissions_.end(), [](const Emission& a, const Emission& b) {
    return std::tie(a.maker, a.instruction, a.message, a.channel, a.relay) < std::tie(b.maker, b.instruction, b.message, b.channel, b.relay);
  });
  for (const Emission& emission : emissions_) {
    const std::uint32_t publisher = emission.relay == none ? emission.maker : emission.relay;
    std::uint32_t instruction = emission.instruction;
    for (const Relay& relay : relays_) {
      if (emission.relay != none && relay.handler == emission.relay) instruction = relay.instruction;
    }
    const Program& program = system_->handlers[publisher].program;
    const std::uint32_t step = program.code[instruction].step;
    add_edge({node(NodeKind::handler, publisher), node(NodeKind::channel, emission.channel), EdgeKind::publishes, emission.message,
              step < program.steps.size() ? program.steps[step].label : "", spot_of_step(publisher, instruction)});
  }
}

void Topology::add_call(std::uint32_t handler, std::uint32_t instruction) {
  const Program& program = system_->handlers[handler].program;
  const Instruction& at = program.code[instruction];
  const CallSpec& call = program.calls[at.a];
  const NodeId from = node(NodeKind::handler, handler);
  for (const std::uint32_t receiver : receivers(call.message, call.service)) {
    const NodeId to = node(NodeKind::handler, receiver);
    add_edge({from, to, EdgeKind::calls, call.message, program.steps[at.step].label, spot_of_step(handler, instruction)});
    if (!system_->handlers[receiver].program.replies.empty()) add_edge({to, from, EdgeKind::replies, none, "", nodes_[to].at});
  }
}

void Topology::add_inputs(std::uint32_t handler) {
  const Handler& of = system_->handlers[handler];
  const NodeId to = node(NodeKind::handler, handler);
  if (of.trigger == Trigger::message && of.subscription != none) {
    const std::uint32_t channel = system_->subscriptions[of.subscription].channel;
    add_edge({node(NodeKind::channel, channel), to, EdgeKind::delivers, of.message, "", nodes_[to].at});
  }
  if (of.trigger == Trigger::timer && of.timer != none) add_edge({node(NodeKind::timer, of.timer), to, EdgeKind::fires, none, "", nodes_[to].at});
  if (of.trigger == Trigger::poll && of.guard != none) {
    for (const expr::TableAccess& access : system_->expressions[of.guard].accesses()) {
      add_edge({node(NodeKind::table, static_cast<std::uint32_t>(access.table.u)), to, EdgeKind::wakes, none, "", nodes_[to].at});
    }
  }
}

}  // namespace flowtank::topology
