// SPDX-License-Identifier: Apache-2.0
// Clients and faults: what is asked of the system, and what is done to it. A workload has a stated limit,
// so that nobody waits for 10^12 requests by mistake.
#include <algorithm>

#include <fmt/format.h>
#include <sim/base/keyed_random.hpp>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

void Builder::read_arrivals(const Place& place, Client& client) {
  if (place.node->is(JsonKind::string)) {
    reading.word(place, {"at_once"}, "Allowed, beside an object");
    return;
  }
  Fields fields(reading, place, "arrivals");
  const auto every = fields.time("every");
  const auto poisson = fields.time("poisson_every");
  const Place rate = fields.find("poisson_per_s");
  fields.finish();
  if ((every ? 1 : 0) + (poisson ? 1 : 0) + (rate ? 1 : 0) != 1) {
    if (fields.valid()) reading.error(codes::key_conflict, place, "arrivals have one kind: every_ms, poisson_every_ms or poisson_per_s");
    return;
  }
  client.arrivals = every ? Arrivals::constant : Arrivals::poisson;
  client.interval = every ? *every : poisson.value_or(Duration::zero());
  if (!rate) return;
  const auto per_second = reading.real(rate);
  if (!per_second) return;
  const auto mean = checked_duration(1.0 / *per_second, s(1));
  if (!(*per_second > 0) || !mean || *mean == Duration::zero()) {
    reading.error(codes::range_number, rate, "the rate is out of range", "More than 0 and at most 1,000,000,000 per second.");
    return;
  }
  client.interval = *mean;
}

void Builder::read_clients(Fields& top) {
  const Place section = top.object("clients");
  if (!section) return;
  for (const JsonMember& member : section.node->members) {
    Fields fields(reading, section.at(member), "a client");
    if (!fields.valid()) continue;
    Client client;
    client.name = member.key;
    const Place to = fields.require("to");
    const Place sends = fields.require("sends");
    if (const auto name = to ? reading.text(to) : std::nullopt) {
      const auto found = services.find(*name);
      if (found != services.end()) client.service = found->second;
      else reading.unknown_name(codes::ref_service, to, "service", *name, names_of(services), "Services");
    }
    if (sends) client.message = command_of(client.service, sends);
    if (const Place count = fields.find("count")) {
      const auto value = reading.integer(count, 0, std::numeric_limits<std::int64_t>::max());
      if (value && static_cast<std::uint64_t>(*value) > options.limits.requests) {
        reading.error(codes::range_workload, count, fmt::format("{} requests are more than the limit of {}", *value, options.limits.requests),
                      "This is a limit of loading; it can be raised.");
      }
      if (value) client.count = static_cast<std::uint64_t>(*value);
    }
    if (const Place arrivals = fields.find("arrivals")) read_arrivals(arrivals, client);
    if (const auto start = fields.time("start")) client.start = *start;
    if (const Place retry = fields.object("retry")) {
      Fields policy(reading, retry, "a client's retry");
      client.max_attempts = static_cast<std::uint32_t>(policy.integer("attempts", 1, 1'000'000, 1));
      if (const auto timeout = policy.time("timeout")) client.timeout = *timeout;
      policy.finish();
    }
    read_client_data(fields.find("data"), client, fields.place());
    fields.allow("doc");
    fields.finish();
    clients[member.key] = static_cast<std::uint32_t>(system->clients.size());
    system->clients.push_back(std::move(client));
  }
}

std::uint32_t Builder::command_of(std::uint32_t service, const Place& place) {
  const auto name = reading.text(place);
  if (!name) return none;
  std::vector<std::string> candidates;
  std::uint32_t found = none;
  for (const Handler& handler : system->handlers) {
    if (handler.trigger != Trigger::command || (service != none && handler.service != service)) continue;
    candidates.push_back(system->messages[handler.message].name);
    if (candidates.back() == *name) found = handler.message;
  }
  if (found == none) {
    reading.unknown_name(codes::ref_message, place, service == none ? "command" : "command handled by " + system->services[service].name,
                         *name, candidates, "Commands");
  }
  return found;
}

void Builder::read_client_data(const Place& data, Client& client, const Place& entry) {
  expr::Environment environment(types);
  environment.declare("n", expr::types::int64, slot_input);
  if (data && !reading.is_object(data, "data")) return;
  if (client.message == none) return;
  const MessageType& message = system->messages[client.message];
  client.fields.assign(message.fields.size(), none);
  std::vector<std::string> names;
  for (const Column& field : message.fields) names.push_back(field.name);
  if (data) {
    for (const JsonMember& member : data.node->members) {
      const auto found = std::find(names.begin(), names.end(), member.key);
      if (found == names.end()) {
        reading.error_at_key(codes::ref_field, data, member, message.name + " has no field " + in_quotes(member.key), name_hint(member.key, names, "Fields"));
        continue;
      }
      const auto index = static_cast<std::size_t>(found - names.begin());
      client.fields[index] = expressions.value_of(data.at(member), environment, message.fields[index].type,
                                                  fmt::format("field {} of {}", member.key, message.name)).id;
    }
  }
  if (message.key_field != none && !(data && data.node->find(names[message.key_field]))) {
    reading.error(codes::key_missing, data ? data : entry, message.name + " needs its key field " + in_quotes(names[message.key_field]));
  }
}

namespace {

const std::vector<std::string>& fault_kinds() {
  static const std::vector<std::string> kinds{"delay",    "duplicate", "loss",          "reorder", "ambiguous_publish", "publish_loss",
                                              "crash",    "handler_error", "poison",    "pause",   "outage"};
  return kinds;
}

}  // namespace

