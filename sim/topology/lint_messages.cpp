// SPDX-License-Identifier: Apache-2.0
// Findings on what is sent and who takes it: channels, events, subscriptions, commands, and the fields of
// messages from those who fill them to those who read them.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/topology/study.hpp"

namespace flowtank::topology {

namespace {

void channels(Study& study) {
  const System& system = study.system;
  for (std::uint32_t i = 0; i < system.channels.size(); ++i) {
    const auto& emissions = study.topology.emissions();
    const bool written = std::any_of(emissions.begin(), emissions.end(), [&](const Emission& e) { return e.channel == i; });
    const bool read = std::any_of(system.subscriptions.begin(), system.subscriptions.end(), [&](const Subscription& s) { return s.channel == i; });
    if (written && read) continue;
    const std::string& subject = study.topology.nodes()[study.topology.node(NodeKind::channel, i)].subject;
    const Spot spot = study.spot_of_channel(i);
    const std::string name = fmt::format("\"{}\"", system.channels[i].name);
    if (written) study.warn(codes::lint_channel_unread, subject, spot, "nobody reads channel " + name, "What is published there is kept and never handled. Add a consumer, or do not publish it.");
    else if (read) study.warn(codes::lint_channel_unwritten, subject, spot, "nobody publishes to channel " + name, "Its consumers wait for ever. Check the names in \"publishes\" and \"channels\" of the services.");
    else study.warn(codes::lint_channel_unused, subject, spot, "nobody uses channel " + name, "Remove it, or check the channel names of the services.");
  }
}

void unhandled_events(Study& study) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> told;
  for (const Emission& emission : study.topology.emissions()) {
    if (!study.is_reached(NodeKind::handler, emission.maker) || !study.topology.consumers(emission.message, emission.channel).empty()) continue;
    if (!told.emplace(emission.message, emission.channel).second) continue;
    const Handler& maker = study.system.handlers[emission.maker];
    std::string hint;
    for (std::uint32_t channel = 0; channel < study.system.channels.size(); ++channel) {
      if (channel == emission.channel || study.topology.consumers(emission.message, channel).empty() || !hint.empty()) continue;
      hint = fmt::format("It is handled on channel \"{}\", but goes out on \"{}\".", study.system.channels[channel].name, study.system.channels[emission.channel].name);
    }
    if (hint.empty()) hint = "Add a service that handles it, or do not publish it.";
    study.warn(codes::lint_event_unhandled, study.service_name(maker.service) + "." + study.message_name(emission.message),
               study.topology.spot_of_step(emission.maker, emission.instruction),
               fmt::format("{} publishes {}, which nobody handles", study.service_name(maker.service), study.message_name(emission.message)), hint);
  }
}

void idle_subscriptions(Study& study) {
  const System& system = study.system;
  for (std::uint32_t i = 0; i < system.subscriptions.size(); ++i) {
    const Subscription& subscription = system.subscriptions[i];
    std::vector<std::string> carried;
    bool handles = false;
    for (const Emission& emission : study.topology.emissions()) {
      if (emission.channel != subscription.channel) continue;
      const std::string& name = study.message_name(emission.message);
      if (std::find(carried.begin(), carried.end(), name) == carried.end()) carried.push_back(name);
      for (const std::uint32_t handler : study.topology.consumers(emission.message, emission.channel)) handles = handles || system.handlers[handler].subscription == i;
    }
    if (handles || carried.empty()) continue;
    const Service& service = system.services[subscription.service];
    const std::string& channel = system.channels[subscription.channel].name;
    study.warn(codes::lint_subscription_idle, service.name + "." + channel, {service.file, service.where, "/services/" + service.name},
               fmt::format("{} reads channel \"{}\", but handles nothing of what is published there", service.name, channel), fmt::format("It carries {}.", listed(carried)));
  }
}

void events_in_vain(Study& study) {
  const System& system = study.system;
  for (std::uint32_t i = 0; i < system.handlers.size(); ++i) {
    const Handler& handler = system.handlers[i];
    if (handler.trigger != Trigger::message || handler.subscription == none) continue;
    if (!study.is_reached(NodeKind::service, handler.service) && !std::any_of(system.services[handler.service].handlers.begin(), system.services[handler.service].handlers.end(),
                                                                             [&](std::uint32_t h) { return study.is_reached(NodeKind::handler, h); })) {
      continue;  // the whole service is out of reach, which is said once
    }
    const std::uint32_t channel = system.subscriptions[handler.subscription].channel;
    const auto& emissions = study.topology.emissions();
    const bool published = std::any_of(emissions.begin(), emissions.end(), [&](const Emission& e) { return e.message == handler.message && e.channel == channel; });
    if (published) continue;
    study.note(codes::lint_event_unpublished, study.subject_of(i), study.topology.spot_of_handler(i),
               fmt::format("{} waits for {} on channel \"{}\", where nobody publishes it", study.service_name(handler.service), study.message_name(handler.message), system.channels[channel].name));
  }
}

// Who fills the fields of a message that a handler gets: for each of them the expressions by field.
std::vector<const std::vector<ExprId>*> producers(const Study& study, const Handler& handler) {
  std::vector<const std::vector<ExprId>*> out;
  const System& system = study.system;
  if (handler.trigger == Trigger::command) {
    for (const Client& client : system.clients) {
      for (const ClientRequest& request : requests_of(client)) {
        if (request.service == handler.service && request.message == handler.message) out.push_back(request.fields);
      }
    }
    for (const Handler& caller : system.handlers) {
      for (const CallSpec& call : caller.program.calls) {
        if (call.service == handler.service && call.message == handler.message) out.push_back(&call.fields);
      }
    }
    return out;
  }
  const std::uint32_t channel = handler.subscription == none ? none : system.subscriptions[handler.subscription].channel;
  std::set<std::uint32_t> makers;
  for (const Emission& emission : study.topology.emissions()) {
    if (emission.message == handler.message && emission.channel == channel) makers.insert(emission.maker);
  }
  for (const std::uint32_t maker : makers) {
    for (const EventSpec& event : system.handlers[maker].program.events) {
      if (event.message == handler.message) out.push_back(&event.fields);
    }
  }
  return out;
}

void unwritten_fields(Study& study, std::uint32_t index) {
  const Handler& handler = study.system.handlers[index];
  const MessageType& message = study.system.messages[handler.message];
  const auto makers = producers(study, handler);
  if (makers.empty()) return;
  std::set<std::string> tested;
  for (const Site& site : study.sites[index]) {
    const ExpressionUse use = use_of(study.system.expressions[site.expression]);
    tested.insert(use.tested.begin(), use.tested.end());
  }
  for (std::uint32_t field = 0; field < message.fields.size(); ++field) {
    const auto fills = std::count_if(makers.begin(), makers.end(), [&](const std::vector<ExprId>* fields) { return field < fields->size() && (*fields)[field] != none; });
    if (field == message.copy_field || fills == static_cast<std::ptrdiff_t>(makers.size()) || tested.count(message.fields[field].name) != 0) continue;
    for (const Site& site : study.sites[index]) {
      if (!use_of(study.system.expressions[site.expression]).reads(message.data_type, field)) continue;
      const std::string& name = message.fields[field].name;
      const std::string who = fmt::format("{} reads {} of {}", study.service_name(handler.service), name, message.name);
      study.warn(codes::lint_field_unwritten, study.subject_of(index) + "." + name, study.topology.spot_of_step(index, site.instruction),
                 who + (fills == 0 ? ", but nobody who sends it fills it" : ", but not everybody who sends it fills it"),
                 fmt::format("Then it is null. Fill it, or ask first: has({}.data.{}).", message.command ? "command" : "event", name));
      break;
    }
  }
}

bool reads_field(const Study& study, std::uint32_t handler, const MessageType& message, std::uint32_t field) {
  const std::string& name = message.fields[field].name;
  return std::any_of(study.sites[handler].begin(), study.sites[handler].end(), [&](const Site& site) {
    const expr::Program& program = study.system.expressions[site.expression];
    const ExpressionUse use = use_of(program);
    return use.reads(message.data_type, field) || std::binary_search(use.names.begin(), use.names.end(), name) ||
           std::binary_search(use.tested.begin(), use.tested.end(), name) || uses_whole_message(program, message.record_type, message.data_type);
  });
}

void unread_fields(Study& study) {
  const System& system = study.system;
  for (std::uint32_t m = 0; m < system.messages.size(); ++m) {
    const MessageType& message = system.messages[m];
    std::vector<std::uint32_t> consumers;
    std::vector<const std::vector<ExprId>*> makers;
    for (std::uint32_t i = 0; i < system.handlers.size(); ++i) {
      const Handler& handler = system.handlers[i];
      if (handler.message != m || !study.is_reached(NodeKind::handler, i)) continue;
      consumers.push_back(i);
      const auto some = producers(study, handler);
      makers.insert(makers.end(), some.begin(), some.end());
    }
    if (consumers.empty()) continue;
    std::vector<std::string> names;
    for (std::uint32_t field = 0; field < message.fields.size(); ++field) {
      if (field == message.key_field) continue;
      const bool filled = std::any_of(makers.begin(), makers.end(), [&](const std::vector<ExprId>* fields) { return field < fields->size() && (*fields)[field] != none; });
      const bool read = std::any_of(consumers.begin(), consumers.end(), [&](std::uint32_t handler) { return reads_field(study, handler, message, field); });
      if (filled && !read) names.push_back(message.fields[field].name);
    }
    if (names.empty()) continue;
    const Spot spot = m < study.scenario.spots.messages.size() ? study.scenario.spots.messages[m] : Spot{};
    study.note(codes::lint_field_unread, message.name, spot, fmt::format("nobody who handles {} reads its {}", message.name, listed(names)));
  }
}

void unsent_commands(Study& study) {
  const System& system = study.system;
  for (std::uint32_t i = 0; i < system.handlers.size(); ++i) {
    const Handler& handler = system.handlers[i];
    if (handler.trigger != Trigger::command || !producers(study, handler).empty()) continue;
    study.note(codes::lint_command_unsent, study.subject_of(i), study.topology.spot_of_handler(i),
               fmt::format("nobody sends {} to {}", study.message_name(handler.message), study.service_name(handler.service)));
  }
}

}  // namespace

void lint_messages(Study& study) {
  channels(study);
  unhandled_events(study);
  idle_subscriptions(study);
  events_in_vain(study);
  for (std::uint32_t i = 0; i < study.system.handlers.size(); ++i) {
    const Trigger trigger = study.system.handlers[i].trigger;
    if ((trigger == Trigger::message || trigger == Trigger::command) && study.is_reached(NodeKind::handler, i)) unwritten_fields(study, i);
  }
  unread_fields(study);
  unsent_commands(study);
}

}  // namespace flowtank::topology
