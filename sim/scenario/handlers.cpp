// SPDX-License-Identifier: Apache-2.0
// Handlers and pollers of a service, and the wiring of its messages to channels. A handler names the
// event, command or timer that starts it; a poller the condition under which it has something to do.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/builder.hpp"
#include "sim/scenario/handler_builder.hpp"

namespace flowtank::loading {

namespace {

// Declares what the expressions of a handler see beside locals.
void declare_input(expr::Environment& environment, const char* name, expr::Type type) {
  if (name) environment.declare(name, type, slot_input);
  environment.declare("now", expr::types::duration, slot_now);
  environment.declare("attempt", expr::types::int64, slot_attempt);
  environment.declare("instance", expr::types::int64, slot_instance);
}

}  // namespace

void Builder::lower_handlers(ServiceScope& scope) {
  reading.options = &scope.options;
  const Place handlers{scope.model->root.find("handlers"), "/handlers"};
  if (handlers && reading.is_object(handlers, "handlers")) {
    for (const JsonMember& member : handlers.node->members) {
      if (is_included(reading, handlers.at(member))) lower_handler(scope, member, handlers, false);
    }
  }
  const Place pollers{scope.model->root.find("pollers"), "/pollers"};
  if (pollers && reading.is_object(pollers, "pollers")) {
    for (const JsonMember& member : pollers.node->members) {
      if (is_included(reading, pollers.at(member))) lower_handler(scope, member, pollers, true);
    }
  }
  reading.options = nullptr;
}

// What starts a handler: sets trigger, and message or timer. Gives the name and type of its input.
std::optional<std::pair<const char*, expr::Type>> Builder::read_trigger(ServiceScope& scope, const Place& on, Handler& handler) {
  const auto name = reading.text(on);
  if (!name) return std::nullopt;
  if (const auto timer = scope.timers.find(*name); timer != scope.timers.end()) {
    handler.trigger = Trigger::timer;
    handler.timer = timer->second;
    return std::pair("timer", types->record_type(system->timers[timer->second].record_type));
  }
  const auto message = scope.messages.find(*name);
  if (message == scope.messages.end()) {
    std::vector<std::string> candidates = names_of(scope.messages);
    for (const auto& [timer, index] : scope.timers) candidates.push_back(timer);
    reading.unknown_name(codes::ref_message, on, "event, command or timer", *name, candidates, "The model declares");
    return std::nullopt;
  }
  const MessageType& type = system->messages[message->second];
  handler.trigger = type.command ? Trigger::command : Trigger::message;
  handler.message = message->second;
  return std::pair(type.command ? "command" : "event", types->record_type(type.record_type));
}

void Builder::lower_handler(ServiceScope& scope, const JsonMember& member, const Place& section, bool poller) {
  const Place place = section.at(member);
  Fields fields(reading, place, poller ? "a poller" : "a handler");
  if (!fields.valid()) return;
  fields.allow("doc");
  fields.allow("only");
  Handler handler;
  handler.name = member.key;
  handler.service = scope.index;
  expr::Environment environment = scope.environment;
  if (poller) {
    handler.trigger = Trigger::poll;
    declare_input(environment, nullptr, expr::types::dyn);
    const auto every = fields.time("every");
    if (!every || *every == Duration::zero()) {
      reading.error(codes::key_missing, place, "a poller needs a period, for example \"every_ms\": 100", "It must be longer than zero.");
    }
    handler.every = every.value_or(ms(100));
    if (const Place guard = fields.require("while")) handler.guard = expressions.condition(guard, environment).id;
  } else {
    const Place on = fields.require("on");
    const auto input = on ? read_trigger(scope, on, handler) : std::nullopt;
    if (input) declare_input(environment, input->first, input->second);
    else declare_input(environment, "event", expr::types::dyn);
    handler.settlement = static_cast<Settlement>(fields.word("settle", {"after", "before", "always"}, "Allowed", 0));
    if (const Place retry = fields.object("retry")) handler.retry = read_retry(reading, retry);
    if (scope.has_retry) handler.retry = scope.retry;
  }
  if (const Place takes = fields.find("takes")) handler.durations = distribution(takes);
  if (scope.durations != none) handler.durations = scope.durations;
  handler.atomic = fields.boolean("atomic", false);
  if (handler.atomic && fields.has("takes")) {
    reading.error(codes::key_conflict, fields.find("takes"), "the steps of an atomic handler take no time",
                  "\"atomic\" makes the whole run one action; leave out one of the two.");
  }
  if (handler.atomic) handler.durations = none;
  const Place steps = fields.require("steps");
  fields.finish();
  HandlerBuilder builder(*this, scope, std::move(environment), handler.trigger == Trigger::message);
  handler.program = builder.build(steps, place);
  if (handler.program.code.size() > options.limits.instructions) {
    reading.error(codes::range_size, place, fmt::format("the handler has more than {} instructions", options.limits.instructions));
  }
  add_handler(scope, std::move(handler), section, member);
}

void Builder::add_handler(ServiceScope& scope, Handler handler, const Place& section, const JsonMember& member) {
  Service& service = system->services[scope.index];
  const auto index = static_cast<std::uint32_t>(system->handlers.size());
  if (handler.trigger == Trigger::poll) {
    service.pollers.push_back(index);
  } else {
    for (const std::uint32_t other : service.handlers) {
      const Handler& before = system->handlers[other];
      if (before.trigger != handler.trigger || before.message != handler.message || before.timer != handler.timer) continue;
      if (handler.message == none && handler.timer == none) continue;  // diagnosed already
      reading.error_at_key(codes::model_handler, section, member, "two handlers for the same message: " + in_quotes(before.name) + " and " + in_quotes(handler.name),
                           "\"only\" can choose between them.");
    }
    if (handler.timer != none) system->timers[handler.timer].handler = index;
    service.handlers.push_back(index);
  }
  system->handlers.push_back(std::move(handler));
}

// ---- wiring ---------------------------------------------------------------------------------------

std::optional<std::uint32_t> Builder::channel_for(ServiceScope& scope, std::uint32_t message, bool publishing) {
  const std::string& name = system->messages[message].name;
  const auto& own = publishing ? scope.publishes : scope.consumes;
  if (const auto entry = own.find(name); entry != own.end()) return channel_named(entry->second);
  const auto logical = scope.default_channel.find(name);
  const std::string verb = publishing ? " publishes " : " handles ";
  const std::string& service = system->services[scope.index].name;
  if (logical == scope.default_channel.end()) {
    reading.error(codes::model_wiring, scope.use, service + verb + name + ", but the model names no channel for it",
                  fmt::format("Add \"{}\": {{ \"{}\": CHANNEL }} to the service.", publishing ? "publishes" : "consumes", name));
    return std::nullopt;
  }
  if (const auto renamed = scope.rename.find(logical->second); renamed != scope.rename.end()) return channel_named(renamed->second);
  const auto found = channels.find(logical->second);
  if (found != channels.end()) return found->second;
  std::vector<std::string> plain;
  for (const auto& [known, qualified] : ambiguous_channels) plain.push_back(known);
  reading.error(codes::ref_channel, scope.use,
                service + verb + name + " on channel " + in_quotes(logical->second) + ", which no broker has",
                name_hint(logical->second, plain, "Channels") + fmt::format(". Declare it, or rename it: \"channels\": {{ \"{}\": CHANNEL }}.", logical->second));
  return std::nullopt;
}

std::uint32_t Builder::subscription(ServiceScope& scope, std::uint32_t channel) {
  const auto known = subscriptions_.find({channel, scope.index});
  if (known != subscriptions_.end()) return known->second;
  Subscription made;
  made.channel = channel;
  made.service = scope.index;
  made.group = system->services[scope.index].name;
  if (const JsonNode* list = scope.entry.node->find("subscriptions"); list && list->is(JsonKind::object)) {
    const Place place{list, pointer_to(scope.entry.pointer, "subscriptions")};
    for (const JsonMember& member : list->members) {
      const auto named = channels.find(member.key);
      if (named == channels.end() || named->second != channel) continue;
      Fields fields(reading, place.at(member), "a subscription");
      made.group = fields.text("group", made.group);
      made.options = free_options(fields);
    }
  }
  const auto index = static_cast<std::uint32_t>(system->subscriptions.size());
  subscriptions_[{channel, scope.index}] = index;
  system->subscriptions.push_back(std::move(made));
  return index;
}

void Builder::wire(ServiceScope& scope) {
  system->wiring.resize(system->services.size());
  std::vector<std::uint32_t>& row = system->wiring[scope.index];
  row.assign(system->messages.size(), none);
  for (const std::uint32_t message : scope.made) row[message] = channel_for(scope, message, true).value_or(none);
  std::vector<std::string> handled;
  for (const std::uint32_t index : system->services[scope.index].handlers) {
    const std::uint32_t message = system->handlers[index].message;
    if (system->handlers[index].trigger != Trigger::message || message == none) continue;  // none: diagnosed already
    handled.push_back(system->messages[message].name);
    if (const auto channel = channel_for(scope, message, false)) system->handlers[index].subscription = subscription(scope, *channel);
  }
  check_wiring_names(scope, handled);
}

void Builder::check_wiring_names(ServiceScope& scope, const std::vector<std::string>& handled) {
  std::vector<std::string> made;
  for (const std::uint32_t message : scope.made) made.push_back(system->messages[message].name);
  const auto check = [&](const std::map<std::string, Place>& entries, const std::vector<std::string>& known, const char* verb) {
    for (const auto& [name, place] : entries) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      reading.error(codes::ref_message, place, system->services[scope.index].name + " " + verb + " no event " + in_quotes(name),
                    name_hint(name, known, "Events"));
    }
  };
  check(scope.publishes, made, "publishes");
  check(scope.consumes, handled, "handles");
  std::vector<std::string> logical;
  for (const auto& [event, channel] : scope.default_channel) logical.push_back(channel);
  for (const auto& [name, place] : scope.rename) {
    channel_named(place);
    if (std::find(logical.begin(), logical.end(), name) == logical.end()) {
      reading.unknown_name(codes::ref_channel, place, "channel in the model called", name, logical, "Its channels");
    }
  }
  if (const JsonNode* list = scope.entry.node->find("subscriptions"); list && list->is(JsonKind::object)) {
    const Place place{list, pointer_to(scope.entry.pointer, "subscriptions")};
    for (const JsonMember& member : list->members) {
      const auto named = channels.find(member.key);
      if (named != channels.end() && subscriptions_.count({named->second, scope.index}) != 0) continue;
      reading.error_at_key(codes::ref_channel, place, member, system->services[scope.index].name + " reads no channel " + in_quotes(member.key));
    }
  }
}

}  // namespace flowtank::loading