// The index of a name, or a diagnostic.
std::uint32_t Builder::name_in(const Names& names, const Place& place, std::string_view code, std::string_view what, std::string_view plural) {
  const auto name = reading.text(place);
  if (!name) return none;
  const auto found = names.find(*name);
  if (found != names.end()) return found->second;
  reading.unknown_name(code, place, what, *name, names_of(names), plural);
  return none;
}

void Builder::read_selector(const Place& place, FaultSelector& on) {
  Fields fields(reading, place, "\"on\" of a fault");
  if (const Place channel = fields.find("channel")) on.channel = channel_named(channel).value_or(none);
  if (const Place consumer = fields.find("consumer")) on.consumer = name_in(services, consumer, codes::ref_service, "service", "Services");
  if (const Place service = fields.find("service")) on.service = name_in(services, service, codes::ref_service, "service", "Services");
  if (const Place broker = fields.find("broker")) on.broker = name_in(brokers, broker, codes::ref_broker, "broker", "Brokers");
  for (const char* key : {"event", "command"}) {
    if (const Place message = fields.find(key)) on.message = name_in(messages, message, codes::ref_message, key, "Events and commands");
  }
  if (const Place handler = fields.find("handler")) on.handler = handler_named(handler, on.service);
  if (const Place where = fields.find("where")) {
    expr::Environment environment(types);
    const expr::Type type = on.message == none ? expr::types::dyn : types->record_type(system->messages[on.message].record_type);
    environment.declare("event", type, slot_input);
    environment.declare("command", type, slot_input);
    const Compiled compiled = expressions.condition(where, environment);
    on.key = compiled.id;
  }
  fields.finish();
}

std::uint32_t Builder::handler_named(const Place& place, std::uint32_t service) {
  const auto name = reading.text(place);
  if (!name) return none;
  std::vector<std::string> candidates;
  for (std::uint32_t i = 0; i < system->handlers.size(); ++i) {
    if (service != none && system->handlers[i].service != service) continue;
    if (system->handlers[i].name == *name) return i;
    candidates.push_back(system->handlers[i].name);
  }
  reading.unknown_name(codes::ref_handler, place, "handler", *name, candidates, "Handlers");
  return none;
}

void Builder::read_step_label(const Place& place, Fault& fault) {
  const auto label = reading.text(place);
  if (!label || *label == "any_step") return;
  fault.on.step = *label;
  std::set<std::string> labels;
  for (std::size_t i = 0; i < system->handlers.size(); ++i) {
    if (fault.on.service != none && system->handlers[i].service != fault.on.service) continue;
    if (fault.on.handler != none && fault.on.handler != i) continue;
    for (const Step& step : system->handlers[i].program.steps) labels.insert(step.label);
  }
  if (labels.count(*label) != 0) return;
  reading.unknown_name(codes::ref_step, place, "step", *label, {labels.begin(), labels.end()}, "Steps (also any_step)");
}

void Builder::read_trigger_of_fault(Fields& fields, Fault& fault) {
  fault.when.nth = static_cast<std::uint64_t>(fields.integer("nth", 1, std::numeric_limits<std::int64_t>::max(), 0));
  if (const Place probability = fields.find("probability")) {
    const auto p = reading.real(probability);
    const auto chance = p ? Chance::of(*p) : std::nullopt;
    if (p && !chance) reading.error(codes::range_probability, probability, fmt::format("{} is no probability", *p), "Allowed: 0 to 1.");
    if (chance) fault.when.chance = chance->is_always() ? ~std::uint64_t{0} : chance->threshold();
  }
  if (const auto from = fields.time("from")) fault.when.from = Time::start() + *from;
  if (const auto until = fields.time("until")) fault.when.until = Time::start() + *until;
  fault.when.budget_given = static_cast<bool>(fields.find("budget"));
  fault.when.budget = static_cast<std::uint32_t>(fields.integer("budget", 0, std::numeric_limits<std::uint32_t>::max(), 1));
}

void Builder::read_faults(Fields& top) {
  const Place list = top.list("faults");
  if (!list) return;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    const Place place = list.at(i);
    Fields fields(reading, place, "a fault");
    if (!fields.valid()) continue;
    fields.allow("doc");
    Fault fault;
    const Place kind = fields.require("kind");
    if (kind) fault.kind = static_cast<FaultKind>(reading.word(kind, fault_kinds(), "Kinds").value_or(0));
    fault.name = fields.text("name", kind && kind.node->is(JsonKind::string) ? kind.node->text : fmt::format("fault {}", i + 1));
    if (faults.count(fault.name) != 0) reading.error(codes::model_duplicate, place, "two faults are called " + in_quotes(fault.name), "Give each a \"name\".");
    faults[fault.name] = static_cast<std::uint32_t>(system->faults.size());
    if (const Place on = fields.object("on")) read_selector(on, fault.on);
    if (const Place at = fields.find("at")) read_step_label(at, fault);
    read_trigger_of_fault(fields, fault);
    for (const char* key : {"delay", "gap", "length"}) {
      if (const Place delay = fields.find(key)) fault.delay = distribution(delay);
    }
    if (const auto restart = fields.time("restart_after")) fault.restart_after = *restart;
    fault.file = reading.file_of(*place.node);
    fault.where = place.node->where;
    fault.pointer = place.pointer;
    fields.finish();
    system->faults.push_back(std::move(fault));
  }
}

}  // namespace flowtank::loading
