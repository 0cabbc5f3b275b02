// SPDX-License-Identifier: Apache-2.0
// See trace_names.hpp. Faults go by the names that scenario files have for them, since their order is no promise.
#include "sim/world/trace_names.hpp"

#include <algorithm>

#include "sim/world/fault_kinds.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

std::vector<std::string> names_of_columns(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

std::vector<Column> columns_of(const std::vector<std::string>& names) {
  std::vector<Column> columns(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) columns[i].name = names[i];
  return columns;
}

}  // namespace

TraceNames names_of(const World& world) {
  const System& system = world.system();
  TraceNames names;
  names.title = system.title;
  for (const Service& s : system.services) names.services.push_back({s.name, s.instances});
  for (const Handler& h : system.handlers) {
    TraceNames::Handler handler{h.name, h.service, {}};
    for (const Step& step : h.program.steps) handler.steps.push_back(step.label);
    names.handlers.push_back(std::move(handler));
  }
  for (const Table& t : system.tables) {
    names.tables.push_back({t.name, t.display, t.service, static_cast<std::uint32_t>(t.role), names_of_columns(t.columns)});
  }
  for (const MessageType& m : system.messages) {
    names.messages.push_back({m.name, m.command, m.record_type, m.data_type, names_of_columns(m.fields)});
  }
  for (const BrokerSpec& b : system.brokers) {
    names.brokers.push_back(b.name);
    names.broker_kinds.push_back(b.kind);
  }
  for (const Channel& c : system.channels) names.channels.push_back({c.name, c.broker});
  for (const Subscription& s : system.subscriptions) {
    names.subscriptions.push_back({s.group, s.channel});
    names.subscribers.push_back(s.service);
  }
  for (const TimerType& t : system.timers) names.timers.push_back({t.name, t.service});
  for (const EffectType& e : system.effects) names.effects.push_back({e.name, e.service});
  for (const Client& c : system.clients) names.clients.push_back({c.name, c.service});
  for (const Fault& f : system.faults) {
    names.faults.push_back({f.name, f.on.service != none ? f.on.service : f.on.consumer});
    names.fault_kinds.emplace_back(fault_kind(f.kind).name);
  }
  const Runs& runs = world.runs();
  for (std::uint32_t frame = 0; frame < runs.frame_count(); ++frame) {
    names.frames.push_back({runs.service_of_frame(frame), runs.number_of_instance(runs.instance_of_frame(frame))});
  }
  return names;
}

System system_of(const TraceNames& names) {
  System system;
  system.title = names.title;
  for (const auto& s : names.services) {
    Service service;
    service.name = s.name;
    service.instances = s.instances;
    system.services.push_back(std::move(service));
  }
  for (const auto& h : names.handlers) {
    Handler handler;
    handler.name = h.name;
    handler.service = h.service;
    for (const std::string& label : h.steps) handler.program.steps.emplace_back().label = label;
    system.handlers.push_back(std::move(handler));
  }
  for (const auto& t : names.tables) {
    Table table;
    table.name = t.name;
    table.display = t.display;
    table.service = t.service;
    table.role = static_cast<TableRole>(std::min<std::uint32_t>(t.role, static_cast<std::uint32_t>(TableRole::observation)));
    table.columns = columns_of(t.columns);
    system.tables.push_back(std::move(table));
  }
  for (const auto& m : names.messages) {
    MessageType message;
    message.name = m.name;
    message.command = m.command;
    message.record_type = m.record_type;
    message.data_type = m.data_type;
    message.fields = columns_of(m.fields);
    system.messages.push_back(std::move(message));
  }
  for (std::size_t b = 0; b < names.brokers.size(); ++b) system.brokers.push_back({names.brokers[b], b < names.broker_kinds.size() ? names.broker_kinds[b] : "", {}});
  for (const auto& c : names.channels) {
    Channel channel;
    channel.name = c.name;
    channel.broker = c.owner;
    system.channels.push_back(std::move(channel));
  }
  for (std::size_t i = 0; i < names.subscriptions.size(); ++i) {
    Subscription subscription;
    subscription.channel = names.subscriptions[i].owner;
    subscription.group = names.subscriptions[i].name;
    subscription.service = i < names.subscribers.size() ? names.subscribers[i] : none;
    system.subscriptions.push_back(std::move(subscription));
  }
  for (const auto& t : names.timers) {
    TimerType timer;
    timer.name = t.name;
    timer.service = t.owner;
    system.timers.push_back(std::move(timer));
  }
  for (const auto& e : names.effects) {
    EffectType effect;
    effect.name = e.name;
    effect.service = e.owner;
    system.effects.push_back(std::move(effect));
  }
  for (const auto& c : names.clients) {
    Client client;
    client.name = c.name;
    client.service = c.owner;
    system.clients.push_back(std::move(client));
  }
  for (std::size_t i = 0; i < names.faults.size(); ++i) {
    Fault fault;
    fault.name = names.faults[i].name;
    const FaultKindInfo* kind = i < names.fault_kinds.size() ? find_fault_kind(names.fault_kinds[i]) : nullptr;
    if (kind != nullptr) fault.kind = kind->kind;
    fault.on.service = names.faults[i].owner;
    system.faults.push_back(std::move(fault));
  }
  return system;
}

}  // namespace flowtank
