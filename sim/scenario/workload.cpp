// SPDX-License-Identifier: Apache-2.0
// Clients: what is asked of the system. A workload has a stated limit,
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

}  // namespace flowtank::loading
